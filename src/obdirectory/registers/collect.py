"""Collecting a register: fetched or taken from a file, archived, read, compared with the last accepted file, believed or not, published.

A file that is not believed changes nothing: the last accepted one keeps serving, with its age.
"""

import asyncio
import gc
import hashlib
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.core.identifiers import new_event_id
from obdirectory.platform.objects import ObjectStore
from obdirectory.registers import store
from obdirectory.registers.accept import Comparison, judge
from obdirectory.registers.delivery import Delivery, is_packed, published_at, read_delivery, unpack, verify
from obdirectory.registers.fetch import Fetch
from obdirectory.registers.row import RawRow, Reader, Refusal, Row
from obdirectory.registers.snapshot import CollectRow, Environment, Publish, RowChange, Snapshot, SourceStatus
from obdirectory.registers.source import Source
from obdirectory.registers.sources import READERS, SOURCES, find_source
from obdirectory.registers.statistics import Census, Statistics, census

log = structlog.get_logger()

_CLOCKS_DIFFER = timedelta(hours=1)
_VERSION = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{3})", re.ASCII)


@dataclass(slots=True)
class _Compared:
    """A file beside the last accepted one: what the guards ask, gathered row by row."""

    counting: Census
    unreadable: Refusal | None = None
    there: dict[tuple[str, str], bool | None] = field(default_factory=dict[tuple[str, str], bool | None])  # key -> live, of rows just read
    repeated: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    added: int = 0
    removed: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    flipped: dict[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])  # as they were


async def collect(
    db: store.Database,
    objects: ObjectStore,
    source_id: str,
    *,
    environment: Environment,
    from_path: Path | None,
    at: datetime | None,
    now: datetime,
    publish: Publish,
    fetch: Fetch | None = None,
) -> CollectRow:
    """Collect one register, from its own address or from a file or folder; with ``at`` as if today were that instant.

    Raises InvalidInput for a source, path or instant that cannot be, Unavailable when our own database or archive is away.
    """
    source = find_source(source_id)
    if at is not None and at > now:
        raise InvalidInput(f"{at.isoformat()} lies in the future: give an instant of the past")
    look = store.Look(
        id=new_event_id(),
        environment=environment,
        source=source.id,
        outcome="failed",
        reason="",
        message="",
        first=False,
        from_source=from_path is None,
        address=from_path.name if from_path else source.url,
        file_sha256=None,
        as_of=None,
        as_of_from=None,
        known_at=at or now,
        recorded_at=now,
    )
    with _without_garbage_collection():
        finished = await _look_at(db, objects, source, look, from_path=from_path, at=at, publish=publish, fetch=fetch)
    row = CollectRow(
        finished.source,
        finished.outcome,
        finished.reason,
        finished.first,
        finished.added,
        finished.removed,
        finished.changed,
        finished.message,
    )
    counts = {"added": row.added, "removed": row.removed, "changed": row.changed}
    log.info("register_collected", source=row.source, environment=environment, outcome=row.outcome, reason=row.reason, **counts)
    return row


async def source_status(db: store.Database, environment: Environment, *, now: datetime) -> list[SourceStatus]:
    """Every register with the snapshot that serves, its age and counts, and the last refusal."""
    return [_status(SOURCES[row.source], row, now) for row in await store.standings(db, environment, list(SOURCES))]


async def _look_at(
    db: store.Database,
    objects: ObjectStore,
    source: Source,
    look: store.Look,
    *,
    from_path: Path | None,
    at: datetime | None,
    publish: Publish,
    fetch: Fetch | None,
) -> store.Look:
    """One file from its delivery to its outcome, which is written down whatever it is."""
    async with db.connection() as connection:
        last = await store.last_accepted(connection, look.environment, source.id, look.known_at)
    look = replace(look, first=last is None)
    try:
        delivery = await _deliver(source, from_path, fetch, last)
    except Unavailable as error:
        return await _finished(db, replace(look, outcome="failed", reason="source_unreachable", message=str(error)))
    if isinstance(delivery, Refusal):
        return await _finished(db, _refused(look, delivery))
    look = _dated(replace(look, address=delivery.address), source, delivery, at)
    announced = _announced(delivery, last)
    look = replace(look, file_sha256=announced or await objects.put(delivery.content))
    refusal = None if announced else verify(delivery, str(look.file_sha256))
    if refusal := refusal or _later(look):
        return await _finished(db, _refused(look, refusal))
    if last is not None and look.file_sha256 == last.file_sha256:
        return await _finished(db, replace(look, outcome="unchanged"), last)
    if look.as_of_from == "metadata" and (refusal := _older(look, last)):
        return await _finished(db, _refused(look, refusal))
    content = delivery.content
    if is_packed(content):
        unpacked = unpack(content, max_bytes=source.max_bytes)
        if isinstance(unpacked, Refusal):
            return await _finished(db, _refused(look, unpacked))
        content = unpacked
    del delivery
    reader = READERS[source.id]
    raws = reader.split(content)
    if isinstance(raws, Refusal):
        return await _finished(db, _refused(look, raws))
    return await _take_in(db, source, reader, look, content, raws, publish)


