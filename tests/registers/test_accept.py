"""When a register file is believed: each guard alone, and their order."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from obdirectory.registers.accept import Comparison, judge
from obdirectory.registers.row import Row
from obdirectory.registers.source import Guards, load_source
from obdirectory.registers.statistics import Census, Statistics, census

GUARDS = load_source("eu_eba").guards
PLAIN = ("ENT_NAM", "ENT_AUT")


def row(
    n: int = 1, *, authority: str = "IE_CBI", entity_type: str = "PSD_PI", live: bool | None = True, filled: tuple[str, ...] = PLAIN
) -> Row:
    kind = "agent" if entity_type == "PSD_AG" else "institution"
    return Row(b"", kind, entity_type, f"{authority}!{n}", authority, None, None, None, None, live, filled, "", ())


def rows(count: int, change: Callable[[int], dict[str, object]] = lambda n: {}) -> Statistics:
    return census(row(n, **change(n)) for n in range(count))  # pyright: ignore[reportArgumentType]


def reason(comparison: Comparison, guards: Guards = GUARDS) -> str:
    found = judge(comparison, guards).refusal
    return found.reason if found else ""


def after(count: int, last: Statistics, **more: object) -> Comparison:
    return Comparison(rows(count), last, False, **more)  # pyright: ignore[reportArgumentType]


def test_the_first_file_is_judged_by_its_form_alone() -> None:
    assert reason(Comparison(rows(5), None, from_source=False)) == ""
    assert reason(Comparison(census([]), None, from_source=False)) == "no_records"
    assert reason(Comparison(rows(5), None, from_source=False, repeated_keys=[("PSD_PI", "x")])) == "key_repeated"


def test_a_key_comes_once_whatever_else_is_wrong() -> None:
    assert reason(after(5, rows(500), repeated_keys=[("PSD_PI", "x")], removed={("IE_CBI", "PSD_PI"): 495})) == "key_repeated"


def test_bands_are_asked_only_of_the_sources_own_address() -> None:
    small = Comparison(rows(5), None, from_source=True)
    assert reason(small) == "too_few_rows"
    many = Comparison(rows(2_001), None, from_source=True)
    guards = Guards(bands={"PSD_PI": (1, 2_000)})
    assert judge(many, guards).refusal is None
    assert judge(many, guards).warnings == ("more_rows_than_expected PSD_PI: 2001 rows",)


def test_rows_do_not_vanish_in_numbers() -> None:
    group = ("IE_CBI", "PSD_PI")
    assert reason(after(990, rows(1_000), removed={group: 10})) == ""  # the floor
    assert reason(after(980, rows(1_000), removed={group: 20})) == ""  # two per cent
    assert reason(after(979, rows(1_000), removed={group: 21})) == "rows_missing"
    assert reason(after(1_000, rows(1_000), removed={group: 21})) == "rows_missing"  # replaced is removed too


def test_rows_that_vanish_here_and_there_are_added_up() -> None:
    last = census(row(n, authority=f"A{n % 10}") for n in range(500))
    removed = {(f"A{n}", "PSD_PI"): 5 for n in range(10)}
    assert reason(Comparison(last, last, False, removed=removed)) == "rows_missing"


def test_an_authority_does_not_vanish() -> None:
    two = census([row(1), row(2), *(row(n, authority="FR_ACPR") for n in range(900))])
    now = census(row(n, authority="FR_ACPR") for n in range(900))
    assert reason(Comparison(now, two, False, removed={("IE_CBI", "PSD_PI"): 2})) == "authority_missing"
    one = census([row(1), *(row(n, authority="FR_ACPR") for n in range(900))])
    assert reason(Comparison(now, one, False, removed={("IE_CBI", "PSD_PI"): 1})) == ""


def test_a_name_is_form() -> None:
    nameless = rows(10, lambda n: {"filled": ("ENT_AUT", "ENTITY_NAME")})
    assert reason(Comparison(nameless, None, from_source=False)) == "property_missing"
    a_few = rows(100, lambda n: {"filled": ("ENT_AUT",)} if n < 3 else {})
    assert reason(Comparison(a_few, None, from_source=False)) == ""


def test_branches_need_no_name() -> None:
    """The register's own branches often have none."""
    branches = census(row(n, entity_type="PSD_BR", filled=("ENT_COD_PAR_ENT", "DER_CHI_ENT_AUT")) for n in range(9))
    assert reason(Comparison(branches, None, from_source=False)) == ""


def test_a_property_the_last_file_had_is_still_there() -> None:
    last = rows(400, lambda n: {"filled": (*PLAIN, "ENT_NAT_REF_COD")})
    assert reason(Comparison(rows(400), last, False)) == "property_missing"
    most = rows(400, lambda n: {"filled": PLAIN if n < 20 else (*PLAIN, "ENT_NAT_REF_COD")})
    assert reason(Comparison(most, last, False)) == ""


def test_authorisations_are_not_withdrawn_in_numbers() -> None:
    group = ("IE_CBI", "PSD_PI")
    assert reason(after(100, rows(100), flipped={group: 10})) == ""
    assert reason(after(100, rows(100), flipped={group: 11})) == "statuses_flipped"


def test_a_small_register_is_not_withdrawn_whole() -> None:
    """Below the floor half of it, or all that is live, is still too much at once."""
    assert reason(after(5, rows(5), flipped={("IE_CBI", "PSD_PI"): 3})) == "statuses_flipped"
    assert reason(after(5, rows(5), flipped={("IE_CBI", "PSD_PI"): 2})) == ""
    none_live = rows(9, lambda n: {"live": False})
    a_third = rows(9, lambda n: {"live": n < 3})
    assert reason(Comparison(none_live, a_third, False, flipped={("IE_CBI", "PSD_PI"): 3})) == "statuses_flipped"


def test_agents_come_and_go() -> None:
    agents = census(row(n, entity_type="PSD_AG") for n in range(100))
    found = judge(Comparison(agents, agents, False, flipped={("IE_CBI", "PSD_AG"): 40}), Guards())
    assert found.refusal is None
    assert found.warnings == ("agents_flipped IE_CBI PSD_AG: 40 of 100 rows",)


def test_unknown_codes_only_warn() -> None:
    alarmed = Statistics(rows={"IE_CBI": {"PSD_PI": 1}}, alarms={"unknown_property": {"ENT_COLOUR": 7}, "nul_character": {"": 1}})
    found = judge(Comparison(alarmed, None, from_source=False), Guards())
    assert found.refusal is None
    assert found.warnings == ("unknown_property ENT_COLOUR: 7 rows", "nul_character: 1 rows")


SHAPES = st.builds(
    row,
    st.integers(0, 9),
    authority=st.sampled_from(["IE_CBI", "FR_ACPR"]),
    entity_type=st.sampled_from(["PSD_PI", "PSD_AG"]),
    live=st.sampled_from([True, False, None]),
    filled=st.sampled_from([PLAIN, ("ENT_NAM",)]),
)


@given(st.lists(SHAPES), st.lists(SHAPES), st.lists(SHAPES))
def test_counts_carried_on_are_counts_taken_anew(kept: list[Row], gone: list[Row], new: list[Row]) -> None:
    counting = Census(census([*kept, *gone]))
    for one in gone:
        counting.take_away(one)
    for one in new:
        counting.add(one)
    assert counting.statistics() == census([*kept, *new])
