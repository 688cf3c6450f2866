"""What an accepted register snapshot changes in the directory, in the transaction that accepts it.

Its rows are merged into firms, compared with what was known, dated twice and written down.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from obdirectory.core.identifiers import new_event_id
from obdirectory.core.nca import of_register_code
from obdirectory.directory import store
from obdirectory.directory.cases import WHOLE, cases_of_entry, cases_of_firms, subject
from obdirectory.directory.diff import diff
from obdirectory.directory.merge import EntryKey, Member, Merged, code_tail, merge, shown_name
from obdirectory.registers.record import RegisterRecord
from obdirectory.registers.row import Reader
from obdirectory.registers.snapshot import Changes, RowChange, Snapshot


@dataclass(slots=True)
class _Firms:
    """The rows of institutions and branches that a snapshot brings and those it no longer has."""

    records: list[RegisterRecord]
    gone: list[tuple[str, str]]


async def publish(connection: store.Connection, snapshot: Snapshot, changes: Changes, reader: Reader, /) -> int:
    """Take over what a snapshot changes; how many properties of rows there before it changed.

    Of a first snapshot no changes are written down: everything in it is new.
    """
    firms = _Firms([], [])
    changed = 0
    async for rows in changes:
        if not snapshot.first:
            lines = [line for row in rows for line in _lines(row, reader)]
            changed += sum(line.op == "change" for line in lines)
            await store.write_changes(connection, snapshot, lines)
        _gather(firms, rows, reader)
    if firms.records or firms.gone:
        await _update(connection, snapshot, firms)
    return changed


def _lines(row: RowChange, reader: Reader) -> Iterator[store.ChangeLine]:
    """One row's changes. A row that is back after it had gone is added."""
    if row.after is None:
        yield store.ChangeLine(row.kind, "remove", row.entity_type, row.entity_code)
    elif row.before is None or row.was_missing:
        yield store.ChangeLine(row.kind, "add", row.entity_type, row.entity_code)
    else:
        for change in diff(reader.properties(row.before), reader.properties(row.after)):
            yield store.ChangeLine(row.kind, "change", row.entity_type, row.entity_code, change.name, change.old, change.new)


def _gather(firms: _Firms, rows: Sequence[RowChange], reader: Reader) -> None:
    for row in rows:
        if row.kind == "agent":
            continue
        if row.after is None:
            firms.gone.append((row.entity_type, row.entity_code))
        else:
            firms.records.append(reader.record(row.after))


async def _update(connection: store.Connection, snapshot: Snapshot, firms: _Firms) -> None:
    """Find the firm of each row, then write entries, firms, passports, authorisations and cases."""
    records = {(snapshot.source, record.entity_type, record.entity_code): record for record in firms.records}
    before = {entry.key: entry for entry in await store.known_entries(connection, snapshot, list(records))}
    merging = None if _are_the_same_firms(records, before) else await _merge(connection, snapshot, records)
    ids = merging.merged.ids() if merging else {key: entry.entity_id for key, entry in before.items()}
    await store.write_entries(connection, snapshot, (_entry(record, ids.get(key)) for key, record in records.items()), firms.gone)
    if merging:
        await _write_firms(connection, snapshot, merging)
    services = ((record.entity_type, record.entity_code, *service) for record in records.values() for service in record.services)
    await store.write_passports(connection, snapshot, services)
    periods = ((record.entity_type, record.entity_code, *period) for record in records.values() for period in _periods(record))
    await store.write_authorisations(connection, snapshot, periods)
    if snapshot.next_known_at is None:  # cases are about now, not about a past that is filled in
        cases = [case for record in records.values() for case in cases_of_entry(snapshot.source, record)]
        cases += cases_of_firms(merging.merged, merging.dates) if merging else ()
        with_ids = ((new_event_id(), case) for case in cases)
        await store.write_cases(connection, snapshot, with_ids, rows=map(subject, records), whole=WHOLE, all_looked_at=merging is not None)


@dataclass(frozen=True, slots=True)
class _Merging:
    """All rows of all registers and the firms they are."""

    merged: Merged
    known: Mapping[EntryKey, store.KnownEntry]  # before, but for the rows that are written anew
    founded: set[str]
    dates: Mapping[EntryKey, Sequence[date]]  # when each was authorised and withdrawn


