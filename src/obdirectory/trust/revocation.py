"""CRL and OCSP answers: parsed, judged (signature, delegation, freshness) and looked up; pure, the network is not here."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

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


@dataclass(frozen=True)
class RevocationIndex:
    """Judged answers in memory: CRLs by (issuer name, issuer key), OCSP answers by (issuer name, issuer key, serial), newest first."""

    crls: dict[tuple[bytes, bytes], tuple[CrlView, ...]] = field(default_factory=dict[tuple[bytes, bytes], tuple[CrlView, ...]])
    ocsp: dict[tuple[bytes, bytes, int], tuple[RevocationAnswer, ...]] = field(default_factory=dict[tuple[bytes, bytes, int], tuple[RevocationAnswer, ...]])

    def answers(self, issuer_der: bytes, issuer_spki_der: bytes, serial_number: int, *, known_at: datetime) -> tuple[RevocationAnswer, ...]:
        """Every answer about that certificate known by then, newest ``this_update_at`` first."""
        found = [a for a in self.ocsp.get((issuer_der, issuer_spki_der, serial_number), ()) if a.known_at is None or a.known_at <= known_at]
        for crl in self.crls.get((issuer_der, issuer_spki_der), ()):
            if crl.known_at > known_at:
                continue
            entry = crl.revoked.get(serial_number)
            revoked_at, reason, invalidity_at = entry or (None, None, None)
            status: RevocationStatus = "good" if entry is None else "on_hold" if reason == "certificateHold" else "revoked"
            found.append(
                RevocationAnswer(
                    "crl", status, crl.this_update_at, crl.this_update_at, crl.next_update_at, crl.sha256, revoked_at, reason, invalidity_at, crl.known_at
                )
            )
        return tuple(sorted(found, key=lambda answer: answer.this_update_at, reverse=True))
