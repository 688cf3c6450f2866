"""All SQL that reads the directory. Its tables are written by ``directory.store``; every read takes what was known when."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from obdirectory.directory.assembly import EntryRow
from obdirectory.directory.history import ChangeRow, PeriodRow, SeenRow
from obdirectory.platform.db import Connection, Database

_ENTRY = (
    "e.entity_id, e.source, e.entity_type, e.entity_code, e.authority_code, e.authority, e.number, e.name, e.country, e.authorised_on,"
    " e.parent_type, e.parent_code, e.child_active, e.lei, e.bic, e.company_number, e.roles, e.record_sha256, e.first_seen_at,"
    " e.missing_since_at"
)
_ENTRIES = f"""
    SELECT {_ENTRY} FROM directory.entries_known(%(environment)s, %(known_at)s) AS e
    WHERE e.entity_id IS NOT NULL ORDER BY e.entity_id, e.source, e.entity_type, e.entity_code
"""
_ENTRIES_OF_FIRMS = f"""
    SELECT {_ENTRY} FROM directory.entry AS e
    WHERE e.environment = %(environment)s AND e.entity_id = ANY (%(chosen)s) AND e.known @> %(known_at)s
    ORDER BY e.entity_id, e.source, e.entity_type, e.entity_code
"""
# Passports are packed into a few texts an entry: a hundred thousand rows less to carry, decode and look up.
_PACKED = """
    SELECT source, entity_type, entity_code, array_agg(services), array_agg(first_seen_at), array_agg(missing_since_at)
    FROM (SELECT p.source, p.entity_type, p.entity_code, p.first_seen_at, p.missing_since_at,
                 string_agg(p.country || ' ' || p.service_code, ',') AS services
          FROM {passports} AS p {of_entries}
          GROUP BY p.source, p.entity_type, p.entity_code, p.first_seen_at, p.missing_since_at) AS listed
    GROUP BY source, entity_type, entity_code
