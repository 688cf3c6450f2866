"""Worlds are swapped whole; without a database the last known good one goes on, and says so."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from tests.check.made_world import NOW, made

from obdirectory.check.question import Environment
from obdirectory.check.world import World
from obdirectory.check.worlds import Worlds
from obdirectory.core.errors import Unavailable
from obdirectory.directory.index import DirectoryIndex
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.revocation import RevocationIndex

WORLD = made(certificates=1).world


class FakeDatabase:
    """Versions and evidence that a test sets; ``away`` makes both unavailable."""

    def __init__(self) -> None:
        self.versions: dict[Environment, int] = {"live": 1, "sandbox": 1}
        self.away = False
        self.loads: list[tuple[str, datetime, bool]] = []

    async def read_versions(self) -> Mapping[Environment, int]:
        if self.away:
            raise Unavailable("the database does not answer")
        return dict(self.versions)

    async def load(
        self, environment: Environment, *, known_at: datetime, before: World | None
    ) -> tuple[TrustIndex, RevocationIndex, DirectoryIndex]:
        if self.away:
            raise Unavailable("the database does not answer")
        self.loads.append((environment, known_at, before is not None))
        return WORLD.trust, WORLD.revocation, WORLD.directory


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def worlds(database: FakeDatabase) -> Worlds:
    return Worlds(database.load, database.read_versions, lambda: NOW)


def test_nothing_loaded_is_said(worlds: Worlds) -> None:
    assert worlds.now("live").degraded == ("not_loaded",)
    assert worlds.now("live").version == 0


async def test_a_new_version_is_taken_and_an_old_one_left_alone(worlds: Worlds, database: FakeDatabase) -> None:
    assert set(await worlds.refresh()) == {"live", "sandbox"}
    first = worlds.now("live")
    assert (first.version, first.degraded) == (1, ())
    assert await worlds.refresh() == []
    assert worlds.now("live") is first
    database.versions["live"] = 2
    assert await worlds.refresh() == ["live"]
    assert worlds.now("live").version == 2
    assert worlds.now("sandbox").version == 1


async def test_a_database_that_is_away_leaves_the_last_known_good(worlds: Worlds, database: FakeDatabase) -> None:
    await worlds.refresh()
    before = worlds.now("live")
    database.away = True
    assert await worlds.refresh() == []
    held = worlds.now("live")
    assert held.degraded == ("database_unreachable",)
    assert held.directory is before.directory
    database.away = False
    await worlds.refresh()
    assert worlds.now("live").degraded == ()


async def test_a_lower_version_is_never_taken(worlds: Worlds, database: FakeDatabase) -> None:
    """A restored backup must not bring back what was withdrawn since."""
    database.versions["live"] = 7
    await worlds.refresh()
    database.versions["live"] = 3
    assert await worlds.refresh() == []
    assert (worlds.now("live").version, worlds.now("live").degraded) == (7, ("world_version_went_back",))


async def test_a_past_world_is_built_once(worlds: Worlds, database: FakeDatabase) -> None:
    await worlds.refresh()
    database.loads.clear()
    past = NOW - timedelta(days=30)
    first = await worlds.at("live", past)
    assert await worlds.at("live", past) is first
    assert first.known_at == past
    assert database.loads == [("live", past, False)]


async def test_a_past_world_cannot_be_built_without_a_database(worlds: Worlds, database: FakeDatabase) -> None:
    await worlds.refresh()
    database.away = True
    with pytest.raises(Unavailable):
        await worlds.at("live", NOW - timedelta(days=1))


async def test_the_digest_names_the_evidence(worlds: Worlds) -> None:
    empty = worlds.now("live").sha256
    await worlds.refresh()
    assert worlds.now("live").sha256 != empty
    assert len(worlds.now("live").sha256) == 64
