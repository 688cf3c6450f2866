"""All SQL of registers: files looked at, rows as published, what changed between two files."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import msgspec

from obdirectory.platform.db import Connection, Database
from obdirectory.platform.world_version import bump_world_version
from obdirectory.registers.row import Row
from obdirectory.registers.snapshot import Environment, Outcome, RowChange, Snapshot
from obdirectory.registers.statistics import Statistics

__all__ = [
    "Connection", "Database", "LastAccepted", "Look", "Standing", "bump_world_version", "changes", "find_touched", "last_accepted",
    "lock", "next_known_at", "offer", "places_repeated", "places_unknown", "read_statistics", "record_look", "stage", "standings",
    "write_rows",
]  # fmt: skip

_ROWS_AT_A_TIME = 2_000

_COLUMNS: LiteralString = "entity_type, entity_code, kind, authority_code, national_number, parent_type, parent_code, active, raw"
_TAKEN: LiteralString = ", ".join(f"t.{name}" for name in _COLUMNS.split(", "))
_STAGED: LiteralString = ", ".join(f"s.{name}" for name in _COLUMNS.split(", "))

# A row of this source known at the instant. Where no later file is known those are the rows without an end, which have an index.
_OF_SOURCE: LiteralString = "r.environment = %(environment)s AND r.source = %(source)s"
_KNOWN_NOW: LiteralString = "upper_inf(r.known)"
_KNOWN_THEN: LiteralString = "r.known @> %(known_at)s::timestamptz"


@dataclass(frozen=True, slots=True)
class LastAccepted:
    """The last file of a source that was believed."""

    id: str
    file_sha256: str
    as_of: datetime
    as_of_from: str
    known_at: datetime
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class Look:
    """A file that was looked at, with what became of it: one row of ``registers.snapshot``."""

    id: str
    environment: Environment
    source: str
    outcome: Outcome
    reason: str
    message: str
    first: bool
    from_source: bool
    address: str
    file_sha256: str | None
    as_of: datetime | None
    as_of_from: str | None
    known_at: datetime
    recorded_at: datetime
    added: int = 0
    removed: int = 0
    changed: int = 0
    statistics: Statistics | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _LastRow:
    id: str
    file_sha256: str
    as_of: datetime
    as_of_from: str
    known_at: datetime
    statistics: Any


async def lock(connection: Connection, environment: Environment, source: str) -> None:
    """Collect one source once at a time; held until the transaction ends."""
    await connection.run("SET LOCAL work_mem = '64MB'")  # hundreds of thousands of rows are joined; with less they go to disk and back
    await connection.run("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"collect {environment} {source}",))


async def last_accepted(connection: Connection, environment: Environment, source: str, known_at: datetime) -> LastAccepted | None:
    """The last file believed, among those known at the instant; its date counts later files with the same bytes."""
    query = """
        SELECT s.id, s.file_sha256, s.as_of_from, s.known_at, s.statistics,
               (SELECT max(u.as_of) FROM registers.snapshot AS u
                WHERE u.environment = s.environment AND u.source = s.source AND u.outcome IN ('accepted', 'unchanged')
                  AND u.file_sha256 = s.file_sha256 AND u.known_at <= %(known_at)s) AS as_of
        FROM registers.snapshot AS s
        WHERE s.environment = %(environment)s AND s.source = %(source)s AND s.outcome = 'accepted' AND s.known_at <= %(known_at)s
        ORDER BY s.known_at DESC, s.id DESC LIMIT 1
    """
    found = await connection.fetch_one(_LastRow, query, {"environment": environment, "source": source, "known_at": known_at})
    if found is None:
        return None
    return LastAccepted(found.id, found.file_sha256, found.as_of, found.as_of_from, found.known_at, read_statistics(found.statistics))


async def next_known_at(connection: Connection, environment: Environment, source: str, known_at: datetime) -> datetime | None:
    """When the next file of this source was known, if an instant of the past is being filled in."""
    query = """
        SELECT min(known_at) FROM registers.snapshot
        WHERE environment = %s AND source = %s AND outcome = 'accepted' AND known_at > %s
    """
    [found] = await connection.fetch_values(query, (environment, source, known_at))
    return found


async def record_look(connection: Connection, look: Look) -> None:
    """Write down that a file was looked at, whatever came of it."""
    query = """
        INSERT INTO registers.snapshot (
            id, environment, source, outcome, reason, message, first, origin, address, file_sha256, as_of, as_of_from,
            known_at, recorded_at, records, added, removed, changed, statistics, warnings)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb)
    """
    statistics = look.statistics
    await connection.run(
        query,
        (
            look.id, look.environment, look.source, look.outcome, look.reason, _storable(look.message), look.first,
            "network" if look.from_source else "file", _storable(look.address), look.file_sha256, look.as_of, look.as_of_from,
            look.known_at, look.recorded_at, statistics.total if statistics else None, look.added, look.removed, look.changed,
            _json(statistics) if statistics else "{}", _json(look.warnings),
        ),
    )  # fmt: skip


async def offer(connection: Connection, digests: bytes) -> None:
    """Put the digests of a file's rows aside, 32 bytes each: one value to send, to be compared where the known ones are."""
    await connection.run(
        """
        CREATE TEMP TABLE offered ON COMMIT DROP AS
        SELECT place, substring(%(digests)b FROM place * 32 + 1 FOR 32) AS raw_sha256
        FROM generate_series(0, octet_length(%(digests)b) / 32 - 1) AS place
        """,
        {"digests": digests},
    )
    await connection.run("ANALYZE offered")


