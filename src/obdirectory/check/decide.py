"""The decision: may this certificate's holder use this payment service in this country at this instant? Pure, and never an exception.

Read ``decide_outcome`` from top to bottom: it is the list of what is asked, in order. It gives a ``Decided``, which holds until time
alone changes something; ``verdict_of`` puts an id and the instant of asking to it.
"""

from datetime import datetime, timedelta

import msgspec

from obdirectory.check import requirements as need
from obdirectory.check.ageing import FOREVER, answer_recent, lists_in_time
from obdirectory.check.echo import authorisation_echo, certificate_echo, evidence_of, question_echo, roles_echo, tpp_echo
from obdirectory.check.holder import for_payee_verification, identified, jurisdiction, role_in_certificate, supervised
from obdirectory.check.holding import best_until, changes_at, limits_of_use
from obdirectory.check.needs import instants_of
from obdirectory.check.outcome import Outcome, weigh
from obdirectory.check.policy import Policy
from obdirectory.check.question import Question
from obdirectory.check.registered import NOT_LOOKED, Looked, look
from obdirectory.check.rights import usable_roles
from obdirectory.check.state import Extract
from obdirectory.check.verdict import AuthorisationEcho, CertificateEcho, DecisionEcho, Evidence, RolesEcho, TppEcho, Verdict, VerdictWord
from obdirectory.check.world import World
from obdirectory.core.finding import Finding, Requirement
from obdirectory.core.identifiers import sha256_hex
from obdirectory.core.instants import print_instant
from obdirectory.core.payment_services import PaymentService
from obdirectory.trust.assess import Assessment, assess
from obdirectory.trust.profile import not_in_order

_ASKED_OF_OURSELVES = (need.EVIDENCE_CURRENT,)
_ASKED_OF_ANY = (*_ASKED_OF_OURSELVES, need.TRUSTED_LIST_IN_TIME)
_ASKED_FOR_VOP = (*_ASKED_OF_ANY, need.QWAC_FOR_PAYEE_VERIFICATION, need.IN_SCHEME_DIRECTORY)
_ASKED_OF_A_TPP = (
    *_ASKED_OF_ANY, need.CERTIFICATE_OF_THIS_JURISDICTION, need.NUMBER_OF_A_REAL_AUTHORITY, need.HOLDER_IDENTIFIED,
    need.ROLE_IN_CERTIFICATE, need.SUPERVISED_BY_AN_AUTHORITY,
)  # fmt: skip

# What a yes rests on: shown with a permitted verdict though it is met.
_CARRIES_A_YES = tuple(
    requirement.met(requirement.title)
    for requirement in (need.ROLE_IN_CERTIFICATE, need.AUTHORISATION_IN_FORCE, need.RIGHT_IN_REGISTER, need.RIGHT_IN_COUNTRY)
)

# A decisive finding of one of these says nothing against the firm's other roles.
_OF_ONE_ROLE = frozenset(
    requirement.code
    for requirement in (
        need.ROLE_IN_CERTIFICATE, need.RIGHT_IN_REGISTER, need.RIGHT_IN_COUNTRY, need.RIGHT_OBSERVED_THEN, need.SOURCES_AGREE,
        need.AUTHORISATION_STILL_LISTED, need.NOT_SUSPENDED, need.NOT_RESTRICTED,
    )
)  # fmt: skip


class Decided(msgspec.Struct, frozen=True):
    """A verdict but for who asked it and when: what a memory may keep until ``holds_until``, while the world's version stays."""

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
    evidence: Evidence
    limits: list[datetime]  # from which the evidence no longer carries a yes
    valid_for: timedelta
    holds_until: datetime
    signature_verified: bool  # under a listed issuer; a verdict on anything else is not worth keeping
    of_trust: tuple[Finding, ...]  # every finding of trust but those of the profile, not judged yet
    of_profile: tuple[Finding, ...]
    asked: tuple[Requirement, ...]  # every requirement the check itself looked at
    not_asked: tuple[Finding, ...]  # those of them that did not apply
    policy: Policy
    extract: Extract  # what the directory answered


def decide(question: Question, world: World, *, now: datetime, verdict_id: str, explain_all: bool = False) -> Verdict:
    """The verdict on one question in one world. Raises InvalidInput for a policy the world does not have, and nothing else."""
    return verdict_of(decide_outcome(question, world, now=now), question, verdict_id=verdict_id, now=now, explain_all=explain_all)


