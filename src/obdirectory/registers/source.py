"""A register we collect: where it is, how often, under which terms, and how far one file may differ from the last."""

import tomllib
from importlib import resources
from typing import Literal

import msgspec


class Guards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a file may be from the last accepted one and still be believed. Shares are of the last file's rows."""

    floor_rows: int = 10
    """Fewer rows than this may always vanish or change status: small registers would else never move."""
    max_shrink: float = 0.02  # per authority and entity type, and over all
    max_flips: float = 0.05  # authorised to withdrawn or back, per authority and type of institution, and over all
    max_unfilled: float = 0.05  # of a property that must be there, and of one the last file had
    required: dict[str, list[str]] = {}  # property -> entity types that must have it; an empty list: institutions and agents
    bands: dict[str, tuple[int, int]] = {}  # entity type -> rows expected; only for what came from the source's own address


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One register as its file beside the reader describes it."""

    id: str
    title: str
    kind: Literal["payment", "credit", "curated"]
    publisher: str
    terms: str
    robots: str
    max_bytes: int  # of the file, and of what comes out of it when it is packed
    guards: Guards
    complete: bool = True  # may absence be read from it?
    url: str = ""  # empty: collected from a file alone
    every_minutes: int = 0
    fresh_hours: int = 0  # older than this, the page says so; what it means for a verdict is the policy's business


def load_source(source_id: str) -> Source:
    """The description shipped beside the reader of this source."""
    text = (resources.files("obdirectory.registers.sources") / f"{source_id}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Source)
