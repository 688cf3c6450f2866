"""The guarded door to the network: where it never goes, and how much it ever takes."""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator, Sequence

import pytest
from tests.fakes import LoopbackSite, Page

from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.platform.http import Fetched, GuardedHttp, is_denied

PUBLIC = "93.184.215.14"


@pytest.fixture
async def site() -> AsyncIterator[LoopbackSite]:
    async with LoopbackSite(
        {"/list": Page(b"<list/>", headers={"ETag": '"one"', "Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT"})}
    ) as site:
        yield site


@pytest.fixture
async def door(site: LoopbackSite) -> AsyncIterator[GuardedHttp]:
    door = GuardedHttp(loopback_origins=[site.origin])
    yield door
    await door.close()


async def get(door: GuardedHttp, url: str, *, max_bytes: int = 10_000, timeout_seconds: float = 5.0, follow: bool = False) -> Fetched:
    return await door.fetch(url, max_bytes=max_bytes, timeout_seconds=timeout_seconds, follow_same_host=follow)


async def test_what_the_server_sends_comes_back(door: GuardedHttp, site: LoopbackSite) -> None:
    found = await get(door, f"{site.origin}/list")
    assert (found.status, found.body, found.etag) == (200, b"<list/>", '"one"')


async def test_a_second_time_asks_whether_it_changed(door: GuardedHttp, site: LoopbackSite) -> None:
    first = await get(door, f"{site.origin}/list")
    second = await door.fetch(f"{site.origin}/list", max_bytes=100, timeout_seconds=5, etag=first.etag, last_modified=first.last_modified)
    assert second.is_unchanged
    assert second.body == b""
    assert site.asked[1].headers["if-modified-since"] == first.last_modified


async def test_a_body_is_posted(door: GuardedHttp, site: LoopbackSite) -> None:
    await door.fetch(f"{site.origin}/list", max_bytes=100, timeout_seconds=5, body=b"question", content_type="application/ocsp-request")
    [asked] = site.asked
    assert (asked.method, asked.body, asked.headers["content-type"]) == ("POST", b"question", "application/ocsp-request")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::a9fe:a9fe]/",
        "http://[2002:7f00:1::1]/",
        "http://[2002:a9fe:a9fe::1]/",
        "http://[2001:0:4136:e378::]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fc00::1]/",
        "http://[ff02::1]/",
        "http://[100::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://192.88.99.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
    ],
)
async def test_an_address_that_is_not_public_is_never_reached(door: GuardedHttp, url: str) -> None:
    with pytest.raises(InvalidInput):
        await get(door, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com/",
        "ldap://example.com/cn=ca",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "http://",
        "http:///path",
        "http://example.com:22/",
        "https://example.com:8443/",
        "http://example.com:99999/",
        "http://user:word@example.com/",
        "http://user@example.com/",
        "http://①②⑦.0.0.1/",
        "http://exa mple.com/",
        "http://example.com/\r\nX: y",
        "http://[::1",
        "http://example.com/" + "a" * 2048,
    ],
)
async def test_an_address_of_another_form_is_refused_before_resolution(url: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was resolved")

    with pytest.raises(InvalidInput):
        await get(GuardedHttp(resolve=resolve), url)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "8.8.8.8", "::ffff:8.8.8.8"])
def test_a_public_address_is_let_through(address: str) -> None:
    assert not is_denied(address)


@pytest.mark.parametrize("address", ["fe80::1%eth0", "not an address", "", "::ffff:10.0.0.1", "198.18.0.1", "2001:db8::1", "192.0.2.1"])
def test_what_is_no_public_address_is_denied(address: str) -> None:
    assert is_denied(address)


async def test_one_bad_address_among_good_ones_is_enough(site: LoopbackSite) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return [PUBLIC, "10.0.0.1"]

    with pytest.raises(InvalidInput, match="not public"):
        await get(GuardedHttp(resolve=resolve), "http://register.example/")


