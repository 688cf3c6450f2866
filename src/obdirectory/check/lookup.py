"""Which firm the certificate's holder is, and what it means when no register has it. Yielding nothing means met."""

from collections.abc import Iterable, Iterator

from obdirectory.check import requirements as need
from obdirectory.check.ageing import source_grade
from obdirectory.check.policy import Limits
from obdirectory.check.world import AgentHint, World
from obdirectory.core.countries import in_eea
from obdirectory.core.finding import Finding
from obdirectory.core.nca import NOT_APPLICABLE, NcaId
from obdirectory.core.visible import visible
from obdirectory.directory.index import DirectoryIndex, Match, SourceState
from obdirectory.directory.match import NO_MATCH, find, find_by_company_number, find_by_lei
from obdirectory.trust.assess import Identity, Instants

BY_ANOTHER_IDENTIFIER = frozenset({"company_number", "lei"})


def look_up(directory: DirectoryIndex, nca_id: NcaId, identity: Identity) -> Match:
    """The firms the identifier means inside the authority named: by authorisation number, company number or LEI, after its form."""
    named = identity.organization_identifier
    scheme = "PSD" if named is None else named.scheme
    if scheme == "PSD":
        return find(directory, nca_id, identity.authorisation_number)
    if scheme == "LEI":
        return find_by_lei(directory, nca_id, identity.authorisation_number)
    if scheme == "unreadable":
        return NO_MATCH
    return find_by_company_number(directory, nca_id, identity.authorisation_number)


def covering(directory: DirectoryIndex, nca_id: NcaId) -> tuple[SourceState, ...]:
    """The accepted registers that speak of this authority's firms; those of the whole EEA cover whoever was a member then."""
    authority = str(nca_id)
    is_one = nca_id.authority != NOT_APPLICABLE
    covers = [
        source
        for source in directory.sources.values()
        if (is_one and in_eea(nca_id.country, source.as_of) if source.authorities is None else authority in source.authorities)
    ]
    return tuple(sorted(covers, key=lambda source: source.source))  # the same answer however the index was put together


def matched(match: Match, nca_id: NcaId, identity: Identity) -> Iterator[Finding]:
    """What a match says of itself: one firm or several, and by which identifier."""
    if len(match.firms) > 1:
        names = ", ".join(visible(firm.name, most=80) for firm in match.firms[:5])
        number = visible(identity.authorisation_number, most=80)
        yield need.NUMBER_UNAMBIGUOUS.unknown(f"{len(match.firms)} firms under {nca_id} answer to {number}: {names}.")
    if match.matched_by in BY_ANOTHER_IDENTIFIER:
        by = "LEI" if match.matched_by == "lei" else "company number"
        text = f"{visible(str(identity.organization_identifier), most=80)} was matched by {by} inside {nca_id}."
        yield need.FOUND_BY_AUTHORISATION_NUMBER.not_met(text, reason=f"found_by_{match.matched_by}")


def not_matched(
    world: World, sources: tuple[SourceState, ...], nca_id: NcaId, identity: Identity, limits: Limits, instants: Instants
) -> Iterator[Finding]:
    """What it means that no firm under this authority answers to the identifier; ``sources`` are those that cover the authority.

    Absence can be read only where the payment register and a credit-institution source of the authority are complete and recent:
    payment registers do not list banks. Clause: our reading of RTS 2018/389 art. 34(2).
    """
    number = visible(identity.authorisation_number, most=80)
    if not sources:
        reason = "register_of_authority_not_loaded" if world.directory.sources else "no_register_loaded"
        yield need.REGISTER_LOADED.unknown(f"No accepted register covers {nca_id}.", reason=reason)
        return
    if principals := principals_of(world.agents, nca_id, identity):
        names = ", ".join(visible(name, most=80) for name in principals[:5])
        yield need.NUMBER_NOT_AN_AGENTS.not_met(f"{number} under {nca_id} is the number of an agent; its principals: {names}.")
    named = identity.organization_identifier
    if named is not None and named.scheme != "PSD":
        text = f"{visible(named.text, most=80)} is not of the PSD form and matches no firm under {nca_id}."
        yield need.FOUND_IN_REGISTER.unknown(text, reason="no_match_without_psd_number")
        return
    where = ", ".join(source.source for source in sources)
    evidence = tuple(source.sha256 for source in sources)
    payment = [source for source in sources if source.kind == "payment"]
    credit = [source for source in sources if source.kind == "credit"]
    if payment and not any(_shows_absence(source, limits, instants) for source in payment):
        text = f"{number} under {nca_id} is not in {where}, which is partial or too old to show absence."
        yield need.FOUND_IN_REGISTER.unknown(text, reason="register_cannot_show_absence", evidence=evidence)
    elif payment and any(_shows_absence(source, limits, instants) for source in credit):
        yield need.FOUND_IN_REGISTER.not_met(f"{number} under {nca_id} is in none of {where}.", evidence=evidence)
    else:
        text = f"{number} under {nca_id} is not in {where}; no complete and recent list of its credit institutions is loaded."
        yield need.FOUND_IN_REGISTER.unknown(text, reason="may_be_a_credit_institution", evidence=evidence)


def principals_of(agents: tuple[AgentHint, ...], nca_id: NcaId, identity: Identity) -> tuple[str, ...]:
    """The principals of the agent that carries this number, as far as it was looked up."""
    authority = str(nca_id)
    for hint in agents:
        if hint.authority == authority and hint.number == identity.authorisation_number:
            return hint.principals
    return ()


def absence_shown(sources: Iterable[SourceState], stating: Iterable[SourceState], limits: Limits, instants: Instants) -> bool:
    """Whether it can be read that a firm lacks a right: its own rows are recent, and so is a complete register of its authority."""
    return all(source_grade(source, limits, instants) != "too_old" for source in stating) and any(
        source.kind != "curated" and _shows_absence(source, limits, instants) for source in sources
    )


def _shows_absence(source: SourceState, limits: Limits, instants: Instants) -> bool:
    return source.complete and source_grade(source, limits, instants) != "too_old"
