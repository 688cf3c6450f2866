"""The six firms of the make-believe world: each shows another outcome, and says which question shows it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SandboxFirm:
    """One invented firm: what its certificate says, what the register says, and the question that shows the difference."""

    file: str
    name: str
    country: str
    nca_id: str
    nca_name: str
    register_code: str
    number: str
    roles: tuple[str, ...]
    entity_type: str | None  # None: in no register
    authorised_on: tuple[date, ...]
    services: tuple[tuple[str, tuple[str, ...]], ...]  # (country, service codes)
    revoked: bool
    ask_service: str
    ask_country: str
    outcome: str
    what: str

    @property
    def organization_identifier(self) -> str:
        country, authority = self.nca_id.split("-")
        return f"PSD{country}-{authority}-{self.number}"


_BOTH = ("PS_070", "PS_080")

FIRMS: tuple[SandboxFirm, ...] = (
    SandboxFirm(
        "kiteshore", "Kiteshore Payments UAB", "LT", "LT-BL", "Bank of Lithuania", "LT_BL", "LB900001", ("PSP_PI", "PSP_AI"),
        "PSD_PI", (date(2019, 9, 16),), (("DE", _BOTH), ("FR", _BOTH), ("LT", _BOTH)), False, "pis", "DE", "permitted",
        "Authorised in Lithuania, passported to Germany for payments and accounts.",
    ),
    SandboxFirm(
        "ambergate", "Ambergate Finance UAB", "LT", "LT-BL", "Bank of Lithuania", "LT_BL", "LB900002", ("PSP_PI", "PSP_AI"),
        "PSD_PI", (date(2020, 3, 2),), (("DE", ("PS_080",)), ("LT", _BOTH)), False, "pis", "DE", "refused",
        "Its passport to Germany covers account information only.",
    ),
    SandboxFirm(
        "fernbrook", "Fernbrook Comptes SAS", "FR", "FR-ACPR", "Prudential Supervisory and Resolution Authority", "FR_ACPR", "90003",
        ("PSP_AI",),
        "PSD_PI", (date(2021, 5, 10),), (("FR", _BOTH), ("DE", _BOTH)), False, "pis", "FR", "refused",
        "The register allows payments, but its certificate carries the account-information role alone.",
    ),
    SandboxFirm(
        "oldharbour", "Old Harbour Betalingen B.V.", "NL", "NL-DNB", "The Netherlands Bank", "NL_DNB", "R900004", ("PSP_PI", "PSP_AI"),
        "PSD_PI", (date(2018, 2, 1), date(2025, 6, 30)), (("NL", _BOTH), ("DE", _BOTH)), False, "ais", "NL", "refused",
        "Its authorisation was withdrawn on 30 June 2025; its certificate has not noticed.",
    ),
    SandboxFirm(
        "quillmark", "Quillmark Pagos, S.A.", "ES", "ES-BE", "Bank of Spain", "ES_BE", "9005", ("PSP_PI", "PSP_AI"),
        "PSD_PI", (date(2020, 11, 3),), (("ES", _BOTH), ("DE", _BOTH)), True, "ais", "ES", "refused",
        "Authorised, but this certificate was revoked by its issuer.",
    ),
    SandboxFirm(
        "norrvik", "Norrvik Sparbank AB", "SE", "SE-FINA", "Swedish Financial Supervisory Authority", "SE_FINA", "90006",
        ("PSP_PI", "PSP_AI"),
        None, (), (), False, "ais", "SE", "undetermined",
        "In no payment register: it may be a bank, and no list of Swedish banks is loaded.",
    ),
)  # fmt: skip
