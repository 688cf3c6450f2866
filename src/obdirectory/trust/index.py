"""The trusted lists in memory: who may issue qualified certificates for web sites and seals, found by issuer name and public key."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from obdirectory.trust.listedkey import read_listed_key


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
    services: dict[tuple[bytes, bytes], tuple[TrustService, ...]] = field(
        default_factory=dict[tuple[bytes, bytes], tuple[TrustService, ...]]
    )
    by_subject: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict[bytes, tuple[bytes, ...]])
    by_key_id: dict[bytes, tuple[TrustService, ...]] = field(default_factory=dict[bytes, tuple[TrustService, ...]])


def build_index(lists: Iterable[tuple[AcceptedList, Sequence[TrustService]]]) -> TrustIndex:
    """The index of the lists that count, one a territory.

    A service that lists several certificates is found under the name and key of each; one that lists none is found by its key identifier.
    """
    loaded: dict[str, AcceptedList] = {}
    services: dict[tuple[bytes, bytes], list[TrustService]] = {}
    by_subject: dict[bytes, dict[bytes, None]] = {}
    by_key_id: dict[bytes, list[TrustService]] = {}
    for accepted, listed in lists:
        loaded[accepted.territory] = accepted
        for service in listed:
            for subject, spki in _keys(service):
                services.setdefault((subject, spki), []).append(service)
                by_subject.setdefault(subject, {})[spki] = None
            if not service.certificates and service.subject_key_id:
                by_key_id.setdefault(service.subject_key_id, []).append(service)
    return TrustIndex(
        loaded,
        {key: tuple(found) for key, found in services.items()},
        {subject: tuple(keys) for subject, keys in by_subject.items()},
        {key_id: tuple(found) for key_id, found in by_key_id.items()},
    )


def _keys(service: TrustService) -> Iterator[tuple[bytes, bytes]]:
    """Name and key of each certificate, once."""
    found: dict[tuple[bytes, bytes], None] = {}
    if service.subject_der and service.spki_der:
        found[service.subject_der, service.spki_der] = None
    if len(service.certificates) > 1:
        for der in service.certificates:
            if key := read_listed_key(der):
                found[key.subject_der, key.spki_der] = None
    yield from found
