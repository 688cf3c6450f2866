"""One row per register entry and country: how it stands and which roles may be used there, with the identifier its certificate would carry.

The entry alone is looked at, not the firm: branches and entries of other registers are left out, and so are excluded firms.
"""

from collections.abc import AsyncGenerator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from obdirectory.directory.assembly import Assembly
from obdirectory.directory.index import Authorisation
from obdirectory.directory.lookup import organization_identifier
from obdirectory.directory.reading import store
from obdirectory.directory.standing import GRANTED, EntryState, RegisterStatus, entry_state, is_listed, kind_of, of_entries

if TYPE_CHECKING:
    from obdirectory.platform.db import Database

_STATUS: dict[RegisterStatus, str] = {"WITHDRAWN": "withdrawn", "NOT_YET": "not_yet", "UNKNOWN": "unknown"}


class PermissionRow(NamedTuple):
    """One line of ``obd permissions``; the fields are its header."""

    entity_type: str
    entity_code: str
    home: str
    status: str  # authorised (also registered) withdrawn; unknown where no date can be read, not_yet before the first
    organization_identifier: str  # empty for an authority that certificates have no code for
    country: str
    roles: str  # joined by + in alphabetical order; empty when none may be used


HEADER = PermissionRow._fields


async def permission_rows(
    db: "Database", environment: str, *, source: str | None = None, at: datetime, known_at: datetime
) -> AsyncGenerator[PermissionRow]:
    """Every row, of one source if asked, as true at ``at`` and known at ``known_at``; streamed, a few hundred entries at a time."""
    assembly = Assembly()
    async for entries in store.entry_batches(db, environment, known_at=known_at, rows_each=500):
        for firm in assembly.firms(entries):
            for authorisation in firm.authorisations:
                if source in (None, authorisation.source):
                    for row in rows_of(authorisation, at=at, known_at=known_at):
                        yield row


def rows_of(authorisation: Authorisation, *, at: datetime, known_at: datetime) -> Iterator[PermissionRow]:
    """The rows of one entry: a country each that it lists, and its home state where the licence gives roles without listing any."""
    state = entry_state(authorisation, at=at, known_at=known_at)
    if authorisation.entity_type == "PSD_EXC" or state.missing_since_at is not None:
        return
    alone = EntryState(authorisation, state.status, state.since_on, state.ends_on)
    identifier = organization_identifier(authorisation)
    status = _STATUS.get(state.status, "authorised")
    for country in _countries(authorisation, at):
        roles = _roles(alone, country, at) if status == "authorised" else ""
        yield PermissionRow(
            authorisation.entity_type, authorisation.entity_code, authorisation.home_country, status, identifier, country, roles
        )


def _countries(authorisation: Authorisation, at: datetime) -> list[str]:
    listed = {right.country for right in authorisation.rights if is_listed(right, authorisation, at)}
    if authorisation.roles or kind_of(authorisation).reach in ("bank", "bank_at_home"):
        listed.add(authorisation.home_country)
    return sorted(listed)


def _roles(state: EntryState, country: str, at: datetime) -> str:
    here = of_entries((state,), country, at).here
    return "+".join(sorted(role for role, right in here.items() if right.standing in GRANTED and right.by != "branch"))
