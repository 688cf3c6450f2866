"""The whole assessment of one certificate: on the official lists of 2019 and on lists, CRLs and OCSP answers the tests made."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trust.made_lists import AT, index, interval, service
from tests.trust.real_lists import IN_2019, RealCertificate, certificates, index_at

from obdirectory.core.countries import list_territory
from obdirectory.core.finding import REQUIREMENTS, Finding
from obdirectory.sandbox.issuing import (
    NOT_AFTER,
    NOT_BEFORE,
    Issuer,
    Revoked,
    cached_key,
    issue,
    make_ca,
    make_crl,
    make_ocsp,
    psd2_statement,
    sequence,
    tlv,
)
from obdirectory.trust.assess import Assessment, Instants, assess
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.revocation import CrlView, RevocationIndex, judge_file
from obdirectory.trust.signature import key_digest

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NOTHING = RevocationIndex()
CA = make_ca()
TRUST = index(service(CA))
QWAC, _ = issue(CA)


def judge(
    der: bytes,
    trust: TrustIndex = TRUST,
    revocation: RevocationIndex = NOTHING,
    *,
    at: datetime = AT,
    chain: tuple[bytes, ...] = (),
    environment: str = "live",
    instants: Instants | None = None,
) -> Assessment:
    return assess(der, chain, trust, revocation, environment=environment, instants=instants or Instants(at, at, at, True))


def finding(found: Assessment, code: str) -> Finding:
    return next(one for one in (*found.findings, *found.profile) if one.code == code)


def amiss(found: Assessment, *, without: tuple[str, ...] = ("revocation_unknown",)) -> list[str]:
    """The reasons of everything that is not met or unknown, in order, the profile's left out."""
    ours = {"certificate", "issuer", "revocation"}
    return [
        one.reason
        for one in (*found.findings, *found.profile)
        if one.met in {"no", "unknown"} and REQUIREMENTS[one.code].group in ours and one.reason not in without
    ]


# The official lists.


@pytest.mark.parametrize("days", [0, 30])
def test_real_certificates_of_listed_issuers_are_qualified(shared_data: Path, days: int) -> None:
    trust = index_at(shared_data, IN_2019)
    qualified: dict[str, tuple[str, str]] = {}
    for one in certificates(shared_data, "production"):
        found = judge(one.der, trust, at=start_of(one) + days * DAY)
        if found.signature_verified:
            assert (found.qualified_at_issuance, found.qualified, found.kind) == ("yes", "yes", "qwac"), one
            assert amiss(found) == []
            assert {outcome for _, outcome, _ in found.steps} == {"passed"}
            assert found.service is not None
            qualified[str(found.identity.nca_id)] = found.service.territory, found.service_status
    assert qualified == {
        "LT-BL": ("NO", "granted"),
        "HR-HNB": ("HR", "granted"),
        "CZ-CNB": ("CZ", "granted"),
        "DE-BAFIN": ("CZ", "granted"),
    }


def start_of(one: RealCertificate) -> datetime:
    certificate = read_certificate(one.der)
    assert isinstance(certificate, Certificate)
    return certificate.not_before_at


def test_a_real_certificate_whose_list_is_missing_is_not_refused(shared_data: Path) -> None:
    (teambank,) = [one for one in certificates(shared_data, "production") if "115162" in one.name]
    found = judge(teambank.der, index_at(shared_data, IN_2019), at=start_of(teambank))
    assert amiss(found) == ["trusted_list_not_loaded"]
    assert (found.signature_verified, found.qualified) == (False, "unknown")
    assert "list of DE" in finding(found, "issuer_listed").message


def test_no_other_real_certificate_is_taken_for_a_listed_issuers(shared_data: Path) -> None:
    trust = index_at(shared_data, IN_2019)
    causes: dict[str, set[str]] = {}
    for one in certificates(
        shared_data, "production-precert", "production-mutated", "sandbox", "qtsp-test", "obie-preprod", "lint-synthetic"
    ):
        found = judge(one.der, trust, at=start_of(one) + 30 * DAY)
        assert not (found.signature_verified and found.qualified == "yes" and amiss(found) == []), one
        first = amiss(found)[0]
        assert first in {
            "precertificate",
            "self_signed",
            "signature_broken",
            "test_certificate",
            "issuer_not_listed",
            "trusted_list_not_loaded",
        }
        if first == "trusted_list_not_loaded":
            assert found.certificate
            country = dict(found.certificate.issuer)["2.5.4.6"]
            assert list_territory(country) not in trust.loaded, one
        causes.setdefault(one.cls, set()).add(first)
    assert causes["production-precert"] == {"precertificate"}
    assert causes["production-mutated"] == {"precertificate"}, "they were made of pre-certificates"
    assert causes["sandbox"] >= {"test_certificate", "issuer_not_listed"}
    assert causes["obie-preprod"] == {"test_certificate"}


