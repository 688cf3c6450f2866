"""The directory in memory: authority and number -> firm, with authorisations, rights, branches and measures as intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from obdirectory.core.nca import NcaId
from obdirectory.core.payment_services import ROLE_OF_SERVICE_CODE

MatchedBy: TypeAlias = Literal["exact", "normalised", "alias", "company_number", "lei"]


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far one source can be trusted now. ``authorities`` None means all of the EEA."""

    source: str  # eu_eba eu_eba_credit curated …
    kind: Literal["payment", "credit", "curated"]
    snapshot: str  # id of the accepted snapshot
    sha256: str  # of its archived file
    as_of: datetime
    accepted_at: datetime
    known_at: datetime
    authorities: frozenset[str] | None = None  # str(NcaId)
    complete: bool = True  # may absence be read from it?


@dataclass(frozen=True, slots=True)
class Right:
    """One service listed for one country, seen from ``first_seen_at``: registers give passports no date of their own."""

    country: str
    service_code: str
    first_seen_at: datetime  # the first snapshot that had it ("observed")
    last_missing_at: datetime | None = None  # set when a later snapshot lacks it: MISSING with grace


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch under a live parent: its own country, its own services."""

    source: str
    entity_code: str
    country: str
    active: bool | None
    rights: tuple[Right, ...]
    record_sha256: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A suspension, restriction, ban or warning by an authority, in scope of services and countries (empty: all)."""

    kind: Literal["suspended", "restricted", "ending", "replaced", "warning"]
    services: frozenset[str]
    countries: frozenset[str]
    from_on: date
    to_on: date | None
    source: str
    evidence_sha256: str
    note: str = ""


class _WorkedOut:
    """What an Authorisation remembers beside its fields: no part of what it is, what it equals or how it prints."""

    __slots__ = ("_role_rights",)
    _role_rights: Mapping[str, tuple[Right, ...]]


@dataclass(frozen=True, slots=True)
class Authorisation(_WorkedOut):
    """One register entry of a firm: type, intervals, rights. All under one authority and number hang together (rules 3)."""

    source: str
    entity_type: str
    entity_code: str
    authority: NcaId | None  # None when the register's code is unknown
    authority_code: str
    number: str  # national number, else the last part of the code
    name: str
    home_country: str
    authorised_on: tuple[date, ...]  # authorised, withdrawn, …; empty is unknown
    rights: tuple[Right, ...]
    branches: tuple[Branch, ...]
    measures: tuple[Measure, ...]
    roles: tuple[str, ...]  # curated entries
    record_sha256: str
    missing_since_at: datetime | None = None  # gone from its register since; never read as withdrawn
    first_seen_at: datetime | None = None  # the first snapshot that had this entry; None: as old as its oldest right
    other_numbers: tuple[str, ...] = ()  # further numbers its register gives it: ids of the authority, BIC, bank code
    aliases: tuple[str, ...] = ()  # numbers a person recorded for it, with evidence

    @property
    def role_rights(self) -> Mapping[str, tuple[Right, ...]]:
        """Country -> the rights there that matter to a check, worked out once."""
        try:
            return self._role_rights
        except AttributeError:
            return self.sharing({})

    def sharing(self, known: dict[tuple[Right, ...], tuple[Right, ...]]) -> Mapping[str, tuple[Right, ...]]:
        """Work ``role_rights`` out now, keeping one object for equal ones across all entries that are given the same ``known``."""
        found = {country: known.setdefault(here, here) for country, here in role_rights(self.rights).items()}
        object.__setattr__(self, "_role_rights", found)
        return found

    def live_on(self, day: date) -> bool | None:
        """Authorised that day? None when the register gives no readable date."""
        if not self.authorised_on:
            return None
        live = False
        for changed_on in self.authorised_on:
            if changed_on <= day:
                live = not live
        return live


def role_rights(rights: Iterable[Right]) -> dict[str, tuple[Right, ...]]:
    """The rights that give a role, by country; a country with none of them keeps one of its others, so that it is known to be listed."""
    found: dict[str, list[Right]] = {}
    others: dict[str, Right] = {}
    for right in rights:
        if right.service_code in ROLE_OF_SERVICE_CODE:
            found.setdefault(right.country, []).append(right)
        elif right.country not in others or others[right.country].last_missing_at is not None:
            others[right.country] = right
    listed = {country: tuple(here) for country, here in found.items()}
    return {country: (*listed.get(country, ()), right) for country, right in others.items()} | {
        c: here for c, here in listed.items() if c not in others
    }


@dataclass(frozen=True, slots=True)
class Firm:
    """A legal entity: its authorisations over all sources. ``entity_id`` is core.identifiers.entity_id of its founding key."""

    entity_id: str
    name: str
    home_country: str
    authorisations: tuple[Authorisation, ...]
    lei: str | None = None
    company_number: str | None = None


class Match(msgspec.Struct, frozen=True, gc=False):
    """What a number under an authority hits: one firm, several (ambiguous), or none."""

    firms: tuple[Firm, ...]
    matched_by: MatchedBy | None = None
    suggestions: tuple[str, ...] = ()  # for a human only


@dataclass(frozen=True)
class DirectoryIndex:
    """All that ``decide`` reads about registers; never agents. Built by ``directory.load.load`` for one ``known_at``.

    ``exact``, ``by_alias``, ``by_normalised`` and ``by_numeric`` map (authority as str(NcaId), key) to entity ids;
    ``directory.match.find`` walks them in that order. Make one from firms with ``directory.lookup.index_of``.
    """

    sources: Mapping[str, SourceState] = field(default_factory=dict[str, SourceState])
    firms: Mapping[str, Firm] = field(default_factory=dict[str, Firm])
    exact: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_normalised: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_numeric: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_company_number: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_lei: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    by_alias: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    snapshots: frozenset[str] = frozenset()  # every accepted snapshot this was read from
