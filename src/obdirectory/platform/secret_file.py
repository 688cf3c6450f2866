"""Random secrets kept in files that only this account can read, made at first use by whichever process comes first."""

import os
import secrets
from pathlib import Path


def secret_file(path: Path, *, size: int = 32) -> bytes:
    """The secret in this file; a new one is made when there is none.

    Two processes at once end up with the same one: the file appears whole, by a link that fails when it exists.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        write_private(draft, secrets.token_bytes(size))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first: its secret counts
        finally:
            draft.unlink()
    return path.read_bytes()


def write_private(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, on the disk when this returns. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
