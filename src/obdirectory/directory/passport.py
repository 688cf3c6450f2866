"""What a firm may do in a country at an instant, by the register entries that hang on one number under one authority.

Rights are triples (authority, service, country): an entry of another authority never counts.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from obdirectory.core.authorisation_number import normalised
from obdirectory.core.countries import member_state
from obdirectory.core.nca import NcaId
from obdirectory.directory.agreement import of_sources
from obdirectory.directory.index import Authorisation, Branch, Firm, Measure
from obdirectory.directory.lookup import candidate_numbers, numeric_keys
from obdirectory.directory.measures import closed_roles, in_force
from obdirectory.directory.standing import (
    GRANTED,
    OVER,
    EntryState,
    RegisterStatus,
    Rights,
    RoleRight,
    Route,
    Standing,
    entry_state,
    first_route,
    of_entries,
)

__all__ = ["CountryRights", "EntryState", "RegisterStatus", "RoleRight", "Route", "Standing", "country_rights", "entry_state"]

_PRINCIPAL_FIRST: dict[RegisterStatus, int] = {
    "AUTHORISED": 0, "ENDING": 1, "REGISTERED": 2, "MISSING": 3, "UNKNOWN": 4, "WITHDRAWN": 5, "NOT_YET": 6,
}  # fmt: skip


class CountryRights(msgspec.Struct, frozen=True):
    """What a firm may do in one country at one instant."""

    country: str
    roles: frozenset[str]  # those granted
    by: Route
    status: RegisterStatus
    since_on: date | None
    rights: tuple[RoleRight, ...]  # every role there was something to say about
    home_roles: frozenset[str]  # those granted at home: what a missing passport would extend
    entries: tuple[EntryState, ...]  # those considered, the one the status rests on first
    measures: tuple[Measure, ...] = ()  # in force in this country, whatever the service
    branches: tuple[Branch, ...] = ()  # that gave a right

    def right(self, role: str) -> RoleRight | None:
        """How one role stands; None when no entry lists it here or at home."""
        for right in self.rights:
            if right.role == role:
                return right
        return None

    @property
    def missing_since_at(self) -> datetime | None:
        """Since when the entry the status rests on is gone from its register."""
        return self.entries[0].missing_since_at if self.entries else None

    @property
    def record_sha256(self) -> tuple[str, ...]:
        """The register rows this rests on."""
        return tuple(entry.authorisation.record_sha256 for entry in self.entries) + tuple(branch.record_sha256 for branch in self.branches)


def country_rights(
    firm: Firm, nca_id: NcaId, country: str, *, at: datetime, known_at: datetime | None = None, number: str | None = None
) -> CountryRights:
    """What this firm may do in ``country`` at ``at``, by the entries of the authority its certificate names.

    ``number`` is the one the certificate carries: given, entries of the same authority under another number of the firm do not count.
    ``known_at`` tells a withdrawal that is still to come from one that is history; by default it is ``at``.
    """
    country = member_state(country)
    entries = [authorisation for authorisation in firm.authorisations if authorisation.authority == nca_id]
    if number is not None and len(entries) > 1:
        entries = _under_number(entries, str(nca_id), number)
    states = [entry_state(authorisation, at=at, known_at=known_at or at) for authorisation in entries]
    if not states:
        return CountryRights(country, frozenset(), "unknown", "UNKNOWN", None, (), frozenset(), ())
    refusal: EntryState | None = None
    if len(states) == 1 or len({state.authorisation.source for state in states}) == 1:
        given = of_entries(states, country, at)
    else:
        given, refusal = of_sources(states, country, at)
    here = given.here
    day = at.date()
    measures = tuple(measure for entry in entries for measure in entry.measures)
    if measures and (measures := in_force(measures, country=country, on=day)):
        here = _after_measures(here, measures, day)
    by: Route = "none" if refusal else first_route(given.routes)
    principal = refusal or (states[0] if len(states) == 1 else _principal(states))
    return CountryRights(
        country,
        _granted(here),
        by,
        _status(principal, by, here, measures, day),
        principal.since_on,
        tuple(here.values()),
        _granted(given.home),
        (principal, *(state for state in states if state is not principal)) if len(states) > 1 else (principal,),
        measures,
        given.branches,
    )


def _under_number(entries: list[Authorisation], authority: str, number: str) -> list[Authorisation]:
    """Those entries that the number means, and those that share a number with them; all when it means none (matched by LEI, say)."""
    keys = {id(entry): _comparable(authority, (*candidate_numbers(entry), *entry.aliases)) for entry in entries}
    meant = _comparable(authority, (number,))
    chosen = [entry for entry in entries if keys[id(entry)] & meant]
    if not chosen:
        return entries
    shared = frozenset[str]().union(*(keys[id(entry)] for entry in chosen))
    return [entry for entry in entries if keys[id(entry)] & shared]


def _comparable(authority: str, numbers: Iterable[str]) -> frozenset[str]:
    return frozenset(key for number in numbers for key in (normalised(number), *numeric_keys(authority, number)))


def _granted(rights: Rights) -> frozenset[str]:
    return frozenset([role for role, right in rights.items() if right.standing in GRANTED])


def _after_measures(rights: Rights, measures: tuple[Measure, ...], day: date) -> Rights:
    closed = closed_roles(measures, on=day)
    return {
        role: msgspec.structs.replace(right, standing="closed") if closed is None or role in closed else right
        for role, right in rights.items()
    }


def _principal(states: list[EntryState]) -> EntryState:
    """The entry a status is taken from: the best that lives, else the one that ended last; among equals one and the same in any order."""
    return min(states, key=_principal_first)


def _principal_first(state: EntryState) -> tuple[object, ...]:
    entry = state.authorisation
    since = -(state.since_on or date.min).toordinal()
    # An exclusion is no authorisation: it speaks for the firm only where nothing else does.
    return _PRINCIPAL_FIRST[state.status], since, entry.entity_type == "PSD_EXC", entry.source, entry.entity_type, entry.entity_code


def _status(principal: EntryState, by: Route, rights: Rights, measures: tuple[Measure, ...], day: date) -> RegisterStatus:
    status = principal.status
    if status in OVER or status == "UNKNOWN":
        return status
    by_measures = _status_of(measures, day)
    if by_measures is not None:
        return by_measures
    if status == "MISSING":
        return status
    if rights and all(right.standing == "conflict" for right in rights.values()):
        return "CONFLICT"
    return "NOT_PASSPORTED" if by == "none" and principal.authorisation.entity_type != "PSD_EXC" else status


def _status_of(measures: tuple[Measure, ...], day: date) -> RegisterStatus | None:
    """The gravest thing measures in force say about the firm here."""
    found: list[RegisterStatus] = []
    for measure in measures:
        if measure.kind == "replaced":
            found.append("REPLACED")
        elif measure.kind == "ending":
            found.append("WITHDRAWN" if measure.to_on is not None and measure.to_on <= day else "ENDING")
        elif measure.kind == "suspended" and not measure.services:
            found.append("SUSPENDED")
        elif measure.kind in ("suspended", "restricted"):
            found.append("RESTRICTED")
    order: tuple[RegisterStatus, ...] = ("WITHDRAWN", "REPLACED", "SUSPENDED", "RESTRICTED", "ENDING")
    return next((status for status in order if status in found), None)