def test_a_mutated_production_certificate_is_forged(shared_data: Path) -> None:
    """CREDITAS with one letter of its name changed, and with one bit of its signature changed."""
    trust = index_at(shared_data, IN_2019)
    (creditas,) = [one for one in certificates(shared_data, "production") if "63492555" in one.name]
    at = start_of(creditas) + 30 * DAY
    for place in (creditas.der.index(b"CREDITAS"), len(creditas.der) - 1):
        mutated = bytearray(creditas.der)
        mutated[place] ^= 1
        assert amiss(judge(bytes(mutated), trust, at=at))[:2] == ["signature_broken", "issuer_not_listed"]


def test_a_list_long_past_its_next_update_is_among_those_used(shared_data: Path) -> None:
    trust = index_at(shared_data, IN_2019)
    (kevin,) = [one for one in certificates(shared_data, "production") if "LB000458" in one.name]
    at = start_of(kevin)
    assert judge(kevin.der, trust, at=at).lists == (trust.loaded["EU"], trust.loaded["NO"])
    assert all(one.next_update_at is not None and one.next_update_at < at for one in judge(kevin.der, trust, at=at).lists)


# Who issued it.


def test_a_listed_issuers_certificate_with_nothing_amiss() -> None:
    found = judge(QWAC)
    assert amiss(found) == []
    assert (found.kind, found.signature_verified, found.in_period, found.service_status) == ("qwac", True, True, "granted")
    assert [one.territory for one in found.lists] == ["EU", "DE"]
    assert found.steps[0] == ("lists_accepted", "passed", "EU 7, DE 7")
    assert found.chain_sha256 == ()
    assert (found.identity.name, str(found.identity.nca_id), found.identity.authorisation_number) == (
        "Example Pay GmbH",
        "DE-BAFIN",
        "100001",
    )
    assert found.identity.roles == ("PSP_PI", "PSP_AI")


def test_an_issuer_that_is_in_no_list() -> None:
    """Rules 1: what the missing lists leave open, and what nothing could ever make listed."""
    stranger = make_ca(common_name="Unknown CA", country="DE")
    der, _ = issue(stranger)
    no_country, _ = issue(make_ca([("2.5.4.3", "Nowhere CA")]))
    american, _ = issue(make_ca(common_name="US CA", country="US"))
    greek, _ = issue(make_ca(common_name="Greek CA", country="GR"))
    self_signed, _ = issue(
        CA, key=CA.key, subject=(("2.5.4.6", "DE"), ("2.5.4.10", "Example Trust Services"), ("2.5.4.3", "Example Issuing CA"))
    )
    lists = {"all": index(), "no DE": index(territories=("EU",)), "no EU": index(territories=("DE",)), "none": TrustIndex()}
    greek_lists = index(territories=("EU", "EL"))

    def word(shown: bytes, trust: TrustIndex) -> str:
        return finding(judge(shown, trust), "issuer_listed").reason

    assert {name: word(der, trust) for name, trust in lists.items()} == {
        "all": "issuer_not_listed",
        "no DE": "trusted_list_not_loaded",
        "no EU": "trusted_list_not_loaded",
        "none": "no_trusted_list_loaded",
    }
    assert (word(greek, lists["all"]), word(greek, greek_lists)) == ("trusted_list_not_loaded", "issuer_not_listed")
    precertificate, _ = issue(stranger, precertificate=True)
    marked, _ = issue(stranger, organization="Sandbox Bank")
    for hopeless in (no_country, american, precertificate, marked, self_signed):
        assert {word(hopeless, trust) for trust in (lists["no DE"], lists["none"])} == {"issuer_not_listed"}


