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
_ROUTES: dict[Route, int] = {"home": 0, "fps": 1, "branch": 2, "crd": 3, "unknown": 4, "none": 5}
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
    "CRD_EEA_BRA": Kind("UNKNOWN", "unknown"),  # it speaks under the number of its bank at home; alone it says nothing
}
_CURATED = Kind("AUTHORISED", "passport")
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
    if not authorisation.authorised_on and authorisation.source not in EBA_SOURCES:
        live = True  # a person's entry says that it holds, and need not say since when
    if kind.status == "UNKNOWN" or not (authorisation.authorised_on or live):
        status: RegisterStatus = "UNKNOWN"
    elif not live:
        status = "NOT_YET" if since is None else "WITHDRAWN"
    elif missing is not None:
        status = "MISSING"
    else:
        status = kind.status
    if not live or next_on is None or next_on <= known_at.date():
        next_on = None  # a withdrawal that had happened when we looked is history
    elif status not in ("MISSING", "UNKNOWN"):
        status = "ENDING"
    if since == date.min:
        since = None  # how an entry without a date is kept
    return EntryState(authorisation, status, since, next_on, missing)


class Given(msgspec.Struct, frozen=True):
    """What entries give in a country, what they give at home, the branches there, and by which route the firm is there at all."""

    here: Rights
    home: Rights
    branches: tuple[Branch, ...] = ()
    routes: frozenset[Route] = frozenset()


def of_entries(states: Iterable[EntryState], country: str, at: datetime) -> Given:
    """The union of what entries of one register give, here and at home."""
    here: Rights = {}
    home: Rights = {}
    branches: list[Branch] = []
    routes: set[Route] = set()
    for state in states:
        if state.status in OVER:
            continue
        kind = kind_of(state.authorisation)
        home_country = state.authorisation.home_country
        at_home: Rights = {}
        _put_home(at_home, state, kind, at)
        unite(home, at_home)
        if country == home_country:
            unite(here, at_home)
            routes.add("unknown" if state.status == "UNKNOWN" else "none" if kind.reach == "nothing" else "home")
            continue
        absent: Standing = "not_passportable"
        if kind.reach in _ABROAD and in_eea(country, at) and in_eea(home_country, at):
            absent = "not_passported"
            there = _branches_in(state.authorisation, country)
            routes.add(_put_abroad(here, state, kind, country, there, at))
            branches += there
        for role, right in at_home.items():
            if right.standing in GRANTED and (role not in here or here[role].standing == "not_passportable"):
                here[role] = RoleRight(role, absent, "none", right.source)
    return Given(here, home, tuple(branches), frozenset(routes))


def _branches_in(authorisation: Authorisation, country: str) -> list[Branch]:
    if not authorisation.branches:
        return []
    return [branch for branch in authorisation.branches if branch.country == country and branch.active is not False]


def unite(rights: Rights, more: Rights) -> None:
    """Keep the better standing of each role; of two alike the first, so that a passport goes before a branch."""
    if not rights:
        rights.update(more)
        return
    for role, right in more.items():
        there = rights.get(role)
        if there is None or _is_better(right.standing, right.undivided, there):
            rights[role] = right


def first_route(routes: Iterable[Route]) -> Route:
    """The best of several routes into a country."""
    best: Route = "none"
    for route in routes:
        if _ROUTES[route] < _ROUTES[best]:
            best = route
    return best


def _put_home(rights: Rights, state: EntryState, kind: Kind, at: datetime) -> None:
    authorisation = state.authorisation
    if kind.reach in ("bank", "bank_at_home"):
        _put_undated(rights, authorisation.roles or BANK_ROLES, state, kind, "home")
    elif kind.reach != "nothing":
        _put_undated(rights, authorisation.roles, state, kind, "home")
        _put_listed(rights, authorisation.role_rights.get(authorisation.home_country, ()), state, kind, "home", at)


