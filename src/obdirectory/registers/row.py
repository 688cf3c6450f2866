"""One row read just far enough to be kept, counted and judged; and what a source's reader must offer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import msgspec

from obdirectory.registers.record import RecordKind, RegisterRecord

Properties: TypeAlias = Mapping[str, tuple[str, ...]]
"""Everything a row says, by property, in one notation (a single value is a list of one; services are sorted)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is not believed: a word, and a sentence for the operator."""

    reason: str
    message: str


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of a register file. ``filled`` names the properties it has, ``alarms`` what nobody expected in it."""

    raw: bytes
    kind: RecordKind
    entity_type: str
    entity_code: str
    authority_code: str
    national_number: str | None
    parent_type: str | None
    parent_code: str | None
    active: bool | None  # of a branch or agent
    live: bool | None  # authorised or active now by its own statement; None: unknown
    filled: tuple[str, ...]
    version: str  # of this row, sortable; empty when the source has none
    alarms: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.entity_type, self.entity_code


RawRow: TypeAlias = "bytes | msgspec.Raw"


class Reader(Protocol):
    """What each source offers, all of it pure: bytes in, values out."""

    def split(self, content: bytes) -> Sequence[RawRow] | Refusal:
        """The file's rows, unread; a Refusal if this is not a whole file of this register."""
        ...

    def row(self, raw: RawRow) -> Row | Refusal:
        """One row, read just far enough; a Refusal if it cannot be read or says one thing twice."""
        ...

    def record(self, raw: bytes) -> RegisterRecord:
        """One row in full. Only for rows that ``row`` has read."""
        ...

    def properties(self, raw: bytes) -> Properties:
        """Everything the row says, versions left out. Only for rows that ``row`` has read."""
        ...

    def newest_version(self, raws: Iterable[RawRow], content: bytes) -> str:
        """The newest row version in the file, or an empty text."""
        ...
