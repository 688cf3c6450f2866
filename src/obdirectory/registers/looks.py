"""Every file of a register that was looked at, and what became of it, newest first."""

from obdirectory.registers import store
from obdirectory.registers.snapshot import Environment
from obdirectory.registers.store import LookRow

__all__ = ["LookRow", "looks"]


async def looks(db: store.Database, environment: Environment, source: str, *, before: str | None, limit: int) -> list[LookRow]:
    """At most ``limit`` files that were looked at before the one of id ``before`` (None: from the newest)."""
    return await store.looks_before(db, environment, source, before, limit)