async def places_unknown(connection: Connection, environment: Environment, source: str, known_at: datetime, *, past: bool) -> list[int]:
    """Which of the offered rows are not known as they are at the instant, by their place in the file."""
    query: LiteralString = f"""
        SELECT coalesce(array_agg(o.place ORDER BY o.place), '{{}}') FROM offered AS o
        WHERE NOT EXISTS (SELECT FROM registers.record AS r WHERE r.raw_sha256 = o.raw_sha256 AND r.missing_since_at IS NULL
                          AND {_OF_SOURCE} AND {_KNOWN_THEN if past else _KNOWN_NOW})
    """
    [places] = await connection.fetch_values(query, {"environment": environment, "source": source, "known_at": known_at})
    return places


async def places_repeated(connection: Connection) -> list[int]:
    """Where the file has a row again, byte for byte."""
    query = "SELECT place FROM (SELECT place, row_number() OVER (PARTITION BY raw_sha256) AS time FROM offered) AS o WHERE time > 1"
    return await connection.fetch_values(query)


async def stage(connection: Connection, rows: Iterable[Row]) -> int:
    """Put new and changed rows aside, until the end of the transaction."""
    await connection.run(
        """
        CREATE TEMP TABLE staged (entity_type text, entity_code text, kind text, authority_code text, national_number text,
                                  parent_type text, parent_code text, active boolean, raw bytea) ON COMMIT DROP
        """
    )
    tuples = (
        (
            row.entity_type, row.entity_code, row.kind, row.authority_code, row.national_number,
            row.parent_type, row.parent_code, row.active, row.raw,
        )
        for row in rows
    )  # fmt: skip
    statement: LiteralString = f"COPY staged ({_COLUMNS}) FROM STDIN WITH (FORMAT binary)"
    return await connection.copy_rows(statement, tuples)


async def find_touched(connection: Connection, environment: Environment, source: str, known_at: datetime, *, past: bool) -> None:
    """Put aside the rows known at the instant that the file has otherwise, or does not have any more."""
    await connection.run("ANALYZE staged")
    query: LiteralString = f"""
        CREATE TEMP TABLE touched ON COMMIT DROP AS
        SELECT {_TAKEN.replace("t.", "r.")}, r.missing_since_at, r.snapshot, r.known, s.entity_code IS NULL AS is_gone,
               o.raw_sha256 IS NOT NULL AND r.missing_since_at IS NULL AS is_kept
        FROM registers.record AS r
        LEFT JOIN staged AS s ON s.entity_type = r.entity_type AND s.entity_code = r.entity_code
        LEFT JOIN offered AS o ON o.raw_sha256 = r.raw_sha256
        WHERE {_OF_SOURCE} AND {_KNOWN_THEN if past else _KNOWN_NOW}
          AND (s.entity_code IS NOT NULL OR r.missing_since_at IS NULL AND o.raw_sha256 IS NULL)
    """
    await connection.run(query, {"environment": environment, "source": source, "known_at": known_at})
    await connection.run("ANALYZE touched")


async def changes(connection: Connection, *, first: bool) -> AsyncIterator[list[RowChange]]:
    """The staged rows beside what they were, and the rows that are gone. Of a first file agents are left out."""
    query: LiteralString = """
        SELECT s.kind, s.entity_type, s.entity_code, t.raw, s.raw, coalesce(t.missing_since_at IS NOT NULL, false),
               coalesce(t.is_kept, false)
        FROM staged AS s LEFT JOIN touched AS t ON t.entity_type = s.entity_type AND t.entity_code = s.entity_code
        UNION ALL
        SELECT t.kind, t.entity_type, t.entity_code, t.raw, NULL, false, false FROM touched AS t WHERE t.is_gone
    """
    if first:
        query = "SELECT s.kind, s.entity_type, s.entity_code, NULL::bytea, s.raw, false, false FROM staged AS s WHERE s.kind <> 'agent'"
    async with connection.cursor(name="changes", binary=True) as cursor:
        await cursor.execute(query)
        while found := await cursor.fetchmany(_ROWS_AT_A_TIME):
            yield [RowChange(*row) for row in found]


