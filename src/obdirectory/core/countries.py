"""Countries as the field writes them: ISO codes, the EEA by date, territories, and the codes EL and UK of trusted lists."""

from datetime import UTC, datetime

from obdirectory.core.errors import InvalidInput

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)

_EU_AND_EFTA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"

EEA_MEMBERSHIP: dict[str, tuple[datetime, datetime]] = dict.fromkeys(_EU_AND_EFTA.split(), (_ALWAYS, _NEVER)) | {
    "HR": (datetime(2013, 7, 1, tzinfo=UTC), _NEVER),
    "GB": (_ALWAYS, datetime(2020, 12, 31, 23, tzinfo=UTC)),
}
"""Member state -> [from, to). Earlier accessions lie before anything this product is asked about."""

TERRITORIES: dict[str, str] = {"GF": "FR", "GP": "FR", "MQ": "FR", "RE": "FR", "YT": "FR", "MF": "FR", "AX": "FI"}
"""Parts of a member state with a code of their own. GG, JE, IM and GI are not EEA and stand for themselves."""

_TO_ISO = {"EL": "GR", "UK": "GB"}
_TO_LIST = {"GR": "EL", "GB": "UK"}

NAMES: dict[str, str] = {
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark",
    "EE": "Estonia", "ES": "Spain", "FI": "Finland", "FR": "France", "GR": "Greece", "HR": "Croatia", "HU": "Hungary",
    "IE": "Ireland", "IS": "Iceland", "IT": "Italy", "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg",
    "LV": "Latvia", "MT": "Malta", "NL": "Netherlands", "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania",
    "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia", "GB": "United Kingdom", "GG": "Guernsey", "JE": "Jersey",
    "IM": "Isle of Man", "GI": "Gibraltar", "CH": "Switzerland",
}  # fmt: skip
"""English names of the countries a question may name."""


def iso_country(code: str) -> str:
    """The ISO 3166-1 code of a code seen in a certificate, register or list (EL -> GR, UK -> GB); others unchanged, upper case."""
    code = code.strip().upper()
    return _TO_ISO.get(code, code)


def list_territory(country: str) -> str:
    """The scheme territory under which a country's trusted list is published (GR -> EL, GB -> UK)."""
    return _TO_LIST.get(country, country)


def member_state(country: str) -> str:
    """The state a territory belongs to for passports (RE -> FR); states stand for themselves."""
    return TERRITORIES.get(country, country)


def in_eea(country: str, at: datetime) -> bool:
    """Is this state a member of the EEA at that instant?"""
    start, end = EEA_MEMBERSHIP.get(country, (_NEVER, _NEVER))
    return start <= at < end


def parse_country(text: str) -> str:
    """Read the country of a question: where the account is held. Territories map to their state.

    Raises InvalidInput for anything but a known two-letter code.
    """
    code = member_state(iso_country(text))
    if code not in NAMES:
        raise InvalidInput(f"unknown country {text!r}: give the ISO 3166-1 code of the country where the account is held, such as DE")
    return code
