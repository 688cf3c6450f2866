"""The application: opened once a process, closed at its end, with one method a task of the command line."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import structlog

from obdirectory.check.archive import Archive
from obdirectory.check.check import Answered, Check
from obdirectory.check.journal import Journal, adopt
from obdirectory.check.memory import Memory
from obdirectory.check.needs import AgentNeed, Need
from obdirectory.check.policy import load_policies
from obdirectory.check.question import Environment, Question
from obdirectory.check.world import AgentHint, World
from obdirectory.check.worlds import ENVIRONMENTS, Worlds
from obdirectory.core.countries import parse_country
from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.core.nca import NcaId
from obdirectory.core.payment_services import PaymentService
from obdirectory.directory import load as directory_load
from obdirectory.directory.index import DirectoryIndex
from obdirectory.directory.search import agents_of_number
from obdirectory.directory.update import publish
from obdirectory.platform.db import Database
from obdirectory.platform.embedded import running
from obdirectory.platform.http import GuardedHttp
from obdirectory.platform.identity import DEFAULT_PERMISSIONS, ApiClient, Credentials, Limiter, create_client, load_clients, read_pepper
from obdirectory.platform.keys import KeyRing
from obdirectory.platform.metrics import Metrics
from obdirectory.platform.migrate import migrate
from obdirectory.platform.objects import ObjectStore, open_objects
from obdirectory.platform.settings import Process, Settings
from obdirectory.platform.world_version import world_versions
from obdirectory.registers.collect import collect
from obdirectory.registers.fetch import fetch_from
from obdirectory.registers.snapshot import CollectRow
from obdirectory.sandbox.firms import FIRMS
from obdirectory.sandbox.world import SandboxWorld, open_world, renew
from obdirectory.trust import load as trust_load
from obdirectory.trust.anchors import Anchors, official_anchors, sandbox_anchors
from obdirectory.trust.bundle import split_certificates
from obdirectory.trust.certificate import MAX_CERTIFICATE_BYTES
from obdirectory.trust.fetch import ListFetch
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.refresh import RefreshRow, refresh
from obdirectory.trust.revocation import RevocationIndex

log = structlog.get_logger()

SANDBOX_REGISTER = "eu_eba"
RINGS_OPENED_EVERY = timedelta(hours=12)  # a key that is due is made then


def clock() -> datetime:
    """The instant it is now, UTC."""
    return datetime.now(UTC)


@dataclass
class App:
    """Everything of one process. Made by ``open_app``."""

    settings: Settings
    dsn: str
    database: Database
    objects: ObjectStore
    http: GuardedHttp
    worlds: Worlds
    check: Check | None  # only in processes that answer
    metrics: Metrics
    rings: dict[Environment, KeyRing]
    applied_migrations: list[str]
    limiter: Limiter = field(default_factory=Limiter)
    credentials: dict[Environment, Credentials] = field(default_factory=dict[Environment, Credentials])
    rings_opened_at: datetime = field(default_factory=clock)

    # -- answering ----------------------------------------------------------------------------------------------------------

    async def check_certificate(
        self,
        certificate: bytes,
        *,
        chain: Sequence[bytes],
        environment: Environment,
        payment_service: PaymentService,
        country: str,
        at: datetime | None,
        known_at: datetime | None,
        policy: str,
        explain_all: bool,
    ) -> Answered:
        """One question of the command line."""
        question = Question(
            environment=environment,
            certificate=certificate,
            payment_service=payment_service,
            country=country,
            at=at,
            known_at=known_at,
            policy=policy,
            chain=tuple(chain),
            client="cli",
        )
        return await self.checker(question, explain_all=explain_all)

    @property
    def checker(self) -> Check:
        """The flow of a check. A process that was opened without worlds has none, and asking for it is our mistake."""
        assert self.check is not None, "this process was opened without worlds"
        return self.check

    async def keep_current(self) -> None:
        """Take over what changed since the last call: worlds, API clients, what is measured about them."""
        moved = await self.worlds.refresh()
        known = [environment for environment in ENVIRONMENTS if environment in self.credentials]
        for environment in moved or [environment for environment in ENVIRONMENTS if environment not in known]:
            try:
                self.credentials[environment] = await load_clients(self.database, environment, self.pepper())
            except Unavailable as error:
                log.warning("clients_not_loaded", environment=environment, why=str(error))
        if clock() - self.rings_opened_at > RINGS_OPENED_EVERY:
            self.rings, self.rings_opened_at = open_rings(self.settings), clock()
        for environment in moved:
            world = self.worlds.now(environment)
            log.info("world_changed", environment=environment, version=world.version, sha256=world.sha256)
        self._measure()

    def authenticate(self, key: str) -> ApiClient | None:
        """The client that holds this key, from memory."""
        environment: Environment = "sandbox" if key.startswith("obd_sandbox_") else "live"
        credentials = self.credentials.get(environment)
        return None if credentials is None else credentials.authenticate(key)

    def take(self, client: ApiClient) -> float | None:
        """One question from the client's allowance; seconds to wait when it is used up."""
        return self.limiter.take(client.key_id, monotonic(), per_second=client.requests_per_second)

    def take_address(self, address: str) -> float | None:
        """One question from a visitor's allowance."""
        per_minute = self.settings.anonymous_page_checks_per_minute
        return self.limiter.take(f"address {address}", monotonic(), per_second=per_minute / 60, burst=per_minute)

    def pepper(self) -> bytes:
        """What the keys of API clients are hashed under."""
        return read_pepper(self.settings.data_dir, self.settings.key_pepper)

    def _measure(self) -> None:
        now = clock()
        for environment in ENVIRONMENTS:
            world = self.worlds.now(environment)
            self.metrics.world_in_use(environment, world.version, (now - world.known_at).total_seconds())
            ages = {f"list:{found.territory}": (now - found.issued_at).total_seconds() for found in world.trust.loaded.values()}
            ages |= {f"register:{found.source}": (now - found.as_of).total_seconds() for found in world.directory.sources.values()}
            self.metrics.evidence_ages(environment, ages)
            self.metrics.database_up("database_unreachable" not in world.degraded)

    # -- evidence in --------------------------------------------------------------------------------------------------------

    async def refresh_trust(self, environment: Environment, *, from_dir: Path | None, at: datetime | None) -> list[RefreshRow]:
        """Take trusted lists from a folder or from their addresses. Raises InvalidInput for a folder that is not there."""
        if from_dir is not None and not from_dir.is_dir():
            raise InvalidInput(f"no such folder: {from_dir}")
        if environment == "sandbox" and from_dir is None:
            raise InvalidInput("the lists of the sandbox have no address: run obd sandbox, or name a folder with --from")
        return await refresh(
            self.database,
            self.objects,
            environment=environment,
            from_dir=from_dir,
            at=at,
            now=clock(),
            anchors=self._anchors(environment),
            fetch=ListFetch(self.http, self.settings.lotl_url),
        )

    async def collect(self, source: str, environment: Environment, *, from_path: Path | None, at: datetime | None) -> CollectRow:
        """Collect one register. Raises InvalidInput for a source or path that is not there."""
        if from_path is not None and not from_path.exists():
            raise InvalidInput(f"no such file or folder: {from_path}")
        if environment == "sandbox" and from_path is None:
            raise InvalidInput("registers of the sandbox have no address: run obd sandbox, or name a file with --from")
        return await collect(
            self.database,
            self.objects,
            source,
            environment=environment,
            from_path=from_path,
            at=at,
            now=clock(),
            publish=publish,
            fetch=fetch_from(self.http, {SANDBOX_REGISTER: self.settings.eba_metadata_url}),
        )

    async def make_sandbox(self) -> dict[str, str]:
        """Make the sandbox world if it is not there, renew what is due, and feed it through the ordinary doors."""
        world = self.sandbox()
        renew(world, now=clock())
        rows = await self.refresh_trust("sandbox", from_dir=world.lists, at=None)
        refused = [f"{row.file}: {row.reason}" for row in rows if row.outcome == "refused"]
        row = await self.collect(SANDBOX_REGISTER, "sandbox", from_path=world.register, at=None)
        if refused or row.outcome not in {"accepted", "unchanged"}:
            raise Unavailable(f"the sandbox world was not taken: {'; '.join(refused) or row.reason}")
        return {firm.file: str(world.certificate(firm)) for firm in FIRMS}

    def sandbox(self) -> SandboxWorld:
        """The sandbox world of this data folder."""
        return open_world(self.settings.data_dir / "sandbox", now=clock())

    def _anchors(self, environment: Environment) -> Anchors:
        return official_anchors() if environment == "live" else sandbox_anchors([self.sandbox().anchor_der])

    # -- clients ------------------------------------------------------------------------------------------------------------

    async def create_client(
        self, name: str, *, environment: Environment, permissions: tuple[str, ...], country: str | None, policy: str | None
    ) -> tuple[ApiClient, str]:
        """An API client and its key. ``permissions`` come on top of the usual ones."""
        if policy is not None and policy not in load_policies():
            raise InvalidInput(f"no such policy: {policy!r}; there are {', '.join(load_policies())}")
        return await create_client(
            self.database,
            self.pepper(),
            name=name,
            environment=environment,
            policy=policy or "strict",
            permissions=(*DEFAULT_PERMISSIONS, *permissions),
            country=parse_country(country) if country else None,
        )

    # -- reading files ------------------------------------------------------------------------------------------------------

    @staticmethod
    def read_certificate_file(path: Path) -> tuple[bytes, ...]:
        """The certificates of a file, the one asked about first.

        Raises InvalidInput if it cannot be opened, is empty, is over 64 KiB or holds a private key.
        """
        try:
            with path.open("rb") as file:
                content = file.read(MAX_CERTIFICATE_BYTES + 1)
        except OSError as error:
            raise InvalidInput(f"{path}: {error.strerror or 'cannot be read'}") from error
        try:
            return split_certificates(content)
        except InvalidInput as error:
            raise InvalidInput(f"{path}: {error}") from error

    async def doctor(self) -> dict[str, Any]:
        """Settings with secrets masked, and the state of everything this process depends on."""
        now = clock()
        database = await self.database.answers()
        writable = os.access(self.settings.data_dir, os.W_OK)
        report: dict[str, Any] = {"ok": database and writable, "database": "answers" if database else "does not answer"}
        report["data_dir"] = "writable" if writable else "not writable"
        report["embedded_postgresql"] = self.settings.database_for("serve") is None
        for environment in ENVIRONMENTS:
            world = self.worlds.now(environment)
            report[environment] = {
                "world_version": world.version,
                "trusted_lists": len(world.trust.loaded),
                "overdue_lists": sorted(
                    found.territory
                    for found in world.trust.loaded.values()
                    if found.next_update_at is not None and found.next_update_at < now
                ),
                "firms": len(world.directory.firms),
                "registers": {found.source: f"as of {found.as_of.isoformat()}" for found in world.directory.sources.values()},
                "degraded": list(world.degraded),
            }
        report["settings"] = self.settings.shown()
        return report


