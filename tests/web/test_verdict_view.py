"""A verdict as people read it."""

import dataclasses
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.web.fake_doors import DER, NOW, FakeDirectory

from obdirectory.check.question import Question
from obdirectory.check.verdict import Verdict
from obdirectory.core.finding import REQUIREMENTS, Finding
from obdirectory.core.payment_services import PaymentService
from obdirectory.web.pages import words
from obdirectory.web.pages.home import freshness, list_standing, overview
from obdirectory.web.pages.verdict import meaning_of, view_of


def verdict(service: str, country: str = "DE", **changes: Any) -> Verdict:
    question = Question("live", DER, PaymentService(service), country)
    return msgspec.structs.replace(FakeDirectory().verdict(question, "all"), **changes)


@pytest.mark.parametrize(
    ("service", "country", "broken", "decides"),
    [("ais", "DE", None, None), ("pis", "DE", "Role", "passport"), ("cbpii", "DE", "Revocation", "register")],
)
def test_the_path_breaks_before_the_first_stop_that_is_no_yes(service: str, country: str, broken: str | None, decides: str | None) -> None:
    view = view_of(verdict(service, country))
    assert next((stop.title for stop in view.stops if stop.broken), None) == broken
    assert next((group.name for group in view.groups if group.open), None) == decides
    if decides:
        assert view.groups[0].name == decides
        assert sum(finding.decides for group in view.groups for finding in group.findings) == 1


@pytest.mark.parametrize(
    ("country_right", "said"),
    [("home", "its home authority lists"), ("fps", "its passport covers"), ("branch", "its branch in"), ("crd", "licence as a bank")],
)
def test_a_yes_says_what_it_rests_on(country_right: str, said: str) -> None:
    asked = verdict("ais", "NL")
    assert asked.authorisation
    asked = msgspec.structs.replace(asked, authorisation=msgspec.structs.replace(asked.authorisation, country_right=country_right))
    view = view_of(asked)
    assert said in view.because
    assert view.country == "the Netherlands"
    assert view.because.startswith("Its certificate carries PSP_AI, and ")


def test_an_unnamed_holder_and_an_unknown_code_are_still_a_page() -> None:
    """Answers of years ago may carry codes nobody declares any more."""
    bytes_alone = FakeDirectory().verdict(Question("live", b"nothing", PaymentService.AIS, "DE"), "all")
    assert view_of(bytes_alone).holder == "The holder of this certificate"
    old = verdict(
        "ais", verdict="refused", reason="gone_word", findings=(Finding("code_of_old", "no", "gone_word", "", None, (), "refuse"),)
    )
    view = view_of(old)
    assert view.because == "Code of old. Found: gone word."
    assert view.groups[0].findings[0].remedy == ""


@pytest.mark.parametrize(
    ("met", "consequence", "meaning"),
    [
        ("yes", "", "permitted"),
        ("not_applicable", "", "neutral"),
        ("no", "refuse", "refused"),
        ("unknown", "gap", "undetermined"),
        ("no", "warn", "warning"),
        ("unknown", "info", "info"),
        ("unknown", "", "undetermined"),
        ("no", "", "undetermined"),
    ],
)
def test_only_what_is_met_is_drawn_as_a_yes(met: Any, consequence: Any, meaning: str) -> None:
    assert meaning_of(Finding("x", met, "", "", None, (), consequence))[0] == meaning


def test_every_group_of_requirements_has_a_place_in_the_tree() -> None:
    for requirement in REQUIREMENTS.values():
        asked = verdict("ais", findings=(requirement.met(),))
        assert view_of(asked).groups[0].name == requirement.group


async def test_age_is_part_of_every_fact() -> None:
    directory = FakeDirectory()
    eba = (await directory.source_status("live"))[0]
    for hours, word in ((1, "Fresh"), (27, "Late"), (80, "Too old for payments")):
        assert freshness(msgspec.structs.replace(eba, as_of=NOW - timedelta(hours=hours)), NOW).word == word
    assert freshness(msgspec.structs.replace(eba, as_of=None), NOW).word == "Nothing loaded"
    austria = (await directory.list_status("live"))[1]
    for days, word in ((60, "In time"), (10, "Next update due"), (-1, "Past its next update")):
        assert list_standing(msgspec.structs.replace(austria, next_update_at=NOW + timedelta(days=days)), NOW).word == word
    assert list_standing(msgspec.structs.replace(austria, next_update_at=None), NOW).word == "Closed"


async def test_the_first_sentence_says_what_limits_the_answers() -> None:
    world = await FakeDirectory().world_summary("live")
    fresh = dataclasses.replace(world, lists=(world.lists[1],), sources=(world.sources[0],))
    for changed, headline in (
        (fresh, "Answering normally"),
        (dataclasses.replace(fresh, degraded=("database_unreachable",)), "Answering from the last known good state"),
        (dataclasses.replace(fresh, lists=()), "No trusted list loaded"),
        (dataclasses.replace(fresh, sources=()), "No register loaded"),
        (dataclasses.replace(fresh, lists=(), sources=()), "Nothing loaded yet"),
        (dataclasses.replace(fresh, lists=(world.lists[2],)), "Answering, with late evidence"),
    ):
        assert overview(changed, NOW).headline == headline


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3_600, "1 h"),
        (13_920, "3 h 52 min"),
        (100_000, "27 h"),
        (200_000, "2 d"),
        (-60, "1 min"),
    ],
)
def test_a_span_in_its_largest_units(seconds: float, said: str) -> None:
    assert words.span(seconds) == said
    assert words.span(timedelta(seconds=seconds)) == said


def test_words_of_codes() -> None:
    assert words.authority("LT_BL") == words.authority("LT-BL") == "Bank of Lithuania"
    assert words.authority("XX_YY") == "XX_YY"
    assert words.authority("a-b-c") == "a-b-c"
    assert words.when("not an instant") == "not an instant"
    assert words.when_day("2026-11-24T09:41:07Z") == "24 Nov 2026"
    assert words.count(1, "firm") == "1 firm"
    assert words.count(2_410, "firm") == "2,410 firms"
