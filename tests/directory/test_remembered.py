"""The memory of rights changes no answer: whatever was asked before, it says what is worked out anew."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from tests.directory.firms import NOW, SEEN_AT, entry, firm

from obdirectory.core.instants import start_of
from obdirectory.core.nca import NcaId
from obdirectory.directory.index import Authorisation, Branch, Measure, Right
from obdirectory.directory.passport import country_rights
from obdirectory.directory.remembered import MOST_REMEMBERED, rights_at

NCA_IDS = [NcaId("DE", "BAFIN"), NcaId("GB", "FCA")]
DAYS = [date(2019, 1, 1), date(2020, 6, 1), date(2026, 11, 24), date(2026, 11, 25), date(2027, 1, 1)]
TURNS = [SEEN_AT, NOW, NOW + timedelta(hours=5), datetime(2020, 12, 31, 23, tzinfo=UTC), *map(start_of, DAYS)]
COUNTRIES = st.sampled_from(["DE", "FR", "GB", "RE"])
MAYBE = st.none() | st.sampled_from(TURNS)
RIGHTS = st.builds(Right, COUNTRIES, st.sampled_from(["PS_070", "PS_080", "PS_050", "PS_03C"]), st.sampled_from(TURNS), MAYBE)
LISTED = st.lists(RIGHTS, min_size=1, max_size=4).map(tuple)
BRANCHES = st.builds(
    Branch, st.just("eu_eba"), st.just("branch"), COUNTRIES, st.sampled_from([True, False, None]), LISTED, st.just("00" * 32)
)
MEASURES = st.builds(
    Measure,
    st.sampled_from(["suspended", "restricted", "ending", "replaced", "warning"]),
    st.sampled_from([frozenset[str](), frozenset({"PS_070"})]),
    st.sampled_from([frozenset[str](), frozenset({"FR"})]),
    st.sampled_from(DAYS),
    st.none() | st.sampled_from(DAYS),
    st.just("curated"),
    st.just("00" * 32),
)


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """At a turn, just before it or just after it."""
    return draw(st.sampled_from(TURNS)) + timedelta(microseconds=draw(st.sampled_from([-1, 0, 1])))


@st.composite
def entries(draw: st.DrawFn) -> Authorisation:
    """A register entry with something to happen at every turn."""
    return entry(
        draw(st.sampled_from(["DE_BAFIN!10125314", "DE_BAFIN!10999999", "GB_FCA!900016"])),
        kind=draw(st.sampled_from(["PSD_PI", "PSD_AISP", "PSD_EPI", "CRD_CRE_INS", "PSD_NEW"])),
        source=draw(st.sampled_from(["eu_eba", "curated"])),
        authorised=" ".join(map(str, sorted(draw(st.sets(st.sampled_from(DAYS), max_size=3))))),
        missing_since_at=draw(MAYBE),
        first_seen_at=draw(MAYBE),
        branches=draw(st.lists(BRANCHES, max_size=1).map(tuple)),
        measures=draw(st.lists(MEASURES, max_size=2).map(tuple)),
        more=draw(LISTED),
    )


ASKED = st.tuples(instants(), instants(), COUNTRIES, st.sampled_from(NCA_IDS), st.sampled_from([None, "10125314"]))


@given(st.lists(entries(), min_size=1, max_size=3), st.lists(ASKED, min_size=2, max_size=8))
def test_what_is_remembered_is_what_would_be_worked_out(
    given_entries: Sequence[Authorisation], asked: Sequence[tuple[datetime, datetime, str, NcaId, str | None]]
) -> None:
    meant = firm(*given_entries)
    for at, known_at, country, nca_id, number in asked:
        anew = country_rights(meant, nca_id, country, at=at, known_at=known_at, number=number)
        assert rights_at(meant, nca_id, country, at=at, known_at=known_at, number=number) == anew


def test_the_same_rights_are_given_until_something_changes() -> None:
    ending = firm(entry(services={"DE": "070"}, authorised="2019-01-01 2026-11-25"))
    first, later, ended = (
        rights_at(ending, NCA_IDS[0], "DE", at=at, known_at=NOW) for at in (NOW, NOW + timedelta(hours=11), NOW + timedelta(hours=12))
    )
    assert first is later
    assert (first.status, ended.status) == ("ENDING", "WITHDRAWN")


def test_a_changed_firm_is_another_one() -> None:
    before, after = firm(entry(services={"DE": "070"})), firm(entry(services={"DE": "080"}))
    assert [rights_at(one, NCA_IDS[0], "DE", at=NOW, known_at=NOW).roles for one in (before, after)] == [{"PSP_PI"}, {"PSP_AI"}]


def test_an_instant_with_an_offset_is_worked_out_every_time() -> None:
    """Whose day it is depends on the offset."""
    ending = firm(entry(services={"DE": "070"}, authorised="2019-01-01 2026-11-25"))
    tokyo = datetime(2026, 11, 25, 1, tzinfo=timezone(timedelta(hours=9)))
    assert rights_at(ending, NCA_IDS[0], "DE", at=tokyo, known_at=NOW).status == "WITHDRAWN"
    assert rights_at(ending, NCA_IDS[0], "DE", at=tokyo.astimezone(UTC), known_at=NOW).status == "ENDING"


def test_a_full_memory_begins_anew() -> None:
    """Its size is bounded whatever is asked."""
    meant = firm(entry(services={"DE": "070"}))
    for number in range(MOST_REMEMBERED + 1):
        assert rights_at(meant, NCA_IDS[0], "DE", at=NOW, known_at=NOW, number=str(number)).status == "AUTHORISED"
