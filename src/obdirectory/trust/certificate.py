"""A certificate as bytes and as facts: read tolerantly, field by field, each deviation noted; nothing here judges."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain, compress
from typing import Any, TypeAlias

import msgspec

from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.trust.bundle import MAX_CERTIFICATE_BYTES, split_certificates
from obdirectory.trust.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    UTC_TIME,
    DerError,
    enter,
    header,
    long_length,
    oid,
    oid_text,
    time_of,
)
from obdirectory.trust.extensions import (
    AUTHORITY_INFO_ACCESS,
    AUTHORITY_KEY_ID,
    BASIC_CONSTRAINTS,
    CA_ONLY,
    CERTIFICATE_POLICIES,
    CRL_DISTRIBUTION_POINTS,
    CT_POISON,
    EXTENDED_KEY_USAGE,
    ISSUER_WIDE,
    KEY_USAGE,
    NEVER_CRITICAL,
    READERS,
    SUBJECT_ALT_NAME,
    SUBJECT_KEY_ID,
    Reader,
)
from obdirectory.trust.names import ORGANIZATION_IDENTIFIER, read_issuer_name, read_name
from obdirectory.trust.psd2 import Psd2Role, Psd2Statement
from obdirectory.trust.public_key import PublicKey, read_public_key
from obdirectory.trust.qcstatements import QC_STATEMENTS, QcStatements

__all__ = [
    "MAX_CERTIFICATE_BYTES",
    "Certificate",
    "Psd2Role",
    "Psd2Statement",
    "PublicKey",
    "QcStatements",
    "Unreadable",
    "read_certificate",
    "split_certificates",
]

MAX_EXTENSIONS = 100


class Certificate(msgspec.Struct, frozen=True, gc=False):
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
    version: int = 3
    serial_number_bytes: int = 1  # octets of the serial number as written
    signature_algorithm_der: bytes = b""  # AlgorithmIdentifier outside the signed part, with its parameters (RSASSA-PSS)

    def attribute(self, oid: str) -> str:
        """The first subject attribute of that type, or empty."""
        for kind, value in self.subject:
            if kind == oid:
                return value
        return ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are no certificate: kept by digest, with the reason in plain words."""

    sha256: str
    why: str


def read_certificate(der: bytes) -> Certificate | Unreadable:
    """Read one certificate. Never raises, and never takes long: at most MAX_CERTIFICATE_BYTES are looked at.

    What holds the certificate together must be DER. What an extension says is read tolerantly: one that cannot be read is noted.
    """
    digest = sha256(der).hexdigest()
    if len(der) > MAX_CERTIFICATE_BYTES:
        return Unreadable(digest, f"{len(der)} bytes, more than any certificate needs")
    try:
        return _read(der, digest)
    except DerError as error:
        return Unreadable(digest, str(error))
    except IndexError:
        return Unreadable(digest, "the bytes end inside the certificate" if der else "no bytes")


