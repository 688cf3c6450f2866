"""Payment services a TPP asks for, the PSP roles a certificate spells, and the register codes that give each role."""

from enum import StrEnum

from obdirectory.core.errors import InvalidInput


class PaymentService(StrEnum):
    """What the caller wants to do with the account."""

    AIS = "ais"
    PIS = "pis"
    CBPII = "cbpii"
    VOP = "vop"
    ANY = "any"

    @classmethod
    def parse(cls, text: str) -> "PaymentService":
        """Read a payment service. Raises InvalidInput naming the ones there are."""
        try:
            return cls(text.strip().lower())
        except ValueError as error:
            raise InvalidInput(f"unknown payment service {text!r}: use one of {', '.join(cls)}") from error


ROLE_ARC = "0.4.0.19495.1."

ROLE_NAMES: dict[str, str] = {
    "0.4.0.19495.1.0": "Unspecified",
    "0.4.0.19495.1.1": "PSP_AS",
    "0.4.0.19495.1.2": "PSP_PI",
    "0.4.0.19495.1.3": "PSP_AI",
    "0.4.0.19495.1.4": "PSP_IC",
    "0.4.0.19495.1.5": "PSP_CB",
    "0.4.0.19495.1.6": "PSP_PA",
    "0.4.0.19495.1.51": "VOP_RS",
    "0.4.0.19495.1.52": "VOP_VS",
}
"""Object identifier -> role name, all nine of TS 119 495 v1.8.1 (5, 6, 51 and 52 are new there)."""

ROLE_NEEDED: dict[PaymentService, str | None] = {
    PaymentService.AIS: "PSP_AI",
    PaymentService.PIS: "PSP_PI",
    PaymentService.CBPII: "PSP_IC",
    PaymentService.VOP: None,
    PaymentService.ANY: None,
}
"""The role that opens a service; None where the question asks no role (rules 3 and 8)."""

ROLE_OF_SERVICE_CODE: dict[str, str] = {"PS_070": "PSP_PI", "PS_080": "PSP_AI", "PS_05A": "PSP_IC", "PS_050": "PSP_IC"}
"""Register service code -> role. An undivided national "5" is carried as PS_050: PSP_IC with a warning."""
