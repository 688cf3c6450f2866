"""What a verdict says of itself: evidence, explanation, until when it may be kept and remembered."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.check.worlds import (
    BAFIN,
    CREDIT,
    CURATED,
    DAY,
    DE,
    EU,
    GOOD,
    HOUR,
    NOW,
    NUMBER,
    PAYMENT,
    a_firm,
    a_world,
    answer,
    ask,
    assessed,
    certificate,
    got,
    of,
)

from obdirectory.check.decide import explained, verdict_of
from obdirectory.check.question import Question
from obdirectory.check.verdict import Verdict
from obdirectory.check.world import World
from obdirectory.core.finding import REQUIREMENTS
from obdirectory.directory.index import SourceState
from obdirectory.trust.assess import Assessment


def verdict(question: Question | None = None, world: World | None = None, assessment: Assessment | None = None) -> Verdict:
    question = question or ask(request_id="r-1")
    return verdict_of(answer(question, world, assessment), question, verdict_id="id-1", now=NOW)


def test_the_verdict_names_all_it_rests_on_and_nothing_else() -> None:
    found = verdict(world=a_world(a_firm(), sources=(PAYMENT, CREDIT, CURATED)))
    evidence = found.evidence
    assert (evidence.world.version, evidence.world.sha256, evidence.chain_sha256) == (1, "ee" * 32, ("dd" * 32,))
    assert [(one.territory, one.sequence) for one in evidence.trust_lists] == [("EU", 390), ("DE", 120)]
    assert [(one.source, one.snapshot, one.record_sha256) for one in evidence.registers] == [("eu_eba", "snapshot-1", ("00" * 32,))]
    assert evidence.revocation is not None
    assert (evidence.revocation.method, evidence.revocation.sha256) == ("ocsp", "cc" * 32)
    assert evidence.policy_sha256 == a_world().policy("strict").sha256
    assert found.question.request_id == "r-1"
    absent = verdict(world=a_world(sources=(PAYMENT, CREDIT)), assessment=assessed(revocation=None))
    assert [(one.source, one.record_sha256) for one in absent.evidence.registers] == [("eu_eba", ()), ("eu_eba_credit", ())]
    assert absent.evidence.revocation is None


def test_only_a_permitted_verdict_allows_and_what_was_not_shown_is_said() -> None:
    assert (verdict().decision.allow, verdict().decision.because) == (True, "verdict permitted; possession of the key was not shown")
    shown = verdict(ask(country="IT", possession="tls_peer"))
    assert (shown.decision.allow, shown.decision.because) == (False, "verdict refused")


def test_explaining_all_returns_every_requirement_once_asked() -> None:
    met = REQUIREMENTS["signature_verified"].met("It does.")
    decided = answer(ask(country="IT"), assessment=assessed(findings=[met]))
    found = verdict_of(decided, ask(country="IT"), verdict_id="id", now=NOW, explain_all=True).findings
    assert found == explained(decided)
    codes = [finding.code for finding in found]
    assert len(codes) == len(set(codes))
    assert codes[0] == "signature_verified"
    assert {"evidence_current", "role_in_certificate", "found_in_register", "right_in_country", "register_recent"} <= set(codes)
    assert {finding.code: finding.met for finding in found}["service_code_divided"] == "not_applicable"
    withdrawn = answer(world=a_world(of("PSD_PI", {"DE": "070"}, authorised="2019-01-01 2020-01-01")))
    mets = {finding.code: finding.met for finding in explained(withdrawn)}
    assert (mets["right_in_register"], mets["authorisation_in_force"], mets["role_in_certificate"]) == ("not_applicable", "no", "yes")
    twice = answer(assessment=assessed(lists=(replace(EU, next_update_at=NOW - HOUR), replace(DE, next_update_at=NOW - HOUR))))
    assert [finding.code for finding in explained(twice)].count("trusted_list_in_time") == 2


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, 15),
        ({"revocation": None}, 15),
        ({"revocation": got(NOW - HOUR + timedelta(minutes=5))}, 5),
        ({"certificate": certificate(not_after_at=NOW + timedelta(minutes=3))}, 3),
    ],
)
def test_until_when_a_gateway_may_keep_the_answer(changes: dict[str, Any], minutes: int) -> None:
    given = assessed(**changes)
    assert verdict(assessment=given).valid_until == f"2026-11-24T12:{minutes:02d}:00Z"


def test_an_answer_is_not_kept_longer_than_its_register_lasts() -> None:
    world = a_world(a_firm(), sources=(replace(PAYMENT, as_of=NOW - 72 * HOUR + timedelta(minutes=4)),))
    assert verdict(world=world).valid_until == "2026-11-24T12:04:00Z"
    assert verdict(ask("ais"), world).valid_until == "2026-11-24T13:00:00Z"


def test_an_answer_about_the_past_is_over() -> None:
    assert verdict(ask(at=NOW - 30 * DAY)).valid_until == "2026-10-25T12:15:00Z"


@pytest.mark.parametrize(
    ("changes", "sources", "expected"),
    [
        ({}, (PAYMENT,), NOW + timedelta(minutes=5)),
        ({}, (replace(PAYMENT, as_of=NOW - 26 * HOUR + timedelta(minutes=1)),), NOW + timedelta(minutes=1)),
        ({"lists": (replace(EU, next_update_at=NOW + timedelta(minutes=2)), DE)}, (PAYMENT,), NOW + timedelta(minutes=2)),
        ({"revocation": got(NOW - HOUR + timedelta(minutes=3))}, (PAYMENT,), NOW + timedelta(minutes=3)),
        ({"certificate": certificate(not_before_at=NOW + timedelta(minutes=4))}, (PAYMENT,), NOW + timedelta(minutes=4)),
    ],
)
def test_a_decision_holds_until_time_alone_could_change_it(
    changes: dict[str, Any], sources: tuple[SourceState, ...], expected: datetime
) -> None:
    decided = answer(world=a_world(a_firm(), sources=sources), assessment=assessed(**changes))
    assert decided.holds_until == expected


def test_a_decision_holds_until_a_missing_row_is_a_gap_and_never_over_midnight() -> None:
    missing = of("PSD_PI", {"DE": "070"}, missing_since_at=NOW - 72 * HOUR + timedelta(minutes=1))
    assert answer(world=a_world(missing)).holds_until == NOW + timedelta(minutes=1)
    late = NOW.replace(hour=23, minute=58)
    assert answer(now=late).holds_until == late + timedelta(minutes=2)


def test_a_decision_about_named_instants_holds_for_ever() -> None:
    assert answer(ask(at=NOW - DAY, known_at=NOW - DAY)).holds_until.year == 9999
    assert answer(ask(at=NOW - DAY)).holds_until < NOW + DAY


def test_dates_at_the_end_of_the_calendar_are_no_exception() -> None:
    end = datetime.max.replace(tzinfo=NOW.tzinfo)
    given = assessed(
        lists=(replace(EU, next_update_at=end), DE), revocation=replace(GOOD, produced_at=end, known_at=None, next_update_at=None)
    )
    assert answer(world=a_world(a_firm(), sources=(replace(PAYMENT, as_of=end),)), assessment=given).word == "permitted"


def test_the_holder_is_shown_as_registered() -> None:
    found = verdict(world=a_world(a_firm(name="Zahlmeister GmbH")), assessment=assessed(name="Brand"))
    assert (found.tpp.name, found.tpp.home_country, found.tpp.nca_id, found.tpp.authorisation_number) == (
        "Zahlmeister GmbH",
        "DE",
        str(BAFIN),
        NUMBER,
    )
    unknown = verdict(world=a_world(), assessment=assessed(name="Brand"))
    assert (unknown.tpp.name, unknown.tpp.entity_id, unknown.tpp.home_country) == ("Brand", None, "DE")


def test_a_hold_is_shown_as_revoked() -> None:
    assert answer(assessment=assessed(revocation=replace(GOOD, status="on_hold"))).certificate.revocation_status == "revoked"
