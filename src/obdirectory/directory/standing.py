"""How one register entry stands at an instant, and which PSP roles it gives in a country: the table of types and its reading.

Whatever cannot be told is said to be unknown, never yes.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from obdirectory.core.countries import in_eea
from obdirectory.core.payment_services import ROLE_OF_SERVICE_CODE
from obdirectory.directory.index import Authorisation, Branch, Right

RegisterStatus: TypeAlias = Literal[
    "AUTHORISED", "REGISTERED", "RESTRICTED", "SUSPENDED", "ENDING", "WITHDRAWN", "REPLACED",
    "NOT_PASSPORTED", "MISSING", "CONFLICT", "AMBIGUOUS", "UNKNOWN", "NOT_YET",
]  # fmt: skip
"""How a firm stands. NOT_YET: its register dates the authorisation later than the instant asked about."""


Route: TypeAlias = Literal["home", "fps", "branch", "crd", "none", "unknown"]
Standing: TypeAlias = Literal[
    "listed",  # granted
    "observed_later",  # granted: listed as far back as we have looked, which is not as far as the instant asked about
    "row_missing",  # its register entry vanished and was not withdrawn
    "right_missing",  # the service vanished from an entry that is still there
    "conflict",  # one register has it, another does not
    "unknown",  # the entry cannot be read well enough
    "closed",  # an authority's measure stands against it
    "impossible",  # listed for a type of firm that cannot have it
    "not_passported",  # at home, and not here
    "not_passportable",  # at home, and no passport could bring it here: the type acts at home only, or the country is outside the EEA
]
GRANTED: frozenset[Standing] = frozenset({"listed", "observed_later"})
ABSENT: frozenset[Standing] = frozenset({"not_passported", "not_passportable"})

BANK_ROLES = ("PSP_AI", "PSP_AS", "PSP_IC", "PSP_PI")
"""A credit institution's licence covers every payment service. Clause: RTS 2018/389 art. 34(2); CRD Annex I, our reading."""


class Kind(msgspec.Struct, frozen=True):
    """What a type of register entry can give."""

    status: RegisterStatus  # when live
    reach: Literal["passport", "home", "nothing", "bank", "bank_at_home", "unknown"]
    only: frozenset[str] | None = None  # the service codes it can have; None: all
    never: frozenset[str] = frozenset()  # the service codes it can never have


_INITIATION_AND_INFORMATION = frozenset({"PS_070", "PS_080"})
KINDS: dict[str, Kind] = {
    "PSD_PI": Kind("AUTHORISED", "passport"),
    "PSD_EMI": Kind("AUTHORISED", "passport"),
    "PSD_AISP": Kind("REGISTERED", "passport", only=frozenset({"PS_080"})),
    # An exemption under PSD2 art. 32 cannot cover services 7 and 8.
    "PSD_EPI": Kind("REGISTERED", "home", never=_INITIATION_AND_INFORMATION),
    "PSD_EEMI": Kind("REGISTERED", "home", never=_INITIATION_AND_INFORMATION),
    "PSD_ENL": Kind("AUTHORISED", "home"),
    "PSD_EXC": Kind("REGISTERED", "nothing"),
    "CRD_CRE_INS": Kind("AUTHORISED", "bank"),
    "CRD_NON_EEA_BRA": Kind("AUTHORISED", "bank_at_home"),
    "CRD_EEA_BRA": Kind("AUTHORISED", "nothing"),  # it speaks under its parent's number at home
}
_CURATED = Kind("AUTHORISED", "home")
_UNREAD = Kind("UNKNOWN", "unknown")
_ABROAD = frozenset({"passport", "bank", "unknown"})

EBA_SOURCES = frozenset({"eu_eba", "eu_eba_credit"})
# The better of two standings of one role; what speaks positively against it comes last.
BEST: dict[Standing, int] = {word: place for place, word in enumerate(Standing.__args__)}


def kind_of(authorisation: Authorisation) -> Kind:
    """What this type of entry can give; a type that the register has learned since is carried and never a right."""
    kind = KINDS.get(authorisation.entity_type)
    if kind is not None:
        return kind
    if authorisation.source in EBA_SOURCES:
        return _UNREAD
    return KINDS["CRD_CRE_INS"] if "PSP_AS" in authorisation.roles else _CURATED


