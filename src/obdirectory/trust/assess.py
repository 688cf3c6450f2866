"""What trust says of one certificate: its kind, its issuer, qualification then and now, revocation, identity and profile, as findings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from obdirectory.core.finding import Finding
from obdirectory.core.nca import NcaId
from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.index import AcceptedList, TrustService
from obdirectory.trust.revocation import RevocationAnswer

YesNoUnknown: TypeAlias = Literal["yes", "no", "unknown"]
CertificateKind: TypeAlias = Literal["qwac", "qsealc", "obwac", "obseal", "scheme", "other"]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the certificate says its holder is. ``nca_id`` is canonical (aliases applied); None when no authority can be read."""

    name: str
    organization_identifier: OrganizationIdentifier | None
    nca_id: NcaId | None
    authorisation_number: str
    roles: tuple[str, ...]  # role names by object identifier, in a fixed order; unknown roles by object identifier


@dataclass(frozen=True, slots=True)
class Assessment:
    """The trust side of a verdict. Findings carry no consequence yet; the policy gives it."""

    certificate: Certificate | None
    kind: CertificateKind
    identity: Identity
    chain_sha256: tuple[str, ...]
    signature_verified: bool  # under a listed issuer
    service: TrustService | None
    service_status: str
    qualified_at_issuance: YesNoUnknown
    qualified: YesNoUnknown  # at the asked instant
    in_period: bool
    revocation: RevocationAnswer | None  # the answer that counts
    lists: tuple[AcceptedList, ...]  # the list of lists and the issuer's territory, when loaded
    steps: tuple[tuple[str, str, str], ...]  # TS 119 615 steps: (name, passed|failed|unknown, what was seen), issuance first
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Instants:
    """The clocks of a question: ``at`` what it is about, ``known_at`` what may be used, ``now`` when it is decided."""

    at: datetime
    known_at: datetime
    now: datetime
    known_at_given: bool = False
