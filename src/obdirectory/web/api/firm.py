"""A firm as the API sends it: what its registers say, and what follows from it in each country. Pure."""

from datetime import date, datetime

import msgspec

from obdirectory.core.countries import EEA_MEMBERSHIP
from obdirectory.core.payment_services import ROLE_OF_SERVICE_CODE
from obdirectory.directory.index import Branch, Firm, Measure, Right
from obdirectory.directory.lookup import organization_identifier
from obdirectory.directory.passport import country_rights
from obdirectory.directory.search import FirmView
from obdirectory.directory.standing import GRANTED, EntryState, entry_state


class SentAuthorisation(msgspec.Struct, frozen=True):
    """One register entry of the firm, as it stands at the instant asked about."""

    source: str
    entity_type: str
    entity_code: str
    authority_code: str  # as the register writes it
    nca_id: str | None  # as certificates write it; null for an authority nobody knows
    number: str
    organization_identifier: str | None  # what a certificate for it carries
    name: str
    home_country: str
    status: str
    since_on: date | None
    ends_on: date | None
    missing_since_at: datetime | None
    authorised_on: tuple[date, ...]  # authorised, withdrawn, authorised …
    rights: tuple[Right, ...]
    branches: tuple[Branch, ...]
    measures: tuple[Measure, ...]
    record_sha256: str


class SentRole(msgspec.Struct, frozen=True):
    """How one PSP role stands in one country."""

    role: str
    granted: bool
    standing: str
    by: str  # home, fps, branch, crd
    since_at: datetime | None
    source: str


class SentCountry(msgspec.Struct, frozen=True):
    """What one authority's entries allow in one country."""

    country: str
    nca_id: str
    status: str
    roles: tuple[SentRole, ...]


class SentFirm(msgspec.Struct, frozen=True):
    """A firm, true at ``at`` and as known at ``known_at``."""

    entity_id: str
    name: str
    other_names: tuple[str, ...]
    home_country: str
    address: str
    lei: str | None
    bic: str | None
    company_number: str | None
    agents: int | None
    at: datetime
    known_at: datetime
    authorisations: tuple[SentAuthorisation, ...]
    countries: tuple[SentCountry, ...]  # those with something to say


def sent_firm(view: FirmView) -> SentFirm:
    """The whole of it."""
    firm = view.firm
    return SentFirm(
        entity_id=firm.entity_id,
        name=firm.name,
        other_names=view.other_names,
        home_country=firm.home_country,
        address=view.address,
        lei=firm.lei,
        bic=view.bic,
        company_number=firm.company_number,
        agents=view.agents,
        at=view.at,
        known_at=view.known_at,
        authorisations=tuple(_authorisation(entry_state(entry, at=view.at, known_at=view.known_at)) for entry in firm.authorisations),
        countries=_countries(firm, at=view.at, known_at=view.known_at),
    )


def _authorisation(state: EntryState) -> SentAuthorisation:
    entry = state.authorisation
    return SentAuthorisation(
        source=entry.source,
        entity_type=entry.entity_type,
        entity_code=entry.entity_code,
        authority_code=entry.authority_code,
        nca_id=str(entry.authority) if entry.authority else None,
        number=entry.number,
        organization_identifier=organization_identifier(entry) or None,
        name=entry.name,
        home_country=entry.home_country,
        status=state.status,
        since_on=state.since_on,
        ends_on=state.ends_on,
        missing_since_at=state.missing_since_at,
        authorised_on=entry.authorised_on,
        rights=entry.rights,
        branches=entry.branches,
        measures=entry.measures,
        record_sha256=entry.record_sha256,
    )


def _countries(firm: Firm, *, at: datetime, known_at: datetime) -> tuple[SentCountry, ...]:
    """Country by country and authority by authority; roles that no account service needs are left to ``rights``."""
    made: list[SentCountry] = []
    authorities = dict.fromkeys(entry.authority for entry in firm.authorisations if entry.authority is not None)
    for country in sorted({*EEA_MEMBERSHIP, firm.home_country}):
        for authority in authorities:
            found = country_rights(firm, authority, country, at=at, known_at=known_at)
            roles = tuple(
                SentRole(right.role, right.standing in GRANTED, right.standing, right.by, right.since_at, right.source)
                for right in sorted(found.rights, key=lambda right: right.role)
                if right.role in _ROLES and right.standing not in {"not_passported", "not_passportable"}
            )
            if roles:
                made.append(SentCountry(country, str(authority), found.status, roles))
    return tuple(made)


_ROLES = frozenset({*ROLE_OF_SERVICE_CODE.values(), "PSP_AS"})
