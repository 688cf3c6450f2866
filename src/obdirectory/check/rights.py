"""How the firm stands in the registers for the payment service and country asked: status, measures, right and passport, as findings.

Functions yield what is not met, cannot be told or does not apply; yielding nothing means met. What it means is weighed in ``outcome``.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from obdirectory.check import requirements as need
from obdirectory.check.ageing import grade
from obdirectory.check.policy import Limits, Policy
from obdirectory.core.finding import Finding
from obdirectory.core.instants import print_instant
from obdirectory.core.visible import visible
from obdirectory.directory.index import Firm, Measure
from obdirectory.directory.measures import effect, roles_in_scope
from obdirectory.directory.passport import CountryRights
from obdirectory.directory.standing import ABSENT, GRANTED, OVER, RoleRight, Standing
from obdirectory.trust.assess import Identity, Instants

# Which of several roles answers for ``any``: the one that stands best.
_PREFERENCE: dict[Standing, int] = {
    "listed": 0, "observed_later": 1, "row_missing": 2, "conflict": 3, "unknown": 4, "not_passported": 5, "right_missing": 6,
    "not_passportable": 7, "impossible": 8, "closed": 9,
}  # fmt: skip
_LISTED: frozenset[Standing] = frozenset({"listed", "observed_later", "row_missing", "conflict", "closed"})
_SHOWN: frozenset[Standing] = frozenset({"listed", "observed_later", "row_missing"})

_RIGHT_NOT_ASKED = need.RIGHT_IN_REGISTER.not_applicable("An authorisation that is over grants nothing.")
_OBSERVED_NOT_ASKED = need.RIGHT_OBSERVED_THEN.not_applicable("There is no right whose age could be asked.")
_DIVIDED_NOT_ASKED = need.SERVICE_CODE_DIVIDED.not_applicable("There is no right whose code could be asked.")
_COUNTRY_NOT_ASKED = need.RIGHT_IN_COUNTRY.not_applicable("There is no right that could reach another country.")
_NOTIFICATION_NOT_ASKED = need.CRD_NOTIFICATION_SEEN.not_applicable("No right rests on a notification of a credit institution.")


class Sought(msgspec.Struct, frozen=True):
    """What is sought in the registers: the firm's rights in one country, for one of these roles."""

    firm: Firm
    rights: CountryRights
    roles: tuple[str, ...]  # one, or for ``any`` every one that would do
    right: RoleRight | None  # the one that answers: of several roles the one that stands best; None when the register has none
    limits: Limits
    instants: Instants
    absence_shown: bool  # are the registers complete and recent enough to say that something is not there?


def best_right(rights: CountryRights, roles: tuple[str, ...]) -> RoleRight | None:
    """How the firm stands for one of these roles: the one that stands best; None when the register has none of them."""
    if len(roles) == 1:
        return rights.right(roles[0])
    found = [right for role in roles if (right := rights.right(role)) is not None]
    return min(found, key=lambda right: _PREFERENCE[right.standing], default=None)


def status_findings(sought: Sought) -> Iterator[Finding]:
    """Whether the firm is authorised at all, still listed, and untouched by an authority's measure."""
    rights = sought.rights
    yield from _in_force(sought)
    missing_since_at = _missing_since(sought)
    if missing_since_at is not None:
        warn = sought.limits.missing_row_warn
        late = grade(missing_since_at, warn, warn, sought.instants) == "too_old"
        message = f"The firm's row has been gone from its register since {print_instant(missing_since_at)}."
        yield (need.AUTHORISATION_STILL_LISTED.unknown if late else need.AUTHORISATION_STILL_LISTED.not_met)(message)
    if rights.measures:
        yield from _measure_findings(sought, rights.measures)
    for entry in rights.entries:
        if entry.ends_on is not None:
            yield need.NO_END_ANNOUNCED.not_met(f"{entry.authorisation.source} shows its end on {entry.ends_on}.")


