"""The web's doors, filled: what pages and API ask for, taken from each package's own functions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from obdirectory.app.application import App, clock
from obdirectory.app.past import receipt_of, recorded_answer
from obdirectory.check.question import Environment, Question
from obdirectory.check.worlds import ENVIRONMENTS
from obdirectory.core.errors import InvalidInput, NotFound
from obdirectory.directory import search as directory
from obdirectory.registers.collect import source_status
from obdirectory.registers.looks import looks
from obdirectory.registers.snapshot import SourceStatus as RegisterStatus
from obdirectory.registers.sources import SOURCES
from obdirectory.sandbox.firms import FIRMS
from obdirectory.trust import status as trust_status
from obdirectory.trust.status import ListStatus as TrustListStatus
from obdirectory.web.doors import (
    Answer,
    Doors,
    EvidenceAge,
    Example,
    Explain,
    FirmChange,
    FirmEvent,
    FirmHit,
    FirmView,
    ListDetail,
    ListedService,
    ListStatus,
    Page,
    Readiness,
    SnapshotRow,
    SourceStatus,
    WorldSummary,
)

_REGISTER_LIMIT_SECONDS = 26 * 3600.0  # the strict policy's "fine" (rules 6)
_ANONYMOUS = ""


def open_doors(app: App) -> Doors:
    """Every door of the web onto this application."""
    asked = _Asked(app)
    known = _Known(app)
    return Doors(
        clock=clock,
        authenticate=app.authenticate,
        take=app.take,
        take_address=app.take_address,
        check=asked.check,
        answer_by_id=asked.answer_by_id,
        receipt=asked.receipt,
        search=known.search,
        entity=known.entity,
        entity_history=known.history,
        changes=known.changes,
        list_status=known.list_status,
        list_detail=known.list_detail,
        source_status=known.source_status,
        snapshots=known.snapshots,
        world_summary=known.world_summary,
        sandbox_examples=lambda: examples(app),
        ready=lambda: readiness(app),
        metrics=app.metrics.text,
        jwks=lambda: json.dumps({"keys": [key for ring in app.rings.values() for key in ring.jwks(clock())["keys"]]}).encode(),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """Questions and the answers given to them."""

    app: App

    async def check(self, question: Question, *, receipt: bool = False, explain: Explain = "deciding") -> Answer:
        answered = await self.app.checker(question, explain_all=explain == "all")
        return Answer(answered.id, answered.body, receipt_of(self.app, answered.body) if receipt else None)

    async def answer_by_id(self, check_id: str, environment: Environment, client: str | None) -> Answer | None:
        try:
            found = recorded_answer(self.app, check_id)
        except (NotFound, InvalidInput):
            return None
        answer = Answer(found.check_id, found.verdict)
        # A caller reads its own answers: those of others, and of the other environment, are not there for it.
        mine = found.client == (client or _ANONYMOUS) and answer.verdict.question.environment == environment
        return answer if mine else None

    async def receipt(self, check_id: str, environment: Environment, client: str | None) -> str | None:
        answer = await self.answer_by_id(check_id, environment, client)
        return None if answer is None else receipt_of(self.app, answer.body)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the directory knows."""

    app: App

    async def search(self, environment: Environment, text: str, limit: int, after: str | None) -> Page[FirmHit]:
        found = await directory.search(self.app.database, environment, text, limit=limit, after=after, at=clock())
        return Page(found.items, found.after)

    async def entity(self, environment: Environment, entity_id: str, *, at: datetime, known_at: datetime) -> FirmView | None:
        return await directory.entity(self.app.database, environment, entity_id, at=at, known_at=known_at)

    async def history(self, environment: Environment, entity_id: str) -> tuple[FirmEvent, ...]:
        return await directory.history(self.app.database, environment, entity_id, known_at=clock())

    async def changes(self, environment: Environment, after: str | None, limit: int) -> Page[FirmChange]:
        items, cursor = await directory.changes(self.app.database, environment, after=after, limit=limit)
        return Page(items, cursor)

    async def list_status(self, environment: Environment) -> Sequence[ListStatus]:
        return [_list(found) for found in await trust_status.list_status(self.app.database, environment, now=clock())]

    async def list_detail(self, environment: Environment, territory: str) -> ListDetail | None:
        now = clock()
        try:
            found = await trust_status.list_detail(self.app.database, self.app.objects, environment, territory, now=now)
        except NotFound:
            return None
        services = [
            ListedService(service.provider, service.name, current.type, current.status, current.from_at, tuple(sorted(current.additional)))
            for _, listed in found.providers
            for service in listed
            if (current := next(iter(service.intervals), None)) is not None
        ]
        return ListDetail(_list(found.status), tuple(services))

    async def source_status(self, environment: Environment) -> Sequence[SourceStatus]:
        return [_source(found) for found in await source_status(self.app.database, environment, now=clock())]

    async def snapshots(self, environment: Environment, source: str, after: str | None, limit: int) -> Page[SnapshotRow] | None:
        if source not in SOURCES:
            return None
        rows = await looks(self.app.database, environment, source, before=after, limit=limit + 1)
        items = tuple(
            SnapshotRow(
                row.id,
                row.outcome,
                row.reason,
                row.recorded_at,
                row.as_of,
                row.records,
                row.added,
                row.removed,
                row.changed,
                row.file_sha256 or "",
            )
            for row in rows[:limit]
        )
        return Page(items, items[-1].snapshot if len(rows) > limit else None)

    async def world_summary(self, environment: Environment) -> WorldSummary:
        world = self.app.worlds.now(environment)
        return WorldSummary(
            environment,
            world.version,
            world.known_at,
            len(world.directory.firms),
            tuple(await self.list_status(environment)),
            tuple(await self.source_status(environment)),
            ages(self.app, environment),
            world.degraded,
        )


