"""A map that never changes: changing some entries gives a new map and copies only the small parts they lie in."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Self, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

_ENTRIES_EACH = 128
_MOST_ENTRIES_EACH = 1024


class Shards(Mapping[K, V], Generic[K, V]):
    """Entries spread over small dictionaries by hash. A change of one entry costs microseconds whatever the size."""

    __slots__ = ("_length", "_mask", "_parts")

    def __init__(self, parts: list[dict[K, V]], length: int) -> None:
        """Take over ``parts``, a power of two of them; use ``of`` to make a map from entries."""
        self._parts = parts
        self._mask = len(parts) - 1
        self._length = length

    @classmethod
    def of(cls, entries: Mapping[K, V]) -> Self:
        """The same entries, spread."""
        count = 1
        while count * _ENTRIES_EACH < len(entries):
            count *= 2
        parts: list[dict[K, V]] = [{} for _ in range(count)]
        mask = count - 1
        for key, value in entries.items():
            parts[hash(key) & mask][key] = value
        return cls(parts, len(entries))

    def changed(self, changes: Iterable[tuple[K, V | None]]) -> "Shards[K, V]":
        """A map with these entries set, or taken out where the value is None; this one stays as it is."""
        parts = list(self._parts)
        length = self._length
        copied: set[int] = set()
        for key, value in changes:
            place = hash(key) & self._mask
            if place not in copied:
                parts[place] = dict(parts[place])
                copied.add(place)
            part = parts[place]
            length -= len(part)
            if value is None:
                part.pop(key, None)
            else:
                part[key] = value
            length += len(part)
        grown = Shards(parts, length)
        return grown if length <= _MOST_ENTRIES_EACH * len(parts) else Shards[K, V].of(grown)

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, default: V | T, /) -> V | T: ...
    def get(self, key: K, default: V | T | None = None, /) -> V | T | None:
        """The value of a key, or ``default``; without raising, since most numbers asked about miss some map."""
        return self._parts[hash(key) & self._mask].get(key, default)

    def __getitem__(self, key: K) -> V:
        return self._parts[hash(key) & self._mask][key]

    def __contains__(self, key: object) -> bool:
        return key in self._parts[hash(key) & self._mask]

    def __iter__(self) -> Iterator[K]:
        for part in self._parts:
            yield from part

    def __len__(self) -> int:
        return self._length