def _read(der: bytes, digest: str) -> Certificate:
    notes: list[tuple[str, str]] = []
    size = len(der)
    tbs_at, end = enter(der, 0, size, SEQUENCE)
    if end != size:
        notes.append(("trailing_bytes", f"{size - end} bytes after the certificate"))
    at, tbs_end = enter(der, tbs_at, end, SEQUENCE)

    # Outside the signed part: the algorithm once more, and the signature.
    start, algorithm_end = enter(der, tbs_end, end, SEQUENCE)
    outer_algorithm = der[tbs_end:algorithm_end]
    first, last = enter(der, start, algorithm_end, OID)
    start, stop = enter(der, algorithm_end, end, BIT_STRING)
    if start == stop or der[start]:
        raise DerError("the signature is no whole octets")
    if stop != end:
        notes.append(("trailing_bytes", f"{end - stop} bytes after the signature"))
    signature = der[start + 1 : stop]
    signature_algorithm = oid_text(der[first:last])

    # version [0] EXPLICIT INTEGER DEFAULT v1, serialNumber, signature
    version = 3
    if der[at : at + 5] == b"\xa0\x03\x02\x01\x02":
        at += 5
    else:
        version, at = _old_version(der, at, tbs_end, notes)
    start, stop = enter(der, at, tbs_end, INTEGER)
    serial = der[start:stop]
    if not 0 < len(serial) <= 64:
        raise DerError(f"a serial number of {len(serial)} octets")
    if len(serial) > 1 and ((serial[0] == 0 and serial[1] < 0x80) or (serial[0] == 0xFF and serial[1] >= 0x80)):
        notes.append(("integer_encoding", f"the serial number {serial[:8].hex()}… is not in its shortest form"))
    after = stop + len(outer_algorithm)
    if der[stop:after] != outer_algorithm:
        start, after = enter(der, stop, tbs_end, SEQUENCE)
        notes.append(("signature_algorithms_differ", f"{der[stop:after][:24].hex()} inside, {outer_algorithm[:24].hex()} outside"))

    # issuer, validity, subject, subjectPublicKeyInfo
    start, stop = enter(der, after, tbs_end, SEQUENCE)
    issuer_der = der[after:stop]
    issuer = read_issuer_name(der[start:stop], notes)
    not_before_at, not_after_at, after = _validity(der, stop, tbs_end, notes)
    start, stop = enter(der, after, tbs_end, SEQUENCE)
    subject_der = der[after:stop]
    subject = read_name(der, start, stop, notes)
    start, after = enter(der, stop, tbs_end, SEQUENCE)
    spki_der = der[stop:after]
    public_key = read_public_key(der, start, after, notes)

    oids, critical, values = _extensions(der, after, tbs_end, version, notes)
    qc, psd2 = values.get(QC_STATEMENTS) or _NO_STATEMENTS
    is_ca, path_length = values.get(BASIC_CONSTRAINTS) or (False, None)
    ocsp_urls, issuer_urls = values.get(AUTHORITY_INFO_ACCESS) or ((), ())
    return Certificate(
        der,
        digest,
        der[tbs_at:tbs_end],
        signature_algorithm,
        signature,
        int.from_bytes(serial, signed=True),
        issuer_der,
        subject_der,
        issuer,
        subject,
        spki_der,
        public_key,
        not_before_at,
        not_after_at,
        tuple([OrganizationIdentifier.parse(text) for kind, text in subject if kind == ORGANIZATION_IDENTIFIER]),
        qc,
        psd2,
        values.get(CERTIFICATE_POLICIES) or (),
        values.get(KEY_USAGE),
        values.get(EXTENDED_KEY_USAGE),
        values.get(SUBJECT_ALT_NAME) or (),
        is_ca,
        path_length,
        values.get(AUTHORITY_KEY_ID),
        values.get(SUBJECT_KEY_ID),
        ocsp_urls,
        issuer_urls,
        values.get(CRL_DISTRIBUTION_POINTS) or (),
        CT_POISON in oids,
        critical,
        oids,
        tuple(notes),
        version,
        len(serial),
        outer_algorithm,
    )


_NO_STATEMENTS: tuple[QcStatements, tuple[Psd2Statement, ...]] = (QcStatements(), ())


def _old_version(der: bytes, at: int, end: int, notes: list[tuple[str, str]]) -> tuple[int, int]:
    """The version when it is not the usual 3, and where it ends. Raises DerError for a version that never was."""
    tag, start, stop = header(der, at, end)
    if tag != 0xA0:
        return 1, at
    content = der[start:stop]
    if content not in {b"\x02\x01\x00", b"\x02\x01\x01"}:
        raise DerError(f"version {content[:8].hex()}")
    if content[2] == 0:
        notes.append(("explicit_default", "version 1 is written out"))
    return content[2] + 1, stop


def _validity(der: bytes, at: int, end: int, notes: list[tuple[str, str]]) -> tuple[datetime, datetime, int]:
    """Both instants of the validity, and where it ends. Raises DerError."""
    if der[at : at + 4] == _TWO_UTC_TIMES and der[at + 17 : at + 19] == _TWO_UTC_TIMES[2:] and at + 32 <= end:
        before, after, stop = (UTC_TIME, at + 4, at + 17), (UTC_TIME, at + 19, at + 32), at + 32
    else:
        start, stop = enter(der, at, end, SEQUENCE)
        before = header(der, start, stop)
        after = header(der, before[2], stop)
        if after[2] != stop:
            raise DerError("more than two instants in the validity")
    return _time(der, before, notes), _time(der, after, notes), stop


_TWO_UTC_TIMES = bytes((SEQUENCE, 30, UTC_TIME, 13))
"""How the usual validity begins."""


def _time(der: bytes, element: tuple[int, int, int], notes: list[tuple[str, str]]) -> datetime:
    tag, start, stop = element
    found, word = time_of(tag, der[start:stop])
    if word:
        notes.append((word, der[start:stop].decode("latin-1")))
    return found


_Extension: TypeAlias = tuple[str, bool, Any, bool, tuple[tuple[str, str], ...]]
"""One extension, read: its name, whether it is critical, what it says (None if we do not read that), whether we do, what deviated."""

_REMEMBERED: dict[bytes, _Extension] = {}
_MOST_REMEMBERED, _MOST_REMEMBERED_BYTES = 2048, 512
"""Extensions that issuers repeat are remembered by their octets. The memory is emptied when full; it changes no answer."""


