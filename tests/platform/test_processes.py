"""``obd up``: one command starts everything, and however it ends nothing is left behind."""

import http.client
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# A program with our commands: a web that answers, a worker that waits; each leaves its process id in the data folder.
PROGRAM = """
import http.server, os, pathlib, signal, sys
command, folder = sys.argv[1], pathlib.Path(sys.argv[sys.argv.index("--data-dir") + 1])
(folder / command).write_text(str(os.getpid()))
if command == "refuse":
    sys.exit(2)
if command == "serve":
    class Alive(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
        def log_message(self, *_): ...
    http.server.HTTPServer.allow_reuse_address = True
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Alive).serve_forever()
if command == "work":
    if (folder / "dies").exists():
        sys.exit(1)
    signal.pause()
"""

UP = """
import os, sys, pathlib
from obdirectory.core.errors import DirectoryError
from obdirectory.platform.processes import supervise
from obdirectory.platform.settings import load_settings
environ = {**os.environ, "DATABASE_URL": "postgresql://elsewhere/obd"}
settings = load_settings(environ, data_dir=pathlib.Path(sys.argv[1]), port=int(sys.argv[2]))
try:
    sys.exit(supervise(settings, program=[sys.executable, sys.argv[3]], preparations=[sys.argv[4:]]))
except DirectoryError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


class Up:
    """One ``obd up`` in a process of its own."""

    def __init__(self, folder: Path, *, port: int = 0, prepare: str = "migrate") -> None:
        self.folder = folder
        program = folder.parent / "program.py"
        program.write_text(PROGRAM)
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP, str(folder), str(port), str(program), prepare],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def port(self) -> int:
        assert self.process.stdout
        line = self.process.stdout.readline()
        found = re.fullmatch(r"Open Banking Directory: http://127\.0\.0\.1:(\d+)/\n", line)
        assert found, line
        return int(found[1])

    def pid(self, command: str) -> int:
        """Of a child, once it has written it down: the worker may come after the address."""
        place, give_up_at = self.folder / command, time.monotonic() + 20.0
        while not (place.is_file() and place.read_text().strip()):
            assert time.monotonic() < give_up_at, f"{command} never started"
            os.sched_yield()
        return int(place.read_text())

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(how)
        _, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


@pytest.fixture
def up(data_dir: Path) -> Iterator[Up]:
    running = Up(data_dir)
    yield running
    if running.process.poll() is None:
        running.end()


def gone(pid: int, *, within_seconds: float = 20.0) -> bool:
    """Whether a process ends in time; waits for the event of its end, not for time to pass."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([watch], [], [], within_seconds)
    os.close(watch)
    return bool(ended)


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_one_address_and_stops_everything_when_told(up: Up, how: signal.Signals) -> None:
    port = up.port()
    assert answers(port)
    children = [up.pid("serve"), up.pid("work")]
    assert up.end(how)[0] == 0
    assert all(gone(pid) for pid in children)
    assert not answers(port)


def test_a_second_one_on_the_same_folder_is_refused(up: Up) -> None:
    up.port()
    second = Up(up.folder)
    _, err = second.process.communicate(timeout=30)
    assert second.process.returncode == 2
    assert f"process {up.process.pid}" in err


def test_killed_it_takes_all_along_and_the_next_one_starts(up: Up) -> None:
    port = up.port()
    children = [up.pid("serve"), up.pid("work")]
    up.end(signal.SIGKILL)
    following = Up(up.folder, port=port)
    assert following.port() == port
    assert all(gone(pid) for pid in children)
    following.end()


def test_a_process_that_dies_is_started_again(up: Up) -> None:
    port = up.port()
    first = up.pid("serve")
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    deadline = time.monotonic() + 20
    while not answers(port):
        assert time.monotonic() < deadline
        select.select([], [], [], 0.1)
    assert up.pid("serve") != first
    assert "the web process was ended by SIGKILL; starting it again" in up.end()[1]


def test_a_preparation_that_fails_stops_it(data_dir: Path) -> None:
    refused = Up(data_dir, prepare="refuse")
    _, err = refused.process.communicate(timeout=30)
    assert refused.process.returncode == 2
    assert "ended with 2" in err
    assert not (data_dir / "serve").exists()


def test_a_port_that_is_taken_is_said(up: Up, tmp_path: Path) -> None:
    other = tmp_path / "other" / "data"
    other.mkdir(parents=True)
    second = Up(other, port=up.port())
    _, err = second.process.communicate(timeout=40)
    assert second.process.returncode == 2
    assert "is taken" in err
