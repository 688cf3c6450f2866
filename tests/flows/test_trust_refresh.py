"""The real lists of 2015 to 2026, as they would have been taken in on a day: what counts, what does not, and why."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes import LoopbackSite, Page
from tests.trust.listmaker import Scheme

from obdirectory.platform.db import Database
from obdirectory.platform.http import GuardedHttp
from obdirectory.platform.objects import ObjectStore
from obdirectory.sandbox.lists import ListPointer
from obdirectory.trust.anchors import official_anchors, sandbox_anchors
from obdirectory.trust.fetch import ListFetch
from obdirectory.trust.refresh import RefreshRow, list_detail, list_status, load, refresh

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ACCEPTED_2019 = "AT BE BG CY CZ ES FI FR HR HU IE IS LI LU MT NO PL PT SE SI SK UK".split()  # and NL, overdue
REFUSED_2019 = {"DE": 22, "EE": 28, "IT": 65, "LT": 27, "LV": 10}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Directory:
    """A database and an object store that take in folders as of a day."""

    def __init__(self, database: Database, place: Path) -> None:
        self.database, self.objects = database, ObjectStore(place)

    async def take(self, folder: Path, at: str) -> list[RefreshRow]:
        return await refresh(
            self.database, self.objects, environment="live", from_dir=folder, at=day(at), now=NOW, anchors=official_anchors(), fetch=None
        )

    async def loaded(self, known_at: datetime = NOW) -> dict[str, int]:
        trust, _ = await load(self.database, self.objects, "live", known_at=known_at)
        return {territory: accepted.sequence for territory, accepted in trust.loaded.items()}


@pytest.fixture
def directory(database: Database, tmp_path: Path) -> Directory:
    return Directory(database, tmp_path / "objects")


@pytest.fixture
def lists(shared_data: Path) -> Path:
    return shared_data / "trust" / "lists"


@pytest.fixture
def negatives(shared_data: Path) -> Path:
    return shared_data / "trust" / "lists-negative"


async def test_the_lists_of_october_2019(directory: Directory, lists: Path) -> None:
    rows = await directory.take(lists, "2019-10-15")
    counted = {row.territory: (row.sequence, row.outcome) for row in rows if row.outcome != "refused"}
    assert counted.pop("EU") == (250, "accepted")
    assert counted.pop("NL") == (41, "expired")
    assert sorted(str(territory) for territory in counted) == ACCEPTED_2019
    assert {outcome for _, outcome in counted.values()} == {"accepted"}
    newest_refused = {str(row.territory): row.sequence for row in reversed(rows) if row.outcome == "refused"}
    assert newest_refused == REFUSED_2019
    assert {row.reason for row in rows if row.outcome == "refused"} == {"signer_not_named"}
    assert all(row.message for row in rows if row.outcome == "refused")
    assert len({row.file for row in rows}) == len(rows)
    assert await directory.loaded() == {str(t): n for t, (n, _) in counted.items()} | {"EU": 250, "NL": 41}  # pyright: ignore[reportOperatorIssue]


async def test_the_anchor_of_2026_and_a_list_of_version_6(directory: Directory, lists: Path) -> None:
    rows = {row.territory: row for row in reversed(await directory.take(lists, "2026-06-20"))}
    assert (rows["EU"].sequence, rows["EU"].outcome) == (388, "accepted")
    assert (rows["BE"].sequence, rows["BE"].outcome) == (81, "accepted")
    trust, _ = await load(directory.database, directory.objects, "live", known_at=NOW)
    assert (trust.loaded["BE"].version, trust.loaded["EU"].version) == (6, 6)


async def test_2019_after_2026_never_displaces_the_newer(directory: Directory, lists: Path) -> None:
    await directory.take(lists, "2026-06-20")
    rows = await directory.take(lists, "2019-10-15")
    assert {(row.territory, row.sequence) for row in rows if row.outcome == "accepted"} >= {("EU", 250), ("BE", 43)}
    now, then = await directory.loaded(), await directory.loaded(day("2019-10-15"))
    assert (now["EU"], now["BE"], then["EU"], then["BE"]) == (388, 81, 250, 43)
    folder_of_2019 = await directory.take(lists, "2026-06-21")
    assert {row.reason for row in folder_of_2019 if row.territory in {"EU", "BE"}} == {""}


async def test_none_of_the_negative_lists_ever_counts(directory: Directory, negatives: Path) -> None:
    for at in ("2017-12-31", "2019-10-15", "2022-11-01", "2024-12-01", "2026-06-20", "2026-11-24"):
        for row in await directory.take(negatives, at):
            assert row.outcome == "refused", row
            assert row.reason
            assert row.message
            if "lotl-test" in row.file:
                assert row.reason == "signer_not_in_official_journal"
    assert await directory.loaded() == {}


@pytest.mark.parametrize("at", ["2019-10-15", "2022-11-01", "2024-12-01", "2026-06-20"])
async def test_negative_lists_among_good_ones_change_nothing(
    directory: Directory, lists: Path, negatives: Path, tmp_path: Path, at: str
) -> None:
    alone = {row.file for row in await directory.take(lists, at) if row.outcome != "refused"}
    counting = await directory.loaded()
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for path in (*lists.glob("*.xml"), *negatives.glob("*.xml")):
        shutil.copy(path, mixed / path.name)
    rows = await directory.take(mixed, at)
    assert {row.file for row in rows if row.outcome != "refused"} == alone
    assert await directory.loaded() == counting
    assert all("__" not in row.file or row.outcome == "refused" for row in rows)


async def test_the_slovak_list_with_misplaced_content_gives_none_of_its_false_services(
    directory: Directory, lists: Path, negatives: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "slovak"
    folder.mkdir()
    for path in (lists / "EU_250_2019-10-04_v5.xml", *negatives.glob("SK_*.xml")):
        shutil.copy(path, folder / path.name)
    rows = await directory.take(folder, "2019-10-15")
    assert {row.reason for row in rows if row.territory == "SK"} == {"reference_not_the_list"}
    assert "SK" not in await directory.loaded()


async def test_before_the_journals_we_carry_nothing_counts(directory: Directory, lists: Path) -> None:
    rows = await directory.take(lists, "2017-06-01")
    assert {row.outcome for row in rows} == {"refused"}
    assert [row.reason for row in rows if row.territory == "EU"] == ["signer_not_in_official_journal"]
    assert {row.reason for row in rows if row.territory not in {"EU", "PT"}} == {"no_list_of_lists"}
    assert await directory.loaded() == {}


async def test_a_day_before_everything_has_nothing_to_try(directory: Directory, lists: Path) -> None:
    assert await directory.take(lists, "2014-01-01") == []


@pytest.mark.parametrize(
    ("at", "number"), [("2019-09-10", 248), ("2020-06-10", 266), ("2021-03-01", 282), ("2021-11-01", 300), ("2026-05-01", 369)]
)
async def test_the_list_of_lists_of_each_day(directory: Directory, lists: Path, tmp_path: Path, at: str, number: int) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    for path in lists.glob("EU_*.xml"):
        shutil.copy(path, folder)
    await directory.take(folder, at)
    assert (await directory.loaded())["EU"] == number


async def test_without_a_list_of_lists_no_national_list_counts(directory: Directory, lists: Path, tmp_path: Path) -> None:
    folder = tmp_path / "national"
    folder.mkdir()
    shutil.copy(lists / "NO_50_2019-09-02_v5.xml", folder)
    assert [row.reason for row in await directory.take(folder, "2019-10-15")] == ["no_list_of_lists"]
    shutil.copy(lists / "EU_250_2019-10-04_v5.xml", folder)
    assert [row.outcome for row in await directory.take(folder, "2019-10-15")] == ["accepted", "accepted"]
    (folder / "EU_250_2019-10-04_v5.xml").unlink()
    shutil.copy(lists / "CZ_77_2019-08-23_v5.xml", folder)
    rows = {row.territory: row.outcome for row in await directory.take(folder, "2019-10-16")}
    assert rows == {"CZ": "accepted", "NO": "accepted"}


async def test_the_page_of_2019_shows_what_is_missing(directory: Directory, lists: Path) -> None:
    await directory.take(lists, "2019-10-15")
    found = {status.territory: status for status in await list_status(directory.database, "live", now=day("2019-10-16"))}
    assert len(found) == 32  # the list of lists, and the 31 it points to
    assert {territory for territory, status in found.items() if status.status == "missing"} == {
        "DE",
        "DK",
        "EE",
        "EL",
        "IT",
        "LT",
        "LV",
        "RO",
    }
    assert {territory for territory, status in found.items() if status.status == "expired"} == {"NL"}
    assert (found["CZ"].services, found["CZ"].web_services) == (133, 3)
    assert found["DE"].refusal == "signer_not_named"


async def test_the_real_trap_of_2032_bits(directory: Directory, lists: Path, tmp_path: Path) -> None:
    """The Norwegian list of 2019 is signed with RSA of 2,032 bits, and kevin.'s certificate rests on it."""
    folder = tmp_path / "lists"
    folder.mkdir()
    for name in ("EU_250_2019-10-04_v5.xml", "NO_50_2019-09-02_v5.xml"):
        shutil.copy(lists / name, folder)
    await directory.take(folder, "2019-10-15")
    detail = await list_detail(directory.database, directory.objects, "live", "NO", now=NOW)
    assert any("Buypass" in name for name, _ in detail.providers)


