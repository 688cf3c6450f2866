"""SQL of trust: lists and revocation answers that were judged, and where each territory's list is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from obdirectory.platform.db import Connection, Database
from obdirectory.platform.world_version import Environment, bump_world_version

__all__ = [
    "AnswerRow", "Connection", "Database", "Environment", "ListRow", "NewAnswer", "NewList", "SourceRow", "add_answers", "add_lists",
    "answers", "bump_world_version", "current_lists", "known_answers", "name_sources", "note_sources", "sources",
    "take_turns",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list that counts."""

    territory: str
    sequence: int
    version: int
    issued_at: datetime
    next_update_at: datetime | None
    sha256: str
    prepared_sha256: str
    signer_sha256: str
    address: str
    services: int
    web_services: int
    known_at: datetime


@dataclass(frozen=True, slots=True)
class NewList:
    """A judged list to be written; what a refused file did not say is None."""

    territory: str | None
    sequence: int | None
    version: int | None
    issued_at: datetime | None
    next_update_at: datetime | None
    sha256: str | None
    prepared_sha256: str | None
    signer_sha256: str | None
    address: str
    outcome: str
    reason: str
    message: str
    services: int
    web_services: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Where a territory's list is, and how the last look at it ended."""

    territory: str
    address: str
    etag: str | None
    last_modified: str | None
    sha256: str | None
    checked_at: datetime | None
    outcome: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """A judged CRL or OCSP answer to be written."""

    kind: str
    sha256: str
    address: str
    issuer_der: bytes | None
    issuer_spki_der: bytes | None
    serial_number: bytes | None
    this_update_at: datetime | None
    next_update_at: datetime | None
    outcome: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A revocation answer that was accepted."""

    kind: str
    sha256: str
    issuer_der: bytes
    issuer_spki_der: bytes
    known_at: datetime


async def take_turns(connection: Connection, environment: Environment) -> None:
    """Wait until no other refresh of this environment is being judged; until the transaction's end."""
    await connection.run("SELECT pg_advisory_xact_lock(hashtext('trust.refresh'), hashtext(%s))", (environment,))


_CURRENT = """
    SELECT DISTINCT ON (territory) territory, sequence, version, issued_at, next_update_at, sha256, prepared_sha256, signer_sha256, address,
        services, web_services, known_at
    FROM trust.trusted_list
    WHERE environment = %s AND known_at <= %s AND outcome <> 'refused'
    ORDER BY territory, sequence DESC, issued_at DESC, known_at, id
"""


async def current_lists(database: Connection | Database, environment: Environment, *, known_at: datetime) -> list[ListRow]:
    """The list of each territory that counts as known at an instant: the newest accepted by then, by its own number and date."""
    return await database.fetch_all(ListRow, _CURRENT, (environment, known_at))


async def add_lists(connection: Connection, environment: Environment, lists: Iterable[NewList], *, known_at: datetime) -> None:
    """Write judged lists; a refusal that repeats what is known of the same file is left out."""
    query = """
        INSERT INTO trust.trusted_list (environment, territory, sequence, version, issued_at, next_update_at, sha256, prepared_sha256,
            signer_sha256, address, outcome, reason, message, services, web_services, known_at)
        SELECT %(environment)s, %(territory)s, %(sequence)s, %(version)s, %(issued_at)s, %(next_update_at)s, %(sha256)s,
            %(prepared_sha256)s, %(signer_sha256)s, %(address)s, %(outcome)s, %(reason)s, %(message)s, %(services)s, %(web_services)s,
            %(known_at)s
        WHERE NOT EXISTS (
            SELECT FROM trust.trusted_list WHERE environment = %(environment)s AND territory IS NOT DISTINCT FROM %(territory)s
            AND sha256 IS NOT DISTINCT FROM %(sha256)s AND address = %(address)s AND outcome = 'refused' AND reason = %(reason)s
            AND %(outcome)s = 'refused'
        )
    """
    for one in lists:
        await connection.run(query, {"environment": environment, "known_at": known_at, **_columns(one)})


async def sources(database: Connection | Database, environment: Environment) -> list[SourceRow]:
    """Where each territory's list is said to be."""
    query = """
        SELECT territory, address, etag, last_modified, sha256, checked_at, outcome, reason, message
        FROM trust.list_source WHERE environment = %s ORDER BY territory
    """
    return await database.fetch_all(SourceRow, query, (environment,))


