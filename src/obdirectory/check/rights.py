"""How the firm stands in the registers for the payment service and country asked: status, measures, right and passport, as findings.

Nothing here looks at the policy but for its grace for a row that vanished; what a finding means is weighed in ``outcome``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from obdirectory.check import requirements as need
from obdirectory.check.ageing import grade
from obdirectory.check.policy import Limits, Policy
from obdirectory.core.finding import Finding
from obdirectory.core.payment_services import PaymentService
from obdirectory.core.visible import visible
from obdirectory.directory.index import Firm, Measure
from obdirectory.directory.measures import effect, roles_in_scope
from obdirectory.directory.passport import CountryRights
from obdirectory.directory.standing import ABSENT, GRANTED, KINDS, OVER, RoleRight, Standing
from obdirectory.trust.assess import Identity, Instants

_IN_FORCE = need.AUTHORISATION_IN_FORCE.met(need.AUTHORISATION_IN_FORCE.title)
_LISTED = need.AUTHORISATION_STILL_LISTED.met(need.AUTHORISATION_STILL_LISTED.title)
_NOT_SUSPENDED = need.NOT_SUSPENDED.met(need.NOT_SUSPENDED.title)
_NOT_RESTRICTED = need.NOT_RESTRICTED.met(need.NOT_RESTRICTED.title)
_NO_END = need.NO_END_ANNOUNCED.met(need.NO_END_ANNOUNCED.title)
_NO_WARNING = need.NO_WARNING_PUBLISHED.met(need.NO_WARNING_PUBLISHED.title)
_AGREE = need.SOURCES_AGREE.met(need.SOURCES_AGREE.title)
_RIGHT = need.RIGHT_IN_REGISTER.met(need.RIGHT_IN_REGISTER.title)
_OBSERVED = need.RIGHT_OBSERVED_THEN.met(need.RIGHT_OBSERVED_THEN.title)
_DIVIDED = need.SERVICE_CODE_DIVIDED.met(need.SERVICE_CODE_DIVIDED.title)
_HERE = need.RIGHT_IN_COUNTRY.met(need.RIGHT_IN_COUNTRY.title)
_NOTIFIED = need.CRD_NOTIFICATION_SEEN.met(need.CRD_NOTIFICATION_SEEN.title)
_NAMED_AUTHORITY = need.LICENCE_OF_THE_NAMED_AUTHORITY.met(need.LICENCE_OF_THE_NAMED_AUTHORITY.title)
_NAME_SHOWN = need.REGISTERED_NAME_SHOWN.met(need.REGISTERED_NAME_SHOWN.title)

# Which of several roles answers for ``any``: the one that stands best.
_PREFERENCE: dict[Standing, int] = {
    "listed": 0, "observed_later": 1, "row_missing": 2, "conflict": 3, "unknown": 4, "not_passported": 5, "right_missing": 6,
    "not_passportable": 7, "impossible": 8, "closed": 9,
}  # fmt: skip
_LISTED_STANDINGS: frozenset[Standing] = frozenset({"listed", "observed_later", "row_missing", "conflict", "closed"})
_HELD = _LISTED_STANDINGS | ABSENT


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought in the registers: the firm's rights in one country, for one of these roles."""

    firm: Firm
    rights: CountryRights
    roles: tuple[str, ...]  # one, or for ``any`` every one that would do
    payment_service: PaymentService
    limits: Limits
    instants: Instants
    absence_shown: bool  # are the registers complete and recent enough to say that something is not there?

    @property
    def right(self) -> RoleRight | None:
        """The right that answers: of several roles the one that stands best; None when the register has none of them."""
        found = [right for role in self.roles if (right := self.rights.right(role)) is not None]
        if len(found) > 1:
            return min(found, key=lambda right: _PREFERENCE[right.standing])
        return found[0] if found else None


