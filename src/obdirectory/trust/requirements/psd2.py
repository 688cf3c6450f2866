"""What ETSI TS 119 495 requires: the PSD2 statement, its roles, the competent authority and the authorisation number."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

from obdirectory.core.finding import Rank
from obdirectory.core.nca import BY_ID, NOT_APPLICABLE, NcaId, canonical
from obdirectory.core.payment_services import ROLE_ARC, ROLE_NAMES
from obdirectory.trust.certificate import Certificate, Psd2Role
from obdirectory.trust.requirement import (
    ANY,
    OUR_READING,
    QUALIFIED,
    QWAC,
    TS_119_495,
    Issuance,
    Unknown,
    issuance_requirement,
    noted,
    requirement,
    spares,
)
from obdirectory.trust.requirements.codes import COUNTRIES

V1_8_1 = datetime(2026, 4, 1, tzinfo=UTC)
"""The edition that brought PSP_CB, PSP_PA and the roles of verification of payee."""

UNSUPERVISED_OIDS = frozenset({f"{ROLE_ARC}5", f"{ROLE_ARC}6"})
"""PSP_CB and PSP_PA: no competent authority supervises them."""
QCP_W_PSD2 = "0.4.0.19495.3.1"
_UK_SCHEME = ("GB", "OB")
_USUAL_ROLES = frozenset(Psd2Role(f"{ROLE_ARC}{n}", ROLE_NAMES[f"{ROLE_ARC}{n}"]) for n in range(1, 5))
_USUAL_NCA_IDS = {str(nca_id): f"PSD{nca_id}-" for nca_id in BY_ID}
"""The identifiers on the list of the European Banking Authority, and how a number under each begins."""

_NCA_ID = re.compile(r"[A-Z]{2}-[A-Z]{2,8}")
_PSD_FORM = re.compile(r"PSD([A-Z]{2})-([A-Z]{2,8})-.+", re.DOTALL)
_LOOSE_NCA_ID = re.compile(r"([A-Za-z]{2})[-_+. ]?([A-Za-z]{1,20})")
_REISSUE = "Have the certificate issued again by your trust service provider; it builds the PSD2 statement."


@requirement(
    TS_119_495, "GEN-5.1.1", no="psd2_statement_missing", group="certificate", rank=Rank.UNTRUSTED,
    remedy="Present a certificate for PSD2 (QWAC or QSealC with the PSD2 statement); ask your trust service provider for one.",
)  # fmt: skip
def psd2_statement_present(certificate: Certificate) -> Iterator[str]:
    """The certificate carries a PSD2 statement that can be read."""
    if not certificate.psd2:
        unread = [seen for word, seen in certificate.deviations if word in {"psd2_statement_unreadable", "extension_unreadable"}]
        yield "; ".join(unread) or "none"


@requirement(
    OUR_READING, no="psd2_statements_contradict", group="certificate", rank=Rank.UNTRUSTED,
    remedy="Have the certificate issued again with one PSD2 statement.",
)  # fmt: skip
def one_psd2_statement(certificate: Certificate) -> Iterator[str]:
    """There is one PSD2 statement and no second that could say otherwise."""
    if len(certificate.psd2) > 1:
        yield f"{len(certificate.psd2)} statements: " + " / ".join(
            f"{s.nca_id} {' '.join(role.name or role.oid for role in s.roles)}" for s in certificate.psd2[:3]
        )


noted(
    "psd2_statement_in_list", "The PSD2 statement stands in the list of qualified certificate statements.", TS_119_495, "GEN-5.1.1",
    words=("psd2_statement_unwrapped",), no="psd2_statement_not_in_list", remedy=_REISSUE,
)  # fmt: skip
noted(
    "psd2_statement_well_formed", "The PSD2 statement has the elements its syntax requires, and no others.", TS_119_495, "Annex A",
    words=("psd2_syntax", "psd2_role_malformed", "psd2_roles_flattened", "psd2_statement_unreadable"), no="psd2_statement_malformed",
    remedy=_REISSUE,
)  # fmt: skip
noted(
    "psd2_strings_are_utf8", "Names and identifiers in the PSD2 statement are UTF8String.", TS_119_495, "Annex A",
    words=("psd2_string_type",), no="psd2_string_of_another_type", remedy=_REISSUE,
)  # fmt: skip


@requirement(
    TS_119_495, "GEN-5.2.2-1", no="psd2_roles_missing", remedy="Have the certificate issued again with the roles of your authorisation."
)
def psd2_roles_present(certificate: Certificate) -> Iterator[str]:
    """The PSD2 statement names at least one role, or says that the role is unspecified."""
    for statement in certificate.psd2:
        if not statement.roles:
            yield "no role that can be read"


@requirement(TS_119_495, "GEN-5.2.2-1", no="psd2_role_unspecified_among_others", remedy=_REISSUE)
def psd2_unspecified_role_alone(certificate: Certificate) -> Iterator[str]:
    """The role Unspecified stands alone."""
    for statement in certificate.psd2:
        if len(statement.roles) > 1 and any(role.oid == f"{ROLE_ARC}0" for role in statement.roles):
            yield f"beside {len(statement.roles) - 1} other roles"


@requirement(TS_119_495, "GEN-5.2.2-5", no="psd2_role_name_differs", remedy=_REISSUE)
def psd2_role_names_match(certificate: Certificate) -> Iterator[str]:
    """Each PSP role carries the name that belongs to its object identifier."""
    for statement in certificate.psd2:
        for role in statement.roles:
            expected = ROLE_NAMES.get(role.oid)
            if role.name != expected and (expected is not None or role.name in ROLE_NAMES.values()):
                yield f"{role.oid} is named {role.name!r}"


@requirement(
    TS_119_495, "GEN-5.2.2-2", no="psd2_role_of_another_register", actor="tpp",
    remedy="Nothing to mend if the role was registered nationally; it opens no payment service here.",
)  # fmt: skip
def psd2_roles_known(certificate: Certificate) -> Iterator[str]:
    """Each PSP role is one that the standard itself defines."""
    for statement in certificate.psd2:
        for role in statement.roles:
            if role.oid not in ROLE_NAMES:
                yield f"{role.oid} {role.name!r}"


@requirement(OUR_READING, no="psd2_role_repeated", remedy=_REISSUE)
def psd2_roles_not_repeated(certificate: Certificate) -> Iterator[str]:
    """No PSP role is named twice."""
    for statement in certificate.psd2:
        if len(statement.roles) > 1 and len({role.oid for role in statement.roles}) != len(statement.roles):
            yield ", ".join(role.oid for role in statement.roles)


@requirement(TS_119_495, "GEN-5.2.3-1", no="nca_name_not_plain_text", remedy=_REISSUE)
def nca_name_is_plain_text(certificate: Certificate) -> Iterator[str]:
    """The authority's name is plain text in Latin letters, 1 to 256 characters."""
    for statement in certificate.psd2:
        name = statement.nca_name
        if not 1 <= len(name) <= 256:
            yield f"{len(name)} characters"
        elif not (name.isascii() and name.isprintable()) and not all(map(_latin, name)):
            yield repr(name)


