"""Which register rows are one firm. Pure, and the same whatever the order of the rows.

Inside one register a firm is joined by the key its authority uses and by its national number under one authority, across
registers by LEI and by what an operator's entry names. A number that two firms of one type carry joins nobody: it is
ambiguous, and a person decides. Names never join.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from obdirectory.core.authorisation_number import normalised
from obdirectory.core.identifiers import entity_id

EntryKey: TypeAlias = tuple[str, str, str]
"""(source, entity type, entity code)."""

_BRANCHES = frozenset({"PSD_BR", "CRD_EEA_BRA"})  # a third-country branch is authorised itself
_NO_NUMBER = frozenset({"", "0", "NA", "NONE", "NULL", "UNKNOWN", "TBD"})


@dataclass(frozen=True, slots=True)
class Member:
    """One register row of an institution or branch, as far as it says which firm it belongs to."""

    source: str
    entity_type: str
    entity_code: str
    authority_code: str
    number: str  # the national number, else the last part of the code
    lei: str | None = None
    parent_type: str | None = None
    parent_code: str | None = None

    @property
    def key(self) -> EntryKey:
        return self.source, self.entity_type, self.entity_code

    @property
    def is_branch(self) -> bool:
        return self.entity_type in _BRANCHES


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one firm. ``aliases`` are ids of firms that turned out to be this one."""

    entity_id: str
    keys: tuple[EntryKey, ...]
    founder: EntryKey
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """Every row with its firm; ``orphans`` are branches whose parent is nowhere, ``shared`` numbers that name several firms."""

    groups: tuple[Group, ...]
    orphans: tuple[EntryKey, ...]
    shared: Mapping[tuple[str, str], tuple[str, ...]]  # (authority code, normalised number) -> entity ids

    def ids(self) -> dict[EntryKey, str]:
        """Row -> firm."""
        return {key: group.entity_id for group in self.groups for key in group.keys}


def merge(members: Iterable[Member], founded: Collection[str]) -> Merged:
    """The firms these rows are. ``founded`` are ids given out before: a firm that has one keeps it, the smallest if it has several."""
    rows = sorted(members, key=lambda member: member.key)
    firms = [member for member in rows if not member.is_branch]
    joined = _Joined(member.key for member in firms)
    numbers = {member.key: _numbers(member) for member in firms}
    _join_inside_registers(firms, joined)
    _join_by_lei(firms, joined)
    _join_entries_of_the_operator(firms, numbers, joined)
    branches, orphans = _branches(rows, firms, joined)
    groups = tuple(_group(keys, branches, founded) for keys in joined.groups())
    return Merged(groups, orphans, _shared(firms, numbers, groups))


def code_tail(entity_code: str, authority_code: str) -> str:
    """The authority's own number in a register key: the last part of ``CA!id`` and ``TYPE!CA!id``, the rest of ``XX_CA_id``."""
    if "!" in entity_code:
        return entity_code.rsplit("!", 1)[1]
    _, found, tail = entity_code.partition(f"{authority_code}_")
    return tail if found and tail else entity_code


def shown_name(names: Iterable[str]) -> str:
    """The name to show of several: the last one in Latin letters, as registers append it; else the last."""
    given = [name for name in names if name.strip()]
    latin = [name for name in given if _is_latin(name)]
    return (latin or given or [""])[-1]


@dataclass(slots=True)
class _Joined:
    """Sets of rows that are one firm, growing together."""

    parents: dict[EntryKey, EntryKey] = field(default_factory=dict[EntryKey, EntryKey])

    def __init__(self, keys: Iterable[EntryKey]) -> None:
        self.parents = {key: key for key in keys}

    def root(self, key: EntryKey) -> EntryKey:
        while self.parents[key] != key:
            self.parents[key] = self.parents[self.parents[key]]
            key = self.parents[key]
        return key

    def join(self, one: EntryKey, other: EntryKey) -> None:
        one, other = sorted((self.root(one), self.root(other)))
        self.parents[other] = one

    def groups(self) -> list[list[EntryKey]]:
        found: defaultdict[EntryKey, list[EntryKey]] = defaultdict(list)
        for key in self.parents:
            found[self.root(key)].append(key)
        return [sorted(keys) for _, keys in sorted(found.items())]


