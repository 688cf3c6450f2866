"""pyHanko judges the same certificates by the same lists; where it answers otherwise, this file says why.

The certificates are made for every authority that the lists of 2019 name for qualified certificates: one of each form, under its name.
Qualification does not look at signatures, so none is needed; the real certificates are compared over their verified chains.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation.qualified.assess import QualificationAssessor
from pyhanko.sign.validation.qualified.eutl_parse import trust_list_to_registry_unsafe
from pyhanko.sign.validation.qualified.tsp import QcCertType, QTSTServiceInformation, QualifiedServiceInformation, Qualifier, TSPRegistry
from pyhanko_certvalidator.authority import AuthorityWithCert, TrustAnchor
from pyhanko_certvalidator.path import ValidationPath
from tests.trust.real_lists import IN_2019, certificates, index_at

from obdirectory.sandbox.issuing import QCP_W_PSD2, issue, make_ca
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.index import TrustIndex, TrustService
from obdirectory.trust.qualified import covers, qualification

TYPES = {QcCertType.QC_WEB: "web", QcCertType.QC_ESEAL: "eseal", QcCertType.QC_ESIGN: "esign"}
FORMS: dict[str, dict[str, Any]] = {
    "web": {},
    "web, PSD2 policy alone": {"policies": (QCP_W_PSD2,)},
    "web, no policy": {"policies": ()},
    "seal": {"purpose": "seal"},
    "seal, signing too": {"purpose": "seal", "key_usage": ("digitalSignature", "contentCommitment")},
    "signature": {"qc_types": ("esign",), "policies": ("0.4.0.194112.1.0",), "key_usage": ("contentCommitment",)},
    "no compliance": {"compliance": False},
    "natural person": {"organization_identifier": None, "extra_subject": (("2.5.4.4", "Doe"), ("2.5.4.42", "Jo"))},
}


@dataclass(frozen=True, slots=True)
class Compared:
    """Both answers on one certificate: (qualified, type), and what explains a difference."""

    ours: tuple[str, str]
    theirs: tuple[str, str]
    reason: str
    services: tuple[TrustService, ...]
    at: datetime
    known: tuple[QualifiedServiceInformation, ...]  # the instances that pyHanko takes into account


@lru_cache(maxsize=1)
def registry_of(folder: Path) -> tuple[TSPRegistry, TrustIndex]:
    """pyHanko's registry and our index of the same lists."""
    index = index_at(folder, IN_2019)
    accepted = {one.sha256 for one in index.loaded.values()} - {index.loaded["EU"].sha256}
    registry = TSPRegistry()
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    for path in sorted((folder / "trust" / "lists").glob("*.xml")):
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() in accepted:
            trust_list_to_registry_unsafe(content.decode("utf-8-sig"), registry)
    return registry, index


def theirs(registry: TSPRegistry, leaf: bytes, authority: bytes, at: datetime) -> tuple[str, str]:
    certificate = asn1_x509.Certificate.load(leaf)
    path = ValidationPath(TrustAnchor(AuthorityWithCert(asn1_x509.Certificate.load(authority))), [], certificate)
    try:
        found = QualificationAssessor(registry).check_entity_cert_qualified(path, at)
    except ValueError:
        return ("unreadable", "")  # asn1crypto does not read some authorities' names
    return ("yes" if found.status.qualified else "no", TYPES[found.status.qc_type])