class RoleRight(msgspec.Struct, frozen=True):
    """One PSP role in one country: by which route, and how it stands."""

    role: str
    standing: Standing
    by: Route
    source: str
    since_at: datetime | None = None  # first seen; for what vanished: since when
    undivided: bool = False  # read from a national "5" that does not say issuing or acquiring


class EntryState(msgspec.Struct, frozen=True):
    """One register entry at the instant asked about."""

    authorisation: Authorisation
    status: RegisterStatus
    since_on: date | None = None
    ends_on: date | None = None  # a withdrawal already announced
    missing_since_at: datetime | None = None


Rights: TypeAlias = dict[str, RoleRight]
OVER: frozenset[RegisterStatus] = frozenset({"WITHDRAWN", "NOT_YET"})


def entry_state(authorisation: Authorisation, *, at: datetime, known_at: datetime) -> EntryState:
    """How one register entry stands at an instant. Days are read as UTC days: registers give no hour."""
    day = at.date()
    kind = kind_of(authorisation)
    since: date | None = None
    next_on: date | None = None
    live = False
    for changed_on in authorisation.authorised_on:
        if changed_on > day:
            next_on = changed_on
            break
        live = not live
        since = changed_on
    missing = authorisation.missing_since_at
    if missing is not None and missing > at:
        missing = None
    if not authorisation.authorised_on or kind.status == "UNKNOWN":
        status: RegisterStatus = "UNKNOWN"
    elif since is None:
        status = "NOT_YET"
    elif not live:
        status = "WITHDRAWN"
    elif missing is not None:
        status = "MISSING"
    else:
        status = kind.status
    if not live or next_on is None or next_on <= known_at.date():
        next_on = None  # a withdrawal that had happened when we looked is history
    elif status not in ("MISSING", "UNKNOWN"):
        status = "ENDING"
    return EntryState(authorisation, status, since, next_on, missing)


class Given(msgspec.Struct, frozen=True):
    """What entries give in a country, what they give at home, and the branches there."""

    here: Rights
    home: Rights
    branches: tuple[Branch, ...] = ()


def of_entries(states: Iterable[EntryState], country: str, at: datetime) -> Given:
    """The union of what entries of one register give, here and at home."""
    here: Rights = {}
    home: Rights = {}
    branches: list[Branch] = []
    for state in states:
        if state.status in OVER:
            continue
        authorisation = state.authorisation
        kind = kind_of(authorisation)
        at_home = _at_home(state, kind, at)
        unite(home, at_home)
        if country == authorisation.home_country:
            unite(here, at_home)
            continue
        in_reach = kind.reach in _ABROAD and in_eea(country, at) and in_eea(authorisation.home_country, at)
        if in_reach:
            there = [branch for branch in authorisation.branches if branch.country == country and branch.active is not False]
            unite(here, _elsewhere(state, kind, country, there, at))
            branches += there
        unite(here, _only_at_home(at_home, "not_passported" if in_reach else "not_passportable"))
    return Given(here, home, tuple(branches))


def _only_at_home(at_home: list[RoleRight], standing: Standing) -> list[RoleRight]:
    return [RoleRight(right.role, standing, "none", right.source) for right in at_home if right.standing in GRANTED]


def _at_home(state: EntryState, kind: Kind, at: datetime) -> list[RoleRight]:
    authorisation = state.authorisation
    if kind.reach in ("bank", "bank_at_home"):
        return [_undated(role, state, kind, "home") for role in authorisation.roles or BANK_ROLES]
    if kind.reach == "nothing":
        return []
    listed = _listed(authorisation.role_rights.get(authorisation.home_country, ()), state, kind, "home", at)
    return [*(_undated(role, state, kind, "home") for role in authorisation.roles), *listed]


def _elsewhere(state: EntryState, kind: Kind, country: str, branches: list[Branch], at: datetime) -> list[RoleRight]:
    authorisation = state.authorisation
    if kind.reach == "bank":
        # Notifications of banks are public in no one place, so a host right of a bank rests on the licence alone.
        return [_undated(role, state, kind, "branch" if branches else "crd") for role in authorisation.roles or BANK_ROLES]
    found = _listed(authorisation.role_rights.get(country, ()), state, kind, "fps", at)
    for branch in branches:
        own = [right for right in branch.rights if right.country == country]
        found += _listed(own, state, kind, "branch", at, known=branch.active is True)
    return found


