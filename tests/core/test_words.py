"""The words of the field survive printing, and only mean what the field means by them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obdirectory.core.authorisation_number import AuthorisationNumber, normalised, without_zeros
from obdirectory.core.countries import in_eea, iso_country, list_territory, member_state, parse_country
from obdirectory.core.errors import InvalidInput
from obdirectory.core.identifiers import entity_id, new_event_id
from obdirectory.core.instants import parse_instant, print_instant
from obdirectory.core.nca import AUTHORITIES, NcaId, canonical, of_register_code
from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.core.payment_services import PaymentService
from obdirectory.core.visible import visible

CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COUNTRIES = st.text(CAPITALS, min_size=2, max_size=2)
NCA_IDS = st.builds(NcaId, COUNTRIES, st.text(CAPITALS, min_size=2, max_size=8))
INSTANTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(NCA_IDS)
def test_nca_id_survives_printing(nca_id: NcaId) -> None:
    assert NcaId.parse(str(nca_id)) == nca_id


@pytest.mark.parametrize("text", ["", "DE", "DE-", "de-BAFIN", "DE-BAFIN ", "DE_BAFIN", "DE-B", "DE-BAFINBAFIN", "DE-BA1", "DE-BAFIN\n"])
def test_an_nca_id_is_refused_and_not_repaired(text: str) -> None:
    with pytest.raises(InvalidInput):
        NcaId.parse(text)


@pytest.mark.parametrize(
    ("country", "written", "meant"),
    [("HR", "CNB", "HR-HNB"), ("LV", "FCMC", "LV-BL"), ("ES", "BDE", "ES-BE"), ("PL", "KNF", "PL-PFSA"), ("FI", "FSA", "FI-FINFSA"),
     ("EL", "BOG", "GR-BOG"), ("IS", "FME", "IS-CBI"), ("IS", "CBI", "IS-CBI"), ("IE", "CBI", "IE-CBI")],
)  # fmt: skip
def test_aliases_mean_one_authority_of_the_same_country(country: str, written: str, meant: str) -> None:
    assert str(canonical(country, written)) == meant


@pytest.mark.parametrize(("country", "written"), [("DE", "KNF"), ("AT", "BDE"), ("DE", "XX"), ("XX", "BAFIN")])
def test_an_alias_never_reaches_another_country(country: str, written: str) -> None:
    assert canonical(country, written) is None


def test_every_authority_is_found_by_its_register_codes() -> None:
    assert len(AUTHORITIES) == 31
    for authority in AUTHORITIES:
        assert {of_register_code(code) for code in authority.register_codes} == {authority.nca_id}
    assert of_register_code("ZZ_NEW") is None


@pytest.mark.parametrize(
    ("text", "scheme", "country", "authority", "number"),
    [
        ("PSDDE-BAFIN-125314", "PSD", "DE", "BAFIN", "125314"),
        ("PSDMT-MFSA-A 12345", "PSD", "MT", "MFSA", "A 12345"),
        ("PSDEL-BOG-7", "PSD", "GR", "BOG", "7"),
        ("VATFR-12345678901", "VAT", "FR", "", "12345678901"),
        ("NTRDE+BW-HRB1234", "NTR", "DE", "", "HRB1234"),
        ("LEIXG-529900T8BM49AURSDO55", "LEI", "XG", "", "529900T8BM49AURSDO55"),
        ("EI:SE-5567971433", "national", "EI", "SE", "5567971433"),
    ],
)
def test_every_form_of_an_organization_identifier_is_read(text: str, scheme: str, country: str, authority: str, number: str) -> None:
    found = OrganizationIdentifier.parse(text)
    assert (found.scheme, found.country, found.authority, found.number, str(found)) == (scheme, country, authority, number, text)


@pytest.mark.parametrize("text", ["", "PSDde-BAFIN-1", "PSDDE-BAFIN-", "PDSDE-BAFIN-1", "PSDDE-B-1", "12345", "PSD-DE-1"])
def test_what_has_no_form_is_kept_as_text(text: str) -> None:
    found = OrganizationIdentifier.parse(text)
    assert (found.scheme, found.text, found.number) == ("unreadable", text, "")


@given(st.text())
def test_reading_an_organization_identifier_never_raises(text: str) -> None:
    assert str(OrganizationIdentifier.parse(text)) == text


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    ("text", "key", "digits"),
    [("LB000417 ", "LB000417", None), ("C 102960", "C102960", None), ("0111027-9", "01110279", "1110279"), ("006842", "006842", "6842"),
     ("1234.567.890", "1234567890", "1234567890"), ("0", "0", "0"), ("٣", "٣", None), ("0713629988", "0713629988", "713629988")],
)  # fmt: skip
def test_numbers_are_compared_by_three_keys(text: str, key: str, digits: str | None) -> None:
    number = AuthorisationNumber(text)
    assert (number.exact, number.normalised, number.numeric, without_zeros(text)) == (text, key, digits, digits)


def test_membership_of_the_eea_is_dated() -> None:
    assert in_eea("GB", datetime(2020, 12, 31, 22, 59, 59, tzinfo=UTC))
    assert not in_eea("GB", datetime(2020, 12, 31, 23, tzinfo=UTC))
    assert not in_eea("HR", datetime(2013, 6, 30, tzinfo=UTC))
    assert in_eea("HR", datetime(2013, 7, 1, tzinfo=UTC))
    assert not in_eea("CH", datetime(2026, 1, 1, tzinfo=UTC))


def test_codes_of_lists_and_territories() -> None:
    assert (iso_country("el"), iso_country("UK"), list_territory("GR"), list_territory("GB")) == ("GR", "GB", "EL", "UK")
    assert (member_state("RE"), member_state("AX"), member_state("GG")) == ("FR", "FI", "GG")
    assert (parse_country(" yt "), parse_country("uk")) == ("FR", "GB")


@pytest.mark.parametrize("text", ["", "D", "DEU", "ZZ", "Germany", "D\x00"])
def test_an_unknown_country_is_an_input_error(text: str) -> None:
    with pytest.raises(InvalidInput, match="unknown country"):
        parse_country(text)


def test_payment_services_are_read_and_others_named() -> None:
    assert PaymentService.parse(" PIS ") is PaymentService.PIS
    with pytest.raises(InvalidInput, match="ais, pis, cbpii, vop, any"):
        PaymentService.parse("payments")


@given(INSTANTS)
def test_an_instant_survives_printing_to_the_millisecond(instant: datetime) -> None:
    assert abs(parse_instant(print_instant(instant)) - instant) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "instant"),
    [("2026-06-20", datetime(2026, 6, 20, tzinfo=UTC)), ("2026-06-20T02:00:00+02:00", datetime(2026, 6, 20, tzinfo=UTC)),
     ("2026-06-20T00:00:00Z", datetime(2026, 6, 20, tzinfo=UTC)), ("2026-06-20T00:00:00", datetime(2026, 6, 20, tzinfo=UTC))],
)  # fmt: skip
def test_instants_are_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00", "1e9"])
def test_what_is_no_instant_is_an_input_error(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_instant(text)


def test_hidden_characters_become_visible() -> None:
    assert visible("Pay\u202eyap\x00 Ltd") == "Pay<U+202E>yap<U+0000> Ltd"
    assert visible("Zażółć Bänk 銀行") == "Zażółć Bänk 銀行"
    assert visible("x" * 600, most=10) == "x" * 10 + "…"


@given(st.text())
def test_nothing_that_steers_a_terminal_is_shown(text: str) -> None:
    assert not {"\x1b", "\n", "\u202e", "\u2066", "\u200b"} & set(visible(text))


def test_event_ids_are_uuid7_in_order_of_time() -> None:
    early, late = new_event_id(1_700_000_000_000), new_event_id(1_700_000_000_001)
    assert early < late
    assert (uuid.UUID(early).version, uuid.UUID(early).variant, uuid.UUID(early).int >> 80) == (7, uuid.RFC_4122, 1_700_000_000_000)
    assert len({new_event_id(1) for _ in range(1_000)}) == 1_000


def test_an_entity_id_follows_from_its_key() -> None:
    assert entity_id("eu_eba", "PSD_PI", "NL_DNB!F0038") == entity_id("eu_eba", "PSD_PI", "NL_DNB!F0038")
    assert entity_id("eu_eba", "PSD_PI", "NL_DNB!F0038") != entity_id("eu_eba", "PSD_EMI", "NL_DNB!F0038")
