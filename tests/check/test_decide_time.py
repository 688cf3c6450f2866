"""The clocks of a question: what was known, what was published later, what was first seen later."""

from dataclasses import replace

import pytest
from tests.check.worlds import (
    BEFORE,
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
    said,
)


def test_freshness_counts_at_the_instant_asked_about_when_it_says_what_was_known() -> None:
    past = NOW - 30 * DAY
    old = replace(PAYMENT, as_of=past - HOUR)
    good = replace(GOOD, produced_at=past, this_update_at=past, known_at=past, next_update_at=None)
    lists = (replace(EU, issued_at=past - DAY, next_update_at=past + DAY), replace(DE, issued_at=past - DAY, next_update_at=past + DAY))
    world, given = a_world(a_firm(), sources=(old,)), assessed(revocation=good, lists=lists)
    then = answer(ask(at=past, known_at=past), world, given)
    assert (then.word, said(then)) == ("permitted", {})
    now = answer(ask(at=past), world, given)
    assert now.word == "undetermined"
    assert set(said(now).values()) == {"register_too_old", "trusted_list_too_old", "revocation_too_old"}
    assert now.retry_after_seconds is None


def test_evidence_published_after_the_instant_asked_about_is_as_young_as_can_be() -> None:
    decided = answer(
        ask(at=NOW - 40 * DAY), a_world(a_firm()), assessed(lists=(replace(EU, issued_at=NOW - DAY), replace(DE, issued_at=NOW - DAY)))
    )
    assert (decided.word, said(decided)) == ("permitted", {})


@pytest.mark.parametrize(("policy", "expected"), [("strict", "gap"), ("lenient", "warn"), ("eba", "warn")])
def test_a_right_first_seen_later_is_not_known_to_have_been_there(policy: str, expected: str) -> None:
    decided = answer(ask(at=BEFORE - 40 * DAY, policy=policy))
    assert consequences(decided) == {"right_first_seen_later": expected}
    assert decided.roles.usable == (() if expected == "gap" else ("PSP_AI", "PSP_PI"))
