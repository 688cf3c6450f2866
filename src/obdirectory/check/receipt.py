"""A receipt: the verdict's own bytes, signed by this directory as a compact JWS that says the same for ever."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from obdirectory.core.errors import InvalidInput

TYPE = "obd-verdict+jws"


class SignsReceipts(Protocol):
    """The part of ``platform.keys.Signer`` a receipt needs: a deterministic ES256 signature, so that the same verdict gives the same receipt."""

    def sign_jws(self, payload: bytes, typ: str) -> str: ...


class VerifiesReceipts(Protocol):
    """``platform.keys.verify_jws``: the payload of a JWS signed by a key of the set. Raises InvalidInput otherwise."""

    def __call__(self, token: str, jwks: Mapping[str, Any], *, typ: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class OpenedReceipt:
    """A receipt whose signature was verified; ``pinned`` is False when the key came from nowhere but the issuing host."""

    verdict: bytes
    key_id: str
    pinned: bool


def make_receipt(verdict: bytes, signer: SignsReceipts) -> str:
    """Sign exactly the bytes that were answered."""
    return signer.sign_jws(verdict, TYPE)


def key_id_of(token: str) -> str:
    """The key a receipt says it is signed with. Raises InvalidInput if it is no compact JWS."""
    import base64

    try:
        head = token.split(".", 1)[0]
        found = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("not a receipt: a compact JWS with a key id is wanted") from error
    return str(found)


def open_receipt(token: str, jwks: Mapping[str, Any], verify: VerifiesReceipts, *, pinned: bool) -> OpenedReceipt:
    """Verify a receipt against a set of keys and give back the verdict in it.

    Raises InvalidInput if the signature, the key or the type is not what a receipt has.
    """
    token = token.strip()
    return OpenedReceipt(verify(token, jwks, typ=TYPE), key_id_of(token), pinned)
