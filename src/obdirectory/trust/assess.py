"""What trust says of one certificate: its kind, its issuer, qualification then and now, revocation, identity and profile, as findings.

``assess`` goes through the requirements in the order of the verdict's reasons (forged, untrusted, not qualified, revoked, not in period).
It gives findings and no verdict: what each means is the policy's business. Pure, and never an exception, whatever the bytes.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from obdirectory.core.finding import Finding
from obdirectory.core.instants import print_instant
from obdirectory.core.visible import visible
from obdirectory.trust import asked as need
from obdirectory.trust.certificate import Certificate, Unreadable, read_certificate
from obdirectory.trust.chain import NoPath, Path, find_path
from obdirectory.trust.identity import NOBODY, Identity, identify
from obdirectory.trust.index import AcceptedList, TrustIndex, TrustService
from obdirectory.trust.instants import Instants
from obdirectory.trust.issuer import issuer_name, judge_issuer
from obdirectory.trust.marks import made_for_tests
from obdirectory.trust.profile import profile_findings
from obdirectory.trust.qualified import YesNoUnknown, type_in_certificate
from obdirectory.trust.revocation import RevocationAnswer, RevocationIndex
from obdirectory.trust.revoked import NOT_JUDGED, answer_for, revocation_findings

__all__ = ["Assessment", "CertificateKind", "Identity", "Instants", "YesNoUnknown", "assess"]

CertificateKind: TypeAlias = Literal["qwac", "qsealc", "obwac", "obseal", "scheme", "other"]

OPEN_BANKING_POLICIES = "1.3.6.1.4.1.5237.134."
"""The arc of the United Kingdom's Open Banking certificates (OBWAC, OBSeal)."""


class Assessment(msgspec.Struct, frozen=True, gc=False):
    """The trust side of a verdict. Findings carry no consequence yet; the policy gives it."""

    certificate: Certificate | None
    kind: CertificateKind
    identity: Identity
    chain_sha256: tuple[str, ...]
    signature_verified: bool  # under a listed issuer
    service: TrustService | None
    service_status: str
    qualified_at_issuance: YesNoUnknown
    qualified: YesNoUnknown  # at the asked instant
    in_period: bool
    revocation: RevocationAnswer | None  # the answer that counts
    lists: tuple[AcceptedList, ...]  # the list of lists and the issuer's territory, when loaded
    steps: tuple[tuple[str, str, str], ...]  # TS 119 615 steps: (name, passed|failed|unknown, what was seen), issuance first
    findings: tuple[Finding, ...]  # all but those of the profile
    other_lists: tuple[AcceptedList, ...] = ()  # of further territories that list the same issuer; their age is not asked
    profile: tuple[Finding, ...] = ()  # every requirement of its profile, as profile_findings gives them


_READABLE, _CERTIFICATE, _ISSUED, _VERIFIED, _REAL, _IN_PERIOD = (
    requirement.met(requirement.title)
    for requirement in (
        need.CERTIFICATE_READABLE,
        need.NOT_A_PRECERTIFICATE,
        need.NOT_SELF_SIGNED,
        need.SIGNATURE_VERIFIED,
        need.NOT_A_TEST_CERTIFICATE,
        need.CERTIFICATE_IN_PERIOD,
    )
)
_NOT_VERIFIED = need.SIGNATURE_VERIFIED.not_applicable("No listed key is known under which it could be verified.")
_SANDBOX = need.NOT_A_TEST_CERTIFICATE.not_applicable("The sandbox is for test certificates.")