async def _deliver(source: Source, from_path: Path | None, fetch: Fetch | None, last: store.LastAccepted | None) -> Delivery | Refusal:
    if from_path is not None:
        return await asyncio.to_thread(read_delivery, from_path, max_bytes=source.max_bytes)
    if fetch is None:
        raise InvalidInput(f"{source.id} is collected from a file: give --from")
    return await fetch(source, last.file_sha256 if last else None)


async def _take_in(
    db: store.Database, source: Source, reader: Reader, look: store.Look, content: bytes, raws: Sequence[RawRow], publish: Publish
) -> store.Look:
    """Compare with the last accepted file, judge, and write down; one transaction, in which nothing lasts that was not believed."""
    async with db.transaction() as connection:
        await store.lock(connection, look.environment, source.id)
        last = await store.last_accepted(connection, look.environment, source.id, look.known_at)
        next_known_at = await store.next_known_at(connection, look.environment, source.id, look.known_at)
        look = replace(look, first=last is None)
        compared = await _compare(connection, reader, look, raws, last, past=next_known_at is not None)
        if compared.unreadable:
            look = _refused(look, compared.unreadable)
            await store.record_look(connection, look)
            return look
        newest = _newest(reader, compared.counting, content, raws, last)
        look = replace(look, statistics=compared.counting.statistics(newest))
        as_of = look.as_of or _instant_of_version(newest, look.known_at)
        look = replace(look, as_of=as_of, as_of_from=look.as_of_from or "records")
        judgement = judge(_comparison(compared, look, last), source.guards)
        refusal = judgement.refusal or _older(look, last)
        look = replace(look, warnings=judgement.warnings)
        if refusal:
            look = _refused(look, refusal)
            await store.record_look(connection, look)
            return look
        snapshot = Snapshot(
            look.id, look.environment, source.id, str(look.file_sha256), as_of, look.known_at, next_known_at, first=look.first
        )
        changed = await publish(connection, snapshot, store.changes(connection, first=look.first), reader)
        await store.write_rows(connection, snapshot, first=look.first)
        look = replace(look, outcome="accepted", added=compared.added, removed=compared.removed.total(), changed=changed)
        await store.record_look(connection, look)
        await store.bump_world_version(connection, look.environment)
    return look


async def _compare(
    connection: store.Connection, reader: Reader, look: store.Look, raws: Sequence[RawRow], last: store.LastAccepted | None, *, past: bool
) -> _Compared:
    """Read what is new, put it aside, and set it against what it was. Rows whose bytes are known are not read again."""
    compared = _Compared(Census(last.statistics if last else None))
    if last is None:
        compared.added = await store.stage(connection, _read(reader, raws, compared))
        return compared
    sha256 = hashlib.sha256
    await store.offer(connection, b"".join([sha256(raw).digest() for raw in raws]))
    places = await store.places_unknown(connection, look.environment, look.source, look.known_at, past=past)
    await store.stage(connection, _read(reader, [raws[place] for place in places], compared))
    if compared.unreadable:
        return compared
    again = [reader.row(raws[place]) for place in await store.places_repeated(connection)]
    compared.repeated += [row.key for row in again if isinstance(row, Row)]
    await store.find_touched(connection, look.environment, look.source, look.known_at, past=past)
    async for rows in store.changes(connection, first=False):
        for row in rows:
            _set_against(reader, compared, row)
    return compared


def _read(reader: Reader, raws: Sequence[RawRow], compared: _Compared) -> Iterator[Row]:
    """The rows, counted; stops at the first that cannot be read."""
    read, add, there = reader.row, compared.counting.add, compared.there
    for raw in raws:
        row = read(raw)
        if isinstance(row, Refusal):
            compared.unreadable = row
            return
        key = row.key
        if key in there:
            compared.repeated.append(key)
            continue
        there[key] = row.live
        add(row)
        yield row


def _set_against(reader: Reader, compared: _Compared, change: RowChange) -> None:
    """One row against what it was: counted out, and looked at for a change of status."""
    if change.before is None or change.was_missing:
        compared.added += 1
        return
    before = reader.row(change.before)
    assert isinstance(before, Row), "it was read when it was accepted"
    compared.counting.take_away(before)
    if change.after is None:
        compared.removed[before.authority_code, before.entity_type] += 1
        return
    if change.is_kept:
        compared.repeated.append(before.key)
    if bool(before.live) != bool(compared.there[before.key]):
        compared.flipped[before.key] = before