def test_look_alikes_are_forged() -> None:
    look_alike = make_ca(key=cached_key("p256", "look-alike"))
    forged, _ = issue(look_alike)
    found = judge(forged)
    assert amiss(found) == ["issuer_not_listed"], "another key than the listed one, and the certificate says so"
    # The look-alike copies the key identifier too, outside the extensions nothing gives it away but the signature.
    key_id = sequence(tlv(0x80, key_digest(CA.spki_der)))
    copied, _ = issue(look_alike, authority_key_id=key_id)
    assert amiss(judge(copied)) == ["signature_broken", "issuer_not_listed"]
    own_key = cached_key("p256", "own")
    self_issued, _ = issue(make_ca([("2.5.4.3", "Example Pay GmbH")], key=own_key), subject=(("2.5.4.3", "Example Pay GmbH"),), key=own_key)
    assert amiss(judge(self_issued))[0] == "self_signed"
    altered = QWAC.replace(b"Example Pay GmbH", b"Another Pay Firm")
    assert amiss(judge(altered)) == ["signature_broken", "issuer_not_listed"]


def test_a_precertificate_is_refused_though_its_signature_verifies() -> None:
    der, _ = issue(CA, precertificate=True)
    found = judge(der)
    assert found.signature_verified
    assert amiss(found)[0] == "precertificate"


def test_test_certificates_stay_in_the_sandbox() -> None:
    marked = [
        issue(CA, organization="ACME Test"),
        issue(CA, organization_identifier="PSDXX-TEST-1"),
        issue(CA, nca_id="XY-NCA", organization_identifier=None),
        issue(CA, common_name="XS2A Sandbox"),
        issue(CA, policies=("2.16.840.1.101.3.2.1.48.1",)),
        issue(CA, extra_extensions=[("2.23.140.2.1", False, b"\x05\x00")]),
        issue(CA, country="XX"),
    ]
    for der, _ in marked:
        assert "test_certificate" in amiss(judge(der))
        assert "test_certificate" not in amiss(judge(der, environment="sandbox"))
    testing_ca = make_ca(common_name="D-Example Test CA 2")
    assert "test_certificate" in amiss(judge(issue(testing_ca)[0], index(service(testing_ca))))
    for real in (
        issue(CA, organization="Stiftung Warentest"),
        issue(CA, common_name="sandbox.pay.example"),
        issue(CA, organization="Product AG"),
    ):
        assert amiss(judge(real[0])) == []


def test_the_way_over_authorities_that_were_given() -> None:
    root = make_ca(common_name="Root CA")
    middle = make_ca(issuer=root, common_name="Middle CA")
    der, _ = issue(middle)
    plain, as_root = index(service(root)), index(service(root, interval(additional=frozenset({"RootCA-QC", "ForWebSiteAuthentication"}))))
    assert amiss(judge(der, as_root)) == ["issuer_not_listed"]
    found = judge(der, as_root, chain=(middle.der,))
    assert (amiss(found), found.qualified, len(found.chain_sha256)) == ([], "yes", 1)
    assert amiss(judge(der, plain, chain=(middle.der,))) == ["service_not_listed_as_root"]
    ended = make_ca(issuer=root, common_name="Middle CA", key=middle.key, not_after=AT - SECOND)
    assert amiss(judge(der, as_root, chain=(ended.der,))) == ["issuer_not_in_period"]


# Qualified, then and now.


def test_withdrawn_services() -> None:
    changed = NOT_BEFORE + 30 * DAY
    withdrawn_later = index(service(CA, interval("withdrawn", from_at=changed), interval(to_at=changed)))
    assert amiss(judge(QWAC, withdrawn_later)) == ["service_not_granted"]
    found = judge(QWAC, withdrawn_later)
    assert (found.qualified_at_issuance, found.qualified, found.service_status) == ("yes", "no", "withdrawn")
    assert amiss(judge(QWAC, withdrawn_later, at=changed - SECOND)) == []
    withdrawn_then = index(service(CA, interval(from_at=changed), interval("withdrawn", to_at=changed)))
    assert amiss(judge(QWAC, withdrawn_then)) == ["service_not_granted_at_issuance"]


