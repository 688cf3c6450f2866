"""Whose certificate it is and under which key, cut out of raw DER: lists hold certificates that no careful library reads."""

from dataclasses import dataclass
from hashlib import sha1

from obdirectory.trust.der import BIT_STRING, BOOLEAN, OCTET_STRING, SEQUENCE, DerError, enter, header

_SUBJECT_KEY_ID = bytes.fromhex("0603551d0e")
_VERSION, _EXTENSIONS = 0xA0, 0xA3


@dataclass(frozen=True, slots=True)
class ListedKey:
    """Subject name, public key and key identifier of one certificate, each as written."""

    subject_der: bytes
    spki_der: bytes
    subject_key_id: bytes  # the extension's value, else SHA-1 of the key (RFC 5280 section 4.2.1.2 method 1)


def read_listed_key(der: bytes) -> ListedKey | None:
    """Subject, key and key identifier; None when the outer form is not that of a certificate."""
    try:
        at, end = enter(der, 0, len(der), SEQUENCE)
        at, end = enter(der, at, end, SEQUENCE)
        if der[at] == _VERSION:
            at = header(der, at, end)[2]
        for _ in range(4):  # serial number, signature algorithm, issuer, validity
            at = header(der, at, end)[2]
        subject_end = enter(der, at, end, SEQUENCE)[1]
        spki_end = enter(der, subject_end, end, SEQUENCE)[1]
        subject, spki = der[at:subject_end], der[subject_end:spki_end]
        return ListedKey(subject, spki, _subject_key_id(der, spki_end, end) or _digest_of_key(spki))
    except (IndexError, DerError):
        return None


def _subject_key_id(der: bytes, at: int, end: int) -> bytes:
    while at < end:
        tag, start, after = header(der, at, end)
        if tag == _EXTENSIONS:
            extension, last = enter(der, start, after, SEQUENCE)
            while extension < last:
                inner, following = enter(der, extension, last, SEQUENCE)
                if der.startswith(_SUBJECT_KEY_ID, inner):
                    return _value_of(der, inner + len(_SUBJECT_KEY_ID), following)
                extension = following
        at = after
    return b""


def _value_of(der: bytes, at: int, end: int) -> bytes:
    if der[at] == BOOLEAN:
        at = header(der, at, end)[2]
    at, end = enter(der, at, end, OCTET_STRING)
    start, stop = enter(der, at, end, OCTET_STRING)
    return der[start:stop]


def _digest_of_key(spki: bytes) -> bytes:
    start, end = enter(spki, 0, len(spki), SEQUENCE)
    key, last = enter(spki, header(spki, start, end)[2], end, BIT_STRING)
    return sha1(spki[key + 1 : last], usedforsecurity=False).digest()
