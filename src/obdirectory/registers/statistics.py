"""What a register file holds, in counts: what the next file is compared with. Counts can be carried on from one file to the next."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

from obdirectory.registers.row import Row

PerType: TypeAlias = dict[str, dict[str, int]]
"""Authority (or entity type) -> entity type (or property) -> rows."""


class Statistics(msgspec.Struct, frozen=True, omit_defaults=True):
    """Counts over a whole file."""

    rows: PerType = {}  # authority -> entity type -> rows
    live: PerType = {}  # the same, those authorised or active by their own statement
    filled: PerType = {}  # entity type -> property -> rows that have it
    alarms: PerType = {}  # word -> what was seen -> rows
    newest_version: str = ""

    @property
    def total(self) -> int:
        return sum(sum(types.values()) for types in self.rows.values())

    def by_type(self) -> dict[str, int]:
        """Entity type -> rows, over all authorities."""
        return _over_all(self.rows)

    def live_by_type(self) -> dict[str, int]:
        """Entity type -> live rows, over all authorities."""
        return _over_all(self.live)


class Census:
    """Counts rows, forwards and backwards: what a new file adds to the last one's counts and what it takes away."""

    def __init__(self, last: Statistics | None = None) -> None:
        self._last = last or Statistics()
        self._shapes: dict[tuple[str, str, bool | None, tuple[str, ...]], int] = {}
        self._alarms: Counter[tuple[str, str]] = Counter()
        self.newest_version = ""

    def add(self, row: Row) -> None:
        """Count one row in."""
        shape = (row.authority_code, row.entity_type, row.live, row.filled)
        self._shapes[shape] = self._shapes.get(shape, 0) + 1
        if row.alarms:
            self._alarms.update(row.alarms)
        if row.version > self.newest_version:
            self.newest_version = row.version

    def take_away(self, row: Row) -> None:
        """Count out one row of the last file that is no longer there as it was."""
        shape = (row.authority_code, row.entity_type, row.live, row.filled)
        self._shapes[shape] = self._shapes.get(shape, 0) - 1
        if row.alarms:
            self._alarms.subtract(row.alarms)

    def statistics(self, newest_version: str | None = None) -> Statistics:
        """The counts of the whole file."""
        rows, live, filled = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for (authority, entity_type, is_live, names), count in self._shapes.items():
            rows[authority, entity_type] += count
            if is_live:
                live[authority, entity_type] += count
            for name in names:
                filled[entity_type, name] += count
        return Statistics(
            rows=_plus(self._last.rows, rows),
            live=_plus(self._last.live, live),
            filled=_plus(self._last.filled, filled),
            alarms=_plus(self._last.alarms, self._alarms),
            newest_version=self.newest_version if newest_version is None else newest_version,
        )


def census(rows: Iterable[Row]) -> Statistics:
    """The counts of rows that are all there is."""
    counting = Census()
    for row in rows:
        counting.add(row)
    return counting.statistics()


def _over_all(counts: PerType) -> dict[str, int]:
    found: Counter[str] = Counter()
    for types in counts.values():
        found.update(types)
    return dict(sorted(found.items()))


def _plus(base: PerType, change: Mapping[tuple[str, str], int]) -> PerType:
    found = {outer: dict(inner) for outer, inner in base.items()}
    for (outer, inner), count in change.items():
        types = found.setdefault(outer, {})
        types[inner] = types.get(inner, 0) + count
    kept = {outer: {inner: count for inner, count in sorted(types.items()) if count} for outer, types in sorted(found.items())}
    return {outer: types for outer, types in kept.items() if types}
