"""The two servers of the HTTP benchmark: ``ours`` (the product's route over a world in memory) and ``raw`` (as many bytes, no work)."""

import asyncio
import json
import socket
import sys
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, cast

import uvicorn
import uvloop
from bench._world import NOW, make_world

from obdirectory.check.archive import Archive
from obdirectory.check.check import Check
from obdirectory.check.journal import Journal
from obdirectory.check.memory import Memory
from obdirectory.check.question import Question
from obdirectory.check.receipt import make_receipt
from obdirectory.check.worlds import Worlds
from obdirectory.platform.identity import ApiClient, Credentials, Limiter, mark_of
from obdirectory.platform.keys import KeyRing
from obdirectory.platform.metrics import Metrics
from obdirectory.platform.objects import ObjectStore
from obdirectory.web.doors import Answer, Doors
from obdirectory.web.hot import CheckRoute
from obdirectory.web.site import Site

KEY = "obd_live_abcdefghijklmnop_" + "A" * 43


async def ours(folder: Path, *, receipt: bool) -> tuple[Any, bytes]:
    """The route as it runs in production, over a world in memory."""
    started = datetime.now(UTC)
    bench = make_world(certificates=1)

    def clock() -> datetime:
        return NOW + (datetime.now(UTC) - started)

    async def load(environment: str, *, known_at: datetime, before: object) -> tuple[Any, Any, Any]:
        return bench.world.trust, bench.world.revocation, bench.world.directory

    async def versions() -> dict[str, int]:
        return {"live": 1, "sandbox": 1}

    worlds = Worlds(load, cast(Any, versions), clock)
    await worlds.refresh()

    async def gather(missing: object, world: Any) -> Any:
        return world

    metrics, limiter = Metrics(), Limiter()
    check = Check(
        worlds,
        gather,
        Archive(ObjectStore(folder / "objects"), clock),
        Journal(folder / "journal"),
        Memory(),
        clock,
        metrics.check_answered,
    )
    client = ApiClient("abcdefghijklmnop", "bench", "live", "DE", None, "strict", frozenset({"check"}), 1e6)
    credentials = Credentials("live", [(client, mark_of(KEY, b"pepper"))], b"pepper")
    signer = KeyRing.open(folder, "live", now=NOW - timedelta(minutes=1)).signer(NOW)

    async def answer(question: Question, *, receipt: bool = False, explain: str = "deciding") -> Answer:
        answered = await check(question, explain_all=explain == "all")
        return Answer(answered.id, answered.body, make_receipt(answered.body, signer) if receipt else None)

    def take(one: ApiClient) -> float | None:
        return limiter.take(one.key_id, monotonic(), per_second=one.requests_per_second)

    nothing: Any = dict.fromkeys(field.name for field in fields(Doors))
    nothing |= {"clock": clock, "authenticate": credentials.authenticate, "check": answer}
    nothing["take"] = take
    doors = Doors(**nothing)
    der = bench.questions[0].certificate
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
    body = json.dumps({"certificate": pem, "payment_service": "pis", "country": "DE", "receipt": receipt}).encode()
    head = (
        f"POST /api/v1/checks HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Site(CheckRoute(doors), cast(Any, None)), head.encode() + body


def raw(length: int) -> Any:
    """A raw ASGI route: reads the body, sends as many bytes as the product does."""
    content = b"x" * length
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
    headers.append((b"content-length", b"%d" % length))

    async def route(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return route


async def main() -> None:
    """Serve until ended, after one line that says where and what to send."""
    kind, folder, argument = sys.argv[1:4]
    app, request = (await ours(Path(folder), receipt=bool(argument))) if kind == "ours" else (raw(int(argument)), b"")
    listening = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": listening.getsockname()[1], "request": request.hex()}), flush=True)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False)
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
