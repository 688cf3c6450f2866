"""SQL of the platform: API clients."""

from dataclasses import dataclass

from obdirectory.platform.db import Database
from obdirectory.platform.world_version import Environment, bump_world_version


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One API client as it is stored."""

    key_id: str
    environment: Environment
    name: str
    key_hmac: bytes
    country: str | None
    aspsp: str | None
    policy: str
    permissions: list[str]
    requests_per_second: float


async def add_client(database: Database, client: ClientRow) -> None:
    """Store a new client, which changes its environment's world."""
    query = """
        INSERT INTO platform.api_client
            (key_id, environment, name, key_hmac, country, aspsp, policy, permissions, requests_per_second)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    """
    async with database.transaction() as connection:
        await connection.run(
            query,
            (
                client.key_id,
                client.environment,
                client.name,
                client.key_hmac,
                client.country,
                client.aspsp,
                client.policy,
                client.permissions,
                client.requests_per_second,
            ),
        )
        await bump_world_version(connection, client.environment)


async def revoke_client(database: Database, key_id: str) -> bool:
    """End a client's access from now on; False when there is no such client with access."""
    query = "UPDATE platform.api_client SET revoked_at = now() WHERE key_id = %s AND revoked_at IS NULL RETURNING environment"
    async with database.transaction() as connection:
        environments: list[Environment] = await connection.fetch_values(query, (key_id,))
        for environment in environments:
            await bump_world_version(connection, environment)
    return bool(environments)


async def clients(database: Database, environment: Environment) -> list[ClientRow]:
    """Every client of an environment whose access has not ended."""
    query = """
        SELECT key_id, environment, name, key_hmac, country, aspsp, policy, permissions, requests_per_second
        FROM platform.api_client WHERE environment = %s AND revoked_at IS NULL ORDER BY key_id
    """
    return await database.fetch_all(ClientRow, query, (environment,))
