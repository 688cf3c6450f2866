"""What the world lacks to answer one question, for a certificate whose signature already verifies. Pure: gathering is not here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from obdirectory.check.ageing import answer_recent
from obdirectory.check.holder import authority_to_ask
from obdirectory.check.lookup import covering, look_up
from obdirectory.check.policy import Limits
from obdirectory.check.question import Question
from obdirectory.check.world import World
from obdirectory.core.payment_services import PaymentService
from obdirectory.trust.assess import Assessment, Instants, assess
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.revocation import is_short_term


@dataclass(frozen=True, slots=True)
class RevocationNeed:
    """No revocation answer, or none that may still be used: where the certificate says to ask."""

    certificate_sha256: str
    issuer_der: bytes
    serial_number: int
    ocsp_urls: tuple[str, ...]
    crl_urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IntermediateNeed:
    """The certificate's issuer is not known: its name and key identifier, and where the certificate says it can be had."""

    certificate_sha256: str
    issuer_der: bytes
    authority_key_id: bytes | None
    issuer_urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentNeed:
    """No institution carries this number: is it an agent's? Agents are in PostgreSQL alone."""

    authority: str
    number: str


Need: TypeAlias = RevocationNeed | IntermediateNeed | AgentNeed


def instants_of(question: Question, now: datetime) -> Instants:
    """The clocks of a question: ``at`` and ``known_at`` are now unless they are given."""
    return Instants(question.at or now, question.known_at or now, now, question.known_at is not None)


def needs(question: Question, world: World, *, now: datetime, assessment: Assessment | None = None) -> tuple[Need, ...]:
    """What is worth gathering before this question is decided, cheapest last; empty when the world has it all.

    What was known at a past ``known_at`` cannot be gathered any more, but for what our own tables hold. Raises InvalidInput for a
    policy the world does not have.
    """
    instants = instants_of(question, now)
    if assessment is None:
        assessment = assess(
            question.certificate, question.chain, world.trust, world.revocation, environment=question.environment, instants=instants
        )
    certificate = assessment.certificate
    if certificate is None:
        return ()
    if not assessment.signature_verified:
        return tuple(_intermediate(certificate, world)) if question.known_at is None else ()
    limits = world.policy(question.policy).limits[question.payment_service]
    found: list[Need] = []
    if question.known_at is None and _answer_is_wanted(assessment, certificate, limits, instants):
        found.append(
            RevocationNeed(
                certificate.sha256, certificate.issuer_der, certificate.serial_number, certificate.ocsp_urls, certificate.crl_urls
            )
        )
    if question.payment_service is not PaymentService.VOP:
        found.extend(_agent(assessment, world))
    return tuple(found)


def _intermediate(certificate: Certificate, world: World) -> Iterator[Need]:
    """An issuer is worth fetching only if a listed service could have signed it: its name or key identifier must be known."""
    if certificate.issuer_der == certificate.subject_der or not certificate.issuer_urls or certificate.issuer_der in world.trust.by_subject:
        return
    if certificate.authority_key_id is not None and certificate.authority_key_id in world.trust.by_key_id:
        yield IntermediateNeed(certificate.sha256, certificate.issuer_der, certificate.authority_key_id, certificate.issuer_urls)


def _answer_is_wanted(assessment: Assessment, certificate: Certificate, limits: Limits, instants: Instants) -> bool:
    if not (certificate.ocsp_urls or certificate.crl_urls) or not assessment.in_period or is_short_term(certificate):
        return False
    answer = assessment.revocation
    if answer is None or answer.status == "unknown":
        return True
    return answer.status != "revoked" and any(answer_recent(answer, limits, instants))


def _agent(assessment: Assessment, world: World) -> Iterator[Need]:
    nca_id, identity = authority_to_ask(assessment), assessment.identity
    if nca_id is None or not identity.authorisation_number.strip() or look_up(world.directory, nca_id, identity).firms:
        return
    authority = str(nca_id)
    asked = any(hint.authority == authority and hint.number == identity.authorisation_number for hint in world.agents)
    if not asked and any(source.kind == "payment" for source in covering(world.directory, nca_id)):
        yield AgentNeed(authority, identity.authorisation_number)
