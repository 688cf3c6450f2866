"""From findings to the word: nothing loaded, last known good, any bytes, ranks."""

import pytest
from tests.check.worlds import (
    NOW,
    a_firm,
    a_world,
    answer,
    ask,
    assessed,
    certificate,
    consequences,
    outcome,
    said,
)

from obdirectory.check.decide import decide
from obdirectory.core.errors import InvalidInput
from obdirectory.core.finding import REQUIREMENTS, Finding, Rank
from obdirectory.core.identifiers import sha256_hex
from obdirectory.trust.index import TrustIndex


def test_nothing_loaded_is_undetermined_and_says_what_is_missing() -> None:
    unlisted = REQUIREMENTS["issuer_listed"].unknown("No list.", reason="no_trusted_list_loaded")
    nothing = assessed(lists=(), signature_verified=False, revocation=None, service=None, findings=[unlisted])
    decided = answer(world=a_world(sources=(), trust=TrustIndex()), assessment=nothing)
    assert outcome(decided) == ("undetermined", "no_trusted_list_loaded")
    assert {"no_trusted_list_loaded", "no_register_loaded"} <= set(said(decided).values())
    nobody = answer(world=a_world(sources=()), assessment=assessed(certificate("PSDDE-NOBODY-1"), nca_id=None))
    assert "no_register_loaded" in said(nobody).values()


def test_the_last_known_good_answers_and_says_so() -> None:
    decided = answer(world=a_world(a_firm(), degraded=("database_unreachable",)))
    assert (decided.word, decided.degraded, consequences(decided)) == ("permitted", True, {"last_known_good_in_use": "warn"})
    assert "database_unreachable" in decided.findings[0].message


@pytest.mark.parametrize("content", [b"", b"\x30", b"hello", b"\x30\x82\xff\xff" + b"\x00" * 300])
def test_bytes_that_are_no_certificate_are_refused(content: bytes) -> None:
    verdict = decide(ask(certificate=content), a_world(a_firm()), now=NOW, verdict_id="id")
    assert (verdict.verdict, verdict.reason, verdict.certificate.kind) == ("refused", "unreadable_certificate", "other")
    assert verdict.question.certificate_sha256 == sha256_hex(content)
    assert (verdict.tpp.name, verdict.authorisation, verdict.evidence.registers) == ("", None, ())


def test_a_policy_nobody_has_is_an_input_error() -> None:
    with pytest.raises(InvalidInput, match="use one of eba, lenient, strict"):
        answer(ask(policy="generous"))


def test_a_refusal_beats_a_gap_and_rank_names_the_verdict() -> None:
    findings = [
        REQUIREMENTS["certificate_in_period"].not_met("over"), REQUIREMENTS["not_revoked"].not_met("revoked"),
        REQUIREMENTS["issuer_listed"].unknown("no list", reason="trusted_list_not_loaded"),
    ]  # fmt: skip
    decided = answer(ask(country="IT"), assessment=assessed(findings=findings))
    assert (decided.word, decided.reason, decided.actor) == ("refused", "certificate_revoked", "tpp")
    assert decided.remedy
    assert decided.roles.usable == ()
    assert answer(assessment=assessed(findings=findings[2:])).reason == "trusted_list_not_loaded"
    assert [Rank(rank) for rank in sorted(Rank)] == list(Rank)


def test_a_finding_nobody_declared_refuses_and_still_has_a_remedy() -> None:
    decided = answer(assessment=assessed(findings=[Finding("from_the_future", "no", "not_known_yet", "Something new.")]))
    assert (decided.word, decided.reason, decided.actor, decided.remedy) == ("refused", "not_known_yet", "operator", "Something new.")
    assert answer(assessment=assessed(findings=[Finding("from_the_future", "unknown", "not_known_yet")])).word == "undetermined"


def test_a_conflict_is_named_before_other_gaps() -> None:
    gap = REQUIREMENTS["issuer_listed"].unknown("no list", reason="trusted_list_not_loaded")
    conflict = REQUIREMENTS["sources_agree"].unknown("two words")
    assert answer(assessment=assessed(findings=[gap, conflict])).reason == "sources_disagree"
