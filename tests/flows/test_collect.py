"""A register arrives: from a file, a folder or its own address; believed, refused, unchanged, older, of the past."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import LoopbackSite, Page

from obdirectory.core.errors import InvalidInput
from obdirectory.directory.update import publish
from obdirectory.platform.db import Database
from obdirectory.platform.http import GuardedHttp
from obdirectory.platform.objects import ObjectStore
from obdirectory.registers.collect import CollectRow, collect, source_status
from obdirectory.registers.fetch import Fetch, fetch_from
from obdirectory.registers.snapshot import Environment, SourceStatus
from obdirectory.sandbox.registers import Entity, MakeBelieveRegister, golden_copy, published

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = datetime(2026, 9, 1, 16, 0, 29, tzinfo=UTC)
ROWS = list(MakeBelieveRegister(63, 150).entities())


@dataclass
class Desk:
    """Somebody who collects registers into one directory."""

    database: Database
    objects: ObjectStore
    folder: Path
    fetch: Fetch | None = None
    source: str = "eu_eba"
    environment: Environment = "live"

    async def collect(self, path: Path | None, *, at: datetime | None = None, now: datetime = NOW) -> CollectRow:
        return await collect(
            self.database,
            self.objects,
            self.source,
            environment=self.environment,
            from_path=path,
            at=at,
            now=now,
            publish=publish,
            fetch=self.fetch,
        )

    async def takes(self, content: bytes, *, at: datetime | None = None, now: datetime = NOW, name: str = "register.json") -> CollectRow:
        """Collect a file with this content."""
        path = self.folder / name
        path.write_bytes(content)
        return await self.collect(path, at=at, now=now)

    async def takes_published(self, content: bytes, published_at: datetime, *, at: datetime | None = None) -> CollectRow:
        """Collect a folder as the EBA would publish it."""
        folder = self.folder / published_at.strftime("%Y%m%d%H%M%S")
        folder.mkdir(exist_ok=True)
        for name, inside in published(content, published_at).items():
            (folder / name).write_bytes(inside)
        return await self.collect(folder, at=at)

    async def status(self, now: datetime = NOW) -> SourceStatus:
        return next(found for found in await source_status(self.database, self.environment, now=now) if found.source == self.source)

    async def values(self, query: str) -> list[Any]:
        return await self.database.fetch_values(query)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    (tmp_path / "files").mkdir()
    return Desk(database, ObjectStore(tmp_path / "objects"), tmp_path / "files")


def outcome(row: CollectRow) -> tuple[str, str]:
    return row.outcome, row.reason


def renamed(rows: list[Entity], place: int, name: str, version: str = "20260901000000000") -> list[Entity]:
    """The register with one firm renamed."""
    row = rows[place]
    properties = [{"ENT_NAM": name} if "ENT_NAM" in one else one for one in row["Properties"]]
    return [*rows[:place], {**row, "Properties": properties, "__EBA_EntityVersion": version}, *rows[place + 1 :]]


async def test_a_first_file_is_taken_and_the_same_again_is_unchanged(desk: Desk) -> None:
    first = await desk.takes(golden_copy(ROWS))
    assert (first.outcome, first.first, first.added, first.removed, first.changed) == ("accepted", True, len(ROWS), 0, 0)
    again = await desk.takes(golden_copy(ROWS), now=NOW + timedelta(hours=1))
    assert (again.outcome, again.first, again.added) == ("unchanged", False, 0)
    assert await desk.values("SELECT version FROM platform.world_version WHERE environment = 'live'") == [1]
    assert await desk.values("SELECT count(*) FROM registers.record") == [len(ROWS)]


async def test_every_file_is_archived_before_it_is_read(desk: Desk) -> None:
    for content in (golden_copy(ROWS), b"<html>", b"[[{"):
        await desk.takes(content)
        assert await desk.objects.get(hashlib.sha256(content).hexdigest()) == content
    assert await desk.values("SELECT outcome FROM registers.snapshot ORDER BY id") == ["accepted", "refused", "refused"]


async def test_the_source_dates_its_file(desk: Desk) -> None:
    row = await desk.takes_published(golden_copy(ROWS), DAY)
    assert row.outcome == "accepted"
    status = await desk.status()
    assert status.as_of == DAY
    assert status.age_seconds == (NOW - DAY).total_seconds()
    assert status.fresh is False
    assert status.rows_by_type["PSD_AG"] == 150
    assert (status.last_outcome, status.last_refusal_reason) == ("accepted", "")


async def test_without_a_date_the_newest_row_dates_it(desk: Desk) -> None:
    await desk.takes(golden_copy(ROWS))
    newest = max(row["__EBA_EntityVersion"] for row in ROWS)
    assert (await desk.status()).as_of == datetime.strptime(newest[:14], "%Y%m%d%H%M%S").replace(
        tzinfo=UTC, microsecond=int(newest[14:]) * 1000
    )


async def test_an_older_file_never_displaces_a_newer_one(desk: Desk) -> None:
    newer = golden_copy(renamed(ROWS, 0, "Newer"))
    assert outcome(await desk.takes_published(newer, DAY)) == ("accepted", "")
    older = await desk.takes_published(golden_copy(ROWS), DAY - timedelta(hours=8))
    assert outcome(older) == ("refused", "older_than_last_accepted")
    bare = await desk.takes(golden_copy(ROWS))
    assert outcome(bare) == ("refused", "older_than_last_accepted")
    assert (await desk.status()).as_of == DAY


async def test_an_older_bare_file_is_told_by_its_rows(desk: Desk) -> None:
    assert outcome(await desk.takes(golden_copy(renamed(ROWS, 0, "Newer")))) == ("accepted", "")
    assert outcome(await desk.takes(golden_copy(ROWS))) == ("refused", "older_than_last_accepted")


async def test_a_file_of_the_future_is_refused(desk: Desk) -> None:
    assert outcome(await desk.takes_published(golden_copy(ROWS), NOW + timedelta(days=1))) == ("refused", "published_later")
    assert outcome(await desk.takes_published(golden_copy(ROWS), DAY, at=DAY - timedelta(days=1))) == ("refused", "published_later")
    with pytest.raises(InvalidInput, match="future"):
        await desk.takes(golden_copy(ROWS), at=NOW + timedelta(seconds=1))


async def test_the_same_bytes_of_a_later_day_make_what_we_have_younger(desk: Desk) -> None:
    content = golden_copy(ROWS)
    await desk.takes(content, at=DAY)
    again = await desk.takes(content, at=DAY + timedelta(days=2))
    assert again.outcome == "unchanged"
    assert (await desk.status()).as_of == DAY + timedelta(days=2)
    assert await desk.values("SELECT version FROM platform.world_version WHERE environment = 'live'") == [2]


async def test_the_past_does_not_displace_what_is_newer(desk: Desk) -> None:
    await desk.takes(golden_copy(ROWS), at=DAY)
    past = await desk.takes(golden_copy(renamed(ROWS, 0, "Earlier")), at=DAY - timedelta(days=365))
    assert (past.outcome, past.first, past.added) == ("accepted", True, len(ROWS))
    assert (await desk.status()).as_of == DAY
    names = "SELECT name FROM directory.entries_known('live', '{}') WHERE entity_code = '{}'"
    code = ROWS[0]["EntityCode"]
    assert await desk.values(names.format(DAY - timedelta(days=1), code)) == ["Earlier"]
    assert await desk.values(names.format(DAY, code)) != ["Earlier"]


async def test_environments_do_not_meet(desk: Desk) -> None:
    desk.environment = "sandbox"
    assert (await desk.takes(golden_copy(ROWS))).first
    desk.environment = "live"
    assert (await desk.status()).snapshot is None
    assert (await desk.takes(golden_copy(ROWS))).first
    assert await desk.values("SELECT version FROM platform.world_version ORDER BY 1") == [1, 1]


def truncated(rows: list[Entity]) -> bytes:
    content = golden_copy(rows)
    return content[: len(content) * 4 // 5]


def without_names(rows: list[Entity]) -> bytes:
    return golden_copy(rows).replace(b'"ENT_NAM"', b'"ENTITY_NAME"')


def one_key(rows: list[Entity]) -> bytes:
    return golden_copy([{**row, "EntityCode": "ES_BE!0000"} if n % 20 == 0 else row for n, row in enumerate(rows)])


def a_row_twice(rows: list[Entity]) -> bytes:
    return golden_copy([*rows, rows[5]])


def a_key_twice(rows: list[Entity]) -> bytes:
    """The row as it was, and another one under its key."""
    return golden_copy([*rows, {**renamed(rows, 5, "Another")[5]}])


def withdrawn(rows: list[Entity]) -> bytes:
    content = json.loads(golden_copy(rows))
    for row in content[1]:
        for one in row["Properties"]:
            if len(one.get("ENT_AUT", ())) % 2:
                one["ENT_AUT"].append("2026-01-01")
    return json.dumps(content).encode()


def without_agents(rows: list[Entity]) -> bytes:
    return golden_copy([row for n, row in enumerate(rows) if row["EntityType"] != "PSD_AG" or n % 2])


def without_services(rows: list[Entity]) -> bytes:
    return golden_copy(rows).replace(b'"ENT_AUT"', b'"ENT_AUTH"')


def without_authority(rows: list[Entity]) -> bytes:
    return golden_copy([row for row in rows if row["CA_OwnerID"] != "FR_ACPR"])


FORM: dict[Callable[[list[Entity]], bytes], str] = {
    truncated: "json_incomplete",
    without_names: "property_missing",
    without_services: "property_missing",
    one_key: "key_repeated",
    a_row_twice: "key_repeated",
    a_key_twice: "key_repeated",
}
CHANGE: dict[Callable[[list[Entity]], bytes], str] = {
    withdrawn: "statuses_flipped",
    without_agents: "rows_missing",
    without_authority: "authority_missing",
}


@pytest.mark.parametrize("fault", FORM | CHANGE, ids=lambda fault: fault.__name__)
async def test_a_broken_file_leaves_the_last_good_one_serving(desk: Desk, fault: Callable[[list[Entity]], bytes]) -> None:
    await desk.takes(golden_copy(ROWS))
    before = await desk.status()
    kept = "SELECT count(*) FROM registers.record WHERE upper_inf(known) AND missing_since_at IS NULL"
    row = await desk.takes(fault(ROWS), now=NOW + timedelta(hours=1))
    assert outcome(row) == ("refused", (FORM | CHANGE)[fault])
    assert (row.added, row.removed, row.changed) == (0, 0, 0)
    after = await desk.status()
    assert (after.snapshot, after.as_of, after.rows_by_type) == (before.snapshot, before.as_of, before.rows_by_type)
    assert (after.last_outcome, after.last_refusal_reason) == ("refused", row.reason)
    assert after.last_refused_at == NOW + timedelta(hours=1)
    assert await desk.values(kept) == [len(ROWS)]
    assert await desk.values("SELECT version FROM platform.world_version WHERE environment = 'live'") == [1]
    # The next good file is compared with the last good one.
    good = await desk.takes(golden_copy(renamed(ROWS, 0, "Next day")), now=NOW + timedelta(hours=2))
    assert (good.outcome, good.added, good.removed, good.changed) == ("accepted", 0, 0, 1)


@pytest.mark.parametrize("fault", FORM, ids=lambda fault: fault.__name__)
async def test_form_is_judged_without_a_last_file(desk: Desk, fault: Callable[[list[Entity]], bytes]) -> None:
    row = await desk.takes(fault(ROWS))
    assert (row.outcome, row.reason, row.first) == ("refused", FORM[fault], True)
    assert (await desk.status()).snapshot is None


async def test_a_register_that_shrank_to_nothing_revokes_nobody(desk: Desk) -> None:
    """A changed layout must not look like a register without firms (abuse 35)."""
    await desk.takes(golden_copy(ROWS))
    for content in (b"", b"[]", b"[[],[]]", golden_copy([]), b"<html><body>new look</body></html>"):
        assert (await desk.takes(content)).outcome == "refused"
    assert (await desk.status()).rows_by_type["PSD_AG"] == 150


async def test_every_row_written_anew_is_no_change(desk: Desk) -> None:
    """Another notation of the same register: all bytes differ, no property does."""
    await desk.takes(golden_copy(ROWS))
    row = await desk.takes(json.dumps(json.loads(golden_copy(ROWS)), indent=3).encode())
    assert (row.outcome, row.added, row.removed, row.changed) == ("accepted", 0, 0, 0)


async def test_counts_are_carried_from_file_to_file(desk: Desk) -> None:
    await desk.takes(golden_copy(ROWS[:-5]))
    await desk.takes(golden_copy(renamed(ROWS, 3, "Other")))
    carried = await desk.status()
    other = Desk(desk.database, desk.objects, desk.folder, environment="sandbox")
    await other.takes(golden_copy(renamed(ROWS, 3, "Other")))
    anew = await other.status()
    assert (carried.rows_by_type, carried.live_by_type, carried.warnings) == (anew.rows_by_type, anew.live_by_type, anew.warnings)
    statistics = await desk.values("SELECT statistics::text FROM registers.snapshot ORDER BY id")
    assert statistics[1] == statistics[2]


async def test_text_that_would_break_the_database_is_only_text(desk: Desk) -> None:
    """NUL, quotes, backslashes, a formula, a script: kept as said, NUL made visible (abuse 8, 40)."""
    names = ["a\0b", "'); DROP TABLE x; --", "\\x00\t\n", '=cmd|"x"', "<script>alert(1)</script>", "\u202egnp.exe"]
    rows = ROWS
    for place, name in enumerate(names):
        rows = renamed(rows, place, name)
    assert (await desk.takes(golden_copy(rows))).outcome == "accepted"
    found = await desk.values("SELECT name FROM directory.entry")
    assert {name.replace("\0", "\ufffd").strip() for name in names} <= set(found)


async def test_a_path_that_is_not_there_is_an_input_error(desk: Desk) -> None:
    for path in (desk.folder / "nothing.json", desk.folder):
        with pytest.raises(InvalidInput):
            await desk.collect(path)
    with pytest.raises(InvalidInput, match="give --from"):
        await desk.collect(None)
    desk.source = "nowhere"
    with pytest.raises(InvalidInput, match="unknown register"):
        await desk.collect(desk.folder)
    assert await desk.values("SELECT 1 FROM registers.snapshot") == []


async def test_a_digest_that_differs_is_refused_even_for_the_file_we_have(desk: Desk) -> None:
    await desk.takes_published(golden_copy(ROWS), DAY)
    folder = desk.folder / DAY.strftime("%Y%m%d%H%M%S")
    metadata = json.loads((folder / "filemetadata.json").read_bytes())
    (folder / "filemetadata.json").write_text(json.dumps({**metadata, "sha256_hash": "0" * 64}))
    assert outcome(await desk.collect(folder)) == ("refused", "digest_differs")


async def test_banks_and_the_operators_entries_come_by_file(desk: Desk) -> None:
    bank = {
        "CA_OwnerID": "SE_FINA",
        "EntityCode": "SE_FINA!41000",
        "EntityType": "CRD_CRE_INS",
        "Properties": [{"ENT_NAT_REF_COD": "41000"}, {"ENT_NAM": "Invented Bank AB"}, {"ENT_COU_RES": "SE"}, {"ENT_AUT": ["1998-05-04"]}],
    }
    desk.source = "eu_eba_credit"
    assert (await desk.takes(json.dumps([{"_payload": bank}]).encode())).outcome == "accepted"
    desk.source = "curated"
    head = "authority,number,name,lei,bic,company_number,roles,evidence,reviewed_by\n"
    line = "SE-FINA,41000,Invented Bank AB,,,,PSP_AS PSP_AI,register page,me\n"
    broken = await desk.takes((head + line + "SE-FINA,,x,,,,PSP_AI,e,m\n").encode(), name="entries.csv")
    assert outcome(broken) == ("refused", "rows_invalid")
    assert broken.message == "line 3: number is empty"
    assert (await desk.takes((head + line).encode(), name="entries.csv")).outcome == "accepted"
    assert await desk.values("SELECT DISTINCT count(*) OVER () FROM directory.entry GROUP BY entity_id") == [1]
    changed = await desk.takes((head + line.replace("PSP_AI", "PSP_AI PSP_PI")).encode(), name="entries.csv")
    assert (changed.outcome, changed.changed) == ("accepted", 1)
    assert (await desk.takes((head + line.replace("41000", "41001")).encode(), name="entries.csv")).removed == 1
    assert (await desk.status()).as_of == NOW


async def test_a_register_is_fetched_from_its_address(desk: Desk) -> None:
    files = published(golden_copy(ROWS), DAY)
    async with LoopbackSite({}) as site:
        http = GuardedHttp(loopback_origins=[site.origin])
        desk.fetch = fetch_from(http, {"eu_eba": f"{site.origin}/filemetadata"})
        assert outcome(await desk.collect(None)) == ("failed", "source_unreachable")
        site.pages = served(files, site.origin)
        # Its own address is held to what a whole register has.
        assert outcome(await desk.collect(None)) == ("refused", "too_few_rows")
        assert await desk.objects.exists(json.loads(files["filemetadata.json"])["sha256_hash"])
        await desk.takes_published(golden_copy(ROWS), DAY)
        before = len(site.asked)
        assert (await desk.collect(None)).outcome == "unchanged"
        assert [asked.path for asked in site.asked[before:]] == ["/filemetadata"]  # the file itself was not fetched again
        site.pages = {"/filemetadata": Page(body=b"<html>maintenance</html>")}
        assert outcome(await desk.collect(None)) == ("refused", "metadata_unreadable")
        await http.close()
    assert (await desk.status()).last_refusal_reason == "metadata_unreadable"
    assert (await desk.status()).as_of == DAY


async def test_a_damaged_download_is_refused(desk: Desk) -> None:
    files = published(golden_copy(ROWS), DAY)
    name = next(name for name in files if name.endswith(".zip"))
    async with LoopbackSite({}) as site:
        http = GuardedHttp(loopback_origins=[site.origin])
        desk.fetch = fetch_from(http, {"eu_eba": f"{site.origin}/filemetadata"})
        site.pages = served({**files, name: files[name][:-100]}, site.origin)
        assert outcome(await desk.collect(None)) == ("refused", "size_differs")
        site.pages = served({**files, name: files[name][:-1] + b"!"}, site.origin)
        assert outcome(await desk.collect(None)) == ("refused", "digest_differs")
        await http.close()


async def test_a_source_without_an_address_says_so(desk: Desk) -> None:
    desk.source = "curated"
    http = GuardedHttp()
    desk.fetch = fetch_from(http)
    with pytest.raises(InvalidInput, match="from a file"):
        await desk.collect(None)
    await http.close()


def served(files: dict[str, bytes], origin: str) -> dict[str, Page]:
    """The pages of the register's own site."""
    metadata = json.loads(files["filemetadata.json"])
    metadata["golden_copy_path_context"] = f"{origin}/downloads/"
    packed = files[next(name for name in files if name.endswith(".zip"))]
    return {
        "/filemetadata": Page(body=json.dumps(metadata).encode()),
        f"/downloads/{metadata['latest_version_relative_zip_path']}": Page(body=packed),
    }
