"""All SQL that reads the directory. Its tables are written by ``directory.store``; every read takes what was known when."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime

from obdirectory.directory.assembly import EntryRow
from obdirectory.platform.db import Database

# Passports are packed into a few texts an entry: a hundred thousand rows less to carry, decode and look up.
_ENTRIES = """
    WITH listed AS (
        SELECT source, entity_type, entity_code, first_seen_at, missing_since_at,
               string_agg(country || ' ' || service_code, ',') AS services
        FROM directory.passports_known(%(environment)s, %(known_at)s)
        WHERE %(chosen)s::text[] IS NULL OR (source, entity_type, entity_code) IN (
            SELECT c.source, c.entity_type, c.entity_code FROM directory.entry AS c
            WHERE c.environment = %(environment)s AND c.entity_id = ANY (%(chosen)s::text[]))
        GROUP BY source, entity_type, entity_code, first_seen_at, missing_since_at
    ), packed AS (
        SELECT source, entity_type, entity_code, array_agg(services) AS listed, array_agg(first_seen_at) AS listed_first_seen_at,
               array_agg(missing_since_at) AS listed_missing_since_at
        FROM listed GROUP BY source, entity_type, entity_code
    )
    SELECT e.entity_id, e.source, e.entity_type, e.entity_code, e.authority_code, e.authority, e.number, e.name, e.country, e.authorised_on,
           e.parent_type, e.parent_code, e.child_active, e.lei, e.bic, e.company_number, e.roles, e.record_sha256, e.first_seen_at,
           e.missing_since_at, p.listed, p.listed_first_seen_at, p.listed_missing_since_at
    FROM directory.entries_known(%(environment)s, %(known_at)s) AS e LEFT JOIN packed AS p USING (source, entity_type, entity_code)
    WHERE e.entity_id IS NOT NULL AND (%(chosen)s::text[] IS NULL OR e.entity_id = ANY (%(chosen)s::text[]))
    ORDER BY e.entity_id, e.source, e.entity_type, e.entity_code
"""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """The accepted snapshot of one source that counts."""

    source: str
    snapshot: str
    file_sha256: str
    as_of: datetime
    recorded_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One accepted snapshot."""

    id: str
    known_at: datetime


async def entry_batches(
    db: Database, environment: str, *, known_at: datetime, rows_each: int, entity_ids: Sequence[str] | None = None
) -> AsyncGenerator[list[EntryRow]]:
    """Every entry known then, sorted by firm, in batches that end with a whole firm; of these firms alone when ids are given."""
    parameters = {"environment": environment, "known_at": known_at, "chosen": None if entity_ids is None else list(entity_ids)}
    async with db.transaction() as connection:
        # A cursor is planned for its first rows; all of them are wanted.
        await connection.run("SET LOCAL cursor_tuple_fraction = 1")
        async with connection.cursor("entries", binary=True) as cursor:
            await cursor.execute(_ENTRIES, parameters)
            held: list[EntryRow] = []
            while rows := await cursor.fetchmany(rows_each):
                held += [EntryRow(*row) for row in rows]
                last = held[-1].entity_id
                whole = next(count for count in range(len(held), -1, -1) if count == 0 or held[count - 1].entity_id != last)
                if whole:
                    yield held[:whole]
                    held = held[whole:]
            if held:
                yield held


async def sources(db: Database, environment: str, *, known_at: datetime) -> list[SourceRow]:
    """The accepted snapshot of each source that counted then."""
    query = "SELECT source, snapshot, file_sha256, as_of, recorded_at, known_at FROM registers.sources_known(%s, %s) ORDER BY source"
    return await db.fetch_all(SourceRow, query, (environment, known_at))


async def authorities_of(db: Database, environment: str, source: str, *, known_at: datetime) -> list[str]:
    """The authorities whose firms one source has."""
    query = """
        SELECT DISTINCT authority FROM directory.entries_known(%s, %s)
        WHERE source = %s AND authority IS NOT NULL AND missing_since_at IS NULL
        ORDER BY authority
    """
    return await db.fetch_values(query, (environment, known_at, source))


async def accepted_snapshots(db: Database, environment: str, *, known_at: datetime) -> list[SnapshotRow]:
    """Every snapshot that was accepted, as far as it was known then."""
    query = "SELECT id, known_at FROM registers.snapshot WHERE environment = %s AND outcome = 'accepted' AND known_at <= %s"
    return await db.fetch_all(SnapshotRow, query, (environment, known_at))


async def firms_touched(db: Database, environment: str, snapshots: Sequence[SnapshotRow]) -> list[str]:
    """The firms of which these snapshots opened or closed an entry or a passport, as they were before and as they are now."""
    query = """
        WITH touched AS (
            SELECT source, entity_type, entity_code FROM directory.entry
            WHERE environment = %(environment)s AND (snapshot = ANY (%(ids)s) OR upper(known) = ANY (%(instants)s))
            UNION
            SELECT source, entity_type, entity_code FROM directory.passport
            WHERE environment = %(environment)s AND (snapshot = ANY (%(ids)s) OR upper(known) = ANY (%(instants)s))
        )
        SELECT DISTINCT e.entity_id FROM directory.entry AS e JOIN touched USING (source, entity_type, entity_code)
        WHERE e.environment = %(environment)s AND e.entity_id IS NOT NULL
    """
    ids = [snapshot.id for snapshot in snapshots]
    instants = [snapshot.known_at for snapshot in snapshots]
    return await db.fetch_values(query, {"environment": environment, "ids": ids, "instants": instants})
