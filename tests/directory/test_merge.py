"""Which register rows are one firm: the same whatever their order, and never by name or by a number two firms carry."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obdirectory.core.identifiers import entity_id
from obdirectory.directory.merge import Group, Member, code_tail, merge, shown_name


def member(
    code: str, number: str = "", *, kind: str = "PSD_PI", source: str = "eu_eba", lei: str | None = None, parent: str | None = None
) -> Member:
    owner = next(part for part in code.split("!") if not part.startswith("PSD_"))
    return Member(source, kind, code, owner, number or code_tail(code, owner), lei, "PSD_PI" if parent else None, parent)


def firms(*members: Member) -> list[set[tuple[str, str]]]:
    return [{(kind, code) for _, kind, code in group.keys} for group in merge(members, ()).groups]


def only(*members: Member) -> Group:
    [group] = merge(members, ()).groups
    return group


def test_one_code_for_two_types_is_one_firm() -> None:
    assert len(firms(member("NL_DNB!F0038", "F0038"), member("NL_DNB!F0038", "F0038", kind="PSD_EMI"))) == 1
    assert len(firms(member("PSD_PI!PT_BP!8709"), member("PSD_EMI!PT_BP!8709", kind="PSD_EMI"))) == 1


def test_one_number_for_two_types_is_one_firm() -> None:
    assert len(firms(member("LT_BL!A", "LB000417 "), member("LT_BL!B", "LB000417", kind="PSD_EMI"))) == 1


def test_one_number_under_two_authorities_is_two_firms() -> None:
    assert len(firms(member("IS_CBI!A", "5"), member("IE_CBI!B", "5"))) == 2


def test_a_number_that_two_rows_of_one_type_carry_joins_nobody() -> None:
    """Nobody may choose between them: a person decides."""
    merged = merge([member("ES_BE!A", "5"), member("ES_BE!B", "5"), member("ES_BE!C", "5", kind="PSD_EMI")], ())
    assert len(merged.groups) == 3
    assert len(merged.shared["ES_BE", "5"]) == 3


@pytest.mark.parametrize("nothing", ["N/A", "-", "0", "none", " "])
def test_no_number_joins_nobody(nothing: str) -> None:
    assert len(firms(member("ES_BE!A", nothing), member("ES_BE!B", nothing, kind="PSD_EMI"))) == 2


def test_a_number_that_is_one_firms_key_and_anothers_number_is_shared() -> None:
    merged = merge([member("FR_ACPR!10001", "900000002"), member("FR_ACPR!10002", "10001")], ())
    assert len(merged.groups) == 2
    assert set(merged.shared) == {("FR_ACPR", "10001")}


def test_branches_belong_to_their_parents_firm() -> None:
    group = only(member("BE_NBB!07"), member("BE_NBB!07!ES", kind="PSD_BR", parent="BE_NBB!07"))
    assert group.keys[-1] == ("eu_eba", "PSD_BR", "BE_NBB!07!ES")
    assert group.founder == ("eu_eba", "PSD_PI", "BE_NBB!07")
    same_code = only(member("PSD_PI!PT_BP!8709"), member("PSD_PI!PT_BP!8709", kind="PSD_BR", parent="PSD_PI!PT_BP!8709"))
    assert len(same_code.keys) == 2


def test_a_branch_without_a_parent_is_nobodys() -> None:
    merged = merge([member("BE_NBB!07!ES", kind="PSD_BR", parent="BE_NBB!07")], ())
    assert merged.groups == ()
    assert merged.orphans == (("eu_eba", "PSD_BR", "BE_NBB!07!ES"),)


def test_a_banks_branch_names_it_by_lei() -> None:
    bank = member("SE_FINA!X", "41000", kind="CRD_CRE_INS", source="eu_eba_credit", lei="LEI1")
    branch = replace(member("DE_BAFIN!Y", kind="CRD_EEA_BRA", source="eu_eba_credit"), parent_code="LEI1")
    assert len(only(bank, branch).keys) == 2


def test_a_third_country_branch_is_authorised_itself() -> None:
    assert len(firms(member("DE_BAFIN!Y", kind="CRD_NON_EEA_BRA", source="eu_eba_credit"))) == 1


def test_a_bank_and_a_payment_institution_are_not_joined_by_number() -> None:
    """Bank codes and payment institutions' numbers are counted apart."""
    assert len(firms(member("HU_CBH!100"), member("HU_CBH!X", "100", kind="CRD_CRE_INS", source="eu_eba_credit"))) == 2


def test_an_lei_joins_registers() -> None:
    assert len(firms(member("HU_CBH!100", lei="L"), member("HU_CBH!X", kind="CRD_CRE_INS", source="eu_eba_credit", lei="l"))) == 1


def test_an_operators_entry_is_about_the_firm_with_its_number() -> None:
    eba = member("FR_ACPR!10001", "900000002")
    by_tail = Member("curated", "CURATED", "FR-ACPR!10001", "FR_ACPR", "10001")
    assert len(firms(eba, by_tail)) == 1
    other = member("FR_ACPR!10005", "10001")
    assert len(firms(eba, other, by_tail)) == 3  # it could be about either


def test_an_id_once_given_stays() -> None:
    """Found by the smallest key; a smaller key that joins later does not rename the firm."""
    first, smaller = member("ES_BE!B", "5"), member("ES_BE!A", "5", kind="PSD_EMI")
    founded = only(first).entity_id
    assert founded == entity_id("eu_eba", "PSD_PI", "ES_BE!B")
    assert merge([first, smaller], {founded}).groups[0].entity_id == founded


def test_two_firms_that_are_one_go_on_as_the_smaller_id() -> None:
    one, other = member("ES_BE!A"), member("ES_BE!B", kind="PSD_EMI")
    ids = sorted(group.entity_id for group in merge([one, other], ()).groups)
    joined = merge([replace(one, number="5"), replace(other, number="5")], ids).groups[0]
    assert (joined.entity_id, joined.aliases) == (ids[0], (ids[1],))
    apart = merge([one, other], ids)
    assert sorted(group.entity_id for group in apart.groups) == ids
    assert all(group.aliases == () for group in apart.groups)


MEMBERS = st.builds(
    member,
    st.sampled_from([f"ES_BE!{code}" for code in "ABCD"]),
    st.sampled_from(["1", "2", "01", "N/A"]),
    kind=st.sampled_from(["PSD_PI", "PSD_EMI"]),
    lei=st.sampled_from([None, "L1", "L2"]),
    source=st.sampled_from(["eu_eba", "eu_eba_credit", "curated"]),
)


@given(st.lists(MEMBERS, max_size=8, unique_by=lambda one: one.key).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_rows_does_not_matter(rows: tuple[list[Member], list[Member]]) -> None:
    one, other = rows
    assert merge(one, ()) == merge(other, ())


@given(st.lists(MEMBERS, max_size=8, unique_by=lambda one: one.key))
def test_every_row_is_of_one_firm(rows: list[Member]) -> None:
    keys = [key for group in merge(rows, ()).groups for key in group.keys]
    assert sorted(keys) == sorted(row.key for row in rows)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("фирма 1", "Firma 1"), "Firma 1"),
        (("Firma", "фирма"), "Firma"),
        (("Old", "New"), "New"),
        (("фирма",), "фирма"),
        (("Sté Générale Ö",), "Sté Générale Ö"),
        ((" ", "24"), "24"),
        ((), ""),
    ],
)
def test_the_name_shown_is_the_last_latin_one(names: tuple[str, ...], shown: str) -> None:
    assert shown_name(names) == shown
