"""The holder of the worlds: one now for each environment, swapped whole when evidence changed, and a few past ones built on request."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeAlias

from obdirectory.check.question import Environment
from obdirectory.check.state import state_of
from obdirectory.check.world import World
from obdirectory.core.errors import Unavailable
from obdirectory.core.identifiers import sha256_hex
from obdirectory.directory.index import DirectoryIndex
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.revocation import RevocationIndex

ENVIRONMENTS: tuple[Environment, ...] = ("live", "sandbox")
MOST_PAST_WORLDS = 8


class LoadEvidence(Protocol):
    """Reads all evidence of one environment as it was known at an instant. Raises Unavailable when the database is away."""

    async def __call__(
        self, environment: Environment, *, known_at: datetime, before: World | None
    ) -> tuple[TrustIndex, RevocationIndex, DirectoryIndex]: ...


LoadVersions: TypeAlias = Callable[[], Awaitable[Mapping[Environment, int]]]


class Worlds:
    """The worlds of this process. ``now`` never waits; ``at`` builds a past world once and keeps a few."""

    def __init__(self, load: LoadEvidence, versions: LoadVersions, clock: Callable[[], datetime]) -> None:
        self._load = load
        self._versions = versions
        self._clock = clock
        self._now: dict[Environment, World] = {
            environment: _world(environment, 0, clock(), TrustIndex(), RevocationIndex(), DirectoryIndex(), degraded=("not_loaded",))
            for environment in ENVIRONMENTS
        }
        self._past: OrderedDict[tuple[Environment, datetime, int], World] = OrderedDict()
        self._building = asyncio.Lock()

    def now(self, environment: Environment) -> World:
        """The world that answers questions about now: last known good, its ``degraded`` says why if it is not current."""
        return self._now[environment]

    async def at(self, environment: Environment, known_at: datetime) -> World:
        """The world as it was known at a past instant. Raises Unavailable when the database is away."""
        now = self._now[environment]
        key = (environment, known_at, now.version)
        if found := self._past.get(key):
            self._past.move_to_end(key)
            return found
        async with self._building:
            if found := self._past.get(key):
                return found
            trust, revocation, directory = await self._load(environment, known_at=known_at, before=None)
            world = _world(environment, now.version, known_at, trust, revocation, directory)
            self._past[key] = world
            while len(self._past) > MOST_PAST_WORLDS:
                self._past.popitem(last=False)
            return world

    async def refresh(self) -> list[Environment]:
        """Swap in what changed since; returns the environments that moved.

        A database that is away leaves the last known good worlds, marked degraded. A lower version than the one held is never taken.
        """
        try:
            versions = await self._versions()
        except Unavailable:
            self._mark("database_unreachable")
            return []
        moved: list[Environment] = []
        for environment in ENVIRONMENTS:
            held = self._now[environment]
            version = versions.get(environment, 0)
            if version < held.version:
                self._mark("world_version_went_back", environment)
            elif version > held.version or held.degraded == ("not_loaded",):
                try:
                    trust, revocation, directory = await self._load(environment, known_at=self._clock(), before=held)
                except Unavailable:
                    self._mark("database_unreachable", environment)
                    continue
                self._now[environment] = _world(environment, version, self._clock(), trust, revocation, directory)
                moved.append(environment)
            elif held.degraded:
                self._now[environment] = _with_degraded(held, ())
        if moved:
            gc.collect()
            gc.freeze()
        return moved

    def _mark(self, why: str, environment: Environment | None = None) -> None:
        for name in ENVIRONMENTS if environment is None else (environment,):
            held = self._now[name]
            if held.degraded != ("not_loaded",) and why not in held.degraded:
                self._now[name] = _with_degraded(held, (why,))


def _world(
    environment: Environment,
    version: int,
    known_at: datetime,
    trust: TrustIndex,
    revocation: RevocationIndex,
    directory: DirectoryIndex,
    *,
    degraded: tuple[str, ...] = (),
) -> World:
    digest = sha256_hex(state_of(trust, revocation, directory, degraded).encoded())
    return World(environment, version, digest, known_at, trust, directory, revocation, degraded=degraded)


def _with_degraded(held: World, words: tuple[str, ...]) -> World:
    digest = sha256_hex(state_of(held.trust, held.revocation, held.directory, words).encoded())
    return replace(held, degraded=words, sha256=digest)
