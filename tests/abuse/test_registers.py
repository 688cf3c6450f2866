"""Abuse by registers: cases 35 to 37, 42 and 43, through the door by which registers come in; the last good one goes on serving."""

import io
import json
import stat
import time
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.directory.registers import NOW, child, institution, take

from obdirectory.core.nca import NcaId
from obdirectory.directory import load
from obdirectory.directory.match import find
from obdirectory.platform.db import Database
from obdirectory.registers.snapshot import CollectRow
from obdirectory.sandbox.registers import MakeBelieveRegister, golden_copy, published

AT = NOW - timedelta(days=2)
HOUR = timedelta(hours=1)
LITHUANIA = NcaId("LT", "BL")
KITE = institution("LT_BL!LB900001", {"DE": "070 080", "LT": "070 080"}, name="Kiteshore Payments UAB")
CROWD = [*MakeBelieveRegister(firms=84, agents=10).entities()]


@dataclass
class Door:
    """Where registers come in, with a good one behind it already."""

    database: Database
    folder: Path

    async def bring(self, content: bytes | list[dict[str, Any]] | dict[str, bytes], *, hours: int = 1) -> CollectRow:
        """A file, rows, or a folder of files, some hours later."""
        place = self.folder / f"register-{hours}"
        if isinstance(content, list):
            return await take(self.database, self.folder, content, at=AT + hours * HOUR)
        if isinstance(content, dict):
            place.mkdir(exist_ok=True)
            for name, inner in content.items():
                (place / name).write_bytes(inner)
        else:
            place.write_bytes(content)
        return await take(self.database, self.folder, place, at=AT + hours * HOUR)

    async def firm_of(self, number: str, nca_id: NcaId = LITHUANIA) -> tuple[str, ...]:
        index = await load.load(self.database, "live", known_at=NOW)
        return tuple(firm.name for firm in find(index, nca_id, number).firms)

    async def services(self) -> dict[str, set[str]]:
        """Country -> services of the kite, those that vanished left out."""
        index = await load.load(self.database, "live", known_at=NOW)
        [firm] = find(index, LITHUANIA, "LB900001").firms
        found: dict[str, set[str]] = {}
        for right in firm.authorisations[0].rights:
            if right.last_missing_at is None:
                found.setdefault(right.country, set()).add(right.service_code)
        return found


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> Door:
    opened = Door(database, tmp_path)
    row = await opened.bring([KITE, *CROWD], hours=0)
    assert (row.outcome, row.first) == ("accepted", True)
    return opened


async def stands(door: Door) -> None:
    """The good register serves as before."""
    assert await door.firm_of("LB900001") == ("Kiteshore Payments UAB",)
    assert await door.services() == {"DE": {"PS_070", "PS_080"}, "LT": {"PS_070", "PS_080"}}


def packed(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, inner)
    return content.getvalue()