def ages(app: App, environment: Environment) -> tuple[EvidenceAge, ...]:
    """How old each kind of evidence of the standing world is, the oldest of its kind."""
    world, now = app.worlds.now(environment), clock()
    found: list[EvidenceAge] = []
    lists = list(world.trust.loaded.values())
    oldest = min(lists, key=lambda one: one.next_update_at or one.issued_at, default=None)
    late = any(one.next_update_at is not None and one.next_update_at < now for one in lists)
    limit = None if oldest is None or oldest.next_update_at is None else (oldest.next_update_at - oldest.issued_at).total_seconds()
    found.append(EvidenceAge("Trusted lists", None if oldest is None else (now - oldest.issued_at).total_seconds(), limit, late))
    sources = list(world.directory.sources.values())
    if not sources:
        found.append(EvidenceAge("Registers", None, _REGISTER_LIMIT_SECONDS, late=False))
    for source in sources:
        age = (now - source.as_of).total_seconds()
        limit = None if source.kind == "curated" else _REGISTER_LIMIT_SECONDS
        found.append(EvidenceAge(SOURCES[source.source].title, age, limit, late=limit is not None and age > limit))
    return tuple(found)


def readiness(app: App) -> Readiness:
    """Able to answer from loaded worlds? A database that is away does not make it unready: that is what the memory is for."""
    reasons = [f"{name}: {word}" for name in ENVIRONMENTS for word in app.worlds.now(name).degraded]
    ready = all(app.worlds.now(name).degraded != ("not_loaded",) for name in ENVIRONMENTS)
    return Readiness(
        ready,
        tuple(reasons),
        {name: app.worlds.now(name).version for name in ENVIRONMENTS},
        {name: ages(app, name) for name in ENVIRONMENTS},
    )


def examples(app: App) -> tuple[Example, ...]:
    """The sandbox's certificates, with the question each is there for."""
    folder = app.settings.data_dir / "sandbox" / "certificates"
    found: list[Example] = []
    for firm in FIRMS:
        path = folder / f"{firm.file}.pem"
        if path.is_file():
            found.append(Example(firm.name, firm.what, path.read_text(encoding="ascii"), firm.ask_service, firm.ask_country))
    return tuple(found)


def _list(found: TrustListStatus) -> ListStatus:
    outcome = {"current": "accepted", "expired": "expired", "missing": "refused"}[found.status]
    return ListStatus(
        territory=found.territory,
        operator=found.address,
        outcome=outcome,
        reason=found.refusal if found.status == "missing" else "",
        sequence=found.sequence,
        version=found.version,
        issued_at=found.issued_at,
        next_update_at=found.next_update_at,
        known_at=found.known_at,
        tried_at=found.checked_at,
        tried_outcome="refused" if found.refusal else outcome,
        tried_reason=found.refusal,
        services=found.services,
        sha256=found.sha256 or "",
    )


def _source(found: RegisterStatus) -> SourceStatus:
    return SourceStatus(
        source=found.source,
        title=found.title,
        kind=found.kind,
        snapshot=found.snapshot,
        as_of=found.as_of,
        accepted_at=found.last_looked_at,
        records=sum(found.rows_by_type.values()) if found.snapshot else None,
        last_run_at=found.last_looked_at,
        last_outcome=found.last_outcome,
        last_reason=found.last_reason,
        sha256=found.file_sha256 or "",
    )