"""
_LISTED = _PACKED.replace("{passports}", "directory.passports_known(%(environment)s, %(known_at)s)").replace("{of_entries}", "")
_LISTED_OF_FIRMS = _PACKED.replace("{passports}", "directory.passport").replace(
    "{of_entries}",
    """
          JOIN (SELECT DISTINCT e.source, e.entity_type, e.entity_code FROM directory.entry AS e
                WHERE e.environment = %(environment)s AND e.entity_id = ANY (%(chosen)s)) AS mine USING (source, entity_type, entity_code)
          WHERE p.environment = %(environment)s AND p.known @> %(known_at)s
    """,
)
_ROWS_OF_LISTED = 200
_NOTHING = (None, None, None)


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
    parameters = {"environment": environment, "known_at": known_at, "chosen": list(entity_ids or ())}
    async with db.transaction() as connection:
        await connection.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # A cursor is planned for its first rows; all of them are wanted.
        await connection.run("SET LOCAL cursor_tuple_fraction = 1")
        listed: dict[tuple[str, str, str], tuple[Any, ...]] = {}
        async with connection.cursor("listed", binary=True) as cursor:
            await cursor.execute(_LISTED if entity_ids is None else _LISTED_OF_FIRMS, parameters)
            while packed := await cursor.fetchmany(_ROWS_OF_LISTED):
                listed |= {(row[0], row[1], row[2]): row[3:] for row in packed}
        async with connection.cursor("entries", binary=True) as cursor:
            await cursor.execute(_ENTRIES if entity_ids is None else _ENTRIES_OF_FIRMS, parameters)
            held: list[EntryRow] = []
            while rows := await cursor.fetchmany(rows_each):
                held += [EntryRow(*row, *listed.pop((row[1], row[2], row[3]), _NOTHING)) for row in rows]
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


@dataclass(frozen=True, slots=True)
class TypedRow:
    """One entry found by typing; the lower the rank, the better."""

    entity_id: str
    name: str
    rank: int


class FoundEntryRow(msgspec.Struct, frozen=True):
    """One entry of a firm found, as far as a list of hits shows it."""

    entity_id: str
    source: str
    kind: str
    entity_type: str
    authority_code: str
    number: str
    name: str
    country: str
    authorised_on: list[date]


@dataclass(frozen=True, slots=True)
class AboutRow:
    """What pages show of an entry and the check never reads."""

    kind: str
    names: list[str]
    address: str
    bic: str | None


class StreamRow(msgspec.Struct, frozen=True):
    """One line of the stream of changes with the firm it is about."""

    id: int
    op: str
    entity_type: str
    entity_code: str
    property: str | None
    old: Any
    new: Any
    known_at: datetime
    source: str
    snapshot: str
    entity_id: str | None
    name: str | None


async def entries_typed(
    db: Connection, environment: str, *, number: str, prefix: str, patterns: Sequence[str], most: int
) -> list[TypedRow]:
    """Current entries with this number, whose name begins so, or whose words begin so, ranked in that order; at most ``most`` of each."""
    here = "environment = %s AND upper_inf(known) AND entity_id IS NOT NULL"
    query = (
        f"(SELECT entity_id, name, 0 AS rank FROM directory.entry WHERE {here}"
        " AND translate(upper(btrim(number)), ' .-/', '') = %s LIMIT %s)"
        # A range and no LIKE: the statement is prepared once, before the prefix is known.
        f" UNION ALL (SELECT entity_id, name, 1 FROM directory.entry WHERE {here}"
        " AND directory.folded(name) ~>=~ %s AND directory.folded(name) ~<~ %s ORDER BY directory.folded(name) USING ~<~ LIMIT %s)"
        # Words first, environment later: a directory just loaded has no statistics, and every row of one environment would be read.
        " UNION ALL (SELECT entity_id, name, 2 FROM"
        " (SELECT environment, entity_id, name FROM directory.entry WHERE upper_inf(known) AND entity_id IS NOT NULL"
        + " AND search_text LIKE %s" * len(patterns)
        + " OFFSET 0) AS worded WHERE environment = %s LIMIT %s)"
    )
    values = (environment, number, most, environment, prefix, prefix + chr(0x10FFFF), most, *patterns, environment, most)
    return await db.fetch_all(TypedRow, query, values)


async def entries_resembling(db: Connection, environment: str, words: str, *, most: int) -> list[TypedRow]:
    """Current entries with a part that resembles what was typed, the most alike of the first hundred first."""
    query = """
        SELECT entity_id, name, rank FROM (
            SELECT entity_id, name, (100 * (1 - word_similarity(%(words)s, search_text)))::int AS rank FROM (
                SELECT environment, entity_id, name, search_text FROM directory.entry
                WHERE upper_inf(known) AND entity_id IS NOT NULL AND %(words)s <%% search_text OFFSET 0) AS alike
            WHERE environment = %(environment)s LIMIT 100) AS ranked
        ORDER BY rank, name LIMIT %(most)s
    """
    # Comparing is dear, and the planner takes it for cheap: it would rather compare every row than look into the index.
    await db.run("SET LOCAL enable_seqscan = off")
    return await db.fetch_all(TypedRow, query, {"environment": environment, "words": words, "most": most})


async def entries_of(db: Connection, environment: str, entity_ids: Sequence[str]) -> list[FoundEntryRow]:
    """The current entries of these firms."""
    query = """
        SELECT entity_id, source, kind, entity_type, authority_code, number, name, country, authorised_on FROM directory.entry
        WHERE environment = %s AND upper_inf(known) AND entity_id = ANY (%s) ORDER BY entity_id, source, entity_type, entity_code
    """
    return await db.fetch_all(FoundEntryRow, query, (environment, list(entity_ids)))


async def current_id(db: Database, environment: str, entity_id: str, *, known_at: datetime) -> str:
    """The id a firm had then: what it was merged into, or the id itself."""
    query = "SELECT entity_id FROM directory.entity_alias WHERE environment = %s AND alias_id = %s AND known @> %s"
    found = await db.fetch_values(query, (environment, entity_id, known_at))
    return found[0] if found else entity_id


async def entities_with(db: Database, environment: str, patterns: Sequence[str], *, known_at: datetime) -> list[str]:
    """The firms with an entry known then in whose words one of the patterns stands."""
    query = """
        SELECT DISTINCT entity_id FROM directory.entry
        WHERE environment = %s AND known @> %s AND entity_id IS NOT NULL AND search_text LIKE ANY (%s) ORDER BY entity_id LIMIT 200
    """
    return await db.fetch_values(query, (environment, known_at, list(patterns)))


async def about(db: Database, environment: str, entity_id: str, *, known_at: datetime) -> list[AboutRow]:
    """What pages show of a firm's entries."""
    query = """
        SELECT kind, names, address, bic FROM directory.entry WHERE environment = %s AND entity_id = %s AND known @> %s
        ORDER BY kind DESC, source, entity_type, entity_code
    """
    return await db.fetch_all(AboutRow, query, (environment, entity_id, known_at))


async def agents_of_firm(db: Database, environment: str, entity_id: str, *, known_at: datetime) -> int:
    """How many agents are listed under a firm now, of those known then."""
    query = """
        SELECT count(*) FROM directory.entry AS e JOIN registers.record_agent AS a
            ON a.environment = e.environment AND a.source = e.source AND a.parent_type = e.entity_type AND a.parent_code = e.entity_code
        WHERE e.environment = %(environment)s AND e.entity_id = %(entity_id)s AND e.known @> %(known_at)s
            AND upper_inf(a.known) AND lower(a.known) <= %(known_at)s
    """
    [count] = await db.fetch_values(query, {"environment": environment, "entity_id": entity_id, "known_at": known_at})
    return int(count)


