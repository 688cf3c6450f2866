"""The check journal: every answer is on disk before it leaves, one write each, in a file of this process alone.

A record is ``length | CRC-32 | check id (16 bytes) | length of the client's key id | key id | verdict JSON``, little endian;
the length counts everything behind the CRC. A torn tail is cut when the file is opened again. Files are named by their first
millisecond, and check ids are time-ordered, so a record is found without an index.
"""

import asyncio
import fcntl
import mmap
import os
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from obdirectory.core.errors import Unavailable

_HEAD = struct.Struct("<II")
_ID_AND_CLIENT = struct.Struct("<16sB")
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_RECORD_BYTES = 4 * 1024 * 1024
SYNC_APART_SECONDS = 0.05
LONGEST_CHECK_MS = 60_000  # between making a check's id and recording it


@dataclass(frozen=True, slots=True)
class Record:
    """One answer as it was written: its id, who asked (key id or empty) and the verdict's own bytes."""

    check_id: str
    client: str
    verdict: bytes


class Journal:
    """The file this process appends to. The disk follows within 50 ms; with ``synced`` an answer waits for it (``durable``).

    A folder that cannot be used is said by each ``append`` and tried again by the next: what it means is the policy's business.
    """

    def __init__(self, folder: Path, *, synced: bool = False, max_file_bytes: int = MAX_FILE_BYTES) -> None:
        self.folder = folder
        self.synced = synced
        self._max_file_bytes = max_file_bytes
        self._file = -1
        self._size = 0
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._syncer = threading.Thread(target=self._sync_behind, name="journal-sync", daemon=True)
        with suppress(Unavailable):
            self._open()
        self._syncer.start()

    def append(self, check_id: str, client: str, verdict: bytes) -> None:
        """Write one answer with one write (writev(2), into a file that only grows).

        Raises Unavailable if the file cannot take all of it; what was half written is cut away again.
        """
        who = client.encode()[:255]
        front = _ID_AND_CLIENT.pack(bytes.fromhex(check_id.replace("-", "")), len(who)) + who
        length = len(front) + len(verdict)
        parts = (_HEAD.pack(length, zlib.crc32(verdict, zlib.crc32(front))), front, verdict)
        whole = _HEAD.size + length
        if self._file < 0:
            self._open()
        elif self._size and self._size + whole > self._max_file_bytes:
            self._rotate()
        try:
            written = os.writev(self._file, parts)
        except OSError as error:
            raise Unavailable(f"the check journal cannot be written: {error.strerror}") from error
        if written != whole:
            with suppress(OSError):  # a torn tail is cut when the file is read, too
                os.ftruncate(self._file, self._size)
            raise Unavailable("the check journal cannot be written: the disk took only part of a record")
        self._size += written
        if not self._dirty.is_set():
            self._dirty.set()

    async def durable(self) -> None:
        """Return when everything appended so far is on disk. Raises Unavailable if the disk does not take it."""
        try:
            await asyncio.to_thread(os.fdatasync, self._file)
        except OSError as error:
            raise Unavailable(f"the check journal cannot be brought to disk: {error.strerror}") from error

    def find(self, check_id: str) -> Record | None:
        """The record of that id in any file of the folder; None if it is not here."""
        return find(self.folder, check_id)

    def close(self) -> None:
        """Bring everything to disk and let the file go."""
        self._closing.set()
        self._dirty.set()
        self._syncer.join()
        if self._file >= 0:
            with suppress(OSError):  # it is said to whoever waits for the disk; here nobody does any more
                os.fdatasync(self._file)
            os.close(self._file)

    def _open(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.folder / f"{time.time_ns() // 1_000_000:014d}-{os.getpid()}.journal"
            while path.exists():
                path = path.with_name(f"{time.time_ns() // 1_000_000:014d}-{os.getpid()}.journal")
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"the check journal cannot be kept in {self.folder}: {error.strerror}") from error
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._size = 0

    def _rotate(self) -> None:
        before = self._file
        self._open()
        os.fdatasync(before)
        os.close(before)

    def _sync_behind(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            self._dirty.clear()
            if self._file < 0:
                continue  # nothing was written yet: it is only being closed
            try:
                os.fdatasync(self._file)
            except OSError:
                self._dirty.set()  # rotated away under us, or the disk is failing: append says so to the caller
            self._closing.wait(SYNC_APART_SECONDS)


def records(path: Path) -> Iterator[Record]:
    """Every whole record of one file in order; stops at a torn or damaged one."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            for start, end in _bodies(view):
                yield _read(bytes(view[start:end]))


def find(folder: Path, check_id: str) -> Record | None:
    """The record of that id: first in the files that were begun before the id was made, newest first, then in the others.

    The others matter when the clock was set back between making the file and making the id.
    """
    wanted = uuid.UUID(check_id)
    asked_ms = wanted.int >> 80
    newest_first = sorted(folder.glob("*.journal"), reverse=True)
    likely = [path for path in newest_first if int(path.name.split("-", 1)[0]) <= asked_ms + LONGEST_CHECK_MS]
    others = [path for path in newest_first if path not in likely]
    return next((found for path in (*likely, *others) if (found := _find_in(path, wanted.bytes))), None)


def adopt(folder: Path) -> list[Path]:
    """Cut the torn tails of files whose process is gone; returns the files looked at. Safe beside living processes."""
    adopted: list[Path] = []
    for path in sorted(folder.glob("*.journal")):
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # another user's, or gone by now: whoever may will look at it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        whole = _whole_bytes(file)
        if whole < os.fstat(file).st_size:
            os.ftruncate(file, whole)
            os.fdatasync(file)
        adopted.append(path)
        os.close(file)
    return adopted


def _bodies(view: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Start and end of each whole record's body. The CRC is checked by ``_read_checked`` and ``_whole_bytes`` where it matters."""
    at, size = 0, len(view)
    while at + _HEAD.size <= size:
        length, crc = _HEAD.unpack_from(view, at)
        start, end = at + _HEAD.size, at + _HEAD.size + length
        if not _ID_AND_CLIENT.size <= length <= MAX_RECORD_BYTES or end > size or zlib.crc32(view[start:end]) != crc:
            return
        yield start, end
        at = end


def _find_in(path: Path, wanted: bytes) -> Record | None:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            for start, end in _bodies(view):
                if view[start : start + 16] == wanted:
                    return _read(bytes(view[start:end]))
    return None


def _whole_bytes(file: int) -> int:
    if os.fstat(file).st_size == 0:
        return 0
    whole = 0
    with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as view:
        for _, end in _bodies(view):
            whole = end
    return whole


def _read(body: bytes) -> Record:
    raw_id, who = _ID_AND_CLIENT.unpack_from(body)
    start = _ID_AND_CLIENT.size
    return Record(str(uuid.UUID(bytes=raw_id)), body[start : start + who].decode(), body[start + who :])
