"""One row of a register, in the shape every source's parser produces."""

from datetime import date
from typing import Literal, TypeAlias

import msgspec

RecordKind: TypeAlias = Literal["institution", "branch", "agent"]

_BRANCH_TYPES = frozenset({"PSD_BR", "CRD_EEA_BRA", "CRD_NON_EEA_BRA"})


def kind_of_type(entity_type: str) -> RecordKind:
    """Branches and agents hang on a parent; agents are kept apart. A type we do not know is an institution: it is looked at."""
    return "agent" if entity_type == "PSD_AG" else "branch" if entity_type in _BRANCH_TYPES else "institution"


class RegisterRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A firm, branch or agent as one register states it. Key: (entity_type, entity_code) within its source.

    ``authorised_on`` alternates authorised, withdrawn, authorised …: odd length means live (EBA ENT_AUT). Empty: unknown.
    ``services`` are (ISO country, service code) pairs, home state included. Nothing is repaired here but blanks at the ends of names.
    """

    entity_type: str  # PSD_PI PSD_EMI PSD_AISP PSD_EPI PSD_EEMI PSD_ENL PSD_EXC PSD_BR PSD_AG CRD_CRE_INS CRD_EEA_BRA CRD_NON_EEA_BRA
    entity_code: str
    authority_code: str  # as the register writes it: ES_BE, LV_LV
    raw_sha256: str  # of the raw bytes of this row
    content_sha256: str  # of its content without version stamps
    national_number: str | None = None  # ENT_NAT_REF_COD as written
    names: tuple[str, ...] = ()
    country: str | None = None  # ISO, ENT_COU_RES
    address: str = ""
    authorised_on: tuple[date, ...] = ()
    services: tuple[tuple[str, str], ...] = ()
    parent_type: str | None = None
    parent_code: str | None = None
    child_active: bool | None = None  # DER_CHI_ENT_AUT of branches and agents
    lei: str | None = None
    bic: str | None = None
    company_number: str | None = None
    roles: tuple[str, ...] = ()  # curated entries only: roles granted as such
    exclusions: tuple[str, ...] = ()
    deviations: tuple[tuple[str, str], ...] = ()  # (word, what was seen): unparsable_date, unknown_property …
    trade_names: tuple[str, ...] = ()  # ENT_NAM_COM

    @property
    def kind(self) -> RecordKind:
        """Branches and agents hang on a parent; agents are kept apart."""
        return kind_of_type(self.entity_type)
