"""What the pages show of trusted lists: which counts for each territory, how old it is, why the last file was refused, what is in it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from obdirectory.core.errors import NotFound
from obdirectory.platform.objects import ObjectStore
from obdirectory.trust import store
from obdirectory.trust.index import TrustService
from obdirectory.trust.load import read_kept


@dataclass(frozen=True, slots=True)
class ListStatus:
    """One territory's list now.

    ``current``: its next update is not due yet; ``expired``: it is overdue, and the list still counts; ``missing``: none was accepted.
    """

    territory: str
    status: Literal["current", "expired", "missing"]
    sequence: int | None
    version: int | None
    issued_at: datetime | None
    next_update_at: datetime | None
    known_at: datetime | None
    age_seconds: int | None  # since it was issued
    services: int
    web_services: int  # may issue qualified certificates for web sites
    sha256: str | None
    address: str  # where the list of lists says it is, else where it was read
    checked_at: datetime | None  # when somebody last looked
    refusal: str  # the word of the last look, empty when that was well
    refusal_message: str


@dataclass(frozen=True, slots=True)
class ListDetail:
    """One list with its services, by provider, in the list's order."""

    status: ListStatus
    signer_sha256: str
    providers: tuple[tuple[str, tuple[TrustService, ...]], ...]


async def list_status(db: store.Database, environment: store.Environment, *, now: datetime) -> list[ListStatus]:
    """Every territory that has a list, should have one by the list of lists, or had one refused; the list of lists first."""
    current = {row.territory: row for row in await store.current_lists(db, environment, known_at=now)}
    sources = {row.territory: row for row in await store.sources(db, environment)}
    territories = sorted({*current, *sources}, key=lambda territory: (territory != "EU", territory))
    return [_status(territory, current.get(territory), sources.get(territory), now) for territory in territories]


async def list_detail(
    db: store.Database, objects: ObjectStore, environment: store.Environment, territory: str, *, now: datetime
) -> ListDetail:
    """The list that counts for a territory, with its providers and services.

    Raises NotFound when none does.
    """
    row = next((row for row in await store.current_lists(db, environment, known_at=now) if row.territory == territory), None)
    read = None if row is None else await asyncio.to_thread(read_kept, objects, row)
    if row is None or read is None:
        raise NotFound(f"no trusted list of {territory!r} is accepted")
    source = next((source for source in await store.sources(db, environment) if source.territory == territory), None)
    providers: dict[str, list[TrustService]] = {}
    for service in read.services:
        providers.setdefault(service.provider, []).append(service)
    found = tuple((name, tuple(services)) for name, services in providers.items())
    return ListDetail(_status(territory, row, source, now), row.signer_sha256, found)


def _status(territory: str, row: store.ListRow | None, source: store.SourceRow | None, now: datetime) -> ListStatus:
    refused = source if source and source.outcome == "refused" else None
    overdue = row is not None and row.next_update_at is not None and row.next_update_at < now
    return ListStatus(
        territory=territory,
        status="missing" if row is None else "expired" if overdue else "current",
        sequence=row.sequence if row else None,
        version=row.version if row else None,
        issued_at=row.issued_at if row else None,
        next_update_at=row.next_update_at if row else None,
        known_at=row.known_at if row else None,
        age_seconds=int((now - row.issued_at).total_seconds()) if row else None,
        services=row.services if row else 0,
        web_services=row.web_services if row else 0,
        sha256=row.sha256 if row else None,
        address=source.address if source else row.address if row else "",
        checked_at=source.checked_at if source else None,
        refusal=refused.reason if refused else "",
        refusal_message=refused.message if refused else "",
    )
