"""For whom a certificate speaks: of which jurisdiction it is, which authority it names, and which number of that authority."""

from collections.abc import Iterator
from datetime import datetime

from obdirectory.check import requirements as need
from obdirectory.core.countries import in_eea
from obdirectory.core.finding import Finding
from obdirectory.core.nca import NOT_APPLICABLE, NcaId
from obdirectory.core.payment_services import ROLE_NEEDED, PaymentService
from obdirectory.core.visible import visible
from obdirectory.trust.assess import Assessment, Identity

TEST_COUNTRIES = frozenset({"XX", "XY"})
"""Codes that ISO 3166-1 leaves to users: no authority sits there."""

TPP_ROLES = ("PSP_AI", "PSP_IC", "PSP_PI")
"""The roles that open a payment service."""

_OUTSIDE_SUPERVISION = frozenset({"PSP_CB", "PSP_PA"})
"""Central banks and public authorities: no authority supervises them. Clause: ETSI TS 119 495 v1.8.1."""

_UNDER_SUPERVISION = frozenset({"PSP_AS", *TPP_ROLES})

_OF_THIS_JURISDICTION = need.CERTIFICATE_OF_THIS_JURISDICTION.met(need.CERTIFICATE_OF_THIS_JURISDICTION.title)
_REAL = need.NUMBER_OF_A_REAL_AUTHORITY.met(need.NUMBER_OF_A_REAL_AUTHORITY.title)
_IDENTIFIED = need.HOLDER_IDENTIFIED.met(need.HOLDER_IDENTIFIED.title)
_SUPERVISED = need.SUPERVISED_BY_AN_AUTHORITY.met(need.SUPERVISED_BY_AN_AUTHORITY.title)
_ROLE = need.ROLE_IN_CERTIFICATE.met(need.ROLE_IN_CERTIFICATE.title)
_QWAC = need.QWAC_FOR_PAYEE_VERIFICATION.met(need.QWAC_FOR_PAYEE_VERIFICATION.title)


def has_no_authority(assessment: Assessment) -> bool:
    """Whether the certificate says that no authority supervises its holder (``NA``)."""
    certificate = assessment.certificate
    return certificate is not None and any(statement.nca_id == NOT_APPLICABLE for statement in certificate.psd2)


def jurisdiction(assessment: Assessment, country: str, at: datetime) -> Finding:
    """Whether it is a certificate of the account's jurisdiction: of an EEA authority for an EEA account, of the country's own elsewhere.

    The United Kingdom's certificates ended to be valid in the EEA with its membership. Clause: our reading of RTS 2018/389 art. 34.
    """
    requirement = need.CERTIFICATE_OF_THIS_JURISDICTION
    home = _home(assessment.identity)
    if in_eea(country, at):
        if assessment.kind in {"obwac", "obseal"}:
            return requirement.not_met(
                f"An {assessment.kind.upper()} is a certificate of the United Kingdom's scheme; the account is in {country}."
            )
        if home and home not in TEST_COUNTRIES and not in_eea(home, at):
            return requirement.not_met(f"The authority named is of {visible(home)}, outside the EEA; the account is in {country}.")
    elif home and home != country:
        return requirement.not_met(f"The authority named is of {visible(home)}; no right of its reaches {country}.")
    return _OF_THIS_JURISDICTION


def identified(assessment: Assessment, *, live: bool) -> Iterator[Finding]:
    """Whether the certificate names an authority that exists and a number. Yields met findings too."""
    identity = assessment.identity
    if live and (code := _test_country(assessment)):
        yield need.NUMBER_OF_A_REAL_AUTHORITY.not_met(f"The identifier is of {code}, a code kept for tests.")
    else:
        yield _REAL
    if not identity.authorisation_number.strip():
        yield need.HOLDER_IDENTIFIED.not_met("The certificate carries no number by which a register could know its holder.")
    elif identity.nca_id is None and not has_no_authority(assessment):
        named = visible(_named_authority(assessment)) or "nothing"
        yield need.HOLDER_IDENTIFIED.unknown(f"The certificate names {named} as authority, which no list we know contains.")
    else:
        yield _IDENTIFIED


def supervised(assessment: Assessment, *, granted: bool) -> Finding:
    """A body under no authority (NA) has access by a curated entry alone, and never with a supervised role beside it.

    Clause: our reading of ETSI TS 119 495 v1.8.1.
    """
    if not has_no_authority(assessment):
        return _SUPERVISED
    roles = assessment.identity.roles
    if _UNDER_SUPERVISION.intersection(roles):
        return need.SUPERVISED_BY_AN_AUTHORITY.not_met(f"The certificate names no authority (NA) and carries {', '.join(roles)}.")
    return (
        _SUPERVISED
        if granted
        else need.SUPERVISED_BY_AN_AUTHORITY.unknown("The certificate is of a central bank or public body; nothing here grants it access.")
    )


def qwac_for_vop(assessment: Assessment) -> Finding:
    """Verification of payee asks for a qualified website authentication certificate and for no role."""
    if assessment.kind == "qwac":
        return _QWAC
    return need.QWAC_FOR_PAYEE_VERIFICATION.not_met(f"The certificate is of kind {assessment.kind}.")


def authority_to_ask(assessment: Assessment) -> NcaId | None:
    """The authority in whose registers to look: the one named, or ``CC-NA`` for bodies under none, known from curated entries alone."""
    identity = assessment.identity
    if identity.nca_id is not None or not has_no_authority(assessment):
        return identity.nca_id
    home = _home(identity)
    return NcaId(home, NOT_APPLICABLE) if home else None


def role_finding(assessment: Assessment, payment_service: PaymentService) -> Finding:
    """Whether the certificate's roles open the payment service: ``any`` is opened by each TPP role, NA bodies by their own.

    PSP_AS and the unspecified role open nothing. Roles were compared by object identifier when they were read.
    """
    roles = assessment.identity.roles
    wanted = roles_wanted(payment_service)
    if any(role in roles for role in wanted) or (has_no_authority(assessment) and not _OUTSIDE_SUPERVISION.isdisjoint(roles)):
        return _ROLE
    carried = visible(", ".join(roles), most=200) or "none"
    return need.ROLE_IN_CERTIFICATE.not_met(f"{payment_service} needs {' or '.join(wanted)}; the certificate carries {carried}.")


def roles_wanted(payment_service: PaymentService) -> tuple[str, ...]:
    """The roles one of which opens the payment service."""
    role = ROLE_NEEDED[payment_service]
    return TPP_ROLES if role is None else (role,)


def _home(identity: Identity) -> str:
    """The country whose authority the certificate names; empty when it names none."""
    if identity.nca_id is not None:
        return identity.nca_id.country
    named = identity.organization_identifier
    return named.country if named is not None and named.scheme != "LEI" else ""


def _test_country(assessment: Assessment) -> str:
    certificate = assessment.certificate
    if certificate is None:
        return ""
    for named in certificate.organization_identifiers:
        if named.country in TEST_COUNTRIES:
            return named.country
    for statement in certificate.psd2:
        if statement.nca_id[:2] in TEST_COUNTRIES:
            return statement.nca_id[:2]
    return ""


def _named_authority(assessment: Assessment) -> str:
    certificate = assessment.certificate
    if certificate is not None and certificate.psd2:
        return certificate.psd2[0].nca_id
    named = assessment.identity.organization_identifier
    return named.text if named is not None else ""