def test_a_seal_is_never_a_web_certificate() -> None:
    der, _ = issue(CA, purpose="seal")
    assert judge(der).kind == "qsealc"
    assert amiss(judge(der, index(service(CA, interval(additional=frozenset({"ForWebSiteAuthentication"})))))) == [
        "service_not_for_this_type_at_issuance",
        "service_not_for_this_type",
    ]


def test_every_reason_that_qualification_gives_is_declared() -> None:
    words = {reason.word for reason in REQUIREMENTS["qualified_now"].reasons}
    assert {f"{word}_at_issuance" for word in words} == {reason.word for reason in REQUIREMENTS["qualified_at_issuance"].reasons}
    odd = [
        interval(from_at=AT + DAY),
        interval("withdrawn"),
        interval(type_="CA/PKC"),
        interval(additional=frozenset()),
        interval(unknown_critical=("New",)),
    ]
    shown = [QWAC, *(issue(CA, **knobs)[0] for knobs in ({"compliance": False}, {"qc_types": ("web", "eseal")}, {"legislation": ("GB",)}))]  # type: ignore[arg-type]
    seen = {finding(judge(der, index(service(CA, one))), "qualified_now").reason for one in (*odd, interval()) for der in shown}
    assert seen <= words | {""}
    assert len(seen) == 9


def test_the_memory_of_the_issuers_side_changes_no_answer() -> None:
    """Two certificates of one form share what was found; another form, instant or list does not."""
    first, second = issue(CA)[0], issue(CA, organization="Second GmbH", organization_identifier="PSDDE-BAFIN-2")[0]
    assert [amiss(judge(der)) for der in (first, second)] == [[], []]
    assert judge(issue(CA, compliance=False)[0]).qualified == "no"
    changed = NOT_BEFORE + 30 * DAY
    moved = index(service(CA, interval("withdrawn", from_at=changed), interval(to_at=changed)))
    assert [judge(first, moved, at=at).qualified for at in (changed - SECOND, changed, changed - SECOND)] == ["yes", "no", "yes"]
    other = index(service(CA), next_update_at=AT - DAY)
    assert judge(first, other).lists[1].next_update_at == AT - DAY
    assert finding(judge(first, other), "issuer_listed").evidence == ("0" * 64, "1" * 64)


# Revoked.


def with_crl(*revoked: Revoked, this_update_at: datetime = AT - DAY, trust: TrustIndex = TRUST, issuer: Issuer = CA) -> RevocationIndex:
    content = make_crl(issuer, revoked, this_update_at=this_update_at)
    view = judge_file(content, "crl", trust, at=this_update_at + SECOND)
    assert isinstance(view, CrlView), view
    return RevocationIndex(crls={(issuer.name_der, issuer.spki_der): (view,)})


def serial(der: bytes) -> int:
    found = read_certificate(der)
    assert isinstance(found, Certificate)
    return found.serial_number


def test_a_crl_that_does_not_name_it_says_good() -> None:
    found = judge(QWAC, revocation=with_crl(Revoked(1, AT - 9 * DAY)))
    assert amiss(found, without=()) == []
    assert found.revocation is not None
    assert (found.revocation.status, found.revocation.this_update_at) == ("good", AT - DAY)
    assert finding(found, "not_revoked").evidence == (found.revocation.sha256,)


@pytest.mark.parametrize(
    ("reason", "word"),
    [("keyCompromise", "certificate_revoked"), (None, "certificate_revoked"), ("certificateHold", "certificate_on_hold")],
)
def test_revoked_and_on_hold(reason: str | None, word: str) -> None:
    entry = Revoked(serial(QWAC), AT - 3 * DAY, reason)
    assert amiss(judge(QWAC, revocation=with_crl(entry)), without=()) == [word]
    assert amiss(judge(QWAC, revocation=with_crl(entry), at=AT - 3 * DAY, instants=instants(AT - 3 * DAY)), without=()) == [word]
    then = judge(QWAC, revocation=with_crl(entry), instants=instants(AT - 3 * DAY - SECOND))
    assert amiss(then, without=()) == []
    assert "Not revoked then" in finding(then, "not_revoked").message


def instants(at: datetime, *, now: datetime = AT) -> Instants:
    """A question about an earlier instant, answered with what is known now."""
    return Instants(at, now, now)


