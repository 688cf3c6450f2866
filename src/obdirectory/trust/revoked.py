"""Was the certificate revoked at an instant, and is that known? The answers in memory, as findings."""

from obdirectory.core.finding import Finding
from obdirectory.core.instants import print_instant
from obdirectory.core.visible import visible
from obdirectory.trust import asked as need
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.chain import Path
from obdirectory.trust.instants import Instants
from obdirectory.trust.names import COMMON_NAME
from obdirectory.trust.revocation import RevocationAnswer, RevocationIndex, effective, is_short_term

ISSUER_REVOKED = "issuer_revoked"
"""The reason when an authority on the chain was revoked; the finding names the answer that says so."""

NOT_JUDGED = tuple(one.not_applicable("Not judged: no listed issuer signed it.") for one in (need.NOT_REVOKED, need.REVOCATION_KNOWN))
_NOT_REVOKED, _KNOWN = (one.met(one.title) for one in (need.NOT_REVOKED, need.REVOCATION_KNOWN))
_NOBODY_SAYS_SO = need.NOT_REVOKED.not_applicable("No answer says so.")
_SHORT_TERM = need.REVOCATION_KNOWN.not_applicable("A validity-assured short-term certificate: none is ever revoked.")
_UNKNOWN = need.REVOCATION_KNOWN.unknown("No CRL or OCSP answer about this certificate is known.", reason="revocation_unknown")


def answer_for(certificate: Certificate, path: Path, revocation: RevocationIndex, instants: Instants) -> RevocationAnswer | None:
    """The answer that counts, of those known then."""
    known = revocation.answers(
        certificate.issuer_der, path.issuer_spki_der, certificate.serial_number, known_at=instants.known_at, crl_urls=certificate.crl_urls
    )
    return effective(known, certificate=certificate, at=instants.at) if known else None


def revocation_findings(
    certificate: Certificate, path: Path, answer: RevocationAnswer | None, revocation: RevocationIndex, instants: Instants
) -> tuple[Finding, Finding]:
    """``not_revoked`` and ``revocation_known`` for a certificate that a listed issuer signed."""
    known = _SHORT_TERM if is_short_term(certificate) else _known(answer)
    if path.authorities and (revoked := _revoked_authority(path, revocation, instants)):
        name, evidence = revoked
        message = f"The certificate of {name} on the chain is revoked."
        return need.NOT_REVOKED.not_met(message, reason=ISSUER_REVOKED, evidence=(evidence,)), known
    return _not_revoked(answer), known


def _known(answer: RevocationAnswer | None) -> Finding:
    if answer is None:
        return _UNKNOWN
    if answer.status == "unknown":
        message = "The issuer's OCSP responder does not know this certificate."
        return need.REVOCATION_KNOWN.unknown(message, reason="not_known_to_responder", evidence=(answer.sha256,))
    return _KNOWN


def _not_revoked(answer: RevocationAnswer | None) -> Finding:
    if answer is None or answer.status == "unknown":
        return _NOBODY_SAYS_SO
    evidence = (answer.sha256,)
    if answer.status == "good":
        if answer.revoked_at is None:
            return Finding(_NOT_REVOKED.code, "yes", "", _NOT_REVOKED.message, _NOT_REVOKED.clause, evidence)
        later = f"Not revoked then; it was at {print_instant(answer.revoked_at)}."
        return Finding(_NOT_REVOKED.code, "yes", "", later, _NOT_REVOKED.clause, evidence)
    since = print_instant(answer.revoked_at or answer.this_update_at)
    why = f" ({answer.reason})" if answer.reason else ""
    earlier = f"; its key was known to be compromised from {print_instant(answer.invalidity_at)}" if answer.invalidity_at else ""
    word = "certificate_on_hold" if answer.status == "on_hold" else "certificate_revoked"
    return need.NOT_REVOKED.not_met(f"Revoked at {since}{why}{earlier}.", reason=word, evidence=evidence)


def _revoked_authority(path: Path, revocation: RevocationIndex, instants: Instants) -> tuple[str, str] | None:
    """An authority between the certificate and the listed key that was revoked then: its name, and the digest of the answer."""
    issuers = [*(authority.spki_der for authority in path.authorities[1:]), path.anchor[1]]
    for authority, spki_der in zip(path.authorities, issuers, strict=True):
        known = revocation.answers(
            authority.issuer_der, spki_der, authority.serial_number, known_at=instants.known_at, crl_urls=authority.crl_urls, is_ca=True
        )
        answer = effective(known, certificate=authority, at=instants.at)
        if answer and answer.status in ("revoked", "on_hold"):
            return visible(authority.attribute(COMMON_NAME) or authority.sha256[:16], most=80), answer.sha256
    return None
