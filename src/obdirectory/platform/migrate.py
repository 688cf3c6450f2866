"""Numbered SQL files, applied once, in order, under a lock; a file that changed after it was applied is refused."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString, Self, cast

import psycopg
from psycopg import sql

from obdirectory.core.errors import Conflict, NotPermitted, Unavailable
from obdirectory.platform import queue_schema

ROLES = ("obd_serve", "obd_work", "obd_sign", "obd_read")
_LOCK = 0x6F626469  # any number, the same in every process
# Roles belong to the server, the lock to one database: another database may be migrated at this moment.
_MAKE_ROLE = sql.SQL("DO $$ BEGIN CREATE ROLE {} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$")
_FILE = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: ``0002_trust.sql``."""

    number: int
    name: str
    statements: str

    @classmethod
    def parse(cls, file_name: str, statements: str) -> Self:
        """Read number and name from the file's name.

        Raises Conflict when it is not named as a migration is.
        """
        if not (found := _FILE.fullmatch(file_name)):
            raise Conflict(f"not named as a migration: {file_name}")
        return cls(int(found["number"]), found["name"], statements)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.statements.encode()).hexdigest()


def shipped() -> list[Migration]:
    """The migrations of this release, in order."""
    folder = resources.files("obdirectory.platform") / "migrations"
    found = [Migration.parse(file.name, file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted(found, key=lambda migration: migration.number)


async def migrate(dsn: str, *, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Bring a database to this release; the names of what was applied now.

    Raises Unavailable when the database does not answer, NotPermitted with the SQL to run when the group roles are missing and
    may not be made, Conflict when an applied file has changed or the database is of a later release.
    """
    wanted = shipped() if migrations is None else list(migrations)
    try:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            await _make_roles(connection)
            applied = await _applied(connection)
            _refuse_surprises(applied, wanted)
            names = [await _apply(connection, migration) for migration in wanted if migration.number not in applied]
            if await queue_schema.install(connection):
                names.append("queue")
            return names
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotPermitted(f"this database account may not change the schema: {error.diag.message_primary}") from error
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database does not answer: {error}") from error


async def _make_roles(connection: psycopg.AsyncConnection) -> None:
    cursor = await connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(ROLES),))
    present = {row[0] for row in await cursor.fetchall()}
    missing = [role for role in ROLES if role not in present]
    try:
        for role in missing:
            await connection.execute(_MAKE_ROLE.format(sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege as error:
        orders = " ".join(f"CREATE ROLE {role} NOLOGIN;" for role in missing)
        raise NotPermitted(f"this database account may not create roles; have an administrator run: {orders}") from error


async def _applied(connection: psycopg.AsyncConnection) -> dict[int, str]:
    await connection.execute("CREATE SCHEMA IF NOT EXISTS platform")
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS platform.migration"
        " (number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    cursor = await connection.execute("SELECT number, digest FROM platform.migration")
    return dict(await cursor.fetchall())


def _refuse_surprises(applied: dict[int, str], wanted: Sequence[Migration]) -> None:
    by_number = {migration.number: migration for migration in wanted}
    if len(by_number) != len(wanted):
        raise Conflict("two migrations bear the same number")
    for number, digest in applied.items():
        if number not in by_number:
            raise Conflict(f"the database knows migration {number:04}, this release does not: it is of a later release")
        if by_number[number].digest != digest:
            raise Conflict(f"migration {number:04}_{by_number[number].name} has changed since it was applied: write a new one instead")


async def _apply(connection: psycopg.AsyncConnection, migration: Migration) -> str:
    async with connection.transaction():
        await connection.execute(cast(LiteralString, migration.statements))
        await connection.execute(
            "INSERT INTO platform.migration (number, name, digest) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.digest),
        )
    return f"{migration.number:04}_{migration.name}"
