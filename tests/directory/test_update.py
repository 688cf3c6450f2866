"""What accepted files change in the directory's tables: dated twice, closed and never overwritten, cases opened and closed."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, cast

import pytest
from tests.directory.registers import child, institution

from obdirectory.core.identifiers import entity_id
from obdirectory.directory.update import publish
from obdirectory.platform.db import Database
from obdirectory.platform.objects import ObjectStore
from obdirectory.registers.collect import CollectRow, collect

START = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass
class Register:
    """A register that changes day by day, taken in through the ordinary door."""

    database: Database
    folder: Path
    day: int = 0

    async def says(self, *rows: dict[str, Any], on: int | None = None) -> CollectRow:
        """What it says ``on`` a day; by default the next one."""
        self.day = self.day + 1 if on is None else on
        path = self.folder / f"{self.day}.json"
        path.write_text(json.dumps([[{"__EBA_Disclaimer": {}}], rows]))
        at = START + timedelta(days=self.day)
        row = await collect(
            self.database,
            ObjectStore(self.folder / "objects"),
            "eu_eba",
            environment="live",
            from_path=path,
            at=at,
            now=START + timedelta(days=99),
            publish=publish,
        )
        assert row.outcome == "accepted", row
        return row

    async def known(self, day: float, columns: str, table: str = "entries", where: str = "true") -> list[tuple[Any, ...]]:
        """What was known that day."""
        at = START + timedelta(days=day)
        return await self.rows(f"SELECT {columns} FROM directory.{table}_known('live', '{at.isoformat()}') WHERE {where} ORDER BY 1")

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            cursor = await connection.execute(cast(LiteralString, query))
            return await cursor.fetchall()


@pytest.fixture
def register(database: Database, tmp_path: Path) -> Register:
    return Register(database, tmp_path)


A, B = "IE_CBI!C1", "IE_CBI!C2"


def days(*numbers: int) -> list[datetime]:
    return [START + timedelta(days=number) for number in numbers]


async def test_what_was_known_that_day_is_still_told(register: Register) -> None:
    """A withdrawal of the past, seen later: asked what we knew before, the answer is the old one."""
    await register.says(institution(A, {"DE": "080"}))
    await register.says(institution(A, {"DE": "080"}, authorised="2019-01-01 2026-08-27"))
    for day, periods in ((1.5, ["[2019-01-01,)"]), (2.5, ["[2019-01-01,2026-08-27)"])):
        assert await register.known(day, "valid::text", "authorisations") == [(period,) for period in periods]
    assert await register.known(0.5, "number") == []


async def test_a_row_that_goes_is_missing_and_comes_back(register: Register) -> None:
    await register.says(institution(A, {"DE": "080"}), institution(B))
    assert (await register.says(institution(B))).removed == 1
    assert await register.known(2.5, "entity_code, missing_since_at") == [(A, *days(2)), (B, None)]
    assert await register.known(2.5, "valid::text", "authorisations", f"entity_code = '{A}'") == [("[2019-01-01,)",)]
    row = await register.says(institution(A, {"DE": "080"}), institution(B))
    assert (row.added, row.removed, row.changed) == (1, 0, 0)
    assert await register.known(3.5, "entity_code, missing_since_at, first_seen_at") == [(A, None, *days(1)), (B, None, *days(1))]
    assert await register.known(2.5, "entity_code, missing_since_at") == [(A, *days(2)), (B, None)]


async def test_a_row_that_comes_back_otherwise_is_added(register: Register) -> None:
    await register.says(institution(A), institution(B))
    await register.says(institution(B))
    assert (await register.says(institution(A, name="Renamed"), institution(B))).added == 1
    assert await register.known(3.5, "name", where=f"entity_code = '{A}'") == [("Renamed",)]
    assert (await register.says(institution(A, name="Renamed"), institution(B, name="Too"))).changed == 1


async def test_passports_are_dated_by_our_looking(register: Register) -> None:
    await register.says(institution(A, {"DE": "080", "FR": "080"}))
    await register.says(institution(A, {"DE": "080 070"}))
    columns = "country || service_code, valid::text, observed, first_seen_at, missing_since_at"
    assert await register.known(1.5, columns, "passports") == [
        ("DEPS_080", "[2026-09-02,)", True, *days(1), None),
        ("FRPS_080", "[2026-09-02,)", True, *days(1), None),
    ]
    assert await register.known(2.5, columns, "passports") == [
        ("DEPS_070", "[2026-09-03,)", True, *days(2), None),
        ("DEPS_080", "[2026-09-02,)", True, *days(1), None),
        ("FRPS_080", "[2026-09-02,2026-09-03)", True, *days(1, 2)),
    ]
    await register.says(institution(A, {"DE": "080 070", "FR": "080"}))
    again = await register.known(3.5, columns, "passports", "country = 'FR'")
    assert again == [("FRPS_080", "[2026-09-02,2026-09-03)", True, *days(1, 2)), ("FRPS_080", "[2026-09-04,)", True, *days(3), None)]


async def test_the_past_is_filled_in_and_the_later_stays(register: Register) -> None:
    """A file of the past slots in between those known: what we know now does not change."""
    tables = [
        ("entries", "entity_code, name, missing_since_at"),
        ("passports", "country, service_code, missing_since_at"),
        ("authorisations", "valid::text"),
    ]

    async def now(day: float) -> list[Any]:
        return [await register.known(day, columns, table) for table, columns in tables]

    await register.says(institution(A, {"DE": "080"}), institution(B), on=2)
    await register.says(institution(A, {"DE": "080", "FR": "080"}, authorised="2019-01-01 2026-09-03"), institution(B), on=6)
    at_2, at_6 = await now(2.5), await now(6.5)
    row = await register.says(institution(A, {"IT": "070"}, name="Between"), on=4)
    assert (row.added, row.removed, row.changed) == (0, 1, 3)
    assert await now(2.5) == at_2
    assert await now(6.5) == at_6
    assert await register.known(4.5, "entity_code, name, missing_since_at") == [(A, "Between", None), (B, "Invented Payments", *days(4))]
    assert await register.known(4.5, "country", "passports", "missing_since_at IS NULL") == [("IT",)]
    await register.says(institution(A, {"DE": "080"}, name="Before"), on=1)
    assert await register.known(1.5, "entity_code, name") == [(A, "Before")]
    assert await now(2.5) == at_2
    assert await now(6.5) == at_6
    # What comes next is compared with the newest.
    latest = institution(A, {"DE": "080", "FR": "080"}, authorised="2019-01-01 2026-09-03")
    row = await register.says(latest, institution(B, name="Next"), on=7)
    assert (row.added, row.removed, row.changed) == (0, 0, 1)


async def test_two_files_of_one_instant_leave_the_second(register: Register) -> None:
    await register.says(institution(A, {"DE": "080"}), on=3)
    await register.says(institution(A, {"FR": "080"}, name="Second"), on=3)
    assert await register.known(3, "name") == [("Second",)]
    assert await register.known(3, "country", "passports", "missing_since_at IS NULL") == [("FR",)]


async def test_two_firms_that_turn_out_to_be_one_keep_an_alias(register: Register) -> None:
    await register.says(institution(A), institution(B, kind="PSD_EMI"))
    ids = sorted([entity_id("eu_eba", "PSD_PI", A), entity_id("eu_eba", "PSD_EMI", B)])
    assert sorted(row[1] for row in await register.known(1.5, "entity_code, entity_id")) == ids
    await register.says(institution(A), institution(B, kind="PSD_EMI", number="C1"))
    assert {row[1] for row in await register.known(2.5, "entity_code, entity_id")} == {ids[0]}
    assert await register.rows("SELECT alias_id, entity_id FROM directory.entity_alias WHERE upper_inf(known)") == [(ids[1], ids[0])]
    assert sorted(row[1] for row in await register.known(1.5, "entity_code, entity_id")) == ids
    await register.says(institution(A), institution(B, kind="PSD_EMI"))
    assert sorted(row[1] for row in await register.known(3.5, "entity_code, entity_id")) == ids
    assert await register.rows("SELECT 1 FROM directory.entity_alias WHERE upper_inf(known)") == []


async def test_a_branch_finds_its_parent_when_it_comes(register: Register) -> None:
    branch = child(A, f"{A}!DE", "DE", {"DE": "080"})
    await register.says(branch, institution(B))
    assert await register.known(1.5, "entity_id", where="kind = 'branch'") == [(None,)]
    cases = "SELECT kind, subject, closed_at FROM directory.case_file ORDER BY 1, 2"
    assert await register.rows(cases) == [("branch_without_parent", f"eu_eba PSD_BR {A}!DE", None)]
    await register.says(branch, institution(B), institution(A))
    assert await register.known(2.5, "entity_id", where="kind = 'branch'") == [(entity_id("eu_eba", "PSD_PI", A),)]
    assert await register.rows(cases) == [("branch_without_parent", f"eu_eba PSD_BR {A}!DE", *days(2))]


async def test_cases_are_open_as_long_as_it_is_so(register: Register) -> None:
    open_cases = "SELECT kind, subject FROM directory.case_file WHERE closed_at IS NULL ORDER BY 1, 2"
    exempted = institution("PL_PFSA!IP1_2014", {"PL": "070 03C"}, kind="PSD_EPI", number="IP1/2014")
    twin = institution("PL_PFSA!X", number="IP1_2014".replace("_", "/"), kind="PSD_EPI")
    await register.says(exempted, institution("XX_NEW!1"), institution(A, authorised="31/02/2019"))
    assert await register.rows(open_cases) == [
        ("authority_unknown", "eu_eba PSD_PI XX_NEW!1"),
        ("row_not_understood", f"eu_eba PSD_PI {A}"),
        ("service_not_possible_for_type", "eu_eba PSD_EPI PL_PFSA!IP1_2014"),
    ]
    await register.says(exempted, institution("XX_NEW!1"), institution(A), twin)
    assert [row[0] for row in await register.rows(open_cases)] == [
        "authority_unknown",
        "number_names_several_firms",
        "service_not_possible_for_type",
    ]
    await register.says(
        {**exempted, "Services": []}, institution("XX_NEW!1"), institution(A), {**twin, "Properties": institution(A)["Properties"]}
    )
    assert [row[0] for row in await register.rows(open_cases)] == ["authority_unknown"]


async def test_a_bump_of_the_version_alone_is_no_change(register: Register) -> None:
    row = institution(A, {"DE": "080"})
    await register.says(row, institution(B))
    found = await register.says({**row, "__EBA_EntityVersion": "20260902000000000"}, institution(B))
    assert (found.added, found.removed, found.changed) == (0, 0, 0)
    assert await register.rows("SELECT 1 FROM directory.change") == []
    assert len(await register.known(1.5, "record_sha256")) == 2
    assert await register.known(1.5, "record_sha256") != await register.known(2.5, "record_sha256")


async def test_changes_are_written_property_by_property(register: Register) -> None:
    await register.says(institution(A, {"DE": "080"}), institution(B), child(A, f"{A}!ag", "IE", kind="PSD_AG"))
    await register.says(
        institution(A, {"DE": "080 070", "FR": "080"}, name=["Old", "New"]),
        child(A, f"{A}!ag", "IE", kind="PSD_AG", DER_CHI_ENT_AUT="Inactive"),
        institution("IE_CBI!C3"),
    )
    lines = await register.rows("SELECT kind, op, entity_code, property, old, new FROM directory.change ORDER BY op, entity_code, property")
    assert lines == [
        ("institution", "add", "IE_CBI!C3", None, None, None),
        ("institution", "change", A, "ENT_NAM", "Invented Payments", ["Old", "New"]),
        ("institution", "change", A, "Services.DE", "PS_080", ["PS_070", "PS_080"]),
        ("institution", "change", A, "Services.FR", None, "PS_080"),
        ("agent", "change", f"{A}!ag", "DER_CHI_ENT_AUT", "Active", "Inactive"),
        ("institution", "remove", B, None, None, None),
    ]


async def test_agents_are_kept_apart(register: Register) -> None:
    await register.says(institution(A), *(child(A, f"{A}!{n}", "IE", kind="PSD_AG", ENT_NAT_REF_COD=f"ZZT {n}") for n in range(3)))
    assert len(await register.known(1.5, "entity_code")) == 1
    agents = await register.rows(
        "SELECT number_key, parent_code, active, tableoid::regclass::text FROM registers.record WHERE kind = 'agent'"
    )
    assert sorted(agents) == [(f"ZZT{n}", A, True, "registers.record_agent") for n in range(3)]


async def test_replaying_every_file_gives_the_same_directory(register: Register, tmp_path: Path) -> None:
    """Ids are derived, not drawn."""
    await register.says(institution(B, kind="PSD_EMI", number="C1"))
    await register.says(institution(A), institution(B, kind="PSD_EMI", number="C1"))
    founded = await register.rows("SELECT entity_id, entity_type, entity_code FROM directory.entity")
    assert founded == [(entity_id("eu_eba", "PSD_EMI", B), "PSD_EMI", B)]