def _latin(character: str) -> bool:
    """A Latin letter, with whatever accent, or no letter and visible."""
    if character.isalpha():
        return "LATIN" in unicodedata.name(character, "")
    return character.isprintable() or character == "\u00a0"


@requirement(TS_119_495, "GEN-5.2.3-2", no="nca_id_of_another_form", remedy=_REISSUE)
def nca_id_well_formed(certificate: Certificate) -> Iterator[str]:
    """The authority's identifier is a country code, a hyphen and 2 to 8 capital letters."""
    for statement in certificate.psd2:
        if not _NCA_ID.fullmatch(statement.nca_id) and statement.nca_id != NOT_APPLICABLE:
            yield repr(statement.nca_id)


@requirement(TS_119_495, "GEN-5.2.3-2", no="nca_country_not_assigned", remedy=_REISSUE)
def nca_country_assigned(certificate: Certificate) -> Iterator[str]:
    """The authority's country code is assigned in ISO 3166-1."""
    for statement in certificate.psd2:
        if _NCA_ID.fullmatch(statement.nca_id) and statement.nca_id[:2] not in COUNTRIES:
            yield statement.nca_id[:2]


@requirement(TS_119_495, "Annex D", no="nca_id_not_the_listed_one", applies=QUALIFIED, remedy=_REISSUE)
def nca_id_as_listed(certificate: Certificate) -> Iterator[str]:
    """The authority's identifier is the one on the list of the European Banking Authority."""
    for statement in certificate.psd2:
        if _NCA_ID.fullmatch(statement.nca_id):
            country, authority = statement.nca_id.split("-")
            if NcaId(country, authority) not in BY_ID and country in COUNTRIES:
                listed = canonical(country, authority)
                yield (
                    f"{statement.nca_id}, which the list writes {listed}" if listed else f"{statement.nca_id}, which the list does not have"
                )


def _is_unsupervised(certificate: Certificate) -> bool:
    return any(role.oid in UNSUPERVISED_OIDS for statement in certificate.psd2 for role in statement.roles)


@requirement(TS_119_495, "GEN-5.2.3-1A", no="nca_name_of_a_body_without_authority", since=V1_8_1, remedy=_REISSUE)
def nca_name_na_for_unsupervised(certificate: Certificate) -> Iterator[str]:
    """A central bank or public authority has NA as its authority's name."""
    for statement in certificate.psd2:
        if statement.nca_name != NOT_APPLICABLE and _is_unsupervised(certificate):
            yield repr(statement.nca_name)


@requirement(TS_119_495, "GEN-5.2.3-5", no="nca_id_of_a_body_without_authority", since=V1_8_1, remedy=_REISSUE)
def nca_id_na_for_unsupervised(certificate: Certificate) -> Iterator[str]:
    """A central bank or public authority has NA as its authority's identifier."""
    for statement in certificate.psd2:
        if statement.nca_id != NOT_APPLICABLE and _is_unsupervised(certificate):
            yield repr(statement.nca_id)


