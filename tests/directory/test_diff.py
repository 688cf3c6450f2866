"""A row's changes are exactly what makes the new row of the old one."""

from hypothesis import given
from hypothesis import strategies as st

from obdirectory.directory.diff import PropertyChange, apply, diff

ROWS = st.dictionaries(st.sampled_from(["ENT_NAM", "ENT_AUT", "Services.DE"]), st.lists(st.text(max_size=3), max_size=3).map(tuple))


@given(ROWS, ROWS)
def test_changes_applied_give_the_new_row(a: dict[str, tuple[str, ...]], b: dict[str, tuple[str, ...]]) -> None:
    assert apply(diff(a, b), a) == b


@given(ROWS)
def test_nothing_changed_is_no_change(a: dict[str, tuple[str, ...]]) -> None:
    assert diff(a, a) == ()


def test_each_country_is_a_property() -> None:
    before = {"Services.DE": ("PS_080",), "ENT_NAM": ("x",)}
    after = {"Services.DE": ("PS_080",), "Services.FR": ("PS_080",)}
    assert diff(before, after) == (PropertyChange("ENT_NAM", ("x",), None), PropertyChange("Services.FR", None, ("PS_080",)))
