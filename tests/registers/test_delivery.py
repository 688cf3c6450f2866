"""What was delivered is what was announced, and a zip holds one register file and nothing else (abuse 36 and 37)."""

import hashlib
import io
import json
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obdirectory.core.errors import InvalidInput
from obdirectory.registers.delivery import (
    Delivery,
    FileMetadata,
    is_packed,
    published_at,
    read_delivery,
    read_metadata,
    unpack,
    verify,
)
from obdirectory.registers.row import Refusal
from obdirectory.sandbox.registers import published

MOST = 10_000_000
AT = datetime(2026, 8, 24, 16, 0, 29, tzinfo=UTC)
CONTENT = b'[[{"__EBA_Disclaimer":{}}],[]]'


def zipped(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def reason(found: object) -> str:
    assert isinstance(found, Refusal), found
    return found.reason


def lay_down(folder: Path, content: bytes = CONTENT) -> Path:
    for name, inside in published(content, AT).items():
        (folder / name).write_bytes(inside)
    return folder


def read(path: Path, most: int = MOST) -> Delivery:
    found = read_delivery(path, max_bytes=most)
    assert isinstance(found, Delivery), found
    return found


def judged(path: Path) -> Refusal | None:
    delivery = read(path)
    return verify(delivery, hashlib.sha256(delivery.content).hexdigest())


def test_a_folder_as_published_is_read(tmp_path: Path) -> None:
    delivery = read(lay_down(tmp_path))
    assert judged(tmp_path) is None
    assert delivery.metadata
    assert published_at(delivery.metadata) == AT
    assert unpack(delivery.content, max_bytes=MOST) == CONTENT
    assert read(tmp_path / "filemetadata.json").content == delivery.content
    assert read(next(tmp_path.glob("*.zip"))).metadata == delivery.metadata


def test_a_digest_or_size_that_differs_is_refused(tmp_path: Path) -> None:
    metadata = lay_down(tmp_path) / "filemetadata.json"
    said = json.loads(metadata.read_bytes())
    metadata.write_text(json.dumps({**said, "sha256_hash": "0" * 64}))
    assert reason(judged(tmp_path)) == "digest_differs"
    metadata.write_text(json.dumps({**said, "latest_version_relative_zip_size": "5"}))
    assert reason(judged(tmp_path)) == "size_differs"


def test_the_digest_beside_a_file_counts(tmp_path: Path) -> None:
    file = tmp_path / "register.json"
    file.write_bytes(CONTENT)
    assert judged(file) is None
    (tmp_path / "register.json.sha256").write_text(f"{'0' * 64}  register.json\n")
    assert reason(judged(file)) == "digest_differs"
    assert reason(judged(tmp_path)) == "digest_differs"


@pytest.mark.parametrize("said", ["Mon Aug 24 16:00:29 UTC 2026", "Mon Aug  4 16:00:29 UTC 2026", "Mon Aug 24 16:00:29 GMT 2026"])
def test_the_publishers_instant_is_read(said: str) -> None:
    assert published_at(FileMetadata("a", "1", "0" * 64, said)) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "Mon Foo 24 16:00:29 UTC 2026"},
        {"timestamp": "Mon Aug 32 16:00:29 UTC 2026"},
        {"timestamp": "2026-08-24"},
        {"sha256_hash": "59c49826ad71... (shortened)"},
        {"latest_version_relative_zip_size": "many"},
        {"latest_version_relative_zip_size": "\u0665"},
        {"sha256_hash": None},
    ],
)
def test_metadata_that_cannot_be_read_is_refused(change: dict[str, object]) -> None:
    said = json.loads(published(CONTENT, AT)["filemetadata.json"])
    assert reason(read_metadata(json.dumps({**said, **change}).encode())) == "metadata_unreadable"
    assert reason(read_metadata(b"<html>")) == "metadata_unreadable"


