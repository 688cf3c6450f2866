"""Who a certificate says its holder is: number, authority and roles, from the organizationIdentifier and the PSD2 statement together."""

from collections.abc import Iterator
from dataclasses import dataclass

from obdirectory.core.finding import Finding
from obdirectory.core.nca import NOT_APPLICABLE, NcaId, canonical
from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.core.payment_services import ROLE_NAMES
from obdirectory.core.visible import visible
from obdirectory.trust import asked as need
from obdirectory.trust.certificate import Certificate, Psd2Statement
from obdirectory.trust.names import COMMON_NAME, ORGANIZATION

_AGREE = need.AUTHORITIES_AGREE.met(need.AUTHORITIES_AGREE.title)
_ONE_NUMBER = need.NUMBER_STATED_ONCE.met(need.NUMBER_STATED_ONCE.title)
_ROLES_ONCE = need.ROLES_STATED_ONCE.met(need.ROLES_STATED_ONCE.title)
_AS_LISTED = need.AUTHORITY_NAMED_AS_LISTED.met(need.AUTHORITY_NAMED_AS_LISTED.title)
_ROLE_ORDER = {name: place for place, name in enumerate(ROLE_NAMES.values())}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the certificate says its holder is. ``nca_id`` is canonical (aliases applied); None when no authority can be read."""

    name: str
    organization_identifier: OrganizationIdentifier | None
    nca_id: NcaId | None
    authorisation_number: str
    roles: tuple[str, ...]  # role names by object identifier, in a fixed order; unknown roles by object identifier


NOBODY = Identity("", None, None, "", ())
"""The holder of bytes that are no certificate."""


@dataclass(frozen=True, slots=True)
class _Named:
    """An authority as one place of the certificate spells it."""

    written: str
    nca_id: NcaId | None  # canonical; None if the text is not of the form, or names no authority we know
    form: bool  # of the form CC-AAAAAAAA


def identify(certificate: Certificate) -> tuple[Identity, tuple[Finding, ...]]:
    """The holder, and whether what the certificate says of it agrees with itself.

    Where it does not, the number's authority counts and the roles are those that every statement lists; the findings tell.
    """
    identifiers, statements = certificate.organization_identifiers, certificate.psd2
    chosen = _number_carrier(identifiers)
    by_number = _authority_of_number(chosen)
    by_statement = tuple(_authority_of_statement(one) for one in statements)
    nca_id = by_number.nca_id if by_number else None
    if nca_id is None:
        nca_id = next((named.nca_id for named in by_statement if named.nca_id), None)
    identity = Identity(
        certificate.attribute(ORGANIZATION) or certificate.attribute(COMMON_NAME),
        chosen,
        nca_id,
        chosen.number if chosen else "",
        _roles(statements),
    )
    findings = (
        _one_number(identifiers, chosen),
        _authorities_agree(by_number, by_statement),
        _roles_agree(statements),
        _named_as_listed((by_number, *by_statement) if by_number else by_statement),
    )
    return identity, findings


def _number_carrier(identifiers: tuple[OrganizationIdentifier, ...]) -> OrganizationIdentifier | None:
    """The identifier whose number counts: the first of the PSD form, else the first that can be read, else the first."""
    if len(identifiers) < 2:
        return identifiers[0] if identifiers else None
    of_number = [one for one in identifiers if one.scheme == "PSD"] or [one for one in identifiers if one.scheme != "unreadable"]
    return (of_number or list(identifiers))[0]


def _authority_of_number(identifier: OrganizationIdentifier | None) -> _Named | None:
    if identifier is None or identifier.scheme != "PSD":
        return None
    return _Named(f"{identifier.country}-{identifier.authority}", canonical(identifier.country, identifier.authority), form=True)


def _authority_of_statement(statement: Psd2Statement) -> _Named:
    """The NCAId, read with ``_`` for ``-`` as some authorities write it; nothing else is repaired."""
    country, _, authority = statement.nca_id.replace("_", "-").partition("-")
    form = (
        len(country) == 2 and 2 <= len(authority) <= 8
        and (country + authority).isascii() and (country + authority).isalpha() and (country + authority).isupper()
    )  # fmt: skip
    return _Named(statement.nca_id, canonical(country, authority) if form else None, form)


def _roles(statements: tuple[Psd2Statement, ...]) -> tuple[str, ...]:
    """The roles that every statement lists, by object identifier."""
    if not statements:
        return ()
    common = {role.oid for role in statements[0].roles}
    for statement in statements[1:]:
        common &= {role.oid for role in statement.roles}
    names = [ROLE_NAMES.get(oid, oid) for oid in common]
    return tuple(sorted(names, key=lambda name: (_ROLE_ORDER.get(name, len(_ROLE_ORDER)), name))) if len(names) > 1 else tuple(names)


def _one_number(identifiers: tuple[OrganizationIdentifier, ...], chosen: OrganizationIdentifier | None) -> Finding:
    """Two identifiers of one kind with different numbers name two firms; a PSD number beside a VAT number names one."""
    if chosen is None or len(identifiers) < 2:
        return _ONE_NUMBER
    rivals = {
        (one.country, one.authority, one.number, one.text if one.scheme == "unreadable" else "")
        for one in identifiers
        if one.scheme == chosen.scheme
    }
    if len(rivals) == 1:
        return _ONE_NUMBER
    texts = ", ".join(visible(one.text, most=80) for one in identifiers[:4])
    return need.NUMBER_STATED_ONCE.unknown(f"The certificate names its holder {len(rivals)} times and differently: {texts}.")


def _authorities_agree(by_number: _Named | None, by_statement: tuple[_Named, ...]) -> Finding:
    """The authority in the organizationIdentifier and the one in the PSD2 statement are the same, aliases applied.

    A body under no authority (``NA``), and an NCAId that is not of the form, name none to disagree with.
    """
    stated = [named for named in by_statement if named.form or named.written == NOT_APPLICABLE]
    if len({_meant(named) for named in stated}) > 1:
        words = ", ".join(visible(named.written, most=40) for named in stated)
        return need.AUTHORITIES_AGREE.unknown(f"The PSD2 statements name different authorities: {words}.")
    if by_number is None or not stated or stated[0].written == NOT_APPLICABLE or _meant(by_number) == _meant(stated[0]):
        return _AGREE
    return need.AUTHORITIES_AGREE.not_met(
        f"The organizationIdentifier names {visible(by_number.written, most=40)}, the PSD2 statement {visible(stated[0].written, most=40)}."
    )


def _meant(named: _Named) -> str:
    return str(named.nca_id) if named.nca_id else named.written.replace("_", "-")


def _roles_agree(statements: tuple[Psd2Statement, ...]) -> Finding:
    if len(statements) < 2:
        return _ROLES_ONCE
    listed = [sorted({ROLE_NAMES.get(role.oid, role.oid) for role in statement.roles}) for statement in statements]
    if all(roles == listed[0] for roles in listed):
        return _ROLES_ONCE
    words = "; ".join(", ".join(roles) or "none" for roles in listed[:4])
    return need.ROLES_STATED_ONCE.unknown(f"The certificate has {len(statements)} PSD2 statements with different roles: {visible(words)}.")


def _named_as_listed(named: tuple[_Named, ...]) -> Finding:
    return next(_spelling(named), _AS_LISTED)


def _spelling(named: tuple[_Named, ...]) -> Iterator[Finding]:
    for one in named:
        if one.written == NOT_APPLICABLE:
            continue
        if one.nca_id is None and not one.form:
            yield need.AUTHORITY_NAMED_AS_LISTED.not_met(
                f"{visible(one.written, most=40) or 'nothing'!r} is no NCA identifier such as DE-BAFIN.", reason="authority_misspelt"
            )
        elif one.nca_id is not None and one.written != str(one.nca_id):
            yield need.AUTHORITY_NAMED_AS_LISTED.not_met(f"{visible(one.written, most=40)} is the authority now called {one.nca_id}.")
