"""What trust says of one certificate: its kind, its issuer, qualification then and now, revocation, identity and profile, as findings.

``assess`` is a list of requirements in the order of the verdict's reasons (forged, untrusted, not qualified, revoked, not in period).
It gives findings and no verdict: what each means is the policy's business. Pure, and never an exception, whatever the bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from obdirectory.core.countries import EEA_MEMBERSHIP, iso_country, list_territory, member_state
from obdirectory.core.finding import Finding
from obdirectory.core.instants import print_instant
from obdirectory.core.visible import visible
from obdirectory.trust import asked as need
from obdirectory.trust.certificate import Certificate, Unreadable, read_certificate
from obdirectory.trust.chain import NoPath, Path, PathProblem, find_path, path_problem
from obdirectory.trust.identity import NOBODY, Identity, identify
from obdirectory.trust.index import AcceptedList, TrustIndex, TrustService
from obdirectory.trust.marks import made_for_tests
from obdirectory.trust.names import COUNTRY
from obdirectory.trust.qualified import Qualification, Step, YesNoUnknown, qualifications, type_in_certificate
from obdirectory.trust.revocation import RevocationAnswer, RevocationIndex, effective, is_short_term
from obdirectory.trust.signature import weakness

__all__ = ["Assessment", "CertificateKind", "Identity", "Instants", "YesNoUnknown", "assess"]

CertificateKind: TypeAlias = Literal["qwac", "qsealc", "obwac", "obseal", "scheme", "other"]

LIST_OF_LISTS = "EU"
WEB_POLICIES = frozenset({"0.4.0.194112.1.4", "0.4.0.194112.1.5", "0.4.0.194112.1.6", "0.4.0.19495.3.1"})
"""QCP-w, QNCP-w, QNCP-w-gen and QCP-w-psd2: one of them stands in every web site certificate seen (facts 2.6)."""

OPEN_BANKING_POLICIES = "1.3.6.1.4.1.5237.134."
"""The arc of the United Kingdom's Open Banking certificates (OBWAC, OBSeal)."""

UNDERSTOOD_CRITICAL = frozenset(
    {
        "2.5.29.14", "2.5.29.15", "2.5.29.16", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.31", "2.5.29.32", "2.5.29.35", "2.5.29.36",
        "2.5.29.37", "2.5.29.54", "1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.3", "1.3.6.1.4.1.11129.2.4.3", "0.4.0.194121.2.1",
    }
)  # fmt: skip
"""Extensions whose meaning is looked at here, or is nothing to a certificate's reader; the CT poison has its own finding."""


@dataclass(frozen=True, slots=True)
class Assessment:
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
    findings: tuple[Finding, ...]
    list_overdue_seconds: float = 0.0  # past NextUpdate, the worse of ``lists``, at the instant at which ages count
    revocation_age_seconds: float | None = None  # of ``revocation`` since its thisUpdate, at that instant


@dataclass(frozen=True, slots=True)
class Instants:
    """The clocks of a question: ``at`` what it is about, ``known_at`` what may be used, ``now`` when it is decided."""

    at: datetime
    known_at: datetime
    now: datetime
    known_at_given: bool = False


_MET = {
    requirement.code: requirement.met(requirement.title)
    for requirement in (
        need.CERTIFICATE_READABLE, need.NOT_A_PRECERTIFICATE, need.NOT_SELF_SIGNED, need.SIGNATURE_VERIFIED, need.NOT_A_TEST_CERTIFICATE,
        need.KEY_STRONG_ENOUGH, need.END_ENTITY, need.CRITICAL_EXTENSIONS_KNOWN, need.ISSUER_LISTED, need.ISSUER_MAY_ISSUE,
        need.LIST_CONSISTENT, need.WEB_POLICY_NAMED, need.CERTIFICATE_IN_PERIOD, need.NOT_REVOKED, need.REVOCATION_KNOWN,
    )
}  # fmt: skip
_NOT_VERIFIED = need.SIGNATURE_VERIFIED.not_applicable("No listed key is known under which it could be verified.")
_NOT_JUDGED = tuple(one.not_applicable("Not judged: no listed issuer signed it.") for one in need.QUALIFICATION)
_SHORT_TERM = need.REVOCATION_KNOWN.not_applicable("A validity-assured short-term certificate: none is ever revoked.")
_SANDBOX = need.NOT_A_TEST_CERTIFICATE.not_applicable("The sandbox is for test certificates.")
_PROFILE_HAS_IT = need.WEB_POLICY_NAMED.not_applicable("Asked of web site certificates alone.")