def _extensions(
    der: bytes, at: int, end: int, version: int, notes: list[tuple[str, str]]
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]:
    """Every extension's object identifier, the critical ones, and what those we know say. Raises DerError if the list itself is broken."""
    found: list[_Extension] = []
    at, end = _find_extensions(der, at, end, version, notes)
    if at == end:
        return (), (), {}
    for _ in range(MAX_EXTENSIONS):
        length, start = der[at + 1], at + 2
        if length >= 0x80:
            length, start = long_length(der, at + 1)
        stop = start + length
        if stop > end or der[at] != SEQUENCE:
            raise DerError("a broken list of extensions")
        octets = der[at:stop]
        found.append(_REMEMBERED.get(octets) or _read_extension(octets, start - at))
        at = stop
        if at == end:
            break
    else:
        raise DerError(f"more than {MAX_EXTENSIONS} extensions")
    names, criticals, values, _, noted = zip(*found, strict=True)
    if any(noted):
        notes.extend(chain.from_iterable(noted))
    said = dict(zip(names, values, strict=True))
    if len(said) != len(names):
        notes.extend(("extension_repeated", name) for name in dict.fromkeys(names) if names.count(name) > 1)
        said = _said_first(found)
    return names, tuple(compress(names, criticals)), said


def _said_first(extensions: list[_Extension]) -> dict[str, Any]:
    """What repeated extensions say: of each name the first that can be read counts, but all sets of statements, to see a contradiction."""
    said: dict[str, Any] = {}
    for name, _, value, readable, _ in extensions:
        if readable and name not in said:
            said[name] = value
        elif readable and name == QC_STATEMENTS:
            said[name] = (said[name][0], said[name][1] + value[1])
    return said


def _find_extensions(der: bytes, at: int, end: int, version: int, notes: list[tuple[str, str]]) -> tuple[int, int]:
    """Offsets of the list of extensions; both alike when there is none. Raises DerError."""
    while at < end:
        tag, start, stop = header(der, at, end)
        if tag == 0xA3:
            if version != 3:
                notes.append(("extensions_in_old_version", f"version {version}"))
            first, last = enter(der, start, stop, SEQUENCE)
            if last != stop or stop != end:
                notes.append(("trailing_bytes", "octets after the extensions"))
            return first, last
        if tag not in {0x81, 0x82, 0xA1, 0xA2}:
            raise DerError(f"tag {tag:02x} after the public key")
        notes.append(("unique_identifier", f"tag {tag:02x}"))
        at = stop
    return end, end


def _read_extension(octets: bytes, start: int) -> _Extension:
    """One extension: SEQUENCE { OBJECT IDENTIFIER, BOOLEAN DEFAULT FALSE, OCTET STRING }. Raises DerError if it is not that."""
    stop = len(octets)
    at = start + 2 + octets[start + 1]
    known = _KNOWN.get(octets[start:at])
    if known is not None and at < stop:
        name, reader = known
    elif at > stop or octets[start] != OID or octets[start + 1] >= 0x80:
        raise DerError("an extension without object identifier")
    else:
        name, reader = oid_text(octets[start + 2 : at]), None
    critical = False
    notes: list[tuple[str, str]] = []
    if at < stop and octets[at] == BOOLEAN:
        critical, at = _critical(octets, at, name, notes)
    first = at + 2
    if at >= stop or octets[at] != OCTET_STRING or octets[at + 1] >= 0x80 or first + octets[at + 1] != stop:
        first, at = enter(octets, at, stop, OCTET_STRING)
        if at != stop:
            notes.append(("extension_trailing_bytes", name))
    else:
        at = stop
    value, readable = None, False
    if reader is not None:
        try:
            value, readable = reader(octets[first:at], notes), True
        except (DerError, IndexError) as error:
            notes.append(("extension_unreadable", f"{name}: {error}"))
    elif name in CA_ONLY:
        notes.append((CA_ONLY[name], name))
    found: _Extension = (name, critical, value, readable, tuple(notes))
    if stop <= _MOST_REMEMBERED_BYTES and name in ISSUER_WIDE:
        if len(_REMEMBERED) >= _MOST_REMEMBERED:
            _REMEMBERED.clear()
        _REMEMBERED[octets] = found
    return found


_KNOWN: dict[bytes, tuple[str, Reader]] = {oid(name): (name, reader) for name, reader in READERS.items()}
"""The extensions we read, by their object identifier as it is written."""


def _critical(octets: bytes, at: int, name: str, notes: list[tuple[str, str]]) -> tuple[bool, int]:
    """Whether the extension says that it is critical, and where that ends. Raises DerError."""
    first, stop = enter(octets, at, len(octets), BOOLEAN)
    if stop - first != 1:
        raise DerError(f"{name}: a boolean of {stop - first} octets")
    critical = octets[first] != 0
    if not critical:
        notes.append(("explicit_default", f"{name}: critical FALSE is written out"))
    elif octets[first] != 0xFF:
        notes.append(("boolean_encoding", f"{name}: critical is {octets[first]:02x}"))
    if critical and name in NEVER_CRITICAL:
        notes.append((NEVER_CRITICAL[name], name))
    return critical, stop
