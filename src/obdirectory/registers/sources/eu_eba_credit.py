"""The EBA credit institutions register, as the search behind its page answers: a list of entities, most of them wrapped in ``_payload``."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from obdirectory.registers.record import RegisterRecord
from obdirectory.registers.row import Properties, RawRow, Refusal, Row
from obdirectory.registers.sources import eu_eba

_NOT_CREDIT = "these are rows of the payment institutions register: collect them as eu_eba"


class _Wrapped(msgspec.Struct, gc=False):
    """One answer of the search."""

    payload: msgspec.Raw | UnsetType = msgspec.field(name="_payload", default=UNSET)
    message_type: str | UnsetType = msgspec.field(name="_messagetype", default=UNSET)


class _Head(msgspec.Struct, gc=False):
    """What tells one register's entity from another's."""

    entity_type: str = msgspec.field(name="EntityType")
    authority_code: str | UnsetType = msgspec.field(name="CA_OwnerID", default=UNSET)
    properties: list[dict[str, Any]] | UnsetType = msgspec.field(name="Properties", default=UNSET)


def split(content: bytes) -> Sequence[RawRow] | Refusal:
    """The entities, out of their wrapping. Rows of the payment register, which this search once returned unasked, are refused."""
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not content:
        return Refusal("file_empty", "the file is empty")
    try:
        items = _items(content)
        found = [_unwrapped(item) for item in items]
        heads = [msgspec.json.decode(raw, type=_Head) for raw in found]
    except (msgspec.ValidationError, RecursionError) as error:
        return Refusal("not_this_register", f"the file is not a list of entities: {error}")
    except ValueError as error:
        return Refusal("json_incomplete", f"the file is not one whole JSON text: {error}")
    if not found:
        return Refusal("no_records", "the file holds no entities")
    if any(head.entity_type.startswith("PSD_") for head in heads):
        return Refusal("not_this_register", _NOT_CREDIT)
    return [_with_authority(raw, head) for raw, head in zip(found, heads, strict=True)]


def row(raw: RawRow) -> Row | Refusal:
    """One entity, read as far as every row is."""
    return eu_eba.row(raw)


def record(raw: bytes) -> RegisterRecord:
    """One entity in full."""
    return eu_eba.record(raw)


def properties(raw: bytes) -> Properties:
    """Everything an entity says."""
    return eu_eba.properties(raw)


def newest_version(raws: Iterable[RawRow], content: bytes) -> str:
    """The newest row version of the file."""
    return eu_eba.newest_version(raws, content)


def _items(content: bytes) -> list[msgspec.Raw]:
    """A list of entities, or the blocks of a golden copy."""
    items = msgspec.json.decode(content, type=list[msgspec.Raw])
    if all(bytes(memoryview(item)[:1]) == b"{" for item in items):
        return items
    blocks = [msgspec.json.decode(item, type=list[msgspec.Raw]) for item in items if bytes(memoryview(item)[:1]) == b"["]
    return [item for block in blocks for item in block if b'"EntityType"' in bytes(item)]


def _unwrapped(item: msgspec.Raw) -> msgspec.Raw:
    wrapped = msgspec.json.decode(item, type=_Wrapped)
    return item if wrapped.payload is UNSET else wrapped.payload


def _with_authority(raw: msgspec.Raw, head: _Head) -> bytes:
    """A row without an owner says its authority as a property."""
    content = bytes(raw)
    if head.authority_code is not UNSET or head.properties is UNSET:
        return content
    named = next((str(one["COM_AUT"]) for one in head.properties if "COM_AUT" in one), "")
    return b'{"CA_OwnerID":' + msgspec.json.encode(named) + b"," + content.strip()[1:]