def assess(
    der: bytes, chain: tuple[bytes, ...], trust: TrustIndex, revocation: RevocationIndex, *, environment: str, instants: Instants
) -> Assessment:
    """Assess one certificate against the lists and revocation answers in memory."""
    certificate = read_certificate(der)
    if isinstance(certificate, Unreadable):
        return _unreadable(certificate)
    at = instants.at
    findings: list[Finding] = [_MET["certificate_readable"]]

    # 1. Forged: is it a certificate at all, and did a listed key sign it?
    path = find_path(certificate, chain, trust)
    mark = made_for_tests(certificate)
    findings += _genuine(certificate, path)

    # 2. Untrusted: who issued it, and was everyone entitled to?
    findings += _fit_to_trust(certificate, "" if environment == "sandbox" else mark, environment)
    territory = _territory(certificate, path)
    lists = tuple([found for name in (LIST_OF_LISTS, territory) if (found := trust.loaded.get(name))])
    listed = _issuer_listed(certificate, path, trust, territory, lists, marked=bool(mark) and environment != "sandbox")
    findings.append(listed)
    if isinstance(path, Path):
        findings += _entitled(path_problem(certificate, path, at), path)

    # 3. Qualified at issuance and at the instant.
    judged: tuple[Qualification, Qualification] | None = None
    if isinstance(path, Path):
        judged = qualifications(certificate, path.services, at)
        findings += _qualified(judged, lists)
    else:
        findings += _NOT_JUDGED

    # 4. Revoked. 5. In its period.
    answer = _answer(certificate, path, revocation, instants)
    findings += _not_revoked(certificate, path, answer, revocation, instants)
    in_period = certificate.not_before_at <= at <= certificate.not_after_at
    findings.append(_MET["certificate_in_period"] if in_period else _out_of_period(certificate, at))

    # 6. Whom it names.
    identity, told = identify(certificate)
    findings += told
    kind = _kind(certificate, judged)
    findings.append(_web_policy(certificate, kind))

    no_word: YesNoUnknown = "no" if listed.met == "no" else "unknown"
    service, status = _service(judged)
    return Assessment(
        certificate=certificate,
        kind=kind,
        identity=identity,
        chain_sha256=tuple([one.sha256 for one in path.authorities]) if isinstance(path, Path) else (),
        signature_verified=isinstance(path, Path),
        service=service,
        service_status=status,
        qualified_at_issuance=judged[0].qualified if judged else no_word,
        qualified=judged[1].qualified if judged else no_word,
        in_period=in_period,
        revocation=answer,
        lists=lists,
        steps=_steps(judged, lists),
        findings=tuple(findings),
        list_overdue_seconds=max([_overdue_seconds(one, instants) for one in lists], default=0.0),
        revocation_age_seconds=None if answer is None else _age_seconds(answer, instants),
    )


def _unreadable(found: Unreadable) -> Assessment:
    finding = need.CERTIFICATE_READABLE.not_met(f"Not a certificate: {visible(found.why, most=200)}.", evidence=(found.sha256,))
    return Assessment(None, "other", NOBODY, (), False, None, "", "no", "no", False, None, (), (), (finding,))


