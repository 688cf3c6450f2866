"""The answer: exactly the JSON of the HTTP contract, and the word that nobody may read as a boolean."""

from typing import Literal, NoReturn, TypeAlias

import msgspec

from obdirectory.core.finding import Finding

VerdictWord: TypeAlias = Literal["permitted", "refused", "undetermined"]


class QuestionEcho(msgspec.Struct, frozen=True):
    """What was asked, echoed."""

    environment: str
    certificate_sha256: str
    payment_service: str
    country: str
    aspsp: str | None
    policy: str
    possession: str
    request_id: str | None
    channel: str


class DecisionEcho(msgspec.Struct, frozen=True):
    """What a gateway should do on this verdict under the policy."""

    allow: bool
    because: str


class TrustServiceEcho(msgspec.Struct, frozen=True):
    """The listed service the certificate was issued under."""

    territory: str
    name: str
    status: str


class CertificateEcho(msgspec.Struct, frozen=True):
    """What the certificate was found to be."""

    kind: str
    qualified_at_issuance: str
    qualified: str
    trust_service: TrustServiceEcho | None
    in_period: bool
    revocation_status: str


class TppEcho(msgspec.Struct, frozen=True):
    """Who the holder is."""

    entity_id: str | None
    name: str
    organization_identifier: str
    authorisation_number: str
    nca_id: str
    home_country: str


class RolesEcho(msgspec.Struct, frozen=True):
    """Roles in the certificate, in the register for the country asked, and their intersection."""

    in_certificate: tuple[str, ...]
    in_register: tuple[str, ...]
    usable: tuple[str, ...]


class AuthorisationEcho(msgspec.Struct, frozen=True):
    """The authorisation the verdict rests on."""

    type: str
    status: str
    since: str | None
    country_right: str
    matched_by: str


class TrustListEvidence(msgspec.Struct, frozen=True):
    """One list the verdict rests on."""

    territory: str
    sequence: int
    sha256: str
    next_update_at: str | None


class RegisterEvidence(msgspec.Struct, frozen=True):
    """One register snapshot the verdict rests on and the rows of the firm in it."""

    source: str
    snapshot: str
    as_of: str
    record_sha256: tuple[str, ...]


class RevocationEvidence(msgspec.Struct, frozen=True):
    """The revocation answer the verdict rests on."""

    method: str
    status: str
    produced_at: str
    sha256: str
    known_at: str | None = None
    """Since when it was known here, to the microsecond: how long an answer may be used counts from then."""


class WorldEcho(msgspec.Struct, frozen=True):
    """The state of all evidence the verdict was decided in."""

    version: int
    sha256: str


class Evidence(msgspec.Struct, frozen=True):
    """All that is needed to decide again, by digest."""

    world: WorldEcho
    software: str
    policy_sha256: str
    rules: str
    chain_sha256: tuple[str, ...]
    trust_lists: tuple[TrustListEvidence, ...]
    registers: tuple[RegisterEvidence, ...]
    revocation: RevocationEvidence | None
    extract_sha256: str | None = None
    """What the directory answered to the identifier: the firms as they were known; None when there was none."""


class Verdict(msgspec.Struct, frozen=True):
    """Our answer to one question: permitted, refused or undetermined, with every reason and all evidence.

    Instants are RFC 3339 text, so that a receipt's payload is this and nothing else.
    """

    id: str
    verdict: VerdictWord
    reason: str
    actor: str
    remedy: str
    checked_at: str
    at: str
    known_at: str
    valid_until: str
    degraded: bool
    retry_after_seconds: int | None
    question: QuestionEcho
    decision: DecisionEcho
    certificate: CertificateEcho
    tpp: TppEcho
    roles: RolesEcho
    authorisation: AuthorisationEcho | None
    findings: tuple[Finding, ...]
    evidence: Evidence

    def __bool__(self) -> NoReturn:
        """Three outcomes, never two: compare ``verdict.verdict`` with a word."""
        raise TypeError("a Verdict has three outcomes; compare verdict.verdict with permitted, refused or undetermined")
