"""The reading routes: whose world, strict parameters, cursors."""

from typing import Any

import httpx
import pytest
from tests.web.fake_doors import BLIND_KEY, LIVE_KEY, SANDBOX_KEY, FakeDirectory

LISTS = ["/api/v1/entities?q=Example", "/api/v1/changes", "/api/v1/registers/eu_eba/snapshots"]


async def get(client: httpx.AsyncClient, path: str, key: str | None = None) -> Any:
    answer = await client.get(path, headers={"authorization": f"Bearer {key}"} if key else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_without_a_key_the_live_world_is_read_and_with_one_that_of_the_key(client: httpx.AsyncClient) -> None:
    for key, environment, name in (
        (None, "live", "Lumenpay UAB"),
        (LIVE_KEY, "live", "Lumenpay UAB"),
        (SANDBOX_KEY, "sandbox", "Sandbox Lumenpay UAB"),
    ):
        found = await get(client, "/api/v1/entities?q=lumen", key)
        assert (found["environment"], found["items"][0]["name"]) == (environment, name)


async def test_a_wrong_key_is_not_taken_for_none(client: httpx.AsyncClient) -> None:
    for value in ("Bearer nobody", "Basic abc", "nobody"):
        assert (await client.get("/api/v1/registers", headers={"authorization": value})).status_code == 401
    assert (await client.get("/api/v1/registers", headers={"authorization": f"Bearer {BLIND_KEY}"})).status_code == 403


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_is_walked_to_its_end_without_loss_or_repetition(client: httpx.AsyncClient, path: str) -> None:
    seen: list[str] = []
    cursor, rounds = "", 0
    while cursor is not None:
        found = await get(client, f"{path}{'&' if '?' in path else '?'}limit=7{'&cursor=' + cursor if cursor else ''}")
        seen += [str(item) for item in found["items"]]
        cursor, rounds = found["next_cursor"], rounds + 1
        assert rounds < 50
    assert len(seen) == len(set(seen)) > 7


@pytest.mark.parametrize("cursor", ["x", "AAAA", "", "WyJlbnRpdGllcyIsIDVd", "WyJvdGhlciIsICI1Il0", "é"])
async def test_a_cursor_that_is_not_of_this_list_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    assert (await client.get("/api/v1/changes", params={"cursor": cursor})).status_code == 400


@pytest.mark.parametrize(
    "query",
    ["", "limit=5", "qq=x", "q=a&q=b", "q=x&limit=0", "q=x&limit=101", "q=x&limit=many", "q=", "q=" + "x" * 201, "q=x&at=2020-01-01"],
)
async def test_a_misspelt_or_wrong_parameter_is_refused_never_ignored(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/v1/entities?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/api#invalid-input")


@pytest.mark.parametrize("query", ["at=2027-01-01", "known_at=2027-01-01", "at=soon", "on=2020-01-01"])
async def test_a_firm_is_not_asked_about_the_future(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/v1/entities/e1?{query}")).status_code == 400


async def test_a_firm_as_it_was_known(client: httpx.AsyncClient) -> None:
    found = await get(client, "/api/v1/entities/e1?at=2024-01-01&known_at=2024-06-01")
    assert found["entity"]["known_at"] == "2024-06-01T00:00:00Z"
    assert found["entity"]["name"] == "Lumenpay UAB"
    assert [entry["organization_identifier"] for entry in found["entity"]["authorisations"]] == ["PSDLT-BL-LB002214"] * 2
    assert (await client.get("/api/v1/entities/e1?known_at=2020-01-01")).status_code == 404


async def test_a_firm_says_what_it_may_do_in_each_country(client: httpx.AsyncClient) -> None:
    found = await get(client, "/api/v1/entities/e1")
    granted = {row["country"]: {role["role"] for role in row["roles"] if role["granted"]} for row in found["entity"]["countries"]}
    assert granted["LT"] == granted["FR"] == {"PSP_AI", "PSP_PI"}
    assert granted["DE"] == {"PSP_AI"}
    assert granted["PL"] == set()
    assert "LU" not in granted


async def test_a_visitor_is_held_to_the_allowance_of_its_address(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    directory.address_wait_seconds = 0.4
    answer = await client.get("/api/v1/registers")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    await get(client, "/api/v1/registers", LIVE_KEY)