@requirement(OUR_READING, no="nca_id_na_for_a_supervised_role", remedy=_REISSUE)
def nca_id_na_only_for_unsupervised(certificate: Certificate) -> Iterator[str]:
    """Only a central bank or public authority has NA as its authority's identifier."""
    for statement in certificate.psd2:
        if statement.nca_id == NOT_APPLICABLE and not _is_unsupervised(certificate):
            yield "NA with " + (", ".join(role.name or role.oid for role in statement.roles) or "no role")


@requirement(
    TS_119_495, "GEN-5.3-3", no="organization_identifier_missing", applies=QUALIFIED, group="certificate", rank=Rank.UNTRUSTED,
    remedy="Have the certificate issued again with your authorisation number in organizationIdentifier.",
)  # fmt: skip
def organization_identifier_present(certificate: Certificate) -> Iterator[str]:
    """The subject carries an organizationIdentifier."""
    if not certificate.organization_identifiers:
        yield "none"


@requirement(TS_119_495, "GEN-5.2.1-3", no="organization_identifier_not_in_psd_form", remedy=_REISSUE)
def organization_identifier_in_psd_form(certificate: Certificate) -> Iterator[str]:
    """An organizationIdentifier that begins with PSD has country, authority and number.

    The whole form was a "shall" until 2021 and is a "should" since; a certificate may carry a VAT, NTR or LEI identifier instead.
    """
    if certificate.psd2:
        for identifier in certificate.organization_identifiers:
            if identifier.text.startswith("PSD") and (identifier.scheme != "PSD" or identifier.text[3:5] not in COUNTRIES):
                yield repr(identifier.text)


@requirement(
    TS_119_495, "5.2.1", no="authorities_disagree", unknown="authorities_not_comparable", group="certificate", rank=Rank.UNTRUSTED,
    remedy="Have the certificate issued again: its organizationIdentifier and its PSD2 statement must name the same authority.",
)  # fmt: skip
def identifiers_name_one_authority(certificate: Certificate) -> Iterator[str | Unknown]:
    """The organizationIdentifier and the PSD2 statement name the same authority.

    Known aliases of an authority are the authority. The UK scheme's own prefix PSDGB-OB stands beside GB-FCA by design.
    """
    for statement in certificate.psd2:
        for identifier in certificate.organization_identifiers:
            if identifier.scheme != "PSD" or identifier.text.startswith(f"{statement.nca_id}-", 3):
                continue
            loose = _LOOSE_NCA_ID.fullmatch(statement.nca_id)
            if loose is None:
                continue
            stated, carried = (loose[1].upper(), loose[2].upper()), (identifier.country, identifier.authority)
            named, known = canonical(*stated), canonical(*carried)
            said = f"{'-'.join(carried)} and {statement.nca_id}"
            if named is not None and known is not None:
                if named != known:
                    yield said
            elif stated[0] != carried[0] and stated[0] in COUNTRIES:
                yield said
            elif stated != carried and carried != _UK_SCHEME:
                yield Unknown(said)


@spares(
    psd2_statement_present, one_psd2_statement, psd2_roles_present, psd2_unspecified_role_alone, psd2_role_names_match, psd2_roles_known,
    psd2_roles_not_repeated, nca_name_is_plain_text, nca_id_well_formed, nca_country_assigned, nca_id_as_listed,
    nca_name_na_for_unsupervised, nca_id_na_for_unsupervised, nca_id_na_only_for_unsupervised, organization_identifier_present,
    organization_identifier_in_psd_form, identifiers_name_one_authority,
)  # fmt: skip
def usual_statement(certificate: Certificate) -> bool:
    """One statement of supervised roles by a listed authority, in plain text, and one number, under the same authority."""
    if len(certificate.psd2) != 1 or len(certificate.organization_identifiers) != 1:
        return False
    statement, identifier = certificate.psd2[0], certificate.organization_identifiers[0]
    roles, name = set(statement.roles), statement.nca_name
    begins = _USUAL_NCA_IDS.get(statement.nca_id)
    return (
        begins is not None
        and identifier.scheme == "PSD"
        and identifier.text.startswith(begins)
        and 0 < len(roles) == len(statement.roles)
        and roles <= _USUAL_ROLES
        and 0 < len(name) <= 256
        and name.isascii()
        and name.isprintable()
    )


@issuance_requirement(TS_119_495, "OVR-6.1-3", no="psd2_policy_in_another_certificate", applies=ANY - QWAC, remedy=_REISSUE)
def psd2_policy_only_for_web(issuance: Issuance) -> Iterator[str]:
    """The PSD2 policy identifier stands only in certificates for web site authentication."""
    if QCP_W_PSD2 in issuance.policies and "web" not in issuance.qc.types:
        yield QCP_W_PSD2
