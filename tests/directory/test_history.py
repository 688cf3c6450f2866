"""What snapshots changed, told as what happened to a firm."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from obdirectory.directory.history import ChangeRow, PeriodRow, SeenRow, events_of, shown

SEEN_AT, LATER_AT = datetime(2026, 9, 1, 8, tzinfo=UTC), datetime(2026, 9, 5, 8, tzinfo=UTC)


def change(prop: str | None = None, old: Any = None, new: Any = None, *, op: str = "change", kind: str = "institution") -> ChangeRow:
    return ChangeRow(kind, op, "PSD_PI", "DE_BAFIN!1", prop, old, new, SEEN_AT, "eu_eba", "aa" * 32)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (change(op="add"), [("first_seen", "PSD_PI DE_BAFIN!1")]),
        (change(op="remove"), [("missing", "PSD_PI DE_BAFIN!1")]),
        (change(op="add", kind="branch"), [("branch_added", "PSD_PI DE_BAFIN!1")]),
        (change(op="remove", kind="branch"), [("missing", "PSD_PI DE_BAFIN!1")]),
        (change("ENT_NAM", ["Alpha"], ["Beta"]), [("renamed", "Alpha -> Beta")]),
        (change("ENT_ADD", None, ["Street 1", "Floor 2"]), [("changed", "nothing -> Floor 2, Street 1")]),
        (change("ENT_AUT", ["2019-01-01"], ["2019-01-01", "2026-01-01"]), []),
        (change("DER_CHI_ENT_AUT", ["Inactive"], ["Active"], kind="branch"), [("branch_added", "PSD_PI DE_BAFIN!1")]),
        (change("DER_CHI_ENT_AUT", ["Active"], ["Inactive"], kind="branch"), [("branch_removed", "PSD_PI DE_BAFIN!1")]),
        (change("Services.AT", None, "PS_080"), [("service_added", "PS_080")]),
        (change("Services.AT", ["PS_070", "PS_080"], None), [("service_removed", "PS_070, PS_080")]),
        (change("Services.AT", ["PS_070"], ["PS_080"]), [("service_removed", "PS_070"), ("service_added", "PS_080")]),
    ],
)
def test_a_change_is_told(row: ChangeRow, told: list[tuple[str, str]]) -> None:
    events = events_of([row], [])
    assert [(event.kind, event.detail) for event in events] == told
    assert {(event.true_on, event.known_at, event.evidence_sha256) for event in events} <= {(None, SEEN_AT, "aa" * 32)}


def period(begins: str, ends: str | None, known_at: datetime, entity_type: str = "PSD_AISP") -> PeriodRow:
    ends_on = date.fromisoformat(ends) if ends else None
    return PeriodRow("eu_eba", entity_type, "DE_BAFIN!1", date.fromisoformat(begins), ends_on, known_at)


def test_a_legal_day_is_told_once_with_the_first_time_it_was_known() -> None:
    first, then = period("2019-01-01", None, SEEN_AT), period("2019-01-01", "2026-09-04", LATER_AT)
    events = events_of([], [then, first, period("2020-01-01", None, SEEN_AT, "PSD_PI")])
    assert [(event.kind, event.true_on, event.known_at) for event in events] == [
        ("withdrawn", date(2026, 9, 4), LATER_AT),
        ("authorised", date(2020, 1, 1), SEEN_AT),
        ("registered", date(2019, 1, 1), SEEN_AT),
    ]


def test_what_the_first_snapshot_had_was_first_seen_then() -> None:
    firm = SeenRow("eu_eba", "PSD_PI", "DE_BAFIN!1", "institution", SEEN_AT)
    seen = [firm, SeenRow("eu_eba", "PSD_BR", "DE_BAFIN!1!ES", "branch", SEEN_AT)]
    assert [event.kind for event in events_of([], [], seen)] == ["first_seen", "branch_added"]
    assert [event.kind for event in events_of([change(op="add")], [], seen[:1])] == ["first_seen"], "told once"


def test_values_are_shown_as_words() -> None:
    assert [shown(value) for value in (None, [], "x", ["b", "a"])] == ["nothing", "nothing", "x", "a, b"]