def open_rings(settings: Settings) -> dict[Environment, KeyRing]:
    """The signing keys of each environment. Raises Unavailable when they cannot be read."""
    return {name: KeyRing.open(settings.data_dir, name, now=clock(), sealing_secret=settings.sealing_secret) for name in ENVIRONMENTS}


@asynccontextmanager
async def open_app(settings: Settings, *, load: bool, process: Process = "work") -> AsyncGenerator[App]:
    """Open everything a process needs; ``load`` also reads the worlds and opens the journal, so that it can answer.

    Raises Unavailable when what it cannot do without is away. A database that is away does not keep a process from answering.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        given = settings.database_for(process)
        dsn = given or await stack.enter_async_context(running(settings.data_dir))
        applied = await migrate(dsn) if given is None or process == "migrate" else []
        role = "obd_serve" if process == "serve" else "obd_work"
        acquire = settings.check_acquire_seconds if process == "serve" else 10.0
        database = await Database.open(dsn, role=role, acquire_seconds=acquire, wait=not load)
        stack.push_async_callback(database.close)
        objects = open_objects(settings.data_dir, settings.object_store_url)
        http = GuardedHttp()
        stack.push_async_callback(http.close)
        worlds = Worlds(_loader(database, objects), lambda: world_versions(database), clock)
        metrics = Metrics()
        check = _check(stack, settings, database, objects, worlds, metrics) if load else None
        rings = open_rings(settings)
        app = App(settings, dsn, database, objects, http, worlds, check, metrics, rings, applied)
        if load:
            await _keep_policies(objects)
            await app.keep_current()
        yield app


async def _keep_policies(objects: ObjectStore) -> None:
    """Archive the policies in force. A store that is away never stops an answer."""
    try:
        for policy in load_policies().values():
            await objects.put(policy.canonical)
    except Unavailable as error:
        log.warning("policies_not_archived", why=str(error))


def _check(stack: AsyncExitStack, settings: Settings, database: Database, objects: ObjectStore, worlds: Worlds, metrics: Metrics) -> Check:
    folder = settings.data_dir / "journal"
    journal = Journal(folder, synced=settings.journal_mode == "synced")
    stack.callback(journal.close)
    adopt(folder)

    async def gather(missing: Sequence[Need], world: World) -> World:
        return await gather_agents(database, missing, world)

    return Check(worlds, gather, Archive(objects, clock), journal, Memory(), clock, metrics.check_answered)


async def gather_agents(database: Database, missing: Sequence[Need], world: World) -> World:
    """The world with what PostgreSQL knows of agents under a number no institution carries. What is away stays unknown."""
    hints: list[AgentHint] = []
    for need in missing:
        if isinstance(need, AgentNeed):
            try:
                found = await agents_of_number(
                    database, world.environment, NcaId.parse(need.authority), need.number, known_at=world.known_at
                )
            except Unavailable:
                continue
            hints.append(AgentHint(need.authority, need.number, tuple(found.principals)))
    return replace(world, agents=(*world.agents, *hints)) if hints else world


def _loader(database: Database, objects: ObjectStore) -> Any:
    async def load(
        environment: Environment, *, known_at: datetime, before: World | None
    ) -> tuple[TrustIndex, RevocationIndex, DirectoryIndex]:
        trust, revocation = await trust_load.load(database, objects, environment, known_at=known_at)
        if before is not None and before.directory.sources:
            directory = await directory_load.refreshed(database, environment, before.directory, known_at=known_at)
        else:
            directory = await directory_load.load(database, environment, known_at=known_at)
        return trust, revocation, directory

    return load
