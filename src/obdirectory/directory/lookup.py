"""The keys under which a firm is found, and the index made of them: numbers only ever compared inside one authority."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias, TypeVar

from obdirectory.core.authorisation_number import normalised, without_zeros
from obdirectory.directory.index import Authorisation, DirectoryIndex, Firm, SourceState
from obdirectory.directory.shards import Shards

K = TypeVar("K")
V = TypeVar("V")
MapName: TypeAlias = Literal["exact", "by_normalised", "by_numeric", "by_company_number", "by_lei", "by_alias"]
NUMBER_MAPS: tuple[MapName, ...] = ("exact", "by_alias", "by_normalised", "by_numeric", "by_company_number")
_GERMANY = "DE-BAFIN"
# The authorities whose certificates carry the number of the register key and not the national reference. Clause: our reading.
_BY_KEY = frozenset({"FR-ACPR", "SE-FINA"})


def code_tail(entity_code: str, authority_code: str) -> str:
    """The authority's own number in a register key: the last part of ``CA!id`` and ``TYPE!CA!id``, the rest of ``XX_CA_id``."""
    if "!" in entity_code:
        return entity_code.rsplit("!", 1)[1]
    _, found, tail = entity_code.partition(f"{authority_code}_")
    return tail if found and tail else entity_code


def candidate_numbers(authorisation: Authorisation) -> tuple[str, ...]:
    """Every number a certificate may carry for this entry, as its register writes them."""
    tail = code_tail(authorisation.entity_code, authorisation.authority_code)
    return tuple(dict.fromkeys(number for number in (authorisation.number, tail, *authorisation.other_numbers) if number.strip()))


def organization_identifier(authorisation: Authorisation) -> str:
    """The organizationIdentifier a certificate of this entry carries, ``PSDDE-BAFIN-125314``; empty if its authority has no code there.

    Clause: ETSI TS 119 495 clause 5.2.1 for the form; which number each authority means is our reading.
    """
    if authorisation.authority is None:
        return ""
    authority = str(authorisation.authority)
    number = code_tail(authorisation.entity_code, authorisation.authority_code) if authority in _BY_KEY else authorisation.number
    number = "".join(number.split())
    if authority == _GERMANY and len(number) == 8 and number.startswith("10"):
        number = number[2:]
    return f"PSD{authority}-{number}"


def numeric_keys(authority: str, number: str) -> tuple[str, ...]:
    """The number without leading zeros if it is all digits; for BaFin also without the "10" that its ids put before six digits.

    Clause: our reading of BaFin's ids against production certificates.
    """
    key = without_zeros(number)
    if key is None:
        return ()
    if authority == _GERMANY and len(key) == 8 and key.startswith("10"):
        return (key, key[2:].lstrip("0") or "0")
    return (key,)


def keys_of(firm: Firm) -> Iterator[tuple[MapName, tuple[str, str]]]:
    """Every (map, (authority, key)) a firm is found under; some come twice."""
    for authorisation in firm.authorisations:
        if authorisation.authority is None:
            continue
        authority = str(authorisation.authority)
        for number in candidate_numbers(authorisation):
            yield "exact", (authority, number)
            yield "by_normalised", (authority, normalised(number))
            for key in numeric_keys(authority, number):
                yield "by_numeric", (authority, key)
        for number in authorisation.aliases:
            yield "by_alias", (authority, normalised(number))
        # Registers give most firms their company number as the national reference, and some give both.
        for number in (authorisation.number, firm.company_number):
            if number and number.strip():
                yield "by_company_number", (authority, normalised(number))


