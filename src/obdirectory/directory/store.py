"""All SQL that writes the directory. Each write happens at an instant of knowledge and, when the past is filled in, until the next one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import LiteralString

import msgspec

from obdirectory.directory.cases import Case
from obdirectory.directory.merge import EntryKey
from obdirectory.platform.db import Connection
from obdirectory.registers.snapshot import Snapshot

_KEY: LiteralString = "entity_type, entity_code"
_ENTRY: LiteralString = (
    "kind, entity_id, authority_code, authority, number, name, names, country, address, authorised_on, parent_type, parent_code,"
    " child_active, lei, bic, company_number, roles, exclusions, deviations, record_sha256, content_sha256"
)
_ENTRY_TYPES = (
    "text", "text", "text", "text", "text", "text", "text", "text", "text[]", "text", "text", "date[]", "text", "text", "bool",
    "text", "text", "text", "text[]", "text[]", "text[]", "text", "text",
)  # fmt: skip
_ENTRY_WHOLE: LiteralString = f"environment, source, {_KEY}, {_ENTRY}, first_seen_at, missing_since_at, snapshot, known"
_PASSPORT_WHOLE: LiteralString = (
    "environment, source, entity_type, entity_code, country, service_code, valid, observed, first_seen_at, missing_since_at,"
    " snapshot, known"
)
_AUTHORISATION_WHOLE: LiteralString = "environment, source, entity_type, entity_code, valid, snapshot, known"


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """An entry as far as merging and cases look at it."""

    source: str
    entity_type: str
    entity_code: str
    entity_id: str | None
    authority_code: str
    number: str
    lei: str | None
    parent_type: str | None
    parent_code: str | None
    authorised_on: Sequence[date]

    @property
    def key(self) -> EntryKey:
        return self.source, self.entity_type, self.entity_code


@dataclass(frozen=True, slots=True)
class _Alias:
    alias_id: str
    entity_id: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as it is written; the fields are columns of ``directory.entry``."""

    entity_type: str
    entity_code: str
    kind: str
    entity_id: str | None
    authority_code: str
    authority: str | None
    number: str
    name: str
    names: list[str]
    country: str
    address: str
    authorised_on: list[date]
    parent_type: str | None
    parent_code: str | None
    child_active: bool | None
    lei: str | None
    bic: str | None
    company_number: str | None
    roles: list[str]
    exclusions: list[str]
    deviations: list[str]
    record_sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of ``directory.change``; ``name`` None: the whole row came or went."""

    kind: str
    op: str
    entity_type: str
    entity_code: str
    name: str | None = None
    old: tuple[str, ...] | None = None
    new: tuple[str, ...] | None = None


async def known_entries(connection: Connection, snapshot: Snapshot, keys: Sequence[EntryKey] | None = None) -> list[KnownEntry]:
    """Every entry of every register as known when this snapshot was, or those of these keys (source, entity type, entity code)."""
    query = """
        SELECT e.source, e.entity_type, e.entity_code, e.entity_id, e.authority_code, e.number, e.lei, e.parent_type, e.parent_code,
               e.authorised_on
        FROM directory.entries_known(%(environment)s, %(known_at)s) AS e
        WHERE %(codes)s::text[] IS NULL
           OR (e.source, e.entity_type, e.entity_code) IN (SELECT * FROM unnest(%(sources)s::text[], %(types)s::text[], %(codes)s::text[]))
    """
    sources, types, codes = (list(column) for column in zip(*keys, strict=True)) if keys else ([], [], [] if keys is not None else None)
    values = {**_values(snapshot), "sources": sources, "types": types, "codes": codes}
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(query, values)
        return [KnownEntry(*row) for row in await cursor.fetchall()]


async def founded(connection: Connection, snapshot: Snapshot) -> set[str]:
    """Every id that was ever given to a firm."""
    return set(await connection.fetch_values("SELECT entity_id FROM directory.entity WHERE environment = %s", (snapshot.environment,)))


async def write_changes(connection: Connection, snapshot: Snapshot, lines: Iterable[ChangeLine]) -> None:
    """Write down what the snapshot changed."""
    statement = (
        "COPY directory.change (environment, source, snapshot, known_at, kind, op, entity_type, entity_code, property, old, new) FROM STDIN"
    )
    rows = (
        (
            snapshot.environment, snapshot.source, snapshot.id, snapshot.known_at, line.kind, line.op, line.entity_type, line.entity_code,
            line.name, _value(line.old), _value(line.new),
        )
        for line in lines
    )  # fmt: skip
    await connection.copy_rows(statement, rows)


async def write_entries(connection: Connection, snapshot: Snapshot, entries: Iterable[EntryRow], gone: Iterable[tuple[str, str]]) -> None:
    """Close the entries that changed or are gone and write them anew; what is gone stays, marked as missing."""
    stage: LiteralString = f"CREATE TEMP TABLE staged_entry ON COMMIT DROP AS SELECT {_KEY}, {_ENTRY} FROM directory.entry WITH NO DATA"
    await connection.run(stage)
    await connection.run("CREATE TEMP TABLE gone_entry (entity_type text, entity_code text) ON COMMIT DROP")
    copy: LiteralString = f"COPY staged_entry ({_KEY}, {_ENTRY}) FROM STDIN WITH (FORMAT binary)"
    await connection.copy_rows(copy, (_astuple(entry) for entry in entries), types=_ENTRY_TYPES)
    await connection.copy_rows("COPY gone_entry FROM STDIN", gone)
    touch: LiteralString = f"""
        CREATE TEMP TABLE touched_entry ON COMMIT DROP AS
        SELECT {_prefixed("e", _ENTRY_WHOLE)}, t.is_gone
        FROM directory.entry AS e
        JOIN (SELECT {_KEY}, false AS is_gone FROM staged_entry UNION ALL SELECT {_KEY}, true FROM gone_entry) AS t USING ({_KEY})
        WHERE e.environment = %(environment)s AND e.source = %(source)s AND e.known @> %(known_at)s::timestamptz
    """
    values = _values(snapshot)
    await connection.run(touch, values)
    await _close(connection, "directory.entry", "touched_entry", values)
    missing: LiteralString = f"""
        INSERT INTO directory.entry ({_ENTRY_WHOLE})
        SELECT environment, source, {_KEY}, {_ENTRY}, first_seen_at, %(known_at)s, %(snapshot)s, tstzrange(%(known_at)s, %(next)s)
        FROM touched_entry WHERE is_gone
    """
    await connection.run(missing, values)
    await _go_on(connection, "directory.entry", "touched_entry", _ENTRY_WHOLE, snapshot)
    new: LiteralString = f"""
        INSERT INTO directory.entry ({_ENTRY_WHOLE})
        SELECT %(environment)s, %(source)s, {_prefixed("s", f"{_KEY}, {_ENTRY}")}, coalesce(t.first_seen_at, %(known_at)s), NULL,
               %(snapshot)s, tstzrange(%(known_at)s, %(next)s)
        FROM staged_entry AS s LEFT JOIN touched_entry AS t USING (entity_type, entity_code)
    """
    await connection.run(new, values)


async def reassign(connection: Connection, snapshot: Snapshot, firms: Iterable[tuple[str, str, str, str | None]]) -> None:
    """Entries that did not change but belong to another firm now: (source, entity type, entity code, entity id)."""
    await connection.run("CREATE TEMP TABLE reassigned (source text, entity_type text, entity_code text, entity_id text) ON COMMIT DROP")
    if not await connection.copy_rows("COPY reassigned FROM STDIN", firms):
        return
    values = _values(snapshot)
    touch: LiteralString = f"""
        CREATE TEMP TABLE touched_member ON COMMIT DROP AS
        SELECT {_prefixed("e", _ENTRY_WHOLE)}, r.entity_id AS new_id
        FROM directory.entry AS e JOIN reassigned AS r USING (source, entity_type, entity_code)
        WHERE e.environment = %(environment)s AND e.known @> %(known_at)s::timestamptz AND e.entity_id IS DISTINCT FROM r.entity_id
    """
    await connection.run(touch, values)
    await _close(connection, "directory.entry", "touched_member", values)
    new: LiteralString = f"""
        INSERT INTO directory.entry ({_ENTRY_WHOLE})
        SELECT environment, source, {_KEY}, {_ENTRY.replace("entity_id", "new_id")}, first_seen_at, missing_since_at, %(snapshot)s,
               tstzrange(%(known_at)s, upper(known))
        FROM touched_member
    """
    await connection.run(new, values)


async def write_firms(connection: Connection, snapshot: Snapshot, firms: Iterable[tuple[str, str, str, str]]) -> None:
    """Found firms: (entity id, source, entity type, entity code)."""
    statement = "COPY directory.entity (environment, entity_id, source, entity_type, entity_code, founded_in) FROM STDIN"
    await connection.copy_rows(statement, ((snapshot.environment, *firm, snapshot.id) for firm in firms))


async def aliases(connection: Connection, snapshot: Snapshot) -> dict[str, str]:
    """Alias -> the firm it goes on as."""
    query = """
        SELECT alias_id, entity_id FROM directory.entity_alias
        WHERE environment = %(environment)s AND known @> %(known_at)s::timestamptz
    """
    return {row.alias_id: row.entity_id for row in await connection.fetch_all(_Alias, query, _values(snapshot))}


async def write_aliases(connection: Connection, snapshot: Snapshot, over: Sequence[str], new: Sequence[tuple[str, str]]) -> None:
    """End aliases, and note new ones: (alias, entity id)."""
    end = """
        UPDATE directory.entity_alias SET known = tstzrange(lower(known), %(known_at)s)
        WHERE environment = %(environment)s AND known @> %(known_at)s::timestamptz AND alias_id = ANY (%(over)s)
    """
    begin = """
        INSERT INTO directory.entity_alias (environment, alias_id, entity_id, snapshot, known) VALUES (%s, %s, %s, %s, tstzrange(%s, NULL))
    """
    if over:
        await connection.run(end, {**_values(snapshot), "over": list(over)})
    if new:
        await connection.run_many(begin, [(snapshot.environment, alias, firm, snapshot.id, snapshot.known_at) for alias, firm in new])


async def write_passports(connection: Connection, snapshot: Snapshot, services: Iterable[tuple[str, str, str, str]]) -> None:
    """The services per country of the entries just written: (entity type, entity code, country, service code)."""
    await connection.run(
        "CREATE TEMP TABLE staged_passport (entity_type text, entity_code text, country text, service_code text) ON COMMIT DROP"
    )
    await connection.copy_rows("COPY staged_passport FROM STDIN WITH (FORMAT binary)", services)
    values = _values(snapshot)
    touch: LiteralString = f"""
        CREATE TEMP TABLE touched_passport ON COMMIT DROP AS
        SELECT {_prefixed("p", _PASSPORT_WHOLE)}, s.country IS NULL AS is_gone
        FROM directory.passport AS p
        LEFT JOIN staged_passport AS s ON s.entity_type = p.entity_type AND s.entity_code = p.entity_code
                                      AND s.country = p.country AND s.service_code = p.service_code
        WHERE p.environment = %(environment)s AND p.source = %(source)s AND p.known @> %(known_at)s::timestamptz
          AND p.missing_since_at IS NULL AND (p.entity_type, p.entity_code) IN (SELECT entity_type, entity_code FROM staged_entry)
    """
    await connection.run(touch, values)
    await _close(
        connection,
        "directory.passport",
        "touched_passport",
        values,
        where="t.is_gone AND p.country = t.country AND p.service_code = t.service_code",
    )
    missing: LiteralString = f"""
        INSERT INTO directory.passport ({_PASSPORT_WHOLE})
        SELECT environment, source, entity_type, entity_code, country, service_code,
               daterange(lower(valid), greatest(lower(valid), %(as_of_on)s::date)), observed, first_seen_at, %(known_at)s, %(snapshot)s,
               tstzrange(%(known_at)s, %(next)s)
        FROM touched_passport WHERE is_gone
    """
    await connection.run(missing, values)
    await _go_on(connection, "directory.passport", "touched_passport", _PASSPORT_WHOLE, snapshot, where="is_gone")
    new: LiteralString = f"""
        INSERT INTO directory.passport ({_PASSPORT_WHOLE})
        SELECT %(environment)s, %(source)s, s.entity_type, s.entity_code, s.country, s.service_code, daterange(%(as_of_on)s::date, NULL),
               true, %(known_at)s, NULL, %(snapshot)s, tstzrange(%(known_at)s, %(next)s)
        FROM staged_passport AS s LEFT JOIN touched_passport AS t USING (entity_type, entity_code, country, service_code)
        WHERE t.environment IS NULL
    """
    await connection.run(new, values)


async def write_authorisations(connection: Connection, snapshot: Snapshot, periods: Iterable[tuple[str, str, date, date | None]]) -> None:
    """When the entries just written were authorised: (entity type, entity code, from, to), one row a period; to None: without end."""
    await connection.run(
        "CREATE TEMP TABLE staged_authorisation (entity_type text, entity_code text, from_on date, to_on date) ON COMMIT DROP"
    )
    await connection.copy_rows("COPY staged_authorisation FROM STDIN WITH (FORMAT binary)", periods, types=("text", "text", "date", "date"))
    values = _values(snapshot)
    touch: LiteralString = f"""
        CREATE TEMP TABLE touched_authorisation ON COMMIT DROP AS
        SELECT {_prefixed("a", _AUTHORISATION_WHOLE)},
               NOT EXISTS (SELECT FROM staged_authorisation AS s WHERE (s.entity_type, s.entity_code) = (a.entity_type, a.entity_code)
                           AND daterange(s.from_on, s.to_on) = a.valid) AS is_gone
        FROM directory.authorisation AS a JOIN staged_entry AS e USING (entity_type, entity_code)
        WHERE a.environment = %(environment)s AND a.source = %(source)s AND a.known @> %(known_at)s::timestamptz
    """
    await connection.run(touch, values)
    await _close(connection, "directory.authorisation", "touched_authorisation", values, where="t.is_gone AND p.valid = t.valid")
    await _go_on(connection, "directory.authorisation", "touched_authorisation", _AUTHORISATION_WHOLE, snapshot, where="is_gone")
    new: LiteralString = f"""
        INSERT INTO directory.authorisation ({_AUTHORISATION_WHOLE})
        SELECT %(environment)s, %(source)s, s.entity_type, s.entity_code, daterange(s.from_on, s.to_on), %(snapshot)s,
               tstzrange(%(known_at)s, %(next)s)
        FROM staged_authorisation AS s
        WHERE NOT EXISTS (SELECT FROM touched_authorisation AS t WHERE (t.entity_type, t.entity_code) = (s.entity_type, s.entity_code)
                          AND t.valid = daterange(s.from_on, s.to_on))
    """
    await connection.run(new, values)


async def write_cases(
    connection: Connection,
    snapshot: Snapshot,
    cases: Iterable[tuple[str, Case]],
    *,
    rows: Iterable[str],
    whole: Sequence[str],
    all_looked_at: bool,
) -> None:
    """Open what is new, leave what is open, close what is over.

    ``cases`` come with the id each would get. Looked at were the subjects ``rows``, and for the kinds in ``whole`` everything or nothing.
    """
    await connection.run(
        "CREATE TEMP TABLE staged_case (case_id text, kind text, subject text, message text, entries text[]) ON COMMIT DROP"
    )
    await connection.run("CREATE TEMP TABLE looked_at (subject text) ON COMMIT DROP")
    lines = ((case_id, case.kind, case.subject, case.message, list(case.entries)) for case_id, case in cases)
    await connection.copy_rows("COPY staged_case FROM STDIN", lines)
    await connection.copy_rows("COPY looked_at FROM STDIN", ((subject,) for subject in rows))
    values = {**_values(snapshot), "whole": list(whole), "all": all_looked_at}
    over = """
        UPDATE directory.case_file AS c SET closed_at = %(known_at)s, closed_in = %(snapshot)s
        WHERE c.environment = %(environment)s AND c.closed_at IS NULL
          AND CASE WHEN c.kind = ANY (%(whole)s) THEN %(all)s ELSE c.subject IN (SELECT subject FROM looked_at) END
          AND NOT EXISTS (SELECT FROM staged_case AS s WHERE s.kind = c.kind AND s.subject = c.subject)
    """
    await connection.run(over, values)
    new = """
        INSERT INTO directory.case_file (environment, case_id, kind, subject, message, entries, opened_at, opened_in)
        SELECT %(environment)s, case_id, kind, subject, message, entries, %(known_at)s, %(snapshot)s FROM staged_case
        ON CONFLICT (environment, kind, subject) WHERE closed_at IS NULL DO NOTHING
    """
    await connection.run(new, values)


async def _close(
    connection: Connection, table: LiteralString, touched: LiteralString, values: dict[str, object], *, where: LiteralString = "true"
) -> None:
    """End what was known of these rows at this instant."""
    query: LiteralString = f"""
        UPDATE {table} AS p SET known = tstzrange(lower(p.known), %(known_at)s)
        FROM {touched} AS t
        WHERE p.environment = t.environment AND p.source = t.source AND p.entity_type = t.entity_type AND p.entity_code = t.entity_code
          AND p.known = t.known AND {where}
    """
    await connection.run(query, values)


async def _go_on(
    connection: Connection,
    table: LiteralString,
    touched: LiteralString,
    columns: LiteralString,
    snapshot: Snapshot,
    *,
    where: LiteralString = "true",
) -> None:
    """When the past is filled in: what was known goes on where the next snapshot begins."""
    if snapshot.next_known_at is None:
        return
    query: LiteralString = f"""
        INSERT INTO {table} ({columns})
        SELECT {columns.replace(", known", ", tstzrange(%(next)s, upper(known))")} FROM {touched}
        WHERE (upper_inf(known) OR upper(known) > %(next)s) AND {where}
    """
    await connection.run(query, _values(snapshot))


def _prefixed(alias: LiteralString, columns: LiteralString) -> LiteralString:
    parts: LiteralString = f", {alias}.".join(columns.split(", "))
    return f"{alias}.{parts}"


def _values(snapshot: Snapshot) -> dict[str, object]:
    return {
        "environment": snapshot.environment,
        "source": snapshot.source,
        "snapshot": snapshot.id,
        "known_at": snapshot.known_at,
        "next": snapshot.next_known_at,
        "as_of_on": snapshot.as_of.date(),
    }


def _astuple(entry: EntryRow) -> tuple[object, ...]:
    return (
        entry.entity_type, entry.entity_code, entry.kind, entry.entity_id, entry.authority_code, entry.authority, entry.number, entry.name,
        entry.names, entry.country, entry.address, entry.authorised_on, entry.parent_type, entry.parent_code, entry.child_active, entry.lei,
        entry.bic, entry.company_number, entry.roles, entry.exclusions, entry.deviations, entry.record_sha256, entry.content_sha256,
    )  # fmt: skip


def _value(texts: tuple[str, ...] | None) -> str | None:
    """A property as JSON, as registers write it: one value alone, several as a list."""
    if texts is None:
        return None
    return msgspec.json.encode(texts[0] if len(texts) == 1 else texts).decode()
