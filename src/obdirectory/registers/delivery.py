"""A register file as it was delivered: its bytes, what its publisher says about them, and the one file inside when it is packed."""

import hashlib
import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from obdirectory.core.errors import InvalidInput
from obdirectory.registers.row import Refusal

METADATA_NAME = "filemetadata.json"
_MAX_METADATA_BYTES = 64 * 1024
_MAX_SIDECAR_BYTES = 4 * 1024
_PIECE_BYTES = 256 * 1024
_MAX_RATIO = 200  # a register packs about twelve to one, a bomb a thousand to one
_MAX_MEMBERS = 4
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_TIMESTAMP = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (?:UTC|GMT) (\d{4})", re.ASCII)
_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}


class FileMetadata(msgspec.Struct, frozen=True):
    """What the EBA says about its newest file: six texts."""

    path: str = msgspec.field(name="latest_version_relative_zip_path")
    size: str = msgspec.field(name="latest_version_relative_zip_size")
    sha256: str = msgspec.field(name="sha256_hash")
    timestamp: str
    context: str = msgspec.field(name="golden_copy_path_context", default="")

    @property
    def file_name(self) -> str:
        """The name alone: a path from outside names no place on this machine."""
        return self.path.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file as it came, with what was said about it. Nothing of it has been believed yet."""

    content: bytes
    address: str  # a URL, or the file's name without its folder
    from_source: bool  # from the source's own address
    metadata: FileMetadata | None = None
    stated_sha256: tuple[str, ...] = ()  # from files beside it


def read_metadata(content: bytes) -> FileMetadata | Refusal:
    """Read ``filemetadata``; its digest must be one, its size a number, its instant readable."""
    try:
        found = msgspec.json.decode(content, type=FileMetadata)
    except (ValueError, RecursionError) as error:
        return Refusal("metadata_unreadable", f"{METADATA_NAME} cannot be read: {error}")
    if not _DIGEST.fullmatch(found.sha256):
        return Refusal("metadata_unreadable", f"{METADATA_NAME} names no SHA-256 digest")
    if not (found.size.isascii() and found.size.isdigit()):
        return Refusal("metadata_unreadable", f"{METADATA_NAME} names no size")
    if published_at(found) is None:
        return Refusal("metadata_unreadable", f"{METADATA_NAME} names no instant: {found.timestamp[:60]!r}")
    return found


def published_at(metadata: FileMetadata) -> datetime | None:
    """The instant of ``Mon Aug 24 16:00:29 UTC 2026``; None when it is none."""
    found = _TIMESTAMP.fullmatch(metadata.timestamp.strip())
    if found is None or found[1] not in _MONTHS:
        return None
    try:
        return datetime(int(found[6]), _MONTHS[found[1]], int(found[2]), int(found[3]), int(found[4]), int(found[5]), tzinfo=UTC)
    except ValueError:
        return None


def read_delivery(path: Path, *, max_bytes: int) -> Delivery | Refusal:
    """A file, or a folder with ``filemetadata.json`` and the file it names, or with one register file.

    Raises InvalidInput when there is nothing there, or more than one file it could be.
    """
    if path.name == METADATA_NAME:
        path = path.parent
    try:
        chosen, metadata = _in_folder(path) if path.is_dir() else (path, _metadata_of(path))
        if isinstance(metadata, Refusal):
            return metadata
        size = chosen.stat().st_size
        if not chosen.is_file():
            raise InvalidInput(f"{chosen} is not a file")
        if size > max_bytes:
            return Refusal("file_too_large", f"{chosen.name} has {size} bytes, at most {max_bytes} are read")
        return Delivery(chosen.read_bytes(), chosen.name, from_source=False, metadata=metadata, stated_sha256=_sidecar(chosen))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def verify(delivery: Delivery, sha256: str) -> Refusal | None:
    """Size and digest of the file against what was said about it."""
    if not delivery.content:
        return Refusal("file_empty", "the file is empty")
    if delivery.metadata is not None:
        if len(delivery.content) != int(delivery.metadata.size):
            return Refusal("size_differs", f"the file has {len(delivery.content)} bytes, {delivery.metadata.size} are announced")
        if sha256 != delivery.metadata.sha256.lower():
            return Refusal("digest_differs", f"the file's SHA-256 is {sha256}, {delivery.metadata.sha256.lower()} is announced")
    for stated in delivery.stated_sha256:
        if stated != sha256:
            return Refusal("digest_differs", f"the file's SHA-256 is {sha256}, the file beside it says {stated}")
    return None


def is_packed(content: bytes) -> bool:
    """Whether the file is a zip, by its first bytes."""
    return content[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def unpack(content: bytes, *, max_bytes: int) -> bytes | Refusal:
    """The one register file of a zip, its digest verified when the zip carries it; anything else in it is refused, unread."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            chosen = _expected(members)
            if isinstance(chosen, Refusal):
                return chosen
            if chosen.file_size > max_bytes or chosen.file_size > _MAX_RATIO * max(chosen.compress_size, 1):
                return Refusal("zip_bomb", f"{chosen.filename} would unpack to {chosen.file_size} bytes")
            unpacked = _unpacked(archive, chosen)
            if len(unpacked) != chosen.file_size:
                return Refusal("zip_damaged", f"{chosen.filename} is shorter than announced")
            stated = _packed_sidecar(archive, chosen.filename)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        return Refusal("zip_damaged", f"the zip cannot be read: {error}")
    if stated is not None and stated != (found := hashlib.sha256(unpacked).hexdigest()):
        return Refusal("digest_differs", f"the SHA-256 of {chosen.filename} is {found}, the zip says {stated}")
    return unpacked


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The member's bytes: no more than announced, held against their checksum, and in memory once."""
    unpacked = io.BytesIO()
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE_BYTES):
            unpacked.write(piece)
    return unpacked.getvalue()


