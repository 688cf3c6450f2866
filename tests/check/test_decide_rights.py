"""What a TPP may do is (roles in its certificate) and (rights in the register now, for this country)."""

from dataclasses import replace

import pytest
from tests.check.worlds import (
    HOUR,
    NOW,
    PAYMENT,
    a_firm,
    a_world,
    answer,
    ask,
    consequences,
    holder,
    of,
    outcome,
    said,
)
from tests.directory.firms import entry


def test_both_say_yes() -> None:
    decided = answer()
    assert outcome(decided) == ("permitted", "requirements_met")
    assert (decided.actor, decided.remedy, decided.retry_after_seconds, decided.degraded) == ("", "", None, False)
    assert {finding.code for finding in decided.findings} == {
        "role_in_certificate",
        "authorisation_in_force",
        "right_in_register",
        "right_in_country",
    }
    assert decided.roles.usable == ("PSP_AI", "PSP_PI")


@pytest.mark.parametrize(
    ("roles", "services", "expected", "reasons"),
    [
        (("PSP_PI",), "070", ("permitted", "requirements_met"), set()),
        (("PSP_AI",), "070", ("refused", "role_not_in_certificate"), {"role_not_in_certificate"}),
        (("PSP_PI",), "080", ("refused", "right_not_in_register"), {"right_not_in_register"}),
        (("PSP_AI",), "080", ("refused", "role_not_in_certificate"), {"role_not_in_certificate", "right_not_in_register"}),
        (("PSP_AS",), "070", ("refused", "role_not_in_certificate"), {"role_not_in_certificate"}),
        (("Unspecified",), "070", ("refused", "role_not_in_certificate"), {"role_not_in_certificate"}),
        ((), "070", ("refused", "role_not_in_certificate"), {"role_not_in_certificate"}),
    ],
)
def test_the_table_of_certificate_and_register(roles: tuple[str, ...], services: str, expected: tuple[str, str], reasons: set[str]) -> None:
    decided = answer(world=a_world(of("PSD_PI", {"DE": services})), assessment=holder(*roles))
    assert outcome(decided) == expected
    assert set(said(decided).values()) == reasons


@pytest.mark.parametrize(
    ("service", "role", "code"),
    [("ais", "PSP_AI", "080"), ("pis", "PSP_PI", "070"), ("cbpii", "PSP_IC", "05A"), ("cbpii", "PSP_IC", "050")],
)
def test_each_service_has_its_role_and_its_code(service: str, role: str, code: str) -> None:
    world = a_world(of("PSD_PI", {"DE": code}))
    assert answer(ask(service), world, holder(role)).word == "permitted"
    assert answer(ask(service), world, holder(*{"PSP_AI", "PSP_PI", "PSP_IC"} - {role})).reason == "role_not_in_certificate"
    assert answer(ask(service), a_world(of("PSD_PI", {"DE": "010"})), holder(role)).reason == "right_not_in_register"


def test_an_undivided_service_5_gives_the_role_with_a_warning() -> None:
    decided = answer(ask("cbpii"), a_world(of("PSD_PI", {"DE": "050"})), holder("PSP_IC"))
    assert consequences(decided) == {"undivided_service_code": "warn"}


@pytest.mark.parametrize(
    ("roles", "services", "expected"),
    [
        (("PSP_AI",), "080", "permitted"),
        (("PSP_AS", "PSP_PI", "PSP_AI"), "080", "permitted"),
        (("PSP_PI",), "080", "refused"),
        (("PSP_AS",), "080", "refused"),
        (("PSP_AI",), "010", "refused"),
    ],
)
def test_any_asks_for_an_authorised_tpp(roles: tuple[str, ...], services: str, expected: str) -> None:
    assert answer(ask("any"), a_world(of("PSD_PI", {"DE": services})), holder(*roles)).word == expected


def test_a_stale_register_cannot_show_that_a_right_is_absent() -> None:
    old = replace(PAYMENT, as_of=NOW - 80 * HOUR)
    decided = answer(world=a_world(of("PSD_PI", {"DE": "080"}), sources=(old,)))
    assert outcome(decided)[0] == "undetermined"
    assert said(decided) == {"right_in_register": "right_cannot_be_told", "register_recent": "register_too_old"}
    passport = answer(ask(country="IT"), a_world(a_firm(), sources=(old,)))
    assert said(passport)["right_in_country"] == "passport_cannot_be_told"
    assert passport.word == "undetermined"


def test_a_withdrawal_in_a_stale_register_still_refuses() -> None:
    old = replace(PAYMENT, as_of=NOW - 80 * HOUR)
    decided = answer(world=a_world(of("PSD_PI", {"DE": "070"}, authorised="2019-01-01 2026-08-27"), sources=(old,)))
    assert outcome(decided) == ("refused", "authorisation_withdrawn")


def test_another_authoritys_licence_is_a_hint_and_never_counts() -> None:
    firm = a_firm(entry(services={"DE": "080"}), entry("FR_ACPR!1376", {"FR": "070", "DE": "070"}))
    decided = answer(world=a_world(firm))
    assert outcome(decided) == ("refused", "right_not_in_register")
    assert consequences(decided)["licence_of_another_authority_not_counted"] == "info"
    assert "FR-ACPR 1376" in next(found.message for found in decided.findings if found.code == "licence_of_the_named_authority")


def test_types_under_one_number_are_united() -> None:
    firm = a_firm(entry(services={"DE": "080"}), entry(kind="PSD_EMI", services={"DE": "070"}))
    assert answer(world=a_world(firm)).word == "permitted"
    ended = a_firm(entry(services={"DE": "070"}, authorised="2019-01-01 2020-01-01"), entry(kind="PSD_EMI", services={"DE": "070"}))
    assert answer(world=a_world(ended)).word == "permitted"


def test_registers_that_disagree_leave_it_undetermined() -> None:
    firm = a_firm(entry(services={"DE": "080"}), entry(source="de_bafin", services={"DE": "070 080"}))
    national = replace(PAYMENT, source="de_bafin", authorities=frozenset({"DE-BAFIN"}))
    decided = answer(world=a_world(firm, sources=(PAYMENT, national)))
    assert outcome(decided) == ("undetermined", "sources_disagree")
    assert answer(ask("ais"), a_world(firm, sources=(PAYMENT, national))).word == "permitted"
