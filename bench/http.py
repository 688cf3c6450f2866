"""``POST /api/v1/checks`` warm, one worker, against a raw ASGI route with the same bytes in and out, in CPU time of the server process.

Both servers are uvicorn with the same settings. Ours knows the caller by its key, holds it to its allowance, decides (warm), and has
written each answer to the journal before it leaves.
"""

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

CONNECTIONS = 8
SECONDS = 2.5
ROUNDS = 3


def report(what: str, value: float, unit: str, floor: float, ratio: float) -> None:
    """One line of the bench."""
    print(
        json.dumps(
            {"bench": "http", "what": what, "value": round(value, 3), "unit": unit, "floor": round(floor, 3), "ratio": round(ratio, 3)}
        )
    )


@contextmanager
def server(*arguments: str) -> Generator[tuple[int, int, bytes]]:
    """A server in a process of its own: (pid, port, request)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench._server", *arguments], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        yield process.pid, ready["port"], bytes.fromhex(ready["request"])
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def ask(port: int, request: bytes, until: float, latencies: list[float], pause: float) -> None:
    """Send the request over one kept connection again and again; each answer is read whole."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < until:
            started = time.perf_counter()
            connection.sendall(request)
            read_answer(connection)
            latencies.append(time.perf_counter() - started)
            if pause:
                time.sleep(pause)


def read_answer(connection: socket.socket) -> bytes:
    """One HTTP answer with a content length. Raises AssertionError if it is no 200."""
    received = connection.recv(65_536)
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), received[:500]
    length = int(next(line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")))
    while len(body) < length:
        body += connection.recv(65_536)
    return body


def load(
    pid: int, port: int, request: bytes, *, seconds: float = SECONDS, connections: int = CONNECTIONS, pause: float = 0.0
) -> tuple[float, list[float]]:
    """Microseconds of the server's CPU for one request, and every latency in seconds."""
    latencies: list[list[float]] = [[] for _ in range(connections)]
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=ask, args=(port, request, until, kept, pause)) for kept in latencies]
    before = cpu_seconds(pid)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = cpu_seconds(pid) - before
    every = [latency for kept in latencies for latency in kept]
    return used / len(every) * 1e6, every


def main() -> None:
    """Without and with a receipt; the floor is measured for each between the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        for receipt, bar in (("", 2.5), ("receipt", 5.5)):
            with server("ours", folder, receipt) as (pid, port, request):
                answer = first_answer(port, request)
                with server("raw", folder, str(len(answer))) as (raw_pid, raw_port, _):
                    load(pid, port, request, seconds=0.5)
                    load(raw_pid, raw_port, request, seconds=0.5)
                    ours, raw = [], []
                    for _ in range(ROUNDS):
                        ours.append(load(pid, port, request)[0])
                        raw.append(load(raw_pid, raw_port, request)[0])
                    name = "with_receipt" if receipt else "recorded"
                    report(f"{name}_us", min(ours), "us", min(raw), min(ours) / min(raw))
                    report(f"{name}_per_second_of_cpu", 1e6 / min(ours), "1/s", 10_000, bar)
                    if not receipt:
                        _, every = load(pid, port, request, connections=2, pause=0.0005)
                        every.sort()
                        report(
                            "p99_ms_at_part_load", every[int(len(every) * 0.99)] * 1e3, "ms", 5.0, every[int(len(every) * 0.99)] * 1e3 / 5.0
                        )


def first_answer(port: int, request: bytes) -> bytes:
    """The answer to one request, so that the floor can send as many bytes."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        return read_answer(connection)


if __name__ == "__main__":
    main()
