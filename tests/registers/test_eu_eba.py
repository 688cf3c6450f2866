"""The golden copy's JSON: found, split and read as it comes, every oddity kept and named."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from obdirectory.registers.row import Refusal, Row
from obdirectory.registers.sources import eu_eba
from obdirectory.sandbox.registers import MakeBelieveRegister, golden_copy


def entity(**more: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "CA_OwnerID": "IE_CBI",
        "EntityCode": "IE_CBI!C1",
        "EntityType": "PSD_PI",
        "Properties": [{"ENT_NAT_REF_COD": "C1"}, {"ENT_NAM": "Invented"}, {"ENT_COU_RES": "IE"}, {"ENT_AUT": ["2019-01-01"]}],
        "Services": [{"DE": "PS_080"}, {"IE": ["PS_070", "PS_080"]}],
        "__EBA_EntityVersion": "20260101000000000",
    }
    return {**row, **more}


def written(row: dict[str, Any] | str) -> bytes:
    return (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)).encode()


def read(row: dict[str, Any] | str) -> Row:
    found = eu_eba.row(written(row))
    assert isinstance(found, Row), found
    return found


def refused(content: bytes) -> str:
    found = eu_eba.split(content)
    assert isinstance(found, Refusal)
    return found.reason


def test_entities_are_found_by_what_they_are() -> None:
    """Not by their place: a block added before, between or after them changes nothing."""
    blocks = [[{"__EBA_Disclaimer": {}}], [{"note": 1}], [entity()], [{"__EBA_Statistics": {}}], [], {"more": True}]
    for content in (json.dumps(blocks), json.dumps([blocks[2]]), json.dumps(blocks[2]), json.dumps(blocks, indent=3)):
        rows = eu_eba.split(content.encode())
        assert not isinstance(rows, Refusal)
        assert [read(bytes(raw).decode()).entity_code for raw in rows] == ["IE_CBI!C1"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file_empty"),
        (b" \n", "file_empty"),
        (b"<html><body>Service unavailable</body></html>", "json_incomplete"),
        (b'[[{"__EBA_Disclaimer":{}}],[{"EntityType":"PSD_PI"', "json_incomplete"),
        (b'[[{"__EBA_Disclaimer":{}}],[]]', "no_records"),
        (b'{"error":"x"}', "not_this_register"),
        (b"[1,2]", "no_records"),
        (b"[" * 200_000, "not_this_register"),
        (golden_copy([entity()]) + b"[]", "json_incomplete"),
    ],
)
def test_what_is_no_whole_register_is_refused(content: bytes, reason: str) -> None:
    assert refused(content) == reason


def test_a_byte_order_mark_is_passed_over() -> None:
    assert not isinstance(eu_eba.split(b"\xef\xbb\xbf" + golden_copy([entity()])), Refusal)


@pytest.mark.parametrize(
    "row",
    [
        '{"CA_OwnerID":"IE_CBI","EntityCode":"A","EntityCode":"B","EntityType":"PSD_PI","Properties":[]}',
        '{"CA_OwnerID":"IE_CBI","EntityCode" :"A","EntityCode":"B","EntityType":"PSD_PI","Properties":[]}',
        '{"CA_OwnerID":"IE_CBI","EntityCode":"A","Entity\\u0043ode":"B","EntityType":"PSD_PI","Properties":[]}',
        '{"CA_OwnerID":"IE_CBI","EntityCode":"A","EntityType":"PSD_PI","Properties":[{"ENT_AUT":["2019-01-01"],"ENT_AUT":[]}]}',
        '{"CA_OwnerID":"IE_CBI","EntityCode":"A","EntityType":"PSD_PI","Properties":[],"Services":[{"DE":"PS_070","DE":"PS_010"}]}',
    ],
)
def test_a_row_that_says_one_thing_twice_is_not_believed(row: str) -> None:
    """Of two equal keys one parser takes the first and another the last (abuse 42)."""
    found = eu_eba.row(row.encode())
    assert isinstance(found, Refusal)
    assert found.reason == "row_says_one_thing_twice"


@pytest.mark.parametrize(
    "row",
    [
        entity(EntityCode=" "),
        entity(EntityType=""),
        entity(EntityCode="a\0b"),
        entity(EntityCode=5),
        entity(Properties={"ENT_NAM": "x"}),
        "[]",
        '{"EntityType":"PSD_PI"}',
        '{"CA_OwnerID":"x","EntityCode":"\\ud800","EntityType":"PSD_PI","Properties":[]}',
    ],
)
def test_a_row_without_a_key_or_shape_is_refused(row: dict[str, Any] | str) -> None:
    found = eu_eba.row(written(row))
    assert isinstance(found, Refusal)
    assert found.reason == "row_unreadable"


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    assert isinstance(eu_eba.row(written(entity()).replace(b"Invented", b"Invent\xff")), Refusal)


def test_colons_in_values_are_no_alarm() -> None:
    for name in ('c/o: "x": y', '"},{"ENT_AUT": "', "::::"):
        row = entity(Properties=[{"ENT_NAM": name}, {"ENT_AUT": ["2019-01-01"]}])
        assert read(row).alarms == ()
        assert eu_eba.record(written(row)).names == (name,)


def test_every_property_is_taken_ignored_or_named() -> None:
    row = entity(Properties=[{"ENT_NAM": "x"}, {"ENT_AUT": ["2019-01-01"]}, {"ENT_COLOUR": "red"}, {"IS_HID_NOT_PUB": "NO"}], Extra=1)
    assert set(read(row).alarms) == {("unknown_property", "ENT_COLOUR"), ("unknown_field", "Extra")}
    assert eu_eba.record(written(row)).deviations == read(row).alarms


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        (["31/02/2019"], "unparsable_date"),
        (["2019-02-31"], "unparsable_date"),
        (["20190228"], "unparsable_date"),
        (["2020-01-01", "2019-01-01"], "dates_out_of_order"),
        ([], "no_date"),
        ("", "no_date"),
    ],
)
def test_dates_that_cannot_be_read_make_the_status_unknown(dates: Any, word: str) -> None:
    row = entity(Properties=[{"ENT_NAM": "x"}, {"ENT_AUT": dates}])
    assert read(row).live is None
    found = eu_eba.record(written(row))
    assert found.authorised_on == ()
    assert found.deviations[0][0] == word


def test_a_property_said_twice_is_not_said() -> None:
    row = entity(Properties=[{"ENT_NAM": "x"}, {"ENT_AUT": ["2019-01-01"]}, {"ENT_AUT": ["2019-01-01", "2020-01-01"]}])
    assert read(row).live is None
    assert eu_eba.record(written(row)).authorised_on == ()
    assert ("repeated_property", "ENT_AUT") in read(row).alarms


def test_a_country_listed_twice_has_what_both_lists_say() -> None:
    """Rows never take a right away by coming twice (abuse 43)."""
    row = entity(Services=[{"DE": "PS_070"}, {"DE": []}, {"DE": ["PS_070", "PS_080"]}])
    assert eu_eba.record(written(row)).services == (("DE", "PS_070"), ("DE", "PS_080"))
    assert ("repeated_country", "DE") in read(row).alarms


def test_unknown_codes_pass_through_and_are_named() -> None:
    row = entity(CA_OwnerID="XX_NEW", EntityType="PSD_NEW", Services=[{"EL": ["PS_999", "PS 1"]}])
    found = eu_eba.record(written(row))
    assert found.services == (("GR", "PS_999"),)
    assert found.authority_code == "XX_NEW"
    assert {word for word, _ in read(row).alarms} == {"unknown_entity_type", "unknown_service_code"}


def test_status_is_the_parity_of_the_dates() -> None:
    for count in range(1, 5):
        dates = [f"20{10 + year}-01-01" for year in range(count)]
        row = entity(Properties=[{"ENT_NAM": "x"}, {"ENT_AUT": dates}])
        assert read(row).live is (count % 2 == 1)
        assert eu_eba.record(written(row)).authorised_on == tuple(date.fromisoformat(day) for day in dates)


@pytest.mark.parametrize(
    ("said", "active"), [("Active", True), ("Inactive", False), ("YES", True), ("NO", False), ("In-Active", False), ("perhaps", None)]
)
def test_children_have_a_status_of_their_own(said: str, *, active: bool | None) -> None:
    row = entity(EntityType="PSD_BR", Properties=[{"ENT_TYP_PAR_ENT": "PSD_PI"}, {"ENT_COD_PAR_ENT": "P"}, {"DER_CHI_ENT_AUT": said}])
    assert read(row).active is active
    assert eu_eba.record(written(row)).child_active is active
    assert read(row).live is active


def test_a_character_no_database_keeps_is_made_visible() -> None:
    row = entity(Properties=[{"ENT_NAM": "a\0b"}, {"ENT_NAT_REF_COD": "1\0"}, {"ENT_AUT": ["2019-01-01"]}])
    assert read(row).national_number == "1\ufffd"
    assert eu_eba.record(written(row)).names == ("a\ufffdb",)
    assert ("nul_character", "") in read(row).alarms


def test_a_version_changes_the_bytes_and_not_the_content() -> None:
    one, other = (eu_eba.record(written(entity(__EBA_EntityVersion=version))) for version in ("20260101000000000", "20260102000000000"))
    assert one.raw_sha256 != other.raw_sha256
    assert one.content_sha256 == other.content_sha256


def test_one_value_and_a_list_of_one_are_the_same() -> None:
    one = eu_eba.properties(written(entity(Services=[{"DE": "PS_080"}])))
    assert one == eu_eba.properties(written(entity(Services=[{"DE": ["PS_080"]}])))
    assert one["Services.DE"] == ("PS_080",)


def test_the_newest_version_is_that_of_any_row() -> None:
    rows = [entity(), entity(EntityCode="B", __EBA_EntityVersion="20260301000000001"), entity(EntityCode="C", __EBA_EntityVersion="")]
    for indent in (None, 3):
        content = json.dumps([rows], indent=indent).encode()
        split = eu_eba.split(content)
        assert not isinstance(split, Refusal)
        assert eu_eba.newest_version(split, content) == "20260301000000001"


def test_a_version_that_is_none_dates_nothing() -> None:
    """A word would sort after every date, and make every later file look old."""
    for version in ("tomorrow", "2026", "", None, "\u0662" * 17):
        assert read(entity(__EBA_EntityVersion=version)).version == ""


def test_the_make_believe_register_is_read_without_alarm() -> None:
    rows = eu_eba.split(golden_copy(MakeBelieveRegister(84, 200).entities(), extra_block=True))
    assert not isinstance(rows, Refusal)
    found = [eu_eba.row(raw) for raw in rows]
    assert [row.alarms for row in found if isinstance(row, Row) and row.alarms] == []
    assert len({row.key for row in found if isinstance(row, Row)}) == len(rows)


def test_real_records_are_read(shared_data: Path) -> None:
    """Ten records of legal persons as published, with the fields their finder quoted."""
    rows = eu_eba.split((shared_data / "registers" / "eba_real_records.json").read_bytes())
    assert not isinstance(rows, Refusal)
    found = {(record.entity_type, record.entity_code): record for record in (eu_eba.record(bytes(raw)) for raw in rows)}
    assert len(found) == 10
    assert all(record.deviations == () for record in found.values())
    assert found["PSD_PI", "CZ_CNB!29142024"].authorised_on == (date(2017, 5, 30), date(2019, 7, 12), date(2024, 7, 12))
    assert found["PSD_PI", "CZ_CNB!03570967"].names == ("Benxy s.r.o.",)
    assert found["PSD_BR", "PSD_PI!PT_BP!8709"].parent_code == "PSD_PI!PT_BP!8709"
    assert ("ES", "PS_070") in found["PSD_BR", "PSD_PI!PT_BP!8709"].services
    assert ("ES", "PS_070") not in found["PSD_PI", "PSD_PI!PT_BP!8709"].services
