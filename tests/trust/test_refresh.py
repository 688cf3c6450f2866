"""Lists come in, are archived, judged and stored; what does not hold leaves the last good one, and every instant can be asked again."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.trust.listmaker import AT, ISSUED, NEXT, Scheme

from obdirectory.core.errors import InvalidInput, NotFound, NotPermitted, Unavailable
from obdirectory.platform.db import Database
from obdirectory.platform.http import Fetched
from obdirectory.platform.objects import ObjectStore
from obdirectory.platform.world_version import world_versions
from obdirectory.sandbox.issuing import issue, make_crl, make_ocsp
from obdirectory.sandbox.lists import ListPointer
from obdirectory.trust import prepared
from obdirectory.trust.anchors import official_anchors
from obdirectory.trust.fetch import ListFetch
from obdirectory.trust.refresh import RefreshRow, list_detail, list_status, load, refresh
from obdirectory.trust.trustlist import OpenedList, ReadList, open_list, verify_list

SCHEME = Scheme()
NOW = datetime(2026, 11, 24, tzinfo=UTC)
LOTL_URL = "https://lists.example/lotl.xml"


@dataclass
class Room:
    """A database, an object store and a folder, and refreshes between them."""

    database: Database
    objects: ObjectStore
    folder: Path

    def lay(self, **files: bytes) -> None:
        """Lay files down; ``de_xml`` becomes ``de.xml``."""
        for path in self.folder.iterdir():
            path.unlink()
        for name, content in files.items():
            (self.folder / name.replace("_", ".")).write_bytes(content)

    async def refresh(self, at: datetime | None = AT, **files: bytes) -> list[tuple[str, str, str]]:
        if files:
            self.lay(**files)
        rows = await self.rows(at)
        return [(row.file, row.outcome, row.reason) for row in rows]

    async def rows(self, at: datetime | None = AT) -> list[RefreshRow]:
        return await refresh(
            self.database, self.objects, environment="sandbox", from_dir=self.folder, at=at, now=NOW, anchors=SCHEME.anchors, fetch=None
        )

    async def loaded(self, known_at: datetime = NOW) -> dict[str, int]:
        trust, _ = await load(self.database, self.objects, "sandbox", known_at=known_at)
        return {territory: accepted.sequence for territory, accepted in trust.loaded.items()}

    async def version(self) -> int:
        return (await world_versions(self.database))["sandbox"]


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Room:
    (tmp_path / "lists").mkdir()
    return Room(database, ObjectStore(tmp_path / "objects"), tmp_path / "lists")


# -- from a folder -----------------------------------------------------------------------------------------------------------


async def test_a_folder_is_taken_in_and_loaded(room: Room) -> None:
    rows = await room.refresh(lotl_xml=SCHEME.list_of_lists(), de_xml=SCHEME.list_of("DE", 5))
    assert rows == [("lotl.xml", "accepted", ""), ("de.xml", "accepted", "")]
    trust, _ = await load(room.database, room.objects, "sandbox", known_at=NOW)
    [service] = trust.services[SCHEME.authority.name_der, SCHEME.authority.spki_der]
    assert service.intervals[0].status == "granted"
    assert trust.loaded["DE"].known_at == AT
    assert trust.loaded["DE"].sha256 == hashlib.sha256((room.folder / "de.xml").read_bytes()).hexdigest()
    assert await room.objects.get(trust.loaded["DE"].sha256) == (room.folder / "de.xml").read_bytes()


async def test_the_same_files_again_change_nothing(room: Room) -> None:
    await room.refresh(lotl_xml=SCHEME.list_of_lists(), de_xml=SCHEME.list_of())
    version = await room.version()
    assert await room.refresh(AT + timedelta(days=1)) == [("lotl.xml", "accepted", ""), ("de.xml", "accepted", "")]
    assert await room.version() == version == 1
    assert await room.database.fetch_values("SELECT count(*) FROM trust.trusted_list") == [2]


async def test_a_world_version_rises_with_every_list_that_counts(room: Room) -> None:
    lists = SCHEME.list_of_lists()
    await room.refresh(lotl_xml=lists)
    await room.refresh(lotl_xml=lists, de_xml=SCHEME.list_of("DE", 5))
    await room.refresh(lotl_xml=lists, de_xml=SCHEME.list_of("DE", 5, signer=SCHEME.stranger))
    await room.refresh(lotl_xml=lists, de_xml=SCHEME.list_of("DE", 6))
    assert await room.version() == 3
    assert await room.loaded() == {"EU": 10, "DE": 6}


async def test_a_refused_list_leaves_the_last_good_one(room: Room) -> None:
    lists = SCHEME.list_of_lists()
    await room.refresh(lotl_xml=lists, de_xml=SCHEME.list_of("DE", 5))
    for bad, expected in (
        (b"<html><body>Sorry</body></html>", "html_page"),
        (SCHEME.list_of("DE", 9, signer=SCHEME.stranger), "signer_not_named"),
        (SCHEME.list_of("DE", 4), "rollback"),
        (SCHEME.list_of("DE", 6)[:-200], "not_well_formed"),
    ):
        assert (await room.refresh(AT + timedelta(days=1), lotl_xml=lists, de_xml=bad))[1] == ("de.xml", "refused", expected)
        assert await room.loaded() == {"EU": 10, "DE": 5}
        assert await room.database.fetch_values("SELECT count(*) FROM trust.trusted_list WHERE reason = %s", (expected,)) == [1]


async def test_a_refusal_is_written_once(room: Room) -> None:
    for _ in range(3):
        await room.refresh(lotl_xml=SCHEME.list_of_lists(), de_xml=b"<html></html>")
    assert await room.database.fetch_values("SELECT count(*) FROM trust.trusted_list WHERE outcome = 'refused'") == [1]


async def test_past_instants_are_loaded_as_they_were_known(room: Room) -> None:
    lists, early, late = SCHEME.list_of_lists(), AT, AT + timedelta(days=30)
    await room.refresh(early, lotl_xml=lists, de_xml=SCHEME.list_of("DE", 5))
    await room.refresh(late, lotl_xml=lists, de_xml=SCHEME.list_of("DE", 6))
    assert await room.loaded(early - timedelta(seconds=1)) == {}
    assert await room.loaded(early) == {"EU": 10, "DE": 5}
    assert await room.loaded(late) == {"EU": 10, "DE": 6}


async def test_a_past_taken_in_later_never_displaces_the_newer(room: Room) -> None:
    new, old = SCHEME.list_of("DE", 9), SCHEME.list_of("DE", 2, issued_at=ISSUED - timedelta(days=400))
    lists = SCHEME.list_of_lists(1, issued_at=ISSUED - timedelta(days=500), next_update_at=NEXT)
    assert (await room.refresh(AT, lotl_xml=lists, de_xml=new))[1][1] == "accepted"
    past = ISSUED - timedelta(days=300)
    assert (await room.refresh(past, lotl_xml=lists, de_xml=old))[1] == ("de.xml", "accepted", "")
    assert await room.loaded() == {"EU": 1, "DE": 9}
    assert await room.loaded(past) == {"EU": 1, "DE": 2}
    assert (await room.refresh(AT, lotl_xml=lists, de_xml=old))[1] == ("de.xml", "refused", "rollback")


async def test_an_empty_folder_or_one_of_other_files_changes_nothing(room: Room) -> None:
    assert await room.refresh() == []
    room.lay(readme_md=b"# lists", notes_txt=b"<a/>")
    assert await room.rows() == []
    assert await room.version() == 0


async def test_files_that_are_no_lists_get_a_row(room: Room) -> None:
    rows = await room.refresh(a_xml=b"", b_xml=b"<a/>", c_xml=b"junk", d_XML=b"<!DOCTYPE html><html/>", e_crl=b"junk", f_ocsp=b"junk")
    assert {outcome for _, outcome, _ in rows} == {"refused"}
    assert {name: word for name, _, word in rows} == {
        "a.xml": "empty_file",
        "b.xml": "not_a_trusted_list",
        "c.xml": "not_well_formed",
        "d.XML": "html_page",
        "e.crl": "unreadable",
        "f.ocsp": "unreadable",
    }


async def test_what_cannot_be_asked_is_said(room: Room) -> None:
    async def ask(**changes: object) -> None:
        asked: dict[str, object] = {
            "environment": "sandbox", "from_dir": room.folder, "at": None, "now": NOW, "anchors": SCHEME.anchors, "fetch": None,
        }  # fmt: skip
        await refresh(room.database, room.objects, **(asked | changes))  # pyright: ignore[reportArgumentType]

    with pytest.raises(InvalidInput, match="future"):
        await ask(at=NOW + timedelta(seconds=1))
    with pytest.raises(InvalidInput, match="cannot read the folder"):
        await ask(from_dir=room.folder / "nowhere")
    with pytest.raises(InvalidInput, match="come from a folder"):
        await ask(from_dir=None)
    with pytest.raises(InvalidInput, match="give a folder"):
        await ask(from_dir=None, at=AT, fetch=ListFetch(Server(), LOTL_URL))
    with pytest.raises(NotPermitted):
        await ask(environment="live")
    with pytest.raises(NotPermitted):
        await ask(anchors=official_anchors())


async def test_environments_do_not_see_each_other(room: Room) -> None:
    await room.refresh(lotl_xml=SCHEME.list_of_lists(), de_xml=SCHEME.list_of())
    trust, _ = await load(room.database, room.objects, "live", known_at=NOW)
    assert trust.loaded == {}
    assert await list_status(room.database, "live", now=NOW) == []


async def test_a_list_without_its_prepared_form_is_read_again_from_the_archive(room: Room) -> None:
    """The archived file is the evidence; what was prepared from it is a convenience, and may be of another release."""
    await room.refresh(lotl_xml=SCHEME.list_of_lists(), de_xml=SCHEME.list_of("DE", 77))
    lost = hashlib.sha256(b"nothing of this digest is kept").hexdigest()
    await room.database.execute("UPDATE trust.trusted_list SET prepared_sha256 = %s WHERE territory = 'EU'", (lost,))
    other = room.objects.put_now(b"of another release")
    await room.database.execute("UPDATE trust.trusted_list SET prepared_sha256 = %s WHERE territory = 'DE'", (other,))
    assert await room.loaded() == {"EU": 10, "DE": 77}


def test_a_prepared_list_is_the_list_that_was_read() -> None:
    opened = open_list(SCHEME.list_of_lists())
    assert isinstance(opened, OpenedList)
    read = verify_list(opened, {SCHEME.lotl.der})
    assert isinstance(read, ReadList)
    assert prepared.unpack(prepared.pack(read)) == read
    assert prepared.unpack(b"\x80") is None
    assert prepared.unpack(b"") is None


# -- what the pages show -----------------------------------------------------------------------------------------------------


async def test_the_page_shows_every_territory_with_its_age(room: Room) -> None:
    pointers = [ListPointer(territory, f"https://lists.example/{territory}", (SCHEME.national.der,)) for territory in ("DE", "FR", "IT")]
    await room.refresh(
        lotl_xml=SCHEME.list_of_lists(pointers=pointers),
        de_xml=SCHEME.list_of("DE", 5),
        fr_xml=SCHEME.list_of("FR", 3, signer=SCHEME.stranger),
    )
    found = {status.territory: status for status in await list_status(room.database, "sandbox", now=AT)}
    assert list(found) == ["EU", "DE", "FR", "IT"]
    german = found["DE"]
    assert (german.status, german.sequence, german.services, german.web_services) == ("current", 5, 1, 1)
    assert german.age_seconds == (AT - ISSUED).total_seconds()
    assert (german.address, german.refusal) == ("https://lists.example/DE", "")
    assert (found["FR"].status, found["FR"].refusal) == ("missing", "signer_not_named")
    assert (found["IT"].status, found["IT"].refusal, found["IT"].checked_at) == ("missing", "", None)
    later = {status.territory: status for status in await list_status(room.database, "sandbox", now=NEXT + timedelta(days=1))}
    assert later["DE"].status == "expired"


async def test_one_list_is_shown_with_its_services(room: Room) -> None:
    await room.refresh(lotl_xml=SCHEME.list_of_lists(), de_xml=SCHEME.list_of())
    detail = await list_detail(room.database, room.objects, "sandbox", "DE", now=NOW)
    assert [(name, [service.name for service in services]) for name, services in detail.providers] == [
        ("Example provider", ["Issuing service"])
    ]
    assert detail.signer_sha256 == hashlib.sha256(SCHEME.national.der).hexdigest()
    with pytest.raises(NotFound):
        await list_detail(room.database, room.objects, "sandbox", "XX", now=NOW)


# -- revocation answers ------------------------------------------------------------------------------------------------------


async def test_answers_in_the_folder_are_judged_stored_and_loaded(room: Room) -> None:
    leaf, _ = issue(SCHEME.authority)
    crl = make_crl(SCHEME.authority, this_update_at=AT - timedelta(hours=1), next_update_at=AT + timedelta(days=1))
    stranger = make_crl(SCHEME.stranger, this_update_at=AT - timedelta(hours=1), next_update_at=AT + timedelta(days=1))
    answer = make_ocsp(SCHEME.authority, leaf, this_update_at=AT - timedelta(hours=1), next_update_at=AT + timedelta(hours=1))
    room.lay(lotl_xml=SCHEME.list_of_lists(), de_xml=SCHEME.list_of(), own_crl=crl, their_crl=stranger, one_ocsp=answer)
    rows = {row.file: row for row in await room.rows()}
    assert (rows["own.crl"].kind, rows["own.crl"].outcome, rows["own.crl"].territory) == ("crl", "accepted", "DE")
    assert (rows["their.crl"].outcome, rows["their.crl"].reason) == ("refused", "issuer_not_listed")
    assert (rows["one.ocsp"].kind, rows["one.ocsp"].outcome) == ("ocsp", "accepted")
    version = await room.version()
    _, revocation = await load(room.database, room.objects, "sandbox", known_at=NOW)
    key = (SCHEME.authority.name_der, SCHEME.authority.spki_der)
    assert [view.known_at for view in revocation.crls[key]] == [AT]
    assert len(revocation.ocsp) == 1
    assert (await load(room.database, room.objects, "sandbox", known_at=AT - timedelta(seconds=1)))[1].crls == {}
    await room.rows()
    assert await room.version() == version
    assert await room.database.fetch_values("SELECT count(*) FROM trust.revocation_answer") == [3]


# -- from their addresses ----------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """Stands in for the guarded client: pages by address, each a body or what goes wrong; remembers what it was asked."""

    pages: dict[str, bytes | Exception] = field(default_factory=dict[str, "bytes | Exception"])
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, "str | None"]])

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        timeout_seconds: float,
        etag: str | None = None,
        last_modified: str | None = None,
        follow_same_host: bool = False,
    ) -> Fetched:
        self.asked.append((url, etag))
        page = self.pages.get(url, Unavailable(f"{url} answered 404"))
        if isinstance(page, Exception):
            raise page
        own = f'"{hashlib.sha256(page).hexdigest()[:8]}"'
        if etag == own:
            return Fetched(304, b"", own, None, None)
        assert len(page) <= max_bytes
        return Fetched(200, page, own, None, "application/xml")


async def from_network(room: Room, server: Server, now: datetime = NOW) -> list[tuple[str, str, str]]:
    rows = await refresh(
        room.database, room.objects, environment="sandbox", from_dir=None, at=None, now=now, anchors=SCHEME.anchors,
        fetch=ListFetch(server, LOTL_URL),
    )  # fmt: skip
    return [(row.file, row.outcome, row.reason) for row in rows]


def url(territory: str) -> str:
    return f"https://lists.example/{territory}.xml"


async def test_lists_are_fetched_from_where_the_list_of_lists_says(room: Room) -> None:
    server = Server({LOTL_URL: SCHEME.list_of_lists(), url("DE"): SCHEME.list_of("DE", 5), url("FR"): SCHEME.list_of("FR", 7)})
    assert await from_network(room, server) == [(LOTL_URL, "accepted", ""), (url("DE"), "accepted", ""), (url("FR"), "accepted", "")]
    assert await room.loaded() == {"EU": 10, "DE": 5, "FR": 7}


async def test_unchanged_lists_are_not_sent_again(room: Room) -> None:
    server = Server({LOTL_URL: SCHEME.list_of_lists(), url("DE"): SCHEME.list_of("DE", 5), url("FR"): SCHEME.list_of("FR", 7)})
    first = await from_network(room, server)
    server.asked.clear()
    assert sorted(await from_network(room, server, NOW + timedelta(hours=1))) == sorted(first)
    assert [bool(etag) for _, etag in server.asked] == [True, True, True]
    assert await room.version() == 1


async def test_one_silent_server_stops_nobody(room: Room) -> None:
    lists = SCHEME.list_of_lists()
    server = Server({LOTL_URL: lists, url("DE"): SCHEME.list_of("DE", 5), url("FR"): Unavailable("did not answer")})
    assert await from_network(room, server) == [
        (LOTL_URL, "accepted", ""),
        (url("DE"), "accepted", ""),
        (url("FR"), "refused", "not_fetched"),
    ]
    server.pages |= {url("DE"): Unavailable("answered 503"), url("FR"): SCHEME.list_of("FR", 7)}
    await from_network(room, server, NOW + timedelta(hours=1))
    assert await room.loaded(NOW + timedelta(hours=1)) == {"EU": 10, "DE": 5, "FR": 7}
    status = {one.territory: one for one in await list_status(room.database, "sandbox", now=NOW + timedelta(hours=1))}
    assert (status["DE"].status, status["DE"].refusal, status["DE"].refusal_message) == ("current", "not_fetched", "answered 503")
    assert status["FR"].refusal == ""


async def test_an_error_page_is_never_kept_as_good(room: Room) -> None:
    """A page served with 200 in a list's place: the last good list counts on, and is asked for anew."""
    server = Server({LOTL_URL: SCHEME.list_of_lists(), url("DE"): SCHEME.list_of("DE", 5), url("FR"): SCHEME.list_of("FR", 7)})
    await from_network(room, server)
    good = dict(server.pages)
    server.pages |= {LOTL_URL: b"<html>maintenance</html>", url("DE"): b"<!DOCTYPE html><html>maintenance</html>"}
    rows = await from_network(room, server, NOW + timedelta(hours=1))
    assert {(name, reason) for name, outcome, reason in rows if outcome == "refused"} == {(LOTL_URL, "html_page"), (url("DE"), "html_page")}
    assert await room.loaded(NOW + timedelta(hours=2)) == {"EU": 10, "DE": 5, "FR": 7}
    server.pages |= good
    server.asked.clear()
    assert {outcome for _, outcome, _ in await from_network(room, server, NOW + timedelta(hours=2))} == {"accepted"}
    assert [etag for address, etag in server.asked if address == url("DE")] == [None]


