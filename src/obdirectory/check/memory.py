"""Warm answers: what was decided, kept with the world it was decided in, and its JSON cut where the moment of asking goes in."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec

from obdirectory.check.decide import Decided, verdict_of
from obdirectory.check.holding import best_until
from obdirectory.check.question import Question
from obdirectory.check.world import World
from obdirectory.core.instants import print_instant

MOST_KEPT = 20_000
_ID, _NOW, _UNTIL, _REQUEST = "\ue000id\ue000", "\ue000now\ue000", "\ue000until\ue000", "\ue000request\ue000"
_MARKS = (_ID, _NOW, _NOW, _NOW, _UNTIL, _REQUEST)
_encode = msgspec.json.Encoder().encode

Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Warm:
    """One decision and the bytes of its answer, in the pieces between id, instants and request id."""

    world: World
    decided: Decided
    pieces: tuple[bytes, ...]

    def body(self, check_id: str, now: datetime, request_id: str | None) -> bytes:
        """The verdict's JSON for one asking at ``now``: the same bytes that encoding the whole verdict would give."""
        asked_at = print_instant(now).encode()
        until = print_instant(best_until(self.decided.limits, now, self.decided.valid_for)).encode()
        request = b"null" if request_id is None else _encode(request_id)
        first, after_id, at, known, valid, rest, last = self.pieces
        return b"".join((first, check_id.encode(), after_id, asked_at, at, asked_at, known, asked_at, valid, until, rest, request, last))


def make_warm(world: World, decided: Decided, question: Question, *, explain_all: bool, now: datetime) -> Warm:
    """Encode the answer once and cut it."""
    verdict = verdict_of(decided, question, verdict_id=_ID, now=now, explain_all=explain_all)
    marked = msgspec.structs.replace(
        verdict,
        checked_at=_NOW,
        at=_NOW,
        known_at=_NOW,
        valid_until=_UNTIL,
        question=msgspec.structs.replace(verdict.question, request_id=_REQUEST),
    )
    rest = _encode(marked)
    pieces: list[bytes] = []
    for mark in _MARKS:
        encoded = _encode(mark)
        cut = encoded if mark is _REQUEST else encoded[1:-1]  # a request id may be null, so its quotes go with it
        piece, _, rest = rest.partition(cut)
        pieces.append(piece)
    return Warm(world, decided, (*pieces, rest))


def key_of(question: Question, *, explain_all: bool) -> Key:
    """Everything a warm answer depends on besides world and moment. The certificate is compared byte for byte."""
    return (
        question.certificate,
        question.environment,
        question.payment_service,
        question.country,
        question.policy,
        question.chain,
        question.aspsp,
        question.possession,
        question.channel,
        explain_all,
    )


class Memory:
    """The most recently asked decisions, bounded; the oldest go first."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[Key, Warm] = OrderedDict()

    def find(self, key: Key, world: World, now: datetime) -> Warm | None:
        """The decision, if it was made in this very world and still holds."""
        warm = self._kept.get(key)
        if warm is None or warm.world is not world or now >= warm.decided.holds_until:
            return None
        return warm

    def keep(self, key: Key, warm: Warm) -> None:
        """Remember a decision on a certificate whose signature verified; anything else is not worth the room."""
        if not warm.decided.signature_verified:
            return
        self._kept[key] = warm
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
