"""Rows of registers as evidence: the very bytes a verdict's digest is over."""

from collections.abc import Iterable

from obdirectory.registers import store
from obdirectory.registers.snapshot import Environment


async def raw_rows(db: store.Database, environment: Environment, digests: Iterable[str]) -> dict[str, bytes]:
    """Digest (hexadecimal) -> row, for those that are kept."""
    rows = await store.kept_rows(db, environment, [bytes.fromhex(digest) for digest in digests])
    return {row.raw_sha256.hex(): row.raw for row in rows}
