"""Everything on one machine, from one command: the database, then the web and the worker as processes of their own.

Ctrl-C or SIGTERM stops all; a process that dies is started again; kill -9 of this one takes the others along (``tether``);
a second one on the same data folder is refused.
"""

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from obdirectory.core.errors import Conflict, Unavailable
from obdirectory.platform import listening
from obdirectory.platform.child import Child, tethered
from obdirectory.platform.embedded import EmbeddedPostgres
from obdirectory.platform.settings import Settings

_STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_STOP_SECONDS = 15.0
_MOST_QUICK_DEATHS = 5


def supervise(
    settings: Settings,
    *,
    program: Sequence[str],
    preparations: Sequence[Sequence[str]] = (("migrate",), ("sandbox",)),
    ready_seconds: float = 60.0,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run the product until it is told to stop; the exit code.

    ``program`` is how this program is called; ``preparations`` are its commands that come before web and worker. Raises
    Conflict when another one runs on this data folder, InvalidInput when the port is taken, Unavailable when something does
    not come up.
    """
    say = _Say(out or sys.stdout, err or sys.stderr)
    data_dir = settings.data_dir.absolute()
    with _only_one(data_dir), _interruptible():
        server = None if settings.database_for("serve") else EmbeddedPostgres.join(data_dir)
        try:
            for command in preparations:
                _prepare([*program, *command, "--data-dir", str(data_dir)])
            port = listening.free_port(settings.host, settings.port)
            children = [
                Child("web", [*program, "serve", "--data-dir", str(data_dir), "--host", settings.host, "--port", str(port)]),
                Child("worker", [*program, "work", "--data-dir", str(data_dir)]),
            ]
            return _run(children, server, settings.host, port, ready_seconds, say)
        except KeyboardInterrupt:
            return 0
        finally:
            if server is not None:
                server.leave()


@dataclass(frozen=True, slots=True)
class _Say:
    """The one address on stdout, everything else on stderr."""

    out: TextIO
    err: TextIO

    def address(self, address: str) -> None:
        self.out.write(f"Open Banking Directory: {address}\n")
        self.out.flush()

    def note(self, text: str) -> None:
        self.err.write(f"obd up: {text}\n")
        self.err.flush()


def _run(children: list[Child], server: EmbeddedPostgres | None, host: str, port: int, ready_seconds: float, say: _Say) -> int:
    with _signals() as wait_for_signals:
        try:
            for child in children:
                child.start()
            give_up_at: float | None = time.monotonic() + ready_seconds
            while True:
                if _STOPPING & wait_for_signals(0.1 if give_up_at else 1.0):
                    say.note("stopping")
                    return 0
                for child in children:
                    if (ended := child.ended()) is not None and not _may_start_again(child, ended, give_up_at, say):
                        return 1
                    if child.start_again_at is not None and time.monotonic() >= child.start_again_at:
                        child.start()
                if server is not None and server.cluster.dsn() is None:
                    say.note("PostgreSQL is gone; starting it again")
                    server.revive()
                if give_up_at is not None:
                    if listening.answers(host, port):
                        say.address(listening.address(host, port))
                        give_up_at = None
                    elif time.monotonic() > give_up_at:
                        raise Unavailable(f"the web process does not answer within {ready_seconds:g} seconds")
        finally:
            _stop(children, wait_for_signals)


def _may_start_again(child: Child, code: int, give_up_at: float | None, say: _Say) -> bool:
    """Say that it died; False when it will not do any better the next time."""
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    hopeless = (give_up_at is not None and child.name == "web" and code > 0) or child.quick_deaths >= _MOST_QUICK_DEATHS
    say.note(f"the {child.name} process {how}; {'stopping' if hopeless else 'starting it again'}")
    return not hopeless


def _stop(children: list[Child], wait_for_signals: "_WaitForSignals") -> None:
    """Ask all to end, wait, and end those that do not; a second Ctrl-C does not wait."""
    alive = [child for child in children if child.process is not None and child.process.poll() is None]
    for child in alive:
        assert child.process is not None
        child.process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline and any(child.process is not None and child.process.poll() is None for child in alive):
        if _STOPPING & wait_for_signals(0.2):
            break
    for child in alive:
        child.stop(time.monotonic())


class _WaitForSignals:
    """Which signals came, waiting for one at most so long."""

    def __init__(self, reader: int) -> None:
        self._reader = reader

    def __call__(self, seconds: float) -> set[signal.Signals]:
        if not select.select([self._reader], [], [], seconds)[0]:
            return set()
        return {signal.Signals(number) for number in os.read(self._reader, 4096)}


@contextmanager
def _signals() -> Generator[_WaitForSignals]:
    """Turn signals into bytes of a pipe, so that waiting for a child and for Ctrl-C is one wait without a gap between."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    former = {number: signal.signal(number, _nothing) for number in (*_STOPPING, signal.SIGCHLD)}
    former_wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield _WaitForSignals(reader)
    finally:
        signal.set_wakeup_fd(former_wakeup)
        for number, handler in former.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _nothing(_number: int, _frame: object) -> None:
    """A handler must exist for the byte to be written."""


@contextmanager
def _interruptible() -> Generator[None]:
    """Make SIGTERM during the preparations what Ctrl-C is."""
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


@contextmanager
def _only_one(data_dir: Path) -> Generator[None]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(data_dir / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"the folder {data_dir} cannot be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"obd up runs on {data_dir} already, process {os.pread(lock, 20, 0).decode().strip() or '?'}") from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def _prepare(command: Sequence[str]) -> None:
    # What it reports is for people who run it by itself; here one address is printed.
    done = subprocess.run(tethered(command), check=False, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Unavailable(f"'{' '.join(command)}' ended with {done.returncode}")
