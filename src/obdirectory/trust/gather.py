"""Files for a refresh, from a folder or from their addresses: archived before anything in them is parsed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from obdirectory.core.errors import InvalidInput
from obdirectory.platform.objects import ObjectStore
from obdirectory.trust.anchors import Anchors, pivot_addresses
from obdirectory.trust.candidates import Candidate, KnownList, judge_candidates
from obdirectory.trust.crl import MAX_CRL_BYTES
from obdirectory.trust.fetch import Asked, Failed, ListFetch
from obdirectory.trust.trustlist import LIST_OF_LISTS, OpenedList, ReadList, open_list
from obdirectory.trust.xmlread import MAX_LIST_BYTES, Refused

Kind: TypeAlias = Literal["list", "crl", "ocsp"]

_KINDS: Final[Mapping[str, Kind]] = {".xml": "list", ".xtsl": "list", ".tsl": "list", ".crl": "crl", ".ocsp": "ocsp"}
_MAX_BYTES: Final[Mapping[Kind, int]] = {"list": MAX_LIST_BYTES, "crl": MAX_CRL_BYTES, "ocsp": 65_536}
_MOST_PIVOTS: Final = 20


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """A file that may be a CRL or an OCSP answer, archived."""

    address: str
    kind: Literal["crl", "ocsp"]
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be had or was not read, with why."""

    address: str
    kind: Kind
    territory: str | None
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request for an address conditional, and the file they belong to."""

    etag: str | None
    last_modified: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything there is to judge."""

    candidates: tuple[Candidate, ...] = ()
    answers: tuple[AnswerFile, ...] = ()
    missing: tuple[Missing, ...] = ()
    unchanged: Mapping[str, str] = field(default_factory=dict[str, str])  # territory -> address that says so
    validators: Mapping[str, Validators] = field(default_factory=dict[str, Validators])  # by address
    list_of_lists_address: str = ""


async def gather_folder(objects: ObjectStore, folder: Path) -> Gathered:
    """Every list, CRL and OCSP answer in a folder, by its file name; other files and folders below are passed over.

    Raises InvalidInput when there is no such folder.
    """
    return await asyncio.to_thread(_read_folder, objects, folder)


def _read_folder(objects: ObjectStore, folder: Path) -> Gathered:
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in _KINDS)
    except OSError as error:
        raise InvalidInput(f"cannot read the folder {folder}: {error.strerror}") from error
    candidates: list[Candidate] = []
    answers: list[AnswerFile] = []
    missing: list[Missing] = []
    for path in paths:
        kind = _KINDS[path.suffix.lower()]
        content = _read_file(path, kind)
        if isinstance(content, Missing):
            missing.append(content)
            continue
        sha256 = objects.put_now(content)
        if kind == "list":
            candidates.append(Candidate(path.name, sha256, open_list(content)))
        else:
            answers.append(AnswerFile(path.name, kind, sha256, content))
    return Gathered(tuple(candidates), tuple(answers), tuple(missing))


def _read_file(path: Path, kind: Kind) -> bytes | Missing:
    """The file's bytes, never more than its kind may have."""
    limit = _MAX_BYTES[kind]
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        return Missing(path.name, kind, None, "file_not_readable", f"the file cannot be read: {error.strerror}")
    if len(content) > limit:
        return Missing(path.name, kind, None, "too_large", f"more than the {limit} bytes that a {kind} may have")
    return content


async def gather_network(
    objects: ObjectStore,
    fetch: ListFetch,
    *,
    known: Mapping[str, KnownList],
    known_list_of_lists: ReadList | None,
    validators: Mapping[str, Validators],
    anchors: Anchors,
    at: datetime,
) -> Gathered:
    """The list of lists from its address, its pivots, then every national list from the address it gives.

    Addresses are followed only from a list of lists that was accepted; the one known before serves when today's cannot be had.
    """
    asked = {(LIST_OF_LISTS, fetch.lotl_url): _asked(fetch.lotl_url, validators.get(fetch.lotl_url), known.get(LIST_OF_LISTS))}
    first = await _fetch(objects, fetch, asked)
    pivots = await _fetch_pivots(objects, fetch, first.candidates, anchors)
    tops = [*first.candidates, *pivots]
    judged = await asyncio.to_thread(judge_candidates, tops, known=known, known_list_of_lists=known_list_of_lists, anchors=anchors, at=at)
    list_of_lists = next((one.read for one in judged if one.read), known_list_of_lists)
    wanted = {
        (pointer.territory, pointer.location): _asked(pointer.location, validators.get(pointer.location), known.get(pointer.territory))
        for pointer in (list_of_lists.pointers if list_of_lists else ())
        if pointer.is_xml and pointer.territory != LIST_OF_LISTS
    }
    rest = await _fetch(objects, fetch, wanted)
    return Gathered(
        candidates=(*tops, *rest.candidates),
        missing=(*first.missing, *rest.missing),
        unchanged={**first.unchanged, **rest.unchanged},
        validators={**first.validators, **rest.validators},
        list_of_lists_address=fetch.lotl_url,
    )


def _asked(url: str, validators: Validators | None, known: KnownList | None) -> Asked:
    """A conditional request when what the validators belong to is the list that counts; else whatever is there is wanted."""
    if validators is None or known is None or validators.sha256 != known.accepted.sha256:
        return Asked(url)
    return Asked(url, validators.etag, validators.last_modified)


async def _fetch(objects: ObjectStore, fetch: ListFetch, asked: Mapping[tuple[str, str], Asked]) -> Gathered:
    found = await fetch.get_all({url: wanted for (_, url), wanted in asked.items()})
    candidates: list[Candidate] = []
    missing: list[Missing] = []
    unchanged: dict[str, str] = {}
    validators: dict[str, Validators] = {}
    for (territory, url), wanted in asked.items():
        answer = found[url]
        if isinstance(answer, Failed):
            missing.append(Missing(url, "list", territory, "not_fetched", answer.why))
        elif answer.is_unchanged and (wanted.etag or wanted.last_modified):
            unchanged[territory] = url
        else:
            sha256 = await objects.put(answer.body)
            candidates.append(Candidate(url, sha256, await asyncio.to_thread(open_list, answer.body), territory))
            validators[url] = Validators(answer.etag, answer.last_modified, sha256)
    return Gathered(tuple(candidates), (), tuple(missing), unchanged, validators)


async def _fetch_pivots(objects: ObjectStore, fetch: ListFetch, candidates: Iterable[Candidate], anchors: Anchors) -> tuple[Candidate, ...]:
    """Pivots are named by a list that nobody has verified yet: only those of its own host are asked for, and few."""
    host = urlsplit(fetch.lotl_url).hostname
    named = [address for one in candidates if isinstance(one.opened, OpenedList) for address in pivot_addresses(one.opened, anchors)]
    addresses = [address for address in named if urlsplit(address).hostname == host][:_MOST_PIVOTS]
    found = await _fetch(objects, fetch, {(LIST_OF_LISTS, address): Asked(address) for address in addresses})
    return tuple(one for one in found.candidates if not isinstance(one.opened, Refused))
