"""How an authorisation stands: intervals, announced ends, measures, rows that vanished."""

from datetime import date
from typing import Literal, TypeAlias

import pytest
from tests.check.worlds import (
    HOUR,
    NOW,
    a_world,
    answer,
    ask,
    consequences,
    of,
    said,
)

from obdirectory.directory.index import Firm, Measure

MeasureKind: TypeAlias = Literal["suspended", "restricted", "ending", "replaced", "warning"]


@pytest.mark.parametrize(
    ("authorised", "expected"),
    [
        ("2019-01-01", "requirements_met"),
        ("2019-01-01 2026-08-27", "authorisation_withdrawn"),
        ("2019-01-01 2020-01-01 2021-01-01", "requirements_met"),
        ("2027-01-01", "authorisation_not_yet_in_force"),
        ("", "authorisation_dates_unreadable"),
        ("2026-11-24", "requirements_met"),
        ("2019-01-01 2026-11-24", "authorisation_withdrawn"),
    ],
)
def test_intervals_of_an_authorisation(authorised: str, expected: str) -> None:
    decided = answer(world=a_world(of("PSD_PI", {"DE": "070"}, authorised=authorised)))
    assert decided.reason == expected
    assert decided.word == {"requirements_met": "permitted", "authorisation_dates_unreadable": "undetermined"}.get(expected, "refused")


def test_an_announced_end_is_told_until_it_comes() -> None:
    decided = answer(world=a_world(of("PSD_PI", {"DE": "070"}, authorised="2019-01-01 2026-12-31")))
    assert (decided.word, consequences(decided)) == ("permitted", {"authorisation_ending": "warn"})
    assert decided.authorisation is not None
    assert decided.authorisation.status == "ENDING"


def measured(
    kind: MeasureKind, services: str = "", countries: str = "", *, from_on: str = "2026-01-01", to_on: str | None = None, note: str = ""
) -> Firm:
    scope = frozenset(services.split()), frozenset(countries.split())
    measure = Measure(kind, *scope, date.fromisoformat(from_on), date.fromisoformat(to_on) if to_on else None, "DE-BAFIN", "99" * 32, note)
    return of("PSD_PI", {"DE": "070 080", "FR": "070 080"}, measures=(measure,))


@pytest.mark.parametrize(
    ("firm", "expected", "told"),
    [
        (measured("suspended"), "suspended", {"suspended": "refuse"}),
        (measured("suspended", "PS_070"), "suspended", {"suspended": "refuse"}),
        (measured("suspended", "PS_080"), "requirements_met", {}),
        (measured("suspended", countries="FR"), "requirements_met", {}),
        (measured("suspended", from_on="2027-01-01"), "requirements_met", {}),
        (measured("suspended", to_on="2026-06-01"), "requirements_met", {}),
        (measured("restricted", "PS_070"), "restricted", {"restricted": "refuse"}),
        (measured("restricted", note="must not take new customers"), "requirements_met", {"restricted_in_words": "warn"}),
        (measured("warning", note="clone firm"), "requirements_met", {"warning_published": "warn"}),
        (measured("ending", to_on="2026-12-31"), "requirements_met", {"authorisation_ending": "warn"}),
        (measured("ending"), "requirements_met", {"authorisation_ending": "warn"}),
        (measured("ending", to_on="2026-11-01"), "authorisation_withdrawn", {"authorisation_withdrawn": "refuse"}),
        (measured("replaced", note="Zweite Zahlung AG"), "authorisation_replaced", {"authorisation_replaced": "refuse"}),
    ],
)
def test_measures(firm: Firm, expected: str, told: dict[str, str]) -> None:
    decided = answer(world=a_world(firm))
    assert decided.reason == expected
    assert consequences(decided) == told
    if firm.authorisations[0].measures[0].note:
        assert firm.authorisations[0].measures[0].note in decided.findings[0].message


def test_a_suspension_of_one_service_leaves_the_other() -> None:
    decided = answer(world=a_world(measured("suspended", "PS_070")))
    assert (decided.word, decided.roles.usable) == ("refused", ("PSP_AI",))


@pytest.mark.parametrize(("hours", "expected"), [(1, ("permitted", "warn")), (72, ("permitted", "warn")), (73, ("undetermined", "gap"))])
def test_a_missing_row_keeps_its_rights_for_three_days(hours: int, expected: tuple[str, str]) -> None:
    world = a_world(of("PSD_PI", {"DE": "070"}, missing_since_at=NOW - hours * HOUR))
    decided = answer(world=world)
    assert (decided.word, consequences(decided)) == (expected[0], {said(decided)["authorisation_still_listed"]: expected[1]})
    assert answer(ask("ais"), world).word == "refused"  # what it never had, it has not now
    assert decided.roles.usable == (("PSP_PI",) if expected[0] == "permitted" else ())
