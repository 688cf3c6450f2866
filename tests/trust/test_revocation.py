"""CRLs and OCSP answers: which are believed, which are not and why, and what counts at an instant."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from obdirectory.sandbox.issuing import Issuer, Revoked, issue, make_ca, make_crl, make_ocsp, make_ocsp_responder
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.crl import MAX_CRL_BYTES
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.ocsp import MAX_OCSP_BYTES
from obdirectory.trust.revocation import (
    CrlView,
    Refusal,
    RevocationAnswer,
    RevocationIndex,
    RevocationStatus,
    effective,
    judge_file,
    judge_ocsp,
    read_ocsp,
)

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def listed(*issuers: Issuer) -> TrustIndex:
    """An index that lists these authorities by name and key."""
    by_subject: dict[bytes, tuple[bytes, ...]] = {}
    for one in issuers:
        by_subject[one.name_der] = (*by_subject.get(one.name_der, ()), one.spki_der)
    return TrustIndex(services={(one.name_der, one.spki_der): () for one in issuers}, by_subject=by_subject)


def serial_of(der: bytes) -> int:
    return x509.load_der_x509_certificate(der).serial_number


@pytest.fixture(scope="module")
def ca() -> Issuer:
    return make_ca()


def crl_refusal(content: bytes, trust: TrustIndex, *, at: datetime = AT, held: tuple[CrlView, ...] = ()) -> str:
    judged = judge_file(content, "crl", trust, at=at, held=held)
    assert isinstance(judged, Refusal), judged
    return judged.reason


def ocsp_refusal(content: bytes, trust: TrustIndex, *, at: datetime = AT) -> str:
    judged = judge_file(content, "ocsp", trust, at=at)
    assert isinstance(judged, Refusal), judged
    return judged.reason


def test_a_crl_of_a_listed_authority_says_who_is_revoked(ca: Issuer) -> None:
    revoked = [Revoked(7, AT - 3 * DAY, "keyCompromise", AT - 9 * DAY), Revoked(8, AT - DAY, "certificateHold"), Revoked(9, AT - DAY)]
    view = judge_file(make_crl(ca, revoked, this_update_at=AT - DAY / 2, number=5), "crl", listed(ca), at=AT)
    assert isinstance(view, CrlView)
    assert view.number == 5
    assert (view.issuer_der, view.issuer_spki_der, view.known_at) == (ca.name_der, ca.spki_der, AT)
    assert view.revoked == {
        7: (AT - 3 * DAY, "keyCompromise", AT - 9 * DAY),
        8: (AT - DAY, "certificateHold", None),
        9: (AT - DAY, None, None),
    }


@pytest.mark.parametrize("key", ["rsa2048", "p384"])
def test_crls_of_every_common_key_are_believed(key: str) -> None:
    authority = make_ca(key=key, common_name=f"CA {key}")
    assert isinstance(judge_file(make_crl(authority, this_update_at=AT), "crl", listed(authority), at=AT), CrlView)


def test_crls_that_are_not_believed(ca: Issuer) -> None:
    trust = listed(ca)
    stranger = make_ca(common_name="Another CA")
    scope = {"only_contains_user_certs": False, "only_contains_ca_certs": False, "only_some_reasons": None, "full_name": None}
    scope |= {"relative_name": None, "indirect_crl": False, "only_contains_attribute_certs": False}

    def with_scope(**changed: object) -> bytes:
        point = x509.IssuingDistributionPoint(**(scope | changed))  # type: ignore[arg-type]
        return make_crl(ca, this_update_at=AT, extra_extensions=[(point, True)])

    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    refusals = {
        "another issuer": crl_refusal(make_crl(stranger, this_update_at=AT), trust),
        "the right name, another key": crl_refusal(make_crl(ca, this_update_at=AT, signer_key=stranger.key), trust),
        "cut short": crl_refusal(make_crl(ca, this_update_at=AT)[:-9], trust),
        "not a CRL": crl_refusal(b"<html>", trust),
        "empty": crl_refusal(b"", trust),
        "huge": crl_refusal(b"\x30" * (MAX_CRL_BYTES + 1), trust),
        "of tomorrow": crl_refusal(make_crl(ca, this_update_at=AT + DAY), trust),
        "delta": crl_refusal(make_crl(ca, this_update_at=AT, extra_extensions=[(x509.DeltaCRLIndicator(1), True)]), trust),
        "unknown critical": crl_refusal(make_crl(ca, this_update_at=AT, extra_extensions=[(unknown, True)]), trust),
        "indirect": crl_refusal(with_scope(indirect_crl=True), trust),
        "some reasons": crl_refusal(with_scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})), trust),
    }
    assert refusals == {
        "another issuer": "issuer_not_listed",
        "the right name, another key": "signature_broken",
        "cut short": "unreadable",
        "not a CRL": "unreadable",
        "empty": "unreadable",
        "huge": "too_large",
        "of tomorrow": "not_yet_published",
        "delta": "delta_crl",
        "unknown critical": "unknown_critical_extension",
        "indirect": "scope_not_supported",
        "some reasons": "scope_not_supported",
    }


def test_a_crl_number_never_goes_back(ca: Issuer) -> None:
    held = judge_file(make_crl(ca, this_update_at=AT - DAY, number=9), "crl", listed(ca), at=AT)
    assert isinstance(held, CrlView)
    assert crl_refusal(make_crl(ca, this_update_at=AT, number=8), listed(ca), held=(held,)) == "number_rollback"
    older = judge_file(make_crl(ca, this_update_at=AT - 2 * DAY, number=8), "crl", listed(ca), at=AT, held=(held,))
    assert isinstance(older, CrlView), "what was published before is evidence of the past"


def test_a_crl_about_some_certificates_is_silent_on_the_others(ca: Issuer) -> None:
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier("http://trust.example/part1.crl")],
        relative_name=None,
        only_contains_user_certs=True,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    view = judge_file(make_crl(ca, [Revoked(7, AT - DAY)], this_update_at=AT, extra_extensions=[(point, True)]), "crl", listed(ca), at=AT)
    assert isinstance(view, CrlView)
    index = RevocationIndex(crls={(ca.name_der, ca.spki_der): (view,)})

    def statuses(serial: int, urls: tuple[str, ...], *, is_ca: bool = False) -> list[str]:
        found = index.answers(ca.name_der, ca.spki_der, serial, known_at=AT, crl_urls=urls, is_ca=is_ca)
        return [answer.status for answer in found]

    assert statuses(5, ("http://trust.example/part1.crl",)) == ["good"]
    assert statuses(5, ("http://trust.example/part2.crl",)) == []
    assert statuses(5, ("http://trust.example/part1.crl",), is_ca=True) == []
    assert statuses(7, ()) == ["revoked"], "an entry counts wherever it stands"


@pytest.mark.parametrize("cert_id_hash", ["sha1", "sha256"])
@pytest.mark.parametrize("by_name", [True, False])
def test_ocsp_signed_by_the_issuer_or_its_delegate(ca: Issuer, cert_id_hash: str, by_name: bool) -> None:
    der, _ = issue(ca)
    for responder in (None, make_ocsp_responder(ca)):
        content = make_ocsp(ca, der, this_update_at=AT, responder=responder, cert_id_hash=cert_id_hash, responder_by_name=by_name)  # type: ignore[arg-type]
        judged = judge_file(content, "ocsp", listed(ca, make_ca(common_name="Another CA")), at=AT)
        assert isinstance(judged, tuple), judged
        ((key, answer),) = judged
        assert key == (ca.name_der, ca.spki_der, serial_of(der))
        assert (answer.method, answer.status, answer.this_update_at, answer.known_at) == ("ocsp", "good", AT, AT)


def test_ocsp_words(ca: Issuer) -> None:
    der, _ = issue(ca)

    def judged(**knobs: object) -> RevocationAnswer:
        found = judge_file(make_ocsp(ca, der, this_update_at=AT, **knobs), "ocsp", listed(ca), at=AT)  # type: ignore[arg-type]
        assert isinstance(found, tuple)
        return found[0][1]

    assert judged(status="unknown").status == "unknown"
    assert judged(status="revoked", revoked_at=AT - DAY).status == "revoked"
    assert judged(status="revoked", revoked_at=AT - DAY, reason="certificateHold").status == "on_hold"
    compromised = judged(status="revoked", revoked_at=AT - DAY, reason="keyCompromise")
    assert (compromised.revoked_at, compromised.reason) == (AT - DAY, "keyCompromise")


def test_ocsp_answers_that_are_not_believed(ca: Issuer) -> None:
    der, _ = issue(ca)
    trust = listed(ca)
    stranger = make_ca(common_name="Another CA")
    impostor = make_ocsp_responder(stranger)
    undelegated = make_ocsp_responder(ca, delegated=False, common_name="Undelegated")
    expired = make_ocsp_responder(ca, not_after=AT - DAY, common_name="Expired responder")
    good = make_ocsp(ca, der, this_update_at=AT)
    refusals = {
        "about another issuer": ocsp_refusal(make_ocsp(ca, der, this_update_at=AT, cert_id_issuer=stranger), trust),
        "signed by another key": ocsp_refusal(make_ocsp(ca, der, this_update_at=AT, signer_key=stranger.key), trust),
        "signed by a responder of another authority": ocsp_refusal(make_ocsp(ca, der, this_update_at=AT, responder=impostor), trust),
        "signed by a certificate not for OCSP": ocsp_refusal(make_ocsp(ca, der, this_update_at=AT, responder=undelegated), trust),
        "responder out of period": ocsp_refusal(make_ocsp(ca, der, this_update_at=AT, responder=expired), trust),
        "of tomorrow": ocsp_refusal(make_ocsp(ca, der, this_update_at=AT + DAY), trust, at=AT),
        "cut short": ocsp_refusal(good[:-3], trust),
        "HTML": ocsp_refusal(b"<html>", trust),
        "huge": ocsp_refusal(b"\x30" * (MAX_OCSP_BYTES + 1), trust),
        "try later": ocsp_refusal(bytes.fromhex("30030a0103"), trust),
    }
    assert refusals == {
        "about another issuer": "issuer_not_listed",
        "signed by another key": "signature_broken",
        "signed by a responder of another authority": "responder_not_delegated",
        "signed by a certificate not for OCSP": "responder_not_delegated",
        "responder out of period": "responder_not_delegated",
        "of tomorrow": "not_yet_published",
        "cut short": "unreadable",
        "HTML": "unreadable",
        "huge": "too_large",
        "try later": "unsuccessful",
    }


def test_an_ocsp_answer_must_carry_the_nonce_that_was_sent(ca: Issuer) -> None:
    der, _ = issue(ca)
    answer = read_ocsp(make_ocsp(ca, der, this_update_at=AT, nonce=b"0123456789abcdef"))
    assert not isinstance(answer, Refusal)
    assert isinstance(judge_ocsp(answer, ca.name_der, ca.spki_der, at=AT, nonce=b"0123456789abcdef"), RevocationAnswer)
    replayed = judge_ocsp(answer, ca.name_der, ca.spki_der, at=AT, nonce=b"another nonce...")
    assert isinstance(replayed, Refusal)
    assert replayed.reason == "wrong_nonce"


def test_every_bit_of_an_ocsp_answer_and_a_crl_is_covered(ca: Issuer) -> None:
    """A flipped bit anywhere is refused or changes nothing that was signed; nothing raises."""
    der, _ = issue(ca)
    for kind, content in (("ocsp", make_ocsp(ca, der, this_update_at=AT)), ("crl", make_crl(ca, [Revoked(5, AT)], this_update_at=AT))):
        untouched = judge_file(content, kind, listed(ca), at=AT)  # type: ignore[arg-type]
        for position in range(0, len(content), 3):
            mutated = bytearray(content)
            mutated[position] ^= 0x10
            judged = judge_file(bytes(mutated), kind, listed(ca), at=AT)  # type: ignore[arg-type]
            if isinstance(judged, CrlView):
                assert isinstance(untouched, CrlView)
                assert judged.revoked == untouched.revoked
            else:
                assert isinstance(judged, Refusal), f"{kind} with byte {position} changed was believed"


def test_an_expected_issuer_is_believed_beside_the_listed_ones(ca: Issuer) -> None:
    """An authority under a listed root, or one that a list named when the answer was first judged."""
    der, _ = issue(ca)
    expected = [(ca.name_der, ca.spki_der)]
    assert isinstance(judge_file(make_crl(ca, this_update_at=AT), "crl", TrustIndex(), at=AT, issuers=expected), CrlView)
    assert isinstance(judge_file(make_ocsp(ca, der, this_update_at=AT), "ocsp", TrustIndex(), at=AT, issuers=expected), tuple)
    assert crl_refusal(make_crl(ca, this_update_at=AT), TrustIndex()) == "issuer_not_listed"


# What counts at an instant.


def told(status: RevocationStatus, published: datetime, *, since: datetime | None = None, reason: str | None = None) -> RevocationAnswer:
    digest = f"{status} {published:%m-%d}"
    return RevocationAnswer("crl", status, published, published, published + 7 * DAY, digest, since, reason)


@pytest.fixture(scope="module")
def holder(ca: Issuer) -> Certificate:
    found = read_certificate(issue(ca)[0])
    assert isinstance(found, Certificate)
    return found


def counts(holder: Certificate, at: datetime, *answers: RevocationAnswer) -> tuple[str, str]:
    found = effective(sorted(answers, key=lambda one: one.this_update_at, reverse=True), certificate=holder, at=at)
    return ("", "") if found is None else (found.status, found.sha256)


def test_the_answer_published_after_the_instant_covers_it_best(holder: Certificate) -> None:
    before, after, later = (told("good", AT + days * DAY) for days in (-2, 1, 5))
    assert counts(holder, AT, before, after, later) == ("good", after.sha256)
    assert counts(holder, AT + 9 * DAY, before, after, later) == ("good", later.sha256)
    assert counts(holder, AT - 3 * DAY, before) == ("good", before.sha256)
    assert counts(holder, AT) == ("", "")


def test_a_revocation_is_final(holder: Certificate) -> None:
    """An answer that takes it back is not believed."""
    revoked = told("revoked", AT - 9 * DAY, since=AT - 10 * DAY, reason="superseded")
    assert counts(holder, AT, revoked, told("good", AT - DAY)) == ("revoked", revoked.sha256)
    assert counts(holder, AT - 11 * DAY, revoked) == ("good", revoked.sha256), "it had not happened yet"


def test_a_hold_can_be_lifted(holder: Certificate) -> None:
    hold = told("on_hold", AT - 9 * DAY, since=AT - 10 * DAY, reason="certificateHold")
    lifted = told("good", AT - 5 * DAY)
    assert counts(holder, AT, hold, lifted) == ("good", lifted.sha256)
    assert counts(holder, AT - 7 * DAY, hold, lifted) == ("on_hold", hold.sha256), "the nearest answer before the instant says so"
    assert counts(holder, AT - 9 * DAY - DAY / 2, hold, lifted) == ("on_hold", hold.sha256), "published after it, in force before"
    assert counts(holder, AT - 11 * DAY, hold, lifted)[0] == "good"


def test_unknown_never_becomes_good(holder: Certificate) -> None:
    unknown = told("unknown", AT - DAY)
    assert counts(holder, AT, unknown) == ("unknown", unknown.sha256)
    assert counts(holder, AT, told("good", AT - 2 * DAY), unknown) == ("unknown", unknown.sha256)
    assert counts(holder, AT, unknown, told("good", AT - DAY / 2))[0] == "good", "it knows it since"
    assert counts(holder, AT, told("good", AT - 2 * DAY), told("unknown", AT + DAY))[0] == "good", "responders forget old certificates"


def test_silence_after_the_certificate_ran_out_proves_nothing(holder: Certificate) -> None:
    afterwards = told("good", holder.not_after_at + DAY)
    assert counts(holder, AT, afterwards) == ("", "")
    assert counts(holder, AT, afterwards, told("good", AT - DAY))[1] == told("good", AT - DAY).sha256
    assert counts(holder, AT, told("revoked", holder.not_after_at + DAY, since=AT - DAY))[0] == "revoked"
