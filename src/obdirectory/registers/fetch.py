"""Fetching a register from its own address: what its publisher says about the newest file, then that file unless we have it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from urllib.parse import urljoin

from obdirectory.core.errors import InvalidInput
from obdirectory.platform.http import GuardedHttp
from obdirectory.registers.delivery import Delivery, read_metadata
from obdirectory.registers.row import Refusal
from obdirectory.registers.source import Source

Fetch: TypeAlias = Callable[[Source, str | None], Awaitable[Delivery | Refusal]]
"""The newest file of a source; the second argument is the digest of the last file believed, which is not fetched again."""

_METADATA_BYTES = 64 * 1024
_METADATA_SECONDS = 30.0
_FILE_SECONDS = 600.0


def fetch_from(http: GuardedHttp, addresses: Mapping[str, str] | None = None) -> Fetch:
    """How registers are fetched with this client; ``addresses`` replaces a source's own address (source id -> URL)."""

    async def fetch(source: Source, last_sha256: str | None) -> Delivery | Refusal:
        """Raises Unavailable when the source cannot be reached, InvalidInput for a source that has no address."""
        url = (addresses or {}).get(source.id, source.url)
        if not url:
            raise InvalidInput(f"{source.id} has no address of its own: collect it from a file with --from")
        answer = await http.fetch(url, max_bytes=_METADATA_BYTES, timeout_seconds=_METADATA_SECONDS)
        metadata = read_metadata(answer.body)
        if isinstance(metadata, Refusal):
            return metadata
        if metadata.sha256.lower() == last_sha256:
            return Delivery(b"", url, from_source=True, metadata=metadata)
        address = urljoin(urljoin(url, metadata.context), metadata.path)
        file = await http.fetch(address, max_bytes=source.max_bytes, timeout_seconds=_FILE_SECONDS)
        return Delivery(file.body, address, from_source=True, metadata=metadata)

    return fetch
