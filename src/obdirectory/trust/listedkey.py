"""Whose certificate it is and under which key, cut out of raw DER: lists hold certificates that no careful library reads."""

from dataclasses import dataclass
from hashlib import sha1

_SUBJECT_KEY_ID = bytes.fromhex("0603551d0e")
_SEQUENCE, _OCTET_STRING, _BIT_STRING, _BOOLEAN, _VERSION, _EXTENSIONS = 0x30, 0x04, 0x03, 0x01, 0xA0, 0xA3


@dataclass(frozen=True, slots=True)
class ListedKey:
    """Subject name, public key and key identifier of one certificate, each as written."""

    subject_der: bytes
    spki_der: bytes
    subject_key_id: bytes  # the extension's value, else SHA-1 of the key (RFC 5280 section 4.2.1.2 method 1)


def read_listed_key(der: bytes) -> ListedKey | None:
    """Subject, key and key identifier; None when the outer form is not that of a certificate."""
    try:
        certificate, end = _content(der, 0, len(der), _SEQUENCE)
        to_be_signed, end = _content(der, certificate, end, _SEQUENCE)
        at = to_be_signed
        if der[at] == _VERSION:
            at = _after(der, at, end)
        for _ in range(4):  # serial number, signature algorithm, issuer, validity
            at = _after(der, at, end)
        subject_end = _after(der, at, end)
        spki_end = _after(der, subject_end, end)
        subject, spki = der[at:subject_end], der[subject_end:spki_end]
        key_id = _subject_key_id(der, spki_end, end) or _digest_of_key(spki)
    except (IndexError, ValueError):
        return None
    return ListedKey(subject, spki, key_id)


def _subject_key_id(der: bytes, at: int, end: int) -> bytes:
    while at < end:
        after = _after(der, at, end)
        if der[at] == _EXTENSIONS:
            wrapped, _ = _content(der, at, after, _EXTENSIONS)
            extension, last = _content(der, wrapped, after, _SEQUENCE)
            while extension < last:
                following = _after(der, extension, last)
                inner, _ = _content(der, extension, following, _SEQUENCE)
                if der.startswith(_SUBJECT_KEY_ID, inner):
                    return _value_of(der, inner + len(_SUBJECT_KEY_ID), following)
                extension = following
        at = after
    return b""


def _value_of(der: bytes, at: int, end: int) -> bytes:
    if der[at] == _BOOLEAN:
        at = _after(der, at, end)
    wrapped, end = _content(der, at, end, _OCTET_STRING)
    start, end = _content(der, wrapped, end, _OCTET_STRING)
    return der[start:end]


def _digest_of_key(spki: bytes) -> bytes:
    start, end = _content(spki, 0, len(spki), _SEQUENCE)
    key, last = _content(spki, _after(spki, start, end), end, _BIT_STRING)
    return sha1(spki[key + 1 : last], usedforsecurity=False).digest()


def _content(der: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at ``at`` begins and ends; ValueError if it is another element or reaches too far."""
    if der[at] != tag:
        raise ValueError("another element")
    length = der[at + 1]
    start = at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("no definite length")
        length = int.from_bytes(der[start : start + size])
        start += size
    if start + length > end:
        raise ValueError("longer than what holds it")
    return start, start + length


def _after(der: bytes, at: int, end: int) -> int:
    return _content(der, at, end, der[at])[1]
