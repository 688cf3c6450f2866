"""What the registers of the authority named say of the holder: which firm it is, how it stands, what it may do in the country asked."""

from collections.abc import Iterator
from dataclasses import dataclass

from obdirectory.check import requirements as need
from obdirectory.check.ageing import register_recent
from obdirectory.check.holder import TPP_ROLES, authority_to_ask, roles_wanted
from obdirectory.check.lookup import absence_shown, covering, look_up, matched, not_matched
from obdirectory.check.policy import Limits
from obdirectory.check.question import Question
from obdirectory.check.rights import Sought, name_finding, right_findings, status_findings
from obdirectory.check.world import World
from obdirectory.core.finding import Finding
from obdirectory.core.nca import NcaId
from obdirectory.core.payment_services import PaymentService
from obdirectory.directory.index import Match, SourceState
from obdirectory.directory.match import NO_MATCH
from obdirectory.directory.passport import country_rights
from obdirectory.directory.standing import GRANTED
from obdirectory.trust.assess import Assessment, Identity, Instants


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: the findings, the match, the firm's rights if it is one firm, and the registers this rests on."""

    findings: tuple[Finding, ...] = ()
    match: Match = NO_MATCH
    sought: Sought | None = None
    sources: tuple[SourceState, ...] = ()


NOT_LOOKED = Looked()


def look(question: Question, world: World, assessment: Assessment, limits: Limits, instants: Instants) -> Looked:
    """Look the holder up under the authority its certificate names."""
    nca_id, identity = authority_to_ask(assessment), assessment.identity
    if nca_id is None or not identity.authorisation_number.strip():
        if world.directory.sources:
            return NOT_LOOKED  # that the holder is not identified has been said
        return Looked((need.REGISTER_LOADED.unknown("No register has been accepted.", reason="no_register_loaded"),))
    match = look_up(world.directory, nca_id, identity)
    if len(match.firms) != 1:
        return _not_one_firm(match, nca_id, world, identity, limits, instants)
    number = None if match.matched_by in {"company_number", "lei"} else identity.authorisation_number
    firm = match.firms[0]
    rights = country_rights(firm, nca_id, question.country, at=instants.at, known_at=instants.known_at, number=number)
    stated, lost = _stating({entry.authorisation.source for entry in rights.entries}, world)
    shown = not lost and absence_shown(covering(world.directory, nca_id), stated, limits, instants)
    sought = Sought(firm, rights, _wanted(question.payment_service, identity), question.payment_service, limits, instants, shown)
    right = sought.right
    if right is not None and right.standing in GRANTED:
        stated = [source for source in stated if source.source == right.source]
    findings: list[Finding] = [*matched(match, nca_id, identity), name_finding(identity, firm)]
    findings += (need.REGISTER_LOADED.unknown(f"No accepted snapshot of {name} is known.") for name in lost)
    findings.extend(status_findings(sought))
    findings.extend(right_findings(sought))
    findings.append(register_recent(stated, limits, instants))
    return Looked(tuple(findings), match, sought, tuple(stated))


def _not_one_firm(match: Match, nca_id: NcaId, world: World, identity: Identity, limits: Limits, instants: Instants) -> Looked:
    sources = covering(world.directory, nca_id)
    if match.firms:
        findings: Iterator[Finding] = matched(match, nca_id, identity)
    else:
        loaded = bool(world.directory.sources)
        findings = not_matched(sources, nca_id, identity, anything_loaded=loaded, agents=world.agents, limits=limits, instants=instants)
    return Looked((*findings, register_recent(sources, limits, instants)), match, None, sources)


def _stating(names: set[str], world: World) -> tuple[list[SourceState], list[str]]:
    """The states of the registers that have the firm, and the names of those whose state is lost."""
    states = world.directory.sources
    return [states[name] for name in sorted(names) if name in states], [name for name in sorted(names) if name not in states]


def _wanted(payment_service: PaymentService, identity: Identity) -> tuple[str, ...]:
    """The roles one of which must be granted; for ``any`` those the certificate carries."""
    if payment_service is not PaymentService.ANY:
        return roles_wanted(payment_service)
    return tuple(role for role in TPP_ROLES if role in identity.roles) or TPP_ROLES
