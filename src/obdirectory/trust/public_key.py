"""The public key of a certificate: what kind it is and how large, read without building a key object."""

from functools import lru_cache

import msgspec

from obdirectory.trust.der import BIT_STRING, INTEGER, NULL, OID, SEQUENCE, DerError, enter, header, oid, oid_text, sequence, tlv

Notes = list[tuple[str, str]]

_RSA, _RSA_PSS, _EC = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01010a"), bytes.fromhex("2a8648ce3d0201")
_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")  # with its NULL parameters
_RSA_KINDS = frozenset({_RSA, _RSA_PSS})
MAX_MODULUS_BYTES = 2048

CURVES: dict[str, tuple[str, int]] = {
    "1.2.840.10045.3.1.7": ("P-256", 256),
    "1.3.132.0.34": ("P-384", 384),
    "1.3.132.0.35": ("P-521", 521),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
    "1.2.250.1.223.101.256.1": ("FRP256v1", 256),
    "1.3.132.0.33": ("P-224", 224),
    "1.2.840.10045.3.1.1": ("P-192", 192),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.132.0.8": ("secp160r1", 160),
}


class PublicKey(msgspec.Struct, frozen=True, gc=False):
    """What kind of key: ``rsa`` with bits and exponent, ``ec`` with curve name and bits, or the algorithm's object identifier."""

    kind: str
    bits: int
    curve: str = ""
    exponent: int = 0
    modulus: int = 0  # of an RSA key we read whole


class _Usual(msgspec.Struct, frozen=True):
    """What is alike in every key of one size with the usual parameters: the octets before and after its modulus."""

    before: bytes
    after: bytes
    modulus_bytes: int


def _usual_rsa(modulus_bytes: int) -> tuple[int, _Usual]:
    """RSA with the exponent 65537 and a modulus of whole octets whose first bit is set, and how long such a key's content is."""
    exponent = tlv(INTEGER, b"\1\0\1")
    modulus = tlv(INTEGER, bytes(1 + modulus_bytes))
    key = tlv(BIT_STRING, b"\0", sequence(modulus, exponent))
    content = _RSA_ALGORITHM + key
    before = content[: len(content) - modulus_bytes - len(exponent)]
    return len(content), _Usual(before, exponent, modulus_bytes)


_USUAL: dict[int, _Usual] = dict(map(_usual_rsa, (256, 384, 512)))
"""Nearly every RSA key, by the length of its content: of 2048, 3072 or 4096 bits."""

_POINT_BYTES = 64
_BEFORE_POINT = sequence(tlv(OID, _EC), oid("1.2.840.10045.3.1.7")) + tlv(BIT_STRING, b"\0\4" + bytes(_POINT_BYTES))[:-_POINT_BYTES]
_P256 = PublicKey("ec", 256, "P-256")
"""Nearly every other one: an uncompressed point on P-256."""


def read_public_key(data: bytes, at: int, end: int, notes: Notes) -> PublicKey:
    """The key in a SubjectPublicKeyInfo whose content lies between two offsets; a broken one is noted and has no size."""
    kind = ""
    try:
        usual = _USUAL.get(end - at)
        if usual is not None and data.startswith(usual.before, at) and data.startswith(usual.after, end - len(usual.after)):
            start = at + len(usual.before)
            modulus = int.from_bytes(data[start : start + usual.modulus_bytes])
            return PublicKey("rsa", modulus.bit_length(), "", 65537, modulus)
        if data.startswith(_BEFORE_POINT, at) and at + len(_BEFORE_POINT) + _POINT_BYTES == end:
            return _P256
        if data[at : at + 15] == _RSA_ALGORITHM:
            start, stop = enter(data, at + 15, end, BIT_STRING)
            if stop == end and start < stop and data[start] == 0:
                return _rsa(data, start + 1, stop, notes)
        start, stop = enter(data, at, end, SEQUENCE)
        first, after = enter(data, start, stop, OID)
        algorithm = data[first:after]
        kind = oid_text(algorithm)
        key_start, key_stop = enter(data, stop, end, BIT_STRING)
        if key_stop != end or key_start == key_stop or data[key_start] != 0:
            raise DerError("the key is no whole octets")
        if algorithm in _RSA_KINDS:
            if algorithm == _RSA and data[after:stop] != b"\x05\x00":
                notes.append(("rsa_key_parameters", data[after:stop][:20].hex() or "absent"))
            return _rsa(data, key_start + 1, key_stop, notes)
        if algorithm == _EC:
            curve, bits = _curve(data[after:stop])
            size = key_stop - key_start - 1
            if bits and (size, data[key_start + 1]) not in _point_forms(bits):
                notes.append(("public_key_unreadable", f"a point of {size} octets on {curve}"))
            return PublicKey("ec", bits, curve)
        return PublicKey(kind, 0)
    except (DerError, IndexError) as error:
        notes.append(("public_key_unreadable", f"{kind or 'no algorithm'}: {error}"))
        return PublicKey(kind, 0)


def _rsa(data: bytes, at: int, end: int, notes: Notes) -> PublicKey:
    start, stop = enter(data, at, end, SEQUENCE)
    n_start, n_stop = enter(data, start, stop, INTEGER)
    e_start, e_stop = enter(data, n_stop, stop, INTEGER)
    if stop != end or e_stop != stop or n_start == n_stop or e_start == e_stop or e_stop - e_start > 64:
        raise DerError("neither modulus and exponent")
    if n_stop - n_start > MAX_MODULUS_BYTES:
        notes.append(("public_key_unreadable", f"a modulus of {n_stop - n_start} octets"))
        return PublicKey("rsa", 8 * (n_stop - n_start))
    modulus = int.from_bytes(data[n_start:n_stop], signed=True)
    exponent = int.from_bytes(data[e_start:e_stop], signed=True)
    if modulus < 0:
        notes.append(("public_key_unreadable", "a negative modulus"))
    return PublicKey("rsa", modulus.bit_length(), "", exponent, modulus)


@lru_cache(maxsize=64)
def _curve(parameters: bytes) -> tuple[str, int]:
    """Name and bits of the curve that algorithm parameters name; ``explicit`` and 0 when they spell one out."""
    tag, start, stop = header(parameters, 0, len(parameters))
    if tag == NULL:
        raise DerError("no curve")
    if tag != OID:
        return "explicit", 0
    dotted = oid_text(parameters[start:stop])
    return CURVES.get(dotted, (dotted, 0))


@lru_cache(maxsize=32)
def _point_forms(bits: int) -> frozenset[tuple[int, int]]:
    size = (bits + 7) // 8
    return frozenset({(1 + 2 * size, 4), (1 + size, 2), (1 + size, 3)})
