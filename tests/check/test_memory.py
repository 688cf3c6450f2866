"""A warm answer is the same answer, and never outlives its evidence."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from tests.check.made_world import NOW, made

from obdirectory.check.decide import decide_outcome, verdict_of
from obdirectory.check.memory import Memory, key_of, make_warm
from obdirectory.core.identifiers import new_event_id

WORLD = made()
QUESTION = WORLD.questions[0]


@pytest.mark.parametrize("request_id", [None, "abc-123", 'quotes " and \\ and ü'])
@pytest.mark.parametrize("explain_all", [False, True])
def test_the_body_is_what_encoding_the_verdict_gives(request_id: str | None, explain_all: bool) -> None:
    asked = replace(QUESTION, request_id=request_id)
    decided = decide_outcome(asked, WORLD.world, now=NOW)
    later = NOW + timedelta(milliseconds=1234)
    check_id = new_event_id()
    whole = msgspec.json.encode(verdict_of(decided, asked, verdict_id=check_id, now=later, explain_all=explain_all))
    warm = make_warm(WORLD.world, decided, QUESTION, explain_all=explain_all, now=NOW)
    assert warm.body(check_id, later, request_id) == whole


def test_another_world_is_another_answer() -> None:
    memory = Memory()
    decided = decide_outcome(QUESTION, WORLD.world, now=NOW)
    key = key_of(QUESTION, explain_all=False)
    memory.keep(key, make_warm(WORLD.world, decided, QUESTION, explain_all=False, now=NOW))
    assert memory.find(key, WORLD.world, NOW) is not None
    assert memory.find(key, replace(WORLD.world), NOW) is None


def test_time_alone_ends_what_is_kept() -> None:
    memory = Memory()
    decided = decide_outcome(QUESTION, WORLD.world, now=NOW)
    key = key_of(QUESTION, explain_all=False)
    memory.keep(key, make_warm(WORLD.world, decided, QUESTION, explain_all=False, now=NOW))
    assert memory.find(key, WORLD.world, decided.holds_until - timedelta(milliseconds=1)) is not None
    assert memory.find(key, WORLD.world, decided.holds_until) is None


def test_what_holds_until_then_is_decided_the_same_until_then() -> None:
    """The instant is not merely careful: just before it the decision is still the same."""
    decided = decide_outcome(QUESTION, WORLD.world, now=NOW)
    just_before = decide_outcome(QUESTION, WORLD.world, now=decided.holds_until - timedelta(milliseconds=1))
    assert (just_before.word, just_before.reason, just_before.findings) == (decided.word, decided.reason, decided.findings)


def test_an_unverified_signature_is_not_kept() -> None:
    bent = bytearray(QUESTION.certificate)
    bent[-1] ^= 1
    asked = replace(QUESTION, certificate=bytes(bent))
    decided = decide_outcome(asked, WORLD.world, now=NOW)
    memory = Memory()
    key = key_of(asked, explain_all=False)
    memory.keep(key, make_warm(WORLD.world, decided, asked, explain_all=False, now=NOW))
    assert memory.find(key, WORLD.world, NOW) is None


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    memory = Memory(most=2)
    keys = [key_of(question, explain_all=False) for question in WORLD.questions]
    for key, question in zip(keys, WORLD.questions, strict=True):
        decided = decide_outcome(question, WORLD.world, now=NOW)
        memory.keep(key, make_warm(WORLD.world, decided, question, explain_all=False, now=NOW))
    assert [memory.find(key, WORLD.world, NOW) is not None for key in keys] == [False, True, True]