def status_findings(sought: Sought) -> Iterator[Finding]:
    """Whether the firm is authorised at all, still listed, and untouched by an authority's measure. Yields met findings too."""
    rights, right = sought.rights, sought.right
    yield _in_force(sought)
    missing_since_at = rights.missing_since_at if right is None or right.standing not in GRANTED else None
    if right is not None and right.standing == "row_missing":
        missing_since_at = right.since_at
    if missing_since_at is None:
        yield _LISTED
    else:
        warn = sought.limits.missing_row_warn
        late = grade(missing_since_at, warn, warn, sought.instants) == "too_old"
        message = f"The firm's row has been gone from its register since {missing_since_at:%Y-%m-%d %H:%M} UTC."
        yield (need.AUTHORISATION_STILL_LISTED.unknown if late else need.AUTHORISATION_STILL_LISTED.not_met)(message)
    if rights.measures:
        yield from _measure_findings(sought, rights.measures)
    else:
        yield _NOT_SUSPENDED
        yield _NOT_RESTRICTED
        yield _NO_WARNING
    ends_on = next((entry.ends_on for entry in rights.entries if entry.ends_on), None)
    if ends_on is not None:
        yield need.NO_END_ANNOUNCED.not_met(f"The authorisation ends on {ends_on}.")
    elif not any(measure.kind == "ending" for measure in rights.measures):
        yield _NO_END


def right_findings(sought: Sought) -> Iterator[Finding]:
    """Whether the register grants the payment service, and whether that reaches the country asked. Yields met findings too."""
    right = sought.right
    if sought.rights.entries and sought.rights.entries[0].status in OVER:
        return  # what an authorisation that is over once granted says nothing
    if right is not None and right.standing == "conflict":
        roles = " or ".join(sought.roles)
        yield need.SOURCES_AGREE.unknown(f"One register lists {roles} for {sought.rights.country}, another does not.")
    else:
        yield _AGREE
    yield _granted(sought, right)
    if right is not None and right.standing in _LISTED_STANDINGS:
        if right.standing == "observed_later":
            first = f"{right.since_at:%Y-%m-%d %H:%M} UTC" if right.since_at else "later"
            yield need.RIGHT_OBSERVED_THEN.unknown(f"Registers date no right; {right.role} was first seen at {first}.")
        else:
            yield _OBSERVED
        yield need.SERVICE_CODE_DIVIDED.not_met(f"{right.source} lists service 5 undivided.") if right.undivided else _DIVIDED
    yield from _reach(sought, right)
    others = [entry for entry in sought.firm.authorisations if entry.authority != sought.rights.entries[0].authorisation.authority]
    if others and (right is None or right.standing not in GRANTED):
        named = ", ".join(sorted({f"{entry.authority or entry.authority_code} ({entry.entity_type})" for entry in others}))
        yield need.LICENCE_OF_THE_NAMED_AUTHORITY.not_met(f"The firm also holds licences of {named}.")
    else:
        yield _NAMED_AUTHORITY


def name_finding(identity: Identity, firm: Firm) -> Finding:
    """Whether the certificate shows a name under which the firm is registered. Another is normal: the number decides."""
    shown = identity.name
    if not shown or shown == firm.name:
        return _NAME_SHOWN
    key = _comparable(shown)
    if key == _comparable(firm.name) or any(key == _comparable(entry.name) for entry in firm.authorisations):
        return _NAME_SHOWN
    return need.REGISTERED_NAME_SHOWN.not_met(
        f"The certificate shows {visible(shown, most=120)}, the register {visible(firm.name, most=120)}."
    )


def usable_roles(sought: Sought, in_certificate: tuple[str, ...], policy: Policy) -> tuple[str, ...]:
    """The roles of the certificate that the register grants for the country, as far as the policy asks: all else being in order."""
    return tuple(role for role in in_certificate if (right := sought.rights.right(role)) is not None and _may_use(sought, right, policy))


def listed_roles(rights: CountryRights) -> tuple[str, ...]:
    """The roles the register lists for the country, in alphabetical order."""
    return tuple(sorted(right.role for right in rights.rights if right.standing in {"listed", "observed_later", "row_missing"}))


def _in_force(sought: Sought) -> Finding:
    requirement = need.AUTHORISATION_IN_FORCE
    if not sought.rights.entries:
        return requirement.unknown("The firm's entries are of another authority.")
    entry = sought.rights.entries[0]
    evidence = (entry.authorisation.record_sha256,)
    if entry.status == "WITHDRAWN":
        return requirement.not_met(f"{entry.authorisation.source} shows it withdrawn since {entry.since_on}.", evidence=evidence)
    if entry.status == "NOT_YET":
        begins = min(entry.authorisation.authorised_on)
        return requirement.not_met(f"It begins on {begins}.", reason="authorisation_not_yet_in_force", evidence=evidence)
    for measure in sought.rights.measures:
        if measure.kind in {"replaced", "ending"} and _closes(sought, measure):
            if measure.kind == "replaced":
                successor = visible(measure.note, most=200) or "another firm"
                return requirement.not_met(
                    f"Since {measure.from_on} it is replaced by {successor}.", reason="authorisation_replaced", evidence=evidence
                )
            return requirement.not_met(f"It ended on {measure.to_on}.", evidence=(measure.evidence_sha256,))
    if entry.status == "UNKNOWN":
        return requirement.unknown(f"{entry.authorisation.source} gives no date that can be read.", evidence=evidence)
    return _IN_FORCE


