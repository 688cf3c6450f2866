"""The directory read into memory for any ``known_at``, and kept up with what registers change, firm by firm.

Nothing here holds the event loop for long: rows come in batches, and between two of them others run.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from obdirectory.directory.assembly import Assembly
from obdirectory.directory.index import DirectoryIndex, Firm, SourceState
from obdirectory.directory.lookup import Building, apply_changes
from obdirectory.directory.reading import store
from obdirectory.registers.source import Source, load_source

if TYPE_CHECKING:
    from obdirectory.platform.db import Database

_ROWS_EACH = 50
_FIRMS_EACH = 20


async def load(db: "Database", environment: str, *, known_at: datetime) -> DirectoryIndex:
    """Everything the check reads about registers, as it was known at ``known_at``."""
    snapshots = await store.accepted_snapshots(db, environment, known_at=known_at)
    sources = await _sources(db, environment, known_at)
    assembly, building = Assembly(), Building()
    async for rows in store.entry_batches(db, environment, known_at=known_at, rows_each=_ROWS_EACH):
        building.add(assembly.firms(rows))
        await asyncio.sleep(0)
    return building.index(sources, snapshots=frozenset(snapshot.id for snapshot in snapshots))


async def refreshed(db: "Database", environment: str, index: DirectoryIndex, *, known_at: datetime) -> DirectoryIndex:
    """The index with what was accepted since it was read, of the firms touched alone. It is the same as reading it anew."""
    snapshots = await store.accepted_snapshots(db, environment, known_at=known_at)
    new = [snapshot for snapshot in snapshots if snapshot.id not in index.snapshots]
    sources = await _sources(db, environment, known_at)
    touched = await store.firms_touched(db, environment, new) if new else []
    now: dict[str, Firm] = {}
    assembly = Assembly()
    if touched:
        async for rows in store.entry_batches(db, environment, known_at=known_at, rows_each=_ROWS_EACH, entity_ids=touched):
            now |= {firm.entity_id: firm for firm in assembly.firms(rows)}
            await asyncio.sleep(0)
    for some in _slices(touched):
        index = apply_changes(index, firms=[now[key] for key in some if key in now], gone=[key for key in some if key not in now])
        await asyncio.sleep(0)
    return replace(index, sources=sources, snapshots=frozenset(snapshot.id for snapshot in snapshots))


async def _sources(db: "Database", environment: str, known_at: datetime) -> dict[str, SourceState]:
    states: dict[str, SourceState] = {}
    for row in await store.sources(db, environment, known_at=known_at):
        described = _described(row.source)
        authorities = None
        if described.kind == "curated":
            # It speaks of the authorities it has entries for; an operator's old file must not make every register look old.
            authorities = frozenset(await store.authorities_of(db, environment, row.source, known_at=known_at))
        states[row.source] = SourceState(
            row.source,
            described.kind,
            row.snapshot,
            row.file_sha256,
            row.as_of,
            row.recorded_at,
            row.known_at,
            authorities,
            described.complete,
        )
    return states


@lru_cache(maxsize=64)
def _described(source: str) -> Source:
    return load_source(source)


def _slices(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + _FIRMS_EACH] for start in range(0, len(ids), _FIRMS_EACH)]
