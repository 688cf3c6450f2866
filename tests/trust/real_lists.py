"""The official lists and real certificates of the shared folder, made ready once for the tests that read them."""

import csv
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from obdirectory.trust.anchors import official_anchors
from obdirectory.trust.candidates import Candidate, judge_candidates
from obdirectory.trust.index import AcceptedList, TrustIndex, build_index
from obdirectory.trust.trustlist import open_list

IN_2019 = datetime(2019, 10, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RealCertificate:
    """One row of certs.csv and its bytes."""

    name: str
    cls: str
    der: bytes
    row: dict[str, str]

    def __str__(self) -> str:
        return self.name


@lru_cache(maxsize=4)
def index_at(folder: Path, at: datetime) -> TrustIndex:
    """The lists that a refresh from that folder accepts at an instant."""
    candidates: list[Candidate] = []
    for path in sorted((folder / "trust" / "lists").glob("*.xml")):
        content = path.read_bytes()
        candidates.append(Candidate(path.name, hashlib.sha256(content).hexdigest(), open_list(content)))
    judged = judge_candidates(candidates, known={}, known_list_of_lists=None, anchors=official_anchors(), at=at)
    return build_index(
        (
            AcceptedList(
                read.header.territory,
                read.header.sequence,
                read.header.version,
                read.sha256,
                read.header.issued_at,
                read.header.next_update_at,
                at,
            ),
            read.services,
        )
        for one in judged
        if (read := one.read)
    )


def certificates(folder: Path, *classes: str) -> list[RealCertificate]:
    """The certificates of these classes; of all without any."""
    with (folder / "trust" / "certs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        RealCertificate(Path(row["file"]).stem, row["cls"], (folder / "trust" / row["file"]).read_bytes(), row)
        for row in rows
        if not classes or row["cls"] in classes
    ]