def _expected(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo | Refusal:
    """The register file, if it is the only thing there but for its digest."""
    if len(members) > _MAX_MEMBERS:
        return Refusal("zip_unexpected_member", f"the zip holds {len(members)} files")
    names = [member.filename for member in members]
    for member in members:
        if "/" in member.filename or "\\" in member.filename or member.filename in ("", ".", ".."):
            return Refusal("zip_unexpected_member", f"the zip holds a path: {member.filename[:100]!r}")
        mode = member.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            return Refusal("zip_unexpected_member", f"{member.filename[:100]!r} is not an ordinary file")
        if member.flag_bits & 0x1:
            return Refusal("zip_unexpected_member", f"{member.filename[:100]!r} is encrypted")
    registers = [member for member in members if member.filename.lower().endswith((".json", ".csv"))]
    others = [name for name in names if not name.lower().endswith((".json", ".csv", ".sha256"))]
    if len(registers) != 1 or others or len(set(names)) != len(names):
        return Refusal("zip_unexpected_member", f"one register file and its digest are expected, not {', '.join(names)[:200] or 'nothing'}")
    sidecars = [name for name in names if name.lower().endswith(".sha256")]
    if any(name != f"{registers[0].filename}.sha256" for name in sidecars):
        return Refusal("zip_unexpected_member", f"not the digest of {registers[0].filename}: {', '.join(sidecars)[:200]}")
    return registers[0]


def _packed_sidecar(archive: zipfile.ZipFile, name: str) -> str | None:
    if f"{name}.sha256" not in archive.namelist():
        return None
    with archive.open(f"{name}.sha256") as stream:
        return _stated(stream.read(_MAX_SIDECAR_BYTES).decode("ascii", "replace"))


def _in_folder(folder: Path) -> tuple[Path, FileMetadata | Refusal | None]:
    if (folder / METADATA_NAME).is_file():
        metadata = read_metadata(_read_small(folder / METADATA_NAME))
        if isinstance(metadata, Refusal):
            return folder / METADATA_NAME, metadata
        chosen = folder / metadata.file_name
        if not chosen.is_file():
            raise InvalidInput(f"{folder} lacks {metadata.file_name!r}, which its {METADATA_NAME} names")
        return chosen, metadata
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".zip", ".json", ".csv") and path.is_file())
    packed = [path for path in found if path.suffix.lower() == ".zip"]
    candidates = packed or found
    if len(candidates) != 1:
        raise InvalidInput(f"{folder} holds {len(candidates)} files that could be the register: name one")
    return candidates[0], None


def _metadata_of(path: Path) -> FileMetadata | Refusal | None:
    """What a ``filemetadata.json`` beside the file says, when it is about this file."""
    beside = path.parent / METADATA_NAME
    if path.suffix.lower() != ".zip" or not beside.is_file():
        return None
    metadata = read_metadata(_read_small(beside))
    return None if isinstance(metadata, FileMetadata) and metadata.file_name != path.name else metadata


def _sidecar(path: Path) -> tuple[str, ...]:
    beside = path.with_name(path.name + ".sha256")
    return (_stated(_read_small(beside).decode("ascii", "replace")),) if beside.is_file() else ()


def _stated(text: str) -> str:
    """The digest in a ``.sha256`` file: ``<digest>`` or ``<digest>  <name>``."""
    words = text.split()
    return words[0].lower() if words else ""


def _read_small(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_METADATA_BYTES)
