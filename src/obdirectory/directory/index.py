"""The directory in memory: authority and number -> firm, with authorisations, rights, branches and measures as intervals."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from obdirectory.core.nca import NcaId

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


@dataclass(frozen=True, slots=True)
class Authorisation:
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

    def live_on(self, day: date) -> bool | None:
        """Authorised that day? None when the register gives no readable date."""
        if not self.authorised_on:
            return None
        return sum(1 for changed_on in self.authorised_on if changed_on <= day) % 2 == 1


@dataclass(frozen=True, slots=True)
class Firm:
    """A legal entity: its authorisations over all sources. ``entity_id`` is core.identifiers.entity_id of its founding key."""

    entity_id: str
    name: str
    home_country: str
    authorisations: tuple[Authorisation, ...]
    lei: str | None = None
    company_number: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What a number under an authority hits: one firm, several (ambiguous), or none."""

    firms: tuple[Firm, ...]
    matched_by: MatchedBy | None = None
    suggestions: tuple[str, ...] = ()  # for a human only


@dataclass(frozen=True)
class DirectoryIndex:
    """All that ``decide`` reads about registers; never agents. Built by ``directory.update.load`` for one ``known_at``.

    ``exact``, ``by_normalised`` and ``by_numeric`` map (authority as str(NcaId), key) to entity ids; ``directory.match.find`` walks them in that order.
    """

    sources: dict[str, SourceState] = field(default_factory=dict[str, SourceState])
    firms: dict[str, Firm] = field(default_factory=dict[str, Firm])
    exact: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_normalised: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_numeric: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_company_number: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict[tuple[str, str], tuple[str, ...]])
    by_lei: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
