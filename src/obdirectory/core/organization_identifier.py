"""The organizationIdentifier of a certificate subject, in all its forms."""

import re
from typing import Literal, Self, TypeAlias

import msgspec

from obdirectory.core.countries import iso_country

Scheme: TypeAlias = Literal["PSD", "VAT", "NTR", "LEI", "national", "unreadable"]

_PSD = re.compile(r"PSD(?P<country>[A-Z]{2})-(?P<authority>[A-Z]{2,8})-(?P<number>.+)", re.DOTALL)
_GENERIC = re.compile(r"(?P<scheme>VAT|NTR|LEI)(?P<country>[A-Z]{2})(?:\+(?P<state>[A-Z0-9]{1,3}))?-(?P<number>.+)", re.DOTALL)
_NATIONAL = re.compile(r"(?P<country>[A-Z]{2}):(?P<scheme>[A-Z]{2})-(?P<number>.+)", re.DOTALL)


class OrganizationIdentifier(msgspec.Struct, frozen=True, gc=False):
    """Who the subject is, as the certificate spells it.

    Clause: ETSI EN 319 412-1 (generic and national forms), ETSI TS 119 495 clause 5.2.1 (PSD form).
    """

    text: str
    scheme: Scheme
    country: str = ""  # ISO 3166-1 alpha-2; XG for LEI; empty if unreadable
    authority: str = ""  # PSD form only, as written (aliases not applied)
    number: str = ""  # as written, blanks kept
    state: str = ""  # EV variant NTRDE+BW

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read any form; what matches none is ``unreadable`` and kept as text. Never raises."""
        if found := _PSD.fullmatch(text):
            return cls(text, "PSD", iso_country(found["country"]), found["authority"], found["number"])
        if found := _GENERIC.fullmatch(text):
            scheme: Scheme = "VAT" if found["scheme"] == "VAT" else "NTR" if found["scheme"] == "NTR" else "LEI"
            return cls(text, scheme, iso_country(found["country"]), "", found["number"], found["state"] or "")
        if found := _NATIONAL.fullmatch(text):
            return cls(text, "national", iso_country(found["country"]), found["scheme"], found["number"])
        return cls(text, "unreadable")

    def __str__(self) -> str:
        return self.text
