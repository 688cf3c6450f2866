"""PostgreSQL for store modules: a pool, transactions, rows read into our own types.

A database that is away is ``Unavailable``, a row that already exists is ``Conflict``; nothing above this package knows the
driver's errors.
"""

from collections.abc import AsyncGenerator, Generator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.rows import TupleRow, class_row
from psycopg.types.string import StrDumperUnknown
from psycopg_pool import AsyncConnectionPool

from obdirectory.core.errors import Conflict, Unavailable

Row = TypeVar("Row")
Query = LiteralString | sql.SQL | sql.Composed
Parameters = Sequence[Any] | Mapping[str, Any] | None


class _Text(StrDumperUnknown):
    """Text as PostgreSQL can hold it: NUL and halves of surrogate pairs, which it cannot, are replaced.

    A stranger types it, or has it in a certificate; nothing stored is ever equal to it, and asking for it is no error.
    """

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd").encode("utf-8", "replace").decode())


class Connection(psycopg.AsyncConnection[TupleRow]):
    """One connection; what is done on it inside ``Database.transaction`` is one transaction."""

    async def fetch_all(self, row_type: type[Row], query: Query, parameters: Parameters = None) -> list[Row]:
        """Every row as a ``row_type``, whose fields are named like the columns."""
        with _said_in_our_words():
            async with self.cursor(row_factory=class_row(row_type)) as cursor:
                await cursor.execute(query, parameters)
                return await cursor.fetchall()

    async def fetch_one(self, row_type: type[Row], query: Query, parameters: Parameters = None) -> Row | None:
        """The first row, or None when there is none."""
        with _said_in_our_words():
            async with self.cursor(row_factory=class_row(row_type)) as cursor:
                await cursor.execute(query, parameters)
                return await cursor.fetchone()

    async def fetch_values(self, query: Query, parameters: Parameters = None) -> list[Any]:
        """The first column of every row."""
        with _said_in_our_words():
            async with self.cursor() as cursor:
                await cursor.execute(query, parameters)
                return [row[0] for row in await cursor.fetchall()]

    async def run(self, query: Query, parameters: Parameters = None) -> int:
        """Run a statement; how many rows it touched."""
        with _said_in_our_words():
            async with self.cursor() as cursor:
                await cursor.execute(query, parameters)
                return cursor.rowcount

    async def run_many(self, query: Query, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows, in one round trip; for thousands use ``copy_rows``."""
        with _said_in_our_words():
            async with self.cursor() as cursor:
                await cursor.executemany(query, rows)

    async def copy_rows(self, statement: Query, rows: Iterable[Sequence[Any]], *, types: Sequence[str] | None = None) -> int:
        """Write rows by ``COPY table (columns) FROM STDIN``; with ``types`` in binary (``... WITH (FORMAT binary)``)."""
        with _said_in_our_words():
            async with self.cursor() as cursor, cursor.copy(statement) as copy:
                if types is not None:
                    copy.set_types(types)
                count = 0
                for row in rows:
                    await copy.write_row(row)
                    count += 1
                return count

    async def copy_bytes(self, statement: Query, chunks: Iterable[bytes]) -> None:
        """Write rows that are already in COPY's text or binary form."""
        with _said_in_our_words():
            async with self.cursor() as cursor, cursor.copy(statement) as copy:
                for chunk in chunks:
                    await copy.write(chunk)


class Database:
    """A pool of connections to one PostgreSQL, as one group role."""

    def __init__(self, pool: "AsyncConnectionPool[Connection]") -> None:
        self._pool = pool

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        role: str | None = None,
        acquire_seconds: float = 10.0,
        max_connections: int = 8,
        wait: bool = True,
    ) -> Self:
        """Open the pool.

        A superuser becomes ``role`` on every connection at once. With ``wait=False`` a database that is away is no error here:
        the pool keeps trying and each use says Unavailable meanwhile.
        """

        async def configure(connection: Connection) -> None:
            connection.adapters.register_dumper(str, _Text)
            if role is not None and connection.info.parameter_status("is_superuser") == "on":
                await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
                await connection.commit()

        pool = AsyncConnectionPool(
            dsn,
            connection_class=Connection,
            kwargs={"connect_timeout": 5, "application_name": role or "obd"},
            configure=configure,
            min_size=1,
            max_size=max_connections,
            timeout=acquire_seconds,
            reconnect_timeout=0.0,  # whoever asks next tries again at once, instead of waiting for a back-off
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        with _said_in_our_words():
            await pool.open(wait=wait, timeout=max(acquire_seconds, 5.0))
        return cls(pool)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A connection for a few statements; committed at the end, rolled back on an exception."""
        with _said_in_our_words():
            async with self._pool.connection() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A connection on which everything happens, or nothing."""
        with _said_in_our_words():
            async with self._pool.connection() as connection, connection.transaction():
                yield connection

    async def fetch_all(self, row_type: type[Row], query: Query, parameters: Parameters = None) -> list[Row]:
        """Every row as a ``row_type``."""
        async with self.connection() as connection:
            return await connection.fetch_all(row_type, query, parameters)

    async def fetch_one(self, row_type: type[Row], query: Query, parameters: Parameters = None) -> Row | None:
        """The first row, or None."""
        async with self.connection() as connection:
            return await connection.fetch_one(row_type, query, parameters)

    async def fetch_values(self, query: Query, parameters: Parameters = None) -> list[Any]:
        """The first column of every row."""
        async with self.connection() as connection:
            return await connection.fetch_values(query, parameters)

    async def execute(self, query: Query, parameters: Parameters = None) -> int:
        """Run one statement in a transaction of its own; how many rows it touched."""
        async with self.connection() as connection:
            return await connection.run(query, parameters)

    async def answers(self) -> bool:
        """Whether the database answers now."""
        try:
            await self.fetch_values("SELECT 1")
        except Unavailable:
            return False
        return True


@contextmanager
def _said_in_our_words() -> Generator[None]:
    try:
        yield
    except (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation) as error:
        raise Conflict(f"it is already there: {error.diag.constraint_name}") from error
    except psycopg.OperationalError as error:
        # Also a timeout of the pool, a deadlock, a server that is shutting down: all pass.
        raise Unavailable("the database does not answer", retry_after_seconds=1.0) from error
    except psycopg.InterfaceError as error:
        raise Unavailable("the connection to the database is gone", retry_after_seconds=1.0) from error
