"""One command runs the product: it answers, a second one is refused, being killed leaves nothing in the way, and what it knew stays.

And while it serves, PostgreSQL may go: answers go on from what is in memory, and say so.
"""

import base64
import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.flows.commands import Started, free_port, obd, until

from obdirectory.sandbox.issuing import cached_key, issue, make_ca


@dataclass
class Product:
    """A product on a data folder, started and stopped by the tests of this file in their order."""

    data_dir: Path
    log: Path
    port: int = 0
    started: list[Started] = field(default_factory=list[Started])
    key: str = ""
    check_id: str = ""
    receipt: str = ""

    def up(self) -> Started:
        """Start it and wait for the address."""
        self.port = free_port()
        one = Started("up", "--port", str(self.port), data_dir=self.data_dir, log=self.log)
        self.started.append(one)
        line = one.line()
        assert re.fullmatch(rf"Open Banking Directory: http://127\.0\.0\.1:{self.port}/\n", line), (line, self.log.read_text()[-2000:])
        return one

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=20, **more)

    def as_client(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def ask(self, name: str = "kiteshore", **more: Any) -> httpx.Response:
        certificate = (self.data_dir / "sandbox" / "certificates" / f"{name}.pem").read_text()
        body = {"certificate": certificate, "payment_service": "pis", "country": "DE", **more}
        return httpx.post(f"http://127.0.0.1:{self.port}/api/v1/checks", json=body, headers=self.as_client(), timeout=20)

    def is_up(self) -> bool:
        with suppress(httpx.TransportError):
            return self.get("/healthz").status_code == 200
        return False

    def postmaster(self) -> int:
        return int((self.data_dir / "pg" / "data" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    place = tmp_path_factory.mktemp("up")
    made = Product(place / "var", place / "log.txt")
    yield made
    for one in made.started:
        if one.process.poll() is None:
            one.end()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found


def test_it_answers_within_a_minute(product: Product) -> None:
    product.up()
    assert product.get("/healthz").status_code == 200
    ready = product.get("/readyz")
    assert ready.status_code == 200, ready.text
    page = product.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert product.get("/openapi.json").json()["openapi"].startswith("3.1")


def test_a_key_made_beside_it_asks_at_once(product: Product) -> None:
    made = obd("keys", "create", "A bank", "--environment", "sandbox", "--country", "DE", "--json", data_dir=product.data_dir)
    assert made.code == 0, made.err
    product.key = made.row["key"]
    until("the key is known", lambda: product.ask().status_code == 200, seconds=10)
    answer = product.ask(receipt=True)
    verdict = answer.json()
    assert (verdict["verdict"], verdict["reason"]) == ("permitted", "requirements_met")
    assert verdict["question"]["environment"] == "sandbox"
    product.check_id, product.receipt = verdict["id"], verdict["receipt"]


def test_the_answer_is_found_again_and_its_receipt_is_the_same(product: Product) -> None:
    found = product.get(f"/api/v1/checks/{product.check_id}", headers=product.as_client())
    assert found.json()["id"] == product.check_id
    receipt = product.get(f"/api/v1/checks/{product.check_id}/receipt", headers=product.as_client())
    assert receipt.status_code == 200
    assert product.receipt in receipt.text
    assert product.get(f"/api/v1/checks/{product.check_id}").status_code in {401, 403, 404}


def test_its_receipt_is_replayed_beside_it(product: Product, tmp_path: Path) -> None:
    (tmp_path / "receipt.jws").write_text(product.receipt)
    (tmp_path / "jwks.json").write_bytes(product.get("/.well-known/jwks.json").content)
    words = ("replay", tmp_path / "receipt.jws", "--jwks", tmp_path / "jwks.json", "--json")
    replayed = obd(*words, data_dir=product.data_dir)
    assert (replayed.code, replayed.row["same"]) == (0, True), replayed


def test_a_second_one_says_so_and_ends_with_two(product: Product) -> None:
    second = obd("up", "--port", str(free_port()), data_dir=product.data_dir)
    assert (second.code, second.out) == (2, "")
    assert "runs on" in second.err
    assert product.is_up()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"\xff\xfe", 400), (b'{"certificate": 7}', 400), (b"[" * 100_000, 400),
        (json.dumps({"certificate": "x" * 300_000, "payment_service": "pis"}).encode(), 413),
        (json.dumps({"certificate": "!!", "payment_service": "pis", "country": "DE"}).encode(), 400),
        (json.dumps({"certificate": "MAA=", "payment_service": "loans", "country": "DE"}).encode(), 400),
        (json.dumps({"certificate": "MAA=", "payment_service": "pis", "country": "ZZ"}).encode(), 400),
        (json.dumps({"certificate": "MAA=", "payment_service": "pis", "country": "DE", "at": "2100-01-01"}).encode(), 400),
        (json.dumps({"certificate": "MAA=", "payment_service": "pis", "country": "DE", "policy": "eba"}).encode(), 403),
        (json.dumps({"certificate": "MAA=", "payment_service": "pis", "country": "DE", "environment": "live"}).encode(), 400),
        (b'{"certificate": "MAA=", "payment_service": "pis", "payment_service": "ais", "country": "DE"}', 400),
    ],
)  # fmt: skip
def test_bad_input_is_a_problem_and_never_an_error_of_ours(product: Product, body: bytes, status: int) -> None:
    headers = {**product.as_client(), "content-type": "application/json"}
    answer = httpx.post(f"http://127.0.0.1:{product.port}/api/v1/checks", content=body, headers=headers, timeout=20)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in answer.text


