"""What the size of the register costs: a cold check, a look-up, a refresh with 100,000 institutions beside 7,000, and memory.

Memory and look-ups of each size are measured in a process of its own; the cold checks of both alternate, since their ratio is the bar.
"""

import gc
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time

from bench._world import NOW, make_world

from obdirectory.check.decide import decide_outcome
from obdirectory.core.countries import EEA_MEMBERSHIP
from obdirectory.core.identifiers import entity_id, sha256_hex
from obdirectory.core.nca import NcaId
from obdirectory.directory.assembly import Assembly, EntryRow
from obdirectory.directory.index import DirectoryIndex
from obdirectory.directory.lookup import Building, apply_changes
from obdirectory.directory.match import find
from obdirectory.directory.passport import country_rights

SMALL, LARGE = 7_000, 100_000
_SEEN_AT = datetime(2026, 9, 1, tzinfo=UTC)
_LITHUANIA = NcaId("LT", "BL")
_HOSTS = sorted(EEA_MEMBERSHIP.keys() - {"GB", "LT"})
_CODES = ("PS_03A", "PS_03B", "PS_03C", "PS_05A", "PS_05B", "PS_060", "PS_070", "PS_080")


def main() -> int:
    """Measure both sizes, print each figure with the small register's as its floor."""
    small, large = (_measured(size) for size in (SMALL, LARGE))
    cold_small, cold_large = cold()
    _print("cold check, 100,000 institutions", cold_large, "us", cold_small)
    _print("look-up and rights, 100,000 institutions", large["look_up_us"], "us", small["look_up_us"])
    _print("refresh after one change, 100,000 institutions", large["refresh_ms"], "ms", 5.0)
    _print("index of 100,000 institutions", large["index_mb"], "MB", 300.0)
    _print("rows to index, 100,000 institutions", large["build_us"], "us a firm", small["build_us"])
    return 0


def measure(size: int) -> dict[str, float]:
    """All figures of one size."""
    before = _resident_mb()
    started = process_time()
    assembly, building = Assembly(), Building()
    building.add(assembly.firms(rows(size)))
    index = building.index()
    build_us = (process_time() - started) / size * 1e6
    gc.collect()
    index_mb = _resident_mb() - before
    gc.freeze()
    refresh_ms = max(_refresh(index, assembly, size, number) for number in range(50))
    look_up_us = min(_look_up(index, size) for _ in range(5))
    return {"build_us": build_us, "index_mb": index_mb, "refresh_ms": refresh_ms, "look_up_us": look_up_us}


def rows(size: int) -> Iterator[EntryRow]:
    """Register rows with passports as wide as the real ones: a quarter everywhere, a third in some countries, the rest at home."""
    for number in range(size):
        yield _row(number)


def _row(number: int, name: str = "Bench Firm") -> EntryRow:
    chance = random.Random(number)
    code = f"LT_BL!LB{number:06d}"
    services = chance.sample(_CODES, chance.randrange(1, 7))
    width = chance.choices((0, chance.randrange(1, 10), len(_HOSTS)), (40, 35, 25))[0]
    listed = ",".join(f"{country} {service}" for country in ("LT", *_HOSTS[:width]) for service in services)
    return EntryRow(
        entity_id("eu_eba", "PSD_PI", code), "eu_eba", "PSD_PI", code, "LT_BL", "LT-BL", f"LB{number:06d} ", f"{name} {number} UAB", "LT",
        [date(2019, 1, 1)], None, None, None, None, None, None, [], sha256_hex(code.encode()), _SEEN_AT, None, [listed], [_SEEN_AT], [None],
    )  # fmt: skip


def _refresh(index: DirectoryIndex, assembly: Assembly, size: int, number: int) -> float:
    """Milliseconds the event loop stands still while one changed firm is taken into a new index."""
    changed = _row(number * 17 % size, "Renamed")
    started = process_time()
    now = apply_changes(index, firms=[assembly.firm(changed.entity_id, [changed])])
    elapsed = (process_time() - started) * 1e3
    assert now.firms[changed.entity_id].name.startswith("Renamed")
    return elapsed


def _look_up(index: DirectoryIndex, size: int) -> float:
    """Microseconds to find a firm among all of them and say what it may do in a country."""
    numbers = [f"LB{number:06d}" for number in random.Random(1).choices(range(size), k=5_000)]
    started = process_time()
    for number in numbers:
        [firm] = find(index, _LITHUANIA, number).firms
        country_rights(firm, _LITHUANIA, "FR", at=NOW)
    return (process_time() - started) / len(numbers) * 1e6


def cold() -> tuple[float, float]:
    """Microseconds to decide on a certificate never seen before, in the small and in the large world; the best of some rounds each."""
    worlds = [make_world(firms=size, certificates=200, key="p256") for size in (SMALL, LARGE)]
    for bench in worlds:
        bench.world.policy("strict")
    gc.collect()
    gc.freeze()
    times: list[list[float]] = [[], []]
    for _ in range(8):
        for bench, taken in zip(worlds, times, strict=True):
            started = process_time()
            for question in bench.questions:
                assert decide_outcome(question, bench.world, now=NOW).word == "permitted"
            taken.append((process_time() - started) / len(bench.questions) * 1e6)
    return min(times[0]), min(times[1])


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _measured(size: int) -> dict[str, float]:
    run = subprocess.run([sys.executable, "-m", "bench.scale", str(size)], check=True, stdout=subprocess.PIPE)
    return json.loads(run.stdout)


def _print(what: str, value: float, unit: str, floor: float) -> None:
    print(
        json.dumps(
            {
                "bench": "scale",
                "what": what,
                "value": round(value, 3),
                "unit": unit,
                "floor": round(floor, 3),
                "ratio": round(value / floor, 3),
            }
        )
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
        sys.exit(0)
    sys.exit(main())
