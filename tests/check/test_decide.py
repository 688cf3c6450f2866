"""What a TPP may do is (roles in its certificate) and (rights in the register now, for this country): the rules, case by case."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias

import pytest
from tests.check.worlds import (
    BAFIN,
    BEFORE,
    CREDIT,
    CURATED,
    DAY,
    DE,
    EU,
    GOOD,
    HOUR,
    NOW,
    NUMBER,
    PAYMENT,
    a_firm,
    a_world,
    answer,
    ask,
    assessed,
    certificate,
    consequences,
    said,
)
from tests.directory.firms import branch, entry, rights

from obdirectory.check.decide import Decided, decide, explained, verdict_of
from obdirectory.check.question import Question
from obdirectory.check.verdict import Verdict
from obdirectory.check.world import AgentHint, World
from obdirectory.core.errors import InvalidInput
from obdirectory.core.finding import REQUIREMENTS, Finding, Rank
from obdirectory.core.identifiers import sha256_hex
from obdirectory.core.nca import NcaId
from obdirectory.directory.index import Firm, Measure, SourceState
from obdirectory.trust.assess import Assessment
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.revocation import RevocationAnswer

MeasureKind: TypeAlias = Literal["suspended", "restricted", "ending", "replaced", "warning"]


def holder(*roles: str, number: str = f"PSDDE-BAFIN-{NUMBER}") -> Assessment:
    return assessed(certificate(number, roles))


def _got(at: datetime) -> RevocationAnswer:
    return replace(GOOD, produced_at=at, this_update_at=at, known_at=at)


def outcome(decided: Decided) -> tuple[str, str]:
    return decided.word, decided.reason


def of(kind: str, services: dict[str, str] | None = None, **changes: Any) -> Firm:
    return a_firm(entry(services=services, kind=kind, **changes))


# -- Certificate and register (rules 3) ---------------------------------------------------------------------------------------


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


# -- Matching ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifier", "matched_by", "reason"),
    [
        (f"PSDDE-BAFIN-{NUMBER}", "exact", None),
        ("PSDDE-BAFIN-125314", "normalised", None),
        ("NTRDE-HRB 12345", "company_number", "found_by_company_number"),
        ("LEIXG-529900T8BM49AURSDO55", "lei", "found_by_lei"),
    ],
)
def test_by_what_the_firm_was_matched_is_said(identifier: str, matched_by: str, reason: str | None) -> None:
    world = a_world(a_firm(company_number="HRB 12345", lei="529900T8BM49AURSDO55"))
    decided = answer(world=world, assessment=assessed(certificate(identifier)))
    assert decided.word == "permitted"
    assert decided.authorisation is not None
    assert decided.authorisation.matched_by == matched_by
    assert consequences(decided) == ({} if reason is None else {reason: "warn"})
    lenient = answer(ask(policy="lenient"), world, assessed(certificate(identifier)))
    assert set(consequences(lenient).values()) <= {"info"}


@pytest.mark.parametrize("identifier", ["NTRDE-HRB 99999", "VATDE-123456789", "LEIXG-529900T8BM49AURSDO56", "DE:HR-777", "what is this"])
def test_another_form_that_matches_nobody_is_undetermined(identifier: str) -> None:
    decided = answer(world=a_world(a_firm(), sources=(PAYMENT, CREDIT)), assessment=_named(identifier))
    assert outcome(decided) == ("undetermined", "no_match_without_psd_number")


def _named(identifier: str) -> Assessment:
    """What can be read of nothing is the text itself."""
    given = assessed(certificate(identifier))
    return replace(given, identity=replace(given.identity, authorisation_number=given.identity.authorisation_number or identifier))


def test_a_number_of_two_firms_is_ambiguous() -> None:
    one, other = a_firm(), a_firm(entry("PSD_EMI!DE_BAFIN!10125314", {"DE": "070"}, kind="PSD_EMI"))
    decided = answer(world=a_world(one, other))
    assert outcome(decided) == ("undetermined", "ambiguous_number")
    assert decided.authorisation is not None
    assert (decided.authorisation.status, decided.tpp.entity_id) == ("AMBIGUOUS", None)


def test_not_found_in_any_register_needs_a_complete_and_recent_list_of_banks() -> None:
    stale, partial = replace(CREDIT, as_of=NOW - 80 * HOUR), replace(CREDIT, complete=False)
    french = replace(CREDIT, authorities=frozenset({"FR-ACPR"}))
    for sources in ((PAYMENT,), (PAYMENT, CURATED), (PAYMENT, stale), (PAYMENT, partial), (PAYMENT, french), (CREDIT,)):
        decided = answer(world=a_world(sources=sources))
        assert decided.word == "undetermined", sources
        assert said(decided)["found_in_register"] == "may_be_a_credit_institution"
    assert outcome(answer(world=a_world(sources=(PAYMENT, CREDIT)))) == ("refused", "not_found_in_any_register")


def test_the_order_in_which_registers_were_loaded_changes_nothing() -> None:
    one, other = (answer(world=a_world(sources=sources)) for sources in ((PAYMENT, CREDIT, CURATED), (CURATED, CREDIT, PAYMENT)))
    assert (one.evidence, one.findings) == (other.evidence, other.findings)


def test_a_partial_payment_register_cannot_show_absence() -> None:
    decided = answer(world=a_world(sources=(replace(PAYMENT, complete=False), CREDIT)))
    assert outcome(decided) == ("undetermined", "register_cannot_show_absence")


def test_an_agent_has_no_authorisation_of_its_own() -> None:
    hint = AgentHint("DE-BAFIN", NUMBER, ("Principal One GmbH", "Principal Two AG"))
    decided = answer(world=a_world(agents=(AgentHint("DE-BAFIN", "other", ("X",)), hint)))
    assert outcome(decided) == ("refused", "agents_have_no_own_authorisation")
    assert "Principal One GmbH, Principal Two AG" in decided.findings[0].message
    assert answer(world=a_world(agents=(AgentHint("DE-BAFIN", NUMBER, ()),))).reason == "may_be_a_credit_institution"


def test_an_index_that_points_to_a_firm_of_another_authority_grants_nothing() -> None:
    french = a_firm(entry("FR_ACPR!1376", {"DE": "070", "FR": "070"}))
    world = a_world(french)
    crooked = replace(world, directory=replace(world.directory, exact={("DE-BAFIN", NUMBER): (french.entity_id,)}))
    decided = answer(world=crooked)
    assert decided.word == "undetermined"
    assert decided.roles.usable == ()
    assert decided.authorisation is not None
    assert (decided.authorisation.type, decided.authorisation.status) == ("", "UNKNOWN")


def test_another_name_is_told_and_changes_nothing() -> None:
    firm = a_firm(name="Zahlmeister GmbH")
    decided = answer(world=a_world(firm), assessment=assessed(name="Brand of Zahlmeister"))
    assert (decided.word, consequences(decided)) == ("permitted", {"presented_under_another_name": "info"})
    for name in ("Zahlmeister GmbH", "ZAHLMEISTER  GMBH", "", firm.authorisations[0].name):
        assert said(answer(world=a_world(firm), assessment=assessed(name=name))) == {}


# -- Kinds of firm (rules 4) ---------------------------------------------------------------------------------------------------


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


# -- Status and measures (rules 5) ---------------------------------------------------------------------------------------------


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


# -- Freshness and revocation (rules 6, 7) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "service", "hours", "expected"),
    [
        ("strict", "pis", 26, {}),
        ("strict", "pis", 27, {"register_ageing": "warn"}),
        ("strict", "pis", 72, {"register_ageing": "warn"}),
        ("strict", "pis", 73, {"register_too_old": "gap"}),
        ("strict", "ais", 73, {"register_ageing": "warn"}),
        ("strict", "ais", 169, {"register_too_old": "gap"}),
        ("lenient", "pis", 72, {}),
        ("lenient", "pis", 336, {"register_ageing": "warn"}),
        ("lenient", "pis", 337, {"register_too_old": "gap"}),
        ("eba", "pis", 73, {"register_ageing": "warn"}),
    ],
)
def test_age_of_the_register(policy: str, service: str, hours: int, expected: dict[str, str]) -> None:
    world = a_world(a_firm(), sources=(replace(PAYMENT, as_of=NOW - hours * HOUR),))
    decided = answer(ask(service, policy=policy), world)
    assert consequences(decided) == expected
    assert decided.word == ("undetermined" if "gap" in expected.values() else "permitted")
    assert decided.retry_after_seconds == (900 if "gap" in expected.values() else None)


def test_only_the_register_a_grant_rests_on_must_be_recent() -> None:
    world = a_world(a_firm(), sources=(PAYMENT, replace(CREDIT, as_of=NOW - 100 * DAY)))
    decided = answer(world=world)
    assert decided.word == "permitted"
    assert [register.source for register in decided.evidence.registers] == ["eu_eba"]


def test_a_firm_of_a_register_whose_state_is_lost_is_no_yes() -> None:
    decided = answer(world=a_world(a_firm(), sources=(CREDIT,)))
    assert outcome(decided) == ("undetermined", "register_of_authority_not_loaded")


@pytest.mark.parametrize(
    ("policy", "hours", "expected"),
    [
        ("strict", 0, {}),
        ("strict", 72, {"trusted_list_overdue": "warn"}),
        ("strict", 73, {"trusted_list_too_old": "gap"}),
        ("lenient", 720, {"trusted_list_overdue": "warn"}),
        ("lenient", 721, {"trusted_list_too_old": "gap"}),
        ("eba", 73, {"trusted_list_overdue": "warn"}),
    ],
)
@pytest.mark.parametrize("territory", ["EU", "DE"])
def test_a_list_past_its_next_update(policy: str, hours: int, expected: dict[str, str], territory: str) -> None:
    lists = tuple(replace(one, next_update_at=NOW - hours * HOUR) if one.territory == territory else one for one in (EU, DE))
    decided = answer(ask(policy=policy), assessment=assessed(lists=lists))
    assert consequences(decided) == expected


def test_a_closed_list_has_no_next_update() -> None:
    assert said(answer(assessment=assessed(lists=(EU, replace(DE, next_update_at=None))))) == {}


@pytest.mark.parametrize(
    ("policy", "service", "minutes", "expected"),
    [
        ("strict", "pis", 60, {}),
        ("strict", "pis", 61, {"revocation_stale": "warn"}),
        ("strict", "ais", 240, {}),
        ("strict", "ais", 241, {"revocation_stale": "warn"}),
        ("strict", "pis", 25 * 60, {"revocation_stale": "warn"}),
        ("strict", "pis", 25 * 60 + 1, {"revocation_too_old": "gap"}),
        ("lenient", "pis", 24 * 60, {}),
        ("lenient", "pis", 96 * 60, {"revocation_stale": "warn"}),
        ("lenient", "pis", 96 * 60 + 1, {"revocation_too_old": "gap"}),
        ("eba", "pis", 96 * 60 + 1, {"revocation_too_old": "warn"}),
    ],
)
def test_reuse_of_a_revocation_answer(policy: str, service: str, minutes: int, expected: dict[str, str]) -> None:
    at = NOW - timedelta(minutes=minutes)
    good = replace(GOOD, produced_at=at, this_update_at=at, known_at=at, next_update_at=None)
    decided = answer(ask(service, policy=policy), assessment=assessed(revocation=good))
    assert consequences(decided) == expected


def test_an_answer_got_now_counts_from_now_but_never_beyond_its_own_next_update() -> None:
    old = replace(GOOD, produced_at=NOW - 5 * DAY, this_update_at=NOW - 5 * DAY, known_at=NOW, next_update_at=NOW + DAY)
    assert said(answer(assessment=assessed(revocation=old))) == {}
    over = replace(old, next_update_at=NOW - HOUR)
    assert said(answer(assessment=assessed(revocation=over))) == {"revocation_answer_recent": "revocation_stale"}
    assert said(answer(assessment=assessed(revocation=replace(old, next_update_at=NOW - 3 * DAY)))) == {
        "revocation_answer_recent": "revocation_too_old"
    }


@pytest.mark.parametrize(("policy", "expected"), [("strict", "undetermined"), ("lenient", "undetermined"), ("eba", "permitted")])
def test_no_answer_ever_is_never_permitted_but_under_eba(policy: str, expected: str) -> None:
    silent = assessed(revocation=None, findings=[REQUIREMENTS["revocation_known"].unknown("none", reason="revocation_unknown")])
    decided = answer(ask(policy=policy), assessment=silent)
    assert decided.word == expected
    assert decided.certificate.revocation_status == "unknown"


@pytest.mark.parametrize("policy", ["strict", "lenient", "eba"])
def test_a_responder_that_does_not_know_the_certificate_is_a_gap(policy: str) -> None:
    told = REQUIREMENTS["revocation_known"].unknown("unknown", reason="not_known_to_responder")
    decided = answer(ask(policy=policy), assessment=assessed(revocation=replace(GOOD, status="unknown"), findings=[told]))
    assert outcome(decided) == ("undetermined", "not_known_to_responder")


# -- Jurisdiction, test numbers, bodies under no authority, payee verification (rules 8, 9) -------------------------------------


@pytest.mark.parametrize(
    ("nca", "country", "at", "refused"),
    [
        ("GB-FCA", "DE", None, True),
        ("GB-FCA", "DE", datetime(2020, 12, 31, 22, tzinfo=NOW.tzinfo), False),
        ("GB-FCA", "GB", None, False),
        ("DE-BAFIN", "GB", None, True),
        ("DE-BAFIN", "CH", None, True),
        ("DE-BAFIN", "GB", datetime(2020, 1, 1, tzinfo=NOW.tzinfo), False),
    ],
)
def test_a_certificate_is_of_the_accounts_jurisdiction(nca: str, country: str, at: datetime | None, refused: bool) -> None:
    given = assessed(certificate(f"PSD{nca}-{NUMBER}", nca_id=nca), nca_id=NcaId.parse(nca))
    decided = answer(ask(country=country, at=at), assessment=given)
    assert ("certificate_not_valid_in_this_jurisdiction" in said(decided).values()) is refused
    assert decided.word != "permitted"


@pytest.mark.parametrize("kind", ["obwac", "obseal"])
def test_an_obwac_is_not_valid_in_the_eea_and_that_is_said_before_it_is_called_unlisted(kind: str) -> None:
    unlisted = REQUIREMENTS["issuer_listed"].not_met("The issuer is in no list.")
    given = assessed(certificate("PSDGB-OB-Unknown001", nca_id="GB-FCA"), nca_id=NcaId("GB", "FCA"), kind=kind, findings=[unlisted])
    assert outcome(answer(assessment=given)) == ("refused", "certificate_not_valid_in_this_jurisdiction")
    assert answer(assessment=assessed(kind=kind)).reason == "certificate_not_valid_in_this_jurisdiction"


@pytest.mark.parametrize(("identifier", "nca_id"), [("PSDXX-TEST-1", "DE-BAFIN"), ("PSDDE-BAFIN-1", "XY-TEST")])
def test_test_numbers_open_the_sandbox_alone(identifier: str, nca_id: str) -> None:
    given = assessed(certificate(identifier, nca_id=nca_id), nca_id=None)
    assert outcome(answer(assessment=given)) == ("refused", "test_number")
    sandbox = answer(ask(environment="sandbox"), replace(a_world(a_firm()), environment="sandbox"), given)
    assert outcome(sandbox) == ("undetermined", "authority_unknown")


def test_a_holder_that_cannot_be_identified() -> None:
    assert outcome(answer(assessment=assessed(certificate(None)))) == ("refused", "no_authorisation_number")
    unknown = assessed(certificate("PSDDE-NOBODY-1", nca_id="DE-NOBODY"), nca_id=None)
    assert outcome(answer(assessment=unknown)) == ("undetermined", "authority_unknown")
    bare = assessed(certificate("PSDDE-NOBODY-1", psd2=()), nca_id=None)
    assert "PSDDE-NOBODY-1" in answer(assessment=bare).findings[0].message
    assert said(answer(assessment=assessed(certificate(None, psd2=()), nca_id=None)))["role_in_certificate"] == "role_not_in_certificate"


def body_without_authority(*roles: str, identifier: str = "NTRDE-HRB 1") -> Assessment:
    return assessed(certificate(identifier, roles, "NA"), nca_id=None)


@pytest.mark.parametrize("role", ["PSP_CB", "PSP_PA"])
@pytest.mark.parametrize("service", ["ais", "pis", "cbpii", "any"])
def test_a_body_under_no_authority_needs_a_curated_entry(role: str, service: str) -> None:
    decided = answer(ask(service), assessment=body_without_authority(role))
    assert decided.word == "undetermined"
    assert "no_competent_authority" in said(decided).values()
    assert answer(ask(service), assessment=body_without_authority(role, "PSP_AI")).reason == "no_authority_for_a_supervised_role"
    assert answer(ask(service), assessment=body_without_authority(role, identifier="LEIXG-529900T8BM49AURSDO55")).word == "undetermined"


def test_a_curated_entry_grants_a_body_under_no_authority() -> None:
    granted = entry("DE_NA!HRB 1", source="curated", roles=("PSP_AI",), owner="DE_NA")
    source = replace(CURATED, authorities=frozenset({"DE-NA"}))
    world = a_world(a_firm(replace(granted, authority=NcaId("DE", "NA")), company_number="HRB 1"), sources=(PAYMENT, source))
    assert answer(ask("ais"), world, body_without_authority("PSP_PA")).word == "permitted"
    assert answer(ask("pis"), world, body_without_authority("PSP_PA")).word == "undetermined"


def test_verification_of_payee_asks_for_a_qwac_and_no_role() -> None:
    decided = answer(ask("vop"), a_world(sources=()), holder("VOP_RS"))
    assert outcome(decided) == ("undetermined", "scheme_directory_not_loaded")
    assert said(decided) == {"in_scheme_directory": "scheme_directory_not_loaded"}
    assert outcome(answer(ask("vop"), assessment=assessed(kind="qsealc"))) == ("refused", "qwac_needed")
    assert answer(ask("ais"), assessment=holder("VOP_RS", "VOP_VS")).reason == "role_not_in_certificate"


# -- Nothing loaded, last known good, any bytes --------------------------------------------------------------------------------


def test_nothing_loaded_is_undetermined_and_says_what_is_missing() -> None:
    unlisted = REQUIREMENTS["issuer_listed"].unknown("No list.", reason="no_trusted_list_loaded")
    nothing = assessed(lists=(), signature_verified=False, revocation=None, service=None, findings=[unlisted])
    decided = answer(world=a_world(sources=(), trust=TrustIndex()), assessment=nothing)
    assert outcome(decided) == ("undetermined", "no_trusted_list_loaded")
    assert {"no_trusted_list_loaded", "no_register_loaded"} <= set(said(decided).values())
    nobody = answer(world=a_world(sources=()), assessment=assessed(certificate("PSDDE-NOBODY-1"), nca_id=None))
    assert "no_register_loaded" in said(nobody).values()


def test_the_last_known_good_answers_and_says_so() -> None:
    decided = answer(world=a_world(a_firm(), degraded=("database_unreachable",)))
    assert (decided.word, decided.degraded, consequences(decided)) == ("permitted", True, {"last_known_good_in_use": "warn"})
    assert "database_unreachable" in decided.findings[0].message


@pytest.mark.parametrize("content", [b"", b"\x30", b"hello", b"\x30\x82\xff\xff" + b"\x00" * 300])
def test_bytes_that_are_no_certificate_are_refused(content: bytes) -> None:
    verdict = decide(ask(certificate=content), a_world(a_firm()), now=NOW, verdict_id="id")
    assert (verdict.verdict, verdict.reason, verdict.certificate.kind) == ("refused", "unreadable_certificate", "other")
    assert verdict.question.certificate_sha256 == sha256_hex(content)
    assert (verdict.tpp.name, verdict.authorisation, verdict.evidence.registers) == ("", None, ())


def test_a_policy_nobody_has_is_an_input_error() -> None:
    with pytest.raises(InvalidInput, match="use one of eba, lenient, strict"):
        answer(ask(policy="generous"))


def test_a_refusal_beats_a_gap_and_rank_names_the_verdict() -> None:
    findings = [
        REQUIREMENTS["certificate_in_period"].not_met("over"), REQUIREMENTS["not_revoked"].not_met("revoked"),
        REQUIREMENTS["issuer_listed"].unknown("no list", reason="trusted_list_not_loaded"),
    ]  # fmt: skip
    decided = answer(ask(country="IT"), assessment=assessed(findings=findings))
    assert (decided.word, decided.reason, decided.actor) == ("refused", "certificate_revoked", "tpp")
    assert decided.remedy
    assert decided.roles.usable == ()
    assert answer(assessment=assessed(findings=findings[2:])).reason == "trusted_list_not_loaded"
    assert [Rank(rank) for rank in sorted(Rank)] == list(Rank)


def test_a_finding_nobody_declared_refuses_and_still_has_a_remedy() -> None:
    decided = answer(assessment=assessed(findings=[Finding("from_the_future", "no", "not_known_yet", "Something new.")]))
    assert (decided.word, decided.reason, decided.actor, decided.remedy) == ("refused", "not_known_yet", "operator", "Something new.")
    assert answer(assessment=assessed(findings=[Finding("from_the_future", "unknown", "not_known_yet")])).word == "undetermined"


def test_a_conflict_is_named_before_other_gaps() -> None:
    gap = REQUIREMENTS["issuer_listed"].unknown("no list", reason="trusted_list_not_loaded")
    conflict = REQUIREMENTS["sources_agree"].unknown("two words")
    assert answer(assessment=assessed(findings=[gap, conflict])).reason == "sources_disagree"


# -- Time (design, Time) -------------------------------------------------------------------------------------------------------


def test_freshness_counts_at_the_instant_asked_about_when_it_says_what_was_known() -> None:
    past = NOW - 30 * DAY
    old = replace(PAYMENT, as_of=past - HOUR)
    good = replace(GOOD, produced_at=past, this_update_at=past, known_at=past, next_update_at=None)
    lists = (replace(EU, issued_at=past - DAY, next_update_at=past + DAY), replace(DE, issued_at=past - DAY, next_update_at=past + DAY))
    world, given = a_world(a_firm(), sources=(old,)), assessed(revocation=good, lists=lists)
    then = answer(ask(at=past, known_at=past), world, given)
    assert (then.word, said(then)) == ("permitted", {})
    now = answer(ask(at=past), world, given)
    assert now.word == "undetermined"
    assert set(said(now).values()) == {"register_too_old", "trusted_list_too_old", "revocation_too_old"}
    assert now.retry_after_seconds is None


def test_evidence_published_after_the_instant_asked_about_is_as_young_as_can_be() -> None:
    decided = answer(
        ask(at=NOW - 40 * DAY), a_world(a_firm()), assessed(lists=(replace(EU, issued_at=NOW - DAY), replace(DE, issued_at=NOW - DAY)))
    )
    assert (decided.word, said(decided)) == ("permitted", {})


@pytest.mark.parametrize(("policy", "expected"), [("strict", "gap"), ("lenient", "warn"), ("eba", "warn")])
def test_a_right_first_seen_later_is_not_known_to_have_been_there(policy: str, expected: str) -> None:
    decided = answer(ask(at=BEFORE - 40 * DAY, policy=policy))
    assert consequences(decided) == {"right_first_seen_later": expected}
    assert decided.roles.usable == (() if expected == "gap" else ("PSP_AI", "PSP_PI"))


# -- What a verdict says -------------------------------------------------------------------------------------------------------


def verdict(question: Question | None = None, world: World | None = None, assessment: Assessment | None = None) -> Verdict:
    question = question or ask(request_id="r-1")
    return verdict_of(answer(question, world, assessment), question, verdict_id="id-1", now=NOW)


def test_the_verdict_names_all_it_rests_on_and_nothing_else() -> None:
    found = verdict(world=a_world(a_firm(), sources=(PAYMENT, CREDIT, CURATED)))
    evidence = found.evidence
    assert (evidence.world.version, evidence.world.sha256, evidence.chain_sha256) == (1, "ee" * 32, ("dd" * 32,))
    assert [(one.territory, one.sequence) for one in evidence.trust_lists] == [("EU", 390), ("DE", 120)]
    assert [(one.source, one.snapshot, one.record_sha256) for one in evidence.registers] == [("eu_eba", "snapshot-1", ("00" * 32,))]
    assert evidence.revocation is not None
    assert (evidence.revocation.method, evidence.revocation.sha256) == ("ocsp", "cc" * 32)
    assert evidence.policy_sha256 == a_world().policy("strict").sha256
    assert found.question.request_id == "r-1"
    absent = verdict(world=a_world(sources=(PAYMENT, CREDIT)), assessment=assessed(revocation=None))
    assert [(one.source, one.record_sha256) for one in absent.evidence.registers] == [("eu_eba", ()), ("eu_eba_credit", ())]
    assert absent.evidence.revocation is None


def test_only_a_permitted_verdict_allows_and_what_was_not_shown_is_said() -> None:
    assert (verdict().decision.allow, verdict().decision.because) == (True, "verdict permitted; possession of the key was not shown")
    shown = verdict(ask(country="IT", possession="tls_peer"))
    assert (shown.decision.allow, shown.decision.because) == (False, "verdict refused")


def test_explaining_all_returns_every_requirement_once_asked() -> None:
    met = REQUIREMENTS["signature_verified"].met("It does.")
    decided = answer(ask(country="IT"), assessment=assessed(findings=[met]))
    found = verdict_of(decided, ask(country="IT"), verdict_id="id", now=NOW, explain_all=True).findings
    assert found == explained(decided)
    codes = [finding.code for finding in found]
    assert len(codes) == len(set(codes))
    assert codes[0] == "signature_verified"
    assert {"evidence_current", "role_in_certificate", "found_in_register", "right_in_country", "register_recent"} <= set(codes)
    assert {finding.code: finding.met for finding in found}["service_code_divided"] == "not_applicable"
    withdrawn = answer(world=a_world(of("PSD_PI", {"DE": "070"}, authorised="2019-01-01 2020-01-01")))
    mets = {finding.code: finding.met for finding in explained(withdrawn)}
    assert (mets["right_in_register"], mets["authorisation_in_force"], mets["role_in_certificate"]) == ("not_applicable", "no", "yes")
    twice = answer(assessment=assessed(lists=(replace(EU, next_update_at=NOW - HOUR), replace(DE, next_update_at=NOW - HOUR))))
    assert [finding.code for finding in explained(twice)].count("trusted_list_in_time") == 2


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, 15),
        ({"revocation": None}, 15),
        ({"revocation": _got(NOW - HOUR + timedelta(minutes=5))}, 5),
        ({"certificate": certificate(not_after_at=NOW + timedelta(minutes=3))}, 3),
    ],
)
def test_until_when_a_gateway_may_keep_the_answer(changes: dict[str, Any], minutes: int) -> None:
    given = assessed(**changes)
    assert verdict(assessment=given).valid_until == f"2026-11-24T12:{minutes:02d}:00Z"


def test_an_answer_is_not_kept_longer_than_its_register_lasts() -> None:
    world = a_world(a_firm(), sources=(replace(PAYMENT, as_of=NOW - 72 * HOUR + timedelta(minutes=4)),))
    assert verdict(world=world).valid_until == "2026-11-24T12:04:00Z"
    assert verdict(ask("ais"), world).valid_until == "2026-11-24T13:00:00Z"


def test_an_answer_about_the_past_is_over() -> None:
    assert verdict(ask(at=NOW - 30 * DAY)).valid_until == "2026-10-25T12:15:00Z"


@pytest.mark.parametrize(
    ("changes", "sources", "expected"),
    [
        ({}, (PAYMENT,), NOW + timedelta(minutes=5)),
        ({}, (replace(PAYMENT, as_of=NOW - 26 * HOUR + timedelta(minutes=1)),), NOW + timedelta(minutes=1)),
        ({"lists": (replace(EU, next_update_at=NOW + timedelta(minutes=2)), DE)}, (PAYMENT,), NOW + timedelta(minutes=2)),
        ({"revocation": _got(NOW - HOUR + timedelta(minutes=3))}, (PAYMENT,), NOW + timedelta(minutes=3)),
        ({"certificate": certificate(not_before_at=NOW + timedelta(minutes=4))}, (PAYMENT,), NOW + timedelta(minutes=4)),
    ],
)
def test_a_decision_holds_until_time_alone_could_change_it(
    changes: dict[str, Any], sources: tuple[SourceState, ...], expected: datetime
) -> None:
    decided = answer(world=a_world(a_firm(), sources=sources), assessment=assessed(**changes))
    assert decided.holds_until == expected


def test_a_decision_holds_until_a_missing_row_is_a_gap_and_never_over_midnight() -> None:
    missing = of("PSD_PI", {"DE": "070"}, missing_since_at=NOW - 72 * HOUR + timedelta(minutes=1))
    assert answer(world=a_world(missing)).holds_until == NOW + timedelta(minutes=1)
    late = NOW.replace(hour=23, minute=58)
    assert answer(now=late).holds_until == late + timedelta(minutes=2)


def test_a_decision_about_named_instants_holds_for_ever() -> None:
    assert answer(ask(at=NOW - DAY, known_at=NOW - DAY)).holds_until.year == 9999
    assert answer(ask(at=NOW - DAY)).holds_until < NOW + DAY


def test_dates_at_the_end_of_the_calendar_are_no_exception() -> None:
    end = datetime.max.replace(tzinfo=NOW.tzinfo)
    given = assessed(
        lists=(replace(EU, next_update_at=end), DE), revocation=replace(GOOD, produced_at=end, known_at=None, next_update_at=None)
    )
    assert answer(world=a_world(a_firm(), sources=(replace(PAYMENT, as_of=end),)), assessment=given).word == "permitted"


def test_the_holder_is_shown_as_registered() -> None:
    found = verdict(world=a_world(a_firm(name="Zahlmeister GmbH")), assessment=assessed(name="Brand"))
    assert (found.tpp.name, found.tpp.home_country, found.tpp.nca_id, found.tpp.authorisation_number) == (
        "Zahlmeister GmbH",
        "DE",
        str(BAFIN),
        NUMBER,
    )
    unknown = verdict(world=a_world(), assessment=assessed(name="Brand"))
    assert (unknown.tpp.name, unknown.tpp.entity_id, unknown.tpp.home_country) == ("Brand", None, "DE")


def test_a_hold_is_shown_as_revoked() -> None:
    assert answer(assessment=assessed(revocation=replace(GOOD, status="on_hold"))).certificate.revocation_status == "revoked"
