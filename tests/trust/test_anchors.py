"""Trust in lists starts at the Official Journal and follows the pivots, never further than was published."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.trust.listmaker import Scheme

from obdirectory.sandbox.issuing import Issuer, make_ca
from obdirectory.trust.anchors import (
    Anchors,
    Journal,
    journal_not_carried,
    official_anchors,
    pivot_addresses,
    pivot_number,
    sandbox_anchors,
    verify_list_of_lists,
)
from obdirectory.trust.trustlist import OpenedList, ReadList, open_list
from obdirectory.trust.xmlread import Refused

OLD, NEW = "https://eur-lex.europa.eu/old-journal", "https://eur-lex.europa.eu/new-journal"
SIGNERS = [make_ca(common_name=f"Signer {number}") for number in range(5)]
SCHEME = Scheme()


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def digests(*issuers: Issuer) -> frozenset[str]:
    return sandbox_anchors([issuer.der for issuer in issuers]).journals[0].signers


ANCHORS = Anchors(
    "live",
    (
        Journal("old", day("2019-08-16"), day("2026-04-29"), "old-journal", digests(SIGNERS[0])),
        Journal("new", day("2026-04-15"), None, "new-journal", digests(SIGNERS[3])),
    ),
)


def pivot_url(number: int) -> str:
    return f"https://lists.example/eu-lotl-pivot-{number}.xml"


def opened(
    sequence: int, signer: Issuer, *, issued: str, uris: Sequence[str], announces: Sequence[Issuer] = (), next_update: str = "2030-01-01"
) -> OpenedList:
    content = SCHEME.list_of_lists(
        sequence,
        issued_at=day(issued),
        next_update_at=day(next_update),
        signer=signer,
        own_signers=[issuer.der for issuer in announces],
        information_uris=uris,
    )
    found = open_list(content)
    assert isinstance(found, OpenedList)
    return found


def judged(list_of_lists: OpenedList, *pivots: OpenedList, at: str, anchors: Anchors = ANCHORS) -> str:
    at_hand: dict[int, list[OpenedList]] = {}
    for pivot in pivots:
        at_hand.setdefault(pivot.header.sequence, []).append(pivot)
    found = verify_list_of_lists(list_of_lists, anchors, at_hand, at=day(at))
    return found.reason if isinstance(found, Refused) else "accepted"


FIRST = opened(10, SIGNERS[0], issued="2021-01-01", uris=[pivot_url(10), OLD], announces=[SIGNERS[1]])
SECOND = opened(20, SIGNERS[1], issued="2022-01-01", uris=[pivot_url(20), pivot_url(10), OLD], announces=[SIGNERS[2]])
LATER = opened(25, SIGNERS[2], issued="2023-01-01", uris=[pivot_url(20), pivot_url(10), OLD])


def test_a_signer_that_the_journal_announces_needs_no_pivot() -> None:
    assert judged(opened(5, SIGNERS[0], issued="2020-01-01", uris=[OLD]), at="2020-02-01") == "accepted"
    assert judged(opened(5, SIGNERS[1], issued="2020-01-01", uris=[OLD]), at="2020-02-01") == "signer_not_in_official_journal"


def test_a_pivot_is_no_pivot_of_itself() -> None:
    assert pivot_addresses(FIRST, ANCHORS) == ()
    assert judged(FIRST, at="2021-02-01") == "accepted"


def test_pivots_are_walked_from_the_oldest_to_the_newest() -> None:
    assert pivot_addresses(LATER, ANCHORS) == (pivot_url(10), pivot_url(20))
    assert judged(LATER, FIRST, SECOND, at="2023-02-01") == "accepted"
    assert judged(SECOND, FIRST, at="2023-02-01") == "accepted"


@pytest.mark.parametrize("at_hand", [(), (FIRST,), (SECOND,)])
def test_a_pivot_that_is_not_at_hand_breaks_the_chain(at_hand: tuple[OpenedList, ...]) -> None:
    assert judged(LATER, *at_hand, at="2023-02-01") == "signer_not_in_official_journal"


def test_a_forged_pivot_breaks_the_chain() -> None:
    forged = opened(10, SIGNERS[4], issued="2021-01-01", uris=[OLD], announces=[SIGNERS[4]])
    theirs = opened(25, SIGNERS[4], issued="2023-01-01", uris=[pivot_url(10), OLD])
    assert judged(theirs, forged, at="2023-02-01") == "signer_not_in_official_journal"
    assert judged(theirs, forged, FIRST, at="2023-02-01") == "signer_not_in_official_journal"
    assert judged(LATER, forged, FIRST, SECOND, at="2023-02-01") == "accepted"


def test_a_pivot_of_another_number_is_not_taken_for_it() -> None:
    assert (
        judged(LATER, replace(FIRST, header=replace(FIRST.header, sequence=11)), SECOND, at="2023-02-01")
        == "signer_not_in_official_journal"
    )


def test_a_signer_that_a_pivot_retired_signs_no_more() -> None:
    retired = opened(26, SIGNERS[0], issued="2023-01-01", uris=[pivot_url(20), pivot_url(10), OLD])
    assert judged(retired, FIRST, SECOND, at="2023-02-01") == "signer_not_in_official_journal"


def test_a_pivot_published_later_is_not_known_yet() -> None:
    assert judged(LATER, FIRST, SECOND, at="2021-06-01") == "signer_not_in_official_journal"


def test_pivots_below_the_first_journal_belong_to_an_earlier_anchoring() -> None:
    anew = opened(40, SIGNERS[3], issued="2026-05-22", uris=[NEW, pivot_url(20), pivot_url(10), OLD])
    assert pivot_addresses(anew, ANCHORS) == ()
    assert judged(anew, at="2026-06-20") == "accepted"
    by_pivots = opened(40, SIGNERS[2], issued="2026-05-22", uris=[NEW, pivot_url(20), pivot_url(10), OLD])
    assert judged(by_pivots, FIRST, SECOND, at="2026-06-20") == "signer_not_in_official_journal"


def test_a_journal_counts_from_its_publication() -> None:
    early = opened(30, SIGNERS[3], issued="2025-01-01", uris=[OLD])
    assert judged(early, at="2025-02-01") == "signer_not_in_official_journal"
    assert judged(early, at="2026-04-15") == "accepted"


def test_a_replaced_journal_carries_what_was_issued_before_and_nothing_since() -> None:
    before = opened(30, SIGNERS[0], issued="2026-04-28", uris=[OLD])
    since = opened(31, SIGNERS[0], issued="2026-04-29", uris=[OLD])
    assert judged(before, at="2026-06-20") == "accepted"
    assert judged(since, at="2026-06-20") == "signer_not_in_official_journal"


def test_before_any_journal_there_is_nothing_to_start_from() -> None:
    found = verify_list_of_lists(opened(1, SIGNERS[0], issued="2017-05-16", uris=[OLD]), ANCHORS, {}, at=day("2017-06-01"))
    assert isinstance(found, Refused)
    assert found.reason == "signer_not_in_official_journal"
    assert "2017-06-01" in found.message


def test_a_journal_we_do_not_carry_starts_nothing() -> None:
    """A list that names a newer publication rests on what it shares with the one we carry, not on older pivots."""
    unknown = opened(50, SIGNERS[2], issued="2026-10-01", uris=["https://eur-lex.europa.eu/eli/C/2031/1/oj", pivot_url(20), NEW])
    assert pivot_addresses(unknown, ANCHORS) == ()
    assert judged(unknown, FIRST, SECOND, at="2026-11-01") == "signer_not_in_official_journal"
    shared = opened(51, SIGNERS[3], issued="2026-10-01", uris=["https://eur-lex.europa.eu/eli/C/2031/1/oj"])
    assert judged(shared, at="2026-11-01") == "accepted"


def test_a_journal_we_do_not_carry_is_noticed() -> None:
    assert journal_not_carried(["https://lists.example/a", NEW, OLD], ANCHORS) == ""
    assert journal_not_carried(["https://lists.example/a"], ANCHORS) == ""
    newer = "https://eur-lex.europa.eu/eli/C/2031/1/oj"
    assert journal_not_carried([newer, NEW], ANCHORS) == newer


def test_sandbox_anchors_are_of_the_sandbox() -> None:
    found = sandbox_anchors([SCHEME.lotl.der])
    assert found.environment == "sandbox"
    assert official_anchors().environment == "live"
    content = open_list(SCHEME.list_of_lists())
    assert isinstance(content, OpenedList)
    assert isinstance(verify_list_of_lists(content, found, {}, at=day("2026-07-01")), ReadList)
    assert isinstance(verify_list_of_lists(content, official_anchors(), {}, at=day("2026-07-01")), Refused)


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("https://ec.europa.eu/tools/lotl/eu-lotl-pivot-282.xml", 282),
        ("https://ec.europa.eu/information_society/policy/esignature/trusted-list/tl-pivot-172-mp.xml", 172),
        ("https://ec.europa.eu/tools/lotl/eu-lotl-legalnotice.html#en", None),
        ("https://ec.europa.eu/tools/lotl/pivot-lotl-explanation.html", None),
        ("pivot-99999999.xml", None),
    ],
)
def test_pivot_addresses_carry_a_number(address: str, number: int | None) -> None:
    assert pivot_number(address) == number


# -- real anchors and lists of lists ----------------------------------------------------------------------------------------


def test_the_anchors_shipped_are_the_facts(shared_data: Path) -> None:
    with (shared_data / "trust" / "lotl-anchors.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {(signer, journal.reference[:6]) for journal in official_anchors().journals for signer in journal.signers}
    assert len(rows) == sum(len(journal.signers) for journal in official_anchors().journals)
    assert found == {(row["sha256"], row["announced_in"][:6]) for row in rows}


def _real(shared_data: Path, folder: str = "lists") -> dict[str, OpenedList]:
    found = {path.name: open_list(path.read_bytes()) for path in sorted((shared_data / "trust" / folder).glob("EU_*.xml"))}
    return {name: one for name, one in found.items() if isinstance(one, OpenedList)}


@pytest.mark.parametrize(
    ("at", "accepted"),
    [
        ("2017-06-01", []),
        ("2019-08-15", []),
        ("2019-10-15", ["226", "248", "250"]),
        ("2021-12-01", ["226", "248", "250", "266", "282", "300"]),
        ("2025-08-15", ["226", "248", "250", "266", "282", "300"]),  # 341 and 369 need pivot 335, or the journal of 2026
        ("2026-04-20", ["226", "248", "250", "266", "282", "300", "341", "369"]),
        ("2026-06-20", ["226", "248", "250", "266", "282", "300", "341", "369", "388"]),
    ],
)
def test_real_lists_of_lists_are_anchored_by_what_was_published(shared_data: Path, at: str, accepted: list[str]) -> None:
    lists = _real(shared_data)
    assert lists
    at_hand = {one.header.sequence: [one] for one in lists.values()}
    found = {
        name: verify_list_of_lists(one, official_anchors(), at_hand, at=day(at))
        for name, one in lists.items()
        if one.header.issued_at <= day(at)
    }
    assert [name.split("_")[1] for name, one in found.items() if isinstance(one, ReadList)] == accepted


def test_no_negative_list_of_lists_is_accepted_at_any_instant(shared_data: Path) -> None:
    good, bad = _real(shared_data), _real(shared_data, "lists-negative")
    assert bad
    at_hand: dict[int, list[OpenedList]] = {}
    for one in (*bad.values(), *good.values()):
        at_hand.setdefault(one.header.sequence, []).append(one)
    for at in ("2018-01-01", "2019-10-15", "2024-01-01", "2026-06-20", "2026-11-24"):
        for name, one in bad.items():
            found = verify_list_of_lists(one, official_anchors(), at_hand, at=day(at))
            assert isinstance(found, Refused), (name, at)
            if "lotl-test" in name:
                assert found.reason == "signer_not_in_official_journal"
