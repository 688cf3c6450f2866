"""The version of each environment's world: grown in the transaction that changes evidence, polled by whoever answers from it."""

from dataclasses import dataclass
from typing import Literal

from obdirectory.platform.db import Connection, Database

Environment = Literal["live", "sandbox"]


@dataclass(frozen=True, slots=True)
class _Version:
    environment: Environment
    version: int


async def bump_world_version(connection: Connection, environment: Environment) -> int:
    """Give this environment's world its next version in the caller's transaction; whoever listens hears of it at the commit."""
    query = """
        UPDATE platform.world_version SET version = version + 1, changed_at = now() WHERE environment = %s
        RETURNING version, pg_notify('world_version', environment || ':' || version)
    """
    [version] = await connection.fetch_values(query, (environment,))
    return int(version)


async def world_versions(database: Database) -> dict[Environment, int]:
    """The current version of each environment's world."""
    rows = await database.fetch_all(_Version, "SELECT environment, version FROM platform.world_version")
    return {row.environment: row.version for row in rows}
