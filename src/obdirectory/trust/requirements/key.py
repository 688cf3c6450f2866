"""What is required of the public key and of the algorithm it was certified with, so that neither can be broken in practice."""

from collections.abc import Iterator
from math import gcd, prod

from obdirectory.core.finding import Rank
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.requirement import (
    EN_319_412_2,
    OUR_READING,
    RFC_4055,
    TS_119_312,
    Issuance,
    issuance_requirement,
    noted,
    requirement,
    spares,
)

_NEW_KEY = "Make a new key (RSA of at least 3072 bits, or P-256) and have a certificate issued for it."
_REISSUE = "Have the certificate issued again by your trust service provider, signed with SHA-256 or better."

RECOMMENDED_CURVES = frozenset({"P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1", "FRP256v1"})
"""Curves of ETSI TS 119 312."""

WEAK_SIGNATURES: dict[str, str] = {
    "1.2.840.113549.1.1.2": "MD2 with RSA",
    "1.2.840.113549.1.1.3": "MD4 with RSA",
    "1.2.840.113549.1.1.4": "MD5 with RSA",
    "1.2.840.113549.1.1.5": "SHA-1 with RSA",
    "1.3.14.3.2.29": "SHA-1 with RSA",
    "1.2.840.10040.4.3": "SHA-1 with DSA",
    "1.2.840.10045.4.1": "SHA-1 with ECDSA",
}
"""Algorithms whose hash can be made to collide: whoever asks for a certificate could get another one with it."""

RECOMMENDED_SIGNATURES = frozenset(
    {
        "1.2.840.113549.1.1.10",  # RSASSA-PSS
        *(f"1.2.840.113549.1.1.{n}" for n in (11, 12, 13)),  # RSA with SHA-256, 384, 512
        *(f"1.2.840.10045.4.3.{n}" for n in (2, 3, 4)),  # ECDSA with SHA-256, 384, 512
        *(f"2.16.840.1.101.3.4.3.{n}" for n in (10, 11, 12)),  # ECDSA with SHA3-256, 384, 512
    }
)
"""Algorithms of ETSI TS 119 312."""

# A modulus made by the flawed library (ROCA, CVE-2017-15361) is, modulo each of these primes, a power of 65537.
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
_ROCA_PRODUCT = prod(_ROCA_PRIMES)
_ROCA_POWERS = tuple((p, frozenset(pow(65537, k, p) for k in range(p))) for p in _ROCA_PRIMES)
_SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
_SMALL_PRODUCT = prod(_SMALL_PRIMES)
_SMALL_AND_ROCA_PRODUCT = prod({*_SMALL_PRIMES, *_ROCA_PRIMES})

noted(
    "public_key_readable", "The public key can be read.", OUR_READING,
    words=("public_key_unreadable",), no="public_key_unreadable", group="certificate", rank=Rank.UNTRUSTED, remedy=_NEW_KEY,
)  # fmt: skip
noted(
    "rsa_key_parameters_null", "The algorithm of an RSA key has NULL as its parameters.", RFC_4055, "1.2",
    words=("rsa_key_parameters",), no="rsa_key_parameters_not_null", remedy=_REISSUE,
)  # fmt: skip


@requirement(OUR_READING, no="rsa_key_too_short", remedy=_NEW_KEY, actor="tpp", group="certificate", rank=Rank.UNTRUSTED)
def rsa_key_long_enough(certificate: Certificate) -> Iterator[str]:
    """An RSA key has at least 2048 bits."""
    key = certificate.public_key
    if key.kind == "rsa" and 0 < key.bits < 2048:
        yield f"{key.bits} bits"


@requirement(OUR_READING, no="rsa_key_too_long", remedy=_NEW_KEY, actor="tpp")
def rsa_key_short_enough(certificate: Certificate) -> Iterator[str]:
    """An RSA key has at most 8192 bits."""
    if certificate.public_key.kind == "rsa" and certificate.public_key.bits > 8192:
        yield f"{certificate.public_key.bits} bits"


