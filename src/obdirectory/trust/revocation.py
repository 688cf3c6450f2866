"""What is known about the revocation of certificates: judged CRLs and OCSP answers in memory, and the one that counts for an instant.

``judge_file`` is what a refresh calls for each answer it has archived; ``effective`` is what a decision calls. An answer whose time
has run out is judged all the same: it says what was so then, and how old it may be is the policy's business.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias

from obdirectory.trust.answer import CrlView, Refusal, RevocationAnswer, RevocationStatus
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.crl import judge_crl, read_crl
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.ocsp import Ocsp, is_about, judge_ocsp, read_ocsp

__all__ = [
    "CrlView", "OcspKey", "Refusal", "RevocationAnswer", "RevocationIndex", "RevocationStatus", "effective", "is_short_term", "judge_crl",
    "judge_file", "judge_ocsp", "read_crl", "read_ocsp",
]  # fmt: skip

SHORT_TERM = "0.4.0.194121.2.1"
"""id-etsi-ext-valassured-ST-certs: the certificate outlives no revocation worth asking for (EN 319 412-1)."""


@dataclass(frozen=True)
class RevocationIndex:
    """Judged answers in memory: CRLs by (issuer name, issuer key), OCSP answers by (issuer name, issuer key, serial), newest first."""

    crls: dict[tuple[bytes, bytes], tuple[CrlView, ...]] = field(default_factory=dict[tuple[bytes, bytes], tuple[CrlView, ...]])
    ocsp: dict[tuple[bytes, bytes, int], tuple[RevocationAnswer, ...]] = field(
        default_factory=dict[tuple[bytes, bytes, int], tuple[RevocationAnswer, ...]]
    )

    def answers(
        self,
        issuer_der: bytes,
        issuer_spki_der: bytes,
        serial_number: int,
        *,
        known_at: datetime,
        crl_urls: tuple[str, ...] = (),
        is_ca: bool = False,
    ) -> tuple[RevocationAnswer, ...]:
        """Every answer about that certificate known by then, newest ``this_update_at`` first.

        A CRL that is not about such certificates says nothing by its silence; an entry counts wherever it stands.
        """
        held = self.ocsp.get((issuer_der, issuer_spki_der, serial_number))
        found = [answer for answer in held if answer.known_at is None or answer.known_at <= known_at] if held else []
        found += [
            answer
            for crl in self.crls.get((issuer_der, issuer_spki_der), ())
            if crl.known_at <= known_at and (answer := _answer_of(crl, serial_number, crl_urls, is_ca))
        ]
        if len(found) > 1:
            found.sort(key=lambda answer: answer.this_update_at, reverse=True)
        return tuple(found)


def _answer_of(crl: CrlView, serial_number: int, crl_urls: tuple[str, ...], is_ca: bool) -> RevocationAnswer | None:
    entry = crl.revoked.get(serial_number)
    if entry is not None:
        revoked_at, reason, invalidity_at = entry
        times = (crl.this_update_at, crl.this_update_at, crl.next_update_at, crl.sha256)
        status: RevocationStatus = "on_hold" if reason == "certificateHold" else "revoked"
        return RevocationAnswer("crl", status, *times, revoked_at, reason, invalidity_at, crl.known_at)
    if crl.only == ("users" if is_ca else "authorities") or (crl.distribution_points and not set(crl.distribution_points) & set(crl_urls)):
        return None
    return _silence(crl.this_update_at, crl.next_update_at, crl.sha256, crl.known_at)


@lru_cache(maxsize=4096)
def _silence(this_update_at: datetime, next_update_at: datetime | None, sha256: str, known_at: datetime) -> RevocationAnswer:
    """What a CRL says of every certificate it does not name: one answer for all of them."""
    return RevocationAnswer("crl", "good", this_update_at, this_update_at, next_update_at, sha256, known_at=known_at)


def effective(answers: Sequence[RevocationAnswer], *, certificate: Certificate, at: datetime) -> RevocationAnswer | None:
    """The answer that counts for an instant, its status as it was then; None when there is none.

    A revocation is final: the first one counts, whatever a later answer says, unless it happened after ``at``. A key known to have been
    compromised earlier counts from that earlier day. A hold can be lifted, so there the nearest answer decides. An answer given after
    the certificate ran out proves nothing by its silence: authorities drop such entries.
    """
    if len(answers) == 1 and answers[0].status == "good":  # by far the most usual case
        return answers[0] if answers[0].this_update_at <= certificate.not_after_at else None
    known = [answer for answer in answers if answer.status != "good" or answer.this_update_at <= certificate.not_after_at]
    for answer in known:
        if answer.status == "revoked" and _took_effect(answer, at):
            return answer
    before = max((answer for answer in known if answer.this_update_at <= at), key=_published, default=None)
    after = min((answer for answer in known if answer.this_update_at > at), key=_published, default=None)
    for answer in (before, after):
        if answer and answer.status == "on_hold" and _took_effect(answer, at):
            return answer
    # What was published after the instant covers it better than what went before, provided that it knows the certificate.
    chosen = after if after and after.status != "unknown" else before or after
    if chosen and chosen.status in ("revoked", "on_hold"):  # later than the instant asked about
        return replace(chosen, status="good")
    return chosen


def is_short_term(certificate: Certificate) -> bool:
    """A validity-assured short-term certificate: none is ever revoked. Clause: ETSI EN 319 412-1 (facts 2.1)."""
    return SHORT_TERM in certificate.extensions


def _took_effect(answer: RevocationAnswer, at: datetime) -> bool:
    since = answer.revoked_at or answer.this_update_at
    if answer.invalidity_at and answer.reason in ("keyCompromise", "cACompromise", "aACompromise"):
        since = min(since, answer.invalidity_at)
    return since <= at


def _published(answer: RevocationAnswer) -> datetime:
    return answer.this_update_at


OcspKey: TypeAlias = tuple[bytes, bytes, int]
"""Issuer name, issuer key, serial number: what an OCSP answer is filed under."""


def judge_file(
    content: bytes,
    kind: Literal["crl", "ocsp"],
    trust: TrustIndex,
    *,
    at: datetime,
    held: tuple[CrlView, ...] = (),
    issuers: Iterable[tuple[bytes, bytes]] = (),
) -> CrlView | tuple[tuple[OcspKey, RevocationAnswer], ...] | Refusal:
    """Read and judge one answer, DER, as it was known ``at``.

    ``held`` are the CRLs in use, for the rollback of a number; ``issuers`` are (name, key) of authorities
    believed beside the listed ones: those under a listed one, or the one that is expected; they are tried first.
    """
    if kind == "crl":
        crl = read_crl(content)
        if isinstance(crl, Refusal):
            return crl
        keys = dict.fromkeys([*(key for name, key in issuers if name == crl.issuer_der), *trust.by_subject.get(crl.issuer_der, ())])
        return judge_crl(crl, keys, at=at, held=held)
    answer = read_ocsp(content)
    if isinstance(answer, Refusal):
        return answer
    issuer = _issuer_of(answer, [*issuers, *trust.services])
    if issuer is None:
        return Refusal("issuer_not_listed", "no authority in an accepted list has the name and key of the answer's CertID")
    judged = judge_ocsp(answer, *issuer, at=at)
    return judged if isinstance(judged, Refusal) else (((*issuer, answer.serial_number), judged),)


def _issuer_of(answer: Ocsp, issuers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bytes] | None:
    return next((issuer for issuer in issuers if is_about(answer, *issuer)), None)
