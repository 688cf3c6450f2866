"""Stand-ins for what lies outside the process; each passes the same contract test as the real thing."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Self

from obdirectory.core.errors import InvalidInput


class MemoryObjects:
    """``platform.objects.ObjectStore`` without a disk."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        return self.put_now(content)

    async def get(self, digest: str) -> bytes | None:
        return self.get_now(digest)

    async def exists(self, digest: str) -> bool:
        return self.get_now(digest) is not None

    def put_now(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return digest

    def get_now(self, digest: str) -> bytes | None:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise InvalidInput("not a SHA-256 digest in lower-case hexadecimal")
        return self.kept.get(digest)


@dataclass(frozen=True, slots=True)
class Page:
    """What a site answers at one path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pause_seconds: float = 0.0  # before each byte of the body


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a site received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class LoopbackSite:
    """A real HTTP server on this machine: a register, a list of lists, a responder. Pages may be changed while it runs.

    ``async with LoopbackSite({"/list.xml": Page(b"…")}) as site``; ``site.origin`` is what ``GuardedHttp(loopback_origins=…)``
    must be told. A page with an ``ETag`` header answers 304 to a request that names it.
    """

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages = dict(pages)
        self.asked: list[Asked] = []
        self.origin = ""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *raised: object) -> None:
        assert self._server
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked.append(Asked(method, path, headers, body))
            page = self.pages.get(path, Page(b"not here", 404))
            if "ETag" in page.headers and headers.get("if-none-match") == page.headers["ETag"]:
                page = replace(page, status=304, body=b"")
            answer = {"Content-Length": str(len(page.body)), "Connection": "close", **page.headers}
            lines = [f"HTTP/1.1 {page.status} -", *(f"{name}: {value}" for name, value in answer.items() if value)]
            writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            for piece in [page.body] if not page.pause_seconds else [bytes([byte]) for byte in page.body]:
                await asyncio.sleep(page.pause_seconds)
                writer.write(piece)
                await writer.drain()
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
