"""Is a register file believed? Its counts against those of the last one that was.

The guards are asked in a fixed order; the first that fails names the refusal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from obdirectory.registers.record import kind_of_type
from obdirectory.registers.row import Refusal
from obdirectory.registers.source import Guards
from obdirectory.registers.statistics import Statistics

_FEW = 3
"""So many institutions must change their status before half of a small register is too many; so many rows may lack what all must have."""
_ALL_OF_AN_AUTHORITY = 2
"""An authority with so many rows does not vanish; the only row of one may."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file against the last accepted one, as far as the guards ask. Groups are (authority, entity type)."""

    now: Statistics
    last: Statistics | None  # None: nothing of this source is known yet, so that form alone is judged
    from_source: bool  # it came from the source's own address
    repeated_keys: Sequence[tuple[str, str]] = ()
    removed: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    flipped: Mapping[tuple[str, str], int] = field(
        default_factory=dict[tuple[str, str], int]
    )  # live to not live or back; a child's change caused by its parent is not counted


@dataclass(frozen=True, slots=True)
class Judgement:
    """Refused for a reason, or accepted; in either case what a person should look at."""

    refusal: Refusal | None
    warnings: tuple[str, ...]


def judge(comparison: Comparison, guards: Guards) -> Judgement:
    """Look at key uniqueness, counts, fill rates and status changes in this order; unknown codes only warn."""
    refusals = (refusal for guard in (_keys, _rows, _bands, _shrink, _required, _filled, _flips) for refusal in guard(comparison, guards))
    return Judgement(next(refusals, None), tuple(_warnings(comparison, guards)))


def _keys(comparison: Comparison, guards: Guards) -> Iterator[Refusal]:
    """Each (entity type, entity code) comes once."""
    if comparison.repeated_keys:
        entity_type, code = comparison.repeated_keys[0]
        yield Refusal("key_repeated", f"{len(comparison.repeated_keys)} keys come more than once, the first is {entity_type} {code}")


def _rows(comparison: Comparison, guards: Guards) -> Iterator[Refusal]:
    """There is at least one row."""
    if comparison.now.total == 0:
        yield Refusal("no_records", "the file holds no rows")


def _bands(comparison: Comparison, guards: Guards) -> Iterator[Refusal]:
    """From the source's own address: no fewer rows of a type than it ever had; more only warn."""
    counts = comparison.now.by_type()
    for entity_type, (least, _) in guards.bands.items():
        if comparison.from_source and counts.get(entity_type, 0) < least:
            yield Refusal("too_few_rows", f"{counts.get(entity_type, 0)} rows of {entity_type}, at least {least} are expected")


def _shrink(comparison: Comparison, guards: Guards) -> Iterator[Refusal]:
    """Rows do not vanish in numbers: removed is not withdrawn, so a register hardly ever shrinks."""
    if comparison.last is None:
        return
    for authority, types in comparison.last.rows.items():
        if sum(types.values()) >= _ALL_OF_AN_AUTHORITY and authority not in comparison.now.rows and guards.max_shrink < 1:
            yield Refusal("authority_missing", f"all {sum(types.values())} rows of {authority} are gone")
    for (authority, entity_type), gone in sorted(comparison.removed.items()):
        before = comparison.last.rows.get(authority, {}).get(entity_type, 0)
        if _too_many(gone, before, guards.max_shrink, guards.floor_rows):
            yield Refusal("rows_missing", f"{gone} of {before} rows {authority} {entity_type} are gone")
    gone, before = sum(comparison.removed.values()), comparison.last.total
    if _too_many(gone, before, guards.max_shrink, guards.floor_rows):
        yield Refusal("rows_missing", f"{gone} of {before} rows are gone")


def _required(comparison: Comparison, guards: Guards) -> Iterator[Refusal]:
    """What every row must say is said; this is form, and judged without a last file too."""
    counts = comparison.now.by_type()
    for name, types in guards.required.items():
        chosen = [entity_type for entity_type in counts if (entity_type in types if types else kind_of_type(entity_type) != "branch")]
        rows = sum(counts[entity_type] for entity_type in chosen)
        missing = rows - sum(comparison.now.filled.get(entity_type, {}).get(name, 0) for entity_type in chosen)
        if missing and (missing == rows or _too_many(missing, rows, guards.max_unfilled, _FEW)):
            yield Refusal("property_missing", f"{missing} of {rows} rows lack {name}")


def _filled(comparison: Comparison, guards: Guards) -> Iterator[Refusal]:
    """A property the last file had is still there."""
    if comparison.last is None:
        return
    before, now = comparison.last.by_type(), comparison.now.by_type()
    for entity_type, names in comparison.last.filled.items():
        for name, filled in names.items():
            expected = filled * now.get(entity_type, 0) / before[entity_type]
            lost = expected - comparison.now.filled.get(entity_type, {}).get(name, 0)
            if _too_many(lost, expected, guards.max_unfilled, guards.floor_rows):
                yield Refusal("property_missing", f"about {lost:.0f} of {expected:.0f} rows {entity_type} lost {name}")


def _flips(comparison: Comparison, guards: Guards) -> Iterator[Refusal]:
    """Authorisations are not withdrawn or given back in numbers. Agents come and go; their changes only warn."""
    if comparison.last is None:
        return
    flipped = {group: count for group, count in sorted(comparison.flipped.items()) if kind_of_type(group[1]) != "agent"}
    for (authority, entity_type), count in flipped.items():
        before = comparison.last.rows.get(authority, {}).get(entity_type, 0)
        if _too_many(count, before, guards.max_flips, guards.floor_rows):
            yield Refusal("statuses_flipped", f"{count} of {before} rows {authority} {entity_type} changed their status")
    count = sum(flipped.values())
    rows = sum(count for entity_type, count in comparison.last.by_type().items() if kind_of_type(entity_type) != "agent")
    if _too_many(count, rows, guards.max_flips, guards.floor_rows) or (count >= _FEW and count > rows / 2 and guards.max_flips < 1):
        yield Refusal("statuses_flipped", f"{count} of {rows} institutions and branches changed their status")
    live_before, live_now = _live(comparison.last), _live(comparison.now)
    if live_before >= _FEW and live_now == 0 and guards.max_flips < 1:
        yield Refusal("statuses_flipped", f"none of {live_before} live institutions is live any more")


def _warnings(comparison: Comparison, guards: Guards) -> Iterator[str]:
    for word, seen in comparison.now.alarms.items():
        for what, count in seen.items():
            yield f"{word} {what}: {count} rows" if what else f"{word}: {count} rows"
    counts = comparison.now.by_type()
    for entity_type, (_, most) in guards.bands.items():
        if comparison.from_source and counts.get(entity_type, 0) > most:
            yield f"more_rows_than_expected {entity_type}: {counts[entity_type]} rows"
    for (authority, entity_type), count in sorted(comparison.flipped.items()):
        before = comparison.last.rows.get(authority, {}).get(entity_type, 0) if comparison.last else 0
        if kind_of_type(entity_type) == "agent" and _too_many(count, before, guards.max_flips, guards.floor_rows):
            yield f"agents_flipped {authority} {entity_type}: {count} of {before} rows"


def _too_many(count: float, of: float, share: float, floor: int) -> bool:
    return count > floor and count > of * share


def _live(statistics: Statistics) -> int:
    return sum(count for entity_type, count in statistics.live_by_type().items() if kind_of_type(entity_type) == "institution")
