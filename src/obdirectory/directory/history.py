"""What happened to a firm, told from what snapshots changed and from the dates its registers give."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import cast

import msgspec


class FirmEvent(msgspec.Struct, frozen=True):
    """Something that changed about a firm: when it was so in the world, and when we came to know."""

    kind: str  # first_seen missing authorised withdrawn renamed service_added service_removed branch_added branch_removed changed
    title: str
    detail: str
    true_on: date | None  # the legal day where the register gives one
    known_at: datetime
    source: str
    evidence_sha256: str = ""


class ChangeRow(msgspec.Struct, frozen=True):
    """One line of what a snapshot changed, with the digest of the file it came in."""

    kind: str  # institution branch
    op: str  # add change remove
    entity_type: str
    entity_code: str
    property: str | None
    old: object
    new: object
    known_at: datetime
    source: str
    file_sha256: str | None


class PeriodRow(msgspec.Struct, frozen=True):
    """One period of authorisation by a register's own dates, and since when it has been known."""

    source: str
    entity_type: str
    entity_code: str
    from_on: date | None
    to_on: date | None
    known_at: datetime


class SeenRow(msgspec.Struct, frozen=True):
    """One register entry and when it was seen first: the first snapshot of a register has everything and changes nothing."""

    source: str
    entity_type: str
    entity_code: str
    kind: str  # institution branch
    first_seen_at: datetime


_REGISTERED_TYPES = frozenset({"PSD_AISP", "PSD_EPI", "PSD_EEMI"})
_SERVICES = "Services."
_NAMES = frozenset({"ENT_NAM", "ENT_NAM_COM", "names", "name"})
_CHILD_STATUS = "DER_CHI_ENT_AUT"
_ACTIVE = frozenset({"Active", "YES"})  # what the register writes, and what its dictionary says it writes
_DATES = "ENT_AUT"


def events_of(changes: Iterable[ChangeRow], periods: Iterable[PeriodRow], seen: Iterable[SeenRow] = ()) -> tuple[FirmEvent, ...]:
    """All events, newest first: by the day it was true where that is known, else by when it was seen."""
    told = list(changes)
    events = [event for change in told for event in _of_change(change)]
    events += _of_periods(list(periods))
    added = {(change.source, change.entity_type, change.entity_code) for change in told if change.op == "add"}
    events += [_first_seen(row) for row in seen if (row.source, row.entity_type, row.entity_code) not in added]
    return tuple(sorted(events, key=lambda event: (event.true_on or event.known_at.date(), event.known_at, event.title), reverse=True))


def _of_change(change: ChangeRow) -> list[FirmEvent]:
    what = f"{change.entity_type} {change.entity_code}"
    branch = change.kind == "branch"
    if change.op == "add":
        return [_event(change, "branch_added" if branch else "first_seen", "Branch listed" if branch else "First seen", what)]
    if change.op == "remove":
        return [_event(change, "missing", "Branch gone from the register" if branch else "Gone from the register", what)]
    name = change.property or ""
    if name == _DATES:
        return []  # told by the periods, with their own days
    if name == _CHILD_STATUS:
        active = bool(_codes(change.new) & _ACTIVE)
        return [_event(change, "branch_added" if active else "branch_removed", "Branch active" if active else "Branch closed", what)]
    if name.startswith(_SERVICES):
        return _of_services(change, name.removeprefix(_SERVICES))
    if name in _NAMES:
        return [_event(change, "renamed", "Renamed", f"{shown(change.old)} -> {shown(change.new)}")]
    return [_event(change, "changed", f"{name} changed", f"{shown(change.old)} -> {shown(change.new)}")]


def _of_services(change: ChangeRow, country: str) -> list[FirmEvent]:
    old, new = _codes(change.old), _codes(change.new)
    events: list[FirmEvent] = []
    if added := sorted(new - old):
        events.append(_event(change, "service_added", f"Services listed for {country}", ", ".join(added)))
    if removed := sorted(old - new):
        events.append(_event(change, "service_removed", f"Services no longer listed for {country}", ", ".join(removed)))
    return events


def _of_periods(periods: Sequence[PeriodRow]) -> list[FirmEvent]:
    """Each boundary once, known since the first time we saw it."""
    seen: dict[tuple[str, str, str, date, str], datetime] = {}
    for period in periods:
        word = "registered" if period.entity_type in _REGISTERED_TYPES else "authorised"
        for day, kind in ((period.from_on, word), (period.to_on, "withdrawn")):
            if day is not None:
                key = (period.source, period.entity_type, period.entity_code, day, kind)
                seen[key] = min(seen.get(key, period.known_at), period.known_at)
    return [
        FirmEvent(kind, kind.capitalize(), f"{entity_type} {code}", day, known_at, source)
        for (source, entity_type, code, day, kind), known_at in seen.items()
    ]


def _first_seen(row: SeenRow) -> FirmEvent:
    kind, title = ("branch_added", "Branch listed") if row.kind == "branch" else ("first_seen", "First seen")
    return FirmEvent(kind, title, f"{row.entity_type} {row.entity_code}", None, row.first_seen_at, row.source)


def _event(change: ChangeRow, kind: str, title: str, detail: str) -> FirmEvent:
    return FirmEvent(kind, title, detail, None, change.known_at, change.source, change.file_sha256 or "")


def shown(value: object) -> str:
    """A property's value as people read it."""
    return ", ".join(sorted(_codes(value))) or "nothing"


def _codes(value: object) -> set[str]:
    if value is None:
        return set()
    return {str(part) for part in cast(list[object], value)} if isinstance(value, list) else {str(value)}
