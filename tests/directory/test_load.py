"""The directory in memory is what the tables say, at any instant of knowledge, and a refresh is a fresh start in less time."""

import csv
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.directory.registers import NOW, child, institution, take

from obdirectory.core.nca import NcaId
from obdirectory.directory.index import DirectoryIndex
from obdirectory.directory.load import load, refreshed
from obdirectory.directory.match import find, find_by_lei
from obdirectory.directory.passport import country_rights
from obdirectory.directory.permissions import permission_rows
from obdirectory.platform.db import Database

DAY_1, DAY_2, DAY_3 = (datetime(2026, 9, day, 8, tzinfo=UTC) for day in (1, 2, 3))
BAFIN = NcaId("DE", "BAFIN")
FIRST = [
    institution("DE_BAFIN!10125314", {"DE": "070 080", "FR": "080"}, name="Alpha GmbH"),
    child("DE_BAFIN!10125314", "DE_BAFIN!10125314!ES", "ES", {"ES": "070"}),
    institution("NL_DNB!F0038", {"NL": "03A"}, authorised="2019-02-19 2025-02-03", name="Beta B.V."),
    institution("NL_DNB!F0038", {"NL": "070", "ES": "070"}, kind="PSD_EMI", authorised="2025-02-03", name="Beta B.V."),
    institution("LV_LV!40003009497", {"LV": "080"}, kind="PSD_AISP", name="Gamma SIA"),
    institution("XX_NEW!1", {"XX": "080"}, name="Delta"),
    child("DE_BAFIN!10125314", "DE_BAFIN!10125314!77", "DE", kind="PSD_AG", ENT_NAT_REF_COD="77", ENT_NAM="Invented Agent"),
]
SECOND = [
    institution("DE_BAFIN!10125314", {"DE": "070 080"}, name="Alpha GmbH", authorised="2019-01-01 2026-09-02"),
    child("DE_BAFIN!10125314", "DE_BAFIN!10125314!ES", "ES", {"ES": "070"}, DER_CHI_ENT_AUT="Inactive"),
    *FIRST[2:4],
    institution("XX_NEW!1", {"XX": "080"}, name="Delta and Sons"),
    institution("IE_CBI!C58301", {"IE": "03A", "AT": "05A"}, name="Epsilon Limited"),
    FIRST[6],
]


def contents(index: DirectoryIndex) -> dict[str, Any]:
    """Everything in an index in a form that can be compared."""
    maps = ("exact", "by_alias", "by_normalised", "by_numeric", "by_company_number", "by_lei")
    return {
        "sources": dict(index.sources),
        "firms": dict(index.firms.items()),
        "snapshots": index.snapshots,
        **{name: {key: set(ids) for key, ids in getattr(index, name).items()} for name in maps},
    }


@pytest.fixture
async def two_days(database: Database, tmp_path: Path) -> Database:
    assert (await take(database, tmp_path, FIRST, at=DAY_1)).outcome == "accepted"
    assert (await take(database, tmp_path, SECOND, at=DAY_2)).outcome == "accepted"
    return database


async def test_nothing_collected_is_an_empty_index(database: Database) -> None:
    index = await load(database, "live", known_at=NOW)
    assert (dict(index.sources), len(index.firms)) == ({}, 0)


async def test_firms_come_with_types_branches_and_rights(database: Database, tmp_path: Path) -> None:
    await take(database, tmp_path, FIRST, at=DAY_1)
    index = await load(database, "live", known_at=NOW)
    [alpha] = find(index, BAFIN, "125314").firms
    assert (alpha.name, alpha.home_country, [branch.country for branch in alpha.authorisations[0].branches]) == ("Alpha GmbH", "DE", ["ES"])
    rights = {country: country_rights(alpha, BAFIN, country, at=NOW) for country in ("DE", "FR", "ES", "IT")}
    assert {country: (found.by, sorted(found.roles)) for country, found in rights.items()} == {
        "DE": ("home", ["PSP_AI", "PSP_PI"]),
        "FR": ("fps", ["PSP_AI"]),
        "ES": ("branch", ["PSP_PI"]),
        "IT": ("none", []),
    }
    [beta] = find(index, NcaId("NL", "DNB"), "F0038").firms
    assert {entry.entity_type for entry in beta.authorisations} == {"PSD_PI", "PSD_EMI"}
    assert find(index, NcaId("LV", "BL"), "40003009497").firms[0].name == "Gamma SIA"
    assert find(index, BAFIN, "77").firms == (), "agents are never in memory"
    assert len(index.firms) == 4
    state = index.sources["eu_eba"]
    assert (state.kind, state.as_of, state.known_at, state.authorities, state.complete) == ("payment", DAY_1, DAY_1, None, True)


