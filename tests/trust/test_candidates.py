"""For each territory the newest list that an announced signer signed counts; what was known keeps what came later from going back."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trust.listmaker import AT, ISSUED, NEXT, Scheme, candidate

from obdirectory.sandbox.lists import ListPointer
from obdirectory.trust.candidates import Candidate, Judgement, KnownList, judge_candidates
from obdirectory.trust.index import AcceptedList
from obdirectory.trust.trustlist import ReadList

SCHEME = Scheme()
LISTS = candidate(SCHEME.list_of_lists(), "lotl.xml")


def judge(
    *files: Candidate, known: dict[str, KnownList] | None = None, lists: ReadList | None = None, at: datetime = AT
) -> list[tuple[str, str, str]]:
    found = judge_candidates(files, known=known or {}, known_list_of_lists=lists, anchors=SCHEME.anchors, at=at)
    return [(one.candidate.address, one.outcome, one.reason) for one in found]


def judgements(*files: Candidate, known: dict[str, KnownList] | None = None) -> tuple[Judgement, ...]:
    return judge_candidates(files, known=known or {}, known_list_of_lists=None, anchors=SCHEME.anchors, at=AT)


def known_as(file: Candidate, *, signer: bytes = SCHEME.national.der) -> KnownList:
    header = file.header
    assert header is not None
    accepted = AcceptedList(header.territory, header.sequence, header.version, file.sha256, header.issued_at, header.next_update_at, ISSUED)
    return KnownList(accepted, hashlib.sha256(signer).hexdigest())


def german(sequence: int, name: str, **options: object) -> Candidate:
    return candidate(SCHEME.list_of("DE", sequence, **options), name)  # pyright: ignore[reportArgumentType]


def test_the_newest_counts_and_older_ones_are_not_tried() -> None:
    assert judge(german(4, "old.xml"), german(6, "new.xml"), german(5, "middle.xml"), LISTS) == [
        ("lotl.xml", "accepted", ""),
        ("new.xml", "accepted", ""),
    ]


def test_the_next_one_is_tried_when_the_newest_is_refused() -> None:
    stranger = german(7, "stranger.xml", signer=SCHEME.stranger)
    assert judge(german(5, "good.xml"), stranger, german(4, "old.xml"), LISTS) == [
        ("lotl.xml", "accepted", ""),
        ("stranger.xml", "refused", "signer_not_named"),
        ("good.xml", "accepted", ""),
    ]


def test_an_overdue_list_counts_as_expired() -> None:
    assert judge(german(5, "de.xml"), LISTS, at=NEXT + timedelta(days=1)) == [
        ("lotl.xml", "expired", "next_update_overdue"),
        ("de.xml", "expired", "next_update_overdue"),
    ]
    assert judge(german(5, "de.xml", next_update_at=None), LISTS, at=NEXT + timedelta(days=1))[1] == ("de.xml", "accepted", "")


def test_what_was_issued_later_is_not_there_yet() -> None:
    tomorrow = german(9, "tomorrow.xml", issued_at=AT + timedelta(seconds=1))
    assert judge(german(5, "de.xml"), tomorrow, LISTS) == [("lotl.xml", "accepted", ""), ("de.xml", "accepted", "")]
    assert judge(german(5, "de.xml", issued_at=AT), LISTS)[1] == ("de.xml", "accepted", "")


def test_without_a_list_of_lists_nobody_can_say_who_signs() -> None:
    assert judge(german(5, "de.xml"), german(4, "old.xml")) == [
        ("de.xml", "refused", "no_list_of_lists"),
        ("old.xml", "refused", "no_list_of_lists"),
    ]


def test_a_list_of_lists_alone_counts_alone() -> None:
    assert judge(LISTS) == [("lotl.xml", "accepted", "")]


def test_the_list_of_lists_known_before_serves_when_there_is_none_now() -> None:
    [first, _] = judgements(LISTS, german(5, "de.xml"))
    assert first.read is not None
    assert judge(german(6, "de.xml"), lists=first.read) == [("de.xml", "accepted", "")]


def test_a_refused_list_of_lists_announces_nobody() -> None:
    forged = candidate(
        SCHEME.list_of_lists(99, signer=SCHEME.stranger, pointers=[ListPointer("DE", "x", (SCHEME.stranger.der,))]), "forged.xml"
    )
    theirs = german(9, "de.xml", signer=SCHEME.stranger)
    assert judge(forged, theirs) == [("forged.xml", "refused", "signer_not_in_official_journal"), ("de.xml", "refused", "no_list_of_lists")]
    assert judge(forged, theirs, LISTS)[2] == ("de.xml", "refused", "signer_not_named")


def test_a_signer_of_another_territory_is_not_announced_for_this_one() -> None:
    assert judge(candidate(SCHEME.list_of("IT"), "it.xml"), LISTS)[1] == ("it.xml", "refused", "signer_not_named")


def test_a_pointer_for_people_announces_nobody() -> None:
    pointers = [ListPointer("DE", "https://lists.example/de.pdf", (SCHEME.national.der,), mime_type="application/pdf")]
    assert judge(german(5, "de.xml"), candidate(SCHEME.list_of_lists(pointers=pointers), "l.xml"))[1][2] == "signer_not_named"


def test_what_is_no_list_gets_its_row_and_stops_nobody() -> None:
    page = candidate(b"<!doctype html><html><body>404</body></html>", "page.xml")
    assert judge(page, german(5, "de.xml"), LISTS) == [
        ("lotl.xml", "accepted", ""),
        ("de.xml", "accepted", ""),
        ("page.xml", "refused", "html_page"),
    ]


def test_the_known_list_is_not_verified_again() -> None:
    file = german(5, "de.xml")
    [_, again] = judgements(LISTS, file, known={"DE": known_as(file)})
    assert (again.outcome, again.is_known, again.read) == ("accepted", True, None)


def test_the_known_list_is_refused_when_its_signer_is_announced_no_more() -> None:
    file = german(5, "de.xml", signer=SCHEME.stranger)
    assert judge(LISTS, file, known={"DE": known_as(file, signer=SCHEME.stranger.der)})[1] == ("de.xml", "refused", "signer_not_named")


@pytest.mark.parametrize(
    ("sequence", "days", "expected"),
    [
        (4, 0, "rollback"),
        (6, -1, "rollback"),
        (5, -1, "rollback"),
        (4, 1, "rollback"),
        (6, 0, ""),
        (5, 0, ""),
        (5, 1, ""),
    ],
)
def test_older_than_known_is_a_rollback(sequence: int, days: int, expected: str) -> None:
    known = {"DE": known_as(german(5, "known.xml"))}
    file = german(sequence, "de.xml", issued_at=ISSUED + timedelta(days=days), next_update_at=NEXT + timedelta(days=2))
    assert judge(LISTS, file, known=known)[1][2] == expected


def test_one_rollback_is_said_once() -> None:
    known = {"DE": known_as(german(5, "known.xml"))}
    assert judge(LISTS, german(4, "a.xml"), german(3, "b.xml"), known=known)[1:] == [("a.xml", "refused", "rollback")]


def test_a_rolled_back_list_of_lists_leaves_the_known_one() -> None:
    [first] = judgements(LISTS)
    older = candidate(SCHEME.list_of_lists(9), "older.xml")
    known = {"EU": known_as(LISTS, signer=SCHEME.lotl.der)}
    assert judge(older, german(5, "de.xml"), known=known, lists=first.read) == [
        ("older.xml", "refused", "rollback"),
        ("de.xml", "accepted", ""),
    ]


def test_two_files_of_one_number_do_not_take_turns() -> None:
    first, second = german(5, "a.xml"), german(5, "b.xml", next_update_at=NEXT + timedelta(days=1))
    for known in (first, second):
        [_, row] = judge(LISTS, first, second, known={"DE": known_as(known)})
        assert row == (known.address, "accepted", "")


@given(st.permutations(["lotl", "de4", "de5", "de9", "fr1", "page"]))
def test_the_order_of_the_files_changes_nothing(order: list[str]) -> None:
    assert judge(*(_FILES[name] for name in order)) == judge(*_FILES.values())


_FILES = {
    "lotl": LISTS,
    "de4": german(4, "de4.xml"),
    "de5": german(5, "de5.xml"),
    "de9": german(9, "de9.xml", signer=SCHEME.stranger),
    "fr1": candidate(SCHEME.list_of("FR", 1), "fr1.xml"),
    "page": candidate(b"<html></html>", "page.xml"),
}


def test_a_list_of_lists_may_serve_as_its_own_past() -> None:
    """An older list of lists in the folder is tried when the newer one is refused."""
    newer = candidate(SCHEME.list_of_lists(11, signer=SCHEME.stranger), "newer.xml")
    assert judge(newer, LISTS) == [("newer.xml", "refused", "signer_not_in_official_journal"), ("lotl.xml", "accepted", "")]


def test_the_known_list_stands_whatever_else_is_in_the_folder() -> None:
    known = replace(known_as(german(5, "known.xml")), signer_sha256="0" * 64)
    assert judge(LISTS, german(3, "old.xml"), known={"DE": known}, at=datetime(2026, 7, 1, tzinfo=UTC))[1][2] == "rollback"
