"""Evidence by digest: kept once, never changed unnoticed."""

import asyncio
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import MemoryObjects

from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.platform.objects import ObjectStore, open_objects


@pytest.fixture(params=["folder", "fake"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore | MemoryObjects:
    return ObjectStore(tmp_path / "objects") if request.param == "folder" else MemoryObjects()


async def test_what_is_put_is_got_by_its_digest(objects: ObjectStore | MemoryObjects) -> None:
    digest = await objects.put(b"a list")
    assert digest == hashlib.sha256(b"a list").hexdigest()
    assert await objects.get(digest) == b"a list"
    assert await objects.exists(digest)


async def test_putting_again_changes_nothing(objects: ObjectStore | MemoryObjects) -> None:
    digests = await asyncio.gather(*(objects.put(b"a list") for _ in range(8)))
    assert len(set(digests)) == 1
    assert await objects.get(digests[0]) == b"a list"


async def test_what_was_never_put_is_none(objects: ObjectStore | MemoryObjects) -> None:
    assert await objects.get("0" * 64) is None
    assert not await objects.exists("0" * 64)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
async def test_only_a_digest_is_a_name(objects: ObjectStore | MemoryObjects, digest: str) -> None:
    with pytest.raises(InvalidInput):
        await objects.get(digest)


@given(st.binary(max_size=2_000))
def test_any_bytes_survive(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    store = ObjectStore(tmp_path_factory.getbasetemp() / "any-bytes")
    assert store.get_now(store.put_now(content)) == content


async def test_damage_is_noticed(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    digest = await store.put(b"a list")
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    kept.write_bytes(b"another")
    with pytest.raises(Unavailable, match="damaged"):
        await store.get(digest)


async def test_nothing_half_written_stays(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    await store.put(b"a list")
    assert [path.name for path in tmp_path.rglob(".*")] == []


async def test_a_store_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file in its place")
    with pytest.raises(Unavailable):
        await ObjectStore(tmp_path / "objects").put(b"a list")


async def test_a_setting_names_the_store(tmp_path: Path) -> None:
    digest = await open_objects(tmp_path, f"file://{tmp_path}/elsewhere").put(b"a list")
    assert await open_objects(tmp_path, None).get(digest) is None
    assert await open_objects(tmp_path, f"file://{tmp_path}/elsewhere").get(digest) == b"a list"
    with pytest.raises(InvalidInput):
        open_objects(tmp_path, "s3://bucket")
