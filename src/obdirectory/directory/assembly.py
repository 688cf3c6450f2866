"""Firms put together from the directory's rows. What many firms share is kept once: a hundred thousand of them fit in memory."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

import msgspec

from obdirectory.core.nca import NcaId
from obdirectory.directory.index import Authorisation, Branch, Firm, Right

_BRANCH_TYPES = frozenset({"PSD_BR", "CRD_EEA_BRA"})  # a third-country branch is authorised itself


class EntryRow(msgspec.Struct, frozen=True, gc=False):
    """One register row of an institution or branch with what it lists.

    ``listed`` has one text for each pair of first seen and missing since (``AT PS_070,AT PS_080,…``); the instants lie beside it.
    """

    entity_id: str
    source: str
    entity_type: str
    entity_code: str
    authority_code: str
    authority: str | None
    number: str
    name: str
    country: str
    authorised_on: Sequence[date]
    parent_type: str | None
    parent_code: str | None
    child_active: bool | None
    lei: str | None
    bic: str | None
    company_number: str | None
    roles: Sequence[str]
    record_sha256: str
    first_seen_at: datetime
    missing_since_at: datetime | None
    listed: Sequence[str] | None
    listed_first_seen_at: Sequence[datetime] | None
    listed_missing_since_at: Sequence[datetime | None] | None


class Assembly:
    """Makes firms of rows, handing out one object for equal authorities, words and rights."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._authorities: dict[str, NcaId] = {}
        self._rights: dict[tuple[str, datetime, datetime | None], Right] = {}
        self._listings: dict[tuple[Right, ...], tuple[Right, ...]] = {}

    def firms(self, rows: Iterable[EntryRow]) -> Iterator[Firm]:
        """The firms of these rows, which come sorted by entity."""
        for entity_id, entries in groupby(rows, key=lambda row: row.entity_id):
            yield self.firm(entity_id, list(entries))

    def firm(self, entity_id: str, rows: Sequence[EntryRow]) -> Firm:
        """The firm of all its rows."""
        own = [row for row in rows if row.entity_type not in _BRANCH_TYPES]
        branches = [row for row in rows if row.entity_type in _BRANCH_TYPES]
        entries = tuple(self._authorisation(row, _branches_of(row, own, branches)) for row in own or rows[:1])
        first = max(
            rows, key=lambda row: (row.entity_type not in _BRANCH_TYPES, row.source.startswith("eu_"), list(row.authorised_on)[-1:])
        )
        return Firm(
            entity_id,
            first.name,
            entries[0].home_country,
            entries,
            next((row.lei for row in rows if row.lei), None),
            next((row.company_number for row in rows if row.company_number), None),
        )

    def _authorisation(self, row: EntryRow, branches: Sequence[EntryRow]) -> Authorisation:
        authority = self._authority(row.authority)
        made = Authorisation(
            source=self._word(row.source),
            entity_type=self._word(row.entity_type),
            entity_code=row.entity_code,
            authority=authority,
            authority_code=self._word(row.authority_code),
            number=row.number,
            name=row.name,
            # Its home is where it is authorised, wherever it resides: Åland, Monaco, a third country with a branch here.
            home_country=authority.country if authority else self._word(row.country),
            authorised_on=tuple(row.authorised_on),
            rights=self._listed(row),
            branches=tuple(self._branch(branch) for branch in branches),
            measures=(),
            roles=tuple(row.roles),
            record_sha256=row.record_sha256,
            missing_since_at=row.missing_since_at,
            first_seen_at=row.first_seen_at,
            other_numbers=(row.bic,) if row.bic else (),
        )
        made.sharing(self._listings)
        return made

    def _branch(self, row: EntryRow) -> Branch:
        active = row.child_active
        if active is None and row.authorised_on:
            active = len(row.authorised_on) % 2 == 1
        return Branch(self._word(row.source), row.entity_code, self._word(row.country), active, self._listed(row), row.record_sha256)

    def _listed(self, row: EntryRow) -> tuple[Right, ...]:
        if not row.listed:
            return ()
        rights = self._rights
        found: list[Right] = []
        for services, first, missing in zip(row.listed, row.listed_first_seen_at or (), row.listed_missing_since_at or (), strict=True):
            for service in services.split(","):
                key = (service, first, missing)
                right = rights.get(key)
                if right is None:
                    country, code = service.split(" ")
                    right = rights[key] = Right(self._word(country), self._word(code), first, missing)
                found.append(right)
        found.sort(key=_by_country_and_code)
        return tuple(found)

    def _authority(self, text: str | None) -> NcaId | None:
        if text is None:
            return None
        if text not in self._authorities:
            self._authorities[text] = NcaId.parse(text)
        return self._authorities[text]

    def _word(self, text: str) -> str:
        return self._words.setdefault(text, text)


def _by_country_and_code(right: Right) -> tuple[str, str]:
    return right.country, right.service_code


def _branches_of(parent: EntryRow, parents: Sequence[EntryRow], branches: Sequence[EntryRow]) -> list[EntryRow]:
    """The branches that name this row as their parent; those that name none of the firm's rows hang on its first of their source."""
    found: list[EntryRow] = []
    for branch in branches:
        siblings = [row for row in parents if row.source == branch.source]
        named = [row for row in siblings if _is_parent(row, branch)] or siblings
        if named and named[0] is parent:
            found.append(branch)
    return found


def _is_parent(row: EntryRow, branch: EntryRow) -> bool:
    if branch.parent_type is not None and branch.parent_type != row.entity_type:
        return False
    return branch.parent_code in (row.entity_code, row.lei)