async def test_abuse_35_a_changed_layout_or_no_rows_withdraws_nobody(door: Door) -> None:
    page = b"<!doctype html><html><body><h1>Register</h1><table></table></body></html>"
    renamed = json.loads(json.dumps([KITE, *CROWD]).replace("ENT_AUT", "ENT_AUTH_DATES"))
    without_services = [{key: value for key, value in row.items() if key != "Services"} for row in [KITE, *CROWD]]
    shapes: list[bytes | list[dict[str, Any]]] = [
        page, b"", b"[]", b"[[],[]]", b"{}", b"null", b'{"entities": []}', [], [KITE], CROWD[: len(CROWD) // 2], renamed,
        json.dumps({"data": [KITE, *CROWD]}).encode()[:-1],
    ]  # fmt: skip
    for number, content in enumerate(shapes):
        row = await door.bring(content, hours=number + 1)
        assert (row.outcome, bool(row.reason)) == ("refused", True), content[:60]
        await stands(door)
    assert (await door.bring(without_services, hours=30)).outcome in {"refused", "accepted", "held"}
    withdrawn = [{**row, "Properties": [*row["Properties"][:-1], {"ENT_AUT": ["2019-01-01", "2026-11-01"]}]} for row in [KITE, *CROWD]]
    assert (await door.bring(withdrawn, hours=31)).outcome == "refused"


async def test_abuse_36_a_file_changed_or_cut_on_the_way(door: Door) -> None:
    files = published(golden_copy([KITE, *CROWD]), AT + HOUR)
    name = next(name for name in files if name.endswith(".zip"))
    for number, content in enumerate((files[name][:-100], files[name][:40], files[name] + b"\0", packed(("x.json", b"[]")))):
        row = await door.bring({**files, name: content}, hours=number + 1)
        assert row.outcome == "refused", number
    whole = golden_copy([KITE, *CROWD])
    for number, content in enumerate(
        (whole[:-2], whole[: len(whole) // 2], whole[:-1] + b"x", whole.replace(b'"', b"'", 1), whole + whole)
    ):
        row = await door.bring(content, hours=number + 10)
        assert row.outcome == "refused", number
    await stands(door)


async def test_abuse_37_bombs_slips_links_and_nests(door: Door, tmp_path: Path) -> None:
    good = golden_copy([KITE, *CROWD])
    bomb = packed(("register.json", b"0" * 200_000_000))
    archives = {
        "bomb": bomb,
        "slip": packed(("../../../../tmp/slipped.json", good)),
        "absolute": packed(("/tmp/slipped.json", good)),
        "windows": packed(("..\\..\\slipped.json", good)),
        "link": packed(("register.json", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777),
        "nested": packed(("register.zip", packed(("register.json", good)))),
        "two": packed(("a.json", good), ("b.json", good)),
        "many": packed(*((f"{number}.json", b"[]") for number in range(5_000))),
        "empty": packed(),
        "cut": packed(("register.json", good))[:-30],
    }
    started = time.process_time()
    for number, (what, content) in enumerate(archives.items()):
        row = await door.bring(content, hours=number + 1)
        assert (row.outcome, bool(row.reason)) == ("refused", True), what
    assert time.process_time() - started < 10
    assert not list(tmp_path.rglob("slipped*"))
    assert not Path("/tmp/slipped.json").exists()
    await stands(door)


async def test_abuse_42_two_parsers_would_read_it_differently(door: Door) -> None:
    """A key given twice is not believed; names and numbers are not made alike by normalisation."""
    row = json.dumps(KITE)
    for doubled in (
        row.replace('"CA_OwnerID"', '"CA_OwnerID": "DE_BAFIN", "CA_OwnerID"', 1),
        row.replace('"Services"', '"Services": [], "Services"', 1),
        row.replace('"EntityCode"', '"EntityCode": "LT_BL!LB666", "EntityCode"', 1),
    ):
        content = f"[[{{}}], [{doubled}, {json.dumps(CROWD)[1:]}]".replace("]]]", "]]").encode()
        assert (await door.bring(content)).outcome == "refused"
    await stands(door)
    composed, decomposed = "LB\u00c9900", unicodedata.normalize("NFD", "LB\u00c9900")
    rows = [
        institution(f"LT_BL!X{place}", {"LT": "070"}, number=number, name=f"Twin {place}")
        for place, number in enumerate((composed, decomposed))
    ]
    assert (await door.bring([KITE, *rows, *CROWD], hours=2)).outcome == "accepted"
    assert await door.firm_of(composed) == ("Twin 0",)
    assert await door.firm_of(decomposed) == ("Twin 1",)
    assert await door.firm_of("LBE900") == ()


async def test_abuse_43_repeated_rows_flip_nothing(door: Door) -> None:
    """A passport listed twice is one passport; a firm listed twice, once withdrawn, is no register."""
    twice = {**KITE, "Services": [*KITE["Services"], {"DE": "PS_070"}, {"LT": ["PS_080", "PS_080"]}]}
    assert (await door.bring([twice, *CROWD])).outcome == "accepted"
    await stands(door)
    withdrawn = institution("LT_BL!LB900001", {"DE": "070 080"}, authorised="2019-01-01 2026-11-01")
    for number, rows in enumerate(([KITE, withdrawn, *CROWD], [withdrawn, KITE, *CROWD], [KITE, KITE, *CROWD])):
        row = await door.bring(rows, hours=number + 2)
        assert (row.outcome, row.reason) == ("refused", "key_repeated")
    dates = {**KITE, "Properties": [*KITE["Properties"], {"ENT_AUT": ["2019-01-01", "2026-11-01"]}]}
    row = await door.bring([dates, *CROWD], hours=9)
    index = await load.load(door.database, "live", known_at=NOW)
    [firm] = find(index, LITHUANIA, "LB900001").firms
    assert row.outcome == "refused" or not firm.authorisations[0].authorised_on, "a date said twice is not a date"
    branch = child("LT_BL!LB900001", "LT_BL!LB900001", "ES", {"ES": "070"})
    assert (await door.bring([KITE, branch, branch, *CROWD], hours=10)).outcome == "refused"