def _genuine(certificate: Certificate, path: Path | NoPath) -> Iterator[Finding]:
    """Not a pre-certificate, not its own issuer, not under a broken signature."""
    if certificate.precertificate:
        yield need.NOT_A_PRECERTIFICATE.not_met("It carries the poison of a pre-certificate, which no certificate has.")
    else:
        yield _MET["not_a_precertificate"]
    if certificate.issuer_der == certificate.subject_der or certificate.issuer == certificate.subject:
        yield need.NOT_SELF_SIGNED.not_met("Holder and issuer have the same name.")
    else:
        yield _MET["not_self_signed"]
    if isinstance(path, Path):
        yield _MET["signature_verified"]
    elif path.broken:
        yield need.SIGNATURE_VERIFIED.not_met(
            f"It names the listed issuer {_issuer_name(certificate)}, but {visible(path.broken.why, most=200)}.", reason=path.broken.word
        )
    else:
        yield _NOT_VERIFIED


def _fit_to_trust(certificate: Certificate, mark: str, environment: str) -> Iterator[Finding]:
    """Not made for tests, not under a key that anyone can compute, not an authority's, nothing critical that is not understood."""
    if environment == "sandbox":
        yield _SANDBOX
    elif mark:
        yield need.NOT_A_TEST_CERTIFICATE.not_met(f"It is marked as made for tests: {mark}.")
    else:
        yield _MET["not_a_test_certificate"]
    if weak := weakness(certificate.public_key):
        yield need.KEY_STRONG_ENOUGH.not_met(f"The certificate is for {weak}.")
    else:
        yield _MET["key_strong_enough"]
    if certificate.is_ca or "keyCertSign" in (certificate.key_usage or ()):
        yield need.END_ENTITY.not_met("It is the certificate of an authority that issues certificates.")
    else:
        yield _MET["end_entity_certificate"]
    unknown = [oid for oid in certificate.critical_extensions if oid not in UNDERSTOOD_CRITICAL]
    if unknown:
        yield need.CRITICAL_EXTENSIONS_KNOWN.not_met(f"The critical extension {unknown[0]} is not understood.")
    else:
        yield _MET["critical_extensions_known"]


def _territory(certificate: Certificate, path: Path | NoPath) -> str:
    """Whose list answers for the issuer: the one that lists it, else that of the country in the issuer's name; empty if there is none."""
    if isinstance(path, Path) and path.services:
        return path.services[0].territory
    country = next((value for kind, value in certificate.issuer if kind == COUNTRY), "")
    return list_territory(member_state(iso_country(country)))


def _issuer_listed(
    certificate: Certificate, path: Path | NoPath, trust: TrustIndex, territory: str, lists: tuple[AcceptedList, ...], *, marked: bool
) -> Finding:
    """Is the issuer listed? Where its territory's list is missing that cannot be told, unless nothing could ever make it listed.

    Clause: our reading; else a forger could write any country into the issuer's name and be left undetermined for good.
    """
    requirement, evidence = need.ISSUER_LISTED, tuple([one.sha256 for one in lists])
    if isinstance(path, Path):
        return Finding(requirement.code, "yes", "", requirement.title, requirement.clause, evidence)
    issuer = _issuer_name(certificate)
    hopeless = certificate.precertificate or marked or certificate.issuer == certificate.subject or path.broken is not None
    if not (iso_country(territory) in EEA_MEMBERSHIP or territory in trust.loaded):
        return requirement.not_met(f"{issuer} is in no accepted list, and its name gives no country that has one.", evidence=evidence)
    if hopeless or (LIST_OF_LISTS in trust.loaded and territory in trust.loaded):
        return requirement.not_met(f"{issuer} is in no accepted list.", evidence=evidence)
    if not trust.loaded:
        return requirement.unknown("No trusted list is loaded.", reason="no_trusted_list_loaded")
    missing = territory if territory not in trust.loaded else LIST_OF_LISTS
    return requirement.unknown(
        f"{issuer} is in no accepted list, but the list of {missing} is not loaded.", reason="trusted_list_not_loaded", evidence=evidence
    )


def _entitled(problem: PathProblem | None, path: Path) -> Iterator[Finding]:
    yield need.ISSUER_MAY_ISSUE.not_met(f"{problem.why}.", reason=problem.word) if problem else _MET["issuer_may_issue"]
    if path.authorities and not any("RootCA-QC" in interval.additional for service in path.services for interval in service.intervals):
        yield need.LISTED_AS_ROOT.not_met("The issuer hangs on a listed key that is not listed as a root for qualified certificates.")