async def principals_of(
    db: Database, environment: str, number_key: str, authority_codes: Sequence[str], *, known_at: datetime | None
) -> list[str]:
    """The names of the firms whose agent carries this number under the authority; of all agents known now when no instant is given."""
    query = """
        WITH agents AS (
            SELECT source, parent_type, parent_code FROM registers.record_agent
            WHERE environment = %(environment)s AND number_key = %(number_key)s AND authority_code = ANY (%(codes)s)
                AND upper_inf(known) AND lower(known) <= coalesce(%(known_at)s::timestamptz, 'infinity')
            UNION
            SELECT source, parent_type, parent_code FROM registers.record_agent
            WHERE environment = %(environment)s AND number_key = %(number_key)s AND authority_code = ANY (%(codes)s)
                AND NOT upper_inf(known) AND known @> %(known_at)s::timestamptz
        )
        SELECT DISTINCT coalesce(e.name, a.parent_code) AS principal FROM agents AS a LEFT JOIN directory.entry AS e
            ON e.environment = %(environment)s AND e.source = a.source AND e.entity_type = a.parent_type AND e.entity_code = a.parent_code
            AND upper_inf(e.known)
        WHERE a.parent_code IS NOT NULL
        ORDER BY principal
    """
    values = {"environment": environment, "number_key": number_key, "codes": list(authority_codes), "known_at": known_at}
    return await db.fetch_values(query, values)


async def changes_of(db: Database, environment: str, entity_id: str, *, known_at: datetime) -> list[ChangeRow]:
    """What snapshots changed in the entries that are, or were, this firm's."""
    query = """
        SELECT c.kind, c.op, c.entity_type, c.entity_code, c.property, c.old, c.new, c.known_at, c.source, s.file_sha256
        FROM directory.change AS c LEFT JOIN registers.snapshot AS s ON s.id = c.snapshot
        WHERE c.environment = %(environment)s AND c.kind <> 'agent' AND c.known_at <= %(known_at)s
          AND (c.source, c.entity_type, c.entity_code) IN (
            SELECT e.source, e.entity_type, e.entity_code FROM directory.entry AS e
            WHERE e.environment = %(environment)s AND e.entity_id = %(entity_id)s)
        ORDER BY c.id
    """
    return await db.fetch_all(ChangeRow, query, {"environment": environment, "entity_id": entity_id, "known_at": known_at})


async def authorisations_of(db: Database, environment: str, entity_id: str, *, known_at: datetime) -> list[PeriodRow]:
    """Every period of authorisation of this firm's entries that was ever stated up to then."""
    query = """
        SELECT a.source, a.entity_type, a.entity_code, lower(a.valid) AS from_on, upper(a.valid) AS to_on, lower(a.known) AS known_at
        FROM directory.authorisation AS a
        WHERE a.environment = %(environment)s AND lower(a.known) <= %(known_at)s AND (a.source, a.entity_type, a.entity_code) IN (
            SELECT e.source, e.entity_type, e.entity_code FROM directory.entry AS e
            WHERE e.environment = %(environment)s AND e.entity_id = %(entity_id)s)
        ORDER BY a.valid
    """
    return await db.fetch_all(PeriodRow, query, {"environment": environment, "entity_id": entity_id, "known_at": known_at})


async def first_seen_of(db: Database, environment: str, entity_id: str, *, known_at: datetime) -> list[SeenRow]:
    """When each entry that is, or was, this firm's was seen first."""
    query = """
        SELECT source, entity_type, entity_code, kind, min(first_seen_at) AS first_seen_at FROM directory.entry
        WHERE environment = %s AND entity_id = %s AND first_seen_at <= %s GROUP BY source, entity_type, entity_code, kind
        ORDER BY source, entity_type, entity_code
    """
    return await db.fetch_all(SeenRow, query, (environment, entity_id, known_at))


async def changes_after(db: Database, environment: str, after: int, *, limit: int) -> list[StreamRow]:
    """The stream of changes of institutions and branches from a line on, with the firm each is about now."""
    query = """
        SELECT c.id, c.op, c.entity_type, c.entity_code, c.property, c.old, c.new, c.known_at, c.source, c.snapshot, e.entity_id, e.name
        FROM directory.change AS c LEFT JOIN LATERAL (
            SELECT n.entity_id, n.name FROM directory.entry AS n
            WHERE n.environment = c.environment AND n.source = c.source AND n.entity_type = c.entity_type AND n.entity_code = c.entity_code
            ORDER BY upper_inf(n.known) DESC, upper(n.known) DESC LIMIT 1) AS e ON true
        WHERE c.environment = %s AND c.id > %s AND c.kind <> 'agent' ORDER BY c.id LIMIT %s
    """
    return await db.fetch_all(StreamRow, query, (environment, after, limit))