async def test_a_name_that_changes_its_address_is_looked_at_each_time(site: LoopbackSite) -> None:
    """DNS rebinding: the first answer is allowed (a stand-in for a public one), the second leads elsewhere."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    port = site.origin.rsplit(":", 1)[1]
    door = GuardedHttp(resolve=resolve, loopback_origins=[f"http://register.example:{port}"])
    assert (await get(door, f"http://register.example:{port}/list")).status == 200
    with pytest.raises(InvalidInput, match="not public"):
        await get(door, f"http://register.example:{port}/list")
    assert len(site.asked) == 1


async def test_another_port_of_this_machine_stays_closed(door: GuardedHttp, site: LoopbackSite) -> None:
    async with LoopbackSite({"/": Page(b"secret")}) as other:
        with pytest.raises(InvalidInput):
            await get(door, f"{other.origin}/")
        assert other.asked == []


async def test_a_redirect_is_not_followed(door: GuardedHttp, site: LoopbackSite) -> None:
    site.pages["/moved"] = Page(status=302, headers={"Location": "/list"})
    with pytest.raises(Unavailable, match="redirects"):
        await get(door, f"{site.origin}/moved")
    assert (await get(door, f"{site.origin}/moved", follow=True)).body == b"<list/>"


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "http://localhost:1/", "https://example.com/", "file:///etc/passwd", "//example.com/"]
)
async def test_a_redirect_elsewhere_is_never_followed(door: GuardedHttp, site: LoopbackSite, target: str) -> None:
    site.pages["/moved"] = Page(status=301, headers={"Location": target})
    with pytest.raises((InvalidInput, Unavailable)):
        await get(door, f"{site.origin}/moved", follow=True)


async def test_a_redirect_in_a_circle_ends(door: GuardedHttp, site: LoopbackSite) -> None:
    site.pages["/moved"] = Page(status=302, headers={"Location": "/moved"})
    with pytest.raises(Unavailable, match="without end"):
        await get(door, f"{site.origin}/moved", follow=True)
    assert len(site.asked) <= 4


@pytest.mark.parametrize(("status", "wait"), [(500, 60.0), (503, 7.0), (404, 60.0), (204, 60.0), (206, 60.0)])
async def test_any_other_status_is_unavailable(door: GuardedHttp, site: LoopbackSite, status: int, wait: float) -> None:
    site.pages["/list"] = Page(b"", status=status, headers={"Retry-After": "7"} if status == 503 else {})
    with pytest.raises(Unavailable, match=str(status)) as raised:
        await get(door, f"{site.origin}/list")
    assert raised.value.retry_after_seconds == wait


@pytest.mark.parametrize("says_its_length", [True, False])
async def test_too_much_is_cut_off(door: GuardedHttp, site: LoopbackSite, says_its_length: bool) -> None:
    site.pages["/big"] = Page(b"x" * 10_001, headers={} if says_its_length else {"Content-Length": ""})
    with pytest.raises(Unavailable, match="more than 10000"):
        await get(door, f"{site.origin}/big")
    site.pages["/big"] = Page(b"x" * 10_000)
    assert len((await get(door, f"{site.origin}/big")).body) == 10_000


async def test_what_unpacks_to_too_much_is_cut_off(door: GuardedHttp, site: LoopbackSite) -> None:
    packed = gzip.compress(bytes(200_000_000 if os.environ.get("CI") else 20_000_000))
    site.pages["/bomb"] = Page(packed, headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unavailable, match="more than"):
        await get(door, f"{site.origin}/bomb", max_bytes=1_000_000)


async def test_gzip_is_unpacked(door: GuardedHttp, site: LoopbackSite) -> None:
    site.pages["/packed"] = Page(gzip.compress(b"<list/>" * 100), headers={"Content-Encoding": "gzip"})
    assert (await get(door, f"{site.origin}/packed", max_bytes=700)).body == b"<list/>" * 100


@pytest.mark.parametrize(
    "page",
    [
        Page(gzip.compress(b"<list/>")[:-3], headers={"Content-Encoding": "gzip"}),
        Page(gzip.compress(b"<list/>") + b"more", headers={"Content-Encoding": "gzip"}),
        Page(b"<list/>", headers={"Content-Encoding": "gzip"}),
        Page(b"<list/>", headers={"Content-Encoding": "br"}),
        Page(b"<list/>", headers={"Content-Length": "1000"}),
        Page(b"<list/>", headers={"Transfer-Encoding": "chunked", "Content-Length": ""}),
        Page(b"", headers={"X-Long": "x" * 200_000}),
    ],
)
async def test_a_damaged_answer_is_unavailable(door: GuardedHttp, site: LoopbackSite, page: Page) -> None:
    site.pages["/damaged"] = page
    with pytest.raises(Unavailable):
        await get(door, f"{site.origin}/damaged")


async def test_a_drip_of_bytes_ends_with_the_time_given(door: GuardedHttp, site: LoopbackSite) -> None:
    site.pages["/drip"] = Page(b"x" * 1_000, pause_seconds=0.05)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable, match=r"within 0\.3 seconds"):
            await get(door, f"{site.origin}/drip", timeout_seconds=0.3)


async def test_a_resolver_that_hangs_ends_with_the_time_given() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(Unavailable, match="did not answer"):
        await get(GuardedHttp(resolve=resolve), "http://register.example/", timeout_seconds=0.2)


async def test_a_name_nobody_knows_is_unavailable() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return []

    with pytest.raises(Unavailable, match="could not be reached"):
        await get(GuardedHttp(resolve=resolve), "https://register.example/")


async def test_a_closed_port_is_unavailable(site: LoopbackSite) -> None:
    async with LoopbackSite({}) as gone:
        origin = gone.origin
    with pytest.raises(Unavailable):
        await get(GuardedHttp(loopback_origins=[origin]), f"{origin}/")


async def test_no_proxy_of_the_environment_is_used(door: GuardedHttp, site: LoopbackSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert (await get(door, f"{site.origin}/list")).status == 200
