"""Trusted lists in memory that list authorities the tests made: one service a call, put together into an index."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509

from obdirectory.sandbox.issuing import Issuer
from obdirectory.trust.index import AcceptedList, Criteria, Qualification, ServiceInterval, TrustIndex, TrustService, build_index

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
SINCE = datetime(2017, 1, 1, tzinfo=UTC)
FOR_ALL = frozenset({"ForWebSiteAuthentication", "ForeSeals"})


def interval(
    status: str = "granted",
    *,
    from_at: datetime = SINCE,
    to_at: datetime | None = None,
    type_: str = "CA/QC",
    additional: frozenset[str] = FOR_ALL,
    qualifications: Sequence[Qualification] = (),
    unknown_critical: tuple[str, ...] = (),
) -> ServiceInterval:
    return ServiceInterval(from_at, to_at, status, type_, additional, tuple(qualifications), unknown_critical)


def qualifying(*qualifiers: str, criteria: Criteria | None = None) -> Qualification:
    """Qualifiers for every certificate, or for those that meet the criteria."""
    return Qualification(frozenset(qualifiers), criteria or Criteria("all"))


def service(
    issuer: Issuer, *intervals: ServiceInterval, territory: str = "DE", name: str = "Example QC", bare: bool = False
) -> TrustService:
    """A listed service; ``bare`` lists the SHA-1 of its key and nothing else."""
    identifier = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key()).digest
    return TrustService(
        territory=territory,
        provider="Example Trust Services",
        name=name,
        list_sha256="0" * 64,
        subject_der=None if bare else issuer.name_der,
        spki_der=None if bare else issuer.spki_der,
        subject_key_id=identifier,
        certificates=() if bare else (issuer.der,),
        intervals=intervals or (interval(),),
    )


def index(*services: TrustService, territories: Sequence[str] = ("EU", "DE"), next_update_at: datetime | None = None) -> TrustIndex:
    """An index in which the lists of these territories are loaded and hold these services."""
    return build_index(
        (
            AcceptedList(territory, 7, 6, f"{place}" * 64, SINCE, next_update_at or datetime(2026, 12, 1, tzinfo=UTC), AT),
            [one for one in services if one.territory == territory],
        )
        for place, territory in enumerate(territories)
    )
