"""One fetch of a register: what it was, what became of it, and what it changed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import msgspec

from obdirectory.registers.record import RecordKind
from obdirectory.registers.row import Reader

if TYPE_CHECKING:
    from obdirectory.platform.db import Connection

Environment: TypeAlias = Literal["live", "sandbox"]
Outcome: TypeAlias = Literal["accepted", "refused", "held", "unchanged", "failed"]


class CollectRow(msgspec.Struct, frozen=True):
    """What a collection came to, as the command prints it. ``changed`` counts properties, not rows."""

    source: str
    outcome: Outcome
    reason: str = ""
    first: bool = False
    added: int = 0
    removed: int = 0
    changed: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file that is believed, while it is written down."""

    id: str
    environment: Environment
    source: str
    file_sha256: str
    as_of: datetime
    known_at: datetime
    next_known_at: datetime | None  # a later snapshot of this source that is known already: this one counts until then
    first: bool  # nothing of this source was known before


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row before and after. ``before`` None: added. ``after`` None: gone, which is not withdrawn."""

    kind: RecordKind
    entity_type: str
    entity_code: str
    before: bytes | None
    after: bytes | None
    was_missing: bool = False  # it had gone before and is back
    is_kept: bool = False  # the file has it as it was too: one key, two rows


Changes: TypeAlias = AsyncIterator[Sequence[RowChange]]


class Publish(Protocol):
    """Who takes an accepted snapshot's changes over, in the same transaction: the directory. Returns how many properties changed.

    Of a source's first snapshot agents are left out: there is nothing to compare them with.
    """

    async def __call__(self, connection: "Connection", snapshot: Snapshot, changes: Changes, reader: Reader, /) -> int: ...


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One register as the page and the command show it."""

    source: str
    title: str
    kind: Literal["payment", "credit", "curated"]
    publisher: str
    url: str
    terms: str
    snapshot: str | None  # the one that serves; None: nothing was accepted yet
    file_sha256: str | None
    as_of: datetime | None
    age_seconds: float | None  # since as_of
    fresh: bool | None  # as its description asks; what it means for a verdict is the policy's business
    rows_by_type: dict[str, int]
    live_by_type: dict[str, int]
    warnings: tuple[str, ...]
    last_outcome: Outcome | None  # of the last file looked at
    last_looked_at: datetime | None
    last_reason: str
    last_refused_at: datetime | None
    last_refusal_reason: str
    last_refusal_message: str