async def write_rows(connection: Connection, snapshot: Snapshot, *, first: bool) -> None:
    """Close the rows that were touched and write the new ones; where a later file is known, what it had goes on from there."""
    values = {
        "environment": snapshot.environment,
        "source": snapshot.source,
        "snapshot": snapshot.id,
        "known_at": snapshot.known_at,
        "next": snapshot.next_known_at,
    }
    insert: LiteralString = f"INSERT INTO registers.record (environment, source, {_COLUMNS}, missing_since_at, snapshot, known)"
    if not first:
        close: LiteralString = f"""
            UPDATE registers.record AS r SET known = tstzrange(lower(r.known), %(known_at)s)
            FROM touched AS t
            WHERE {_OF_SOURCE} AND {_KNOWN_NOW if snapshot.next_known_at is None else _KNOWN_THEN}
              AND r.kind = t.kind AND r.entity_type = t.entity_type AND r.entity_code = t.entity_code AND r.known = t.known
        """
        await connection.run(close, values)
        gone: LiteralString = f"""
            {insert} SELECT %(environment)s, %(source)s, {_TAKEN}, %(known_at)s, %(snapshot)s, tstzrange(%(known_at)s, %(next)s)
            FROM touched AS t WHERE t.is_gone
        """
        await connection.run(gone, values)
        if snapshot.next_known_at is not None:
            again: LiteralString = f"""
                {insert} SELECT %(environment)s, %(source)s, {_TAKEN}, t.missing_since_at, t.snapshot, tstzrange(%(next)s, upper(t.known))
                FROM touched AS t WHERE upper_inf(t.known) OR upper(t.known) > %(next)s
            """
            await connection.run(again, values)
    new: LiteralString = f"""
        {insert} SELECT %(environment)s, %(source)s, {_STAGED}, NULL, %(snapshot)s, tstzrange(%(known_at)s, %(next)s) FROM staged AS s
    """
    await connection.run(new, values)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page shows of one source: the file that serves, and the last one looked at."""

    source: str
    snapshot: str | None
    file_sha256: str | None
    as_of: datetime | None
    statistics: Any
    warnings: Any
    last_outcome: Outcome | None
    last_looked_at: datetime | None
    last_reason: str | None
    last_refused_at: datetime | None
    last_refusal_reason: str | None
    last_refusal_message: str | None


async def standings(database: Database, environment: Environment, sources: Sequence[str]) -> list[Standing]:
    """Where each of these sources stands now."""
    query = """
        SELECT wanted.source, serving.snapshot, serving.file_sha256, serving.as_of, accepted.statistics, accepted.warnings,
               last.outcome AS last_outcome, last.recorded_at AS last_looked_at, last.reason AS last_reason,
               refused.recorded_at AS last_refused_at, refused.reason AS last_refusal_reason, refused.message AS last_refusal_message
        FROM unnest(%(sources)s::text[]) WITH ORDINALITY AS wanted (source, place)
        LEFT JOIN registers.sources_known(%(environment)s, 'infinity') AS serving ON serving.source = wanted.source
        LEFT JOIN registers.snapshot AS accepted ON accepted.id = serving.snapshot
        LEFT JOIN LATERAL (
            SELECT * FROM registers.snapshot AS s WHERE s.environment = %(environment)s AND s.source = wanted.source
            ORDER BY s.recorded_at DESC, s.id DESC LIMIT 1
        ) AS last ON true
        LEFT JOIN LATERAL (
            SELECT * FROM registers.snapshot AS s
            WHERE s.environment = %(environment)s AND s.source = wanted.source AND s.outcome IN ('refused', 'held', 'failed')
            ORDER BY s.recorded_at DESC, s.id DESC LIMIT 1
        ) AS refused ON true
        ORDER BY wanted.place
    """
    return await database.fetch_all(Standing, query, {"sources": list(sources), "environment": environment})


def read_statistics(stored: object) -> Statistics:
    """The counts as they are stored."""
    return msgspec.convert(stored, Statistics)


def _json(value: object) -> str:
    return _storable(msgspec.json.encode(value).decode())


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, as itself or escaped in JSON."""
    return text.replace("\0", "\ufffd").replace("\\u0000", "\\ufffd")


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row as its register published it."""

    raw_sha256: bytes
    raw: bytes


async def kept_rows(database: Database, environment: Environment, digests: Sequence[bytes]) -> list[KeptRow]:
    """The rows of these digests, whenever they were known; no verdict rests on an agent's."""
    query = """
        SELECT DISTINCT ON (raw_sha256) raw_sha256, raw FROM registers.record
        WHERE environment = %s AND raw_sha256 = ANY(%s) AND kind IN ('institution', 'branch')
    """
    return await database.fetch_all(KeptRow, query, (environment, list(digests)))


@dataclass(frozen=True, slots=True)
class LookRow:
    """A file that was looked at, as lists of them show it."""

    id: str
    outcome: Outcome
    reason: str
    recorded_at: datetime
    as_of: datetime | None
    records: int | None
    added: int
    removed: int
    changed: int
    file_sha256: str | None


async def looks_before(database: Database, environment: Environment, source: str, before: str | None, limit: int) -> list[LookRow]:
    """Files of one source that were looked at before the one named, newest first."""
    query = """
        SELECT id, outcome, reason, recorded_at, as_of, records, added, removed, changed, file_sha256 FROM registers.snapshot
        WHERE environment = %s AND source = %s AND (%s::text IS NULL OR id < %s) ORDER BY id DESC LIMIT %s
    """
    return await database.fetch_all(LookRow, query, (environment, source, before, before, limit))
