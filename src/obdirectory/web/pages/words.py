"""How instants, ages, kinds and codes are said to people."""

from datetime import UTC, date, datetime, timedelta

from obdirectory.core.countries import NAMES
from obdirectory.core.errors import InvalidInput
from obdirectory.core.instants import parse_instant
from obdirectory.core.nca import BY_ID, NcaId, of_register_code
from obdirectory.core.payment_services import PaymentService

SERVICE_NAMES: dict[str, str] = {
    PaymentService.AIS: "Accounts",
    PaymentService.PIS: "Payments",
    PaymentService.CBPII: "Funds",
    PaymentService.VOP: "Payee check",
    PaymentService.ANY: "Any",
}
"""A payment service as a word on a button."""

SERVICE_DEEDS: dict[str, str] = {
    PaymentService.AIS: "read account information",
    PaymentService.PIS: "initiate payments",
    PaymentService.CBPII: "ask whether funds are available",
    PaymentService.VOP: "have payees verified",
    PaymentService.ANY: "act as an authorised third party",
}
"""What the holder would do, after ``may``."""

ENTITY_TYPES: dict[str, str] = {
    "PSD_PI": "Payment institution",
    "PSD_EMI": "Electronic money institution",
    "PSD_AISP": "Account information service provider",
    "PSD_EPI": "Exempted payment institution",
    "PSD_EEMI": "Exempted electronic money institution",
    "PSD_ENL": "Provider under national law",
    "PSD_EXC": "Excluded provider",
    "PSD_BR": "Branch",
    "PSD_AG": "Agent",
    "CRD_CRE_INS": "Credit institution",
    "CRD_EEA_BRA": "Branch of an EEA bank",
    "CRD_NON_EEA_BRA": "Branch of a third-country bank",
}

CERTIFICATE_KINDS: dict[str, str] = {
    "qwac": "QWAC, website authentication",
    "qsealc": "QSealC, electronic seal",
    "obwac": "OBWAC, website authentication",
    "obseal": "OBSeal, electronic seal",
    "scheme": "Certificate of a scheme",
    "other": "Another kind of certificate",
}

ACTORS: dict[str, str] = {
    "tpp": "the third party",
    "qtsp": "the certificate's issuer",
    "authority": "the competent authority",
    "bank": "the bank",
    "operator": "the operator of this directory",
}

STATUS_WORDS: dict[str, tuple[str, str]] = {
    "AUTHORISED": ("permitted", "Authorised"),
    "REGISTERED": ("permitted", "Registered"),
    "RESTRICTED": ("warning", "Restricted"),
    "SUSPENDED": ("refused", "Suspended"),
    "ENDING": ("warning", "Ending"),
    "WITHDRAWN": ("refused", "Withdrawn"),
    "REPLACED": ("refused", "Replaced"),
    "NOT_PASSPORTED": ("neutral", "Not passported"),
    "MISSING": ("warning", "Missing from its register"),
    "CONFLICT": ("undetermined", "Sources disagree"),
    "AMBIGUOUS": ("undetermined", "Ambiguous"),
    "UNKNOWN": ("undetermined", "Unknown"),
    "NOT_YET": ("neutral", "Not yet"),
}
"""A register status -> its meaning and its word."""

OUTCOMES: dict[str, tuple[str, str]] = {
    "accepted": ("permitted", "Accepted"),
    "unchanged": ("permitted", "Unchanged"),
    "expired": ("warning", "Past its next update"),
    "held": ("warning", "Held"),
    "refused": ("refused", "Refused"),
    "failed": ("warning", "Failed"),
    "none": ("neutral", "Nothing yet"),
}
"""What became of a file -> its meaning and its word."""

SERVICE_CODES: dict[str, str] = {
    "PS_010": "cash placed on an account",
    "PS_020": "cash withdrawn from an account",
    "PS_030": "payment transactions",
    "PS_03A": "direct debits",
    "PS_03B": "card payments",
    "PS_03C": "credit transfers",
    "PS_040": "payment transactions covered by credit",
    "PS_04A": "direct debits on credit",
    "PS_04B": "card payments on credit",
    "PS_04C": "credit transfers on credit",
    "PS_050": "issuing and acquiring",
    "PS_05A": "issuing of payment instruments",
    "PS_05B": "acquiring",
    "PS_060": "money remittance",
    "PS_070": "payment initiation",
    "PS_080": "account information",
    "PS_090": "electronic money",
}
"""Service codes of the EBA register in words."""


def day(instant: datetime | date) -> str:
    """24 Nov 2026."""
    on = instant.astimezone(UTC).date() if isinstance(instant, datetime) else instant
    return f"{on.day} {on:%b} {on.year}"


def moment(instant: datetime) -> str:
    """24 Nov 2026, 09:41 UTC."""
    at = instant.astimezone(UTC)
    return f"{day(at)}, {at:%H:%M} UTC"


def exact_moment(instant: datetime) -> str:
    """24 Nov 2026, 09:41:07.318 UTC."""
    at = instant.astimezone(UTC)
    return f"{day(at)}, {at:%H:%M:%S}.{at.microsecond // 1000:03d} UTC"


def when(text: str) -> str:
    """An instant of a verdict (RFC 3339 text) as a moment; text that is none stands for itself."""
    try:
        return moment(parse_instant(text))
    except InvalidInput:
        return text


def when_day(text: str) -> str:
    """An instant of a verdict as its day."""
    try:
        return day(parse_instant(text))
    except InvalidInput:
        return text


def span(length: timedelta | float) -> str:
    """A length of time in its two largest units: 3 h 52 min, 9 d, 12 s; days stand alone from ten on."""
    seconds = round(length.total_seconds() if isinstance(length, timedelta) else length)
    seconds = abs(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if minutes % 60 and hours < 10 else f"{hours} h"
    return f"{days} d"


def country(code: str) -> str:
    """The name of a country; a code we do not know stands for itself."""
    return NAMES.get(code, code)


def country_in_text(code: str) -> str:
    """The name of a country inside a sentence: in the Netherlands."""
    name = country(code)
    return f"the {name}" if code in {"NL", "GB", "IM"} else name


def authority(code: str) -> str:
    """The name of an authority by its id (``LT-BL``) or register code (``LT_BL``); one we do not know stands for itself."""
    nca_id = of_register_code(code)
    if nca_id is None and code.count("-") == 1:
        nca_id = NcaId(*code.split("-"))
    return BY_ID[nca_id].name if nca_id in BY_ID else code


def entity_type(code: str) -> str:
    """A register's type of firm in words."""
    return ENTITY_TYPES.get(code, code)


def spoken(word: str) -> str:
    """A code as words: ``right_not_in_register`` -> right not in register."""
    return word.replace("_", " ")


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 firm, 2,410 firms."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