def _qualified(judged: tuple[Qualification, Qualification], lists: tuple[AcceptedList, ...]) -> Iterator[Finding]:
    evidence = tuple([one.sha256 for one in lists])
    for requirement, answer, suffix in zip(need.QUALIFICATION, judged, ("_at_issuance", ""), strict=True):
        match answer.qualified:
            case "yes":
                yield Finding(requirement.code, "yes", "", answer.message, requirement.clause, evidence)
            case "no":
                yield requirement.not_met(visible(answer.message), reason=answer.reason + suffix, evidence=evidence)
            case "unknown":
                yield requirement.unknown(visible(answer.message), reason=answer.reason + suffix, evidence=evidence)
    warnings = judged[1].warnings or judged[0].warnings
    yield need.LIST_CONSISTENT.not_met(f"{visible('; '.join(warnings))}.", evidence=evidence) if warnings else _MET["list_consistent"]


def _service(judged: tuple[Qualification, Qualification] | None) -> tuple[TrustService | None, str]:
    """The service the answer rests on and its status at the instant; at issuance when there is none later."""
    for answer in (judged[1], judged[0]) if judged else ():
        if answer.service:
            return answer.service, answer.interval.status if answer.interval else ""
    return None, ""


def _steps(judged: tuple[Qualification, Qualification] | None, lists: tuple[AcceptedList, ...]) -> tuple[Step, ...]:
    if judged is None:
        return ()
    seen = ", ".join([f"{one.territory} {one.sequence}" for one in lists])
    whole = len(lists) > 1 or any(one.territory == LIST_OF_LISTS for one in lists)
    first: Step = ("lists_accepted", "passed" if whole else "unknown", seen)
    at_issuance: list[Step] = [(f"at_issuance.{name}", outcome, what) for name, outcome, what in judged[0].steps]
    return (first, *at_issuance, *[(f"at_instant.{name}", outcome, what) for name, outcome, what in judged[1].steps])


def _answer(certificate: Certificate, path: Path | NoPath, revocation: RevocationIndex, instants: Instants) -> RevocationAnswer | None:
    """The answer that counts, of those known then about a certificate whose signature verified."""
    if not isinstance(path, Path):
        return None
    known = revocation.answers(
        certificate.issuer_der, path.issuer_spki_der, certificate.serial_number, known_at=instants.known_at, crl_urls=certificate.crl_urls
    )
    return effective(known, certificate=certificate, at=instants.at) if known else None


def _not_revoked(
    certificate: Certificate, path: Path | NoPath, answer: RevocationAnswer | None, revocation: RevocationIndex, instants: Instants
) -> Iterator[Finding]:
    if not isinstance(path, Path):
        yield need.NOT_REVOKED.not_applicable("Not judged: no listed issuer signed it.")
        yield need.REVOCATION_KNOWN.not_applicable("Not judged: no listed issuer signed it.")
        return
    evidence = (answer.sha256,) if answer else ()
    if revoked := _revoked_authority(path, revocation, instants):
        yield need.NOT_REVOKED.not_met(f"The certificate of {revoked} on the chain is revoked.", reason="issuer_revoked")
    elif answer and answer.status in ("revoked", "on_hold"):
        since = print_instant(answer.revoked_at or answer.this_update_at)
        word = "certificate_on_hold" if answer.status == "on_hold" else "certificate_revoked"
        why = f" ({answer.reason})" if answer.reason else ""
        earlier = f"; its key was known to be compromised from {print_instant(answer.invalidity_at)}" if answer.invalidity_at else ""
        yield need.NOT_REVOKED.not_met(f"Revoked at {since}{why}{earlier}.", reason=word, evidence=evidence)
    elif answer and answer.status == "good":
        later = f"Not revoked then; it was at {print_instant(answer.revoked_at)}." if answer.revoked_at else need.NOT_REVOKED.title
        yield Finding(need.NOT_REVOKED.code, "yes", "", later, need.NOT_REVOKED.clause, evidence)
    else:
        yield need.NOT_REVOKED.not_applicable("No answer says so.")
    if is_short_term(certificate):
        yield _SHORT_TERM
    elif answer is None:
        yield need.REVOCATION_KNOWN.unknown("No CRL or OCSP answer about this certificate is known.", reason="revocation_unknown")
    elif answer.status == "unknown":
        yield need.REVOCATION_KNOWN.unknown(
            "The issuer's OCSP responder does not know this certificate.", reason="not_known_to_responder", evidence=evidence
        )
    else:
        yield _MET["revocation_known"]


