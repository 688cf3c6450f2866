"""What was read from a list's signed part, in a form that loads in milliseconds: kept beside the archived file, never in its place."""

from dataclasses import dataclass
from typing import Final

import msgspec

from obdirectory.trust.trustlist import ReadList

READER: Final = 1
"""Rises when what is read from a list changes; a list prepared by another reader is read again from the archived file."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    reader: int
    list: ReadList


def pack(read: ReadList) -> bytes:
    """The prepared form of a list that was verified."""
    return msgspec.msgpack.encode(_Prepared(READER, read))


def unpack(content: bytes) -> ReadList | None:
    """The list as it was read; None when another release prepared it."""
    try:
        prepared = msgspec.msgpack.decode(content, type=_Prepared)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
    return prepared.list if prepared.reader == READER else None