@requirement(TS_119_312, "6.2.2.1", no="rsa_exponent_out_of_range", remedy=_NEW_KEY, actor="tpp")
def rsa_exponent_in_range(certificate: Certificate) -> Iterator[str]:
    """The exponent of an RSA key is odd and between 2^16 and 2^256."""
    key = certificate.public_key
    if key.kind == "rsa" and key.modulus and not (key.exponent & 1 and 1 << 16 < key.exponent < 1 << 256):
        yield str(key.exponent) if abs(key.exponent) < 1 << 64 else f"{key.exponent.bit_length()} bits"


@requirement(OUR_READING, no="rsa_key_broken", remedy=_NEW_KEY, actor="tpp", group="certificate", rank=Rank.UNTRUSTED)
def rsa_key_not_broken(certificate: Certificate) -> Iterator[str]:
    """An RSA key does not show a known flaw: an exponent that hides nothing, small factors, or the mark of a flawed library (ROCA)."""
    key = certificate.public_key
    if key.kind == "rsa" and key.modulus > 0:
        if key.exponent < 3 or not key.exponent & 1:
            yield "an exponent that makes signatures worthless"
        rest = key.modulus % _SMALL_PRODUCT
        if any(rest % p == 0 for p in _SMALL_PRIMES):
            yield "a small factor"
        rest = key.modulus % _ROCA_PRODUCT
        if all(rest % p in powers for p, powers in _ROCA_POWERS):
            yield "the mark of ROCA"


@requirement(EN_319_412_2, "GEN-4.2.5-1", no="key_type_not_recommended", remedy=_NEW_KEY, actor="tpp")
def key_type_recommended(certificate: Certificate) -> Iterator[str]:
    """The key is RSA or on a curve that ETSI TS 119 312 recommends."""
    key = certificate.public_key
    if key.kind == "ec":
        if key.curve not in RECOMMENDED_CURVES:
            yield key.curve
    elif key.kind != "rsa":
        yield key.kind or "no algorithm"


@requirement(OUR_READING, no="curve_too_small", remedy=_NEW_KEY, actor="tpp", group="certificate", rank=Rank.UNTRUSTED)
def curve_large_enough(certificate: Certificate) -> Iterator[str]:
    """A key on an elliptic curve has at least 224 bits, on a curve with a name."""
    key = certificate.public_key
    if key.kind == "ec" and (0 < key.bits < 224 or key.curve == "explicit"):
        yield f"{key.curve}, {key.bits} bits"


@spares(
    rsa_key_long_enough, rsa_key_short_enough, rsa_exponent_in_range, rsa_key_not_broken, key_type_recommended, curve_large_enough
)  # fmt: skip
def usual_key(certificate: Certificate) -> bool:
    """RSA of 2048 to 8192 bits with the exponent 65537 and no known flaw, or a curve that is recommended."""
    key = certificate.public_key
    if key.kind != "rsa":
        return key.kind == "ec" and key.curve in RECOMMENDED_CURVES
    if key.exponent != 65537 or not 2048 <= key.bits <= 8192 or key.modulus <= 0:
        return False
    rest = key.modulus % _SMALL_AND_ROCA_PRODUCT
    return gcd(rest, _SMALL_PRODUCT) == 1 and any(rest % p not in powers for p, powers in _ROCA_POWERS)


@issuance_requirement(EN_319_412_2, "GEN-4.2.2-1", no="signature_algorithm_not_recommended", remedy=_REISSUE)
def signature_algorithm_recommended(issuance: Issuance) -> Iterator[str]:
    """The certificate is signed with an algorithm that ETSI TS 119 312 recommends."""
    if issuance.signature_algorithm not in RECOMMENDED_SIGNATURES:
        yield WEAK_SIGNATURES.get(issuance.signature_algorithm, issuance.signature_algorithm)


@issuance_requirement(OUR_READING, no="signature_hash_broken", remedy=_REISSUE, group="certificate", rank=Rank.UNTRUSTED)
def signature_hash_not_broken(issuance: Issuance) -> Iterator[str]:
    """The certificate is not signed over a hash that can be made to collide."""
    if issuance.signature_algorithm in WEAK_SIGNATURES:
        yield WEAK_SIGNATURES[issuance.signature_algorithm]
