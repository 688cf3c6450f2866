"""Whose number it is: found by which identifier, ambiguous, absent, an agent's."""

from dataclasses import replace

import pytest
from msgspec import structs
from tests.check.worlds import (
    CREDIT,
    CURATED,
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
    outcome,
    said,
)
from tests.directory.firms import entry

from obdirectory.check.world import AgentHint
from obdirectory.trust.assess import Assessment


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
    identity = given.identity
    return structs.replace(given, identity=structs.replace(identity, authorisation_number=identity.authorisation_number or identifier))


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
