"""Signatures and keys that are believed: RSA and ECDSA with SHA-2, of bounded size; everything older, weaker or larger is refused unread.

A refusal is a sentence part; the caller knows whose signature it was. Keys are loaded once and kept, bounded.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha1
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from obdirectory.trust.der import DerError, header

UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)
"""What the cryptography package raises for octets it does not read."""

SignatureWord: TypeAlias = Literal["signature_broken", "signature_algorithm_not_allowed", "issuer_key_not_allowed"]

MIN_RSA_BITS, MAX_RSA_BITS = 1024, 8192
MAX_RSA_EXPONENT_BITS = 256
"""FIPS 186 asks for an exponent below 2^256; a larger one makes a verification take as long as a signature."""

PSS_OID = "1.2.840.113549.1.1.10"
_RSA_HASHES: dict[str, hashes.HashAlgorithm] = {
    "1.2.840.113549.1.1.11": hashes.SHA256(),
    "1.2.840.113549.1.1.12": hashes.SHA384(),
    "1.2.840.113549.1.1.13": hashes.SHA512(),
}
_ECDSA: dict[str, ec.ECDSA] = {
    "1.2.840.10045.4.3.2": ec.ECDSA(hashes.SHA256()),
    "1.2.840.10045.4.3.3": ec.ECDSA(hashes.SHA384()),
    "1.2.840.10045.4.3.4": ec.ECDSA(hashes.SHA512()),
}
# The object identifiers of the hashes as DER writes them.
_PSS_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("0609608648016503040201"): hashes.SHA256(),
    bytes.fromhex("0609608648016503040202"): hashes.SHA384(),
    bytes.fromhex("0609608648016503040203"): hashes.SHA512(),
}
_MGF1_OID = bytes.fromhex("06092a864886f70d010108")
_MAX_SALT_BYTES = 64
_ALLOWED_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"})
_PKCS1V15 = padding.PKCS1v15()


@dataclass(frozen=True, slots=True)
class SignatureRefusal:
    """Why a signature is not believed."""

    word: SignatureWord
    why: str


def verify_signature(spki_der: bytes, algorithm: str, signature: bytes, signed: bytes, *, within: bytes) -> SignatureRefusal | None:
    """Is this the signature of that key over ``signed``? None if it is.

    ``within`` is the whole signed thing (certificate, CRL, OCSP answer): the parameters of RSASSA-PSS stand in it behind ``signed``.
    """
    rsa_key, ec_key, why = _load(spki_der)
    try:
        if rsa_key is not None:
            if hash_algorithm := _RSA_HASHES.get(algorithm):
                rsa_key.verify(signature, signed, _PKCS1V15, hash_algorithm)
            elif algorithm == PSS_OID and (pss := _pss_parameters(within, signed)):
                rsa_key.verify(signature, signed, *pss)
            else:
                return SignatureRefusal("signature_algorithm_not_allowed", f"signature algorithm {algorithm} is not allowed for an RSA key")
        elif ec_key is not None:
            if not (ecdsa := _ECDSA.get(algorithm)):
                return SignatureRefusal("signature_algorithm_not_allowed", f"signature algorithm {algorithm} is not allowed for an EC key")
            ec_key.verify(signature, signed, ecdsa)
        else:
            return SignatureRefusal("issuer_key_not_allowed", why)
    except InvalidSignature:
        return SignatureRefusal("signature_broken", "the signature does not verify")
    except (ValueError, UnsupportedAlgorithm) as error:
        return SignatureRefusal("signature_broken", f"the signature cannot be verified ({error})")
    return None


@lru_cache(maxsize=4096)
def _load(spki_der: bytes) -> tuple[rsa.RSAPublicKey | None, ec.EllipticCurvePublicKey | None, str]:
    """The RSA key, or the EC key, or why neither is used."""
    try:
        key = serialization.load_der_public_key(spki_der)
    except (ValueError, UnsupportedAlgorithm) as error:
        return None, None, f"the issuer's key cannot be read ({error})"
    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return None, None, f"the issuer's RSA key has {key.key_size} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are allowed"
        exponent = key.public_numbers().e
        if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > MAX_RSA_EXPONENT_BITS:
            return None, None, "the issuer's RSA exponent is even, below 3 or beyond reason"
        return key, None, ""
    if isinstance(key, ec.EllipticCurvePublicKey):
        allowed = key.curve.name in _ALLOWED_CURVES
        return (None, key, "") if allowed else (None, None, f"the issuer's elliptic curve {key.curve.name} is not allowed")
    return None, None, "the issuer's key is neither RSA nor elliptic curve"


def _pss_parameters(within: bytes, signed: bytes) -> tuple[padding.PSS, hashes.HashAlgorithm] | None:
    """The parameters of the RSASSA-PSS algorithm that follows the signed part, or None if they are not ones we allow.

    Clause: RFC 4055 3.1: [0] hash, [1] mask generation, [2] salt length; their defaults mean SHA-1, so both hashes must be written.
    """
    start = within.find(signed)
    try:
        _, algorithm, _ = element(within, start + len(signed))
        _, _, after_oid = element(algorithm, 0)
        tag, parameters, _ = element(algorithm, after_oid)
        fields: dict[int, bytes] = {}
        position = 0
        while position < len(parameters):
            field, content, position = element(parameters, position)
            fields[field] = element(content, 0)[1]
        mask = fields[0xA1]
        _, _, after_mgf = element(mask, 0)
        hash_algorithm, mask_hash = _hash_of(fields[0xA0]), _hash_of(element(mask, after_mgf)[1])
        salt_bytes = int.from_bytes(fields.get(0xA2, b"\x14"))
    except (DerError, IndexError, KeyError):
        return None
    allowed = (
        start > 0 and tag == 0x30 and mask.startswith(_MGF1_OID) and fields.keys() <= {0xA0, 0xA1, 0xA2} and salt_bytes <= _MAX_SALT_BYTES
    )
    if not allowed or hash_algorithm is None or mask_hash is None:
        return None
    return padding.PSS(padding.MGF1(mask_hash), salt_bytes), hash_algorithm


def _hash_of(algorithm: bytes) -> hashes.HashAlgorithm | None:
    return _PSS_HASHES.get(algorithm[: 2 + algorithm[1]])


def element(content: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag, content and end of the DER element there. Raises DerError."""
    tag, start, stop = header(content, at, len(content))
    return tag, content[start:stop], stop


def key_bits(spki_der: bytes) -> bytes:
    """The bits of the public key without tag, length and unused bits: what CertID and key identifiers are taken over."""
    try:
        _, content, _ = element(spki_der, 0)
        _, bits, _ = element(content, element(content, 0)[2])
    except (DerError, IndexError):
        return b""
    return bits[1:]


def key_digest(spki_der: bytes) -> bytes:
    """SHA-1 of the key's bits: the usual key identifier (RFC 5280 section 4.2.1.2, method 1) and OCSP's issuerKeyHash."""
    return sha1(key_bits(spki_der), usedforsecurity=False).digest()
