"""The issuer's side of an assessment: is it listed, was it entitled to issue this, and is what it issued qualified, then and now?

What is found rests on the listed service and on the form of the certificate, not on whose it is. So it is remembered per service and
form, bounded: an issuer's next certificate of the same form costs a look-up. The memory changes no answer.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from obdirectory.core.countries import EEA_MEMBERSHIP, iso_country, list_territory, member_state
from obdirectory.core.finding import Finding
from obdirectory.core.visible import visible
from obdirectory.trust import asked as need
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.chain import NoPath, Path, path_problem
from obdirectory.trust.index import AcceptedList, TrustIndex, TrustService
from obdirectory.trust.names import COUNTRY
from obdirectory.trust.qualified import EIDAS_AT, Qualification, Step, YesNoUnknown, covers, qualifications

LIST_OF_LISTS = "EU"
_NOT_JUDGED = tuple(one.not_applicable("Not judged: no listed issuer signed it.") for one in need.QUALIFICATION)
_MAY_ISSUE = need.ISSUER_MAY_ISSUE.met(need.ISSUER_MAY_ISSUE.title)
_CONSISTENT = need.LIST_CONSISTENT.met(need.LIST_CONSISTENT.title)


@dataclass(frozen=True, slots=True)
class IssuerSide:
    """What the lists say of a certificate's issuer and, through it, of the certificate."""

    lists: tuple[AcceptedList, ...]
    findings: tuple[Finding, ...]
    qualified_at_issuance: YesNoUnknown
    qualified: YesNoUnknown
    type: str  # web or eseal if the list decides that it is qualified for it, else empty
    service: TrustService | None
    service_status: str
    steps: tuple[Step, ...]
    other_lists: tuple[AcceptedList, ...] = ()  # of further territories that list the same issuer


def judge_issuer(certificate: Certificate, path: Path | NoPath, trust: TrustIndex, at: datetime, *, marked: bool) -> IssuerSide:
    """Judge the issuer's side. ``marked`` says that the certificate is marked as made for tests where tests do not count."""
    if isinstance(path, NoPath):
        territory = _named_in(certificate, trust) if path.broken else _territory(certificate)
        return _unlisted(certificate, path, trust, territory, _lists(trust, territory), marked=marked)
    lists = _lists(trust, path.services[0].territory)
    others = _other_lists(trust, path.services)
    key = _form(certificate, path, lists, at)
    if key is None or others:
        return replace(_listed(certificate, path, lists, at), other_lists=others)
    found = _MEMORY.get(key)
    if found is None:
        if len(_MEMORY) >= _MOST_REMEMBERED:
            _MEMORY.clear()
        found = _MEMORY[key] = (path.services, lists, _listed(certificate, path, lists, at))
    return found[2]


# The key holds the identities of services and lists; the value holds the objects themselves, so that no identity is ever used again.
_MEMORY: dict[Hashable, tuple[tuple[TrustService, ...], tuple[AcceptedList, ...], IssuerSide]] = {}
_MOST_REMEMBERED = 4096


def _form(certificate: Certificate, path: Path, lists: tuple[AcceptedList, ...], at: datetime) -> Hashable | None:
    """All that the issuer's side rests on, as a key; None where it rests on more: on names, on authorities between, on another law."""
    if path.authorities or path.restricted or certificate.qc.legislation_countries:
        return None
    issued_at = certificate.not_before_at
    then: list[int] = []
    place = 0
    at_issuance = at_instant = False
    for service in path.services:
        for interval in service.intervals:
            if covers(interval, issued_at):
                then.append(place)
                at_issuance = True
            if covers(interval, at):
                then.append(~place)
                at_instant = True
            place += 1
    if not (at_issuance and at_instant):
        return None
    return (
        id(path.services), *map(id, lists), tuple(then), issued_at >= EIDAS_AT, certificate.qc, certificate.policies, certificate.key_usage,
        certificate.extended_key_usage, frozenset([kind for kind, _ in certificate.subject]),
    )  # fmt: skip


def _territory(certificate: Certificate) -> str:
    """The territory whose list answers for the country in the issuer's name; empty if it names none."""
    country = next((value for kind, value in certificate.issuer if kind == COUNTRY), "")
    return list_territory(member_state(iso_country(country)))


def _named_in(certificate: Certificate, trust: TrustIndex) -> str:
    """The territory whose list has the issuer's name; some authorities are listed in another one than their name says."""
    name_der = certificate.issuer_der
    listed = (trust.services[name_der, spki_der] for spki_der in trust.by_subject.get(name_der, ()))
    return next((services[0].territory for services in listed), _territory(certificate))


def _other_lists(trust: TrustIndex, services: tuple[TrustService, ...]) -> tuple[AcceptedList, ...]:
    """The lists of further territories that have the issuer: what they say of it counts too, and is evidence."""
    if len(services) == 1:
        return ()
    territories = dict.fromkeys([service.territory for service in services])
    return tuple([trust.loaded[territory] for territory in [*territories][1:] if territory in trust.loaded])


