"""What a world lacks for one question: only what could change the answer, only for a certificate that a listed issuer signed."""

from dataclasses import replace

import pytest
from tests.check.worlds import CREDIT, DAY, GOOD, HOUR, NOW, NUMBER, PAYMENT, SERVICE, a_firm, a_world, ask, assessed, certificate

from obdirectory.check.needs import AgentNeed, IntermediateNeed, RevocationNeed, needs
from obdirectory.check.question import Question
from obdirectory.check.world import AgentHint, World
from obdirectory.core.errors import InvalidInput
from obdirectory.trust.assess import Assessment
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.revocation import SHORT_TERM

REVOCATION = RevocationNeed(certificate().sha256, b"issuer", 7, ("http://ocsp.example/",), ())
AGENT = AgentNeed("DE-BAFIN", NUMBER)


def lacking(question: Question | None = None, world: World | None = None, assessment: Assessment | None = None) -> tuple[object, ...]:
    return needs(question or ask(), world or a_world(a_firm()), now=NOW, assessment=assessment or assessed())


def test_a_world_that_has_it_all_lacks_nothing() -> None:
    assert lacking() == ()


def test_no_answer_and_an_answer_that_may_not_be_used_again() -> None:
    old = replace(GOOD, known_at=NOW - 2 * HOUR, produced_at=NOW - 2 * HOUR)
    for answer in (None, old, replace(GOOD, status="unknown"), replace(old, status="on_hold")):
        assert lacking(assessment=assessed(revocation=answer)) == (REVOCATION,)
    assert lacking(ask("ais"), assessment=assessed(revocation=old)) == ()
    assert lacking(ask(policy="lenient"), assessment=assessed(revocation=old)) == ()
    assert lacking(assessment=assessed(revocation=replace(old, status="revoked"))) == ()


def test_nobody_to_ask_and_nothing_to_ask_for() -> None:
    assert lacking(assessment=assessed(certificate(ocsp_urls=()), revocation=None)) == ()
    by_crl = assessed(certificate(ocsp_urls=(), crl_urls=("http://crl.example/",)), revocation=None)
    assert [type(need) for need in lacking(assessment=by_crl)] == [RevocationNeed]
    assert lacking(assessment=assessed(in_period=False, revocation=None)) == ()
    assert lacking(assessment=assessed(certificate(extensions=(SHORT_TERM,)), revocation=None)) == ()


def test_what_was_known_cannot_be_gathered_any_more() -> None:
    past = ask(at=NOW - DAY, known_at=NOW - DAY)
    assert lacking(past, assessment=assessed(revocation=None)) == ()
    assert lacking(past, a_world(), assessed(revocation=None)) == (AGENT,)  # our own tables remember
    assert lacking(past, trusting(by_key_id=True), unsigned(known_key=True)) == ()


def test_a_number_no_institution_carries_may_be_an_agents() -> None:
    assert lacking(world=a_world()) == (AGENT,)
    assert lacking(world=a_world(agents=(AgentHint("DE-BAFIN", NUMBER, ()),))) == ()
    assert lacking(world=a_world(agents=(AgentHint("DE-BAFIN", "9", ()), AgentHint("FR-ACPR", NUMBER, ())))) == (AGENT,)
    assert lacking(world=a_world(sources=())) == ()
    assert lacking(world=a_world(sources=(CREDIT,))) == ()
    assert lacking(ask("vop"), a_world()) == ()
    assert lacking(world=a_world(), assessment=assessed(certificate(None))) == ()
    assert lacking(world=a_world(), assessment=assessed(certificate("PSDDE-NOBODY-1"), nca_id=None)) == ()
    french = replace(PAYMENT, authorities=frozenset({"FR-ACPR"}))
    assert lacking(world=a_world(sources=(french,))) == ()


def unsigned(
    *, known_key: bool = False, issuer_url: str = "http://issuer.example/", subject: bytes = b"subject", issuer: bytes = b"issuer"
) -> Assessment:
    given = certificate(
        issuer_urls=(issuer_url,) if issuer_url else (),
        authority_key_id=b"listed" if known_key else b"key id",
        subject_der=subject,
        issuer_der=issuer,
    )
    return assessed(given, signature_verified=False, revocation=None)


def trusting(*, by_key_id: bool = False, by_name: bool = False) -> World:
    trust = TrustIndex(by_subject={b"issuer": (b"key",)} if by_name else {}, by_key_id={b"listed": (SERVICE,)} if by_key_id else {})
    return a_world(a_firm(), trust=trust)


def test_an_issuer_is_worth_fetching_only_if_a_listed_service_is_known_by_its_key() -> None:
    found = IntermediateNeed(unsigned().certificate.sha256, b"issuer", b"listed", ("http://issuer.example/",))  # type: ignore[union-attr]
    assert lacking(world=trusting(by_key_id=True), assessment=unsigned(known_key=True)) == (found,)
    assert lacking(world=trusting(), assessment=unsigned(known_key=True)) == ()
    assert lacking(world=trusting(by_key_id=True), assessment=unsigned()) == ()
    assert lacking(world=trusting(by_key_id=True, by_name=True), assessment=unsigned(known_key=True)) == ()  # listed, and it did not sign
    assert lacking(world=trusting(by_key_id=True), assessment=unsigned(known_key=True, issuer_url="")) == ()
    assert lacking(world=trusting(by_key_id=True), assessment=unsigned(known_key=True, subject=b"issuer")) == ()


@pytest.mark.parametrize("content", [b"", b"not a certificate"])
def test_bytes_that_are_no_certificate_need_nothing(content: bytes) -> None:
    assert needs(ask(certificate=content), a_world(), now=NOW) == ()


def test_an_unknown_policy_is_an_input_error() -> None:
    with pytest.raises(InvalidInput):
        lacking(ask(policy="generous"))
