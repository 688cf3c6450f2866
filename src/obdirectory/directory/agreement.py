"""What several registers say together about one firm: licences of different kinds are united, statements about one kind are compared."""

from datetime import datetime

import msgspec

from obdirectory.directory.index import Branch
from obdirectory.directory.standing import ABSENT, BEST, EBA_SOURCES, OVER, EntryState, Given, Rights, Route, of_entries, unite


def of_sources(states: list[EntryState], country: str, at: datetime) -> tuple[Given, EntryState | None]:
    """What several registers say together, and the withdrawal that refuses when after it nothing stands."""
    here: Rights = {}
    home: Rights = {}
    branches: list[Branch] = []
    routes: set[Route] = set()
    refusals: list[EntryState] = []
    for licence in _licences(states):
        given, refusal = _compared(licence, country, at)
        unite(here, given.here)
        unite(home, given.home)
        branches += given.branches
        routes |= given.routes
        refusals += [refusal] if refusal else []
    return Given(here, home, tuple(branches), frozenset(routes)), refusals[0] if refusals and not home else None


def _licences(states: list[EntryState]) -> list[list[EntryState]]:
    """Payment and credit entries apart; all together where a person's entry does not say which it is about."""
    payment = [state for state in states if state.authorisation.entity_type.startswith("PSD_")]
    credit = [state for state in states if state.authorisation.entity_type.startswith("CRD_")]
    return [states] if len(payment) + len(credit) < len(states) else [licence for licence in (payment, credit) if licence]


def _compared(states: list[EntryState], country: str, at: datetime) -> tuple[Given, EntryState | None]:
    """What registers say about one licence. The EBA's have no legal force: anything else here is an authority's own and goes before them.

    A withdrawal in the more primary refuses; one in the less primary is a conflict, and so is a right that one of them lacks.
    Clause: our reading.
    """
    primary = [state for state in states if state.authorisation.source not in EBA_SOURCES]
    sources = sorted({state.authorisation.source for state in primary})
    statements = [[state for state in primary if state.authorisation.source == source] for source in sources]
    eba = [state for state in states if state.authorisation.source in EBA_SOURCES]
    over = [statement for statement in statements if _is_over(statement)]
    alive = [statement for statement in statements if not _is_over(statement)]
    if over and not alive:
        return Given({}, {}), over[0][0]
    eba_over = bool(eba) and _is_over(eba)
    if eba and not eba_over:
        alive.append(eba)
    found = [of_entries(statement, country, at) for statement in alive]
    disputed = bool(over) or (eba_over and bool(statements))
    spoken = [given.here for given, statement in zip(found, alive, strict=True) if _speaks_of(statement, country, alive)]
    here = _agreed(spoken, disputed=disputed)
    home = _agreed([given.home for given in found], disputed=disputed)
    routes = frozenset[Route]().union(*(given.routes for given in found))
    return Given(here, home, tuple(branch for given in found for branch in given.branches), routes), None


def _speaks_of(statement: list[EntryState], country: str, statements: list[list[EntryState]]) -> bool:
    """An entry that lists no services says nothing about other countries, unless nobody else does."""
    silent = [other for other in statements if not any(_lists(state, country) for state in other)]
    return statement not in silent or len(silent) == len(statements)


def _lists(state: EntryState, country: str) -> bool:
    return bool(state.authorisation.rights) or state.authorisation.home_country == country


def _is_over(statement: list[EntryState]) -> bool:
    return all(state.status in OVER for state in statement)


def _agreed(statements: list[Rights], *, disputed: bool) -> Rights:
    """Each role with its worst standing; what one statement has and another lacks is in conflict."""
    agreed: Rights = {}
    for role in dict.fromkeys(role for statement in statements for role in statement):
        said = [statement[role] for statement in statements if role in statement]
        there = [right for right in said if right.standing not in ABSENT]
        worst = max(there or said, key=lambda right: BEST[right.standing])
        if (disputed or len(there) < len(statements)) and BEST[worst.standing] < BEST["conflict"]:
            worst = msgspec.structs.replace(worst, standing="conflict")
        agreed[role] = worst
    return agreed
