"""Compact JWS, the one form we write and read: ES256, a key id and a type in the header, nothing else (RFC 7515, RFC 7518 3.4)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Protocol, cast

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from obdirectory.core.errors import InvalidInput

_ES256 = ec.ECDSA(hashes.SHA256())


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The protected header; any further member would change what the signature means, so it is refused."""

    alg: str
    kid: str
    typ: str


class Signs(Protocol):
    """Whatever holds a private key: ``platform.keys.Signer``."""

    @property
    def kid(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...


def sign_jws(payload: bytes, typ: str, signer: Signs) -> str:
    """Sign exactly these bytes."""
    header = msgspec.json.encode(Header("ES256", signer.kid, typ))
    signing_input = to_base64url(header) + b"." + to_base64url(payload)
    return (signing_input + b"." + to_base64url(signer.sign(signing_input))).decode("ascii")


def verify_jws(token: str, jwks: Mapping[str, Any], *, typ: str) -> bytes:
    """The payload, after its signature was verified under the key of this set which the header names.

    Raises InvalidInput for any other form, type, algorithm or key.
    """
    parts = token.split(".") if token.isascii() else []
    if len(parts) != 3:
        raise InvalidInput("not a compact JWS: three parts are wanted")
    header = _header(parts[0])
    if header.alg != "ES256":
        raise InvalidInput("the signature algorithm is not ES256")
    if header.typ != typ:
        raise InvalidInput(f"the type is not {typ}")
    payload, signature = from_base64url(parts[1]), from_base64url(parts[2])
    if len(signature) != 64:
        raise InvalidInput("an ES256 signature has 64 bytes")
    encoded = utils.encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        _key(jwks, header.kid).verify(encoded, f"{parts[0]}.{parts[1]}".encode("ascii"), _ES256)
    except InvalidSignature as error:
        raise InvalidInput("the signature does not verify") from error
    return payload


def key_id_of(token: str) -> str:
    """The key id a token names, before anything is verified. Raises InvalidInput when it is no JWS of our form."""
    return _header(token.split(".", 1)[0]).kid


def to_base64url(content: bytes) -> bytes:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def from_base64url(text: str) -> bytes:
    """Read base64url; only the one canonical spelling of the bytes is taken. Raises InvalidInput."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("not base64url") from error
    if to_base64url(content) != text.encode():
        raise InvalidInput("not base64url in its canonical form")
    return content


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The members that say what a P-256 public key is (RFC 7518 6.2.1)."""
    numbers = key.public_numbers()
    x, y = (to_base64url(number.to_bytes(32)).decode() for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _header(text: str) -> Header:
    try:
        return msgspec.json.decode(from_base64url(text), type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("the header is not alg, kid and typ") from error


def _key(jwks: Mapping[str, Any], kid: str) -> ec.EllipticCurvePublicKey:
    listed = jwks.get("keys")
    keys = cast(list[object], listed) if isinstance(listed, list) else []
    named = [cast(Mapping[str, Any], key) for key in keys if isinstance(key, Mapping) and cast(Mapping[str, Any], key).get("kid") == kid]
    if len(named) != 1:
        raise InvalidInput(f"the set of keys has {len(named) or 'no'} key {kid}")
    [jwk] = named
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or jwk.get("alg", "ES256") != "ES256":
        raise InvalidInput(f"key {kid} is not a P-256 key for ES256")
    try:
        x, y = (int.from_bytes(from_base64url(jwk[member])) for member in ("x", "y"))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidInput(f"key {kid} is not a point of P-256") from error
