"""The command line as people start it: processes of their own, ended by whoever started them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output, which must be one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        """The one row."""
        [row] = self.rows
        return row


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a command sees: no setting of ours but those given."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("OBD_", "DATABASE_"))}
    return {**ours, "PYTHONPATH": str(ROOT / "src"), **(extra or {})}


def command(*words: str | Path, data_dir: Path) -> list[str]:
    """The words of a command, as ``./obd`` would start it."""
    return [sys.executable, "-m", "obdirectory.cli", *map(str, words), "--data-dir", str(data_dir)]


def obd(*words: str | Path, data_dir: Path, extra: Mapping[str, str] | None = None, before: Sequence[str] = ()) -> Done:
    """Run one command to its end."""
    done = subprocess.run(
        [*before, *command(*words, data_dir=data_dir)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(extra),
        cwd=data_dir.parent,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


ONE_AFTER_ANOTHER = """
import contextlib, io, json, sys
from obdirectory.cli import main
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as ended:
            code = ended.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


def one_after_another(commands: Mapping[str, Sequence[str | Path]], *, data_dir: Path) -> dict[str, Done]:
    """Several commands on one data folder in one process, which saves starting Python for each."""
    given = json.dumps([[*map(str, words), "--data-dir", str(data_dir)] for words in commands.values()])
    done = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER],
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(),
        cwd=data_dir.parent,
    )
    assert done.returncode == 0, done.stderr
    found = [Done(*json.loads(line)) for line in done.stdout.splitlines()]
    assert not any("Traceback" in one.err for one in found), found
    return dict(zip(commands, found, strict=True))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Started:
    """A command that runs until it is told to stop."""

    def __init__(self, *words: str | Path, data_dir: Path, log: Path) -> None:
        self._log = log.open("wb")
        self.process = subprocess.Popen(
            command(*words, data_dir=data_dir), stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment(), cwd=data_dir.parent
        )

    def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout
        return self.process.stdout.readline()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; its exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(timeout=40)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout
            self.process.stdout.close()
            self._log.close()


def until(what: str, holds: Any, *, seconds: float = 60.0) -> None:
    """Wait for something outside to become true; there is nobody to be told by."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
