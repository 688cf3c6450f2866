"""What an authority's measure covers, and what it does on a day."""

from datetime import date

import pytest

from obdirectory.core.payment_services import PaymentService
from obdirectory.directory.index import Measure
from obdirectory.directory.measures import applying, closed_roles, effect, in_force, roles_in_scope

DAY = date(2026, 11, 24)


def measure(
    kind: str = "suspended", services: str = "", countries: str = "", begins: str = "2026-01-01", ends: str | None = None
) -> Measure:
    return Measure(
        kind,  # pyright: ignore[reportArgumentType]
        frozenset(services.split()),
        frozenset(countries.split()),
        date.fromisoformat(begins),
        None if ends is None else date.fromisoformat(ends),
        "curated",
        "22" * 32,
    )


@pytest.mark.parametrize(
    ("found", "country", "applies"),
    [
        (measure(), "DE", True),
        (measure(countries="FR"), "DE", False),
        (measure(countries="FR DE"), "DE", True),
        (measure(countries="RE"), "FR", True),
        (measure(begins="2026-11-24"), "DE", True),
        (measure(begins="2026-11-25"), "DE", False),
        (measure(ends="2026-11-24"), "DE", False),
        (measure(ends="2026-11-25"), "DE", True),
        (measure("ending", ends="2026-11-20"), "DE", True),
    ],
)
def test_a_measure_is_in_force_in_its_countries_and_its_time(found: Measure, country: str, applies: bool) -> None:
    assert (in_force([found], country=country, on=DAY) == (found,)) is applies


@pytest.mark.parametrize(
    ("services", "asked", "applies"),
    [
        ("", PaymentService.AIS, True),
        ("", PaymentService.ANY, True),
        ("PS_070", PaymentService.PIS, True),
        ("PS_070", PaymentService.AIS, False),
        ("PS_070", PaymentService.ANY, False),
        ("PSP_IC", PaymentService.CBPII, True),
        ("ais", PaymentService.AIS, True),
        ("PS_060", PaymentService.AIS, False),
        ("vop", PaymentService.VOP, False),
    ],
)
def test_a_measure_applies_to_the_services_it_names(services: str, asked: PaymentService, applies: bool) -> None:
    assert bool(applying([measure(services=services)], payment_service=asked, country="DE", on=DAY)) is applies


@pytest.mark.parametrize(
    ("found", "does"),
    [
        (measure("suspended"), "closes"),
        (measure("replaced"), "closes"),
        (measure("restricted"), "warns"),
        (measure("restricted", services="PS_080"), "closes"),
        (measure("warning"), "warns"),
        (measure("ending"), "ends"),
        (measure("ending", ends="2026-11-25"), "ends"),
        (measure("ending", ends="2026-11-24"), "closes"),
    ],
)
def test_each_kind_has_its_effect(found: Measure, does: str) -> None:
    assert effect(found, on=DAY) == does


def test_roles_closed_are_those_named_or_all() -> None:
    assert closed_roles([measure("warning"), measure("restricted")], on=DAY) == frozenset()
    assert closed_roles([measure(services="PS_070 PS_060"), measure("restricted", services="cbpii")], on=DAY) == {"PSP_PI", "PSP_IC"}
    assert closed_roles([measure(services="PS_070"), measure()], on=DAY) is None
    assert roles_in_scope(measure(services="nonsense PS_05A")) == {"PSP_IC"}
