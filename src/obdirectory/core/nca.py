"""National competent authorities as certificates and registers name them, with the aliases seen in the wild."""

import re
from dataclasses import dataclass
from typing import Self

import msgspec

from obdirectory.core.countries import iso_country
from obdirectory.core.errors import InvalidInput

_NCA_ID = re.compile(r"(?P<country>[A-Z]{2})-(?P<authority>[A-Z]{2,8})")


class NcaId(msgspec.Struct, frozen=True, gc=False):
    """A national competent authority as certificates name it, such as ``DE-BAFIN``.

    Clause: ETSI TS 119 495 GEN-5.2.3-2.
    """

    country: str  # ISO 3166-1 alpha-2, upper case
    authority: str  # 2 to 8 letters A-Z

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``CC-AAAAAAAA`` exactly; lower case is refused, not repaired.

        Raises InvalidInput if the shape is wrong.
        """
        if not (found := _NCA_ID.fullmatch(text)):
            raise InvalidInput(f"not an NCA identifier: {text!r}")
        return cls(found["country"], found["authority"])

    def __str__(self) -> str:
        return f"{self.country}-{self.authority}"


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority of the EBA list: its id in certificates, its code in the EBA register, its name."""

    nca_id: NcaId
    register_codes: tuple[str, ...]
    name: str


# Facts of the EBA list version 4 (2023-02-02) and of the register's own dictionary; GB left the list with the UK.
_AUTHORITIES = """
AT FMA  AT_FMA          Austrian Financial Market Authority
BE NBB  BE_NBB          National Bank of Belgium
BG BNB  BG_BNB          Bulgarian National Bank
HR HNB  HR_HNB          Croatian National Bank
CY CBC  CY_CBC          Central Bank of Cyprus
CZ CNB  CZ_CNB          Czech National Bank
DK DFSA DK_DFSA         Danish Financial Supervisory Authority
EE FI   EE_FI           Estonian Financial Supervision Authority
FI FINFSA FI_FIN-FSA,FI_FINFSA Finnish Financial Supervisory Authority
FR ACPR FR_ACPR         Prudential Supervisory and Resolution Authority
DE BAFIN DE_BAFIN       Federal Financial Supervisory Authority
GR BOG  GR_BOG,EL_BOG   Bank of Greece
HU CBH  HU_CBH,HU_MNB   Central Bank of Hungary
IS CBI  IS_CBI,IS_FME   Central Bank of Iceland
IE CBI  IE_CBI          Central Bank of Ireland
IT BI   IT_BI           Bank of Italy
LV BL   LV_LV,LV_FCMC,LV_BL Latvijas Banka
LI FMA  LI_FMA          Financial Market Authority Liechtenstein
LT BL   LT_BL           Bank of Lithuania
LU CSSF LU_CSSF         Commission for the Supervision of the Financial Sector
MT MFSA MT_MFSA         Malta Financial Services Authority
NL DNB  NL_DNB          The Netherlands Bank
NO FSA  NO_FSA          Financial Supervisory Authority of Norway
PL PFSA PL_PFSA,PL_KNF  Polish Financial Supervision Authority
PT BP   PT_BP           Bank of Portugal
RO NBR  RO_NBR          National Bank of Romania
SK NBS  SK_NBS          National Bank of Slovakia
SI BS   SI_BS           Bank of Slovenia
ES BE   ES_BE           Bank of Spain
SE FINA SE_FINA         Swedish Financial Supervisory Authority
GB FCA  GB_FCA          Financial Conduct Authority
"""

# Observed in certificates: renamed authorities and habitual misspellings. Keyed by country, since IS and IE share CBI.
_ALIASES: dict[tuple[str, str], str] = {
    ("HR", "CNB"): "HNB",
    ("IS", "FME"): "CBI",
    ("LV", "FCMC"): "BL",
    ("LV", "LV"): "BL",
    ("PL", "KNF"): "PFSA",
    ("ES", "BDE"): "BE",
    ("FI", "FSA"): "FINFSA",
    ("HU", "MNB"): "CBH",
}


def _read() -> tuple[Authority, ...]:
    rows: list[Authority] = []
    for line in _AUTHORITIES.strip().splitlines():
        country, authority, codes, name = line.split(None, 3)
        rows.append(Authority(NcaId(country, authority), tuple(codes.split(",")), name))
    return tuple(rows)


AUTHORITIES: tuple[Authority, ...] = _read()
BY_ID: dict[NcaId, Authority] = {row.nca_id: row for row in AUTHORITIES}
_BY_REGISTER_CODE: dict[str, NcaId] = {code: row.nca_id for row in AUTHORITIES for code in row.register_codes}
NOT_APPLICABLE = "NA"
"""What PSP_CB and PSP_PA certificates carry as NCAName and NCAId (TS 119 495 v1.8.1)."""


def canonical(country: str, authority: str) -> NcaId | None:
    """The authority that a pair of codes means, aliases applied, or None if it is none we know.

    A GR/EL and GB/UK country is read as ISO. An alias is never read as another country's authority.
    """
    country = iso_country(country)
    authority = _ALIASES.get((country, authority), authority)
    found = NcaId(country, authority)
    return found if found in BY_ID else None


def of_register_code(code: str) -> NcaId | None:
    """The authority behind a CA_OwnerID of the EBA register (``LV_LV`` -> LV-BL), or None if unknown: it is then carried as it stands."""
    return _BY_REGISTER_CODE.get(code)
