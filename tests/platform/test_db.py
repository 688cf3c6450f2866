"""The database as store modules see it: our types in rows, our words for its failures, and the least rights."""

from dataclasses import dataclass

import msgspec
import psycopg
import pytest

from obdirectory.core.errors import Conflict, Unavailable
from obdirectory.platform.db import Database
from obdirectory.platform.embedded import EmbeddedPostgres
from obdirectory.platform.world_version import bump_world_version, world_versions


@dataclass(frozen=True, slots=True)
class Fruit:
    name: str
    grams: int


class FruitStruct(msgspec.Struct, frozen=True):
    name: str
    grams: int


@pytest.fixture
def fruits(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.fruit (name text PRIMARY KEY, grams int NOT NULL)")
    return database_url


async def test_rows_come_as_our_own_types(fruits: str, database: Database) -> None:
    await database.execute("INSERT INTO shop.fruit VALUES (%s, %s), ('pear', 130)", ("fig", 40))
    assert await database.fetch_one(Fruit, "SELECT name, grams FROM shop.fruit WHERE name = %s", ("fig",)) == Fruit("fig", 40)
    assert await database.fetch_one(Fruit, "SELECT name, grams FROM shop.fruit WHERE name = 'kiwi'") is None
    rows = await database.fetch_all(FruitStruct, "SELECT name, grams FROM shop.fruit ORDER BY name")
    assert rows == [FruitStruct("fig", 40), FruitStruct("pear", 130)]


async def test_many_rows_are_copied(fruits: str, database: Database) -> None:
    async with database.transaction() as connection:
        rows = [(f"fruit {number}", number) for number in range(1_000)]
        assert await connection.copy_rows("COPY shop.fruit (name, grams) FROM STDIN", rows) == 1_000
        await connection.copy_bytes("COPY shop.fruit (name, grams) FROM STDIN", [b"fig\t4", b"0\n"])
        in_binary = "COPY shop.fruit (name, grams) FROM STDIN WITH (FORMAT binary)"
        await connection.copy_rows(in_binary, [("pear", 130)], types=["text", "int4"])
        await connection.run_many("INSERT INTO shop.fruit VALUES (%s, %s)", [("kiwi", 70), ("plum", 50)])
    assert await database.fetch_values("SELECT count(*), sum(grams) FROM shop.fruit") == [1_004]


async def test_a_transaction_happens_whole_or_not_at_all(fruits: str, database: Database) -> None:
    with pytest.raises(Conflict, match="fruit_pkey"):
        async with database.transaction() as connection:
            await connection.run("INSERT INTO shop.fruit VALUES ('fig', 40)")
            await connection.run("INSERT INTO shop.fruit VALUES ('fig', 41)")
    assert await database.fetch_values("SELECT name FROM shop.fruit") == []


async def test_a_superuser_becomes_the_process_role_at_once(fruits: str) -> None:
    serving = await Database.open(fruits, role="obd_serve")
    assert await serving.fetch_values("SELECT current_user::text") == ["obd_serve"]
    assert await serving.fetch_values("SELECT count(*) FROM shop.fruit") == [0]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await serving.execute("INSERT INTO shop.fruit VALUES ('fig', 40)")
    await serving.close()


async def test_readers_do_not_see_the_marks_of_keys(database_url: str) -> None:
    reading = await Database.open(database_url, role="obd_read")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await reading.fetch_values("SELECT key_hmac FROM platform.api_client")
    await reading.close()


async def test_a_database_that_is_away_is_unavailable_and_found_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = EmbeddedPostgres.join(tmp_path_factory.mktemp("away"), durable=False)
    database = await Database.open(server.dsn, acquire_seconds=0.5)
    assert await database.answers()
    server.cluster.stop()
    with pytest.raises(Unavailable) as raised:
        await database.fetch_values("SELECT 1")
    assert raised.value.retry_after_seconds > 0
    assert not await database.answers()
    unopened = await Database.open(server.dsn, acquire_seconds=0.5, wait=False)
    assert not await unopened.answers()
    server.revive()
    async with database.connection() as connection:
        assert await connection.fetch_values("SELECT 1") == [1]
    await unopened.close()
    await database.close()
    server.leave()


@pytest.mark.parametrize("typed", ["\0", "a\0b", "\ud800", "\U0010ffff"])
async def test_text_that_no_database_holds_finds_nothing_and_is_no_error(database: Database, typed: str) -> None:
    async with database.connection() as connection:
        assert await connection.fetch_values("SELECT count(*) FROM platform.api_client WHERE name = %s", (typed,)) == [0]
        assert await connection.fetch_values("SELECT count(*) FROM platform.api_client WHERE name = ANY(%s)", ([typed, "x"],)) == [0]
        assert await connection.fetch_values("SELECT %(typed)s::text", {"typed": typed}) == [
            typed.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        ]


async def test_a_full_pool_says_so_soon(database_url: str) -> None:
    database = await Database.open(database_url, acquire_seconds=0.1, max_connections=1)
    async with database.connection():
        with pytest.raises(Unavailable):
            await database.fetch_values("SELECT 1")
    await database.close()


async def test_a_world_version_grows_with_its_transaction_only(database: Database) -> None:
    assert await world_versions(database) == {"live": 0, "sandbox": 0}
    async with database.transaction() as connection:
        assert await bump_world_version(connection, "live") == 1
    with pytest.raises(RuntimeError):
        async with database.transaction() as connection:
            await bump_world_version(connection, "live")
            raise RuntimeError("the evidence was not written")
    assert await world_versions(database) == {"live": 1, "sandbox": 0}


async def test_a_new_version_is_announced(database_url: str, database: Database) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as listener:
        await listener.execute("LISTEN world_version")
        async with database.transaction() as connection:
            await bump_world_version(connection, "sandbox")
        [notice] = [notice async for notice in listener.notifies(timeout=10, stop_after=1)]
    assert notice.payload == "sandbox:1"
