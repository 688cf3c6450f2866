"""How old a piece of evidence is, for the question asked, and until when what is said of its age stays true."""

from collections.abc import Iterable
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

_LISTS_IN_TIME = need.TRUSTED_LIST_IN_TIME.met(need.TRUSTED_LIST_IN_TIME.title)
_ANSWER_RECENT = need.REVOCATION_ANSWER_RECENT.met(need.REVOCATION_ANSWER_RECENT.title)
_REGISTER_RECENT = need.REGISTER_RECENT.met(need.REGISTER_RECENT.title)


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
    return grade(source.as_of, *limits.source_age(source.kind), instants)


def register_recent(sources: Iterable[SourceState], limits: Limits, instants: Instants) -> Finding:
    """Whether the registers this rests on are recent enough. The oldest by its grade names the finding."""
    worst: SourceState | None = None
    found: Grade = "fine"
    for source in sources:
        its = source_grade(source, limits, instants)
        if its == "too_old" or (its == "ageing" and found == "fine"):
            worst, found = source, its
            if its == "too_old":
                break
    if worst is None:
        return _REGISTER_RECENT
    fine, warn = limits.source_age(worst.kind)
    message = f"{worst.source} is of {print_instant(worst.as_of)}: fine for {_hours(fine)}, used with a warning for {_hours(warn)}."
    requirement = need.REGISTER_RECENT
    return (requirement.not_met if found == "ageing" else requirement.unknown)(message, evidence=(worst.sha256,))


def lists_in_time(lists: Iterable[AcceptedList], limits: Limits, instants: Instants) -> Finding:
    """Whether the list of lists and the list of the issuer's territory are not past their NextUpdate."""
    worst: AcceptedList | None = None
    found: Grade = "fine"
    for accepted in lists:
        if accepted.next_update_at is None:
            continue
        its = grade(accepted.next_update_at, timedelta(0), limits.list_overdue_warn, instants, published_at=accepted.issued_at)
        if its == "too_old" or (its == "ageing" and found == "fine"):
            worst, found = accepted, its
            if its == "too_old":
                break
    if worst is None or worst.next_update_at is None:
        return _LISTS_IN_TIME
    message = f"The next update of list {worst.territory} {worst.sequence} was due at {print_instant(worst.next_update_at)}."
    requirement = need.TRUSTED_LIST_IN_TIME
    return (requirement.not_met if found == "ageing" else requirement.unknown)(message, evidence=(worst.sha256,))


def reuse_ends_at(answer: RevocationAnswer, limits: Limits) -> datetime:
    """Until when an answer may be used again: its own next update, or the policy's limit counted from when we got it."""
    ends_at = max(answer.produced_at, answer.known_at or answer.produced_at) + limits.revocation_reuse
    return ends_at if answer.next_update_at is None or ends_at <= answer.next_update_at else answer.next_update_at


def answer_recent(answer: RevocationAnswer, limits: Limits, instants: Instants) -> Finding:
    """Whether this answer may still be used, or stretched because the responder is silent."""
    ends_at = reuse_ends_at(answer, limits)
    its = grade(ends_at, timedelta(0), limits.revocation_stretch, instants, published_at=answer.this_update_at)
    if its == "fine":
        return _ANSWER_RECENT
    stretched = _hours(limits.revocation_stretch)
    message = (
        f"The {answer.method.upper()} answer could be used until {print_instant(ends_at)}, and for {stretched} more while no newer comes."
    )
    requirement = need.REVOCATION_ANSWER_RECENT
    return (requirement.not_met if its == "ageing" else requirement.unknown)(message, evidence=(answer.sha256,))


def _hours(limit: timedelta) -> str:
    hours = int(limit.total_seconds()) // 3600
    return f"{hours} h" if hours <= 96 else f"{hours // 24} days"