def _measure_findings(sought: Sought, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    day = sought.instants.at.date()
    for measure in measures:
        where = ", ".join(sorted(measure.countries)) or "every country"
        note = f": {visible(measure.note, most=200)}" if measure.note else ""
        message = f"{measure.source}, from {measure.from_on} in {where}{note}."
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


def _granted(sought: Sought, right: RoleRight | None) -> Finding:
    requirement = need.RIGHT_IN_REGISTER
    if right is not None and right.standing in _HELD:
        return _RIGHT
    rights = sought.rights
    if right is not None and right.standing == "right_missing" and right.role in rights.home_roles:
        return _RIGHT  # still granted at home: what vanished is the passport
    evidence = rights.record_sha256
    kinds = {entry.authorisation.entity_type for entry in rights.entries if entry.status not in OVER}
    wanted = " or ".join(sought.roles)
    types = ", ".join(sorted(kinds)) or "its entry"
    if right is not None and right.standing == "unknown":
        return requirement.unknown(f"What {right.source} says of {right.role} cannot be read.", evidence=evidence)
    if not sought.absence_shown:
        return requirement.unknown(
            f"{wanted} is not listed for {types}, in a register too old or too partial to show that.", evidence=evidence
        )
    if kinds == {"PSD_AISP"}:
        return requirement.not_met(
            f"It is registered for account information; {wanted} was needed.",
            reason="registered_for_account_information_only",
            evidence=evidence,
        )
    if right is not None and right.standing == "impossible":
        return requirement.unknown(
            f"{right.source} lists {right.role} for {types}, which cannot have it.",
            reason="service_not_possible_for_type",
            evidence=evidence,
        )
    if kinds == {"PSD_EXC"}:
        return requirement.not_met(
            "It acts under an exclusion and holds no authorisation.", reason="excluded_from_authorisation", evidence=evidence
        )
    return requirement.not_met(f"{types} grants no {wanted}, at home or in {rights.country}.", evidence=evidence)


def _reach(sought: Sought, right: RoleRight | None) -> Iterator[Finding]:
    """The passport: only asked where the right exists at all."""
    if right is None or right.standing in {"impossible", "unknown"}:
        return
    requirement, rights = need.RIGHT_IN_COUNTRY, sought.rights
    vanished = right.standing == "right_missing"
    if right.standing in ABSENT or (vanished and right.role in rights.home_roles):
        message = f"{right.role} is listed at home and not for {rights.country}."
        if vanished:
            message = f"{right.role} was listed for {rights.country} until {right.since_at:%Y-%m-%d} and is listed at home alone."
        if right.standing == "not_passportable" or all(
            KINDS[kind].reach != "passport" for entry in rights.entries if (kind := entry.authorisation.entity_type) in KINDS
        ):
            yield requirement.not_met(message, reason="home_country_only", evidence=rights.record_sha256)
        elif not sought.absence_shown:
            yield requirement.unknown(message, evidence=rights.record_sha256)
        else:
            yield requirement.not_met(message, evidence=rights.record_sha256)
    elif not vanished:
        yield _HERE
    if right.by == "crd":
        yield need.CRD_NOTIFICATION_SEEN.not_met(f"As a credit institution it may have notified {rights.country}; no register shows that.")
    else:
        yield _NOTIFIED


def _may_use(sought: Sought, right: RoleRight, policy: Policy) -> bool:
    if right.standing == "listed":
        return True
    asked = Sought(
        sought.firm,
        sought.rights,
        (right.role,),
        sought.payment_service,
        sought.limits,
        sought.instants,
        absence_shown=sought.absence_shown,
    )
    return all(
        policy.consequence(finding) not in {"refuse", "gap"}
        for findings in (status_findings, right_findings)
        for finding in findings(asked)
    )


def _comparable(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