def _put_abroad(rights: Rights, state: EntryState, kind: Kind, country: str, branches: list[Branch], at: datetime) -> Route:
    authorisation = state.authorisation
    active = bool(branches) and any(branch.active for branch in branches)
    if kind.reach == "bank":
        # Notifications of banks are public in no one place, so a host right of a bank rests on the licence alone.
        by: Route = "branch" if active else "crd"
        _put_undated(rights, authorisation.roles or BANK_ROLES, state, kind, by)
        return by
    listed = _put_listed(rights, authorisation.role_rights.get(country, ()), state, kind, "fps", at)
    for branch in branches:
        own = [right for right in branch.rights if right.country == country]
        _put_listed(rights, own, state, kind, "branch", at, known=branch.active is True)
    return "unknown" if state.status == "UNKNOWN" else "fps" if listed else "branch" if active else "none"


def _put_listed(
    into: Rights, rights: Iterable[Right], state: EntryState, kind: Kind, by: Route, at: datetime, *, known: bool = True
) -> bool:
    """The roles that rights of one country give, each with how it stands. Returns whether anything is listed there at all."""
    anything = False
    for right in rights:
        since = right.first_seen_at
        standing: Standing = "listed"
        if since > at:
            if since > _seen_from(state.authorisation):
                continue  # an earlier snapshot did not have it
            standing = "observed_later"
        missing_at = right.last_missing_at
        if missing_at is not None and missing_at > at:
            missing_at = None
        anything = anything or missing_at is None
        code = right.service_code
        role = ROLE_OF_SERVICE_CODE.get(code)
        if role is None:
            continue
        if code in kind.never or (kind.only is not None and code not in kind.only):
            standing = "impossible"
        elif not known or state.status == "UNKNOWN":
            standing = "unknown"
        elif missing_at is not None:
            standing, since = "right_missing", missing_at
        elif state.missing_since_at is not None:
            standing, since = "row_missing", state.missing_since_at
        there = into.get(role)
        if there is None or _is_better(standing, code == "PS_050", there):
            into[role] = RoleRight(role, standing, by, state.authorisation.source, since, code == "PS_050")
    return anything


def _put_undated(into: Rights, roles: Iterable[str], state: EntryState, kind: Kind, by: Route) -> None:
    """Roles that come with the licence or were granted by name, not by a service listed."""
    for role in roles:
        standing: Standing = "listed"
        if not _can_have(kind, role):
            standing = "impossible"
        elif state.status == "UNKNOWN":
            standing = "unknown"
        elif state.missing_since_at is not None:
            standing = "row_missing"
        there = into.get(role)
        if there is None or _is_better(standing, False, there):
            into[role] = RoleRight(role, standing, by, state.authorisation.source, state.missing_since_at)


def _is_better(standing: Standing, undivided: bool, there: RoleRight) -> bool:
    return BEST[standing] < BEST[there.standing] or (standing == there.standing and there.undivided and not undivided)


def _can_have(kind: Kind, role: str) -> bool:
    """Whether some service code that gives the role is possible for this type."""
    if kind.only is None and not kind.never:
        return True
    codes = {code for code, given in ROLE_OF_SERVICE_CODE.items() if given == role} - kind.never
    return bool(codes if kind.only is None else codes & kind.only)


def is_listed(right: Right, authorisation: Authorisation, at: datetime) -> bool:
    """Was this right in the register at that instant, as far as we looked?"""
    if right.last_missing_at is not None and right.last_missing_at <= at:
        return False
    return right.first_seen_at <= at or right.first_seen_at <= _seen_from(authorisation)


def _seen_from(authorisation: Authorisation) -> datetime:
    """Since when this entry has been observed: nothing it lists is known to be younger than that."""
    return authorisation.first_seen_at or min(right.first_seen_at for right in (*authorisation.rights, *_branch_rights(authorisation)))


def _branch_rights(authorisation: Authorisation) -> list[Right]:
    return [right for branch in authorisation.branches for right in branch.rights]
