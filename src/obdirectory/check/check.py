"""The flow of a check, top to bottom: evidence first, then what is missing, then the decision, then the record, then the answer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Protocol, overload

import msgspec

from obdirectory.check.archive import Archive
from obdirectory.check.decide import Decided, decide_outcome, verdict_of
from obdirectory.check.journal import Journal
from obdirectory.check.memory import Memory, key_of, make_warm
from obdirectory.check.needs import Need, instants_of, needs
from obdirectory.check.question import Question
from obdirectory.check.verdict import VerdictWord
from obdirectory.check.world import World
from obdirectory.check.worlds import Worlds
from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.core.identifiers import new_event_id
from obdirectory.core.instants import print_instant
from obdirectory.trust.assess import assess

Clock = Callable[[], datetime]


class Gather(Protocol):
    """Fetches what a world lacks for one question, within bounds; what does not come stays unknown. Never raises for what is away."""

    def __call__(self, missing: Sequence[Need], world: World) -> Awaitable[World]: ...


class Observe(Protocol):
    """Counts an answer and how long it took."""

    def __call__(self, environment: str, verdict: str, reason: str, seconds: float, /) -> None: ...


class Answered(msgspec.Struct, frozen=True):
    """An answer as it was recorded."""

    id: str
    word: VerdictWord
    reason: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Check:
    """Everything the flow needs, put together by ``app.py`` once."""

    worlds: Worlds
    gather: Gather
    archive: Archive
    journal: Journal
    memory: Memory
    clock: Clock
    observe: Observe

    async def __call__(self, question: Question, *, explain_all: bool = False) -> Answered:
        """May this certificate's holder use this payment service in this country at this instant?

        Never raises for a bad certificate: that is a refused verdict. Raises InvalidInput for an instant in the future or an unknown
        policy, Unavailable when a past world cannot be built or a strict answer cannot be recorded.
        """
        started = perf_counter()
        now = self.clock()
        world = self.worlds.now(question.environment)
        key = key_of(question, explain_all=explain_all)
        about_now = question.at is None and question.known_at is None
        # 1. Asked before, of the very same evidence?
        if about_now and (warm := self.memory.find(key, world, now)):
            check_id = new_event_id(int(now.timestamp() * 1000))
            body = await self._record(check_id, question, warm.decided, warm.body(check_id, now, question.request_id), explain_all)
            self.observe(question.environment, warm.decided.word, warm.decided.reason, perf_counter() - started)
            return Answered(check_id, warm.decided.word, warm.decided.reason, body)
        # What is written down is what is decided with.
        now = _to_milliseconds(now)
        check_id = new_event_id(int(now.timestamp() * 1000))
        if not about_now:
            question = replace(question, at=_to_milliseconds(question.at), known_at=_to_milliseconds(question.known_at))
            _refuse_the_future(question, now)
        # 2. Evidence first: what was asked about is kept before it is read.
        await self.archive.before(question)
        # 3. The world as it is, or as it was known.
        if question.known_at is not None:
            world = await self.worlds.at(question.environment, question.known_at)
        # 4. What trust says, and what the world lacks for this question.
        assessment = assess(
            question.certificate,
            question.chain,
            world.trust,
            world.revocation,
            environment=question.environment,
            instants=instants_of(question, now),
        )
        missing = needs(question, world, now=now, assessment=assessment)
        fuller = await self.gather(missing, world) if missing else world
        if fuller.trust is not world.trust or fuller.revocation is not world.revocation:
            assessment = None
        # 5. Decide; pure.
        decided = decide_outcome(question, fuller, now=now, assessment=assessment)
        await self.archive.after(question, decided)
        is_kept = await self.archive.basis(fuller, decided)
        # 6. Record, then answer.
        body = msgspec.json.encode(verdict_of(decided, question, verdict_id=check_id, now=now, explain_all=explain_all))
        recorded = await self._record(check_id, question, decided, body, explain_all)
        if about_now and is_kept and recorded is body:
            self.memory.keep(key, make_warm(world, decided, question, explain_all=explain_all, now=now))
        self.observe(question.environment, decided.word, decided.reason, perf_counter() - started)
        return Answered(check_id, decided.word, decided.reason, recorded)

    async def _record(self, check_id: str, question: Question, decided: Decided, body: bytes, explain_all: bool) -> bytes:
        """Write the answer down before it leaves. A policy that allows it answers unrecorded, and says ``degraded``."""
        try:
            self.journal.append(check_id, question.client or "", body)
            if self.journal.synced:
                await self.journal.durable()
        except Unavailable:
            if not self.worlds.now(question.environment).policy(question.policy).answers_unrecorded:
                raise
            said = msgspec.structs.replace(decided, degraded=True)
            return msgspec.json.encode(verdict_of(said, question, verdict_id=check_id, now=self.clock(), explain_all=explain_all))
        return body


@overload
def _to_milliseconds(instant: datetime) -> datetime: ...
@overload
def _to_milliseconds(instant: datetime | None) -> datetime | None: ...
def _to_milliseconds(instant: datetime | None) -> datetime | None:
    return instant if instant is None else instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _refuse_the_future(question: Question, now: datetime) -> None:
    for name, instant in (("at", question.at), ("known_at", question.known_at)):
        if instant is not None and instant > now:
            raise InvalidInput(f"{name} is {print_instant(instant)}, in the future: leave it out to ask about now ({print_instant(now)})")
