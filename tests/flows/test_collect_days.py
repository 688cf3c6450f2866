"""The generator of registers of the EBA's own size: day after day, and every way of breaking one. Its lines are the oracle.

3,000 entities, and 300,000 with ``--full``.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from obdirectory.directory.update import publish
from obdirectory.platform.db import Database
from obdirectory.platform.objects import ObjectStore
from obdirectory.registers.collect import CollectRow, collect, source_status
from obdirectory.registers.row import Refusal, Row
from obdirectory.registers.sources import eu_eba

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Line: TypeAlias = tuple[str, str, str, str | None, Any, Any]
Generate: TypeAlias = Callable[..., Path]

FAULTS = {
    "truncate": "json_incomplete",
    "truncate:0.3": "json_incomplete",
    "half": "rows_missing",
    "drop-nca:ES_BE": "authority_missing",
    "drop-nca:DE_BAFIN": "authority_missing",
    "rename-field": "property_missing",
    "all-withdrawn": "statuses_flipped",
    "duplicate-key": "key_repeated",
    "empty": "json_incomplete",
}
OF_FORM = ("truncate", "rename-field", "duplicate-key", "empty")


@pytest.fixture(scope="module")
def generate(shared_data: Path, tmp_path_factory: pytest.TempPathFactory, full: bool) -> Iterator[Generate]:
    """Runs the generator: ``generate("day1", "--day", "1")``."""
    folder = tmp_path_factory.mktemp("registers")
    script = shared_data / "registers" / "gen_eba.py"

    def run(name: str, *arguments: str) -> Path:
        path = folder / name
        if not path.exists():
            size = "300000" if full else "3000"
            command = [sys.executable, str(script), "-n", size, "-o", str(path), *arguments]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return path

    yield run
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()


async def take(database: Database, objects: ObjectStore, path: Path, hours: int) -> CollectRow:
    return await collect(
        database, objects, "eu_eba", environment="live", from_path=path, at=None, now=NOW + timedelta(hours=hours), publish=publish
    )


async def test_six_days_give_the_oracles_lines(database: Database, tmp_path: Path, generate: Generate) -> None:
    objects = ObjectStore(tmp_path / "objects")
    first = await take(database, objects, generate("day0", "--zip"), 0)
    assert (first.outcome, first.first) == ("accepted", True)
    oracle_file = tmp_path / "oracle.jsonl"
    generate("oracle", "--day", "6", "--changes", str(oracle_file))
    oracle = [json.loads(line) for line in oracle_file.read_text().splitlines()]
    since: set[tuple[str, str]] = set()
    for day in range(1, 7):
        row = await take(database, objects, generate(f"day{day}", "--day", str(day), "--zip"), day)
        assert row.outcome == "accepted", row
        lines = await written(database, NOW + timedelta(hours=day))
        expected = {line_of(line) for line in oracle if line["day"] == day}
        # The generator forgets that agents added since day 0 follow their principal too; nothing else is beyond its lines.
        forgotten = {line for line in lines - expected if line[1:3] in since and line[3] == "DER_CHI_ENT_AUT"}
        assert lines - forgotten == expected
        assert (row.added, row.removed, row.changed) == tuple(sum(line[0] == op for line in lines) for op in ("add", "remove", "change"))
        since |= {line[1:3] for line in lines if line[0] == "add"}
    again = await take(database, objects, generate("day3", "--day", "3", "--zip"), 9)
    assert (again.outcome, again.reason) == ("refused", "older_than_last_accepted")


async def test_every_fault_is_refused_and_the_good_day_serves(database: Database, tmp_path: Path, generate: Generate) -> None:
    objects = ObjectStore(tmp_path / "objects")
    await take(database, objects, generate("day0", "--zip"), 0)
    [before] = [status for status in await source_status(database, "live", now=NOW) if status.source == "eu_eba"]
    for hours, (fault, reason) in enumerate(FAULTS.items(), start=1):
        path = generate(f"fault-{fault.replace(':', '-')}", "--fault", fault, "--zip")
        row = await take(database, objects, path, hours)
        assert (fault, row.outcome, row.reason) == (fault, "refused", reason)
    [after] = [status for status in await source_status(database, "live", now=NOW) if status.source == "eu_eba"]
    assert (after.snapshot, after.as_of, after.rows_by_type) == (before.snapshot, before.as_of, before.rows_by_type)
    day = await take(database, objects, generate("day1", "--day", "1", "--zip"), 20)
    assert (day.outcome, day.removed) == ("accepted", 0)


@pytest.mark.parametrize("fault", OF_FORM)
async def test_form_is_judged_on_an_empty_directory(database: Database, tmp_path: Path, generate: Generate, fault: str) -> None:
    row = await take(database, ObjectStore(tmp_path / "objects"), generate(f"fault-{fault}", "--fault", fault, "--zip"), 0)
    assert (row.outcome, row.reason, row.first) == ("refused", FAULTS[fault], True)


async def test_the_first_load_holds_every_row(database: Database, tmp_path: Path, generate: Generate) -> None:
    path = generate("day0", "--zip")
    row = await take(database, ObjectStore(tmp_path / "objects"), path, 0)
    rows = eu_eba.split(next(path.glob("*.json")).read_bytes())
    assert not isinstance(rows, Refusal)
    assert row.added == len(rows)
    kept = await database.fetch_values("SELECT kind || ' ' || count(*) FROM registers.record GROUP BY kind")
    read = [found for found in map(eu_eba.row, rows) if isinstance(found, Row)]
    assert sorted(kept) == sorted(f"{kind} {sum(found.kind == kind for found in read)}" for kind in ("agent", "branch", "institution"))


def line_of(line: dict[str, Any]) -> Line:
    return line["op"], line["EntityType"], line["EntityCode"], line.get("prop"), flat(line.get("old")), flat(line.get("new"))


def flat(value: Any) -> Any:
    """A list of one is its value, as registers write both."""
    if not isinstance(value, list):
        return value
    items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
    return items[0] if len(items) == 1 else tuple(items)


async def written(database: Database, known_at: datetime) -> set[Line]:
    async with database.connection() as connection:
        cursor = await connection.execute(
            "SELECT op, entity_type, entity_code, property, old, new FROM directory.change WHERE known_at = %s", (known_at,)
        )
        return {(row[0], row[1], row[2], row[3], flat(row[4]), flat(row[5])) for row in await cursor.fetchall()}
