"""The clocks of a question, and the instant at which the age of evidence counts."""

from datetime import datetime

import msgspec

from obdirectory.trust.answer import RevocationAnswer
from obdirectory.trust.index import AcceptedList


class Instants(msgspec.Struct, frozen=True, gc=False):
    """The clocks of a question: ``at`` what it is about, ``known_at`` what may be used, ``now`` when it is decided."""

    at: datetime
    known_at: datetime
    now: datetime
    known_at_given: bool = False


def judged_at(published_at: datetime, instants: Instants) -> datetime:
    """When ages count: ``at`` if the question says what was known; else now, unless it was published after ``at`` and so is fresh."""
    if instants.known_at_given:
        return instants.at
    return published_at if published_at > instants.at else instants.now


def overdue_seconds(lists: tuple[AcceptedList, ...], instants: Instants) -> float:
    """How far the worst of the lists is past its next update; 0 when none is."""
    worst = 0.0
    for one in lists:
        if one.next_update_at is not None and (judged := judged_at(one.issued_at, instants)) > one.next_update_at:
            worst = max(worst, (judged - one.next_update_at).total_seconds())
    return worst


def age_seconds(answer: RevocationAnswer | None, instants: Instants) -> float | None:
    """How old a revocation answer is since its thisUpdate; None without one."""
    if answer is None:
        return None
    return max(0.0, (judged_at(answer.this_update_at, instants) - answer.this_update_at).total_seconds())
