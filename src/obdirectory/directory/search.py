"""People's reading of the directory: search as one types, one firm in full at any instant, its history, agents, the stream of changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from obdirectory.core.authorisation_number import normalised
from obdirectory.core.errors import InvalidInput
from obdirectory.core.nca import BY_ID, NcaId
from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.directory.assembly import Assembly
from obdirectory.directory.history import FirmEvent, events_of, shown
from obdirectory.directory.index import Firm
from obdirectory.directory.lookup import index_of, numeric_keys
from obdirectory.directory.match import find
from obdirectory.directory.reading import store
from obdirectory.directory.words import folded, number_patterns, patterns

if TYPE_CHECKING:
    from obdirectory.platform.db import Database

_MOST_FOUND = 200


class FirmHit(msgspec.Struct, frozen=True):
    """One firm found by typing: enough to recognise it by."""

    entity_id: str
    name: str
    home_country: str
    entity_types: tuple[str, ...]
    numbers: tuple[str, ...]  # as registers write them
    authorities: tuple[str, ...]  # register codes such as LT_BL
    live: bool | None  # authorised at the instant asked; None when no register gives a readable date


@dataclass(frozen=True, slots=True)
class FirmView:
    """A firm as it was at one instant and as it was known at another."""

    firm: Firm
    at: datetime
    known_at: datetime
    other_names: tuple[str, ...] = ()
    address: str = ""
    bic: str | None = None
    agents: int | None = None  # listed under it now, as far as they were known then


class FirmChange(msgspec.Struct, frozen=True):
    """One line of the stream of changes: what one snapshot did to one register entry of a firm."""

    cursor: str
    entity_id: str
    name: str
    kind: str  # added removed, or the property that changed
    detail: str
    known_at: datetime
    source: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class AgentHint:
    """What is known of agents under a number that no institution carries."""

    authority: str
    number: str
    principals: tuple[str, ...]  # names; empty: no agent either


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of a list; ``after`` goes on from it, None at the end."""

    items: tuple[FirmHit, ...]
    after: str | None = None


async def search(db: "Database", environment: str, text: str, *, limit: int = 20, after: str | None = None, at: datetime) -> Found:
    """Firms whose names or numbers have words that begin as typed, best first; if none has, those that resemble it. Never agents."""
    wanted = patterns(text)
    start = _offset(after)
    if not wanted:
        return Found(())
    async with db.connection() as connection:
        found = await store.entries_typed(
            connection, environment, number=normalised(text), prefix=folded(text), patterns=wanted, most=_MOST_FOUND
        )
        if not found:
            found = await store.entries_resembling(connection, environment, folded(text), most=limit)
        ordered = _in_order(found)
        chosen = ordered[start : start + limit]
        entries = await store.entries_of(connection, environment, chosen) if chosen else []
    hits = tuple(_hit(entity_id, [row for row in entries if row.entity_id == entity_id], at) for entity_id in chosen)
    return Found(hits, str(start + limit) if len(ordered) > start + limit else None)


async def entity(db: "Database", environment: str, entity_id: str, *, at: datetime, known_at: datetime) -> FirmView | None:
    """One firm by its id, or an earlier id of it; None when no such firm was known then."""
    entity_id = await store.current_id(db, environment, entity_id, known_at=known_at)
    rows = [
        row
        async for batch in store.entry_batches(db, environment, known_at=known_at, rows_each=100, entity_ids=[entity_id])
        for row in batch
    ]
    if not rows:
        return None
    [firm] = Assembly().firms(rows)
    about = await store.about(db, environment, entity_id, known_at=known_at)
    names = dict.fromkeys(name for row in about for name in row.names)
    names.pop(firm.name, None)
    agents = await store.agents_of_firm(db, environment, entity_id, known_at=known_at)
    address = next((row.address for row in about if row.kind == "institution" and row.address), "")
    return FirmView(firm, at, known_at, tuple(names), address, next((row.bic for row in about if row.bic), None), agents)


