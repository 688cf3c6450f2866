"""What an authority's measure does to a service in a country on a day: suspension, restriction, ending, replacement, warning."""

from collections.abc import Iterable
from datetime import date
from typing import Literal, TypeAlias

from obdirectory.core.countries import member_state
from obdirectory.core.errors import InvalidInput
from obdirectory.core.payment_services import ROLE_NEEDED, ROLE_OF_SERVICE_CODE, PaymentService
from obdirectory.directory.index import Measure

Effect: TypeAlias = Literal["closes", "warns", "ends"]


def in_force(measures: Iterable[Measure], *, country: str, on: date) -> tuple[Measure, ...]:
    """The measures that apply in this country that day, whatever the service. Periods are [from, to)."""
    return tuple(measure for measure in measures if measure.from_on <= on and not _is_over(measure, on) and _covers(measure, country))


def applying(measures: Iterable[Measure], *, payment_service: PaymentService, country: str, on: date) -> tuple[Measure, ...]:
    """The measures that apply to this payment service in this country that day.

    ``any`` and ``vop`` ask no role: only measures without a scope of services meet them.
    """
    role = ROLE_NEEDED[payment_service]
    return tuple(
        measure for measure in in_force(measures, country=country, on=on) if not measure.services or role in roles_in_scope(measure)
    )


def roles_in_scope(measure: Measure) -> frozenset[str]:
    """The PSP roles a measure names, by service code, role or payment service; empty when it names none: then it is for all of them."""
    return frozenset(role for word in measure.services if (role := _role_of(word)) is not None)


def effect(measure: Measure, *, on: date) -> Effect:
    """What a measure in force does to the services in its scope that day.

    A suspension and a replacement close them. A restriction closes the services it names; one of free text alone can only warn.
    An announced end closes them from its day. Clause: our reading.
    """
    if measure.kind in ("suspended", "replaced"):
        return "closes"
    if measure.kind == "restricted":
        return "closes" if measure.services else "warns"
    if measure.kind == "ending":
        return "closes" if measure.to_on is not None and measure.to_on <= on else "ends"
    return "warns"


def closed_roles(measures: Iterable[Measure], *, on: date) -> frozenset[str] | None:
    """The roles that these measures, all in force, close that day; None when they close everything."""
    closed: set[str] = set()
    for measure in measures:
        if effect(measure, on=on) == "closes":
            if not measure.services:
                return None
            closed |= roles_in_scope(measure)
    return frozenset(closed)


def _is_over(measure: Measure, on: date) -> bool:
    # What ended stays ended: an announced end never stops applying.
    return measure.kind != "ending" and measure.to_on is not None and measure.to_on <= on


def _covers(measure: Measure, country: str) -> bool:
    return not measure.countries or country in measure.countries or country in {member_state(listed) for listed in measure.countries}


def _role_of(word: str) -> str | None:
    if word in ROLE_OF_SERVICE_CODE:
        return ROLE_OF_SERVICE_CODE[word]
    if word.startswith("PSP_"):
        return word
    try:
        return ROLE_NEEDED[PaymentService.parse(word)]
    except InvalidInput:
        return None
