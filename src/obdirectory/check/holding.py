"""Until when an answer holds: for the caller who keeps it (``best_until``) and for our own memory of it (``changes_at``)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from obdirectory.check.ageing import FOREVER, reuse_ends_at
from obdirectory.check.policy import Limits
from obdirectory.directory.index import SourceState
from obdirectory.directory.passport import CountryRights
from obdirectory.trust.assess import Assessment, Instants

LOOKED_AT_AGAIN = timedelta(minutes=5)
"""Our own memory is never trusted longer than this, whatever the instants below say."""


def limits_of_use(assessment: Assessment, sources: tuple[SourceState, ...], limits: Limits) -> tuple[datetime, ...]:
    """The instants from which this evidence no longer carries a yes: the certificate's end, the answer's reuse, the registers' age."""
    found: list[datetime] = []
    if assessment.certificate is not None:
        found.append(assessment.certificate.not_after_at)
    answer = assessment.revocation
    if answer is not None and answer.status == "good":
        ends_at = reuse_ends_at(answer, limits)
        found += (ends_at, later(ends_at, limits.revocation_stretch))
    found.extend(later(source.as_of, limits.source_age(source.kind)[1]) for source in sources)
    return tuple(found)


def best_until(limits: tuple[datetime, ...], base: datetime, cap: timedelta) -> datetime:
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
    instants: Instants,
    *,
    fixed: bool,
) -> datetime:
    """The first instant at which time alone could change the decision; ``fixed`` when the question names all its instants."""
    if fixed:
        return FOREVER
    now = instants.now
    first = min(later(now, LOOKED_AT_AGAIN), datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1))
    for instant in _boundaries(assessment, sources, rights, limits):
        if now < instant < first:
            first = instant
    return first


def _boundaries(
    assessment: Assessment, sources: tuple[SourceState, ...], rights: CountryRights | None, limits: Limits
) -> Iterator[datetime]:
    certificate = assessment.certificate
    if certificate is not None:
        yield certificate.not_before_at
    yield from limits_of_use(assessment, sources, limits)
    for source in sources:
        yield later(source.as_of, limits.source_age(source.kind)[0])
    for accepted in assessment.lists:
        if accepted.next_update_at is not None:
            yield accepted.next_update_at
            yield later(accepted.next_update_at, limits.list_overdue_warn)
    if assessment.service is not None:
        for interval in assessment.service.intervals:
            yield interval.from_at
    if assessment.revocation is not None:
        yield assessment.revocation.this_update_at
    for right in rights.rights if rights is not None else ():
        if right.since_at is not None:
            yield later(right.since_at, limits.missing_row_warn)
    if rights is not None and rights.missing_since_at is not None:
        yield later(rights.missing_since_at, limits.missing_row_warn)


def later(instant: datetime, by: timedelta) -> datetime:
    """The instant moved on, or the end of the calendar: what is published may claim any date."""
    return instant + by if instant < FOREVER - by else FOREVER
