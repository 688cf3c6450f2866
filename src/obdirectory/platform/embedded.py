"""The PostgreSQL of one machine, shared by every command that works on the same data folder.

Two locks in the folder, both on open files and so gone with the process that held them, however it ended:

- ``pg.lock``: held alone, while somebody starts or stops the server;
- ``pg.users``: held together by everybody who uses it; who can hold it alone is the last one and stops the server.

After kill -9 of the last user the server runs on and the next command joins it; after kill -9 of the server the next
command that comes starts it again.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from obdirectory.core.errors import Unavailable
from obdirectory.platform.cluster import Cluster


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A process's share in the server of a data folder; ``leave`` gives it back."""

    dsn: str
    cluster: Cluster
    gate: Path
    user_lock: int

    @classmethod
    def join(cls, data_dir: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None) -> Self:
        """Start the server of this folder, or join the running one.

        Raises Unavailable when it cannot be started.
        """
        place = data_dir.absolute()
        cluster = Cluster(place / "pg", durable=durable, settings=settings or {})
        try:
            place.mkdir(parents=True, exist_ok=True)
            user_lock = _open_lock(place / "pg.users")
        except OSError as error:
            raise Unavailable(f"the folder {place} cannot be used: {error.strerror}") from error
        try:
            with _alone(place / "pg.lock"):
                fcntl.flock(user_lock, fcntl.LOCK_SH)
                return cls(cluster.running() or cluster.start(), cluster, place / "pg.lock", user_lock)
        except BaseException:
            os.close(user_lock)
            raise

    def revive(self) -> str:
        """Start the server again if it no longer answers; its address, which is the old one unless the port was taken."""
        with _alone(self.gate):
            return self.cluster.running() or self.cluster.start()

    def leave(self) -> None:
        """Give the share back; the last one stops the server."""
        try:
            with _alone(self.gate):
                if _is_last(self.user_lock):
                    self.cluster.stop()
        finally:
            os.close(self.user_lock)


@asynccontextmanager
async def running(data_dir: Path) -> AsyncGenerator[str]:
    """The address of this folder's PostgreSQL, for as long as the block lasts."""
    joining = asyncio.ensure_future(asyncio.to_thread(EmbeddedPostgres.join, data_dir))
    try:
        server = await asyncio.shield(joining)
    except asyncio.CancelledError:
        (await joining).leave()  # a thread cannot be interrupted: wait for it, then give back what it took
        raise
    try:
        yield server.dsn
    finally:
        await asyncio.shield(asyncio.to_thread(server.leave))


@contextmanager
def _alone(path: Path) -> Generator[None]:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_last(user_lock: int) -> bool:
    try:
        fcntl.flock(user_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
