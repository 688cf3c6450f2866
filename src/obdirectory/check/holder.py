"""For whom a certificate speaks: of which jurisdiction it is, which authority it names, and which number of that authority.

Functions that yield findings yield what is not met, cannot be told or does not apply; yielding nothing means met.
"""

from collections.abc import Iterator
from datetime import datetime

from obdirectory.check import requirements as need
from obdirectory.core.countries import in_eea
from obdirectory.core.finding import Finding
from obdirectory.core.nca import NOT_APPLICABLE, NcaId
from obdirectory.core.payment_services import ROLE_NEEDED, PaymentService
from obdirectory.core.visible import visible
from obdirectory.trust.assess import Assessment, Identity
from obdirectory.trust.certificate import Certificate

TEST_COUNTRIES = frozenset({"XX", "XY"})
"""Codes that ISO 3166-1 leaves to users: no authority sits there."""

TPP_ROLES = ("PSP_AI", "PSP_IC", "PSP_PI")
"""The roles that open a payment service."""

_OUTSIDE_SUPERVISION = frozenset({"PSP_CB", "PSP_PA"})
"""Central banks and public authorities: no authority supervises them. Clause: ETSI TS 119 495 v1.8.1."""

_UNDER_SUPERVISION = frozenset({"PSP_AS", *TPP_ROLES})


def names_no_authority(assessment: Assessment) -> bool:
    """Whether the certificate says that no authority supervises its holder (``NA``)."""
    certificate = assessment.certificate
    return certificate is not None and any(statement.nca_id == NOT_APPLICABLE for statement in certificate.psd2)


def authority_to_ask(assessment: Assessment) -> NcaId | None:
    """The authority in whose registers to look: the one named, or ``CC-NA`` for bodies under none, known from curated entries alone."""
    identity = assessment.identity
    if identity.nca_id is not None or not names_no_authority(assessment):
        return identity.nca_id
    home = _home(identity)
    return NcaId(home, NOT_APPLICABLE) if home else None


def roles_wanted(payment_service: PaymentService) -> tuple[str, ...]:
    """The roles one of which opens the payment service."""
    role = ROLE_NEEDED[payment_service]
    return TPP_ROLES if role is None else (role,)


def jurisdiction(assessment: Assessment, country: str, at: datetime) -> Iterator[Finding]:
    """Whether it is a certificate of the account's jurisdiction: of an EEA authority for an EEA account, of the country's own elsewhere.

    Those of the United Kingdom ceased to be valid in the EEA with its membership. Clause: our reading of RTS 2018/389 art. 34.
    """
    requirement = need.CERTIFICATE_OF_THIS_JURISDICTION
    home = _home(assessment.identity)
    if not in_eea(country, at):
        if home and home != country:
            yield requirement.not_met(f"The authority named is of {visible(home)}; no right it grants reaches {country}.")
    elif assessment.kind in {"obwac", "obseal"}:
        yield requirement.not_met(f"An {assessment.kind.upper()} is of the United Kingdom's scheme; the account is in {country}.")
    elif home and home not in TEST_COUNTRIES and not in_eea(home, at):
        yield requirement.not_met(f"The authority named is of {visible(home)}, outside the EEA; the account is in {country}.")


def identified(assessment: Assessment, *, live: bool) -> Iterator[Finding]:
    """Whether the certificate names an authority that exists, and a number it assigned."""
    if live and assessment.certificate is not None and (code := _test_country(assessment.certificate)):
        yield need.NUMBER_OF_A_REAL_AUTHORITY.not_met(f"The identifier is of {code}, a code kept for tests.")
    identity = assessment.identity
    if not identity.authorisation_number.strip():
        yield need.HOLDER_IDENTIFIED.not_met("The certificate carries no number by which a register could know its holder.")
    elif identity.nca_id is None and not names_no_authority(assessment):
        named = visible(_named_authority(assessment), most=120) or "nothing"
        yield need.HOLDER_IDENTIFIED.unknown(f"The certificate names {named} as authority, which no list we know contains.")


def supervised(assessment: Assessment, *, granted: bool) -> Iterator[Finding]:
    """A body under no authority (NA) has access by a curated entry alone, and never with a supervised role beside it.

    Clause: our reading of ETSI TS 119 495 v1.8.1.
    """
    if not names_no_authority(assessment):
        return
    roles = assessment.identity.roles
    if not _UNDER_SUPERVISION.isdisjoint(roles):
        yield need.SUPERVISED_BY_AN_AUTHORITY.not_met(f"The certificate names no authority (NA) and carries {', '.join(roles)}.")
    elif not granted:
        yield need.SUPERVISED_BY_AN_AUTHORITY.unknown("The certificate is of a central bank or public body; nothing here grants it access.")


def role_in_certificate(assessment: Assessment, payment_service: PaymentService) -> Iterator[Finding]:
    """Whether the certificate's roles open the payment service: ``any`` is opened by each TPP role, NA bodies by their own.

    PSP_AS and the unspecified role open nothing. Roles were compared by object identifier when they were read.
    """
    roles = assessment.identity.roles
    wanted = roles_wanted(payment_service)
    for role in wanted:
        if role in roles:
            return
    if not _OUTSIDE_SUPERVISION.isdisjoint(roles) and names_no_authority(assessment):
        return
    carried = visible(", ".join(roles), most=200) or "none"
    yield need.ROLE_IN_CERTIFICATE.not_met(f"{payment_service} needs {' or '.join(wanted)}; the certificate carries {carried}.")


def for_payee_verification(assessment: Assessment) -> Iterator[Finding]:
    """Verification of payee asks for a qualified website certificate of a scheme participant; roles and payment registers are not asked."""
    if assessment.kind != "qwac":
        yield need.QWAC_FOR_PAYEE_VERIFICATION.not_met(f"The certificate is of kind {assessment.kind}.")
    yield need.IN_SCHEME_DIRECTORY.unknown("No directory of a payee verification scheme is loaded.")


def _home(identity: Identity) -> str:
    """The country whose authority the certificate names; empty when it names none."""
    if identity.nca_id is not None:
        return identity.nca_id.country
    named = identity.organization_identifier
    return named.country if named is not None and named.scheme != "LEI" else ""


def _test_country(certificate: Certificate) -> str:
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