# -- a server of lists on this machine ----------------------------------------------------------------------------------------


async def test_lists_are_taken_from_a_server_that_speaks_http(database: Database, tmp_path: Path) -> None:
    """Through the guarded client: conditional requests, an error page, a silent address, a redirect to elsewhere."""
    scheme, objects = Scheme(), ObjectStore(tmp_path)
    async with LoopbackSite({}) as site:
        http = GuardedHttp(loopback_origins=[site.origin])
        pointers = [
            ListPointer(territory, f"{site.origin}/{territory}.xml", (scheme.national.der,)) for territory in ("DE", "ES", "FR", "IT")
        ]
        site.pages |= {
            "/lotl.xml": Page(scheme.list_of_lists(pointers=pointers), headers={"ETag": '"lotl"'}),
            "/DE.xml": Page(scheme.list_of("DE", 5), headers={"ETag": '"de"'}),
            "/FR.xml": Page(b"<!doctype html><html>Error 500</html>", headers={"ETag": '"fr"'}),
            "/IT.xml": Page(status=302, headers={"Location": "http://elsewhere.example/"}),
        }

        async def take() -> dict[str, tuple[str, str]]:
            rows = await refresh(
                database,
                objects,
                environment="sandbox",
                from_dir=None,
                at=None,
                now=datetime.now(UTC),
                anchors=sandbox_anchors([scheme.lotl.der]),
                fetch=ListFetch(http, f"{site.origin}/lotl.xml"),
            )
            return {str(row.territory): (row.outcome, row.reason) for row in rows}

        expected = {
            "EU": ("accepted", ""),
            "DE": ("accepted", ""),
            "ES": ("refused", "not_fetched"),
            "FR": ("refused", "html_page"),
            "IT": ("refused", "not_fetched"),
        }
        assert await take() == expected
        site.asked.clear()
        assert await take() == expected
        conditional = {asked.path: asked.headers.get("if-none-match") for asked in site.asked}
        assert conditional == {"/lotl.xml": '"lotl"', "/DE.xml": '"de"', "/ES.xml": None, "/FR.xml": None, "/IT.xml": None}
        await http.close()
    trust, _ = await load(database, objects, "sandbox", known_at=datetime.now(UTC))
    assert sorted(trust.loaded) == ["DE", "EU"]
