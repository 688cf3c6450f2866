"""For whom a certificate speaks: jurisdiction, test numbers, bodies under no authority, verification of payee."""

from dataclasses import replace
from datetime import datetime

import pytest
from tests.check.worlds import (
    CURATED,
    NOW,
    NUMBER,
    PAYMENT,
    a_firm,
    a_world,
    answer,
    ask,
    assessed,
    certificate,
    holder,
    outcome,
    said,
)
from tests.directory.firms import entry

from obdirectory.core.finding import REQUIREMENTS
from obdirectory.core.nca import NcaId
from obdirectory.trust.assess import Assessment


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