def _lists(trust: TrustIndex, territory: str) -> tuple[AcceptedList, ...]:
    first, second = trust.loaded.get(LIST_OF_LISTS), trust.loaded.get(territory)
    return (first, second) if first and second else (first,) if first else (second,) if second else ()


def _listed(certificate: Certificate, path: Path, lists: tuple[AcceptedList, ...], at: datetime) -> IssuerSide:
    evidence = tuple([one.sha256 for one in lists])
    judged = qualifications(certificate, path.services, at)
    requirement = need.ISSUER_LISTED
    listed = Finding(requirement.code, "yes", "", requirement.title, requirement.clause, evidence)
    resting = next((one for one in reversed(judged) if one.service), None)
    return IssuerSide(
        lists=lists,
        findings=(listed, *_entitled(certificate, path, at), *_qualified(judged, evidence)),
        qualified_at_issuance=judged[0].qualified,
        qualified=judged[1].qualified,
        type=next((one.type for one in reversed(judged) if one.qualified == "yes"), ""),
        service=resting.service if resting else None,
        service_status=resting.interval.status if resting and resting.interval else "",
        steps=_steps(judged, lists),
    )


def _unlisted(
    certificate: Certificate, path: NoPath, trust: TrustIndex, territory: str, lists: tuple[AcceptedList, ...], *, marked: bool
) -> IssuerSide:
    """No listed key signed it. Where its territory's list is missing that proves nothing, unless nothing could ever make it listed.

    Clause: our reading; else a forger could write any country into the issuer's name and be left undetermined for good.
    """
    requirement, evidence = need.ISSUER_LISTED, tuple([one.sha256 for one in lists])
    issuer = issuer_name(certificate)
    hopeless = certificate.precertificate or marked or certificate.issuer == certificate.subject or path.broken is not None
    if not (iso_country(territory) in EEA_MEMBERSHIP or territory in trust.loaded):
        finding = requirement.not_met(f"{issuer} is in no accepted list, and its name gives no country that has one.", evidence=evidence)
    elif hopeless or (LIST_OF_LISTS in trust.loaded and territory in trust.loaded):
        finding = requirement.not_met(f"{issuer} is in no accepted list.", evidence=evidence)
    elif not trust.loaded:
        finding = requirement.unknown("No trusted list is loaded.", reason="no_trusted_list_loaded")
    else:
        missing = f"list of {territory}" if territory not in trust.loaded else "list of lists"
        finding = requirement.unknown(
            f"{issuer} is in no accepted list, but the {missing} is not loaded.", reason="trusted_list_not_loaded", evidence=evidence
        )
    word: YesNoUnknown = "no" if finding.met == "no" else "unknown"
    return IssuerSide(lists, (finding, *_NOT_JUDGED), word, word, "", None, "", ())


def issuer_name(certificate: Certificate) -> str:
    """The issuer as people call it: common name, else unit, else organisation."""
    named = dict(reversed(certificate.issuer))  # the first of each kind
    return visible(named.get("2.5.4.3") or named.get("2.5.4.11") or named.get("2.5.4.10") or "an issuer without a name", most=80)


def _entitled(certificate: Certificate, path: Path, at: datetime) -> Iterator[Finding]:
    problem = path_problem(certificate, path, at)
    yield need.ISSUER_MAY_ISSUE.not_met(f"{problem.why}.", reason=problem.word) if problem else _MAY_ISSUE
    if path.authorities and not any("RootCA-QC" in interval.additional for service in path.services for interval in service.intervals):
        yield need.LISTED_AS_ROOT.not_met("The issuer hangs on a listed key that is not listed as a root for qualified certificates.")


def _qualified(judged: tuple[Qualification, Qualification], evidence: tuple[str, ...]) -> Iterator[Finding]:
    for requirement, answer, suffix in zip(need.QUALIFICATION, judged, ("_at_issuance", ""), strict=True):
        match answer.qualified:
            case "yes":
                yield Finding(requirement.code, "yes", "", answer.message, requirement.clause, evidence)
            case "no":
                yield requirement.not_met(visible(answer.message), reason=answer.reason + suffix, evidence=evidence)
            case "unknown":
                yield requirement.unknown(visible(answer.message), reason=answer.reason + suffix, evidence=evidence)
    warnings = judged[1].warnings or judged[0].warnings
    yield need.LIST_CONSISTENT.not_met(f"{visible('; '.join(warnings))}.", evidence=evidence) if warnings else _CONSISTENT


def _steps(judged: tuple[Qualification, Qualification], lists: tuple[AcceptedList, ...]) -> tuple[Step, ...]:
    seen = ", ".join([f"{one.territory} {one.sequence}" for one in lists])
    first: Step = ("lists_accepted", "passed" if any(one.territory == LIST_OF_LISTS for one in lists) else "unknown", seen)
    at_issuance: list[Step] = [(f"at_issuance.{name}", outcome, what) for name, outcome, what in judged[0].steps]
    return (first, *at_issuance, *[(f"at_instant.{name}", outcome, what) for name, outcome, what in judged[1].steps])
