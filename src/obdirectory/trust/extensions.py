"""The certificate extensions we read, each a small function of its value; what cannot be read raises DerError."""

from collections.abc import Callable
from typing import Any, TypeAlias

from obdirectory.core.visible import visible
from obdirectory.trust.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    MAX_ITEMS,
    OCTET_STRING,
    OID,
    SEQUENCE,
    DerError,
    children,
    enter,
    header,
    integer_of,
    oid_text,
)
from obdirectory.trust.qcstatements import QC_STATEMENTS, read_qc_statements

Notes: TypeAlias = list[tuple[str, str]]

AUTHORITY_KEY_ID, SUBJECT_KEY_ID, KEY_USAGE, BASIC_CONSTRAINTS = "2.5.29.35", "2.5.29.14", "2.5.29.15", "2.5.29.19"
SUBJECT_ALT_NAME, ISSUER_ALT_NAME, CERTIFICATE_POLICIES, EXTENDED_KEY_USAGE = "2.5.29.17", "2.5.29.18", "2.5.29.32", "2.5.29.37"
CRL_DISTRIBUTION_POINTS, AUTHORITY_INFO_ACCESS = "2.5.29.31", "1.3.6.1.5.5.7.1.1"
NAME_CONSTRAINTS, POLICY_MAPPINGS, POLICY_CONSTRAINTS, INHIBIT_ANY_POLICY = "2.5.29.30", "2.5.29.33", "2.5.29.36", "2.5.29.54"
CT_POISON = "1.3.6.1.4.1.11129.2.4.3"
VALIDITY_ASSURED = "0.4.0.194121.2.1"
NEVER_CRITICAL: dict[str, str] = {
    AUTHORITY_KEY_ID: "authority_key_id_critical",
    SUBJECT_KEY_ID: "subject_key_id_critical",
    SUBJECT_ALT_NAME: "alternative_name_critical",
    ISSUER_ALT_NAME: "issuer_alternative_name_critical",
    CERTIFICATE_POLICIES: "policies_critical",
    EXTENDED_KEY_USAGE: "extended_key_usage_critical",
    CRL_DISTRIBUTION_POINTS: "crl_distribution_points_critical",
    AUTHORITY_INFO_ACCESS: "authority_info_access_critical",
    QC_STATEMENTS: "qc_statements_critical",
}
"""Extensions that must not be critical -> the word noted when one is."""
CA_ONLY: dict[str, str] = {
    POLICY_MAPPINGS: "policy_mappings_present",
    NAME_CONSTRAINTS: "name_constraints_present",
    POLICY_CONSTRAINTS: "policy_constraints_present",
    INHIBIT_ANY_POLICY: "inhibit_any_policy_present",
}
"""Extensions of certification authorities -> the word noted when any certificate has one."""

OCSP_ACCESS, ISSUER_ACCESS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"

