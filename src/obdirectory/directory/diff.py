"""What one register row says otherwise than before, property by property."""

from collections.abc import Iterable
from dataclasses import dataclass

from obdirectory.registers.row import Properties


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property before and after; None: it is not there."""

    name: str
    old: tuple[str, ...] | None
    new: tuple[str, ...] | None


def diff(before: Properties, after: Properties) -> tuple[PropertyChange, ...]:
    """The properties that differ, in the order of their names."""
    names = sorted(before.keys() | after.keys())
    return tuple(PropertyChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))


def apply(changes: Iterable[PropertyChange], before: Properties) -> dict[str, tuple[str, ...]]:
    """The row after these changes: ``apply(diff(a, b), a) == b``."""
    after = dict(before)
    for change in changes:
        if change.new is None:
            after.pop(change.name, None)
        else:
            after[change.name] = change.new
    return after