def test_a_compromised_key_counts_from_the_day_of_the_compromise() -> None:
    revocation = with_crl(Revoked(serial(QWAC), AT - 3 * DAY, "keyCompromise", AT - 60 * DAY))
    assert amiss(judge(QWAC, revocation=revocation, instants=instants(AT - 30 * DAY)), without=()) == ["certificate_revoked"]
    assert amiss(judge(QWAC, revocation=revocation, instants=instants(AT - 61 * DAY)), without=()) == []
    superseded = with_crl(Revoked(serial(QWAC), AT - 3 * DAY, "superseded", AT - 60 * DAY))
    assert amiss(judge(QWAC, revocation=superseded, instants=instants(AT - 30 * DAY)), without=()) == []


def test_answers_known_later_do_not_count() -> None:
    revocation = with_crl(Revoked(serial(QWAC), AT - 3 * DAY), this_update_at=AT - DAY)
    early = Instants(AT - 2 * DAY, AT - 2 * DAY, AT, True)
    assert amiss(judge(QWAC, revocation=revocation, instants=early), without=()) == ["revocation_unknown"]


def test_another_authoritys_crl_says_nothing() -> None:
    other = make_ca(common_name="Other CA")
    trust = index(service(CA), service(other))
    revocation = with_crl(Revoked(serial(QWAC), AT - 3 * DAY), trust=trust, issuer=other)
    assert amiss(judge(QWAC, trust, revocation), without=()) == ["revocation_unknown"]


def test_ocsp_answers_in_an_assessment() -> None:
    def told(**knobs: object) -> list[str]:
        content = make_ocsp(CA, QWAC, this_update_at=AT - DAY / 24, **knobs)  # type: ignore[arg-type]
        judged = judge_file(content, "ocsp", TRUST, at=AT)
        assert isinstance(judged, tuple), judged
        ((key, answer),) = judged
        return amiss(judge(QWAC, revocation=RevocationIndex(ocsp={key: (answer,)})), without=())

    assert told() == []
    assert told(status="unknown") == ["not_known_to_responder"]
    assert told(status="revoked", revoked_at=AT - DAY) == ["certificate_revoked"]
    assert told(status="revoked", revoked_at=AT - DAY, reason="certificateHold") == ["certificate_on_hold"]


def test_short_term_certificates_need_no_answer() -> None:
    der, _ = issue(CA, extra_extensions=[("0.4.0.194121.2.1", False, b"\x05\x00")])
    found = judge(der)
    assert amiss(found, without=()) == []
    assert finding(found, "revocation_known").met == "not_applicable"


def test_a_revoked_authority_takes_its_certificates_with_it() -> None:
    root = make_ca(common_name="Root CA")
    middle = make_ca(issuer=root, common_name="Middle CA")
    trust = index(service(root, interval(additional=frozenset({"RootCA-QC", "ForWebSiteAuthentication"}))))
    der, _ = issue(middle)
    revocation = with_crl(Revoked(serial(middle.der), AT - 3 * DAY), trust=trust, issuer=root)
    assert amiss(judge(der, trust, revocation, chain=(middle.der,))) == ["issuer_revoked"]
    good = with_crl(trust=trust, issuer=root)
    assert amiss(judge(der, trust, good, chain=(middle.der,))) == []


def test_a_revocation_is_not_believed_of_a_certificate_that_no_listed_key_signed() -> None:
    altered = QWAC.replace(b"Example Pay GmbH", b"Another Pay Firm")
    found = judge(altered, revocation=with_crl(Revoked(serial(QWAC), AT - 3 * DAY)))
    assert found.revocation is None
    assert finding(found, "not_revoked").met == "not_applicable"


# In its period.


def test_both_ends_of_the_period_are_in_it() -> None:
    words = {name: amiss(judge(QWAC, at=at)) for name, at in (("first", NOT_BEFORE), ("last", NOT_AFTER))}
    assert words == {"first": [], "last": []}
    assert amiss(judge(QWAC, at=NOT_BEFORE - SECOND)) == ["certificate_not_yet_in_period"]
    late = judge(QWAC, at=NOT_AFTER + SECOND)
    assert (amiss(late), late.in_period) == (["certificate_expired"], False)


# Whatever the bytes.