def _comparison(compared: _Compared, look: store.Look, last: store.LastAccepted | None) -> Comparison:
    """What the guards ask. A child whose parent changed its status too follows it, and is not counted."""
    flipped = Counter(
        (row.authority_code, row.entity_type)
        for row in compared.flipped.values()
        if row.parent_code is None or (row.parent_type or "", row.parent_code) not in compared.flipped
    )
    return Comparison(
        now=look.statistics or census(()),
        last=last.statistics if last else None,
        from_source=look.from_source,
        repeated_keys=compared.repeated,
        removed=compared.removed,
        flipped=flipped,
    )


def _announced(delivery: Delivery, last: store.LastAccepted | None) -> str | None:
    """The digest of the file we have, when the source announces that very file: then it was not fetched."""
    if last is None or not delivery.from_source or delivery.content or delivery.metadata is None:
        return None
    return last.file_sha256 if delivery.metadata.sha256.lower() == last.file_sha256 else None


def _dated(look: store.Look, source: Source, delivery: Delivery, at: datetime | None) -> store.Look:
    """The file's own date: what its publisher says, else the instant it is taken for; else its newest row will tell.

    An operator's file is of the instant it is handed in.
    """
    if delivery.metadata is not None:
        return replace(look, as_of=published_at(delivery.metadata), as_of_from="metadata")
    if at is None and source.kind != "curated":
        return look
    return replace(look, as_of=look.known_at, as_of_from="at")


def _later(look: store.Look) -> Refusal | None:
    """A file from after the instant it is taken for."""
    if look.as_of is None or look.as_of <= look.known_at + _CLOCKS_DIFFER:
        return None
    return Refusal("published_later", f"the file is of {look.as_of.isoformat()}, after {look.known_at.isoformat()}")


def _older(look: store.Look, last: store.LastAccepted | None) -> Refusal | None:
    """An older file never displaces a newer one. Dates of one kind are compared; of two kinds, the newest rows decide."""
    if last is None or look.as_of is None:
        return None
    rows = look.statistics.newest_version if look.statistics else ""
    if look.as_of_from != last.as_of_from and rows and last.statistics.newest_version:
        older = rows < last.statistics.newest_version
    elif look.as_of_from != last.as_of_from and look.statistics is None:
        return None  # its rows will tell
    else:
        older = look.as_of < last.as_of
    if not older:
        return None
    return Refusal("older_than_last_accepted", f"the file is of {look.as_of.isoformat()}, the last accepted of {last.as_of.isoformat()}")


def _newest(reader: Reader, counting: Census, content: bytes, raws: Sequence[RawRow], last: store.LastAccepted | None) -> str:
    """The newest row version of the whole file; rows that were not read again are looked through only when it matters."""
    if last is None or counting.newest_version >= last.statistics.newest_version:
        return counting.newest_version
    return reader.newest_version(raws, content)


def _instant_of_version(version: str, known_at: datetime) -> datetime:
    """The instant of YYYYMMDDhhmmssSSS, never later than when it was known; that instant itself when there is no version."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return known_at
    year, month, day, hour, minute, second, millisecond = map(int, found.groups())
    try:
        return min(datetime(year, month, day, hour, minute, second, millisecond * 1000, tzinfo=UTC), known_at)
    except ValueError:
        return known_at


def _refused(look: store.Look, refusal: Refusal) -> store.Look:
    return replace(look, outcome="refused", reason=refusal.reason, message=refusal.message[:2000])


async def _finished(db: store.Database, look: store.Look, last: store.LastAccepted | None = None) -> store.Look:
    """Write down the outcome of a file that changes no row; the same bytes of a later date make what we have younger."""
    async with db.transaction() as connection:
        await store.record_look(connection, look)
        if look.outcome == "unchanged" and last is not None and look.as_of is not None and look.as_of > last.as_of:
            await store.bump_world_version(connection, look.environment)
    return look


def _status(source: Source, row: store.Standing, now: datetime) -> SourceStatus:
    statistics = store.read_statistics(row.statistics) if row.statistics else Statistics()
    age = (now - row.as_of).total_seconds() if row.as_of else None
    return SourceStatus(
        source=source.id,
        title=source.title,
        kind=source.kind,
        publisher=source.publisher,
        url=source.url,
        terms=source.terms,
        snapshot=row.snapshot,
        file_sha256=row.file_sha256,
        as_of=row.as_of,
        age_seconds=age,
        fresh=None if age is None or not source.fresh_hours else age <= source.fresh_hours * 3600,
        rows_by_type=statistics.by_type(),
        live_by_type=statistics.live_by_type(),
        warnings=tuple(row.warnings or ()),
        last_outcome=row.last_outcome,
        last_looked_at=row.last_looked_at,
        last_reason=row.last_reason or "",
        last_refused_at=row.last_refused_at,
        last_refusal_reason=row.last_refusal_reason or "",
        last_refusal_message=row.last_refusal_message or "",
    )


@contextmanager
def _without_garbage_collection() -> Generator[None]:
    """Hundreds of thousands of values without a cycle among them: looking for cycles would take longer than the work."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
