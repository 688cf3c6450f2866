"""Is a certificate qualified, for a web site or for seals, at one instant: the procedure of ETSI TS 119 615 as named steps.

The steps and their order are those that DSS 6.4 takes; docs/qualification.md tells each. Three outcomes, never two: what the list says in
a form we do not read, or says twice and differently, makes the answer unknown, with the reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from obdirectory.core.countries import in_eea, iso_country
from obdirectory.core.instants import print_instant
from obdirectory.core.visible import visible
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.index import Criteria, ServiceInterval, TrustService

YesNoUnknown: TypeAlias = Literal["yes", "no", "unknown"]
CertificateType: TypeAlias = Literal["esign", "eseal", "web", "unknown"]
Outcome: TypeAlias = Literal["passed", "failed", "unknown"]
Step: TypeAlias = tuple[str, Outcome, str]

EIDAS_AT = datetime(2016, 6, 30, 22, tzinfo=UTC)
"""Regulation (EU) No 910/2014 applies from this instant: 1 July 2016 in Brussels."""

GRANTED_BEFORE_EIDAS = frozenset({"undersupervision", "supervisionincessation", "accredited"})
_ADDITIONAL: dict[CertificateType, str] = {"web": "ForWebSiteAuthentication", "eseal": "ForeSeals", "esign": "ForeSignatures"}
_QUALIFIER: dict[CertificateType, str] = {"web": "QCForWSA", "eseal": "QCForESeal", "esign": "QCForESig"}
_WITH_QSCD, _WITHOUT_QSCD = frozenset({"QCWithQSCD", "QCWithSSCD", "QCQSCDManagedOnBehalf"}), frozenset({"QCNoQSCD", "QCNoSSCD"})
WEB_POLICIES = frozenset({"0.4.0.194112.1.4", "0.4.0.194112.1.5", "0.4.0.194112.1.6", "0.4.0.19495.3.1"})
"""QCP-w, QNCP-w, QNCP-w-gen and QCP-w-psd2. DSS asks for the first two alone; a real QWAC (FINA) carries the last alone (facts 2.6)."""

_BEFORE_EIDAS_POLICIES = frozenset({"0.4.0.1456.1.1", "0.4.0.1456.1.2"})
_KEY_USAGE_NAMES = {"nonRepudiation": "contentCommitment", "crlSign": "cRLSign"}
"""Key usage bits that TS 119 612 spells otherwise than RFC 5280."""


@dataclass(frozen=True, slots=True)
class Qualification:
    """The answer at one instant. ``reason`` is empty for ``yes``; ``service`` is the one the answer rests on, when there is one."""

    qualified: YesNoUnknown
    reason: str
    message: str
    type: CertificateType
    service: TrustService | None
    interval: ServiceInterval | None
    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Instance:
    """One service instance with the qualifiers it gives this certificate; ``unread`` says what in it is not understood."""

    service: TrustService
    interval: ServiceInterval
    qualifiers: frozenset[str]
    unread: str


@dataclass(frozen=True, slots=True)
class _Answer:
    qualified: YesNoUnknown
    reason: str
    message: str
    type: CertificateType


def type_in_certificate(certificate: Certificate) -> CertificateType:
    """The one type its QcType statement names; none with QcCompliance is for signatures, several are unknown.

    Clause: TS 119 615 as DSS reads it (facts 2.6).
    """
    known = [one for one in ("esign", "eseal", "web") if one in certificate.qc.types]
    if len(known) == 1:
        return known[0]  # type: ignore[return-value]
    return "esign" if not known and certificate.qc.compliance else "unknown"


def qualifications(certificate: Certificate, services: Sequence[TrustService], at: datetime) -> tuple[Qualification, Qualification]:
    """The answers at issuance and at the instant; taken once when the same service instances cover both."""
    issued_at = certificate.not_before_at
    first = qualification(certificate, services, issued_at)
    same = all(covers(interval, issued_at) == covers(interval, at) for service in services for interval in service.intervals)
    return first, first if same and first.interval else qualification(certificate, services, at)


def qualification(certificate: Certificate, services: Sequence[TrustService], at: datetime) -> Qualification:
    """Take the steps for one certificate, the services listed under its issuer's key, and one instant."""
    steps: list[Step] = []

    # 1. Instances of the services at that instant.
    then = [_instance(certificate, service, interval) for service in services for interval in service.intervals if covers(interval, at)]
    if not then:
        steps.append(("service_listed_then", "failed", f"no instance of the issuer's services covers {print_instant(at)}"))
        return _ended(steps, "no", "no_service", f"The issuer was not listed at {print_instant(at)}.")
    steps.append(("service_listed_then", "passed", _named(then)))

    # 2. Those for issuing qualified certificates.
    issuing = [one for one in then if one.interval.type == "CA/QC"]
    if not issuing:
        steps.append(("service_issues_qualified_certificates", "failed", ", ".join(sorted({one.interval.type for one in then}))))
        return _ended(
            steps, "no", "service_not_for_qualified_certificates", "The issuer is listed, but not for qualified certificates.", then
        )
    steps.append(("service_issues_qualified_certificates", "passed", "CA/QC"))

    # What is not understood in a list can change the answer in either direction.
    if unread := next((one for one in issuing if one.unread), None):
        steps.append(("list_understood", "unknown", unread.unread))
        return _ended(
            steps,
            "unknown",
            "list_not_understood",
            f"The list says of {unread.service.name!r} what we do not read: {unread.unread}.",
            issuing,
        )
    steps.append(("list_understood", "passed", "every critical extension and criterion is read"))

    # 3. Those that the list gives for this type of certificate.
    stated = type_in_certificate(certificate)
    fitting = [one for one in issuing if _fits(certificate, one, stated)]
    if not fitting:
        seen = sorted({word for one in issuing for word in one.interval.additional}) or ["none"]
        steps.append(("service_for_this_type", "failed", f"the certificate is for {stated}; the service for {', '.join(seen)}"))
        return _ended(steps, "no", "service_not_for_this_type", f"The issuer is not listed for certificates of type {stated}.", issuing)
    steps.append(("service_for_this_type", "passed", f"{stated}"))

    # 4. Contradictions inside one service are shown.
    warnings = tuple(warning for one in fitting for warning in _inconsistencies(one))
    steps.append(("list_consistent", "failed" if warnings else "passed", "; ".join(warnings) or "no contradiction"))

    # 5. Several services must say the same.
    answers = [_answer(certificate, one, stated) for one in fitting]
    if len({(answer.qualified, answer.type) for answer in answers}) > 1:
        seen = "; ".join(f"{one.service.name!r}: {answer.qualified}" for one, answer in zip(fitting, answers, strict=True))
        steps.append(("services_agree", "unknown", seen))
        return _ended(steps, "unknown", "services_contradict", f"The list gives contradictory answers: {visible(seen)}.", fitting, warnings)
    steps.append(("services_agree", "passed", f"{len(fitting)} instance{'s' if len(fitting) > 1 else ''}"))

    # 6-9. Status, qualified, type.
    chosen, answer = fitting[0], answers[0]
    steps += _closing_steps(certificate, chosen, answer)
    return Qualification(
        answer.qualified, answer.reason, answer.message, answer.type, chosen.service, chosen.interval, tuple(steps), warnings
    )