def decide_outcome(question: Question, world: World, *, now: datetime, assessment: Assessment | None = None) -> Decided:
    """Decide, independent of the check's id. ``assessment`` is what trust said of the same question at this instant, if it was asked."""
    policy = world.policy(question.policy)
    limits = policy.limits[question.payment_service]
    instants = instants_of(question, now)
    looked, asked = NOT_LOOKED, _ASKED_OF_OURSELVES
    # 1. Our own evidence: is it current?
    findings = _own_evidence(world)
    # 2. What trust says: form, issuer, signature, qualification then and now, revocation, period, identity, profile.
    if assessment is None:
        assessment = assess(
            question.certificate, question.chain, world.trust, world.revocation, environment=question.environment, instants=instants
        )
    if assessment.certificate is None:
        findings += assessment.findings
    else:
        # 3. Is it of the account's jurisdiction? One that is not is called that before it is called unlisted.
        if question.payment_service is not PaymentService.VOP:
            findings += jurisdiction(assessment, question.country, instants.at)
        findings += assessment.findings
        findings += not_in_order(assessment.profile)
        # 4. Are the lists and the revocation answer recent enough for this policy?
        findings += lists_in_time(assessment.lists, limits, instants)
        if assessment.revocation is not None and assessment.revocation.status == "good":
            findings += answer_recent(assessment.revocation, limits, instants)
        if question.payment_service is PaymentService.VOP:
            # 5. For payee verification: a qualified website certificate of a scheme participant, and no more.
            asked = _ASKED_FOR_VOP
            findings += for_payee_verification(assessment)
        else:
            # 6. For whom does it speak, 7. which role does it carry, 8. what do the registers of its authority say?
            asked = _ASKED_OF_A_TPP
            findings += identified(assessment, live=question.environment == "live")
            findings += role_in_certificate(assessment, question.payment_service)
            looked = look(question, world, assessment, limits, instants)
            findings += supervised(assessment, granted=looked.granted)
            findings += looked.findings
    # 9. What all this means under the policy: any refusal refuses, else any gap leaves it undetermined.
    outcome = weigh(findings, policy)
    rights = None if looked.sought is None else looked.sought.rights
    extract = Extract(looked.match.firms, world.agents)
    uses = limits_of_use(assessment, looked.sources, limits)
    fixed = question.at is not None and question.known_at is not None
    return Decided(
        outcome.word,
        outcome.reason,
        outcome.actor,
        outcome.remedy,
        None if question.at is not None else outcome.retry_after_seconds,
        bool(world.degraded),
        sha256_hex(question.certificate) if assessment.certificate is None else assessment.certificate.sha256,
        certificate_echo(assessment),
        tpp_echo(assessment, looked.match),
        roles_echo(assessment, rights, _usable(outcome, looked, assessment, policy)),
        authorisation_echo(looked.match, rights, None if looked.sought is None else looked.sought.right),
        (*outcome.findings, *_CARRIES_A_YES) if outcome.word == "permitted" else outcome.findings,
        evidence_of(world, policy, assessment, looked.sources, rights, extract),
        uses,
        limits.valid_for,
        FOREVER if fixed else changes_at(assessment, looked.sources, rights, limits, uses, now),
        assessment.signature_verified,
        assessment.findings,
        assessment.profile,
        (*asked, *looked.asked),
        tuple([finding for finding in looked.findings if not finding.reason]),
        policy,
        extract,
    )


def verdict_of(decided: Decided, question: Question, *, verdict_id: str, now: datetime, explain_all: bool = False) -> Verdict:
    """The verdict that was decided, for one asking of the question."""
    asked_at = print_instant(now)
    because = f"verdict {decided.word}"
    if question.possession == "not_shown":
        because += "; possession of the key was not shown"
    return Verdict(
        verdict_id,
        decided.word,
        decided.reason,
        decided.actor,
        decided.remedy,
        asked_at,
        asked_at if question.at is None else print_instant(question.at),
        asked_at if question.known_at is None else print_instant(question.known_at),
        print_instant(best_until(decided.limits, question.at or now, decided.valid_for)),
        decided.degraded,
        decided.retry_after_seconds,
        question_echo(question, decided.certificate_sha256),
        DecisionEcho(decided.word == "permitted", because),
        decided.certificate,
        decided.tpp,
        decided.roles,
        decided.authorisation,
        explained(decided) if explain_all else decided.findings,
        decided.evidence,
    )


def explained(decided: Decided) -> tuple[Finding, ...]:
    """Every requirement that was looked at, met ones too: those of trust first, then the check's own in the order they are asked."""
    ours: dict[str, list[Finding]] = {}
    all_of_trust = (*decided.of_trust, *decided.of_profile)
    of_trust = {finding.code for finding in all_of_trust}
    for finding in (*decided.findings, *decided.not_asked):
        if finding.code not in of_trust:
            ours.setdefault(finding.code, []).append(finding)
    found = [decided.policy.judged(finding) for finding in all_of_trust]
    for requirement in decided.asked:
        found += ours.pop(requirement.code, None) or [requirement.met(requirement.title)]
    return (*found, *(finding for findings in ours.values() for finding in findings))


def _own_evidence(world: World) -> list[Finding]:
    findings: list[Finding] = []
    if world.degraded:
        findings.append(need.EVIDENCE_CURRENT.not_met(f"Decided on the last known good evidence: {', '.join(world.degraded)}."))
    return findings


def _usable(outcome: Outcome, looked: Looked, assessment: Assessment, policy: Policy) -> tuple[str, ...]:
    """The roles that may be used: none where something stands against the certificate or the firm itself."""
    if looked.sought is None:
        return ()
    for finding in outcome.decisive:
        if finding.code not in _OF_ONE_ROLE:
            return ()
    return usable_roles(looked.sought, assessment.identity.roles, policy)