def test_a_path_from_outside_names_no_place_here(tmp_path: Path) -> None:
    said = json.loads(published(CONTENT, AT)["filemetadata.json"])
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.zip").write_bytes(b"x")
    (tmp_path / "in" / "filemetadata.json").write_text(json.dumps({**said, "latest_version_relative_zip_path": "../secret.zip"}))
    with pytest.raises(InvalidInput, match="lacks"):
        read_delivery(tmp_path / "in", max_bytes=MOST)


def test_a_folder_must_leave_no_choice(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="0 files"):
        read_delivery(tmp_path, max_bytes=MOST)
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(CONTENT)
    with pytest.raises(InvalidInput, match="2 files"):
        read_delivery(tmp_path, max_bytes=MOST)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_delivery(tmp_path / "nothing.json", max_bytes=MOST)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(CONTENT)
    assert reason(read_delivery(tmp_path / "a.json", max_bytes=10)) == "file_too_large"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"")
    assert reason(judged(tmp_path / "a.json")) == "file_empty"


@pytest.mark.parametrize(
    ("members", "mode"),
    [
        ([("../../etc/cron.d/x.json", CONTENT)], 0),
        ([("/absolute.json", CONTENT)], 0),
        ([("folder\\x.json", CONTENT)], 0),
        ([("x.json", b"/etc/passwd")], stat.S_IFLNK | 0o777),
        ([("x.json", CONTENT), ("inner.zip", zipped(("y.json", CONTENT)))], 0),
        ([("inner.zip", zipped(("y.json", CONTENT)))], 0),
        ([("x.json", CONTENT), ("y.json", CONTENT)], 0),
        ([("x.json", CONTENT), ("other.sha256", b"0")], 0),
        ([(f"{n}.sha256", b"0") for n in range(9)], 0),
        ([], 0),
    ],
)
def test_a_zip_with_anything_unexpected_is_refused(members: list[tuple[str, bytes]], mode: int) -> None:
    assert reason(unpack(zipped(*members, mode=mode), max_bytes=MOST)) == "zip_unexpected_member"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped(("x.json", b"0" * 5_000_000))
    assert reason(unpack(bomb, max_bytes=MOST)) == "zip_bomb"
    assert reason(unpack(zipped(("x.json", CONTENT)), max_bytes=10)) == "zip_bomb"


def test_a_size_that_lies_is_found_out() -> None:
    """The announced size bounds what is read, and what was read is held against its checksum."""
    packed = bytearray(zipped(("x.json", CONTENT)))
    for marker, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = packed.index(marker) + place
        packed[start : start + 4] = (5).to_bytes(4, "little")
    assert reason(unpack(bytes(packed), max_bytes=MOST)) == "zip_damaged"


def test_a_damaged_zip_is_refused() -> None:
    whole = zipped(("x.json", CONTENT * 50))
    assert reason(unpack(whole[: len(whole) // 2], max_bytes=MOST)) == "zip_damaged"
    broken = bytearray(whole)
    broken[45] ^= 0xFF
    assert reason(unpack(bytes(broken), max_bytes=MOST)) == "zip_damaged"


def test_the_digest_inside_the_zip_counts() -> None:
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert unpack(zipped(("x.json", CONTENT), ("x.json.sha256", f"{digest}  x.json".encode())), max_bytes=MOST) == CONTENT
    assert reason(unpack(zipped(("x.json", CONTENT), ("x.json.sha256", b"0" * 64)), max_bytes=MOST)) == "digest_differs"


def test_a_zip_is_told_by_its_bytes() -> None:
    assert is_packed(zipped(("x.json", CONTENT)))
    assert not is_packed(CONTENT)


def test_the_real_reply_names_a_zip_by_day_and_hour(shared_data: Path) -> None:
    """Its digest was shortened by whoever quoted it, which is refused; everything else is read."""
    said = (shared_data / "registers" / "eba_filemetadata_20260824.json").read_bytes()
    assert reason(read_metadata(said)) == "metadata_unreadable"
    found = read_metadata(json.dumps({**json.loads(said), "sha256_hash": "a" * 64}).encode())
    assert isinstance(found, FileMetadata)
    assert found.file_name == "download-PSDMD-202608241600.zip"
    assert published_at(found) == AT
