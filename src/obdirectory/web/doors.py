"""What the web needs of the rest of the product: one frozen set of callables, filled by ``app.py`` and by a fake in tests."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from obdirectory.check.question import Environment, Question
from obdirectory.check.verdict import Verdict
from obdirectory.directory.history import FirmEvent
from obdirectory.directory.search import FirmChange, FirmHit, FirmView
from obdirectory.platform.identity import ApiClient

T = TypeVar("T")

Explain: TypeAlias = Literal["deciding", "all"]
"""``deciding``: the findings not met or unknown and the deciding ones; ``all``: every requirement looked at."""


class Answer(msgspec.Struct, frozen=True):
    """One answered question: the JSON of its verdict, as recorded, and its receipt if one was asked for."""

    id: str
    body: bytes
    receipt: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict read back from its JSON, for pages."""
        return _VERDICT.decode(self.body)


_VERDICT = msgspec.json.Decoder(Verdict)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A stretch of a list. ``after`` is the key to go on from, None at the end."""

    items: tuple[T, ...]
    after: str | None = None


class ListStatus(msgspec.Struct, frozen=True):
    """One trusted list (or the list of lists, ``EU``) as it stands now."""

    territory: str
    operator: str
    outcome: str  # accepted | expired | refused: of the list that counts, or of the last one tried when none counts
    reason: str
    sequence: int | None
    version: int | None
    issued_at: datetime | None
    next_update_at: datetime | None
    known_at: datetime | None
    tried_at: datetime | None
    tried_outcome: str
    services: int
    sha256: str
    tried_reason: str = ""


class ListedService(msgspec.Struct, frozen=True):
    """One trust service of a list as it stands now."""

    provider: str
    name: str
    type: str
    status: str
    since: datetime | None
    additional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListDetail:
    """A list with its services and every file of it that was tried, newest first."""

    status: ListStatus
    services: tuple[ListedService, ...]
    tried: tuple[ListStatus, ...] = ()


class SourceStatus(msgspec.Struct, frozen=True):
    """One register as it stands now: what serves, how old it is by its own word, how the last run went."""

    source: str
    title: str
    kind: str  # payment | credit | curated
    snapshot: str | None
    as_of: datetime | None
    accepted_at: datetime | None
    records: int | None
    last_run_at: datetime | None
    last_outcome: str | None  # accepted refused held unchanged failed
    last_reason: str
    sha256: str = ""


class SnapshotRow(msgspec.Struct, frozen=True):
    """One fetch of a register and what became of it."""

    snapshot: str
    outcome: str
    reason: str
    fetched_at: datetime
    as_of: datetime | None
    records: int | None
    added: int | None
    removed: int | None
    changed: int | None
    sha256: str


class EvidenceAge(msgspec.Struct, frozen=True):
    """How old one kind of evidence is, against the limit after which answers say so."""

    name: str
    age_seconds: float | None  # None: nothing loaded
    limit_seconds: float | None
    late: bool


class Readiness(msgspec.Struct, frozen=True):
    """Whether this process can answer, and from how old a state."""

    ready: bool
    reasons: tuple[str, ...]
    worlds: Mapping[str, int]  # environment -> version
    evidence: Mapping[str, tuple[EvidenceAge, ...]]  # environment -> ages


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """What one environment's world holds, for the first page."""

    environment: Environment
    version: int
    known_at: datetime
    firms: int
    lists: tuple[ListStatus, ...]
    sources: tuple[SourceStatus, ...]
    ages: tuple[EvidenceAge, ...]
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A certificate of the sandbox world that a visitor may try with one click."""

    name: str  # of the firm
    what: str  # what is to be seen, one sentence
    pem: str
    payment_service: str
    country: str
    chain_pem: str = ""


class Check(Protocol):
    """Ask the check. Never raises for a bad certificate; Unavailable when the answer cannot be recorded."""

    async def __call__(self, question: Question, *, receipt: bool = False, explain: Explain = "deciding") -> Answer: ...


class EntityDoor(Protocol):
    """A firm by its id, as true at one instant and as known at another; None when no such firm was known then."""

    async def __call__(self, environment: Environment, entity_id: str, *, at: datetime, known_at: datetime) -> FirmView | None: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything pages and API may ask of the product. ``authenticate`` and the two limits are memory only, so plain functions."""

    clock: Callable[[], datetime]
    authenticate: Callable[[str], ApiClient | None]  # the key as sent after "Bearer "
    take: Callable[[ApiClient], float | None]  # None: granted; else seconds to wait
    take_address: Callable[[str], float | None]  # the same for a visitor's address
    check: Check
    answer_by_id: Callable[[str, Environment, str | None], Awaitable[Answer | None]]  # id, environment, key id (None: anonymous)
    receipt: Callable[[str, Environment, str | None], Awaitable[str | None]]
    search: Callable[[Environment, str, int, str | None], Awaitable[Page[FirmHit]]]  # text, limit, after
    entity: EntityDoor
    entity_history: Callable[[Environment, str], Awaitable[tuple[FirmEvent, ...]]]  # newest first
    changes: Callable[[Environment, str | None, int], Awaitable[Page[FirmChange]]]  # after, limit; oldest first
    list_status: Callable[[Environment], Awaitable[Sequence[ListStatus]]]
    list_detail: Callable[[Environment, str], Awaitable[ListDetail | None]]
    source_status: Callable[[Environment], Awaitable[Sequence[SourceStatus]]]
    snapshots: Callable[[Environment, str, str | None, int], Awaitable[Page[SnapshotRow] | None]]  # source, after, limit; newest first
    world_summary: Callable[[Environment], Awaitable[WorldSummary]]
    sandbox_examples: Callable[[], tuple[Example, ...]]
    ready: Callable[[], Readiness]
    metrics: Callable[[], bytes]
    jwks: Callable[[], bytes]
