"""The decision: may this certificate's holder use this payment service in this country at this instant? Pure, and never an exception.

Read ``decide_outcome`` from top to bottom: it is the list of what is asked, in order. It gives a ``Decided``, which holds until time
alone changes something; ``verdict_of`` puts an id and the instant of asking to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from obdirectory.check import requirements as need
from obdirectory.check.ageing import answer_recent, lists_in_time
from obdirectory.check.echo import authorisation_echo, certificate_echo, evidence_of, roles_echo, tpp_echo
from obdirectory.check.holder import identified, jurisdiction, qwac_for_vop, role_finding, supervised
from obdirectory.check.holding import best_until, changes_at, limits_of_use
from obdirectory.check.needs import instants_of
from obdirectory.check.outcome import weigh
from obdirectory.check.question import Question
from obdirectory.check.registered import NOT_LOOKED, look
from obdirectory.check.rights import usable_roles
from obdirectory.check.verdict import (
    AuthorisationEcho,
    CertificateEcho,
    DecisionEcho,
    Evidence,
    QuestionEcho,
    RolesEcho,
    TppEcho,
    Verdict,
    VerdictWord,
)
from obdirectory.check.world import World
from obdirectory.core.finding import Finding
from obdirectory.core.identifiers import sha256_hex
from obdirectory.core.instants import print_instant
from obdirectory.core.payment_services import PaymentService
from obdirectory.trust import assess as trust_assess
from obdirectory.trust.assess import Assessment

_CURRENT = need.EVIDENCE_CURRENT.met(need.EVIDENCE_CURRENT.title)
_LISTS_LOADED = need.TRUSTED_LISTS_LOADED.met(need.TRUSTED_LISTS_LOADED.title)
_NO_SCHEME_DIRECTORY = need.IN_SCHEME_DIRECTORY.unknown("No directory of a payee verification scheme is loaded.")

# A decisive finding of one of these says nothing against the firm's other roles.
_OF_ONE_ROLE = frozenset(
    {
        "role_in_certificate", "right_in_register", "right_in_country", "right_observed_then", "sources_agree", "service_code_divided",
        "authorisation_still_listed", "not_suspended", "not_restricted",
    }
)  # fmt: skip

# What a yes rests on: shown with a permitted verdict though it is met.
_CARRIES_A_YES = frozenset({"role_in_certificate", "authorisation_in_force", "right_in_register", "right_in_country"})


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict but for who asked it and when: what a memory may keep, until ``holds_until`` and while the world's version stays."""

    word: VerdictWord
    reason: str
    actor: str
    remedy: str
    retry_after_seconds: int | None
    degraded: bool
    certificate_sha256: str
    certificate: CertificateEcho
    tpp: TppEcho
    roles: RolesEcho
    authorisation: AuthorisationEcho | None
    findings: tuple[Finding, ...]  # not met, unknown, and what a yes rests on
    all_findings: tuple[Finding, ...]
    evidence: Evidence
    limits: tuple[datetime, ...]  # from which the evidence no longer carries a yes
    valid_for: timedelta
    holds_until: datetime
    signature_verified: bool  # under a listed issuer; a verdict on anything else is not worth keeping


def decide(question: Question, world: World, *, now: datetime, verdict_id: str, explain_all: bool = False) -> Verdict:
    """The verdict on one question in one world. Raises InvalidInput for a policy the world does not have, and nothing else."""
    return verdict_of(decide_outcome(question, world, now=now), question, verdict_id=verdict_id, now=now, explain_all=explain_all)


