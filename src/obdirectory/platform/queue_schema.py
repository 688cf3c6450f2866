"""The queue's tables, which procrastinate brings, in a schema of their own."""

import psycopg
from psycopg import sql

SCHEMA = "queue"


async def install(connection: psycopg.AsyncConnection) -> bool:
    """Lay out the queue's tables in a schema of their own, once; whether that happened now."""
    cursor = await connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.procrastinate_jobs",))
    if (await cursor.fetchone()) != (None,):
        return False
    from procrastinate.schema import SchemaManager  # costs a tenth of a second, which is paid once

    async with connection.transaction():
        await connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        await connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(SCHEMA)))
        await connection.execute(SchemaManager.get_schema())
    return True
