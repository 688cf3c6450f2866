"""The parts of a verdict that show what was found: certificate, holder, roles, authorisation, and the evidence by digest."""

from datetime import UTC, date, datetime
from functools import lru_cache

from obdirectory import __version__
from obdirectory.check.policy import RULES_VERSION, Policy
from obdirectory.check.question import Question
from obdirectory.check.rights import listed_roles
from obdirectory.check.state import Extract
from obdirectory.check.verdict import (
    AuthorisationEcho,
    CertificateEcho,
    Evidence,
    QuestionEcho,
    RegisterEvidence,
    RevocationEvidence,
    RolesEcho,
    TppEcho,
    TrustListEvidence,
    TrustServiceEcho,
    WorldEcho,
)
from obdirectory.check.world import World
from obdirectory.core.instants import print_instant
from obdirectory.directory.index import Match, SourceState
from obdirectory.directory.passport import CountryRights
from obdirectory.directory.standing import RoleRight
from obdirectory.trust.assess import Assessment
from obdirectory.trust.index import AcceptedList
from obdirectory.trust.revocation import RevocationAnswer


def question_echo(question: Question, certificate_sha256: str) -> QuestionEcho:
    """What was asked."""
    return QuestionEcho(
        question.environment,
        certificate_sha256,
        question.payment_service.value,
        question.country,
        question.aspsp,
        question.policy,
        question.possession,
        question.request_id,
        question.channel,
    )


def certificate_echo(assessment: Assessment) -> CertificateEcho:
    """What the certificate was found to be. A hold is shown as revoked: it closes the door while it lasts."""
    service, answer = assessment.service, assessment.revocation
    return CertificateEcho(
        assessment.kind,
        assessment.qualified_at_issuance,
        assessment.qualified,
        None if service is None else TrustServiceEcho(service.territory, service.name, assessment.service_status),
        assessment.in_period,
        "unknown" if answer is None else "revoked" if answer.status == "on_hold" else answer.status,
    )


def tpp_echo(assessment: Assessment, match: Match) -> TppEcho:
    """Who the holder is: as registered when one firm was found, else as the certificate says."""
    identity = assessment.identity
    named, nca_id = identity.organization_identifier, identity.nca_id
    firm = match.firms[0] if len(match.firms) == 1 else None
    return TppEcho(
        None if firm is None else firm.entity_id,
        identity.name if firm is None else firm.name,
        "" if named is None else named.text,
        identity.authorisation_number,
        "" if nca_id is None else str(nca_id),
        firm.home_country if firm is not None else "" if nca_id is None else nca_id.country,
    )


def roles_echo(assessment: Assessment, rights: CountryRights | None, usable: tuple[str, ...]) -> RolesEcho:
    """Roles in the certificate, in the register for the country asked, and those that may be used."""
    return RolesEcho(assessment.identity.roles, () if rights is None else listed_roles(rights), usable)


def authorisation_echo(match: Match, rights: CountryRights | None, right: RoleRight | None) -> AuthorisationEcho | None:
    """The authorisation the verdict rests on; None when no firm was found."""
    matched_by = match.matched_by or "exact"
    if len(match.firms) > 1:
        return AuthorisationEcho("", "AMBIGUOUS", None, "unknown", matched_by)
    if rights is None:
        return None
    entry = rights.entries[0] if rights.entries else None
    return AuthorisationEcho(
        "" if entry is None else entry.authorisation.entity_type,
        rights.status,
        None if rights.since_on is None else _day(rights.since_on),
        rights.by if right is None else right.by,
        matched_by,
    )


@lru_cache(maxsize=4096)
def _printed(instant: datetime) -> str:
    """The instants of evidence come again in every verdict that rests on it."""
    return print_instant(instant)


@lru_cache(maxsize=4096)
def _day(day: date) -> str:
    return day.isoformat()


@lru_cache(maxsize=4096)
def _printed_exactly(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def evidence_of(
    world: World,
    policy: Policy,
    assessment: Assessment,
    sources: tuple[SourceState, ...],
    rights: CountryRights | None,
    extract: Extract,
) -> Evidence:
    """All that is needed to decide again: the lists, snapshots and rows, the answer, the chain and the policy that were used, no others."""
    answer = assessment.revocation
    return Evidence(
        WorldEcho(world.version, world.sha256),
        __version__,
        policy.sha256,
        RULES_VERSION,
        assessment.chain_sha256,
        tuple([_list_evidence(used) for used in (*assessment.lists, *assessment.other_lists)]),
        tuple([RegisterEvidence(source.source, source.snapshot, _printed(source.as_of), _rows(rights, source)) for source in sources]),
        None if answer is None else _answer_evidence(answer),
        extract.sha256,
    )


def _answer_evidence(answer: RevocationAnswer) -> RevocationEvidence:
    known_at = None if answer.known_at is None else _printed_exactly(answer.known_at)
    return RevocationEvidence(answer.method, answer.status, _printed(answer.produced_at), answer.sha256, known_at)


def _list_evidence(used: AcceptedList) -> TrustListEvidence:
    due_at = used.next_update_at
    return TrustListEvidence(used.territory, used.sequence, used.sha256, None if due_at is None else _printed(due_at))


def _rows(rights: CountryRights | None, source: SourceState) -> tuple[str, ...]:
    """The digests of the firm's rows in one source, each once."""
    if rights is None:
        return ()
    rows = [entry.authorisation.record_sha256 for entry in rights.entries if entry.authorisation.source == source.source]
    rows += [branch.record_sha256 for branch in rights.branches if branch.source == source.source]
    return tuple(dict.fromkeys(rows)) if len(rows) > 1 else tuple(rows)
