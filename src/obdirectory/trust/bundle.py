"""Files that hold certificates: DER, PEM, PKCS#7; the first certificate of a text is the leaf, the others its chain.

A file with a private key in it is refused unread. At most MAX_CERTIFICATES are taken from one file, the rest is left where it is.
"""

import base64
import binascii
import re

from obdirectory.core.errors import InvalidInput
from obdirectory.trust.der import INTEGER, OCTET_STRING, OID, SEQUENCE, DerError, children, enter, header

MAX_CERTIFICATE_BYTES = 65_536
MAX_CERTIFICATES = 10
"""Certificates taken from one file: the leaf and up to nine of its chain."""

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"
_CERTIFICATE_LABELS = frozenset({b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"})
_PKCS7_LABELS = frozenset({b"PKCS7", b"CMS"})
_KEY_MARKS = (b"PRIVATE KEY", b"PuTTY-User-Key-File", b"AGE-SECRET-KEY-")
_JWK_PRIVATE = re.compile(rb'"d"\s*:\s*"[A-Za-z0-9_-]{16,}"')
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_PKCS12_DATA = bytes.fromhex("2a864886f70d0107")
_BLANK = b" \t\r\n\0"


def split_certificates(content: bytes) -> tuple[bytes, ...]:
    """The DER of every certificate in a file, leaf first; bytes that are none of these forms come back as they are, to be judged.

    PEM: the order of the file. PKCS#7: the certificate that issued none of the others, then the rest in the order of the file.
    Raises InvalidInput for an empty file, one over MAX_CERTIFICATE_BYTES, or one with a private key in it.
    """
    if len(content) > MAX_CERTIFICATE_BYTES:
        raise InvalidInput(f"more than {MAX_CERTIFICATE_BYTES // 1024} KiB: give one certificate and at most its chain")
    if not content.strip(_BLANK):
        raise InvalidInput("the file is empty: give a certificate, PEM or DER")
    if holds_private_key(content):
        raise InvalidInput(
            "there is a private key in this: it was not read; give the certificate alone, and replace the key if others saw it"
        )
    found = _from_pem(content) if _BEGIN in content else _from_binary(_without_armour(content) or content)
    return found or (content,)


def holds_private_key(content: bytes) -> bool:
    """Whether this looks like or contains a private key in any usual form: PEM, PKCS#8, PKCS#1, SEC 1, PKCS#12, OpenSSH, PuTTY, JWK."""
    plain = content.replace(b"\0", b"") if b"\0-\0" in content or content[:2] in {b"\xff\xfe", b"\xfe\xff"} else content
    if any(mark in plain for mark in _KEY_MARKS) or b"PRIVATE KEY" in plain[:4096].upper() or _JWK_PRIVATE.search(plain):
        return True
    return (
        _is_key_der(content)
        or any(_is_key_der(der) for label, der in _blocks(plain) if label not in _CERTIFICATE_LABELS)
        or _is_key_der(_without_armour(plain))
    )


def _is_key_der(data: bytes) -> bool:
    """PKCS#8 plain or encrypted, PKCS#1, SEC 1 or PKCS#12, by the tags of the first elements."""
    if data[:1] != b"\x30":
        return False
    try:
        at, end = enter(data, 0, len(data), SEQUENCE)
        first, start, stop = header(data, at, end)
        second, s2, _ = header(data, stop, end)
        if first == INTEGER and stop - start == 1:
            version = data[start]
            if version <= 1 and second in {SEQUENCE, INTEGER, OCTET_STRING}:
                return True
            return version == 3 and second == SEQUENCE and data[s2 : s2 + 2 + len(_PKCS12_DATA)][2:] == _PKCS12_DATA
        # Encrypted PKCS#8: an algorithm of the PKCS#5 or PKCS#12 families, then an OCTET STRING.
        return (
            first == SEQUENCE
            and second == OCTET_STRING
            and data[start : start + 1] == b"\x06"
            and b"\x2a\x86\x48\x86\xf7\x0d\x01" in data[start : start + 12]
        )
    except (DerError, IndexError):
        return False


def _without_armour(content: bytes) -> bytes:
    """The octets of bare base64, or nothing if it is none."""
    text = bytes(content).translate(None, _BLANK)
    if len(text) < 64 or not text.startswith(b"MI"):
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _blocks(content: bytes) -> list[tuple[bytes, bytes]]:
    """The PEM blocks as (label, octets), at most MAX_CERTIFICATES; a block that is no base64 has no octets."""
    found: list[tuple[bytes, bytes]] = []
    at = content.find(_BEGIN)
    while at >= 0 and len(found) < MAX_CERTIFICATES:
        label_at = at + len(_BEGIN)
        label_end = content.find(_DASHES, label_at, label_at + 64)
        end = content.find(_END, label_at)
        if label_end < 0 or end < 0:
            break
        try:
            octets = base64.b64decode(content[label_end + len(_DASHES) : end].translate(None, _BLANK), validate=True)
        except binascii.Error:
            octets = b""
        found.append((content[label_at:label_end].strip(), octets))
        at = content.find(_BEGIN, end)
    return found


def _from_pem(content: bytes) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for label, octets in _blocks(content):
        if label in _CERTIFICATE_LABELS and octets:
            # OpenSSL appends its own trust settings to a TRUSTED CERTIFICATE; they are not part of it.
            found.append(_first_element(octets) if label.startswith(b"TRUSTED") else octets)
        elif label in _PKCS7_LABELS:
            found += _from_binary(octets)
    return tuple(found[:MAX_CERTIFICATES])


def _first_element(data: bytes) -> bytes:
    try:
        return data[: header(data, 0, len(data))[2]]
    except (DerError, IndexError):
        return data


def _from_binary(data: bytes) -> tuple[bytes, ...]:
    """The certificates of a PKCS#7 file, or the file itself if it is none."""
    try:
        at, end = enter(data, 0, len(data), SEQUENCE)
        first, stop = enter(data, at, end, OID)
        if data[first:stop] != _SIGNED_DATA:
            return (data,) if data else ()
        at, end = enter(data, stop, end, 0xA0)
        at, end = enter(data, at, end, SEQUENCE)
        held = next((item for item in children(data, at, end) if item[0] == 0xA0), None)
        ders = _elements(data, held[1], held[2]) if held else []
        return _leaf_first(ders) or ((data,) if data else ())
    except (DerError, IndexError):
        return (data,) if data else ()


def _elements(data: bytes, at: int, end: int) -> list[bytes]:
    found: list[bytes] = []
    while at < end and len(found) < MAX_CERTIFICATES:
        _, _, stop = header(data, at, end)
        found.append(data[at:stop])
        at = stop
    return found


def _leaf_first(ders: list[bytes]) -> tuple[bytes, ...]:
    names = [_issuer_and_subject(der) for der in ders]
    issuers = {issuer for issuer, subject in names if issuer != subject}
    leaf = next((i for i, (_, subject) in enumerate(names) if subject not in issuers), 0)
    return tuple(ders[leaf : leaf + 1] + ders[:leaf] + ders[leaf + 1 :])


def _issuer_and_subject(der: bytes) -> tuple[bytes, bytes]:
    """The two names of a certificate as raw octets; empty if it is none."""
    try:
        at, end = enter(der, 0, len(der), SEQUENCE)
        at, end = enter(der, at, end, SEQUENCE)
        parts = [item for item in children(der, at, end) if item[0] != 0xA0]
        return der[parts[2][1] : parts[2][2]], der[parts[4][1] : parts[4][2]]
    except (DerError, IndexError):
        return b"", b""