KEY_USAGE_NAMES = (
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
"""Names of the RFC 5280 key usage bits, bit 0 first."""


def read_key_usage(value: bytes, notes: Notes) -> frozenset[str]:
    """Names of the bits set. Raises DerError."""
    start, stop = _whole(value, BIT_STRING, notes, KEY_USAGE)
    if start == stop or value[start] > 7 or (stop - start == 1 and value[start]):
        raise DerError("no bit string")
    octets = value[start + 1 : stop]
    if octets and (octets[-1] == 0 or octets[-1] & (1 << value[start]) == 0):
        notes.append(("key_usage_encoding", value.hex()[:40]))
    if len(octets) > 2:
        raise DerError(f"key usage of {len(octets)} octets")
    return frozenset(name for bit, name in enumerate(KEY_USAGE_NAMES) if bit >> 3 < len(octets) and octets[bit >> 3] & 0x80 >> (bit & 7))


def read_extended_key_usage(value: bytes, notes: Notes) -> tuple[str, ...]:
    """Object identifiers of the purposes. Raises DerError."""
    start, stop = _whole(value, SEQUENCE, notes, EXTENDED_KEY_USAGE)
    found: list[str] = []
    for tag, first, last in children(value, start, stop):
        if tag != OID:
            raise DerError(f"tag {tag:02x} among the purposes")
        found.append(oid_text(value[first:last]))
    return tuple(found)


def read_policies(value: bytes, notes: Notes) -> tuple[str, ...]:
    """Object identifiers of the policies; qualifiers are not read. Raises DerError."""
    at, stop = _whole(value, SEQUENCE, notes, CERTIFICATE_POLICIES)
    found: list[str] = []
    while at < stop:
        tag, start, after = header(value, at, stop)
        first, last = enter(value, start, after, OID)
        if tag != SEQUENCE or len(found) >= MAX_ITEMS:
            raise DerError(f"tag {tag:02x} among {len(found)} policies")
        found.append(oid_text(value[first:last]))
        at = after
    return tuple(found)


def read_basic_constraints(value: bytes, notes: Notes) -> tuple[bool, int | None]:
    """Whether it is a certification authority, and its path length. Raises DerError."""
    at, stop = _whole(value, SEQUENCE, notes, BASIC_CONSTRAINTS)
    is_ca, path_length = False, None
    for tag, first, last in children(value, at, stop):
        if tag == BOOLEAN and last - first == 1 and first == at + 2:
            is_ca = value[first] != 0
            if not is_ca:
                notes.append(("explicit_default", "cA FALSE is written out"))
            elif value[first] != 0xFF:
                notes.append(("boolean_encoding", f"cA is {value[first]:02x}"))
        elif tag == INTEGER and path_length is None:
            path_length = integer_of(value[first:last])
        else:
            raise DerError(f"tag {tag:02x} in basic constraints")
    return is_ca, path_length


def read_authority_key_id(value: bytes, notes: Notes) -> bytes | None:
    """The key identifier, or None when the extension has none (noted). Raises DerError."""
    at, stop = _whole(value, SEQUENCE, notes, AUTHORITY_KEY_ID)
    parts = {tag: value[first:last] for tag, first, last in children(value, at, stop)}
    if (0xA1 in parts) != (0x82 in parts):
        notes.append(("authority_key_id_incomplete", "issuer without serial number or the other way round"))
    if 0x80 not in parts:
        notes.append(("authority_key_id_without_key", f"{len(parts)} other elements"))
    return parts.get(0x80)


def read_subject_key_id(value: bytes, notes: Notes) -> bytes:
    """The key identifier. Raises DerError."""
    start, stop = _whole(value, OCTET_STRING, notes, SUBJECT_KEY_ID)
    return value[start:stop]


def read_info_access(value: bytes, notes: Notes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses of OCSP responders and of issuer certificates. Raises DerError."""
    at, stop = _whole(value, SEQUENCE, notes, AUTHORITY_INFO_ACCESS)
    ocsp: list[str] = []
    issuers: list[str] = []
    for tag, first, last in children(value, at, stop):
        start, after = enter(value, first, last, OID)
        place, start_of_name, end_of_name = header(value, after, last)
        if tag != SEQUENCE:
            raise DerError(f"tag {tag:02x} among access descriptions")
        method = oid_text(value[start:after])
        if place == 0x86 and method in {OCSP_ACCESS, ISSUER_ACCESS}:
            (ocsp if method == OCSP_ACCESS else issuers).append(value[start_of_name:end_of_name].decode("latin-1"))
    return tuple(ocsp), tuple(issuers)


def read_crl_urls(value: bytes, notes: Notes) -> tuple[str, ...]:
    """Addresses of CRLs. Raises DerError."""
    at, stop = _whole(value, SEQUENCE, notes, CRL_DISTRIBUTION_POINTS)
    found: list[str] = []
    for _, first, last in children(value, at, stop):
        for tag, start, end in children(value, first, last):
            if tag != 0xA0:
                continue
            for kind, names, names_end in children(value, start, end):
                if kind == 0xA0:
                    found += [value[f:t].decode("latin-1") for name, f, t in children(value, names, names_end) if name == 0x86]
        if len(found) > MAX_ITEMS:
            raise DerError(f"more than {MAX_ITEMS} addresses")
    return tuple(found)


def read_alternative_names(value: bytes, notes: Notes) -> tuple[str, ...]:
    """The DNS names; other kinds of name are passed over. Raises DerError."""
    at, stop = _whole(value, SEQUENCE, notes, SUBJECT_ALT_NAME)
    found: list[str] = []
    count = 0
    while at < stop:
        tag, start, after = header(value, at, stop)
        count += 1
        if count > MAX_ITEMS:
            raise DerError(f"more than {MAX_ITEMS} alternative names")
        if start == after:
            notes.append(("alternative_name_empty", f"a name of kind {tag & 0x1F} is empty"))
        elif tag == 0x82:
            name = value[start:after].decode("latin-1")
            if not (name.isascii() and name.isprintable()):
                notes.append(("hidden_characters", f"DNS name {visible(name[:200], most=120)}"))
            found.append(name)
        at = after
    if not count:
        notes.append(("alternative_name_empty", "no name"))
    return tuple(found)


def _whole(value: bytes, tag: int, notes: Notes, name: str) -> tuple[int, int]:
    """Content offsets of the one element that a value is; what follows it is noted."""
    size = len(value)
    if 2 <= size < 0x82 and value[0] == tag and value[1] == size - 2:
        return 2, size
    start, stop = enter(value, 0, size, tag)
    if stop != size:
        notes.append(("extension_trailing_bytes", name))
    return start, stop


Reader: TypeAlias = Callable[[bytes, Notes], Any]

READERS: dict[str, Reader] = {
    AUTHORITY_KEY_ID: read_authority_key_id,
    SUBJECT_KEY_ID: read_subject_key_id,
    KEY_USAGE: read_key_usage,
    EXTENDED_KEY_USAGE: read_extended_key_usage,
    CERTIFICATE_POLICIES: read_policies,
    BASIC_CONSTRAINTS: read_basic_constraints,
    AUTHORITY_INFO_ACCESS: read_info_access,
    CRL_DISTRIBUTION_POINTS: read_crl_urls,
    SUBJECT_ALT_NAME: read_alternative_names,
    QC_STATEMENTS: read_qc_statements,
}
"""Object identifier -> reader of that extension's value."""

ISSUER_WIDE = frozenset(READERS) - {SUBJECT_KEY_ID, SUBJECT_ALT_NAME, QC_STATEMENTS}
"""What an issuer writes alike into all its certificates of a kind, and can therefore be remembered."""