class Building:
    """An index being built, some firms at a time."""

    def __init__(self) -> None:
        self._firms: dict[str, Firm] = {}
        self._maps: dict[MapName, dict[tuple[str, str], tuple[str, ...]]] = {name: {} for name in NUMBER_MAPS}
        self._leis: dict[str, tuple[str, ...]] = {}

    def add(self, firms: Iterable[Firm]) -> None:
        """Put these firms under their keys."""
        for firm in firms:
            self._firms[firm.entity_id] = firm
            alone = (firm.entity_id,)
            pairs: dict[tuple[str, str], tuple[str, str]] = {}  # one tuple for one pair, whatever the map: half the memory
            for name, pair in keys_of(firm):
                pair = pairs.setdefault(pair, pair)
                there = self._maps[name].setdefault(pair, alone)
                if firm.entity_id not in there:
                    self._maps[name][pair] = (*there, firm.entity_id)
            if firm.lei:
                self._leis[firm.lei] = (*self._leis.get(firm.lei, ()), firm.entity_id)

    def index(self, sources: Mapping[str, SourceState] | None = None, *, snapshots: frozenset[str] = frozenset()) -> DirectoryIndex:
        """What was added, as an index."""
        return DirectoryIndex(
            sources=dict(sources or {}),
            firms=Shards[str, Firm].of(self._firms),
            by_lei=Shards[str, tuple[str, ...]].of(self._leis),
            snapshots=snapshots,
            **{name: Shards[tuple[str, str], tuple[str, ...]].of(entries) for name, entries in self._maps.items()},
        )


def index_of(firms: Iterable[Firm], sources: Mapping[str, SourceState] | None = None) -> DirectoryIndex:
    """The index of these firms."""
    building = Building()
    building.add(firms)
    return building.index(sources)


def apply_changes(
    index: DirectoryIndex, *, firms: Iterable[Firm] = (), gone: Iterable[str] = (), sources: Mapping[str, SourceState] | None = None
) -> DirectoryIndex:
    """The index with these firms as they are now and those ids gone; only what they touch is copied."""
    now = {firm.entity_id: firm for firm in firms}
    touched = [*now, *(entity_id for entity_id in gone if entity_id not in now)]
    added: dict[str, set[tuple[MapName, tuple[str, str]]]] = {name: set(keys_of(firm)) for name, firm in now.items()}
    before = {entity_id: firm for entity_id in touched if (firm := index.firms.get(entity_id)) is not None}
    maps: dict[MapName, list[tuple[tuple[str, str], str, bool]]] = {name: [] for name in NUMBER_MAPS}
    leis: list[tuple[str, str, bool]] = []
    for entity_id in touched:
        old = set(keys_of(before[entity_id])) if entity_id in before else set[tuple[MapName, tuple[str, str]]]()
        new = added.get(entity_id, set())
        for name, pair in old - new:
            maps[name].append((pair, entity_id, False))
        for name, pair in new - old:
            maps[name].append((pair, entity_id, True))
        old_lei = before[entity_id].lei if entity_id in before else None
        new_lei = now[entity_id].lei if entity_id in now else None
        if old_lei != new_lei:
            leis += [(lei, entity_id, there) for lei, there in ((old_lei, False), (new_lei, True)) if lei]
    return replace(
        index,
        sources=index.sources if sources is None else dict(sources),
        firms=_sharded(index.firms).changed([(entity_id, now.get(entity_id)) for entity_id in touched]),
        by_lei=_with(index.by_lei, leis),
        exact=_with(index.exact, maps["exact"]),
        by_alias=_with(index.by_alias, maps["by_alias"]),
        by_normalised=_with(index.by_normalised, maps["by_normalised"]),
        by_numeric=_with(index.by_numeric, maps["by_numeric"]),
        by_company_number=_with(index.by_company_number, maps["by_company_number"]),
    )


def _with(entries: Mapping[K, tuple[str, ...]], changes: list[tuple[K, str, bool]]) -> Shards[K, tuple[str, ...]]:
    """The map with each id put under or taken from its key; a key without ids goes."""
    now: dict[K, tuple[str, ...]] = {}
    for key, entity_id, there in changes:
        others = tuple(other for other in now.get(key, entries.get(key, ())) if other != entity_id)
        now[key] = (*others, entity_id) if there else others
    return _sharded(entries).changed([(key, ids or None) for key, ids in now.items()])


def _sharded(entries: Mapping[K, V]) -> Shards[K, V]:
    return entries if isinstance(entries, Shards) else Shards[K, V].of(entries)
