"""Evidence by its SHA-256: archived before it is parsed, never overwritten, checked when it is read."""

import asyncio
import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from obdirectory.core.errors import InvalidInput, Unavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ObjectStore:
    """A folder of immutable objects, which may be shared by several machines."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes) -> str:
        """Keep these bytes; their digest in hexadecimal. Keeping them again changes nothing.

        Raises Unavailable when they cannot be written.
        """
        return await asyncio.to_thread(self.put_now, content)

    async def get(self, digest: str) -> bytes | None:
        """The bytes of this digest, or None when they are not kept.

        Raises InvalidInput for what is no digest, Unavailable when what is kept is no longer what was put.
        """
        return await asyncio.to_thread(self.get_now, digest)

    async def exists(self, digest: str) -> bool:
        """Whether bytes of this digest are kept."""
        return await asyncio.to_thread(self._path(digest).exists)

    def put_now(self, content: bytes) -> str:
        """``put`` for a worker thread or a small object."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if path.exists():
            return digest
        draft = path.with_name(f".{digest}.{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(draft, content)
            draft.rename(path)
            _sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise Unavailable(f"evidence cannot be archived: {error.strerror}") from error
        return digest

    def get_now(self, digest: str) -> bytes | None:
        """``get`` for a worker thread or a small object."""
        try:
            content = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"evidence cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise Unavailable(f"evidence {digest} is damaged: its digest no longer agrees")
        return content

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise InvalidInput("not a SHA-256 digest in lower-case hexadecimal")
        return self._folder / digest[:2] / digest[2:4] / digest


def open_objects(data_dir: Path, url: str | None) -> ObjectStore:
    """The store a setting names: nothing or ``file:///folder``.

    Raises InvalidInput for a kind of store this release does not have.
    """
    if url is None:
        return ObjectStore(data_dir / "objects")
    if url.startswith("file:///"):
        return ObjectStore(Path(url.removeprefix("file://")))
    raise InvalidInput("OBD_OBJECT_STORE_URL: file:///folder is wanted")


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A rename lasts only when its folder is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
