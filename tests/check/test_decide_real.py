"""The decision on certificates as they come: made by an issuer, listed in an index, revoked by an answer, found in a register."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.worlds import CREDIT, DE, EU, GOOD, NOW, NUMBER, PAYMENT, a_firm, a_world, ask

from obdirectory.check.decide import decide
from obdirectory.check.verdict import Verdict
from obdirectory.check.world import World
from obdirectory.sandbox.issuing import Issuer, issue, make_ca
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.index import ServiceInterval, TrustIndex, TrustService, build_index
from obdirectory.trust.revocation import RevocationAnswer, RevocationIndex

GRANTED = ServiceInterval(
    datetime(2017, 1, 1, tzinfo=UTC), None, "granted", "CA/QC", frozenset({"ForWebSiteAuthentication", "ForeSeals"}), ()
)
CA = make_ca()
IDENTIFIER = f"PSDDE-BAFIN-{NUMBER}"


def listed(issuer: Issuer = CA, interval: ServiceInterval = GRANTED) -> TrustIndex:
    service = TrustService("DE", "QTSP", "QTSP QWAC CA", "bb" * 32, issuer.name_der, issuer.spki_der, None, (issuer.der,), (interval,))
    return build_index([(EU, ()), (DE, (service,))])


def world(der: bytes, *, trust: TrustIndex | None = None, answers: Sequence[RevocationAnswer] = (GOOD,), **changes: object) -> World:
    """A world that knows the issuer, a good answer about this certificate, and its holder."""
    read = read_certificate(der)
    revocation = RevocationIndex()
    if isinstance(read, Certificate):
        revocation = RevocationIndex(ocsp={(read.issuer_der, CA.spki_der, read.serial_number): tuple(answers)})
    found = a_world(a_firm(name="Example Pay GmbH"), trust=listed() if trust is None else trust, revocation=revocation)
    return replace(found, **changes)  # type: ignore[arg-type]


def verdict(der: bytes, evidence: World | None = None, *, service: str = "pis", policy: str = "strict") -> Verdict:
    return decide(ask(service, policy=policy, certificate=der), evidence or world(der), now=NOW, verdict_id="id", explain_all=True)


def word(found: Verdict) -> tuple[str, str]:
    return found.verdict, found.reason


@pytest.mark.parametrize("purpose", ["web", "seal"])
def test_a_qualified_certificate_of_a_registered_firm(purpose: str) -> None:
    der, _ = issue(CA, organization_identifier=IDENTIFIER, purpose="web" if purpose == "web" else "seal")
    found = verdict(der)
    assert word(found) == ("permitted", "requirements_met")
    assert found.certificate.kind == ("qwac" if purpose == "web" else "qsealc")
    assert (found.certificate.qualified, found.certificate.revocation_status) == ("yes", "good")
    assert found.certificate.trust_service is not None
    assert found.certificate.trust_service.territory == "DE"
    assert found.roles.in_certificate == ("PSP_PI", "PSP_AI")
    assert len(found.findings) > 100


def test_what_speaks_against_it_is_named() -> None:
    der, _ = issue(CA, organization_identifier=IDENTIFIER)
    other = make_ca(common_name="Somebody Else")
    revoked = replace(GOOD, status="revoked", revoked_at=NOW)
    withdrawn = replace(GRANTED, status="withdrawn")
    assert word(verdict(der, world(der, answers=(revoked,)))) == ("refused", "certificate_revoked")
    assert word(verdict(der, world(der, answers=()))) == ("undetermined", "revocation_unknown")
    assert word(verdict(der, world(der, answers=()), policy="eba")) == ("permitted", "requirements_met")
    assert word(verdict(der, world(der, trust=listed(other)))) == ("refused", "issuer_not_listed")
    assert word(verdict(der, world(der, trust=TrustIndex()))) == ("undetermined", "no_trusted_list_loaded")
    assert verdict(der, world(der, trust=listed(interval=withdrawn))).verdict == "refused"
    assert word(verdict(der[:-1] + bytes([der[-1] ^ 1]))) == ("refused", "signature_broken")
    assert word(verdict(der, replace(world(der), directory=a_world(sources=(PAYMENT, CREDIT)).directory))) == (
        "refused",
        "not_found_in_any_register",
    )


def test_a_certificate_that_contradicts_itself_is_never_permitted() -> None:
    for changes in (
        {"organization_identifier": (IDENTIFIER, "PSDDE-BAFIN-999999")},
        {"organization_identifier": IDENTIFIER, "nca_id": "FR-ACPR"},
    ):
        der, _ = issue(CA, **changes)  # type: ignore[arg-type]
        assert verdict(der).verdict != "permitted"
    der, _ = issue(CA, organization_identifier=IDENTIFIER, nca_id="FR-ACPR")
    assert word(verdict(der)) == ("refused", "authorities_disagree")


def test_form_that_leaves_identity_unequivocal_is_a_warning() -> None:
    der, _ = issue(CA, organization_identifier=IDENTIFIER, roles=[("0.4.0.19495.1.2", "Payment Initiation"), "PSP_AI"])
    found = verdict(der)
    assert found.verdict == "permitted"
    assert [finding.consequence for finding in found.findings if finding.code == "psd2_role_names_match"] == ["warn"]


def test_test_numbers_and_test_authorities() -> None:
    der, _ = issue(CA, organization_identifier="PSDXX-TEST-1", nca_id="XX-TEST")
    assert verdict(der).verdict == "refused"


SOUND, _ = issue(CA, organization_identifier=IDENTIFIER)
EVIDENCE = world(SOUND)


@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
def test_one_byte_changed_is_never_permitted(place: int, flip: int) -> None:
    changed = bytearray(SOUND)
    changed[place] ^= flip
    found = decide(ask(certificate=bytes(changed)), EVIDENCE, now=NOW, verdict_id="id")
    assert found.verdict != "permitted"