def assess(
    der: bytes, chain: tuple[bytes, ...], trust: TrustIndex, revocation: RevocationIndex, *, environment: str, instants: Instants
) -> Assessment:
    """Assess one certificate against the lists and revocation answers in memory."""
    certificate = read_certificate(der)
    if isinstance(certificate, Unreadable):
        return _unreadable(certificate)
    at = instants.at
    # 1. Forged: is it a certificate at all, and did a listed key sign it?
    path = find_path(certificate, chain, trust)
    # 2. Untrusted: is it for tests, who issued it? 3. Qualified at issuance and at the instant?
    mark = "" if environment == "sandbox" else made_for_tests(certificate)
    issuer = judge_issuer(certificate, path, trust, at, marked=bool(mark))
    # 4. Revoked? 5. In its period?
    answer, revoked = None, NOT_JUDGED
    if isinstance(path, Path):
        answer = answer_for(certificate, path, revocation, instants)
        revoked = revocation_findings(certificate, path, answer, revocation, instants)
    in_period = certificate.not_before_at <= at <= certificate.not_after_at
    return Assessment(
        certificate,
        _kind(certificate, issuer.type),
        identify(certificate),
        _chain(path),
        isinstance(path, Path),
        issuer.service,
        issuer.service_status,
        issuer.qualified_at_issuance,
        issuer.qualified,
        in_period,
        answer,
        issuer.lists,
        issuer.steps,
        (
            _READABLE,
            _precertificate() if certificate.precertificate else _CERTIFICATE,
            _self_signed() if certificate.issuer == certificate.subject else _ISSUED,
            _VERIFIED if isinstance(path, Path) else _broken(certificate, path),
            _marked(mark) if mark else _SANDBOX if environment == "sandbox" else _REAL,
            *issuer.findings,
            *revoked,
            _IN_PERIOD if in_period else _out_of_period(certificate, at),
        ),
        issuer.other_lists,
        # 6. Its profile: form, statements, identifiers, key.
        profile_findings(certificate, at=at),
    )


def _chain(path: Path | NoPath) -> tuple[str, ...]:
    """Those of the caller's certificates that were needed: authorities on the way, and one that shows a key listed by its identifier."""
    if isinstance(path, NoPath) or not (path.authorities or path.shown):
        return ()
    return tuple([one.sha256 for one in (*path.authorities, *path.shown)])


def _unreadable(found: Unreadable) -> Assessment:
    finding = need.CERTIFICATE_READABLE.not_met(f"Not a certificate: {visible(found.why, most=200)}.", evidence=(found.sha256,))
    return Assessment(None, "other", NOBODY, (), False, None, "", "no", "no", False, None, (), (), (finding,))


def _precertificate() -> Finding:
    return need.NOT_A_PRECERTIFICATE.not_met("It carries the poison of a pre-certificate, which no certificate has.")


def _self_signed() -> Finding:
    return need.NOT_SELF_SIGNED.not_met("Holder and issuer have the same name.")


def _broken(certificate: Certificate, path: NoPath) -> Finding:
    if path.broken is None:
        return _NOT_VERIFIED
    why = visible(path.broken.why, most=200)
    return need.SIGNATURE_VERIFIED.not_met(f"It names the listed issuer {issuer_name(certificate)}, but {why}.", reason=path.broken.word)


def _marked(mark: str) -> Finding:
    return need.NOT_A_TEST_CERTIFICATE.not_met(f"It is marked as made for tests: {mark}.")


def _out_of_period(certificate: Certificate, at: datetime) -> Finding:
    if at > certificate.not_after_at:
        return need.CERTIFICATE_IN_PERIOD.not_met(f"Its last instant was {print_instant(certificate.not_after_at)}.")
    return need.CERTIFICATE_IN_PERIOD.not_met(
        f"Its first instant is {print_instant(certificate.not_before_at)}.", reason="certificate_not_yet_in_period"
    )


def _kind(certificate: Certificate, by_list: str) -> CertificateKind:
    """What the certificate is for: as the list decides, else as it says itself; nothing is said here of whether it is qualified."""
    stated = by_list or type_in_certificate(certificate)
    if any(policy.startswith(OPEN_BANKING_POLICIES) for policy in certificate.policies):
        return "obseal" if stated == "eseal" else "obwac"
    return "qwac" if stated == "web" else "qsealc" if stated == "eseal" else "other"
