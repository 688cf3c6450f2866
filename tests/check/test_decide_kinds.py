"""What each kind of firm may do, at home and abroad."""

from dataclasses import replace

import pytest
from tests.check.worlds import (
    CREDIT,
    CURATED,
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
from tests.directory.firms import branch, entry, rights


@pytest.mark.parametrize(
    ("kind", "services", "service", "country", "expected"),
    [
        ("PSD_EMI", {"DE": "070", "FR": "070"}, "pis", "FR", "requirements_met"),
        ("PSD_AISP", {"DE": "080", "FR": "080"}, "ais", "FR", "requirements_met"),
        ("PSD_AISP", {"DE": "080"}, "pis", "DE", "registered_for_account_information_only"),
        ("PSD_AISP", {"DE": "070 080"}, "pis", "DE", "registered_for_account_information_only"),
        ("PSD_EPI", {"DE": "070 080"}, "pis", "DE", "service_not_possible_for_type"),
        ("PSD_EEMI", {"DE": "080"}, "ais", "DE", "service_not_possible_for_type"),
        ("PSD_EPI", {"DE": "05A"}, "cbpii", "DE", "requirements_met"),
        ("PSD_EPI", {"DE": "05A"}, "cbpii", "FR", "home_country_only"),
        ("PSD_ENL", {"DE": "070"}, "pis", "DE", "requirements_met"),
        ("PSD_ENL", {"DE": "070"}, "pis", "FR", "home_country_only"),
        ("PSD_EXC", {"DE": "070"}, "pis", "DE", "excluded_from_authorisation"),
        ("CRD_CRE_INS", None, "pis", "DE", "requirements_met"),
        ("CRD_NON_EEA_BRA", None, "pis", "DE", "requirements_met"),
        ("CRD_NON_EEA_BRA", None, "pis", "FR", "home_country_only"),
    ],
)
def test_what_each_kind_of_firm_may_do(kind: str, services: dict[str, str] | None, service: str, country: str, expected: str) -> None:
    source = "eu_eba_credit" if kind.startswith("CRD") else "eu_eba"
    world = a_world(of(kind, services, source=source), sources=(PAYMENT, CREDIT))
    decided = answer(ask(service, country), world, holder("PSP_AI", "PSP_PI", "PSP_IC"))
    assert decided.reason == expected
    assert decided.word == ("permitted" if expected == "requirements_met" else "undetermined" if "possible" in expected else "refused")


def test_a_bank_abroad_rests_on_a_notification_nobody_publishes() -> None:
    world = a_world(of("CRD_CRE_INS", source="eu_eba_credit"), sources=(CREDIT,))
    for policy in ("strict", "lenient", "eba"):
        decided = answer(ask(country="FR", policy=policy), world)
        assert (decided.word, consequences(decided)) == ("permitted", {"crd_notification_not_public": "info"})
        assert decided.authorisation is not None
        assert decided.authorisation.country_right == "crd"


def test_a_bank_of_a_curated_list_may_be_restricted() -> None:
    world = a_world(a_firm(entry(source="curated", kind="CRD_CRE_INS", roles=("PSP_AS", "PSP_AI"))), sources=(PAYMENT, CURATED))
    assert answer(ask("ais"), world).word == "permitted"
    assert outcome(answer(ask("pis"), world)) == ("refused", "right_not_in_register")
    alone = replace(world, directory=replace(world.directory, sources={"curated": CURATED}))
    assert outcome(answer(ask("pis"), alone)) == ("undetermined", "right_cannot_be_told")  # no complete register shows that it lacks it


def test_a_branch_carries_the_right_its_parent_lacks() -> None:
    firm = of("PSD_PI", {"DE": "070 080", "ES": "080"}, branches=(branch("ES", "070"),))
    decided = answer(ask(country="ES"), a_world(firm))
    assert decided.word == "permitted"
    assert decided.authorisation is not None
    assert decided.authorisation.country_right == "branch"
    assert len(decided.evidence.registers[0].record_sha256) == 2
    unread = of("PSD_PI", {"DE": "070"}, branches=(branch("ES", "070", active=None),))
    assert answer(ask(country="ES"), a_world(unread)).word != "permitted"


@pytest.mark.parametrize(("policy", "expected"), [("strict", "refuse"), ("lenient", "warn"), ("eba", "info")])
def test_a_missing_passport(policy: str, expected: str) -> None:
    decided = answer(ask(country="IT", policy=policy))
    assert consequences(decided) == {"not_passported": expected}
    assert decided.word == ("refused" if expected == "refuse" else "permitted")
    assert decided.roles.in_register == ()
    assert decided.roles.usable == (() if expected == "refuse" else ("PSP_AI", "PSP_PI"))


@pytest.mark.parametrize(("policy", "expected"), [("strict", "refused"), ("lenient", "refused"), ("eba", "permitted")])
def test_a_passport_nobody_could_have(policy: str, expected: str) -> None:
    assert answer(ask(country="IT", policy=policy), a_world(of("PSD_ENL", {"DE": "070"}))).word == expected


@pytest.mark.parametrize("policy", ["strict", "lenient", "eba"])
def test_a_right_that_left_the_register_is_gone_at_once(policy: str) -> None:
    gone = a_firm(entry(services={"DE": "080"}, more=_vanished("DE")))
    decided = answer(ask(policy=policy), a_world(gone))
    assert outcome(decided) == ("refused", "right_not_in_register")
    abroad = answer(ask(country="FR", policy=policy), a_world(a_firm(entry(services={"DE": "070"}, more=_vanished("FR")))))
    assert said(abroad) == {"right_in_country": "not_passported"}


def _vanished(country: str):  # type: ignore[no-untyped-def]

    return rights({country: "070"}, missing_at=NOW - HOUR)
