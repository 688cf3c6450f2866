"""What the registers of the authority named say of the holder: which firm it is, how it stands, what it may do in the country asked."""

from collections.abc import Iterable

import msgspec

from obdirectory.check import requirements as need
from obdirectory.check.ageing import register_recent
from obdirectory.check.holder import TPP_ROLES, authority_to_ask, roles_wanted
from obdirectory.check.lookup import BY_ANOTHER_IDENTIFIER, absence_shown, covering, look_up, matched, not_matched
from obdirectory.check.policy import Limits
from obdirectory.check.question import Question
from obdirectory.check.rights import Sought, best_right, name_shown, right_findings, status_findings
from obdirectory.check.world import World
from obdirectory.core.finding import Finding, Requirement
from obdirectory.core.nca import NcaId
from obdirectory.core.payment_services import PaymentService
from obdirectory.directory.index import Match, SourceState
from obdirectory.directory.match import NO_MATCH
from obdirectory.directory.passport import country_rights
from obdirectory.directory.standing import GRANTED
from obdirectory.trust.assess import Assessment, Identity, Instants

_ASKED_OF_NOBODY = (need.REGISTER_LOADED,)
_ASKED_OF_NONE = (need.REGISTER_LOADED, need.NUMBER_NOT_AN_AGENTS, need.FOUND_IN_REGISTER, need.REGISTER_RECENT)
_ASKED_OF_SEVERAL = (
    need.REGISTER_LOADED, need.FOUND_IN_REGISTER, need.NUMBER_UNAMBIGUOUS, need.FOUND_BY_AUTHORISATION_NUMBER, need.REGISTER_RECENT,
)  # fmt: skip
_ASKED_OF_ONE = (
    need.REGISTER_LOADED, need.FOUND_IN_REGISTER, need.NUMBER_UNAMBIGUOUS, need.FOUND_BY_AUTHORISATION_NUMBER, need.REGISTERED_NAME_SHOWN,
    need.AUTHORISATION_IN_FORCE, need.AUTHORISATION_STILL_LISTED, need.NOT_SUSPENDED, need.NOT_RESTRICTED, need.NO_WARNING_PUBLISHED,
    need.NO_END_ANNOUNCED, need.SOURCES_AGREE, need.RIGHT_IN_REGISTER, need.RIGHT_OBSERVED_THEN, need.SERVICE_CODE_DIVIDED,
    need.RIGHT_IN_COUNTRY, need.CRD_NOTIFICATION_SEEN, need.LICENCE_OF_THE_NAMED_AUTHORITY, need.REGISTER_RECENT,
)  # fmt: skip


class Looked(msgspec.Struct, frozen=True):
    """What was found: the findings, the match, the firm's rights if it is one firm, and the registers this rests on."""

    findings: list[Finding] = []
    asked: tuple[Requirement, ...] = ()
    match: Match = NO_MATCH
    sought: Sought | None = None
    granted: bool = False
    sources: tuple[SourceState, ...] = ()


NOT_LOOKED = Looked()


def look(question: Question, world: World, assessment: Assessment, limits: Limits, instants: Instants) -> Looked:
    """Look the holder up under the authority its certificate names."""
    nca_id, identity = authority_to_ask(assessment), assessment.identity
    if nca_id is None or not identity.authorisation_number.strip():
        if world.directory.sources:
            return NOT_LOOKED  # that the holder is not identified has been said
        return Looked([need.REGISTER_LOADED.unknown("No register has been accepted.", reason="no_register_loaded")], _ASKED_OF_NOBODY)
    match = look_up(world.directory, nca_id, identity)
    if len(match.firms) != 1:
        return _not_one_firm(match, nca_id, world, identity, limits, instants)
    firm = match.firms[0]
    number = None if match.matched_by in BY_ANOTHER_IDENTIFIER else identity.authorisation_number
    rights = country_rights(firm, nca_id, question.country, at=instants.at, known_at=instants.known_at, number=number)
    roles = _wanted(question.payment_service, identity)
    right = best_right(rights, roles)
    granted = right is not None and right.standing in GRANTED
    names = {right.source} if right is not None and granted else {entry.authorisation.source for entry in rights.entries}
    states = world.directory.sources
    stated = tuple([states[name] for name in sorted(names) if name in states])
    shown = granted or (0 < len(stated) == len(names) and absence_shown(covering(world.directory, nca_id), stated, limits, instants))
    sought = Sought(firm, rights, roles, right, limits, instants, shown)
    findings = [*matched(match, nca_id, identity), *name_shown(identity, firm), *status_findings(sought), *right_findings(sought)]
    if len(stated) != len(names):
        findings += _without_state(names, world)
    findings += register_recent(stated, limits, instants)
    return Looked(findings, _ASKED_OF_ONE, match, sought, granted, stated)


def _not_one_firm(match: Match, nca_id: NcaId, world: World, identity: Identity, limits: Limits, instants: Instants) -> Looked:
    sources = covering(world.directory, nca_id)
    if match.firms:
        findings, asked = [*matched(match, nca_id, identity)], _ASKED_OF_SEVERAL
    else:
        findings, asked = [*not_matched(world, sources, nca_id, identity, limits, instants)], _ASKED_OF_NONE
    findings += register_recent(sources, limits, instants)
    return Looked(findings, asked, match, None, False, sources)


def _without_state(names: Iterable[str], world: World) -> list[Finding]:
    """Registers that have the firm and of which no accepted snapshot is known: their age cannot be told."""
    lost = [name for name in sorted(names) if name not in world.directory.sources]
    return [
        need.REGISTER_LOADED.unknown(f"No accepted snapshot of {name} is known.", reason="register_of_authority_not_loaded")
        for name in lost
    ]


def _wanted(payment_service: PaymentService, identity: Identity) -> tuple[str, ...]:
    """The roles one of which must be granted; for ``any`` those the certificate carries."""
    if payment_service is not PaymentService.ANY:
        return roles_wanted(payment_service)
    return tuple(role for role in TPP_ROLES if role in identity.roles) or TPP_ROLES
