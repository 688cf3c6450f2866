"""A receipt: the verdict's own bytes, signed by this directory as a compact JWS that says the same for ever."""

from typing import Protocol

TYPE = "obd-verdict+jws"


class SignsReceipts(Protocol):
    """The part of ``platform.keys.Signer`` a receipt needs; it signs deterministically, so the same verdict gives the same receipt."""

    def sign_jws(self, payload: bytes, typ: str) -> str: ...


def make_receipt(verdict: bytes, signer: SignsReceipts) -> str:
    """Sign exactly the bytes that were answered."""
    return signer.sign_jws(verdict, TYPE)
