"""Firms written in the field's own words, for tests of what is read from them."""

from datetime import UTC, date, datetime

from obdirectory.core.identifiers import entity_id
from obdirectory.core.nca import of_register_code
from obdirectory.directory.index import Authorisation, Branch, Firm, Measure, Right

SEEN_AT = datetime(2026, 9, 13, 16, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def rights(services: dict[str, str], *, seen_at: datetime = SEEN_AT, missing_at: datetime | None = None) -> tuple[Right, ...]:
    """``{"DE": "070 080"}`` -> rights."""
    return tuple(Right(country, f"PS_{code}", seen_at, missing_at) for country, codes in services.items() for code in codes.split())


def entry(
    code: str = "DE_BAFIN!10125314",
    services: dict[str, str] | None = None,
    *,
    kind: str = "PSD_PI",
    authorised: str = "2019-01-01",
    number: str | None = None,
    source: str = "eu_eba",
    branches: tuple[Branch, ...] = (),
    measures: tuple[Measure, ...] = (),
    roles: tuple[str, ...] = (),
    missing_since_at: datetime | None = None,
    first_seen_at: datetime | None = None,
    more: tuple[Right, ...] = (),
    owner: str | None = None,
) -> Authorisation:
    """A register entry; home state and authority are read from its code."""
    owner = owner or next(part for part in code.split("!") if "_" in part and not part.startswith(("PSD_", "CRD_")))
    return Authorisation(
        source=source,
        entity_type=kind,
        entity_code=code,
        authority=of_register_code(owner),
        authority_code=owner,
        number=number or code.rsplit("!", 1)[-1],
        name=f"Firm {code}",
        home_country=owner[:2],
        authorised_on=tuple(date.fromisoformat(day) for day in authorised.split()),
        rights=rights(services or {}) + more,
        branches=branches,
        measures=measures,
        roles=roles,
        record_sha256="00" * 32,
        missing_since_at=missing_since_at,
        first_seen_at=first_seen_at,
    )


def firm(*entries: Authorisation, name: str = "", lei: str | None = None, company_number: str | None = None) -> Firm:
    """The firm of these entries."""
    first = entries[0]
    return Firm(
        entity_id(first.source, first.entity_type, first.entity_code), name or first.name, first.home_country, entries, lei, company_number
    )


def branch(country: str, services: str, *, active: bool | None = True) -> Branch:
    """A branch in its own country."""
    return Branch("eu_eba", f"branch!{country}", country, active, rights({country: services}), "11" * 32)
