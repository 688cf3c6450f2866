"""API clients: a key opens its own environment and nothing else; rates are kept in memory."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obdirectory.core.errors import InvalidInput
from obdirectory.platform.db import Database
from obdirectory.platform.identity import ApiClient, Credentials, Limiter, create_client, load_clients, read_pepper, revoke_client
from obdirectory.platform.world_version import world_versions

PEPPER = b"p" * 32


async def test_a_key_finds_its_client(database: Database) -> None:
    client, key = await create_client(database, PEPPER, name="Bank", environment="live", country="DE", permissions=["check"])
    credentials = await load_clients(database, "live", PEPPER)
    assert credentials.authenticate(key) == client
    assert len(credentials) == 1
    assert client.may("check")
    assert not client.may("check:choose-policy")
    assert (await world_versions(database))["live"] == 1


async def test_a_key_of_one_environment_is_nobody_in_the_other(database: Database) -> None:
    _, live = await create_client(database, PEPPER, name="Bank", environment="live")
    _, sandbox = await create_client(database, PEPPER, name="Bank", environment="sandbox")
    credentials = await load_clients(database, "live", PEPPER)
    assert credentials.authenticate(sandbox) is None
    assert credentials.authenticate(live.replace("obd_live", "obd_sandbox")) is None
    assert (await load_clients(database, "sandbox", PEPPER)).authenticate(live.replace("obd_live", "obd_sandbox")) is None


async def test_a_revoked_key_is_nobody(database: Database) -> None:
    client, key = await create_client(database, PEPPER, name="Bank", environment="live")
    assert await revoke_client(database, client.key_id)
    assert not await revoke_client(database, client.key_id)
    assert (await load_clients(database, "live", PEPPER)).authenticate(key) is None


async def test_the_key_is_not_in_the_database(database: Database) -> None:
    _, key = await create_client(database, PEPPER, name="Bank", environment="live")
    stored = str(await database.fetch_values("SELECT row_to_json(c)::text FROM platform.api_client c"))
    assert key.rsplit("_", 1)[1] not in stored
    assert (await load_clients(database, "live", b"q" * 32)).authenticate(key) is None


@given(st.text(max_size=100))
def test_anything_else_is_nobody(key: str) -> None:
    client = ApiClient("a" * 16, "Bank", "live", None, None, "strict", frozenset(), 1.0)
    credentials = Credentials("live", [(client, b"\0" * 32)], PEPPER)
    assert credentials.authenticate(key) is None
    assert credentials.authenticate(f"obd_live_{'a' * 16}_{key}") is None


@pytest.mark.parametrize(
    "wrong", [{"permissions": ["check", "everything"]}, {"name": "  "}, {"requests_per_second": 0.0}, {"requests_per_second": float("nan")}]
)
async def test_a_client_that_makes_no_sense_is_refused(database: Database, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        await create_client(database, PEPPER, **({"name": "Bank", "environment": "live"} | wrong))  # pyright: ignore[reportArgumentType]


def test_the_pepper_stays_the_same(data_dir: Path) -> None:
    assert read_pepper(data_dir, None) == read_pepper(data_dir, None)
    assert read_pepper(data_dir, "given") == b"given"
    assert (data_dir / "keys" / "pepper").stat().st_mode & 0o777 == 0o600


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    limiter = Limiter()
    assert [limiter.take("bank", 0.0, per_second=2.0) for _ in range(3)] == [None, None, 0.5]
    assert limiter.take("bank", 0.4, per_second=2.0) == pytest.approx(0.1)
    assert limiter.take("bank", 0.5, per_second=2.0) is None
    assert limiter.take("other", 0.5, per_second=2.0) is None


def test_a_slow_rate_still_gives_one() -> None:
    limiter = Limiter()
    assert limiter.take("visitor", 0.0, per_second=0.1) is None
    assert limiter.take("visitor", 1.0, per_second=0.1) == pytest.approx(9.0)


def test_many_subjects_are_forgotten_oldest_first() -> None:
    limiter = Limiter(most_subjects=2)
    assert limiter.take("a", 0.0, per_second=1.0) is None
    assert limiter.take("b", 0.0, per_second=1.0) is None
    assert limiter.take("b", 0.0, per_second=1.0) is not None
    assert limiter.take("c", 0.0, per_second=1.0) is None
    assert limiter.take("b", 0.0, per_second=1.0) is not None
    assert limiter.take("a", 0.0, per_second=1.0) is None


@given(st.lists(st.floats(min_value=0, max_value=100), max_size=60).map(sorted))
def test_never_more_than_burst_plus_rate(times: list[float]) -> None:
    limiter = Limiter()
    taken = sum(limiter.take("bank", now, per_second=3.0) is None for now in times)
    assert taken <= 3 + 3 * (times[-1] if times else 0) + 1e-6
