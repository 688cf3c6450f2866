"""A certificate as bytes and as facts: read tolerantly, field by field, each deviation noted; nothing here judges."""

from dataclasses import dataclass
from datetime import datetime

from obdirectory.core.organization_identifier import OrganizationIdentifier

MAX_CERTIFICATE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Psd2Role:
    """One role of the PSD2 statement: compared by object identifier; the name is kept as written."""

    oid: str
    name: str


@dataclass(frozen=True, slots=True)
class Psd2Statement:
    """The PSD2 statement in any of the shapes seen. Clause: ETSI TS 119 495 clause 5.1 (asn.1)."""

    roles: tuple[Psd2Role, ...]
    nca_name: str
    nca_id: str  # as written
    shape: str  # standard | flattened | unwrapped | odd


@dataclass(frozen=True, slots=True)
class QcStatements:
    """The qualified certificate statements (EN 319 412-5) beside the PSD2 one."""

    compliance: bool = False
    types: tuple[str, ...] = ()  # of esign eseal web, in order; unknown ones by object identifier
    qscd: bool = False
    legislation_countries: tuple[str, ...] = ()  # QcCClegislation; empty means the EU regime
    pds_urls: tuple[tuple[str, str], ...] = ()  # (url, language)
    statement_oids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What kind of key: ``rsa`` with bits and exponent, ``ec`` with curve name and bits, or the algorithm's object identifier."""

    kind: str
    bits: int
    curve: str = ""
    exponent: int = 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything later modules ask of one certificate. Names stay as raw DER for matching; text is as written."""

    der: bytes
    sha256: str
    tbs_der: bytes
    signature_algorithm: str  # object identifier
    signature: bytes
    serial_number: int
    issuer_der: bytes
    subject_der: bytes
    issuer: tuple[tuple[str, str], ...]  # (object identifier, text) in order of appearance
    subject: tuple[tuple[str, str], ...]
    spki_der: bytes
    public_key: PublicKey
    not_before_at: datetime
    not_after_at: datetime
    organization_identifiers: tuple[OrganizationIdentifier, ...]
    qc: QcStatements
    psd2: tuple[Psd2Statement, ...]  # none, one; more than one is a contradiction to be judged
    policies: tuple[str, ...]
    key_usage: frozenset[str] | None  # names of RFC 5280 bits: digitalSignature contentCommitment keyCertSign …
    extended_key_usage: tuple[str, ...] | None  # object identifiers
    dns_names: tuple[str, ...]
    is_ca: bool
    path_length: int | None
    authority_key_id: bytes | None
    subject_key_id: bytes | None
    ocsp_urls: tuple[str, ...]
    issuer_urls: tuple[str, ...]
    crl_urls: tuple[str, ...]
    precertificate: bool  # carries the CT poison
    critical_extensions: tuple[str, ...]
    extensions: tuple[str, ...]  # every extension's object identifier, in order, duplicates kept
    deviations: tuple[tuple[str, str], ...]  # (word, what was seen): BER encoding, trailing bytes, unreadable extension, odd shape …

    def attribute(self, oid: str) -> str:
        """The first subject attribute of that type, or empty."""
        return next((value for kind, value in self.subject if kind == oid), "")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are no certificate: kept by digest, with the reason in plain words."""

    sha256: str
    why: str
