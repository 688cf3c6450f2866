"""Migrations: once each, in order, never silently different; roles made or asked for."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from obdirectory.core.errors import Conflict, NotPermitted, Unavailable
from obdirectory.platform.migrate import Migration, migrate, shipped

FIRST = Migration(1, "first", "CREATE SCHEMA shop; CREATE TABLE shop.fruit (name text);")
SECOND = Migration(2, "second", "ALTER TABLE shop.fruit ADD COLUMN grams int;")


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS empty_database WITH (FORCE)")
        connection.execute("CREATE DATABASE empty_database")
        yield postgres.replace("/obdirectory?", "/empty_database?")
        connection.execute("DROP DATABASE empty_database WITH (FORCE)")


async def test_each_is_applied_once_and_in_order(empty_database_url: str) -> None:
    assert await migrate(empty_database_url, migrations=[FIRST]) == ["0001_first", "queue"]
    assert await migrate(empty_database_url, migrations=[FIRST, SECOND]) == ["0002_second"]
    assert await migrate(empty_database_url, migrations=[FIRST, SECOND]) == []


async def test_what_this_release_ships_applies_to_an_empty_database(empty_database_url: str) -> None:
    applied = await migrate(empty_database_url)
    assert [int(name[:4]) for name in applied if name != "queue"] == list(range(1, len(shipped()) + 1))


async def test_two_at_once_apply_each_once(empty_database_url: str) -> None:
    both = await asyncio.gather(migrate(empty_database_url, migrations=[FIRST]), migrate(empty_database_url, migrations=[FIRST]))
    assert sorted(both) == [[], ["0001_first", "queue"]]


async def test_a_file_that_changed_after_it_was_applied_is_refused(empty_database_url: str) -> None:
    await migrate(empty_database_url, migrations=[FIRST])
    changed = Migration(1, "first", FIRST.statements + " -- better")
    with pytest.raises(Conflict, match="0001_first has changed"):
        await migrate(empty_database_url, migrations=[changed, SECOND])


async def test_a_database_of_a_later_release_is_refused(empty_database_url: str) -> None:
    await migrate(empty_database_url, migrations=[FIRST, SECOND])
    with pytest.raises(Conflict, match="later release"):
        await migrate(empty_database_url, migrations=[FIRST])


async def test_one_that_fails_leaves_nothing_of_itself(empty_database_url: str) -> None:
    broken = Migration(2, "broken", "CREATE TABLE shop.half (); SELECT 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(empty_database_url, migrations=[FIRST, broken])
    assert await migrate(empty_database_url, migrations=[FIRST, SECOND]) == ["0002_second", "queue"]


async def test_an_account_without_rights_is_told_what_to_ask_for(empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS weak_login")
        connection.execute("CREATE ROLE weak_login LOGIN PASSWORD 'weak'")
    weak = empty_database_url.split("://", 1)[0] + "://weak_login:weak@" + empty_database_url.split("@", 1)[1]
    with pytest.raises(NotPermitted, match="may not"):
        await migrate(weak, migrations=[FIRST])


async def test_a_database_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await migrate("postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.parametrize("name", ["1_first.sql", "0001-first.sql", "0001_First.sql"])
def test_a_file_is_named_as_a_migration(name: str) -> None:
    with pytest.raises(Conflict):
        Migration.parse(name, "")
