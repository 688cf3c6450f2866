"""A process of ours that is kept running: started, found dead, started again with growing patience, ended."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LIVED_WELL_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 30.0


def tethered(command: Sequence[str]) -> list[str]:
    """The command, made to end with this process however this process ends."""
    return [sys.executable, str(Path(__file__).with_name("tether.py")), str(os.getpid()), *command]


@dataclass(slots=True)
class Child:
    """One process of ours, and how often it died soon after its start."""

    name: str
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    quick_deaths: int = 0
    start_again_at: float | None = None

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches it through us alone."""
        self.process = subprocess.Popen(tethered(self.command), process_group=0, stdin=subprocess.DEVNULL)
        self.started_at, self.start_again_at = time.monotonic(), None

    def ended(self) -> int | None:
        """Its exit code when it has just been found dead, and when it may start again is decided; None otherwise."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        now = time.monotonic()
        self.quick_deaths = 0 if now - self.started_at > _LIVED_WELL_SECONDS else self.quick_deaths + 1
        self.start_again_at = now + min(2.0 ** (self.quick_deaths - 1), _LONGEST_PAUSE_SECONDS)
        self.process = None
        return code

    def stop(self, deadline: float) -> None:
        """Wait until the deadline for the end it was asked for, then end it."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