def right_findings(sought: Sought) -> Iterator[Finding]:
    """Whether the register grants the payment service, and whether that reaches the country asked."""
    right, rights = sought.right, sought.rights
    if rights.entries and rights.entries[0].status in OVER:
        yield from (_RIGHT_NOT_ASKED, _OBSERVED_NOT_ASKED, _DIVIDED_NOT_ASKED, _COUNTRY_NOT_ASKED, _NOTIFICATION_NOT_ASKED)
        return
    if right is None or right.standing not in _LISTED:
        yield from _not_listed(sought, right)
    else:
        if right.standing == "conflict":
            yield need.SOURCES_AGREE.unknown(
                f"One register lists {right.role} for {rights.country}, another does not.", evidence=rights.record_sha256
            )
        elif right.standing == "observed_later":
            first = "later" if right.since_at is None else f"at {print_instant(right.since_at)}"
            yield need.RIGHT_OBSERVED_THEN.unknown(f"Registers date no right; {right.role} was first seen {first}.")
        if right.undivided:
            yield need.SERVICE_CODE_DIVIDED.not_met(f"{right.source} lists service 5 undivided.")
        if right.by == "crd":
            yield need.CRD_NOTIFICATION_SEEN.not_met(
                f"As a credit institution it may have notified {rights.country}; no register shows that."
            )
    if len(sought.firm.authorisations) > len(rights.entries) and (right is None or right.standing not in GRANTED):
        yield from _other_licences(sought)


def name_shown(identity: Identity, firm: Firm) -> Iterator[Finding]:
    """Whether the certificate shows a name under which the firm is registered. Another is normal: the number decides."""
    shown = identity.name
    if not shown or shown == firm.name:
        return
    key = _letters(shown)
    if key != _letters(firm.name) and all(key != _letters(entry.name) for entry in firm.authorisations):
        message = f"The certificate shows {visible(shown, most=120)}, the register {visible(firm.name, most=120)}."
        yield need.REGISTERED_NAME_SHOWN.not_met(message)


def usable_roles(sought: Sought, in_certificate: tuple[str, ...], policy: Policy) -> tuple[str, ...]:
    """The roles of the certificate that the register grants for the country, as far as the policy asks: all else being in order."""
    held = [(role, sought.rights.right(role)) for role in in_certificate]
    return tuple([role for role, right in held if right is not None and _may_use(sought, right, policy)])


def listed_roles(rights: CountryRights) -> tuple[str, ...]:
    """The roles the register lists for the country, in alphabetical order."""
    return tuple(sorted([right.role for right in rights.rights if right.standing in _SHOWN]))


def _in_force(sought: Sought) -> Iterator[Finding]:
    requirement, rights = need.AUTHORISATION_IN_FORCE, sought.rights
    if not rights.entries:
        yield requirement.unknown("The firm's entries are of another authority.")
        return
    entry = rights.entries[0]
    evidence = (entry.authorisation.record_sha256,)
    if entry.status == "WITHDRAWN":
        yield requirement.not_met(f"{entry.authorisation.source} shows it withdrawn since {entry.since_on}.", evidence=evidence)
    elif entry.status == "NOT_YET":
        begins_on = min(entry.authorisation.authorised_on)
        yield requirement.not_met(f"It begins on {begins_on}.", reason="authorisation_not_yet_in_force", evidence=evidence)
    elif entry.status == "UNKNOWN":
        yield requirement.unknown(f"{entry.authorisation.source} says nothing of it that can be read.", evidence=evidence)
    for measure in rights.measures:
        if measure.kind == "replaced" and _closes(sought, measure):
            message = f"Since {measure.from_on} it is replaced by {visible(measure.note, most=200) or 'another firm'}."
            yield requirement.not_met(message, reason="authorisation_replaced", evidence=(measure.evidence_sha256,))
        elif measure.kind == "ending" and _closes(sought, measure):
            yield requirement.not_met(f"It ended on {measure.to_on}.", evidence=(measure.evidence_sha256,))


def _missing_since(sought: Sought) -> datetime | None:
    """Since when the row that answers is gone; a firm whose right stands in another row is not missing."""
    right = sought.right
    if right is None or right.standing not in _LISTED:
        return sought.rights.missing_since_at
    return right.since_at if right.standing == "row_missing" else None


