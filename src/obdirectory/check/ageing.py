"""How old a piece of evidence is for the question asked, as findings: yielding nothing means recent enough."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from obdirectory.check import requirements as need
from obdirectory.check.policy import Limits
from obdirectory.core.finding import Finding
from obdirectory.core.instants import print_instant
from obdirectory.directory.index import SourceState
from obdirectory.trust.assess import Instants
from obdirectory.trust.index import AcceptedList
from obdirectory.trust.revocation import RevocationAnswer

Grade: TypeAlias = Literal["fine", "ageing", "too_old"]
FOREVER = datetime.max.replace(tzinfo=UTC)
_AT_ONCE = timedelta(0)


def later(instant: datetime, by: timedelta) -> datetime:
    """The instant moved on, or the end of the calendar: what is published may claim any date."""
    try:
        return instant + by
    except OverflowError:
        return FOREVER


def judged_at(published_at: datetime, instants: Instants) -> datetime:
    """The instant at which the age of evidence counts.

    That is ``at`` when the question says what was known; else now, unless the evidence was published after ``at``: then it is as
    young as can be. Clause: our reading.
    """
    if instants.known_at_given:
        return instants.at
    return published_at if published_at > instants.at else instants.now


def grade(since_at: datetime, fine: timedelta, warn: timedelta, instants: Instants, *, published_at: datetime | None = None) -> Grade:
    """How an age counted from ``since_at`` stands against two limits."""
    age = judged_at(published_at or since_at, instants) - since_at
    return "fine" if age <= fine else "ageing" if age <= warn else "too_old"


def source_grade(source: SourceState, limits: Limits, instants: Instants) -> Grade:
    """How old a register is by its own ``as_of``."""
    fine, warn = limits.source_age(source.kind)
    return grade(source.as_of, fine, warn, instants)


def register_recent(sources: Iterable[SourceState], limits: Limits, instants: Instants) -> Iterator[Finding]:
    """Whether each register this rests on is recent enough for the payment service."""
    for source in sources:
        found = source_grade(source, limits, instants)
        if found == "fine":
            continue
        fine, warn = limits.source_age(source.kind)
        message = f"{source.source} is of {print_instant(source.as_of)}: fine for {_hours(fine)}, used with a warning for {_hours(warn)}."
        requirement = need.REGISTER_RECENT
        yield (requirement.not_met if found == "ageing" else requirement.unknown)(message, evidence=(source.sha256,))


def lists_in_time(lists: Iterable[AcceptedList], limits: Limits, instants: Instants) -> Iterator[Finding]:
    """Whether the list of lists and the list of the issuer's territory are not past their NextUpdate; a list without one is closed."""
    for accepted in lists:
        due_at = accepted.next_update_at
        if due_at is None:
            continue
        found = grade(due_at, _AT_ONCE, limits.list_overdue_warn, instants, published_at=accepted.issued_at)
        if found == "fine":
            continue
        message = f"The next update of list {accepted.territory} {accepted.sequence} was due at {print_instant(due_at)}."
        requirement = need.TRUSTED_LIST_IN_TIME
        yield (requirement.not_met if found == "ageing" else requirement.unknown)(message, evidence=(accepted.sha256,))


def reuse_ends_at(answer: RevocationAnswer, limits: Limits) -> datetime:
    """Until when an answer may be used again: its own next update, or the policy's limit counted from when we got it."""
    got_at = answer.known_at
    if got_at is None or got_at < answer.produced_at:
        got_at = answer.produced_at
    ends_at = later(got_at, limits.revocation_reuse)
    return ends_at if answer.next_update_at is None or ends_at <= answer.next_update_at else answer.next_update_at


def answer_recent(answer: RevocationAnswer, limits: Limits, instants: Instants) -> Iterator[Finding]:
    """Whether this answer may still be used, or stretched because the responder is silent."""
    ends_at = reuse_ends_at(answer, limits)
    found = grade(ends_at, _AT_ONCE, limits.revocation_stretch, instants, published_at=answer.this_update_at)
    if found != "fine":
        stretched = _hours(limits.revocation_stretch)
        message = (
            f"The {answer.method.upper()} answer could be used until {print_instant(ends_at)}, and {stretched} longer while no newer comes."
        )
        requirement = need.REVOCATION_ANSWER_RECENT
        yield (requirement.not_met if found == "ageing" else requirement.unknown)(message, evidence=(answer.sha256,))


def _hours(limit: timedelta) -> str:
    hours = int(limit.total_seconds()) // 3600
    return f"{hours} h" if hours <= 96 else f"{hours // 24} days"
