"""Under which account PostgreSQL's programs run; they refuse to run as root.

Root runs them as the owner of the files: an ordinary account where that account can reach folder and programs, else in a user
namespace in which root's files belong to an ordinary account (below a home folder of mode 0700, say).
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from obdirectory.core.errors import Unavailable

_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Account:
    """How a server's programs are started: as whom, or in which namespace."""

    prefix: tuple[str, ...] = ()
    user: int | None = None

    def run(self, *command: str, timeout_seconds: float = 120.0) -> "subprocess.CompletedProcess[str]":
        """Run one program of PostgreSQL to its end; output is for the message of a failure."""
        return subprocess.run(
            [*self.prefix, *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            timeout=timeout_seconds,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else (),
        )


def account_for_new(folder: Path, programs: Path) -> Account:
    """Who is to own and run a cluster that is made in ``folder``. Raises Unavailable when root has no way."""
    if os.geteuid() != 0:
        return Account()
    if _can_reach(_NOBODY, folder.parent) and _can_reach(_NOBODY, programs):
        return Account(user=_NOBODY)
    return _namespace()


def account_for_existing(files: Path, programs: Path) -> Account:
    """Whoever owns the files runs the server; files that their owner cannot reach any more are taken over by root.

    Raises Unavailable when they belong to somebody else and we are not root.
    """
    owner = files.stat().st_uid
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise Unavailable(f"{files} belongs to another account ({owner}): run as that account, or choose another --data-dir")
        return Account()
    if owner != 0 and _can_reach(owner, files) and _can_reach(owner, programs):
        return Account(user=owner)
    if owner != 0:
        for path in (files, *files.rglob("*")):
            os.chown(path, 0, 0, follow_symlinks=False)
    return _namespace()


def _namespace() -> Account:
    prefix = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    account = Account(prefix=prefix)
    try:
        tried = account.run("true")
    except FileNotFoundError as error:
        raise Unavailable("as root, PostgreSQL needs a folder that other accounts can reach, or the program unshare") from error
    if tried.returncode != 0:
        raise Unavailable(
            "as root, PostgreSQL needs a --data-dir and a checkout that other accounts can reach (no folder above it closed to them), "
            f"or user namespaces: {tried.stdout.strip()}"
        )
    return account


def _can_reach(user: int, path: Path) -> bool:
    """Whether an account may pass through every folder down to ``path``, by owner and by the bits for others."""
    return all(
        details.st_mode & 0o001 or (details.st_uid == user and details.st_mode & 0o100)
        for details in (step.stat() for step in _steps_to(path.resolve()))
    )


def _steps_to(path: Path) -> Iterator[Path]:
    yield from path.parents
    yield path