def compared(folder: Path, *, full: bool) -> Iterator[Compared]:
    """Both answers for every authority that is listed for qualified certificates; quickly: for three forms each in turn, at one instant."""
    registry, index = registry_of(folder)
    signer = make_ca()
    issued_at = IN_2019 - timedelta(days=60)
    forms = [issue(signer, not_before=issued_at, not_after=issued_at + timedelta(days=700), **knobs)[0] for knobs in FORMS.values()]
    listed = [
        services for services in index.services.values() if any(one.type == "CA/QC" for service in services for one in service.intervals)
    ]
    for place, services in enumerate(listed):
        authority = services[0].certificates[0]
        for der in forms if full else (forms * 2)[place % len(forms) :][:3]:
            certificate = read_certificate(der)
            assert isinstance(certificate, Certificate)
            for at in (issued_at, IN_2019) if full else (IN_2019,):
                said = theirs(registry, der, authority, at)
                if said[0] == "unreadable":
                    continue
                mine = qualification(certificate, services, at)
                # What both call not qualified for web sites or seals is the same answer to a TPP.
                their_answer = said if said[0] == "yes" and said[1] != "esign" else ("no", "")
                our_answer = (mine.qualified, mine.type if mine.qualified == "yes" else "")
                known = tuple(registry.applicable_service_definitions(AuthorityWithCert(asn1_x509.Certificate.load(authority)), at))
                yield Compared(our_answer, their_answer, mine.reason, services, at, known)


def explanation(one: Compared) -> str:
    """Why the two answers differ; empty if nothing explains it."""
    then = [interval for service in one.services for interval in service.intervals if covers(interval, one.at)]
    current = [interval for interval in then if interval.type == "CA/QC"]
    statuses = {interval.status for interval in current}
    if len(one.known) < sum(interval.status == "granted" for interval in current):
        return "pyHanko passes over an instance with a critical extension that it does not read, TakenOverBy among them, without a word"
    if any(isinstance(known, QTSTServiceInformation) for known in one.known) and one.theirs[0] == "yes":
        return "pyHanko lets a time-stamping service listed under the same key make a certificate qualified"
    if sum(len(known.qualifications) for known in one.known) < sum(len({*interval.qualifications}) for interval in current):
        return "pyHanko keeps the last of several Qualifications extensions of an instance"
    legal = any(Qualifier.LEGAL_PERSON in given.qualifiers for known in one.known for given in known.qualifications)
    if legal and one.ours == ("yes", "eseal") and one.theirs[0] == "no":
        return "pyHanko takes a certificate that the list calls one for legal persons for not qualified; every seal is one"
    if one.reason == "services_contradict" and "granted" in statuses and len(statuses) > 1:
        return "pyHanko knows granted instances alone; DSS and we see another that is withdrawn"
    if one.reason == "service_not_for_this_type" and any(not interval.additional for interval in current):
        return "pyHanko takes an instance that is listed for no type as one for every type; DSS and we do not"
    return ""


def test_every_listed_authority_is_judged_as_pyhanko_judges_it(shared_data: Path, full: bool) -> None:
    seen: dict[str, int] = {}
    unexplained: list[Compared] = []
    count = 0
    for one in compared(shared_data, full=full):
        count += 1
        if one.ours != one.theirs:
            why = explanation(one)
            seen[why] = seen.get(why, 0) + 1
            if not why:
                unexplained.append(one)
    print(f"\n{count} compared; {sum(seen.values())} differ:", *(f"{number:5} {why}" for why, number in sorted(seen.items())), sep="\n  ")
    assert unexplained == []
    assert count > 500
    assert sum(seen.values()) < count / 10


@pytest.mark.parametrize("days", [0, 30])
def test_the_real_certificates_are_judged_as_pyhanko_judges_them(shared_data: Path, days: int) -> None:
    registry, index = registry_of(shared_data)
    judged: list[str] = []
    for one in certificates(shared_data, "production"):
        certificate = read_certificate(one.der)
        assert isinstance(certificate, Certificate)
        at = certificate.not_before_at + timedelta(days=days)
        for spki in index.by_subject.get(certificate.issuer_der, ()):
            services = index.services[certificate.issuer_der, spki]
            mine = qualification(certificate, services, at)
            said = theirs(registry, one.der, services[0].certificates[0], at)
            assert (mine.qualified, mine.type) == said == ("yes", "web")
            judged.append(one.name)
    assert len(judged) == 4