def test_odd_addresses_are_never_an_error_of_ours(product: Product) -> None:
    odd = ("%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "%F0%9F%98%80", "'%20OR%201=1--", "a" * 2_000, "%ED%A0%80", "-1", "%E2%80%AE")
    for word in odd:
        for path in (
            f"/api/v1/entities?q={word}", f"/api/v1/entities/{word}", f"/api/v1/entities/{word}/history",
            f"/api/v1/entities?q=k&after={word}", f"/api/v1/entities?q=k&limit={word}", f"/api/v1/changes?after={word}",
            f"/api/v1/registers/{word}/snapshots", f"/api/v1/registers/eu_eba/snapshots?after={word}", f"/api/v1/checks/{word}",
            f"/api/v1/checks/{word}/receipt", f"/firms?q={word}", f"/firms/{word}", f"/firms/{word}?on={word}", f"/check/{word}",
            f"/findings/{word}", f"/trusted-lists/{word}", f"/registers/{word}", f"/static/{word}/{word}", f"/{word}",
            f"/check?service={word}&country={word}",
        ):  # fmt: skip
            answer = product.get(path, headers=product.as_client())
            assert answer.status_code < 500, (path, answer.text[:500])
            assert "Traceback" not in answer.text


def test_a_live_key_never_gets_an_answer_of_the_sandbox(product: Product) -> None:
    made = obd("keys", "create", "Another bank", "--environment", "live", "--country", "DE", "--json", data_dir=product.data_dir)
    sandbox_key, product.key = product.key, made.row["key"]
    try:
        until("the key is known", lambda: product.ask().status_code == 200, seconds=10)
        verdict = product.ask().json()
        assert (verdict["question"]["environment"], verdict["verdict"]) == ("live", "refused")
        assert product.get(f"/api/v1/checks/{product.check_id}", headers=product.as_client()).status_code == 404
    finally:
        product.key = sandbox_key


def test_killed_it_takes_its_processes_along_and_the_next_one_comes_up(product: Product) -> None:
    first = product.started[-1]
    children = children_of(first.process.pid)
    assert len(children) >= 2
    first.end(signal.SIGKILL)
    until("its processes are gone", lambda: not any(map(is_alive, children)), seconds=15)
    assert not product.is_up()
    product.up()
    until("the key is known", lambda: product.ask().status_code == 200, seconds=10)
    assert product.ask().json()["verdict"] == "permitted"
    assert product.get(f"/api/v1/checks/{product.check_id}", headers=product.as_client()).json()["id"] == product.check_id


def test_postgresql_that_is_killed_is_started_again(product: Product) -> None:
    before = product.postmaster()
    os.kill(before, signal.SIGKILL)
    assert product.ask().json()["verdict"] == "permitted"
    search = "/api/v1/entities?q=kiteshore"  # what only the database can answer
    until(
        "another PostgreSQL answers",
        lambda: product.get(search, headers=product.as_client()).status_code == 200 and is_another(product, before),
    )
    until("it is in use", lambda: not product.ask().json()["degraded"], seconds=30)


def is_another(product: Product, before: int) -> bool:
    with suppress(OSError, IndexError, ValueError):
        return product.postmaster() != before and is_alive(product.postmaster())
    return False


def test_told_to_stop_it_stops_everything(product: Product) -> None:
    last = product.started[-1]
    server, children = product.postmaster(), children_of(last.process.pid)
    assert last.end(signal.SIGTERM) == 0
    assert not any(map(is_alive, [server, *children]))
    assert not product.is_up()


def test_without_its_database_a_serving_process_goes_on_and_says_so(product: Product, tmp_path: Path) -> None:
    """Nobody starts PostgreSQL again here: what is in memory answers, degraded; what was answered replays the same later."""
    product.port = free_port()
    serving = Started("serve", "--port", str(product.port), data_dir=product.data_dir, log=tmp_path / "log.txt")
    product.started.append(serving)
    until("it serves", product.is_up)
    until("it is ready", lambda: product.get("/readyz").status_code == 200)
    assert product.ask().json()["degraded"] is False
    os.kill(product.postmaster(), signal.SIGKILL)
    until("it has noticed", lambda: product.ask().json()["degraded"], seconds=20)
    stranger, _ = issue(make_ca(country="DE", organization="Nobody", common_name="Nobody CA"), key=cached_key("p256", "nobody"))
    words: dict[str, str] = {}
    ids: list[str] = []
    for name in ("kiteshore", "ambergate", "fernbrook", "oldharbour", "quillmark", "norrvik"):
        verdict = product.ask(name).json()
        words[name] = verdict["verdict"]
        ids.append(verdict["id"])
        assert verdict["degraded"] is True
        assert "last_known_good_in_use" in {finding["reason"] for finding in verdict["findings"]}
    assert (words["kiteshore"], words["norrvik"]) == ("permitted", "undetermined")
    assert {words[name] for name in ("ambergate", "fernbrook", "oldharbour", "quillmark")} == {"refused"}
    assert product.ask(certificate=base64.b64encode(stranger).decode()).json()["verdict"] == "refused"
    assert product.get("/healthz").status_code == 200
    assert product.get("/readyz").status_code == 200
    for path in (
        "/",
        "/check",
        "/firms",
        "/firms?q=kite",
        "/registers",
        "/trusted-lists",
        "/findings",
        "/api",
        "/api/v1/registers",
        "/api/v1/entities?q=kite",
    ):
        answer = product.get(path, headers=product.as_client())
        assert answer.status_code != 500, path
        assert "Traceback" not in answer.text
    past = product.ask(known_at="2026-06-01T00:00:00Z")
    assert past.status_code in {200, 503}, past.text
    assert product.get(f"/api/v1/checks/{ids[0]}", headers=product.as_client()).json()["id"] == ids[0]
    assert serving.end(signal.SIGTERM) == 0
    replayed = obd("replay", ids[0], "--json", data_dir=product.data_dir)
    assert (replayed.code, replayed.row["same"]) == (0, True), replayed