def _revoked_authority(path: Path, revocation: RevocationIndex, instants: Instants) -> str:
    """The name of an authority between the certificate and the listed key that was revoked then; empty if none was."""
    for place, authority in enumerate(path.authorities):
        spki_der = path.authorities[place + 1].spki_der if place + 1 < len(path.authorities) else path.anchor[1]
        known = revocation.answers(
            authority.issuer_der,
            spki_der,
            authority.serial_number,
            known_at=instants.known_at,
            crl_urls=authority.crl_urls,
            is_ca=True,
        )
        answer = effective(known, certificate=authority, at=instants.at)
        if answer and answer.status in ("revoked", "on_hold"):
            return visible(authority.attribute("2.5.4.3") or authority.sha256[:16], most=80)
    return ""


def _out_of_period(certificate: Certificate, at: datetime) -> Finding:
    if at > certificate.not_after_at:
        return need.CERTIFICATE_IN_PERIOD.not_met(f"Its last instant was {print_instant(certificate.not_after_at)}.")
    return need.CERTIFICATE_IN_PERIOD.not_met(
        f"Its first instant is {print_instant(certificate.not_before_at)}.", reason="certificate_not_yet_in_period"
    )


def _kind(certificate: Certificate, judged: tuple[Qualification, Qualification] | None) -> CertificateKind:
    """What the certificate is for: as the list decides, else as it says itself; nothing is said here of whether it is qualified."""
    stated = type_in_certificate(certificate)
    for answer in (judged[1], judged[0]) if judged else ():
        if answer.qualified == "yes":
            stated = answer.type
            break
    if any(policy.startswith(OPEN_BANKING_POLICIES) for policy in certificate.policies):
        return "obseal" if stated == "eseal" else "obwac"
    return "qwac" if stated == "web" else "qsealc" if stated == "eseal" else "other"


def _web_policy(certificate: Certificate, kind: CertificateKind) -> Finding:
    """QCP-w, QNCP-w or the PSD2 policy: DSS asks for the first two alone, and real certificates carry the third alone."""
    if kind != "qwac":
        return _PROFILE_HAS_IT
    if WEB_POLICIES.isdisjoint(certificate.policies):
        return need.WEB_POLICY_NAMED.not_met("It names no policy for qualified web site certificates.")
    return _MET["web_policy_named"]


def _issuer_name(certificate: Certificate) -> str:
    named = dict(reversed(certificate.issuer))  # the first of each kind
    return visible(named.get("2.5.4.3") or named.get("2.5.4.11") or named.get("2.5.4.10") or "an issuer without a name", most=80)


def _judged_at(published_at: datetime, instants: Instants) -> datetime:
    """When ages count: ``at`` if the question says what was known; else now, unless it was published after ``at`` and so is fresh."""
    if instants.known_at_given:
        return instants.at
    return published_at if published_at > instants.at else instants.now


def _overdue_seconds(one: AcceptedList, instants: Instants) -> float:
    if one.next_update_at is None:
        return 0.0
    return max(0.0, (_judged_at(one.issued_at, instants) - one.next_update_at).total_seconds())


def _age_seconds(answer: RevocationAnswer, instants: Instants) -> float:
    return max(0.0, (_judged_at(answer.this_update_at, instants) - answer.this_update_at).total_seconds())