async def test_without_the_list_of_lists_nothing_is_followed(room: Room) -> None:
    server = Server({LOTL_URL: SCHEME.list_of_lists(signer=SCHEME.stranger), url("DE"): SCHEME.list_of("DE", 5)})
    assert await from_network(room, server) == [(LOTL_URL, "refused", "signer_not_in_official_journal")]
    assert [address for address, _ in server.asked] == [LOTL_URL]


async def test_pivots_are_fetched_from_the_same_host_alone(room: Room) -> None:
    following = SCHEME.stranger
    pivot = SCHEME.list_of_lists(8, own_signers=[following.der])
    addresses = ["https://lists.example/lotl-pivot-8.xml", "https://lists.example/sandbox-anchors"]
    top = SCHEME.list_of_lists(10, signer=following, information_uris=addresses)
    elsewhere = SCHEME.list_of_lists(11, signer=following, information_uris=["https://elsewhere.example/lotl-pivot-8.xml", addresses[1]])
    server = Server({addresses[0]: pivot, LOTL_URL: elsewhere, "https://elsewhere.example/lotl-pivot-8.xml": pivot})
    assert (await from_network(room, server))[0] == (LOTL_URL, "refused", "signer_not_in_official_journal")
    assert [address for address, _ in server.asked] == [LOTL_URL]
    server.pages[LOTL_URL] = top
    assert (await from_network(room, server, NOW + timedelta(hours=1)))[0] == (LOTL_URL, "accepted", "")


async def test_a_moved_list_is_asked_for_at_its_new_address(room: Room) -> None:
    server = Server({LOTL_URL: SCHEME.list_of_lists(), url("DE"): SCHEME.list_of("DE", 5)})
    await from_network(room, server)
    moved = [ListPointer("DE", "https://lists.example/new-de.xml", (SCHEME.national.der,))]
    server.pages = {LOTL_URL: SCHEME.list_of_lists(11, pointers=moved), "https://lists.example/new-de.xml": SCHEME.list_of("DE", 6)}
    assert (await from_network(room, server, NOW + timedelta(hours=1)))[1][:2] == ("https://lists.example/new-de.xml", "accepted")
    status = {one.territory: one.address for one in await list_status(room.database, "sandbox", now=NOW + timedelta(hours=1))}
    assert status["DE"] == "https://lists.example/new-de.xml"
