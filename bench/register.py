"""The EBA register of 300,000 entities: first load, the next day with one per cent changed, the same file again; CPU time of this process.

Every figure beside the floor measured in the same run: the least that has to be done, done bare. Each runs in a process of its own.
"""

import asyncio
import gc
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from obdirectory.directory.update import publish
from obdirectory.platform.db import Database
from obdirectory.platform.embedded import EmbeddedPostgres
from obdirectory.platform.migrate import migrate
from obdirectory.platform.objects import ObjectStore
from obdirectory.registers.collect import collect
from obdirectory.sandbox.registers import Entity, MakeBelieveRegister, golden_copy, published

ENTITIES = 300_000
FIRMS = 6_000
DAY = datetime(2026, 9, 1, 16, 0, 29, tzinfo=UTC)


def main() -> int:
    """Print every figure, a line each."""
    with tempfile.TemporaryDirectory(prefix="obd-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        _write_registers(folder)
        server = EmbeddedPostgres.join(folder / "server", durable=False)
        try:
            asyncio.run(migrate(server.dsn))
            measured = {what: _measure(what, folder, server.dsn) for what in ("floor_first", "first", "floor_next", "next", "unchanged")}
        finally:
            server.leave()
    first, floor_first, following, floor_next = (measured[what] for what in ("first", "floor_first", "next", "floor_next"))
    _print("first load, CPU", first["cpu"], "s", floor_first["cpu"])
    _print("first load, peak memory", first["peak"], "MB", 512.0)
    _print("next day, 1 % changed, CPU", following["cpu"], "s", floor_next["cpu"])
    _print("next day, peak memory", following["peak"], "MB", 512.0)
    _print("unchanged, CPU", measured["unchanged"]["cpu"], "s", floor_next["digest"])
    _print("first load, elapsed", first["elapsed"], "s", floor_first["elapsed"])
    _print("next day, elapsed", following["elapsed"], "s", floor_next["elapsed"])
    return 0


def _print(what: str, value: float, unit: str, floor: float) -> None:
    row = {
        "bench": "register",
        "what": what,
        "value": round(value, 3),
        "unit": unit,
        "floor": round(floor, 3),
        "ratio": round(value / floor, 2),
    }
    print(json.dumps(row), flush=True)


def _measure(what: str, folder: Path, dsn: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, what, str(folder), dsn], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _write_registers(folder: Path) -> None:
    """Two days: one per cent of the rows changed, a few added."""
    entities = list(MakeBelieveRegister(FIRMS, ENTITIES - FIRMS - FIRMS // 7).entities())
    for day in (0, 1):
        content = golden_copy(_next_day(entities) if day else entities)
        place = folder / f"day{day}"
        place.mkdir()
        for name, inside in published(content, DAY + timedelta(days=day)).items():
            (place / name).write_bytes(inside)
        if day == 0:
            (folder / "day0.json").write_bytes(content)


def _next_day(entities: list[Entity]) -> list[Entity]:
    changed = [dict(entity) for entity in entities]
    for entity in changed[::100]:
        entity["Properties"] = [{"ENT_TOW_CIT_RES": "Elsewhere"} if "ENT_TOW_CIT_RES" in one else one for one in entity["Properties"]]
        entity["__EBA_EntityVersion"] = "20260902000000000"
    return changed


def _child(what: str, folder: Path, dsn: str) -> None:
    work: dict[str, Callable[[], Any]] = {
        "floor_first": lambda: asyncio.run(_floor_first(folder, dsn)),
        "first": lambda: asyncio.run(_collect(folder, dsn, folder / "day0.json")),
        "floor_next": lambda: _floor_next(folder),
        "next": lambda: asyncio.run(_collect(folder, dsn, folder / "day1")),
        "unchanged": lambda: asyncio.run(_collect(folder, dsn, folder / "day1")),
    }
    found = work[what]()
    # Not ru_maxrss: that one begins with what the process that started this one used.
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({**found, "peak": peak / 1024}))


async def _collect(folder: Path, dsn: str, path: Path) -> dict[str, float]:
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    db = await Database.open(dsn, role="obd_work")
    now = datetime.now(UTC)
    started, elapsed = time.process_time(), time.monotonic()
    row = await collect(
        db, ObjectStore(folder / "objects"), "eu_eba", environment="live", from_path=path, at=None, now=now, publish=publish
    )
    found = {"cpu": time.process_time() - started, "elapsed": time.monotonic() - elapsed}
    await db.close()
    if row.outcome not in ("accepted", "unchanged"):
        raise SystemExit(f"{path.name}: {row}")
    return found


async def _floor_first(folder: Path, dsn: str) -> dict[str, float]:
    """Split, decode each row, COPY the same rows and their services."""
    db = await Database.open(dsn)
    async with db.transaction() as connection:
        await connection.run(
            "CREATE TEMP TABLE floor_rows (a text, b text, c text, d text, e text, f text, g text, h boolean, i bytea, j bytea)"
        )
        await connection.run("CREATE TEMP TABLE floor_services (a text, b text, c text, d text)")
        gc.disable()
        started, elapsed = time.process_time(), time.monotonic()
        raws = msgspec.json.decode((folder / "day0.json").read_bytes(), type=list[list[msgspec.Raw]])[1]
        decode = msgspec.json.Decoder().decode
        services: list[tuple[str, str, str, str]] = []

        def rows() -> Any:
            for raw in raws:
                entity = decode(raw)
                for one in entity.get("Services", ()):
                    for country, codes in one.items():
                        listed = [codes] if isinstance(codes, str) else codes
                        services.extend((entity["EntityType"], entity["EntityCode"], country, code) for code in listed)
                yield (
                    entity["EntityType"], entity["EntityCode"], "agent", entity["CA_OwnerID"], "C12345678", "PSD_PI", entity["EntityCode"],
                    True, bytes(raw), b"\0" * 32,
                )  # fmt: skip

        types = ("text",) * 7 + ("bool", "bytea", "bytea")
        await connection.copy_rows("COPY floor_rows FROM STDIN WITH (FORMAT binary)", rows(), types=types)
        await connection.copy_rows("COPY floor_services FROM STDIN WITH (FORMAT binary)", services, types=("text",) * 4)
        found = {"cpu": time.process_time() - started, "elapsed": time.monotonic() - elapsed}
    await db.close()
    return found


def _floor_next(folder: Path) -> dict[str, float]:
    """Read, both digests, unpack, split, a digest of each row."""
    gc.disable()
    started, elapsed = time.process_time(), time.monotonic()
    path = next((folder / "day1").glob("*.zip"))
    packed = path.read_bytes()
    hashlib.sha256(packed).hexdigest()
    digest = time.process_time() - started
    with zipfile.ZipFile(path) as archive:
        content = archive.read(f"{path.stem}.json")
    hashlib.sha256(content).hexdigest()
    raws = msgspec.json.decode(content, type=list[list[msgspec.Raw]])[1]
    digests = [hashlib.sha256(raw).digest() for raw in raws]
    return {"cpu": time.process_time() - started, "elapsed": time.monotonic() - elapsed, "digest": digest, "rows": float(len(digests))}


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _child(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
        raise SystemExit(0)
    raise SystemExit(main())
