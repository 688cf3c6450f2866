"""Runs a program that ends with its parent: ``python tether.py PARENT_PID PROGRAM ARGUMENT…``.

Linux sends the program SIGTERM when the parent is gone, kill -9 included; the request survives the exec. Run as a file, so
that it costs no import of ours.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def run(parent: int, program: list[str]) -> None:
    """Become ``program``, tied to ``parent``."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # it was gone before we asked
    os.execv(program[0], program)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2:])
