"""Trusted lists: all of them verified and indexed, and a start from what was read before; CPU time for 30 lists.

The real lists of ``OBD_TEST_DATA`` where they are, else lists of our own make of about their size. Floor of the first, measured in the
same run: the document parsed and one RSA signature verified, for each list; of the second: the bytes read and digested.
"""

import gc
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from obdirectory.platform.objects import ObjectStore
from obdirectory.sandbox.issuing import make_ca, new_key
from obdirectory.sandbox.lists import ListedCriteria, ListedInstance, ListedProvider, ListedService, make_trusted_list
from obdirectory.trust.index import AcceptedList, TrustIndex, build_index
from obdirectory.trust.prepared import pack, unpack
from obdirectory.trust.trustlist import OpenedList, ReadList, open_list, verify_list
from obdirectory.trust.xmlread import Refused, new_parser

LISTS = 30
SERVICES_OF_A_LIST = 65  # as many as the real lists have on average
ROUNDS = 5


def main() -> None:
    """Both measurements, a line each."""
    contents = real_lists() or made_lists()
    scale = LISTS / len(contents)
    whole = best(lambda: indexed(read_all(contents))) * scale
    floor = best(bare(contents)) * scale
    report("verified_and_indexed_30_lists", whole, floor)
    reads = read_all(contents)
    with tempfile.TemporaryDirectory() as folder:
        objects = ObjectStore(Path(folder))
        digests = [objects.put_now(pack(read)) for read in reads]
        started = best(lambda: indexed([found for digest in digests if (found := unpack(objects.get_now(digest) or b""))])) * scale
        digested = best(lambda: [hashlib.sha256(objects.get_now(digest) or b"").digest() for digest in digests]) * scale
    report("start_from_last_known_good_30_lists", started, digested)


def report(what: str, value: float, floor: float) -> None:
    """One line of the bench; seconds of CPU."""
    line = {
        "bench": "trust",
        "what": what,
        "value": round(value, 4),
        "unit": "s",
        "floor": round(floor, 4),
        "ratio": round(value / floor, 2),
    }
    print(json.dumps(line), flush=True)


def best(work: Callable[[], object]) -> float:
    """Seconds of CPU of the best of some rounds; a first round warms up."""
    work()
    times: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        started = process_time()
        work()
        times.append(process_time() - started)
    return min(times)


def read_all(contents: Sequence[bytes]) -> list[ReadList]:
    """Every list opened and verified under the certificate it carries: who announced it costs no time that could be measured."""
    found: list[ReadList] = []
    for content in contents:
        opened = open_list(content)
        assert isinstance(opened, OpenedList)
        assert not isinstance(opened.signature, Refused)
        read = verify_list(opened, opened.signature.certificates)
        assert isinstance(read, ReadList), read
        found.append(read)
    return found


def indexed(reads: Sequence[ReadList]) -> TrustIndex:
    """The index of what was read."""

    def accepted(read: ReadList) -> AcceptedList:
        said = read.header
        return AcceptedList(said.territory, said.sequence, said.version, read.sha256, said.issued_at, said.next_update_at, said.issued_at)

    return build_index((accepted(read), read.services) for read in reads)


def bare(contents: Sequence[bytes]) -> Callable[[], None]:
    """What nobody can leave out: parse the document, verify one RSA signature."""
    key = new_key("rsa2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    signed = b"signed info" * 100
    signature, public = key.sign(signed, padding.PKCS1v15(), hashes.SHA256()), key.public_key()

    def work() -> None:
        for content in contents:
            etree.fromstring(content, new_parser())
            public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())

    return work


def real_lists() -> list[bytes]:
    """The newest list of each territory that verifies, and the list of lists before the newest to make up the number."""
    place = Path(os.environ.get("OBD_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data") / "trust" / "lists"
    newest: dict[str, Path] = {}
    for path in sorted(place.glob("*.xml"), key=lambda path: int(path.name.split("_")[1])):
        newest[path.name.split("_")[0]] = path
    return [path.read_bytes() for path in newest.values()]


def made_lists() -> list[bytes]:
    """Lists of our own with services, history and qualifications."""
    now = datetime(2026, 6, 1, tzinfo=UTC)
    signer = make_ca(common_name="Signer", key="rsa2048")
    criteria = ListedCriteria(policies=("0.4.0.194112.1.4", "1.2.3.4"), key_usage=(("digitalSignature", True),))
    instances = (
        ListedInstance(qualifications=((("QCForWSA",), criteria), (("QCStatement",), criteria))),
        ListedInstance("undersupervision", datetime(2010, 1, 1, tzinfo=UTC)),
    )
    authorities = [make_ca(common_name=f"Authority {number}", key="rsa2048") for number in range(8)]
    services = tuple(ListedService(f"Service {n}", (authorities[n % 8].der,) * 2, instances) for n in range(SERVICES_OF_A_LIST))
    return [
        make_trusted_list(
            territory="DE",
            sequence=number,
            issued_at=now,
            next_update_at=now + timedelta(days=180),
            signer=signer,
            providers=[ListedProvider("Provider", services)],
        )
        for number in range(1, LISTS + 1)
    ]


if __name__ == "__main__":
    main()