def _ended(
    steps: list[Step],
    qualified: YesNoUnknown,
    reason: str,
    message: str,
    instances: Sequence[_Instance] = (),
    warnings: tuple[str, ...] = (),
) -> Qualification:
    first = instances[0] if instances else None
    service, interval = (first.service, first.interval) if first else (None, None)
    return Qualification(qualified, reason, message, "unknown", service, interval, tuple(steps), warnings)


def covers(interval: ServiceInterval, at: datetime) -> bool:
    """Whether the instance was the current one at that instant."""
    return interval.from_at <= at and (interval.to_at is None or at < interval.to_at)


def _named(instances: Sequence[_Instance]) -> str:
    return "; ".join(f"{one.service.territory} {one.service.name!r} {one.interval.status}" for one in instances[:4])


def _instance(certificate: Certificate, service: TrustService, interval: ServiceInterval) -> _Instance:
    qualifiers: set[str] = set()
    unread = f"critical extension {interval.unknown_critical[0]}" if interval.unknown_critical else ""
    for entry in interval.qualifications:
        match meets(entry.criteria, certificate):
            case True:
                qualifiers |= entry.qualifiers
            case None:
                unread = unread or f"criteria for {', '.join(sorted(entry.qualifiers))}"
            case False:
                pass
    return _Instance(service, interval, frozenset(qualifiers), unread)