async def entities_of_number(
    db: "Database", environment: str, number: str, *, country: str | None = None, at: datetime, known_at: datetime
) -> tuple[FirmView, ...]:
    """Every firm that a number means under some authority, of one country if asked; a certificate's PSD form names its authority itself.

    Raises InvalidInput for a number without a letter or digit.
    """
    named = OrganizationIdentifier.parse(number.strip())
    authority = f"{named.country}-{named.authority}" if named.scheme == "PSD" else None
    bare = named.number if named.scheme == "PSD" else number
    if not folded(bare):
        raise InvalidInput(f"not an authorisation number: {number!r}")
    ids = await store.entities_with(db, environment, number_patterns(bare, numeric_keys("DE-BAFIN", bare)), known_at=known_at)
    views = [await entity(db, environment, entity_id, at=at, known_at=known_at) for entity_id in ids]
    index = index_of(view.firm for view in views if view is not None)
    meant: set[str] = set()
    for nca_id in {entry.authority for firm in index.firms.values() for entry in firm.authorisations if entry.authority is not None}:
        if (country is None or nca_id.country == country) and authority in (None, str(nca_id)):
            meant |= {firm.entity_id for firm in find(index, nca_id, bare).firms}
    return tuple(view for view in views if view is not None and view.firm.entity_id in meant)


async def history(db: "Database", environment: str, entity_id: str, *, known_at: datetime) -> tuple[FirmEvent, ...]:
    """What changed about a firm, newest first: when it was true, and when we came to know."""
    entity_id = await store.current_id(db, environment, entity_id, known_at=known_at)
    changed = await store.changes_of(db, environment, entity_id, known_at=known_at)
    dated = await store.authorisations_of(db, environment, entity_id, known_at=known_at)
    return events_of(changed, dated, await store.first_seen_of(db, environment, entity_id, known_at=known_at))


async def changes(
    db: "Database", environment: str, *, after: str | None = None, limit: int = 100
) -> tuple[tuple[FirmChange, ...], str | None]:
    """The stream of changes of institutions and branches, oldest first, and the cursor to go on from; None when there is nothing new.

    It never ends: whoever follows it asks again with the last cursor. Agents are left out.
    """
    rows = await store.changes_after(db, environment, _offset(after), limit=limit)
    items = tuple(
        FirmChange(
            str(row.id),
            row.entity_id or "",
            row.name or row.entity_code,
            {"add": "added", "remove": "removed"}.get(row.op, row.property or "changed"),
            f"{row.entity_type} {row.entity_code}" if row.property is None else f"{shown(row.old)} -> {shown(row.new)}",
            row.known_at,
            row.source,
            row.snapshot,
        )
        for row in rows
    )
    return items, items[-1].cursor if items else None


async def agents_of_number(db: "Database", environment: str, nca_id: NcaId, number: str, *, known_at: datetime | None = None) -> AgentHint:
    """Whose agent carries this number under the authority: an agent has no authorisation of its own."""
    authority = BY_ID.get(nca_id)
    key = normalised(number)
    if authority is None or not key:
        return AgentHint(str(nca_id), number, ())
    principals = await store.principals_of(db, environment, key, authority.register_codes, known_at=known_at)
    return AgentHint(str(nca_id), number, tuple(principals))


def _in_order(found: Sequence[store.TypedRow]) -> list[str]:
    """The firms of these entries, best first."""
    best: dict[str, tuple[int, str]] = {}
    for row in found:
        rank = (row.rank, row.name.casefold())
        if row.entity_id not in best or rank < best[row.entity_id]:
            best[row.entity_id] = rank
    return sorted(best, key=lambda entity_id: (*best[entity_id], entity_id))


def _hit(entity_id: str, rows: Sequence[store.FoundEntryRow], at: datetime) -> FirmHit:
    institutions = [row for row in rows if row.kind == "institution"] or list(rows)
    name = min(institutions, key=lambda row: (not row.source.startswith("eu_"), row.entity_type)).name
    live: bool | None = None
    for row in institutions:
        if row.authorised_on:
            live = bool(live) or sum(1 for day in row.authorised_on if day <= at.date()) % 2 == 1
    return FirmHit(
        entity_id,
        name,
        institutions[0].country,
        tuple(dict.fromkeys(row.entity_type for row in rows)),
        tuple(dict.fromkeys(row.number for row in institutions)),
        tuple(dict.fromkeys(row.authority_code for row in institutions)),
        live,
    )


def _offset(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise InvalidInput("not a cursor of this list")
    return int(after)