def _measure_findings(sought: Sought, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    day = sought.instants.at.date()
    for measure in measures:
        where = ", ".join(sorted(measure.countries)) or "every country"
        message = f"{measure.source}, from {measure.from_on} in {where}" + (f": {visible(measure.note, most=200)}" if measure.note else ".")
        evidence = (measure.evidence_sha256,)
        doing = effect(measure, on=day)
        if measure.kind == "suspended" and _closes(sought, measure):
            yield need.NOT_SUSPENDED.not_met(message, evidence=evidence)
        elif measure.kind == "restricted" and doing == "warns":
            yield need.NOT_RESTRICTED.not_met(message, reason="restricted_in_words", evidence=evidence)
        elif measure.kind == "restricted" and _closes(sought, measure):
            yield need.NOT_RESTRICTED.not_met(message, evidence=evidence)
        elif measure.kind == "warning":
            yield need.NO_WARNING_PUBLISHED.not_met(message, evidence=evidence)
        elif measure.kind == "ending" and doing == "ends":
            yield need.NO_END_ANNOUNCED.not_met(f"It ends on {measure.to_on or 'a day not given'}.", evidence=evidence)


def _closes(sought: Sought, measure: Measure) -> bool:
    """Whether the measure closes every role that would answer the question."""
    if effect(measure, on=sought.instants.at.date()) != "closes":
        return False
    return not measure.services or roles_in_scope(measure).issuperset(sought.roles)


def _not_listed(sought: Sought, right: RoleRight | None) -> Iterator[Finding]:
    """No register lists the right for this country: is it at home, is it impossible, or is it nowhere?"""
    rights = sought.rights
    yield from (_OBSERVED_NOT_ASKED, _DIVIDED_NOT_ASKED, _NOTIFICATION_NOT_ASKED)
    if right is not None and (right.standing in ABSENT or (right.standing == "right_missing" and right.role in rights.home_roles)):
        yield _not_here(sought, right)
        return
    yield _COUNTRY_NOT_ASKED
    requirement, evidence = need.RIGHT_IN_REGISTER, rights.record_sha256
    kinds = {entry.authorisation.entity_type for entry in rights.entries if entry.status not in OVER}
    types = " and ".join(sorted(kinds)) or "its entry"
    wanted = " or ".join(sought.roles)
    if right is not None and right.standing == "unknown":
        yield requirement.unknown(f"What {right.source} says of {right.role} cannot be read.", evidence=evidence)
    elif not sought.absence_shown:
        yield requirement.unknown(f"{types} lists no {wanted}, in a register too old or too partial to show that.", evidence=evidence)
    elif kinds == {"PSD_AISP"}:
        message = f"It is registered for account information; {wanted} was needed."
        yield requirement.not_met(message, reason="registered_for_account_information_only", evidence=evidence)
    elif right is not None and right.standing == "impossible":
        message = f"{right.source} lists {right.role} for {types}, which cannot have it."
        yield requirement.unknown(message, reason="service_not_possible_for_type", evidence=evidence)
    elif kinds == {"PSD_EXC"}:
        yield requirement.not_met(
            "It acts under an exclusion, without authorisation.", reason="excluded_from_authorisation", evidence=evidence
        )
    elif right is not None and right.standing == "right_missing" and right.since_at is not None:
        yield requirement.not_met(f"{right.role} was listed until {print_instant(right.since_at)}.", evidence=evidence)
    else:
        yield requirement.not_met(f"{types} lists no {wanted}, at home or for {rights.country}.", evidence=evidence)


def _not_here(sought: Sought, right: RoleRight) -> Finding:
    """The right stands at home and does not reach the country asked."""
    requirement, rights = need.RIGHT_IN_COUNTRY, sought.rights
    message = f"{right.role} is listed at home and not for {rights.country}."
    if right.standing == "not_passportable":
        return requirement.not_met(message, reason="home_country_only", evidence=rights.record_sha256)
    if not sought.absence_shown:
        return requirement.unknown(message, evidence=rights.record_sha256)
    return requirement.not_met(message, evidence=rights.record_sha256)


def _other_licences(sought: Sought) -> Iterator[Finding]:
    """Licences of the same firm under another authority or number: a hint, never counted."""
    counted = {id(entry.authorisation) for entry in sought.rights.entries}
    others = [entry for entry in sought.firm.authorisations if id(entry) not in counted]
    named = ", ".join(
        sorted({f"{entry.authority or entry.authority_code} {visible(entry.number, most=40)} ({entry.entity_type})" for entry in others})
    )
    yield need.LICENCE_OF_THE_NAMED_AUTHORITY.not_met(f"The firm also has {named}.")


def _may_use(sought: Sought, right: RoleRight, policy: Policy) -> bool:
    if right.standing == "listed":
        return True
    asked = Sought(sought.firm, sought.rights, (right.role,), right, sought.limits, sought.instants, sought.absence_shown)
    return all(
        policy.consequence(finding) not in {"refuse", "gap"}
        for findings in (status_findings, right_findings)
        for finding in findings(asked)
    )


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