def _join_inside_registers(firms: list[Member], joined: _Joined) -> None:
    """One code for two types is one firm, and so is one number under one authority, unless two rows of one type carry it."""
    by_code: dict[tuple[str, str], Member] = {}
    by_number: defaultdict[tuple[str, str, str], list[Member]] = defaultdict(list)
    for member in firms:
        code = (member.source, member.entity_code.removeprefix(f"{member.entity_type}!"))
        joined.join(by_code.setdefault(code, member).key, member.key)
        number = member.number.strip().upper()
        if normalised(number) not in _NO_NUMBER:
            by_number[member.source, member.authority_code, number].append(member)
    for carriers in by_number.values():
        if len({member.entity_type for member in carriers}) == len(carriers):
            for member in carriers[1:]:
                joined.join(carriers[0].key, member.key)


def _join_by_lei(firms: list[Member], joined: _Joined) -> None:
    by_lei: dict[str, Member] = {}
    for member in firms:
        if member.lei and member.lei.strip():
            joined.join(by_lei.setdefault(member.lei.strip().upper(), member).key, member.key)


def _join_entries_of_the_operator(firms: list[Member], numbers: Mapping[EntryKey, set[str]], joined: _Joined) -> None:
    """An operator's entry is about the one firm of its authority that has its number; if two have, it stands alone."""
    entries = [member for member in firms if not member.source.startswith("eu_")]
    if not entries:
        return
    published: defaultdict[tuple[str, str], set[EntryKey]] = defaultdict(set)
    for member in firms:
        if member.source.startswith("eu_"):
            for number in numbers[member.key]:
                published[member.authority_code, number].add(joined.root(member.key))
    for member in entries:
        hit = {joined.root(key) for key in published.get((member.authority_code, normalised(member.number)), ())}
        if len(hit) == 1:
            joined.join(hit.pop(), member.key)


def _branches(rows: list[Member], firms: list[Member], joined: _Joined) -> tuple[dict[EntryKey, list[EntryKey]], tuple[EntryKey, ...]]:
    """Root of the parent -> its branches; and the branches whose parent is nowhere."""
    parents: dict[tuple[str, str | None, str], EntryKey] = {}
    for member in firms:
        parents.setdefault((member.source, member.entity_type, member.entity_code), member.key)
        parents.setdefault((member.source, None, member.entity_code), member.key)
        if member.lei:
            parents.setdefault((member.source, None, member.lei), member.key)
    found: defaultdict[EntryKey, list[EntryKey]] = defaultdict(list)
    orphans: list[EntryKey] = []
    for member in rows:
        if member.is_branch:
            parent = parents.get((member.source, member.parent_type, member.parent_code or ""))
            if parent is None:
                orphans.append(member.key)
            else:
                found[joined.root(parent)].append(member.key)
    return found, tuple(orphans)


def _group(keys: list[EntryKey], branches: Mapping[EntryKey, list[EntryKey]], founded: Collection[str]) -> Group:
    ids = {entity_id(*key): key for key in keys}
    known = sorted(found for found in ids if found in founded)
    chosen = known[0] if known else entity_id(*keys[0])
    return Group(chosen, (*keys, *(branch for key in keys for branch in branches.get(key, ()))), ids[chosen], tuple(known[1:]))


def _shared(firms: list[Member], numbers: Mapping[EntryKey, set[str]], groups: Iterable[Group]) -> dict[tuple[str, str], tuple[str, ...]]:
    ids = {key: group.entity_id for group in groups for key in group.keys}
    hit: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for member in firms:
        for number in numbers[member.key]:
            hit[member.authority_code, number].add(ids[member.key])
    return {key: tuple(sorted(found)) for key, found in sorted(hit.items()) if len(found) > 1}


def _numbers(member: Member) -> set[str]:
    """The normalised numbers a certificate may carry for this row."""
    both = {normalised(member.number), normalised(code_tail(member.entity_code, member.authority_code))}
    return both - _NO_NUMBER


def _is_latin(name: str) -> bool:
    return all(ord(character) < 0x250 or not character.isalpha() for character in name) and any(character.isalpha() for character in name)
