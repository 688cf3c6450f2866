"""How old registers, lists and revocation answers may be, by policy and payment service."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.check.worlds import (
    CREDIT,
    DAY,
    DE,
    EU,
    GOOD,
    HOUR,
    NOW,
    PAYMENT,
    a_firm,
    a_world,
    answer,
    ask,
    assessed,
    consequences,
    outcome,
    said,
)

from obdirectory.core.finding import REQUIREMENTS


@pytest.mark.parametrize(
    ("policy", "service", "hours", "expected"),
    [
        ("strict", "pis", 26, {}),
        ("strict", "pis", 27, {"register_ageing": "warn"}),
        ("strict", "pis", 72, {"register_ageing": "warn"}),
        ("strict", "pis", 73, {"register_too_old": "gap"}),
        ("strict", "ais", 73, {"register_ageing": "warn"}),
        ("strict", "ais", 169, {"register_too_old": "gap"}),
        ("lenient", "pis", 72, {}),
        ("lenient", "pis", 336, {"register_ageing": "warn"}),
        ("lenient", "pis", 337, {"register_too_old": "gap"}),
        ("eba", "pis", 73, {"register_ageing": "warn"}),
    ],
)
def test_age_of_the_register(policy: str, service: str, hours: int, expected: dict[str, str]) -> None:
    world = a_world(a_firm(), sources=(replace(PAYMENT, as_of=NOW - hours * HOUR),))
    decided = answer(ask(service, policy=policy), world)
    assert consequences(decided) == expected
    assert decided.word == ("undetermined" if "gap" in expected.values() else "permitted")
    assert decided.retry_after_seconds == (900 if "gap" in expected.values() else None)


def test_only_the_register_a_grant_rests_on_must_be_recent() -> None:
    world = a_world(a_firm(), sources=(PAYMENT, replace(CREDIT, as_of=NOW - 100 * DAY)))
    decided = answer(world=world)
    assert decided.word == "permitted"
    assert [register.source for register in decided.evidence.registers] == ["eu_eba"]


def test_a_firm_of_a_register_whose_state_is_lost_is_no_yes() -> None:
    decided = answer(world=a_world(a_firm(), sources=(CREDIT,)))
    assert outcome(decided) == ("undetermined", "register_of_authority_not_loaded")


@pytest.mark.parametrize(
    ("policy", "hours", "expected"),
    [
        ("strict", 0, {}),
        ("strict", 72, {"trusted_list_overdue": "warn"}),
        ("strict", 73, {"trusted_list_too_old": "gap"}),
        ("lenient", 720, {"trusted_list_overdue": "warn"}),
        ("lenient", 721, {"trusted_list_too_old": "gap"}),
        ("eba", 73, {"trusted_list_overdue": "warn"}),
    ],
)
@pytest.mark.parametrize("territory", ["EU", "DE"])
def test_a_list_past_its_next_update(policy: str, hours: int, expected: dict[str, str], territory: str) -> None:
    lists = tuple(replace(one, next_update_at=NOW - hours * HOUR) if one.territory == territory else one for one in (EU, DE))
    decided = answer(ask(policy=policy), assessment=assessed(lists=lists))
    assert consequences(decided) == expected


def test_a_closed_list_has_no_next_update() -> None:
    assert said(answer(assessment=assessed(lists=(EU, replace(DE, next_update_at=None))))) == {}


@pytest.mark.parametrize(
    ("policy", "service", "minutes", "expected"),
    [
        ("strict", "pis", 60, {}),
        ("strict", "pis", 61, {"revocation_stale": "warn"}),
        ("strict", "ais", 240, {}),
        ("strict", "ais", 241, {"revocation_stale": "warn"}),
        ("strict", "pis", 25 * 60, {"revocation_stale": "warn"}),
        ("strict", "pis", 25 * 60 + 1, {"revocation_too_old": "gap"}),
        ("lenient", "pis", 24 * 60, {}),
        ("lenient", "pis", 96 * 60, {"revocation_stale": "warn"}),
        ("lenient", "pis", 96 * 60 + 1, {"revocation_too_old": "gap"}),
        ("eba", "pis", 96 * 60 + 1, {"revocation_too_old": "warn"}),
    ],
)
def test_reuse_of_a_revocation_answer(policy: str, service: str, minutes: int, expected: dict[str, str]) -> None:
    at = NOW - timedelta(minutes=minutes)
    good = replace(GOOD, produced_at=at, this_update_at=at, known_at=at, next_update_at=None)
    decided = answer(ask(service, policy=policy), assessment=assessed(revocation=good))
    assert consequences(decided) == expected


def test_an_answer_got_now_counts_from_now_but_never_beyond_its_own_next_update() -> None:
    old = replace(GOOD, produced_at=NOW - 5 * DAY, this_update_at=NOW - 5 * DAY, known_at=NOW, next_update_at=NOW + DAY)
    assert said(answer(assessment=assessed(revocation=old))) == {}
    over = replace(old, next_update_at=NOW - HOUR)
    assert said(answer(assessment=assessed(revocation=over))) == {"revocation_answer_recent": "revocation_stale"}
    assert said(answer(assessment=assessed(revocation=replace(old, next_update_at=NOW - 3 * DAY)))) == {
        "revocation_answer_recent": "revocation_too_old"
    }


@pytest.mark.parametrize(("policy", "expected"), [("strict", "undetermined"), ("lenient", "undetermined"), ("eba", "permitted")])
def test_no_answer_ever_is_never_permitted_but_under_eba(policy: str, expected: str) -> None:
    silent = assessed(revocation=None, findings=[REQUIREMENTS["revocation_known"].unknown("none", reason="revocation_unknown")])
    decided = answer(ask(policy=policy), assessment=silent)
    assert decided.word == expected
    assert decided.certificate.revocation_status == "unknown"


@pytest.mark.parametrize("policy", ["strict", "lenient", "eba"])
def test_a_responder_that_does_not_know_the_certificate_is_a_gap(policy: str) -> None:
    told = REQUIREMENTS["revocation_known"].unknown("unknown", reason="not_known_to_responder")
    decided = answer(ask(policy=policy), assessment=assessed(revocation=replace(GOOD, status="unknown"), findings=[told]))
    assert outcome(decided) == ("undetermined", "not_known_to_responder")
