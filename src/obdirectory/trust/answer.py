"""What a CRL or an OCSP answer says once it is believed, and why one is not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

CLOCK_SKEW = timedelta(minutes=5)
"""How far in our future an answer may claim to have been made."""

RevocationStatus: TypeAlias = Literal["good", "revoked", "on_hold", "unknown"]


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """What one CRL or OCSP answer, already judged sound, says about one certificate."""

    method: Literal["crl", "ocsp"]
    status: RevocationStatus
    produced_at: datetime  # thisUpdate of a CRL, producedAt of OCSP
    this_update_at: datetime
    next_update_at: datetime | None
    sha256: str  # of the archived answer
    revoked_at: datetime | None = None
    reason: str | None = None  # RFC 5280 word: keyCompromise …
    invalidity_at: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CrlView:
    """A judged CRL of one issuer: ``revoked`` maps serial number to (revoked_at, reason, invalidity_at)."""

    issuer_der: bytes
    issuer_spki_der: bytes
    number: int | None
    this_update_at: datetime
    next_update_at: datetime | None
    sha256: str
    known_at: datetime
    revoked: dict[int, tuple[datetime, str | None, datetime | None]]
    only: Literal["", "users", "authorities"] = ""  # which certificates it is about; empty: all
    distribution_points: tuple[str, ...] = ()  # a part of the issuer's certificates: those that name one of these; empty: all


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not believed: a word for the row, and why in plain words."""

    reason: str
    why: str