def meets(criteria: Criteria, certificate: Certificate) -> bool | None:
    """Does the certificate meet a criteria list? None if one criterion that decides cannot be read.

    Clause: ETSI TS 119 612 (Qualifications extension, facts 2.5).
    """
    found: list[bool | None] = [None] * len(criteria.unreadable)
    found += _each(criteria, certificate)
    unclear = None in found
    match criteria.assertion:
        case "all":
            return False if False in found else None if unclear else True
        case "atLeastOne":
            return True if True in found else None if unclear else False
        case "none":
            return False if True in found else None if unclear else True
        case _:
            return None


def _each(criteria: Criteria, certificate: Certificate) -> Iterator[bool | None]:
    for policies in criteria.policy_sets:
        yield policies.issubset(certificate.policies)
    usages = certificate.key_usage or frozenset[str]()
    for bits in criteria.key_usages:
        yield all((_KEY_USAGE_NAMES.get(name, name) in usages) == wanted for name, wanted in bits)
    for purposes in criteria.extended_key_usages:
        yield purposes.issubset(certificate.extended_key_usage or ())
    for attributes in criteria.subject_attributes:
        yield attributes.issubset(kind for kind, _ in certificate.subject)
    for nested in criteria.nested:
        yield meets(nested, certificate)


def _fits(certificate: Certificate, instance: _Instance, stated: CertificateType) -> bool:
    """Whether the list gives the service for this type: directly, or for another type which a qualifier then gives this certificate.

    Clause: TS 119 615 (table 1, PRO-4.4.4-12) as DSS quotes it. DSS takes QcCompliance for QCForESig there, whatever the QcType, and so
    accepts a web site certificate under a service for signatures alone; we do not.
    """
    if certificate.not_before_at < EIDAS_AT or stated == "unknown":
        return True
    additional = instance.interval.additional
    if "QCForLegalPerson" in instance.qualifiers:
        additional -= {"ForeSignatures"}
    if _ADDITIONAL[stated] in additional:
        return True
    usages = _usages(instance.qualifiers)
    return len(usages) == 1 and _ADDITIONAL[usages[0]] in additional


def _usages(qualifiers: frozenset[str]) -> tuple[CertificateType, ...]:
    return tuple(kind for kind, qualifier in _QUALIFIER.items() if qualifier in qualifiers)


def _inconsistencies(instance: _Instance) -> Iterator[str]:
    """What the list says of one certificate and cannot all be so."""
    said, name = instance.qualifiers, instance.service.name
    if _WITH_QSCD & said and _WITHOUT_QSCD & said:
        yield f"{name!r} says with and without QSCD"
    if {"QCStatement", "NotQualified"} <= said:
        yield f"{name!r} says qualified and not qualified"
    if len(usages := _usages(said)) > 1:
        yield f"{name!r} says {' and '.join(_QUALIFIER[one] for one in usages)}"
    if {"QCForLegalPerson", "QCForESig"} <= said:
        yield f"{name!r} says for legal persons and for signatures"
    additional = instance.interval.additional & set(_ADDITIONAL.values())
    for usage in usages:
        if additional and _ADDITIONAL[usage] not in additional:
            yield f"{name!r} says {_QUALIFIER[usage]} without {_ADDITIONAL[usage]}"


def _granted(interval: ServiceInterval) -> bool:
    return interval.status == "granted" if interval.from_at >= EIDAS_AT else interval.status in GRANTED_BEFORE_EIDAS


