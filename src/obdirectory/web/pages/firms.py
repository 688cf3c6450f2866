"""Firms: find one by typing, see what it may do where, at any day, and what changed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from obdirectory.core.countries import NAMES, in_eea
from obdirectory.core.errors import InvalidInput, NotFound, TooManyRequests
from obdirectory.directory.index import Branch, Firm, Measure
from obdirectory.directory.lookup import organization_identifier
from obdirectory.directory.passport import CountryRights, country_rights
from obdirectory.directory.standing import ABSENT, EntryState, Standing, entry_state
from obdirectory.web.api.reading import InstantParameters, Listed, address_of, after, cursor, instants, parameters
from obdirectory.web.doors import FirmEvent, FirmHit, Page
from obdirectory.web.pages import words
from obdirectory.web.pages.bars import position
from obdirectory.web.pages.layout import Place, TheLayout, Visit
from obdirectory.web.pages.verdict import Meaning

Fill: TypeAlias = Literal["full", "part", "clash", "gone", "none"]

TILES: dict[str, tuple[int, int]] = {
    "IS": (1, 1), "NO": (5, 1), "SE": (6, 1), "FI": (7, 1), "EE": (7, 2), "IE": (1, 3), "GB": (2, 3), "DK": (5, 3), "LV": (7, 3),
    "BE": (3, 4), "NL": (4, 4), "DE": (5, 4), "PL": (6, 4), "LT": (7, 4), "FR": (3, 5), "LU": (4, 5), "CZ": (5, 5), "SK": (6, 5),
    "CH": (3, 6), "LI": (4, 6), "AT": (5, 6), "HU": (6, 6), "RO": (7, 6), "PT": (1, 7), "ES": (2, 7), "IT": (4, 7), "SI": (5, 7),
    "HR": (6, 7), "BG": (7, 7), "MT": (4, 8), "GR": (7, 8), "CY": (8, 8),
}  # fmt: skip
"""Where each country's square lies: (column, row)."""

_LETTERS = (("PSP_AI", "A", "accounts"), ("PSP_PI", "P", "payments"), ("PSP_IC", "F", "funds"))
_GONE: frozenset[Standing] = frozenset({"right_missing", "row_missing", "closed"})
_UNSURE: frozenset[Standing] = frozenset({"conflict", "unknown"})


