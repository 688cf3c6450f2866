"""What in the registers a person must look at, told from the rows alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from obdirectory.core.nca import of_register_code
from obdirectory.directory.merge import EntryKey, Merged
from obdirectory.registers.record import RegisterRecord

WHOLE = ("number_names_several_firms", "registers_disagree", "branch_without_parent")
"""Kinds that are told from all rows together; the others from one row alone."""

# An exemption cannot cover initiation and information, and a registration for information covers nothing else.
_IMPOSSIBLE = {"PSD_EPI": frozenset({"PS_070", "PS_080"}), "PSD_EEMI": frozenset({"PS_070", "PS_080"})}
_TO_BE_LOOKED_AT = ("unparsable_date", "dates_out_of_order", "no_date", "repeated_property", "unknown_status", "unexpected_value")


@dataclass(frozen=True, slots=True)
class Case:
    """Something a person must look at; open as long as it is so."""

    kind: str
    subject: str
    message: str
    entries: tuple[str, ...]


def subject(key: EntryKey) -> str:
    """A register row as the subject of a case."""
    return " ".join(key)


def cases_of_entry(source: str, record: RegisterRecord) -> Iterator[Case]:
    """What one row alone tells."""
    row = subject((source, record.entity_type, record.entity_code))
    impossible = sorted({code for _, code in record.services} & _IMPOSSIBLE.get(record.entity_type, frozenset()))
    if impossible:
        yield Case("service_not_possible_for_type", row, f"{record.entity_type} lists {', '.join(impossible)}", (row,))
    if of_register_code(record.authority_code) is None:
        yield Case("authority_unknown", row, f"nobody knows the authority {record.authority_code}", (row,))
    unreadable = [f"{word} {what}".strip() for word, what in record.deviations if word in _TO_BE_LOOKED_AT]
    if unreadable:
        yield Case("row_not_understood", row, "; ".join(unreadable)[:500], (row,))


def cases_of_firms(merged: Merged, dates: Mapping[EntryKey, Sequence[date]]) -> Iterator[Case]:
    """What all rows together tell. ``dates``: when each row was authorised and withdrawn, as it says."""
    for (authority, number), firms in merged.shared.items():
        rows = tuple(subject(key) for group in merged.groups if group.entity_id in firms for key in group.keys)
        yield Case("number_names_several_firms", f"{authority} {number}", f"{len(firms)} firms of {authority} carry {number}", rows)
    for key in merged.orphans:
        yield Case("branch_without_parent", subject(key), "its parent is in no register", (subject(key),))
    for group in merged.groups:
        by_licence = _by_licence(group.keys)
        if len({source for source, _ in by_licence}) > 1 and _disagree(by_licence, dates):
            rows = tuple(subject(key) for key in group.keys)
            yield Case("registers_disagree", group.entity_id, "withdrawn in one register and live in another", rows)


def _by_licence(keys: Iterable[EntryKey]) -> dict[tuple[str, str], list[EntryKey]]:
    found: dict[tuple[str, str], list[EntryKey]] = {}
    for key in keys:
        if key[1] not in ("PSD_BR", "CRD_EEA_BRA"):
            found.setdefault((key[0], key[1][:3]), []).append(key)
    return found


def _disagree(by_licence: Mapping[tuple[str, str], Sequence[EntryKey]], dates: Mapping[EntryKey, Sequence[date]]) -> bool:
    """Of one licence, one register's rows are all withdrawn and another's are not. An operator's entry may be of any licence."""
    over = {licence: all(len(dates[key]) % 2 == 0 for key in keys) for licence, keys in by_licence.items()}
    for (source, licence), is_over in over.items():
        for (other_source, other_licence), other_is_over in over.items():
            comparable = licence == other_licence or {licence, other_licence} - {"PSD", "CRD"}
            if source != other_source and comparable and is_over != other_is_over:
                return True
    return False
