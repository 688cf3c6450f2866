"""OCSP answers: read, and judged by what they are about, who signed them and when. Clause: RFC 6960."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1, sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from obdirectory.trust.answer import CLOCK_SKEW, Refusal, RevocationAnswer, RevocationStatus
from obdirectory.trust.certificate import Unreadable, read_certificate
from obdirectory.trust.signature import UNREADABLE, SignatureRefusal, key_bits, key_digest, verify_signature

MAX_OCSP_BYTES = 65_536
MAX_ENCLOSED_CERTIFICATES = 4
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"


@dataclass(frozen=True, slots=True)
class Ocsp:
    """An OCSP answer as read; nobody has looked at its signature yet."""

    content: bytes
    hash_name: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int
    status: RevocationStatus
    produced_at: datetime
    this_update_at: datetime
    next_update_at: datetime | None
    revoked_at: datetime | None
    reason: str | None
    nonce: bytes | None
    responder_name_der: bytes | None
    responder_key_hash: bytes | None
    certificates: tuple[bytes, ...]
    signature_algorithm: str
    signature: bytes
    tbs_der: bytes


def read_ocsp(content: bytes) -> Ocsp | Refusal:
    """Read an OCSP answer about one certificate.

    Clause: RFC 6960 section 4.2.1.
    """
    if len(content) > MAX_OCSP_BYTES:
        return Refusal("too_large", f"an OCSP answer of {len(content)} bytes; at most {MAX_OCSP_BYTES} are read")
    try:
        response = ocsp.load_der_ocsp_response(content)
        if response.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Refusal("unsuccessful", f"the responder answered {response.response_status.name.lower()}")
        if len(list(response.responses)) != 1:
            return Refusal("several_answers", "an OCSP answer about one certificate was expected")
        for extension in (*response.extensions, *response.single_extensions):
            if extension.critical and not isinstance(extension.value, x509.OCSPNonce):
                return Refusal("unknown_critical_extension", f"critical OCSP extension {extension.oid.dotted_string}")
        nonce = next((e.value.nonce for e in response.extensions if isinstance(e.value, x509.OCSPNonce)), None)
        reason = response.revocation_reason.value if response.revocation_reason else None
        words: dict[ocsp.OCSPCertStatus, RevocationStatus] = {
            ocsp.OCSPCertStatus.GOOD: "good",
            ocsp.OCSPCertStatus.REVOKED: "on_hold" if reason == "certificateHold" else "revoked",
            ocsp.OCSPCertStatus.UNKNOWN: "unknown",
        }
        name = response.responder_name
        return Ocsp(
            content=content,
            hash_name=response.hash_algorithm.name,
            issuer_name_hash=response.issuer_name_hash,
            issuer_key_hash=response.issuer_key_hash,
            serial_number=response.serial_number,
            status=words[response.certificate_status],
            produced_at=response.produced_at_utc,
            this_update_at=response.this_update_utc,
            next_update_at=response.next_update_utc,
            revoked_at=response.revocation_time_utc,
            reason=reason,
            nonce=nonce,
            responder_name_der=name.public_bytes() if name else None,
            responder_key_hash=response.responder_key_hash,
            certificates=tuple(c.public_bytes(Encoding.DER) for c in response.certificates[:MAX_ENCLOSED_CERTIFICATES]),
            signature_algorithm=response.signature_algorithm_oid.dotted_string,
            signature=response.signature,
            tbs_der=response.tbs_response_bytes,
        )
    except UNREADABLE as error:
        return Refusal("unreadable", f"not an OCSP answer ({error})")


def judge_ocsp(
    answer: Ocsp, issuer_der: bytes, issuer_spki_der: bytes, *, at: datetime, nonce: bytes | None = None
) -> RevocationAnswer | Refusal:
    """Believe it if it is about that issuer's certificate, was made by now, and the issuer or a responder it named signed it.

    ``nonce`` is the one we sent, if we sent one. Clause: RFC 6960 section 3.2.
    """
    if not is_about(answer, issuer_der, issuer_spki_der):
        return Refusal("wrong_certificate", "the CertID does not name this issuer")
    if max(answer.this_update_at, answer.produced_at) > at + CLOCK_SKEW:
        return Refusal("not_yet_published", f"made at {answer.produced_at:%Y-%m-%d %H:%M}, after the instant it is judged at")
    if answer.next_update_at and answer.next_update_at < answer.this_update_at:
        return Refusal("unreadable", "its time ends before it begins")
    if nonce is not None and answer.nonce != nonce:
        return Refusal("wrong_nonce", "the answer does not carry the nonce that was sent: it may be an old one played back")
    if refusal := _not_signed_by_responder(answer, issuer_der, issuer_spki_der):
        return refusal
    return RevocationAnswer(
        "ocsp", answer.status, answer.produced_at, answer.this_update_at, answer.next_update_at, sha256(answer.content).hexdigest(),
        answer.revoked_at, answer.reason, None, at,
    )  # fmt: skip


def _not_signed_by_responder(answer: Ocsp, issuer_der: bytes, issuer_spki_der: bytes) -> Refusal | None:
    """None when the issuer signed, or a responder whose certificate the same key issued for OCSP signing (RFC 6960 section 4.2.2.2)."""
    if _is_responder(answer, issuer_der, issuer_spki_der):
        broken = _broken(answer, issuer_spki_der)
        return Refusal(broken.word, f"under the issuer's key: {broken.why}") if broken else None
    for der in answer.certificates:
        responder = read_certificate(der)
        if isinstance(responder, Unreadable) or not _is_responder(answer, responder.subject_der, responder.spki_der):
            continue
        if responder.issuer_der != issuer_der or OCSP_SIGNING not in (responder.extended_key_usage or ()):
            return Refusal("responder_not_delegated", "the responder's certificate is not one that the issuer gave for OCSP signing")
        if not responder.not_before_at <= answer.produced_at <= responder.not_after_at:
            return Refusal("responder_not_delegated", "the responder's certificate was not in its period")
        if verify_signature(issuer_spki_der, responder.signature_algorithm, responder.signature, responder.tbs_der, within=responder.der):
            return Refusal("responder_not_delegated", "the responder's certificate is not signed by the issuer's key")
        broken = _broken(answer, responder.spki_der)
        return Refusal(broken.word, f"under the responder's key: {broken.why}") if broken else None
    return Refusal("responder_not_delegated", "signed by neither the issuer nor a responder whose certificate is enclosed")


def _broken(answer: Ocsp, spki_der: bytes) -> SignatureRefusal | None:
    return verify_signature(spki_der, answer.signature_algorithm, answer.signature, answer.tbs_der, within=answer.content)


def _is_responder(answer: Ocsp, name_der: bytes, spki_der: bytes) -> bool:
    if answer.responder_key_hash is not None:
        return answer.responder_key_hash == key_digest(spki_der)
    return answer.responder_name_der == name_der


def is_about(answer: Ocsp, issuer_der: bytes, issuer_spki_der: bytes) -> bool:
    """Whether the CertID names this issuer, by the hashes of its name and key."""
    if answer.hash_name == "sha256":
        hashes = sha256(issuer_der).digest(), sha256(key_bits(issuer_spki_der)).digest()
    elif answer.hash_name == "sha1":
        hashes = sha1(issuer_der, usedforsecurity=False).digest(), key_digest(issuer_spki_der)
    else:
        return False
    return (answer.issuer_name_hash, answer.issuer_key_hash) == hashes