class Typed(Listed, frozen=True, forbid_unknown_fields=True):
    """What the search page takes; nothing typed yet shows the empty field."""

    q: Annotated[str, msgspec.Meta(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One country: which services may be used there, by which route, since when seen."""

    country: str
    name: str
    column: int
    row: int
    fill: Fill
    home: bool
    letters: str
    says: str
    route: str
    since: datetime | None
    services: tuple[tuple[str, bool], ...]  # (word, granted) of those there is something to say about


@dataclass(frozen=True, slots=True)
class Seen:
    """What registers began to say, or ceased to, on one day."""

    at: datetime
    meaning: Meaning
    says: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One register entry of the firm at the instant looked at."""

    state: EntryState
    meaning: Meaning
    word: str
    services: tuple[str, ...]  # codes listed for the home state


@get("/firms", name="firms_page")
async def firms_page(request: Visit, layout: TheLayout) -> Response[object]:
    """The search with its hits; the script asks for the same page while one types and takes the hits out of it."""
    place = Place.of(request)
    wanted = parameters(request, Typed)
    text = wanted.q.strip()
    found: Page[FirmHit] = Page(())
    if text:
        if (wait := layout.doors.take_address(address_of(request))) is not None:
            raise TooManyRequests("many searches came from this address; wait a little", retry_after_seconds=wait)
        found = await layout.doors.search(place.environment, text, wanted.limit, after(wanted.cursor, "entities"))
    return layout.render(
        "firms.html",
        place,
        section="firms",
        title=f"{text} · Firms" if text else "Firms",
        text=text,
        hits=found.items,
        next_cursor=cursor(found.after, "entities"),
        world=await layout.doors.world_summary(place.environment) if not text else None,
    )


@get("/firms/{entity_id:str}", name="firm_page")
async def firm_page(request: Visit, layout: TheLayout, entity_id: FromPath[str]) -> Response[object]:
    """One firm, now or as it was."""
    place = Place.of(request)
    wanted = parameters(request, InstantParameters)
    error = ""
    try:
        at, known_at = instants(wanted, layout.doors)
    except InvalidInput as problem:
        error, at, known_at = str(problem), layout.now, layout.now
    view = await layout.doors.entity(place.environment, entity_id, at=at, known_at=known_at)
    history = await layout.doors.entity_history(place.environment, entity_id)
    if view is None and not history:
        raise NotFound("no firm of that id was known then")
    if view is None:
        return layout.render(
            "firm_unknown.html",
            place,
            section="firms",
            title="Not known then",
            at=at,
            known_at=known_at,
            wanted=wanted,
            history=history,
            event_meaning=meaning_of_event,
            entity_id=entity_id,
            status=404,
        )
    entries = entries_of(view.firm, at=at, known_at=known_at)
    tiles = tiles_of(view.firm, at=at, known_at=known_at)
    return layout.render(
        "firm.html",
        place,
        section="firms",
        title=view.firm.name,
        view=view,
        firm=view.firm,
        standing=standing_of(entries),
        entries=entries,
        tiles=tiles,
        seen=seen_of(tiles),
        identifiers=identifiers_of(view.firm),
        legend=[(fill, sum(tile.fill == fill for tile in tiles)) for fill in ("full", "part", "clash", "gone", "none")],
        numbers=sorted({(entry.state.authorisation.authority_code, entry.state.authorisation.number) for entry in entries}),
        history=history,
        event_meaning=meaning_of_event,
        events=_on_the_line(history, layout.now),
        wanted=wanted,
        error=error,
        asked_now=not wanted.at and not wanted.known_at,
        looking=position(at, _line_start(history, layout.now), layout.now),
        line_years=_years(history, layout.now),
        branches=[branch for entry in entries for branch in entry.state.authorisation.branches if _seen_by(branch, at)],
        measures=[measure for entry in entries for measure in entry.state.authorisation.measures if _in_force(measure, at)],
    )


def _seen_by(branch: Branch, at: datetime) -> bool:
    """Whether a branch had been seen by then; one that lists no service has no day of its own."""
    return not branch.rights or any(right.first_seen_at <= at for right in branch.rights)


def _in_force(measure: Measure, at: datetime) -> bool:
    return measure.from_on <= at.date() and (measure.to_on is None or at.date() < measure.to_on)


def entries_of(firm: Firm, *, at: datetime, known_at: datetime) -> tuple[Entry, ...]:
    """The firm's register entries, those that live first."""
    made: list[Entry] = []
    for authorisation in firm.authorisations:
        state = entry_state(authorisation, at=at, known_at=known_at)
        meaning, word = _status(state.status)
        codes = {
            right.service_code
            for right in authorisation.rights
            if right.country == authorisation.home_country
            and right.first_seen_at <= at
            and not (right.last_missing_at and right.last_missing_at <= at)
        }
        made.append(Entry(state, meaning, word, tuple(sorted(codes)) or authorisation.roles))
    return tuple(sorted(made, key=lambda entry: (entry.meaning != "permitted", entry.state.authorisation.source)))


def _status(status: str) -> tuple[Meaning, str]:
    meaning, word = words.STATUS_WORDS[status]
    return _MEANINGS[meaning], word


_MEANINGS: dict[str, Meaning] = {
    "permitted": "permitted",
    "refused": "refused",
    "undetermined": "undetermined",
    "warning": "warning",
    "neutral": "neutral",
}


def standing_of(entries: tuple[Entry, ...]) -> tuple[Meaning, str]:
    """The firm's standing in one word: that of its best entry."""
    return (entries[0].meaning, entries[0].word) if entries else ("undetermined", "No register entry")


def tiles_of(firm: Firm, *, at: datetime, known_at: datetime) -> tuple[Tile, ...]:
    """A square a country. Rights of several authorities are united: a person looks at the firm, not at one certificate."""
    authorities = list(dict.fromkeys(a.authority for a in firm.authorisations if a.authority is not None))
    return tuple(
        _tile(code, column, row, firm, [country_rights(firm, authority, code, at=at, known_at=known_at) for authority in authorities], at)
        for code, (column, row) in sorted(TILES.items(), key=lambda item: (item[1][1], item[1][0]))
    )


def seen_of(tiles: tuple[Tile, ...], *, most: int = 6) -> tuple[Seen, ...]:
    """When countries were first seen with a right, and when one was last missed; newest first."""
    days: dict[tuple[date, bool], list[Tile]] = {}
    for tile in tiles:
        if tile.since is not None and not tile.home:
            days.setdefault((tile.since.date(), tile.fill == "gone"), []).append(tile)
    made = [
        Seen(
            max(t.since for t in group if t.since),
            "refused" if gone else "permitted",
            _named(group) + (" no longer listed" if gone else ""),
        )
        for (_, gone), group in days.items()
    ]
    return tuple(sorted(made, key=lambda seen: seen.at, reverse=True)[:most])


def _named(tiles: list[Tile]) -> str:
    """Up to four countries by name, more by number."""
    names = sorted(tile.name for tile in tiles)
    return ", ".join(names) if len(names) <= 4 else f"{len(names)} countries"


def identifiers_of(firm: Firm) -> tuple[str, ...]:
    """The organizationIdentifier by which a certificate names each of its authorisations (TS 119 495, PSD form)."""
    return tuple(dict.fromkeys(found for entry in firm.authorisations if (found := organization_identifier(entry))))


def _tile(code: str, column: int, row: int, firm: Firm, found: list[CountryRights], at: datetime) -> Tile:
    rights = {role: [right for one in found if (right := one.right(role)) is not None] for role, _, _ in _LETTERS}
    granted = {role for one in found for role in one.roles}
    seen = {right.standing for row_rights in rights.values() for right in row_rights}
    home = code in {a.home_country for a in firm.authorisations}
    route = next((one.by for one in found if one.by not in {"none", "unknown"}), "none")
    dates = [
        right.since_at
        for row_rights in rights.values()
        for right in row_rights
        if right.since_at is not None and right.standing not in ABSENT
    ]
    shown = tuple(
        (word, role in granted) for role, _, word in _LETTERS if role in granted or any(r.standing not in ABSENT for r in rights[role])
    )
    fill: Fill
    if seen & _UNSURE and not granted:
        fill = "clash"
    elif granted >= {"PSP_AI", "PSP_PI"}:
        fill = "full"
    elif granted & {role for role, _, _ in _LETTERS}:
        fill = "part"
    elif seen & _GONE:
        fill = "gone"
    else:
        fill = "none"
    return Tile(
        code,
        NAMES[code],
        column,
        row,
        fill,
        home,
        " ".join(letter for role, letter, _ in _LETTERS if role in granted),
        _says(code, fill, [word for role, _, word in _LETTERS if role in granted], at, home=home),
        route,
        min(dates, default=None),
        shown,
    )


def _says(code: str, fill: Fill, granted: list[str], at: datetime, *, home: bool) -> str:
    if granted:
        services = ", ".join(granted[:-1]) + " and " + granted[-1] if len(granted) > 1 else f"{granted[0]} only"
        return f"home state, {services}" if home else services
    match fill:
        case "clash":
            return "sources disagree"
        case "gone":
            return "no longer listed"
        case _:
            return "not in the EEA" if not in_eea(code, at) else "home state, none of these services" if home else "no passport"


def _line_start(history: tuple[FirmEvent, ...], now: datetime) -> datetime:
    """The line begins a little before the first event, at least two years back."""
    days = [_true_at(event) for event in history]
    first = min([*days, now.replace(year=now.year - 2, day=min(now.day, 28))])
    return datetime(first.year, 1, 1, tzinfo=UTC)


def _true_at(event: FirmEvent) -> datetime:
    return event.known_at if event.true_on is None else datetime(event.true_on.year, event.true_on.month, event.true_on.day, tzinfo=UTC)


def _on_the_line(history: tuple[FirmEvent, ...], now: datetime) -> list[tuple[float, FirmEvent, Meaning]]:
    start = _line_start(history, now)
    return [(position(_true_at(event), start, now), event, meaning_of_event(event.kind)) for event in reversed(history)]


def _years(history: tuple[FirmEvent, ...], now: datetime) -> list[tuple[float, int]]:
    start = _line_start(history, now)
    return [(position(datetime(year, 1, 1, tzinfo=UTC), start, now), year) for year in range(start.year, now.year + 1)]


def meaning_of_event(kind: str) -> Meaning:
    """How a change is drawn."""
    if kind in {"withdrawn", "removed", "service_removed", "branch_removed", "suspended", "replaced"}:
        return "refused"
    if kind in {"missing", "restricted", "ending", "conflict"}:
        return "warning"
    if kind in {"authorised", "registered", "added", "service_added", "branch_added", "first_seen", "reappeared"}:
        return "permitted"
    return "neutral"


ROUTES = [firms_page, firm_page]