async def test_what_was_known_then_is_what_is_read(two_days: Database) -> None:
    before = await load(two_days, "live", known_at=datetime(2026, 9, 1, 7, tzinfo=UTC))
    assert len(before.firms) == 0
    first, second = await load(two_days, "live", known_at=DAY_1), await load(two_days, "live", known_at=DAY_2)
    assert country_rights(find(first, BAFIN, "125314").firms[0], BAFIN, "DE", at=NOW).status == "AUTHORISED"
    assert country_rights(find(second, BAFIN, "125314").firms[0], BAFIN, "DE", at=NOW).status == "WITHDRAWN"
    [gamma] = find(second, NcaId("LV", "BL"), "40003009497").firms
    assert (gamma.authorisations[0].missing_since_at, country_rights(gamma, NcaId("LV", "BL"), "LV", at=NOW).status) == (DAY_2, "MISSING")
    assert {firm.name for firm in first.firms.values()} ^ {firm.name for firm in second.firms.values()} == {
        "Delta",
        "Delta and Sons",
        "Epsilon Limited",
    }


async def test_a_service_that_vanished_is_missing_since_then(two_days: Database) -> None:
    index = await load(two_days, "live", known_at=NOW)
    [alpha] = find(index, BAFIN, "125314").firms
    assert [(right.country, right.last_missing_at) for right in alpha.authorisations[0].rights if right.country == "FR"] == [("FR", DAY_2)]


async def test_a_refresh_is_a_fresh_start(database: Database, tmp_path: Path) -> None:
    await take(database, tmp_path, FIRST, at=DAY_1)
    first = await load(database, "live", known_at=DAY_1)
    kept = contents(first)
    await take(database, tmp_path, SECOND, at=DAY_2)
    second = await refreshed(database, "live", first, known_at=DAY_2)
    assert contents(second) == contents(await load(database, "live", known_at=DAY_2))
    assert contents(first) == kept, "the index that others still read has not changed"
    await take(database, tmp_path, SECOND, at=DAY_3)
    third = await refreshed(database, "live", second, known_at=DAY_3)
    assert contents(third) == contents(await load(database, "live", known_at=DAY_3))
    assert third.sources["eu_eba"].as_of == DAY_3, "the same bytes again make the register younger"
    assert third.firms is not second.firms or third.firms == second.firms


async def test_a_past_that_is_filled_in_reaches_the_index(database: Database, tmp_path: Path) -> None:
    await take(database, tmp_path, FIRST, at=DAY_1)
    index = await load(database, "live", known_at=NOW)
    await take(database, tmp_path, SECOND, at=DAY_3)
    index = await refreshed(database, "live", index, known_at=NOW)
    await take(database, tmp_path, [*FIRST, institution("FR_ACPR!1", {"FR": "080"})], at=DAY_2)
    index = await refreshed(database, "live", index, known_at=NOW)
    assert contents(index) == contents(await load(database, "live", known_at=NOW))


async def test_firms_that_become_one_become_one_in_the_index(database: Database, tmp_path: Path) -> None:
    lone, other = institution("MT_MFSA!1", {"MT": "080"}, number="1"), institution("MT_MFSA!2", {"MT": "070"}, kind="PSD_EMI", number="2")
    await take(database, tmp_path, [lone, other], at=DAY_1)
    index = await load(database, "live", known_at=NOW)
    await take(database, tmp_path, [lone, institution("MT_MFSA!2", {"MT": "070"}, kind="PSD_EMI", number="1")], at=DAY_2)
    index = await refreshed(database, "live", index, known_at=NOW)
    assert contents(index) == contents(await load(database, "live", known_at=NOW))
    [firm] = find(index, NcaId("MT", "MFSA"), "1").firms
    assert country_rights(firm, NcaId("MT", "MFSA"), "MT", at=NOW).roles == {"PSP_AI", "PSP_PI"}


