"""Who a certificate says its holder is: number, authority and roles, from the organizationIdentifier and the PSD2 statement together."""

from functools import lru_cache

import msgspec

from obdirectory.core.nca import NcaId, canonical
from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.core.payment_services import ROLE_NAMES
from obdirectory.trust.certificate import Certificate, Psd2Statement
from obdirectory.trust.names import COMMON_NAME, ORGANIZATION

_ROLE_ORDER = {name: place for place, name in enumerate(ROLE_NAMES.values())}


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Who the certificate says its holder is. ``nca_id`` is canonical (aliases applied); None when no authority can be read."""

    name: str
    organization_identifier: OrganizationIdentifier | None
    nca_id: NcaId | None
    authorisation_number: str
    roles: tuple[str, ...]  # role names by object identifier, in a fixed order; unknown roles by object identifier


NOBODY = Identity("", None, None, "", ())
"""The holder of bytes that are no certificate."""


def identify(certificate: Certificate) -> Identity:
    """The holder. Where the certificate contradicts itself the number's authority counts, and of the roles those every statement lists.

    That it does is a finding of its profile: ``identifiers_name_one_authority``, ``one_organization_identifier``, ``one_psd2_statement``.
    """
    chosen = _number_carrier(certificate.organization_identifiers)
    nca_id = _canonical(chosen.country, chosen.authority) if chosen and chosen.scheme == "PSD" else None
    if nca_id is None:
        nca_id = next((found for one in certificate.psd2 if (found := _authority_of(one.nca_id))), None)
    named = dict(reversed(certificate.subject))  # the first of each kind
    name = named.get(ORGANIZATION) or named.get(COMMON_NAME) or ""
    return Identity(name, chosen, nca_id, chosen.number if chosen else "", _roles(certificate.psd2))


def _number_carrier(identifiers: tuple[OrganizationIdentifier, ...]) -> OrganizationIdentifier | None:
    """The identifier whose number counts: the first of the PSD form, else the first that can be read, else the first."""
    if len(identifiers) < 2:
        return identifiers[0] if identifiers else None
    of_number = [one for one in identifiers if one.scheme == "PSD"] or [one for one in identifiers if one.scheme != "unreadable"]
    return (of_number or list(identifiers))[0]


@lru_cache(maxsize=512)
def _authority_of(nca_id: str) -> NcaId | None:
    """The authority an NCAId means, read with ``_`` for ``-`` as some authorities write it; nothing else is repaired."""
    country, _, authority = nca_id.replace("_", "-").partition("-")
    return canonical(country, authority) if len(country) == 2 and country.isupper() else None


_canonical = lru_cache(maxsize=512)(canonical)


def _roles(statements: tuple[Psd2Statement, ...]) -> tuple[str, ...]:
    """The roles that every statement lists, by object identifier."""
    if len(statements) == 1:
        return _names(tuple([role.oid for role in statements[0].roles]))
    common: set[str] = {role.oid for statement in statements for role in statement.roles}
    for statement in statements:
        common &= {role.oid for role in statement.roles}
    return _names(tuple(common))


@lru_cache(maxsize=512)
def _names(oids: tuple[str, ...]) -> tuple[str, ...]:
    names = {ROLE_NAMES.get(oid, oid) for oid in oids}
    return tuple(sorted(names, key=lambda name: (_ROLE_ORDER.get(name, len(_ROLE_ORDER)), name)))
