"""The credit register's search answers: unwrapped, told apart from the payment register's rows."""

import json
from datetime import date
from typing import Any

import pytest

from obdirectory.registers.row import Refusal, Row
from obdirectory.registers.sources import eu_eba_credit

BANK: dict[str, Any] = {
    "CA_OwnerID": "SE_FINA",
    "EntityCode": "54930000000000000001",
    "EntityType": "CRD_CRE_INS",
    "Properties": [
        {"ENT_COD_TYP": "LEI"},
        {"ENT_COD": "54930000000000000001"},
        {"ENT_NAT_REF_COD": "41000"},
        {"ENT_NAM": "Invented Bank AB"},
        {"ENT_COU_RES": "SE"},
        {"ENT_TOW_CIT_RES": "Stockholm"},
        {"ENT_AUT": ["1998-05-04"]},
        {"EEA_DEP_GUA_SCH": "SE01"},
    ],
    "__EBA_EntityVersion": "20260801000000000",
}
BRANCH: dict[str, Any] = {
    "EntityCode": "SE_BR_DE",
    "EntityType": "CRD_EEA_BRA",
    "Properties": [{"COM_AUT": "DE_BAFIN"}, {"ENT_NAM": "Invented Bank, Berlin"}, {"ENT_COD_CRE_INS_EST_BRA": "54930000000000000001"}],
}


def wrapped(*rows: dict[str, Any]) -> bytes:
    return json.dumps([{"_id": n, "_messagetype": "EUCLIDMD", "_payload": row} for n, row in enumerate(rows)]).encode()


def split(content: bytes) -> list[bytes]:
    found = eu_eba_credit.split(content)
    assert not isinstance(found, Refusal), found.message
    return [bytes(raw) for raw in found]


@pytest.mark.parametrize("content", [wrapped(BANK), json.dumps([BANK]).encode(), json.dumps([[{"__EBA_Disclaimer": {}}], [BANK]]).encode()])
def test_a_bank_is_read_however_it_is_wrapped(content: bytes) -> None:
    [raw] = split(content)
    record = eu_eba_credit.record(raw)
    assert (record.entity_type, record.national_number, record.lei) == ("CRD_CRE_INS", "41000", "54930000000000000001")
    assert record.authorised_on == (date(1998, 5, 4),)
    assert record.deviations == ()


def test_a_branch_names_its_parent_and_its_authority() -> None:
    [_, raw] = split(wrapped(BANK, BRANCH))
    record = eu_eba_credit.record(raw)
    assert (record.kind, record.parent_code, record.authority_code) == ("branch", "54930000000000000001", "DE_BAFIN")
    assert isinstance(eu_eba_credit.row(raw), Row)
    assert eu_eba_credit.properties(raw)["ENT_NAM"] == ("Invented Bank, Berlin",)


def test_rows_of_the_payment_register_are_refused() -> None:
    """The search once answered with the other register's rows."""
    found = eu_eba_credit.split(wrapped(BANK, {**BANK, "EntityType": "PSD_PI"}))
    assert isinstance(found, Refusal)
    assert found.reason == "not_this_register"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file_empty"),
        (b"[]", "no_records"),
        (b"[1]", "no_records"),
        (b"[{}]", "not_this_register"),
        (b'[{"a":', "json_incomplete"),
        (b"{}", "not_this_register"),
    ],
)
def test_what_is_no_whole_answer_is_refused(content: bytes, reason: str) -> None:
    found = eu_eba_credit.split(content)
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_the_newest_version_is_found() -> None:
    content = wrapped(BANK, BRANCH)
    assert eu_eba_credit.newest_version(split(content), content) == "20260801000000000"