@pytest.mark.parametrize("content", [b"", b"\0", b"<html>", b"\x30\x82\xff\xff", b"\x30" * 70_000, QWAC[:-1], QWAC[:300]])
def test_bytes_that_are_no_certificate(content: bytes) -> None:
    found = judge(content)
    assert (found.certificate, found.kind, found.qualified, found.signature_verified) == (None, "other", "no", False)
    assert [one.reason for one in found.findings] == ["unreadable_certificate"]


@given(st.binary(max_size=400))
def test_no_bytes_raise(content: bytes) -> None:
    judge(content, chain=(content,))


@given(st.integers(0, len(QWAC) - 1), st.integers(0, 255))
def test_a_changed_byte_never_stays_verified_unless_nothing_signed_changed(place: int, octet: int) -> None:
    changed = QWAC[:place] + bytes((octet,)) + QWAC[place + 1 :]
    started = time.process_time()
    found = judge(changed)
    assert time.process_time() - started < 0.05
    if found.signature_verified:
        assert found.certificate is not None
        original = read_certificate(QWAC)
        assert isinstance(original, Certificate)
        assert found.certificate.tbs_der == original.tbs_der


def test_a_bundle_of_ten_thousand_is_not_gone_through() -> None:
    crowd = tuple(make_ca(common_name=f"CA {place % 50}").der for place in range(200)) * 50
    started = time.process_time()
    found = judge(issue(make_ca(common_name="Lost CA"))[0], chain=crowd)
    assert time.process_time() - started < 0.05
    assert amiss(found) == ["issuer_not_listed"]


def test_an_issuers_own_certificate_is_no_tpps() -> None:
    found = judge(CA.der)
    assert {"self_signed", "certificate_of_an_authority"} <= set(amiss(found))


def test_contradictory_identities() -> None:
    def who(**knobs: object) -> tuple[str, str, tuple[str, ...], list[str]]:
        found = judge(issue(CA, **knobs)[0])  # type: ignore[arg-type]
        return str(found.identity.nca_id), found.identity.authorisation_number, found.identity.roles, amiss(found)

    assert who(nca_id="FR-ACPR") == ("DE-BAFIN", "100001", ("PSP_PI", "PSP_AI"), ["authorities_disagree"])
    assert who(organization_identifier="PSDHR-CNB-7", nca_id="HR-HNB")[0::3] == ("HR-HNB", [])
    assert who(organization_identifier="NTRDE-HRB1234")[:2] == ("DE-BAFIN", "HRB1234")
    assert who(organization_identifier="VATDE-1", nca_id="DE_BAFIN")[:2] == ("DE-BAFIN", "1")
    assert who(organization_identifier=("VATDE-1", "PSDDE-BAFIN-2"))[1] == "2"
    assert who(organization_identifier=None)[:2] == ("DE-BAFIN", "")
    assert who(roles=("PSP_IC", "PSP_AI", "PSP_PI", ("1.2.3", "X")))[2] == ("PSP_PI", "PSP_AI", "PSP_IC", "1.2.3")
    assert who(roles=None)[2] == ()
    assert who(nca_id="NA", organization_identifier="NTRDE-1", roles=("PSP_CB",))[0] == "None"


def test_two_statements_leave_the_roles_that_both_list() -> None:
    both = (psd2_statement(("PSP_AI", "PSP_PI"), "BaFin", "DE-BAFIN"), psd2_statement(("PSP_AI", "PSP_IC"), "BaFin", "DE-BAFIN"))
    found = judge(issue(CA, psd2=both)[0])
    assert found.identity.roles == ("PSP_AI",)
    assert "psd2_statements_contradict" in amiss(found)


def test_open_banking_certificates_have_kinds_of_their_own() -> None:
    policies = ("1.3.6.1.4.1.5237.134.1.100",)
    assert judge(issue(CA, policies=policies, compliance=False)[0]).kind == "obwac"
    assert judge(issue(CA, policies=policies, compliance=False, qc_types=("eseal",))[0]).kind == "obseal"
    assert judge(issue(CA, qc_types=(), compliance=False)[0]).kind == "other"


def test_assessing_is_quick() -> None:
    """No bar, a guard: an assessment is a matter of microseconds, not of milliseconds."""
    judge(QWAC)
    started = time.process_time()
    for _ in range(100):
        judge(QWAC)
    assert (time.process_time() - started) / 100 < 0.005
