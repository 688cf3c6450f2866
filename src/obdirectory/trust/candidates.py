"""Which file counts for each territory: the newest that an announced signer signed, and none older than what is known. Pure."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from obdirectory.trust.anchors import Anchors, Pivots, verify_list_of_lists
from obdirectory.trust.index import AcceptedList
from obdirectory.trust.trustlist import LIST_OF_LISTS, ListHeader, OpenedList, ReadList, verify_list
from obdirectory.trust.xmlread import Refused

Outcome: TypeAlias = Literal["accepted", "expired", "refused"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a list, archived under its digest and opened."""

    address: str  # a URL, or a file name without its folder
    sha256: str
    opened: OpenedList | Refused
    asked_for: str | None = None  # the territory whose list the address is said to serve

    @property
    def territory(self) -> str | None:
        """Whose list it is: what the file says, else what was asked for."""
        return self.header.territory if self.header else self.asked_for

    @property
    def header(self) -> ListHeader | None:
        return None if isinstance(self.opened, Refused) else self.opened.header


@dataclass(frozen=True, slots=True)
class KnownList:
    """The list of a territory that counts before the files are looked at."""

    accepted: AcceptedList
    signer_sha256: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one candidate."""

    candidate: Candidate
    outcome: Outcome
    reason: str
    message: str
    read: ReadList | None = None  # None also when it is the list that counts already
    is_known: bool = False


def judge_candidates(
    candidates: Iterable[Candidate],
    *,
    known: Mapping[str, KnownList],
    known_list_of_lists: ReadList | None,
    anchors: Anchors,
    at: datetime,
) -> tuple[Judgement, ...]:
    """Every file that was tried, the list of lists first, with its outcome.

    Files issued after ``at``, and files older than one that was accepted, were not tried.

    1. What is no list is refused with its reason.
    2. For each territory candidates are tried newest first (sequence number, then date), and the first that is accepted counts.
    3. A list of lists is accepted under the anchors, a national list under the signers that the list of lists announces for it.
    4. A list older than the known one is refused as a rollback though it is well signed.
    """
    files = list(candidates)
    found = [Judgement(one, "refused", one.opened.reason, one.opened.message) for one in files if isinstance(one.opened, Refused)]
    by_territory = _newest_first(files, known=known, at=at)
    pivots = _pivots(by_territory.get(LIST_OF_LISTS, ()))
    judged = _try_in_turn(
        by_territory.pop(LIST_OF_LISTS, ()),
        known.get(LIST_OF_LISTS),
        at=at,
        verify=lambda opened: verify_list_of_lists(opened, anchors, pivots, at=at),
    )
    list_of_lists = next((one.read for one in judged if one.read), known_list_of_lists)
    for territory in sorted(by_territory):
        judged += _judge_national(territory, by_territory[territory], known.get(territory), list_of_lists, at=at)
    return (*judged, *found)


def outcome_at(next_update_at: datetime | None, at: datetime) -> Outcome:
    """An accepted list whose next update is overdue counts all the same, as expired; a closed scheme publishes no next one."""
    return "expired" if next_update_at is not None and next_update_at < at else "accepted"


def _newest_first(files: Sequence[Candidate], *, known: Mapping[str, KnownList], at: datetime) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for one in files:
        if one.header and one.header.issued_at <= at:
            found.setdefault(one.header.territory, []).append(one)
    for territory, ones in found.items():
        counting = known[territory].accepted.sha256 if territory in known else ""
        ones.sort(key=lambda one: one.address)
        ones.sort(key=lambda one: _age(one, counting), reverse=True)
    return found


def _age(candidate: Candidate, counting: str) -> tuple[int, datetime, bool]:
    """Sequence, then date; of two that claim the same, the one that counts already, so that they do not take turns."""
    assert candidate.header is not None
    return candidate.header.sequence, candidate.header.issued_at, candidate.sha256 == counting


def _pivots(candidates: Sequence[Candidate]) -> Pivots:
    found: dict[int, list[OpenedList]] = {}
    for one in candidates:
        if isinstance(one.opened, OpenedList):
            found.setdefault(one.opened.header.sequence, []).append(one.opened)
    return found


def _judge_national(
    territory: str, candidates: Sequence[Candidate], known: KnownList | None, list_of_lists: ReadList | None, *, at: datetime
) -> list[Judgement]:
    signers = list_of_lists.signers_of(territory) if list_of_lists else frozenset[bytes]()
    still_named = known is not None and known.signer_sha256 in {hashlib.sha256(der).hexdigest() for der in signers}

    def verify(opened: OpenedList) -> ReadList | Refused:
        if isinstance(opened.signature, Refused):
            return opened.signature
        if list_of_lists is None:
            return Refused("no_list_of_lists", "no list of lists is accepted that could say who signs this list")
        read = verify_list(opened, signers)
        if isinstance(read, Refused) and read.reason == "signer_not_named":
            return Refused(read.reason, f"{read.message} by list of lists {list_of_lists.header.sequence}")
        return read

    return _try_in_turn(candidates, known, at=at, verify=verify, known_stands=still_named)


def _try_in_turn(
    candidates: Sequence[Candidate],
    known: KnownList | None,
    *,
    at: datetime,
    verify: Callable[[OpenedList], ReadList | Refused],
    known_stands: bool = False,
) -> list[Judgement]:
    """Candidates newest first until one counts; of those older than the known one only the first is tried.

    The one that counts already is not verified again while its signer is still announced.
    """
    found: list[Judgement] = []
    rolled_back = False
    for one in candidates:
        if isinstance(one.opened, Refused):
            continue
        header, is_known = one.opened.header, known is not None and one.sha256 == known.accepted.sha256
        if is_known and known_stands:
            found.append(Judgement(one, outcome_at(header.next_update_at, at), *_overdue(header, at), is_known=True))
            break
        older = known is not None and _is_older(header, known.accepted)
        if older and rolled_back:
            continue
        rolled_back = rolled_back or older
        read = verify(one.opened)
        if isinstance(read, Refused):
            found.append(Judgement(one, "refused", read.reason, read.message))
            continue
        if known and older:
            found.append(Judgement(one, "refused", "rollback", f"older than list {known.accepted.sequence}, which counts already"))
            continue
        found.append(Judgement(one, outcome_at(header.next_update_at, at), *_overdue(header, at), read=read, is_known=is_known))
        break
    return found


def _is_older(header: ListHeader, accepted: AcceptedList) -> bool:
    return header.sequence < accepted.sequence or header.issued_at < accepted.issued_at


def _overdue(header: ListHeader, at: datetime) -> tuple[str, str]:
    if header.next_update_at is None or header.next_update_at >= at:
        return "", ""
    return "next_update_overdue", f"its next update was due on {header.next_update_at:%Y-%m-%d}"