def _answer(certificate: Certificate, instance: _Instance, stated: CertificateType) -> _Answer:
    """Status, then whether qualified, then the type: the list's word over the certificate's."""
    said, name = instance.qualifiers, instance.service.name
    if not _granted(instance.interval):
        return _Answer("no", "service_not_granted", f"The status of {name!r} is {instance.interval.status}.", stated)
    if {"QCStatement", "NotQualified"} <= said:
        return _Answer("unknown", "services_contradict", f"{name!r} says qualified and not qualified.", stated)
    if "NotQualified" in said:
        return _Answer("no", "not_qualified_by_list", f"The list says of this certificate that it is not qualified ({name!r}).", stated)
    if "QCStatement" not in said and not _states_compliance(certificate):
        return _Answer("no", "not_stated_qualified", "Neither the certificate nor the list says that it is qualified.", stated)
    if elsewhere := _other_law(certificate, instance):
        return _Answer(
            "no", "qualified_under_another_law", f"The certificate says that it is qualified under the law of {elsewhere}.", stated
        )
    usages = _usages(said)
    # An instance that began before eIDAS can be for signatures alone; there was nothing else then.
    final: CertificateType = "esign" if instance.interval.from_at < EIDAS_AT else stated
    if len(usages) > 1:
        return _Answer("unknown", "services_contradict", f"{name!r} gives the certificate {len(usages)} types.", "unknown")
    if usages and instance.interval.from_at >= EIDAS_AT:
        final = usages[0]
    if final == "unknown":
        return _Answer("unknown", "several_types", "The certificate names several types, and the list does not decide.", "unknown")
    if final == "esign":
        return _Answer("no", "qualified_for_signatures_only", "The certificate is qualified for signatures of natural persons.", "esign")
    return _Answer("yes", "", f"Qualified for {_WORDS[final]} under {name!r} ({instance.interval.status}).", final)


_WORDS: dict[CertificateType, str] = {"web": "website authentication", "eseal": "seals", "esign": "signatures", "unknown": "nothing known"}


def _states_compliance(certificate: Certificate) -> bool:
    if certificate.not_before_at < EIDAS_AT:
        return certificate.qc.compliance or not _BEFORE_EIDAS_POLICIES.isdisjoint(certificate.policies)
    return certificate.qc.compliance


def _other_law(certificate: Certificate, instance: _Instance) -> str:
    """The countries whose law the certificate names, if neither the list's nor that of the Union is among them (EN 319 412-5)."""
    named = [iso_country(country) for country in certificate.qc.legislation_countries]
    at_home = iso_country(instance.service.territory) in named or any(in_eea(country, certificate.not_before_at) for country in named)
    return "" if at_home else visible(", ".join(named), most=60)


def _closing_steps(certificate: Certificate, instance: _Instance, answer: _Answer) -> Iterator[Step]:
    """Steps 6 to 9 as they were taken; the first that failed is the last."""
    interval, said = instance.interval, instance.qualifiers
    granted = _granted(interval)
    yield "service_granted", "passed" if granted else "failed", f"{interval.status} since {print_instant(interval.from_at)}"
    if not granted:
        return
    by_list = [word for word in ("NotQualified", "QCStatement") if word in said]
    seen = " and ".join(f"{word} in the list" for word in by_list) or ("QcCompliance" if certificate.qc.compliance else "no QcCompliance")
    if answer.reason in {"not_qualified_by_list", "not_stated_qualified", "qualified_under_another_law"}:
        yield "certificate_qualified", "failed", seen
        return
    if by_list == ["NotQualified", "QCStatement"]:
        yield "certificate_qualified", "unknown", seen
        return
    yield "certificate_qualified", "passed", seen
    usages = ", ".join(_QUALIFIER[one] for one in _usages(said))
    source = f"{usages} in the list" if usages else f"QcType {' '.join(certificate.qc.types) or 'absent'}"
    outcome: Outcome = "passed" if answer.qualified == "yes" else "failed" if answer.qualified == "no" else "unknown"
    yield "type_for_tpps", outcome, f"{answer.type}: {source}"
    if answer.type == "web":
        named = [policy for policy in certificate.policies if policy in WEB_POLICIES]
        yield "web_policy_named", "passed" if named else "failed", " ".join(named) or "none; the profile says so, the answer stands"
    qscd = "in the list" if _WITH_QSCD & said else "denied by the list" if _WITHOUT_QSCD & said else ""
    yield "key_in_qscd", "passed", qscd or ("stated in the certificate" if certificate.qc.qscd else "not stated, and not needed here")
