"""Network calls of trust: one list from one address, conditionally, bounded in size and time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.platform.http import Fetched
from obdirectory.trust.xmlread import MAX_LIST_BYTES

_AT_ONCE = 6
_TIMEOUT_SECONDS = 45.0


class Http(Protocol):
    """What is needed of ``platform.http.GuardedHttp``."""

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        timeout_seconds: float,
        etag: str | None = None,
        last_modified: str | None = None,
        follow_same_host: bool = False,
    ) -> Fetched: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """An address and what we hold of it already."""

    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Why an address gave nothing."""

    url: str
    why: str


class ListFetch:
    """Fetches lists through the guarded client; made once by the application."""

    def __init__(self, http: Http, lotl_url: str) -> None:
        self._http = http
        self.lotl_url = lotl_url

    async def get(self, asked: Asked) -> Fetched | Failed:
        """One list; whatever goes wrong on the way is a value, because one silent server must not stop the others."""
        try:
            return await self._http.fetch(
                asked.url,
                max_bytes=MAX_LIST_BYTES,
                timeout_seconds=_TIMEOUT_SECONDS,
                etag=asked.etag,
                last_modified=asked.last_modified,
                follow_same_host=True,
            )
        except (Unavailable, InvalidInput) as error:
            return Failed(asked.url, str(error))

    async def get_all(self, asked: Mapping[str, Asked]) -> dict[str, Fetched | Failed]:
        """Several lists at once, a few at a time, by the key each was asked under."""
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(wanted: Asked) -> Fetched | Failed:
            async with turns:
                return await self.get(wanted)

        found = await asyncio.gather(*(one(wanted) for wanted in asked.values()))
        return dict(zip(asked, found, strict=True))
