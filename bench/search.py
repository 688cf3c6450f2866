"""Search as one types in a register of 300,000 entities: how long people wait for hits, asked letter by letter."""

import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

from obdirectory.directory.search import search
from obdirectory.directory.update import publish
from obdirectory.platform.db import Database
from obdirectory.platform.embedded import EmbeddedPostgres
from obdirectory.platform.migrate import migrate
from obdirectory.platform.objects import ObjectStore
from obdirectory.registers.collect import collect
from obdirectory.sandbox.registers import MakeBelieveRegister, golden_copy

ENTITIES = 300_000
FIRMS = 6_000
BAR_MS = 20.0
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_TYPED = ("Alder Birch", "payments", "C50012", "LB000123", "101000", "cedar oak limited", "zzzz", "wilow yew", "PSD", "4000")


def main() -> int:
    """Load the register, then ask."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory(prefix="obd-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "register.json").write_bytes(golden_copy(MakeBelieveRegister(FIRMS, ENTITIES - FIRMS - FIRMS // 7).entities()))
        server = EmbeddedPostgres.join(folder / "server", durable=False)
        try:
            asyncio.run(_measure(server.dsn, folder))
        finally:
            server.leave()
    return 0


async def _measure(dsn: str, folder: Path) -> None:
    await migrate(dsn)
    db = await Database.open(dsn, role="obd_work")
    place = folder / "register.json"
    row = await collect(
        db, ObjectStore(folder / "objects"), "eu_eba", environment="live", from_path=place, at=NOW, now=NOW, publish=publish
    )
    if row.outcome != "accepted":
        raise SystemExit(str(row))
    await _ask(db)  # the first round prepares statements and reads pages from disk
    waited = sorted([ms for _ in range(5) for ms in await _ask(db)])
    await db.close()
    for what, value in (("p50", waited[len(waited) // 2]), ("p99", waited[int(len(waited) * 0.99)])):
        line = {"bench": "search", "what": f"{what} of {len(waited)}", "value": round(value, 2), "unit": "ms", "floor": BAR_MS}
        print(json.dumps({**line, "ratio": round(value / BAR_MS, 3)}))


async def _ask(db: Database) -> list[float]:
    """Every beginning of every text, as typing gives them; milliseconds each."""
    waited: list[float] = []
    for text in _TYPED:
        for length in range(1, len(text) + 1):
            started = time.perf_counter()
            await search(db, "live", text[:length], at=NOW)
            waited.append((time.perf_counter() - started) * 1e3)
    return waited


if __name__ == "__main__":
    sys.exit(main())