def _listed(rights: Iterable[Right], state: EntryState, kind: Kind, by: Route, at: datetime, *, known: bool = True) -> list[RoleRight]:
    """The roles that rights of one country give, each with how it stands."""
    found: list[RoleRight] = []
    for right in rights:
        code = right.service_code
        role = ROLE_OF_SERVICE_CODE.get(code)
        if role is None:
            continue
        since = right.first_seen_at
        standing: Standing = "listed"
        if since > at:
            if since > _seen_from(state.authorisation):
                continue  # an earlier snapshot did not have it
            standing = "observed_later"
        if code in kind.never or (kind.only is not None and code not in kind.only):
            standing = "impossible"
        elif state.status == "UNKNOWN" or not known:
            standing = "unknown"
        elif right.last_missing_at is not None and right.last_missing_at <= at:
            standing, since = "right_missing", right.last_missing_at
        elif state.missing_since_at is not None:
            standing, since = "row_missing", state.missing_since_at
        found.append(RoleRight(role, standing, by, state.authorisation.source, since, code == "PS_050"))
    return found


def _undated(role: str, state: EntryState, kind: Kind, by: Route) -> RoleRight:
    """A role that comes with the licence or was granted by name, not by a service listed."""
    standing: Standing = "listed"
    if not _can_have(kind, role):
        standing = "impossible"
    elif state.status == "UNKNOWN":
        standing = "unknown"
    elif state.missing_since_at is not None:
        standing = "row_missing"
    return RoleRight(role, standing, by, state.authorisation.source, state.missing_since_at)


def _can_have(kind: Kind, role: str) -> bool:
    """Whether some service code that gives the role is possible for this type."""
    if kind.only is None and not kind.never:
        return True
    codes = {code for code, given in ROLE_OF_SERVICE_CODE.items() if given == role} - kind.never
    return bool(codes if kind.only is None else codes & kind.only)


def _seen_from(authorisation: Authorisation) -> datetime:
    """Since when this entry has been observed: nothing it lists is known to be younger than that."""
    return authorisation.first_seen_at or min(right.first_seen_at for right in (*authorisation.rights, *_branch_rights(authorisation)))


def _branch_rights(authorisation: Authorisation) -> list[Right]:
    return [right for branch in authorisation.branches for right in branch.rights]


def unite(rights: Rights, more: Iterable[RoleRight]) -> None:
    """Keep the better standing of each role; of two alike the first, so that a passport goes before a branch."""
    for right in more:
        there = rights.get(right.role)
        if there is None or BEST[right.standing] < BEST[there.standing] or (right.standing == there.standing and there.undivided):
            rights[right.role] = right


def route(states: Iterable[EntryState], country: str, at: datetime) -> Route:
    """By which route the firm is in this country at all, whatever the service."""
    routes = {_entry_route(state, country, at) for state in states if state.status not in OVER}
    for route in ("home", "fps", "branch", "crd", "unknown"):
        if route in routes:
            return route
    return "none"


def _entry_route(state: EntryState, country: str, at: datetime) -> Route:
    authorisation = state.authorisation
    kind = kind_of(authorisation)
    if state.status == "UNKNOWN":
        return "unknown"
    if kind.reach == "nothing":
        return "none"
    if country == authorisation.home_country:
        return "home"
    if kind.reach not in _ABROAD or not (in_eea(country, at) and in_eea(authorisation.home_country, at)):
        return "none"
    if any(_is_there(right, authorisation, at) for right in authorisation.role_rights.get(country, ())):
        return "fps"
    if any(branch.country == country and branch.active for branch in authorisation.branches):
        return "branch"
    return "crd" if kind.reach == "bank" else "none"


def _is_there(right: Right, authorisation: Authorisation, at: datetime) -> bool:
    if right.last_missing_at is not None and right.last_missing_at <= at:
        return False
    return right.first_seen_at <= at or right.first_seen_at <= _seen_from(authorisation)