async def test_one_environment_never_sees_the_other(database: Database, tmp_path: Path) -> None:
    await take(database, tmp_path, FIRST, at=DAY_1, environment="sandbox")
    assert len((await load(database, "live", known_at=NOW)).firms) == 0
    assert len((await load(database, "sandbox", known_at=NOW)).firms) == 4


async def test_a_register_of_the_real_size_is_read_in_its_time(database: Database, shared_data: Path, tmp_path: Path, full: bool) -> None:
    """The bar is 1.5 s for 7,000 institutions; the guard is loose for a busy machine, bench/scale.py measures."""
    register = tmp_path / "register.json"
    generator = [sys.executable, str(shared_data / "registers" / "gen_eba.py"), "-n", "300000" if full else "20000", "-o", str(register)]
    subprocess.run(generator, check=True, capture_output=True)
    assert (await take(database, tmp_path, register, at=DAY_1)).outcome == "accepted"
    started = time.process_time()
    index = await load(database, "live", known_at=NOW)
    seconds = time.process_time() - started
    print(f"{len(index.firms)} firms in {seconds:.2f} s")
    assert seconds < 5


CREDIT = [
    {
        "_messagetype": "EUCLIDMD",
        "_payload": {
            "CA_OwnerID": "DE_BAFIN",
            "EntityCode": "529900T8BM49AURSDO55",
            "EntityType": "CRD_CRE_INS",
            "Properties": [
                {"ENT_NAM": "Invented Bank AG"},
                {"ENT_COD": "529900T8BM49AURSDO55"},
                {"ENT_COD_TYP": "LEI"},
                {"ENT_NAT_REF_COD": "101234"},
                {"ENT_COU_RES": "DE"},
                {"ENT_AUT": ["1990-01-01"]},
            ],
        },
    },
    {
        "_messagetype": "EUCLIDMD",
        "_payload": {
            "CA_OwnerID": "DE_BAFIN",
            "EntityCode": "529900T8BM49AURSDO55!FR",
            "EntityType": "CRD_EEA_BRA",
            "Properties": [
                {"ENT_NAM": "Invented Bank AG, Paris"},
                {"ENT_COU_RES": "FR"},
                {"ENT_AUT": ["2001-01-01"]},
                {"ENT_COD_CRE_INS_EST_BRA": "529900T8BM49AURSDO55"},
            ],
        },
    },
]
CURATED = """authority,number,name,lei,bic,roles,evidence,reviewed_by,type
DE-BAFIN,101234,Invented Bank AG,,INVTDEFF,PSP_AS+PSP_AI,register page,A. Person,CRD_CRE_INS
AT-FMA,77,Invented Payments Austria,,,PSP_PI,register page,A. Person,PSD_PI
"""


async def test_registers_of_three_kinds_become_one_index(database: Database, tmp_path: Path) -> None:
    credit, curated = tmp_path / "credit.json", tmp_path / "curated.csv"
    credit.write_text(json.dumps(CREDIT))
    curated.write_text(CURATED)
    for source, place in (("eu_eba", FIRST), ("eu_eba_credit", credit), ("curated", curated)):
        row = await take(database, tmp_path, place, at=DAY_1, source=source)
        assert row.outcome == "accepted", row
    index = await load(database, "live", known_at=NOW)
    assert {name: (state.kind, state.complete, state.authorities) for name, state in index.sources.items()} == {
        "eu_eba": ("payment", True, None),
        "eu_eba_credit": ("credit", True, None),
        "curated": ("curated", False, frozenset({"AT-FMA", "DE-BAFIN"})),
    }
    [bank] = find(index, BAFIN, "101234").firms
    assert {entry.source for entry in bank.authorisations} == {"eu_eba_credit", "curated"}
    assert find(index, BAFIN, "INVTDEFF").firms == (bank,)
    assert find_by_lei(index, BAFIN, "529900T8BM49AURSDO55").firms == (bank,)
    at_home = country_rights(bank, BAFIN, "DE", at=NOW)
    assert (at_home.roles, at_home.status) == ({"PSP_AS", "PSP_AI"}, "AUTHORISED")
    assert {right.role for right in at_home.rights if right.standing == "conflict"} == {"PSP_PI", "PSP_IC"}
    assert [(branch.country, branch.active) for entry in bank.authorisations for branch in entry.branches] == [("FR", True)]
    assert country_rights(bank, BAFIN, "FR", at=NOW).by == "branch"
    assert country_rights(bank, BAFIN, "IT", at=NOW).by == "crd"
    [austrian] = find(index, NcaId("AT", "FMA"), "77").firms
    assert country_rights(austrian, NcaId("AT", "FMA"), "AT", at=NOW).roles == {"PSP_PI"}
    await take(database, tmp_path, SECOND, at=DAY_2)
    assert contents(await refreshed(database, "live", index, known_at=NOW)) == contents(await load(database, "live", known_at=NOW))


