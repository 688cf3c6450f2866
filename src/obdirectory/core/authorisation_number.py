"""An authorisation number and the keys under which it is compared: exact, normalised, without leading zeros."""

import re
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[ .\-/]")


def normalised(number: str) -> str:
    """Trimmed, upper case, without blanks, dots, hyphens and slashes."""
    return _SEPARATORS.sub("", number.upper()).strip()


def without_zeros(number: str) -> str | None:
    """The normalised number without leading zeros if it is all digits, else None: letters are never dropped."""
    digits = normalised(number)
    return digits.lstrip("0") or "0" if digits.isascii() and digits.isdigit() else None


@dataclass(frozen=True, slots=True)
class AuthorisationNumber:
    """What an authority assigned. Compared only inside one authority, in the order exact, normalised, numeric."""

    text: str

    @property
    def exact(self) -> str:
        return self.text

    @property
    def normalised(self) -> str:
        return normalised(self.text)

    @property
    def numeric(self) -> str | None:
        return without_zeros(self.text)

    def __str__(self) -> str:
        return self.text