def decide_outcome(question: Question, world: World, *, now: datetime, assessment: Assessment | None = None) -> Decided:
    """Decide, independent of the check's id. ``assessment`` is what trust said of the same question at this instant, if it was asked."""
    policy = world.policy(question.policy)
    limits = policy.limits[question.payment_service]
    instants = instants_of(question, now)
    # 1. Our own evidence: is it current, is there any list at all?
    findings = [*_own_evidence(world)]
    # 2. What trust says: form, issuer, signature, qualification then and now, revocation, period, identity, profile. A certificate of
    #    another jurisdiction is called that before it is called unlisted.
    if assessment is None:
        assessment = trust_assess.assess(
            question.certificate, question.chain, world.trust, world.revocation, environment=question.environment, instants=instants
        )
    looked = NOT_LOOKED
    if assessment.certificate is not None:
        if question.payment_service is not PaymentService.VOP:
            findings.append(jurisdiction(assessment, question.country, instants.at))
        findings.extend(assessment.findings)
        # 3. Are the lists and the revocation answer recent enough for this policy?
        findings.append(lists_in_time(assessment.lists, limits, instants))
        if assessment.revocation is not None and assessment.revocation.status == "good":
            findings.append(answer_recent(assessment.revocation, limits, instants))
        # 4. For payee verification: a qualified website certificate of a scheme participant, and no more.
        if question.payment_service is PaymentService.VOP:
            findings += (qwac_for_vop(assessment), _NO_SCHEME_DIRECTORY)
        else:
            # 5. Whom does it speak for? 6. Does it carry the role? 7. What do the registers of its authority say?
            findings.extend(identified(assessment, live=question.environment == "live"))
            findings.append(role_finding(assessment, question.payment_service))
            looked = look(question, world, assessment, limits, instants)
            findings.append(supervised(assessment, granted=bool(looked.match.firms)))
            findings.extend(looked.findings)
    else:
        findings.extend(assessment.findings)
    # 8. What all this means under the policy: any refusal refuses, else any gap leaves it undetermined.
    outcome = weigh(findings, policy)
    sought = looked.sought
    rights = None if sought is None else sought.rights
    usable: tuple[str, ...] = ()
    if sought is not None and all(finding.code in _OF_ONE_ROLE for finding in outcome.decisive):
        usable = usable_roles(sought, assessment.identity.roles, policy)
    permitted = outcome.word == "permitted"
    return Decided(
        outcome.word,
        outcome.reason,
        outcome.actor,
        outcome.remedy,
        outcome.retry_after_seconds if question.at is None else None,
        bool(world.degraded),
        sha256_hex(question.certificate) if assessment.certificate is None else assessment.certificate.sha256,
        certificate_echo(assessment),
        tpp_echo(assessment, looked.match),
        roles_echo(assessment, rights, usable),
        authorisation_echo(looked.match, rights, None if sought is None else sought.right),
        tuple(finding for finding in outcome.findings if finding.consequence or (permitted and finding.code in _CARRIES_A_YES)),
        outcome.findings,
        evidence_of(world, policy, assessment, looked.sources, rights),
        limits_of_use(assessment, looked.sources, limits),
        limits.valid_for,
        changes_at(assessment, looked.sources, rights, limits, instants, fixed=question.at is not None and question.known_at is not None),
        assessment.signature_verified,
    )


def verdict_of(decided: Decided, question: Question, *, verdict_id: str, now: datetime, explain_all: bool = False) -> Verdict:
    """The verdict that was decided, for one asking of the question."""
    asked_at = print_instant(now)
    at = question.at or now
    allow = decided.word == "permitted"
    because = f"verdict {decided.word}"
    if question.possession == "not_shown":
        because += "; possession of the key was not shown"
    return Verdict(
        id=verdict_id,
        verdict=decided.word,
        reason=decided.reason,
        actor=decided.actor,
        remedy=decided.remedy,
        checked_at=asked_at,
        at=asked_at if question.at is None else print_instant(question.at),
        known_at=asked_at if question.known_at is None else print_instant(question.known_at),
        valid_until=print_instant(best_until(decided.limits, at, decided.valid_for)),
        degraded=decided.degraded,
        retry_after_seconds=decided.retry_after_seconds,
        question=QuestionEcho(
            question.environment,
            decided.certificate_sha256,
            question.payment_service.value,
            question.country,
            question.aspsp,
            question.policy,
            question.possession,
            question.request_id,
            question.channel,
        ),
        decision=DecisionEcho(allow, because),
        certificate=decided.certificate,
        tpp=decided.tpp,
        roles=decided.roles,
        authorisation=decided.authorisation,
        findings=decided.all_findings if explain_all else decided.findings,
        evidence=decided.evidence,
    )


def _own_evidence(world: World) -> Iterator[Finding]:
    if world.degraded:
        yield need.EVIDENCE_CURRENT.not_met(f"Decided on the last known good evidence: {', '.join(world.degraded)}.")
    else:
        yield _CURRENT
    yield _LISTS_LOADED if world.trust.loaded else need.TRUSTED_LISTS_LOADED.unknown("No trusted list has been accepted.")
