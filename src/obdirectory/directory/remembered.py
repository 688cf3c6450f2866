"""What a firm may do in a country, remembered until an instant at which its register entries say something else.

The same firms are asked about all day, and what registers say of one changes on a few known days. The memory is bounded, is by the
very firm that was read, and changes no answer.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from obdirectory.core.countries import EEA_MEMBERSHIP, member_state
from obdirectory.core.instants import start_of
from obdirectory.core.nca import NcaId
from obdirectory.directory.index import Authorisation, Firm, Right
from obdirectory.directory.passport import CountryRights, country_rights

_Period = tuple[datetime, datetime]
_EVER: _Period = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class _Known(msgspec.Struct, frozen=True):
    """Rights as they were worked out, and the periods in which the two clocks of a question give the same."""

    firm: Firm  # kept alive, so that its identity is never used again
    rights: CountryRights
    at_from: datetime
    at_until: datetime
    known_from: datetime
    known_until: datetime


_REMEMBERED: dict[tuple[int, NcaId, str, str | None], _Known] = {}
MOST_REMEMBERED = 4096
"""Firms and countries; a few kilobytes each."""


def rights_at(firm: Firm, nca_id: NcaId, country: str, *, at: datetime, known_at: datetime, number: str | None = None) -> CountryRights:
    """As ``passport.country_rights``, worked out anew only when one of the instants leaves the period in which all stays as it was."""
    key = (id(firm), nca_id, country, number)
    known = _REMEMBERED.get(key)
    if known is not None and known.at_from <= at < known.at_until and known.known_from <= known_at < known.known_until:
        return known.rights
    rights = country_rights(firm, nca_id, country, at=at, known_at=known_at, number=number)
    if at.tzinfo is UTC and known_at.tzinfo is UTC:  # days are read off the instants as they stand
        changes = sorted(_changes(firm, country))
        if len(_REMEMBERED) >= MOST_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED[key] = _Known(firm, rights, *_around(at, changes), *_around(known_at, changes))
    return rights


def _around(instant: datetime, changes: list[datetime]) -> _Period:
    """The period between two changes in which the instant lies."""
    start, end = _EVER
    for change in changes:
        if change > instant:
            return start, change
        start = change
    return start, end


def _changes(firm: Firm, country: str) -> Iterator[datetime]:
    """Every instant from which a register entry of the firm may say something else for this country."""
    yield from EEA_MEMBERSHIP.get(member_state(country), ())
    for entry in firm.authorisations:
        yield from EEA_MEMBERSHIP.get(entry.home_country, ())
        yield from _changes_of(entry, member_state(country))


def _changes_of(entry: Authorisation, country: str) -> Iterator[datetime]:
    yield from map(start_of, entry.authorised_on)
    if entry.missing_since_at is not None:
        yield entry.missing_since_at
    for place in (country, entry.home_country):
        for right in entry.role_rights.get(place, ()):
            yield from _changes_of_right(right)
    for branch in entry.branches:
        for right in branch.rights:
            yield from _changes_of_right(right)
    for measure in entry.measures:
        yield start_of(measure.from_on)
        if measure.to_on is not None:
            yield start_of(measure.to_on)


def _changes_of_right(right: Right) -> Iterator[datetime]:
    yield right.first_seen_at
    if right.last_missing_at is not None:
        yield right.last_missing_at
