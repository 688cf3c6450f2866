"""The trusted lists in memory: who may issue qualified certificates for web sites and seals, found by issuer name and public key."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AcceptedList:
    """One list that counts now: a national trusted list or the list of lists (territory ``EU``)."""

    territory: str  # as the list writes it: EL, UK, EU
    sequence: int
    version: int  # 4, 5 or 6
    sha256: str  # of the archived file
    issued_at: datetime
    next_update_at: datetime | None
    known_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceInterval:
    """One instance of a trust service: what it was from ``from_at`` until ``to_at`` (None: still)."""

    from_at: datetime
    to_at: datetime | None
    status: str  # last path part: granted withdrawn undersupervision …
    type: str  # CA/QC …
    additional: frozenset[str]  # ForeSignatures ForeSeals ForWebSiteAuthentication RootCA-QC
    qualifications: tuple["Qualification", ...]
    unknown_critical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Criteria:
    """A criteria list of a qualification: ``all``, ``atLeastOne`` or ``none`` of what it holds must be met."""

    assertion: str
    policy_sets: tuple[frozenset[str], ...] = ()
    key_usages: tuple[tuple[tuple[str, bool], ...], ...] = ()
    extended_key_usages: tuple[frozenset[str], ...] = ()
    subject_attributes: tuple[frozenset[str], ...] = ()
    nested: tuple["Criteria", ...] = ()
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Qualification:
    """Qualifiers (QCForWSA, NotQualified …) for the certificates that meet the criteria."""

    qualifiers: frozenset[str]
    criteria: Criteria


@dataclass(frozen=True, slots=True)
class TrustService:
    """A listed service with its whole history, newest first, and the keys it issues under."""

    territory: str
    provider: str
    name: str
    list_sha256: str
    subject_der: bytes | None
    spki_der: bytes | None
    subject_key_id: bytes | None
    certificates: tuple[bytes, ...]  # DER of its digital identity
    intervals: tuple[ServiceInterval, ...]


@dataclass(frozen=True)
class TrustIndex:
    """All that ``assess`` reads about lists. ``loaded`` maps territory to the list that counts.

    ``services`` is keyed by (issuer name DER, public key DER); ``by_subject`` finds the candidate keys of an issuer name.
    """

    loaded: dict[str, AcceptedList] = field(default_factory=dict[str, AcceptedList])
    services: dict[tuple[bytes, bytes], tuple[TrustService, ...]] = field(default_factory=dict[tuple[bytes, bytes], tuple[TrustService, ...]])
    by_subject: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict[bytes, tuple[bytes, ...]])
    by_key_id: dict[bytes, tuple[TrustService, ...]] = field(default_factory=dict[bytes, tuple[TrustService, ...]])