async def name_sources(connection: Connection, environment: Environment, addresses: Iterable[tuple[str, str]]) -> None:
    """Take territories and addresses from the list of lists that counts; what was noted about another address is forgotten."""
    query = """
        INSERT INTO trust.list_source (environment, territory, address) VALUES (%s, %s, %s)
        ON CONFLICT (environment, territory) DO UPDATE
        SET address = EXCLUDED.address,
            etag = CASE WHEN list_source.address = EXCLUDED.address THEN list_source.etag END,
            last_modified = CASE WHEN list_source.address = EXCLUDED.address THEN list_source.last_modified END
    """
    await connection.run_many(query, [(environment, territory, address) for territory, address in addresses])


async def note_sources(connection: Connection, environment: Environment, looks: Iterable[SourceRow]) -> None:
    """Note how the last look at each source ended: without a file what was noted of the last one stays, an earlier look changes nothing."""
    query = """
        INSERT INTO trust.list_source (environment, territory, address, etag, last_modified, sha256, checked_at, outcome, reason, message)
        VALUES (%(environment)s, %(territory)s, %(address)s, %(etag)s, %(last_modified)s, %(sha256)s, %(checked_at)s, %(outcome)s,
            %(reason)s, %(message)s)
        ON CONFLICT (environment, territory) DO UPDATE
        SET etag = CASE WHEN EXCLUDED.sha256 IS NULL THEN list_source.etag ELSE EXCLUDED.etag END,
            last_modified = CASE WHEN EXCLUDED.sha256 IS NULL THEN list_source.last_modified ELSE EXCLUDED.last_modified END,
            sha256 = coalesce(EXCLUDED.sha256, list_source.sha256), checked_at = EXCLUDED.checked_at, outcome = EXCLUDED.outcome,
            reason = EXCLUDED.reason, message = EXCLUDED.message
        WHERE list_source.checked_at IS NULL OR list_source.checked_at <= EXCLUDED.checked_at
    """
    for look in looks:
        await connection.run(query, {"environment": environment, **_columns(look)})


async def add_answers(connection: Connection, environment: Environment, found: Sequence[NewAnswer], *, known_at: datetime) -> None:
    """Write judged revocation answers; a refusal that repeats what is known of the same file is left out."""
    query = """
        INSERT INTO trust.revocation_answer (environment, kind, sha256, address, issuer_der, issuer_spki_der, serial_number, this_update_at,
            next_update_at, outcome, reason, message, known_at)
        SELECT %(environment)s, %(kind)s, %(sha256)s, %(address)s, %(issuer_der)s, %(issuer_spki_der)s, %(serial_number)s,
            %(this_update_at)s, %(next_update_at)s, %(outcome)s, %(reason)s, %(message)s, %(known_at)s
        WHERE NOT EXISTS (
            SELECT FROM trust.revocation_answer WHERE environment = %(environment)s AND sha256 = %(sha256)s AND outcome = 'refused'
            AND reason = %(reason)s AND %(outcome)s = 'refused'
        )
    """
    for one in found:
        await connection.run(query, {"environment": environment, "known_at": known_at, **_columns(one)})


async def known_answers(connection: Connection, environment: Environment, digests: Sequence[str], *, known_at: datetime) -> set[str]:
    """Which of these files were accepted by then."""
    query = """
        SELECT DISTINCT sha256 FROM trust.revocation_answer
        WHERE environment = %s AND sha256 = ANY(%s) AND known_at <= %s AND outcome <> 'refused'
    """
    return set(await connection.fetch_values(query, (environment, list(digests), known_at)))


async def answers(database: Connection | Database, environment: Environment, *, known_at: datetime, newest: int) -> list[AnswerRow]:
    """The accepted answers known at an instant, the ``newest`` of each authority (CRLs) or certificate (OCSP)."""
    query = """
        SELECT kind, sha256, issuer_der, issuer_spki_der, known_at FROM (
            SELECT kind, sha256, issuer_der, issuer_spki_der, known_at, this_update_at, id, row_number() OVER (
                PARTITION BY kind, issuer_der, issuer_spki_der, serial_number ORDER BY this_update_at DESC, id DESC
            ) AS age
            FROM (
                SELECT DISTINCT ON (sha256) * FROM trust.revocation_answer
                WHERE environment = %s AND known_at <= %s AND outcome <> 'refused' ORDER BY sha256, known_at, id
            ) AS once
        ) AS aged
        WHERE age <= %s ORDER BY this_update_at, id
    """
    return await database.fetch_all(AnswerRow, query, (environment, known_at, newest))


def _columns(row: NewList | NewAnswer | SourceRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
