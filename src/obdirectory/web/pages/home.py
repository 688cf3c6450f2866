"""The first page: what this directory knows of one environment, and how old it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar import Response, get

from obdirectory.check.policy import load_policies
from obdirectory.core.payment_services import PaymentService
from obdirectory.web.doors import ListStatus, SourceStatus, WorldSummary
from obdirectory.web.pages.bars import share
from obdirectory.web.pages.layout import Place, TheLayout, Visit
from obdirectory.web.pages.verdict import Meaning


@dataclass(frozen=True, slots=True)
class Freshness:
    """The age of one register against the limits of the strict policy."""

    meaning: Meaning
    word: str
    age: timedelta | None
    limit: timedelta
    filled: float  # per cent of the gauge, whose end is the age at which payments stop
    mark: float  # where up to nothing is said


def freshness(source: SourceStatus, now: datetime) -> Freshness:
    """How a register stands for payments under strict; the same for every page that shows it."""
    limits = load_policies()["strict"].limits[PaymentService.PIS]
    fine, warn = limits.source_age("curated" if source.kind == "curated" else "credit" if source.kind == "credit" else "payment")
    if source.as_of is None:
        return Freshness("undetermined", "Nothing loaded", None, fine, 0.0, share(fine.total_seconds(), warn.total_seconds()))
    age = max(now - source.as_of, timedelta())
    meaning: Meaning = "permitted" if age <= fine else "warning" if age <= warn else "undetermined"
    word = {"permitted": "Fresh", "warning": "Late", "undetermined": "Too old for payments"}[meaning]
    return Freshness(
        meaning, word, age, fine, share(age.total_seconds(), warn.total_seconds()), share(fine.total_seconds(), warn.total_seconds())
    )


@dataclass(frozen=True, slots=True)
class ListStanding:
    """How a trusted list stands: until when it counts, and how near that is."""

    meaning: Meaning
    word: str
    left: timedelta | None  # until its next update; negative when past
    filled: float  # per cent of its life used up


def list_standing(status: ListStatus, now: datetime) -> ListStanding:
    """In time, due within 14 days, past its next update, or not accepted at all."""
    if status.sequence is None or status.issued_at is None:
        return ListStanding(
            "refused" if status.outcome == "refused" else "neutral",
            "Not accepted" if status.outcome == "refused" else "Not loaded",
            None,
            0.0,
        )
    if status.next_update_at is None:
        return ListStanding("neutral", "Closed", None, 100.0)
    left = status.next_update_at - now
    filled = share((now - status.issued_at).total_seconds(), (status.next_update_at - status.issued_at).total_seconds())
    if left < timedelta():
        return ListStanding("warning", "Past its next update", left, 100.0)
    if left <= timedelta(days=14):
        return ListStanding("info", "Next update due", left, filled)
    return ListStanding("permitted", "In time", left, filled)


@dataclass(frozen=True, slots=True)
class Overview:
    """The sentence on top and the counts below it."""

    headline: str
    text: str
    loaded: bool


def overview(world: WorldSummary, now: datetime) -> Overview:
    """Whether this environment can answer, and what limits its answers."""
    lists = [status for status in world.lists if status.sequence is not None]
    serving = [source for source in world.sources if source.snapshot is not None]
    if not lists and not serving:
        return Overview(
            "Nothing loaded yet", "No certificate can be permitted until trusted lists and a register are loaded.", loaded=False
        )
    late = [source for source in serving if freshness(source, now).meaning != "permitted"]
    overdue = [status for status in lists if list_standing(status, now).meaning == "warning"]
    if not lists:
        return Overview("No trusted list loaded", "No certificate can be permitted until trusted lists are loaded.", loaded=True)
    if not serving:
        return Overview("No register loaded", "No firm can be permitted until a register is loaded.", loaded=True)
    if world.degraded:
        return Overview("Answering from the last known good state", "Every answer says so until what is away comes back.", loaded=True)
    if late or overdue:
        return Overview("Answering, with late evidence", _late_sentence(len(late), len(overdue)), loaded=True)
    return Overview("Answering normally", "All evidence is within its limits.", loaded=True)


def _late_sentence(registers: int, lists: int) -> str:
    parts = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in ((registers, "register", "registers"), (lists, "trusted list", "trusted lists"))
        if number
    ]
    be, it = ("is", "it") if registers + lists == 1 else ("are", "them")
    return f"{' and '.join(parts)} {be} past the limit; answers that rest on {it} say so."


@get("/", name="home")
async def home(request: Visit, layout: TheLayout) -> Response[object]:
    """The first page of an environment."""
    place = Place.of(request)
    world = await layout.doors.world_summary(place.environment)
    now = layout.now
    lists = sorted(world.lists, key=lambda status: (status.territory != "EU", status.territory))
    return layout.render(
        "home.html",
        place,
        section="home",
        title="Overview",
        world=world,
        overview=overview(world, now),
        sources=[(source, freshness(source, now)) for source in world.sources],
        lists=[(status, list_standing(status, now)) for status in lists],
        examples=layout.doors.sandbox_examples() if place.environment == "sandbox" else (),
    )


ROUTES = [home]