async def test_the_real_records_come_through_the_door(database: Database, shared_data: Path, tmp_path: Path) -> None:
    row = await take(database, tmp_path, shared_data / "registers" / "eba_real_records.json", at=DAY_1)
    assert row.outcome == "accepted", row
    index = await load(database, "live", known_at=NOW)
    asked = [
        ("ES-BE", "6822", "2020-07-22", "ES", "AUTHORISED", frozenset({"PSP_IC"})),
        ("ES-BE", "6822", "2020-07-23", "ES", "WITHDRAWN", frozenset[str]()),
        ("CZ-CNB", "29142024", "2018-06-01", "ES", "AUTHORISED", frozenset[str]()),
        ("CZ-CNB", "29142024", "2020-01-01", "ES", "WITHDRAWN", frozenset[str]()),
        ("NL-DNB", "F0038", "2024-01-01", "ES", "NOT_PASSPORTED", frozenset[str]()),
        ("NL-DNB", "F0038", "2026-09-14", "ES", "AUTHORISED", frozenset({"PSP_PI", "PSP_AI", "PSP_IC"})),
        ("BE-NBB", "0713629988", "2026-09-14", "ES", "AUTHORISED", frozenset({"PSP_IC"})),
        ("PT-BP", "8709", "2026-09-14", "ES", "AUTHORISED", frozenset({"PSP_PI", "PSP_AI", "PSP_IC"})),
        ("CZ-CNB", "3570967", "2026-09-14", "CZ", "WITHDRAWN", frozenset[str]()),
    ]
    for authority, number, day, country, status, roles in asked:
        nca_id = NcaId.parse(authority)
        [firm] = find(index, nca_id, number).firms
        answer = country_rights(firm, nca_id, country, at=datetime.fromisoformat(day).replace(tzinfo=UTC), known_at=NOW)
        assert (answer.status, answer.roles) == (status, roles), (authority, number, day)
    [eupago] = find(index, NcaId("PT", "BP"), "8709").firms
    right = country_rights(eupago, NcaId("PT", "BP"), "ES", at=NOW).right("PSP_PI")
    assert right is not None
    assert right.by == "branch"


async def test_permissions_are_the_generators_truth(database: Database, shared_data: Path, tmp_path: Path, full: bool) -> None:
    register, truth = tmp_path / "register.json", tmp_path / "truth.csv"
    size = "300000" if full else "10000"
    generator = [sys.executable, str(shared_data / "registers" / "gen_eba.py"), "-n", size, "-o", str(register), "--truth", str(truth)]
    subprocess.run(generator, check=True, capture_output=True)
    await take(database, tmp_path, register, at=DAY_1)
    with truth.open(newline="", encoding="utf-8") as lines:
        expected = {tuple(line) for line in list(csv.reader(lines))[1:]}
    assert {tuple(row) async for row in permission_rows(database, "live", source="eu_eba", at=NOW, known_at=NOW)} == expected
    assert {tuple(row) async for row in permission_rows(database, "live", at=DAY_1, known_at=DAY_1)} == expected
    assert [row async for row in permission_rows(database, "live", source="curated", at=NOW, known_at=NOW)] == []
