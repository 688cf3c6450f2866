"""Until when an answer holds: for the caller who keeps it (``best_until``) and for our own memory of it (``changes_at``)."""

from datetime import UTC, datetime, timedelta

from obdirectory.check.ageing import later, reuse_ends_at
from obdirectory.check.policy import Limits
from obdirectory.directory.index import SourceState
from obdirectory.directory.passport import CountryRights
from obdirectory.trust.assess import Assessment

LOOKED_AT_AGAIN = timedelta(minutes=5)
"""Our own memory is never trusted longer than this: some instants, such as the end of an authority's certificate, are trust's own."""


def limits_of_use(assessment: Assessment, sources: tuple[SourceState, ...], limits: Limits) -> list[datetime]:
    """The instants from which this evidence no longer carries a yes: the certificate's end, the answer's reuse, the registers' age."""
    found = [later(source.as_of, limits.source_age(source.kind)[1]) for source in sources]
    if assessment.certificate is not None:
        found.append(assessment.certificate.not_after_at)
    answer = assessment.revocation
    if answer is not None and answer.status == "good":
        ends_at = reuse_ends_at(answer, limits)
        found += (ends_at, later(ends_at, limits.revocation_stretch))
    return found


def best_until(limits: list[datetime], base: datetime, cap: timedelta) -> datetime:
    """Until when a caller may keep the answer: the first limit that lies ahead, at most ``cap`` from ``base``."""
    until = later(base, cap)
    for limit in limits:
        if base < limit < until:
            until = limit
    return until


def changes_at(
    assessment: Assessment,
    sources: tuple[SourceState, ...],
    rights: CountryRights | None,
    limits: Limits,
    uses: list[datetime],
    now: datetime,
) -> datetime:
    """The first instant at which time alone could change the decision; ``uses`` are its ``limits_of_use``."""
    first = later(now, LOOKED_AT_AGAIN)
    if first.day != now.day:
        first = datetime(first.year, first.month, first.day, tzinfo=UTC)  # registers count in days
    instants = [first, *uses]
    instants += [later(source.as_of, limits.source_age(source.kind)[0]) for source in sources]
    if assessment.certificate is not None:
        instants.append(assessment.certificate.not_before_at)
    for accepted in assessment.lists:
        if accepted.next_update_at is not None:
            instants += (accepted.next_update_at, later(accepted.next_update_at, limits.list_overdue_warn))
    if assessment.service is not None:
        for interval in assessment.service.intervals:
            instants.append(interval.from_at)
    if assessment.revocation is not None:
        instants.append(assessment.revocation.this_update_at)
    if rights is not None:
        for entry in rights.entries:
            if entry.missing_since_at is not None:
                instants.append(later(entry.missing_since_at, limits.missing_row_warn))
    return min(filter(now.__lt__, instants), default=first)