def _are_the_same_firms(records: Mapping[EntryKey, RegisterRecord], before: Mapping[EntryKey, store.KnownEntry]) -> bool:
    """Whether nothing changed that says which firm a row is, or whether it is authorised: most days only agents and passports do."""
    return records.keys() == before.keys() and all(
        _member(key[0], record) == _member_of_entry(before[key]) and list(record.authorised_on) == list(before[key].authorised_on)
        for key, record in records.items()
    )


async def _merge(connection: store.Connection, snapshot: Snapshot, records: Mapping[EntryKey, RegisterRecord]) -> _Merging:
    known = {entry.key: entry for entry in await store.known_entries(connection, snapshot) if entry.key not in records}
    founded = await store.founded(connection, snapshot)
    members = [_member_of_entry(entry) for entry in known.values()]
    members += [_member(snapshot.source, record) for record in records.values()]
    dates = {key: entry.authorised_on for key, entry in known.items()} | {key: record.authorised_on for key, record in records.items()}
    return _Merging(merge(members, founded), known, founded, dates)


async def _write_firms(connection: store.Connection, snapshot: Snapshot, merging: _Merging) -> None:
    """New firms, rows that belong to another firm now, and ids that go on as aliases."""
    ids = merging.merged.ids()
    moved = ((*key, ids.get(key)) for key, entry in merging.known.items() if ids.get(key) != entry.entity_id)
    await store.reassign(connection, snapshot, moved)
    new = ((group.entity_id, *group.founder) for group in merging.merged.groups if group.entity_id not in merging.founded)
    await store.write_firms(connection, snapshot, new)
    wanted = {alias: group.entity_id for group in merging.merged.groups for alias in group.aliases}
    current = await store.aliases(connection, snapshot)
    over = [alias for alias, firm in current.items() if wanted.get(alias) != firm]
    await store.write_aliases(connection, snapshot, over, [(alias, firm) for alias, firm in wanted.items() if current.get(alias) != firm])


def _member(source: str, record: RegisterRecord) -> Member:
    return Member(
        source,
        record.entity_type,
        record.entity_code,
        record.authority_code,
        _number(record),
        record.lei,
        record.parent_type,
        record.parent_code,
    )


def _member_of_entry(entry: store.KnownEntry) -> Member:
    return Member(
        entry.source,
        entry.entity_type,
        entry.entity_code,
        entry.authority_code,
        entry.number,
        entry.lei,
        entry.parent_type,
        entry.parent_code,
    )


def _entry(record: RegisterRecord, firm: str | None) -> store.EntryRow:
    authority = of_register_code(record.authority_code)
    return store.EntryRow(
        entity_type=record.entity_type,
        entity_code=record.entity_code,
        kind=record.kind,
        entity_id=firm,
        authority_code=record.authority_code,
        authority=str(authority) if authority else None,
        number=_number(record),
        name=shown_name(record.names),
        names=[*record.names, *record.trade_names],
        country=record.country or "",
        address=record.address,
        authorised_on=list(record.authorised_on),
        parent_type=record.parent_type,
        parent_code=record.parent_code,
        child_active=record.child_active,
        lei=record.lei,
        bic=record.bic,
        company_number=record.company_number,
        roles=list(record.roles),
        exclusions=list(record.exclusions),
        deviations=[f"{word}: {what}" if what else word for word, what in record.deviations],
        record_sha256=record.raw_sha256,
        content_sha256=record.content_sha256,
    )


def _number(record: RegisterRecord) -> str:
    """The national number as written, else the authority's own number in the key."""
    number = record.national_number or ""
    return number if number.strip() else code_tail(record.entity_code, record.authority_code)


def _periods(record: RegisterRecord) -> Iterator[tuple[date, date | None]]:
    """[authorised, withdrawn) by the register's dates; a period of no day is none."""
    dates = record.authorised_on
    for place in range(0, len(dates), 2):
        end = dates[place + 1] if place + 1 < len(dates) else None
        if end is None or dates[place] < end:
            yield dates[place], end
