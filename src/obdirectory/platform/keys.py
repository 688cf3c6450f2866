"""Keys this directory signs with: made at first start, sealed at rest, replaced on time, published until they expire.

Each environment has keys of its own; a sandbox key says so in its id. A key signs for 90 days; the next one is published
14 days before it signs, so that whoever keeps a copy of the set has it in time, and a key stays published for two years
after it last signed, so that what it signed can be verified.
"""

import fcntl
import hashlib
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from obdirectory.core.errors import Unavailable
from obdirectory.platform.jws import public_jwk, sign_jws, verify_jws
from obdirectory.platform.secret_file import secret_file, write_private

__all__ = ["KeyRing", "Signer", "verify_jws"]

Environment = Literal["live", "sandbox"]
SIGNS_FOR = timedelta(days=90)
ANNOUNCED_BEFORE = timedelta(days=14)
PUBLISHED_AFTER = timedelta(days=730)

# Deterministic (RFC 6979): the same bytes under the same key give the same signature, hence the same receipt.
_ES256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class StoredKey(msgspec.Struct, frozen=True):
    """One key pair as it lies in the file: public part, times, and the private part sealed under the sealing key."""

    kid: str
    x: str
    y: str
    signs_from: datetime
    signs_until: datetime
    published_until: datetime
    sealed: bytes

    def jwk(self) -> dict[str, Any]:
        """The public key as published, with the instants its use begins and its publication ends."""
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": self.x,
            "y": self.y,
            "kid": self.kid,
            "alg": "ES256",
            "use": "sig",
            "nbf": int(self.signs_from.timestamp()),
            "exp": int(self.published_until.timestamp()),
        }


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that signs ES256; whoever has it can make receipts, nobody can read the key out of it by accident."""

    kid: str
    signs_until: datetime
    _private: ec.EllipticCurvePrivateKey = field(repr=False)
    _jwk: Mapping[str, Any] = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """The signature as r and s, 32 bytes each (RFC 7518 3.4)."""
        r, s = utils.decode_dss_signature(self._private.sign(message, _ES256))
        return r.to_bytes(32) + s.to_bytes(32)

    def sign_jws(self, payload: bytes, typ: str) -> str:
        """A compact JWS whose payload is exactly these bytes."""
        return sign_jws(payload, typ, self)

    def public_jwk(self) -> dict[str, Any]:
        """The public key with its id and expiry."""
        return dict(self._jwk)


class KeyRing:
    """The keys of one environment in a data folder."""

    def __init__(self, environment: Environment, keys: tuple[StoredKey, ...], sealing: AESGCM) -> None:
        self._environment = environment
        self._keys = keys
        self._sealing = sealing
        self._opened: dict[str, Signer] = {}

    @classmethod
    def open(cls, data_dir: Path, environment: Environment, *, now: datetime, sealing_secret: str | None = None) -> Self:
        """Read the keys, making the first or the next one when it is time.

        ``sealing_secret`` seals the private keys; without one a file beside them does. Raises Unavailable when they cannot be
        read, or were sealed under another secret.
        """
        folder = data_dir / "keys"
        try:
            sealing = AESGCM(_sealing_key(sealing_secret.encode() if sealing_secret else secret_file(folder / "sealing.key")))
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _alone(folder / "ring.lock"):
                path = folder / f"{environment}.json"
                keys = _read(path)
                if grown := _grow(environment, keys, sealing, now):
                    _write(path, grown)
        except OSError as error:
            raise Unavailable(f"the signing keys in {folder} cannot be used: {error.strerror}") from error
        return cls(environment, grown or keys, sealing)

    def signer(self, now: datetime) -> Signer:
        """The key that signs at this instant. Raises Unavailable when there is none: open the ring again."""
        for key in self._keys:
            if key.signs_from <= now < key.signs_until:
                if key.kid not in self._opened:
                    self._opened[key.kid] = Signer(key.kid, key.signs_until, _unseal(key, self._sealing), key.jwk())
                return self._opened[key.kid]
        raise Unavailable(f"no {self._environment} key signs at {now.isoformat()}")

    def jwks(self, now: datetime) -> dict[str, Any]:
        """Every key published at this instant: those that sign, signed, or are about to."""
        return {"keys": [key.jwk() for key in self._keys if now < key.published_until]}


def _grow(environment: Environment, keys: tuple[StoredKey, ...], sealing: AESGCM, now: datetime) -> tuple[StoredKey, ...] | None:
    """The ring with the key that is due, or None when none is."""
    last = max((key.signs_until for key in keys), default=now)
    if last > now + ANNOUNCED_BEFORE:
        return None
    # When none signs now this one does at once, and also for a machine whose clock is a little behind.
    return (*keys, _make(environment, sealing, last if last > now else now - timedelta(minutes=5)))


def _make(environment: Environment, sealing: AESGCM, signs_from: datetime) -> StoredKey:
    private = ec.generate_private_key(ec.SECP256R1())
    members = public_jwk(private.public_key())
    # The thumbprint of RFC 7638: the members in alphabetical order.
    thumbprint = hashlib.sha256(msgspec.json.encode(members, order="sorted")).hexdigest()
    kid = f"{environment}-{thumbprint[:20]}"
    plain = private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    nonce = os.urandom(12)
    signs_until = signs_from + SIGNS_FOR
    return StoredKey(
        kid=kid,
        x=members["x"],
        y=members["y"],
        signs_from=signs_from,
        signs_until=signs_until,
        published_until=signs_until + PUBLISHED_AFTER,
        sealed=nonce + sealing.encrypt(nonce, plain, kid.encode()),
    )


def _unseal(key: StoredKey, sealing: AESGCM) -> ec.EllipticCurvePrivateKey:
    try:
        plain = sealing.decrypt(key.sealed[:12], key.sealed[12:], key.kid.encode())
    except InvalidTag as error:
        raise Unavailable(f"key {key.kid} was sealed under another secret") from error
    private = serialization.load_der_private_key(plain, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise Unavailable(f"key {key.kid} is not an elliptic-curve key")
    return private


def _sealing_key(secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=b"obdirectory signing keys at rest").derive(secret)


def _read(path: Path) -> tuple[StoredKey, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[StoredKey, ...])
    except FileNotFoundError:
        return ()
    except msgspec.DecodeError as error:
        raise Unavailable(f"the signing keys in {path} cannot be read: {error}") from error


def _write(path: Path, keys: tuple[StoredKey, ...]) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    write_private(draft, msgspec.json.format(msgspec.json.encode(keys), indent=1))
    draft.rename(path)


@contextmanager
def _alone(path: Path) -> Generator[None]:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
