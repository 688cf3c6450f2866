"""The only door to the network: one request, to a public address, bounded in size and time.

Addresses come from strangers (a certificate, a register, a list), so: http or https on their own ports, every address of the
host looked at after resolution, the connection made to the very address that was looked at, no redirect but to the same host
where the caller allows it, no proxy or credential from the environment.
"""

import asyncio
import re
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, cast
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
import httpcore

from obdirectory import __version__
from obdirectory.core.errors import InvalidInput, Unavailable

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_LONGEST_URL = 2048
_MOST_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")

# What Python 3.11 calls global and is not a place on the public internet: multicast, NAT64, 6to4 and Teredo (they lead to an
# IPv4 address of the sender's choice), IPv4-compatible, site-local, discard-only, segment routing, documentation.
_DENIED = tuple(
    ip_network(text)
    for text in (
        "224.0.0.0/4",
        "192.88.99.0/24",
        "ff00::/8",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "fec0::/10",
        "100::/64",
        "5f00::/16",
        "3fff::/20",
    )
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered: 200 with its body, or 304 without."""

    status: int
    body: bytes
    etag: str | None
    last_modified: str | None
    content_type: str | None

    @property
    def is_unchanged(self) -> bool:
        """Whether the server says that what we have is current."""
        return self.status == 304


class GuardedHttp:
    """Fetches for flows; made once by the application."""

    def __init__(self, *, resolve: Resolver | None = None, loopback_origins: Iterable[str] = ()) -> None:
        """``loopback_origins`` (``http://127.0.0.1:4123``) may be reached although they are on this machine: for tests, never a setting."""
        self._loopback = frozenset(_host_and_port(urlsplit(origin)) for origin in loopback_origins)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=20,
            max_keepalive_connections=0,  # each request is resolved and looked at anew
            network_backend=_GuardedBackend(resolve or resolve_by_system, self._loopback),
        )

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        timeout_seconds: float,
        etag: str | None = None,
        last_modified: str | None = None,
        body: bytes | None = None,
        content_type: str | None = None,
        follow_same_host: bool = False,
    ) -> Fetched:
        """Get ``url``, or post ``body`` to it; at most ``max_bytes``, compressed or not, within ``timeout_seconds`` altogether.

        ``etag`` and ``last_modified`` of the last time make it conditional. Raises InvalidInput for an address we do not go
        to, Unavailable for everything that goes wrong on the way, a status that is neither 200 nor 304 included.
        """
        headers = {
            "Accept-Encoding": "gzip",
            "User-Agent": f"obdirectory/{__version__}",
            **({"If-None-Match": etag} if etag else {}),
            **({"If-Modified-Since": last_modified} if last_modified else {}),
            **({"Content-Type": content_type} if content_type else {}),
        }
        parts = self._checked(url)
        try:
            async with asyncio.timeout(timeout_seconds):
                for _ in range(_MOST_REDIRECTS + 1):
                    answer = await self._ask(parts, headers, body, max_bytes)
                    if isinstance(answer, Fetched):
                        return answer
                    parts = self._redirected(parts, answer, follow_same_host)
        except TimeoutError as error:
            raise Unavailable(f"{parts.hostname} did not answer within {timeout_seconds:g} seconds") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, ssl.SSLError) as error:
            raise Unavailable(f"{parts.hostname} could not be reached: {error or type(error).__name__}") from error
        raise Unavailable(f"{parts.hostname} redirects without end")

    async def close(self) -> None:
        """Close what is open."""
        await self._pool.aclose()

    async def _ask(self, parts: SplitResult, headers: dict[str, str], body: bytes | None, max_bytes: int) -> "Fetched | str":
        """One request: the answer, or where it redirects to."""
        method = "GET" if body is None else "POST"
        url = parts._replace(fragment="").geturl()
        async with self._pool.stream(method, url, headers=list(headers.items()), content=body) as response:
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in {301, 302, 303, 307, 308} and "location" in found:
                return found["location"]
            if response.status not in {200, 304}:
                raise Unavailable(
                    f"{parts.hostname} answered {response.status}", retry_after_seconds=_retry_after(found.get("retry-after"))
                )
            if found.get("content-length", "").isdigit() and int(found["content-length"]) > max_bytes:
                raise Unavailable(f"{parts.hostname} sends {found['content-length']} bytes, more than {max_bytes}")
            received = _Received(found.get("content-encoding", "identity").strip().lower(), max_bytes, str(parts.hostname))
            async for chunk in response.aiter_stream():
                received.add(chunk)
            whole = b"" if response.status == 304 else received.whole()
            return Fetched(response.status, whole, found.get("etag"), found.get("last-modified"), found.get("content-type"))

    def _checked(self, url: str) -> SplitResult:
        """The address in its parts, if it is of a form we go to. Raises InvalidInput."""
        if len(url) > _LONGEST_URL or _UNPRINTABLE.search(url):
            raise InvalidInput("not an address we fetch: too long, or characters that an address does not have")
        try:
            parts = urlsplit(url)
            host_and_port = _host_and_port(parts)
        except ValueError as error:
            raise InvalidInput(f"not an address we fetch: {error}") from error
        if parts.scheme not in _PORTS or not parts.hostname:
            raise InvalidInput("not an address we fetch: only http and https")
        if parts.username is not None or parts.password is not None:
            raise InvalidInput("not an address we fetch: it carries a name or password")
        if host_and_port[1] not in _PORTS.values() and host_and_port not in self._loopback:
            raise InvalidInput(f"not an address we fetch: port {host_and_port[1]}")
        return parts

    def _redirected(self, parts: SplitResult, location: str, follow_same_host: bool) -> SplitResult:
        target = self._checked(urljoin(parts.geturl(), location))
        same = target.hostname == parts.hostname and (target.scheme == parts.scheme or target.scheme == "https")
        if not follow_same_host or not same:
            raise Unavailable(f"{parts.hostname} redirects elsewhere, which is not followed")
        return target


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at, and to no name."""

    def __init__(self, resolve: Resolver, loopback: frozenset[tuple[str, int]]) -> None:
        self._resolve = resolve
        self._loopback = loopback
        self._inner = cast(httpcore.AsyncNetworkBackend, httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise httpcore.ConnectError(f"{host} has no address")
        is_ours = (host.lower(), port) in self._loopback and all(ip_address(address).is_loopback for address in addresses)
        if not is_ours and any(is_denied(address) for address in addresses):
            raise InvalidInput(f"{host} leads to an address that is not public")
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> httpcore.AsyncNetworkStream:  # noqa: ASYNC109
        raise InvalidInput("no socket of this machine is fetched from")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Received:
    """A body as it comes in, never larger than allowed, unpacked as it comes."""

    def __init__(self, encoding: str, max_bytes: int, host: str) -> None:
        if encoding not in {"identity", "gzip", "x-gzip", ""}:
            raise Unavailable(f"{host} sends an encoding that was not asked for")
        self._unpack = None if encoding in {"identity", ""} else zlib.decompressobj(wbits=31)
        self._max_bytes = max_bytes
        self._host = host
        self._size = 0
        self._packed_size = 0
        self._chunks: list[bytes] = []

    def add(self, chunk: bytes) -> None:
        self._packed_size += len(chunk)
        if self._unpack is not None:
            try:
                chunk = self._unpack.decompress(chunk, self._max_bytes - self._size + 1)
            except zlib.error as error:
                raise Unavailable(f"{self._host} sends damaged gzip") from error
        self._size += len(chunk)
        if self._size > self._max_bytes or self._packed_size > self._max_bytes:
            raise Unavailable(f"{self._host} sends more than {self._max_bytes} bytes")
        self._chunks.append(chunk)

    def whole(self) -> bytes:
        if self._unpack is not None and (not self._unpack.eof or self._unpack.unused_data):
            raise Unavailable(f"{self._host} sends damaged gzip")
        return b"".join(self._chunks)


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Every address the system knows for a host, in its order of preference."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} is not known") from error
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def is_denied(text: str) -> bool:
    """Whether an address is anything but a host on the public internet."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text.split("%", 1)[0])
    except ValueError:
        return True
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return not address.is_global or any(address in network for network in _DENIED if network.version == address.version)


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    return (parts.hostname or "", parts.port if parts.port is not None else _PORTS.get(parts.scheme, -1))


def _retry_after(header: str | None) -> float:
    return float(min(int(header), 3600)) if header and header.isascii() and header.isdigit() else 60.0


def _ssl_context() -> ssl.SSLContext:
    """The system's anchors and those of the certifi package: a small image may have none of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
