"""Who may sign the list of lists: the certificates announced in the Official Journal, and those that later pivot lists announce. Pure.

A list of lists names the Official Journal it starts from among its scheme information URIs, newest publication first. Between that
address and the top of the list stand its pivots: former lists of lists, each announcing the signers that came after it. They are
walked from the oldest to the newest; what stands below the first journal belongs to an earlier anchoring and does not apply.

Clause: our reading of the Commission's explanation of pivot lists.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources

from obdirectory.core.instants import parse_instant
from obdirectory.trust.trustlist import LIST_OF_LISTS, OpenedList, ReadList, signers_by_digest, verify_list
from obdirectory.trust.xmlread import Refused

Pivots = Mapping[int, Sequence[OpenedList]]
"""Lists of lists at hand that may serve as pivots, by sequence number."""

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_JOURNAL_HOST = "eur-lex.europa.eu/"
_PIVOT = re.compile(r"pivot-(\d{1,6})(?:-mp)?\.xml\Z")


@dataclass(frozen=True, slots=True)
class Journal:
    """One publication that announces who signs the list of lists.

    ``replaced_at`` is when lists stopped resting on it: an earlier list still does. ``address`` is the part of its web address by which
    a list names it.
    """

    reference: str
    published_at: datetime
    replaced_at: datetime | None
    address: str
    signers: frozenset[str]  # SHA-256 of whole certificates

    def carries(self, issued_at: datetime, *, at: datetime) -> bool:
        """Whether a list issued then may rest on this publication, as seen at ``at``."""
        return self.published_at <= at and (self.replaced_at is None or issued_at < self.replaced_at)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Everything trust in lists starts from, for one environment: ``live`` knows the Official Journal alone."""

    environment: str
    journals: tuple[Journal, ...]  # oldest first


@cache
def official_anchors() -> Anchors:
    """The publications in the Official Journal of the European Union that this release carries."""
    folder = resources.files("obdirectory.trust") / "data"
    signers = list(csv.DictReader((folder / "lotl_signers.csv").read_text(encoding="utf-8").splitlines()))
    journals = [
        Journal(
            row["journal"],
            parse_instant(row["published_on"]),
            parse_instant(row["replaced_on"]) if row["replaced_on"] else None,
            row["address"],
            frozenset(signer["sha256"] for signer in signers if signer["journal"] == row["journal"]),
        )
        for row in csv.DictReader((folder / "official_journals.csv").read_text(encoding="utf-8").splitlines())
    ]
    return Anchors("live", tuple(sorted(journals, key=lambda journal: journal.published_at)))


def sandbox_anchors(signers: Iterable[bytes], *, reference: str = "sandbox anchors", address: str = "sandbox-anchors") -> Anchors:
    """Anchors of a make-believe world: these certificates sign its list of lists. They never serve ``live``."""
    digests = frozenset(hashlib.sha256(der).hexdigest() for der in signers)
    return Anchors("sandbox", (Journal(reference, _ALWAYS, None, address, digests),))


def pivot_number(address: str) -> int | None:
    """The sequence number of the pivot list at that address; None when the address is not that of a pivot."""
    found = _PIVOT.search(address)
    return int(found[1]) if found else None


def pivot_addresses(opened: OpenedList, anchors: Anchors) -> tuple[str, ...]:
    """Addresses of the pivots that apply to a list of lists, oldest first; its own copy is none of them."""
    above: list[str] = []
    for address in opened.information_uris:
        if _names_a_journal(address, anchors):
            break
        number = pivot_number(address)
        if number is not None and number < opened.header.sequence:
            above.append(address)
    return tuple(reversed(above))


def verify_list_of_lists(opened: OpenedList, anchors: Anchors, pivots: Pivots, *, at: datetime) -> ReadList | Refused:
    """The signed content of a list of lists, if its signer was announced in a journal that applies to it at ``at``, or by its pivots.

    1. A journal applies if it was published by ``at`` and not yet replaced when the list was issued.
    2. If the journal the list itself names applies and all its pivots are at hand, they are walked: whom the last one announces may have
       signed, and whom a journal published since announces.
    3. Otherwise whom any applying journal announces may have signed.
    """
    if isinstance(opened.signature, Refused):
        return opened.signature
    applying = [journal for journal in anchors.journals if journal.carries(opened.header.issued_at, at=at)]
    if not applying:
        return Refused(
            "signer_not_in_official_journal", f"no announcement of signers that this release carries applied to this list at {at:%Y-%m-%d}"
        )
    named, walked = _named(opened, anchors), None
    signers = _announced(applying)
    if named in applying:
        walked = _walk(named, pivot_addresses(opened, anchors), pivots, at=at)
        if not isinstance(walked, Refused):
            signers = walked | _announced(journal for journal in applying if journal.published_at > named.published_at)
    read = verify_list(opened, signers_by_digest(opened, signers))
    if isinstance(read, Refused) and read.reason == "signer_not_named":
        where = f"in {', '.join(journal.reference for journal in applying)}"
        beside = f"; {walked.message}" if isinstance(walked, Refused) else ""
        return Refused("signer_not_in_official_journal", f"{read.message}, neither {where} nor by the pivots that follow{beside}")
    return read


def journal_not_carried(information_uris: Sequence[str], anchors: Anchors) -> str:
    """The address of the journal a list of lists names first, if that is one this release does not carry; else empty."""
    first = next((address for address in information_uris if _names_a_journal(address, anchors)), "")
    return "" if any(journal.address in first for journal in anchors.journals) else first


def _announced(journals: Iterable[Journal]) -> frozenset[str]:
    return frozenset(signer for journal in journals for signer in journal.signers)


def _named(opened: OpenedList, anchors: Anchors) -> Journal | None:
    """The journal whose address stands first; None when that is one we do not carry."""
    first = next((address for address in opened.information_uris if _names_a_journal(address, anchors)), "")
    return next((journal for journal in anchors.journals if first and journal.address in first), None)


def _names_a_journal(address: str, anchors: Anchors) -> bool:
    return _JOURNAL_HOST in address or any(journal.address in address for journal in anchors.journals)


def _walk(journal: Journal, addresses: Sequence[str], pivots: Pivots, *, at: datetime) -> frozenset[str] | Refused:
    """Whom the newest pivot announces, each pivot verified with the signers announced before it, at its own issue date."""
    signers = journal.signers
    for address in addresses:
        number = pivot_number(address)
        refusal = Refused("pivot_missing", f"pivot {number}, which says who signs after it, is not at hand")
        for opened in pivots.get(number or 0, ()):
            if not opened.header.is_list_of_lists or opened.header.sequence != number or opened.header.issued_at > at:
                continue
            read = verify_list(opened, signers_by_digest(opened, signers))
            if isinstance(read, Refused):
                refusal = Refused("pivot_refused", f"pivot {number} is refused: {read.message}")
            elif following := frozenset(_digest(der) for der in read.signers_of(LIST_OF_LISTS)):
                signers = following
                break
        else:
            return refusal
    return signers


def _digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
