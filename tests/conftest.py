"""What every test may ask for: sizes, places, a real PostgreSQL."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString, cast
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest

from obdirectory.platform.db import Database
from obdirectory.platform.embedded import EmbeddedPostgres
from obdirectory.platform.migrate import migrate

ROOT = Path(__file__).resolve().parent.parent

hypothesis.settings.register_profile("quick", max_examples=60, deadline=None)
hypothesis.settings.register_profile("full", max_examples=2_000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the full sizes")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("full" if config.getoption("--full") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="a full size: runs with --full"))


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether the full sizes were asked for with ``--full``; a test picks its own size by it."""
    return bool(pytestconfig.getoption("--full"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and official files; a test that needs it is skipped where it is absent.

    ``OBD_TEST_DATA`` names it; by default it lies beside the checkout.
    """
    place = Path(os.environ.get("OBD_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not place.is_dir():
        pytest.skip("no folder of real files: set OBD_TEST_DATA")
    return place


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder that a test may use as ``--data-dir``."""
    place = tmp_path / "data"
    place.mkdir()
    return place


@pytest.fixture(scope="session")
def postgres_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the one PostgreSQL that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "shared-postgres"


@pytest.fixture(scope="session")
def postgres(postgres_folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL, as superuser; it is our own embedded one, so this also shows that it works here."""
    server = EmbeddedPostgres.join(postgres_folder, durable=False)
    yield server.dsn
    server.leave()


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a migrated database, copied for every test that asks for one."""
    name = f"template_{secrets.token_hex(6)}"
    _order(postgres, f"CREATE DATABASE {name}")
    asyncio.run(migrate(_database(postgres, name)))
    return name


@pytest.fixture
def database_url(postgres: str, template: str) -> Iterator[str]:
    """The address of a fresh migrated database of this test's own, as superuser."""
    with _copy(postgres, template) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres: str, template: str) -> Iterator[str]:
    """The address of a migrated database shared by the tests of one file."""
    with _copy(postgres, template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool, as the worker's role, on a fresh migrated database of this test's own."""
    opened = await Database.open(database_url, role="obd_work")
    yield opened
    await opened.close()


@contextmanager
def _copy(postgres: str, template: str) -> Generator[str]:
    name = f"test_{secrets.token_hex(6)}"
    _order(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _database(postgres, name)
    _order(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def _order(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(cast(LiteralString, statement))


def _database(dsn: str, name: str) -> str:
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()
