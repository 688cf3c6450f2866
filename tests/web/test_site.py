"""The edges around every answer: headers, ids, limits, errors, what is logged."""

import httpx
import pytest
import structlog
from structlog.testing import capture_logs
from tests.web.fake_doors import LIVE_KEY, FakeDirectory

from obdirectory.web.site import SiteSettings, make_site

PAGES = [
    "/",
    "/check",
    "/firms",
    "/firms?q=pay",
    "/firms/e1",
    "/registers",
    "/registers/eu_eba",
    "/trusted-lists",
    "/trusted-lists/LT",
    "/findings",
    "/api",
]
API = [
    "/api/v1/entities?q=x",
    "/api/v1/entities/e1",
    "/api/v1/entities/e1/history",
    "/api/v1/changes",
    "/api/v1/registers",
    "/api/v1/trusted-lists",
]
OPERATIONS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/.well-known/jwks.json"]


@pytest.mark.parametrize("path", [*PAGES, *API, *OPERATIONS])
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("path", [*PAGES, *API, *OPERATIONS])
async def test_head_says_what_get_would_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("path", [*PAGES, "/sandbox", "/sandbox/check", "/sandbox/firms/e1", "/nothing"])
async def test_no_page_needs_inline_style_or_script(client: httpx.AsyncClient, path: str) -> None:
    text = (await client.get(path, headers={"accept": "text/html"})).text
    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text
    assert " onclick=" not in text
    assert "javascript:" not in text


async def test_a_callers_request_id_is_given_back_when_it_is_harmless(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"x-request-id": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert (await client.get("/healthz", headers={"x-request-id": "x" * 200})).headers["x-request-id"] != "x" * 200


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/registers/none/snapshots", "/api/v1/entities/none", "/api/v1/entities/none/history"]
)
async def test_what_is_not_there_is_a_problem_for_programs(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "/api#not-found"


@pytest.mark.parametrize(
    "path", ["/nothing", "/firms/none", "/registers/none", "/trusted-lists/XX", "/findings/no_such_code", "/check/none", "/sandbox/nothing"]
)
async def test_what_is_not_there_is_a_page_for_people(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "<h1>Nothing of that name is here</h1>" in answer.text
    assert answer.headers["x-request-id"] in answer.text


async def test_other_methods_are_405_with_what_is_allowed(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/api/v1/registers")
    assert (answer.status_code, answer.json()["type"]) == (405, "/api#method-not-allowed")
    assert "GET" in answer.headers["allow"]


async def test_a_form_over_the_limit_is_413(client: httpx.AsyncClient) -> None:
    answer = await client.post("/check", files={"file": ("x", b"0" * 300_000)})
    assert (answer.status_code, answer.json()["type"]) == (413, "/api#content-too-large")


async def test_what_nobody_foresaw_is_logged_and_not_shown() -> None:
    directory = FakeDirectory()

    async def broken(environment: object) -> list[object]:
        raise RuntimeError("secret inside")

    directory.list_status = broken  # type: ignore[method-assign,assignment]
    transport = httpx.ASGITransport(make_site(directory.doors()))
    async with httpx.AsyncClient(transport=transport, base_url="http://directory.example") as client:
        with capture_logs() as logged:
            page = await client.get("/trusted-lists", headers={"accept": "text/html"})
            api = await client.get("/api/v1/trusted-lists")
    assert (page.status_code, api.status_code) == (500, 500)
    for text in (page.text, api.text):
        assert "secret" not in text
        assert "Traceback" not in text
    assert [event["event"] for event in logged].count("request_failed") == 2


async def test_the_log_has_no_key_and_no_query(client: httpx.AsyncClient) -> None:
    with capture_logs() as logged:
        await client.get("/api/v1/entities?q=Jane+Doe", headers={"authorization": f"Bearer {LIVE_KEY}"})
    (event,) = [event for event in logged if event["event"] == "request"]
    assert event["path"] == "/api/v1/entities"
    assert event["status"] == 200
    assert LIVE_KEY not in str(event)
    assert "Jane" not in str(event)


async def test_metrics_are_for_allowed_addresses(directory: FakeDirectory) -> None:
    for host, status in (("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("203.0.113.9", 403), ("", 403)):
        transport = httpx.ASGITransport(make_site(directory.doors()), client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://directory.example") as client:
            assert (await client.get("/metrics")).status_code == status, host
    transport = httpx.ASGITransport(make_site(directory.doors(), SiteSettings(metrics_allowed=())), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://directory.example") as client:
        assert (await client.get("/metrics")).status_code == 403


async def test_ready_says_why_it_is_not(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    assert (await client.get("/readyz")).json()["evidence"]["live"][0]["name"] == "Trusted lists"
    directory.ready = False
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["database_unreachable"])
    assert (await client.get("/healthz")).json() == {"alive": True}


async def test_a_static_file_is_addressed_by_its_content(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    answer = await client.get(address)
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert (await client.get(address.replace("tokens.css", "nothing.css"))).status_code == 404
    assert (await client.get("/static/0000/tokens.css")).status_code == 404
    assert (await client.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"


@pytest.fixture(autouse=True)
def _plain_logging() -> None:
    structlog.reset_defaults()
