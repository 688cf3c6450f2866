"""Small worlds in memory: one certificate as trust assessed it, one register, one question; a test changes the one thing it is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.directory.firms import entry, firm

from obdirectory.check.decide import Decided, decide_outcome, explained
from obdirectory.check.question import Question
from obdirectory.check.world import World
from obdirectory.core.finding import Finding
from obdirectory.core.identifiers import sha256_hex
from obdirectory.core.nca import NcaId
from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.core.payment_services import ROLE_NAMES, PaymentService
from obdirectory.directory.index import Authorisation, Firm, SourceState
from obdirectory.directory.lookup import index_of
from obdirectory.trust.assess import Assessment, Identity
from obdirectory.trust.certificate import Certificate, PublicKey, QcStatements
from obdirectory.trust.index import AcceptedList, ServiceInterval, TrustIndex, TrustService
from obdirectory.trust.psd2 import Psd2Role, Psd2Statement
from obdirectory.trust.revocation import RevocationAnswer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BEFORE = datetime(2026, 9, 13, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BAFIN = NcaId("DE", "BAFIN")
NUMBER = "10125314"
OID_OF = {name: oid for oid, name in ROLE_NAMES.items()}

PAYMENT = SourceState("eu_eba", "payment", "snapshot-1", "11" * 32, NOW - HOUR, NOW, NOW)
CREDIT = SourceState("eu_eba_credit", "credit", "snapshot-2", "22" * 32, NOW - HOUR, NOW, NOW)
CURATED = SourceState("curated", "curated", "snapshot-3", "33" * 32, NOW - HOUR, NOW, NOW, frozenset({"DE-BAFIN"}), complete=False)

EU = AcceptedList("EU", 390, 6, "aa" * 32, NOW - 10 * DAY, NOW + 100 * DAY, NOW - DAY)
DE = AcceptedList("DE", 120, 6, "bb" * 32, NOW - 10 * DAY, NOW + 90 * DAY, NOW - DAY)
SERVICE = TrustService(
    "DE",
    "A QTSP",
    "A QTSP QWAC CA",
    "bb" * 32,
    b"issuer",
    b"key",
    None,
    (),
    (ServiceInterval(BEFORE, None, "granted", "CA/QC", frozenset(), ()),),
)
GOOD = RevocationAnswer("ocsp", "good", NOW - HOUR / 2, NOW - HOUR / 2, NOW + DAY, "cc" * 32, known_at=NOW - HOUR / 2)


def certificate(
    organization_identifier: str | None = f"PSDDE-BAFIN-{NUMBER}",
    roles: Iterable[str] = ("PSP_AI", "PSP_PI"),
    nca_id: str = "DE-BAFIN",
    **changes: Any,
) -> Certificate:
    """A certificate as it was read; its bytes are made of its identifier alone."""
    identifiers = () if organization_identifier is None else (OrganizationIdentifier.parse(organization_identifier),)
    der = (organization_identifier or "nobody").encode()
    statement = Psd2Statement(tuple(Psd2Role(OID_OF[name], name) for name in roles), "An authority", nca_id, "standard")
    values: dict[str, Any] = {
        "der": der,
        "sha256": sha256_hex(der),
        "tbs_der": der,
        "signature_algorithm": "1.2.840.113549.1.1.11",
        "signature": b"",
        "serial_number": 7,
        "issuer_der": b"issuer",
        "subject_der": b"subject",
        "issuer": (),
        "subject": (),
        "spki_der": b"leaf key",
        "public_key": PublicKey("rsa", 2048),
        "not_before_at": NOW - 100 * DAY,
        "not_after_at": NOW + 300 * DAY,
        "organization_identifiers": identifiers,
        "qc": QcStatements(),
        "psd2": (statement,),
        "policies": (),
        "key_usage": None,
        "extended_key_usage": None,
        "dns_names": (),
        "is_ca": False,
        "path_length": None,
        "authority_key_id": b"key id",
        "subject_key_id": None,
        "ocsp_urls": ("http://ocsp.example/",),
        "issuer_urls": (),
        "crl_urls": (),
        "precertificate": False,
        "critical_extensions": (),
        "extensions": (),
        "deviations": (),
    }
    return Certificate(**{**values, **changes})


def assessed(
    given: Certificate | None = None, *, nca_id: NcaId | None = BAFIN, name: str = "", findings: Iterable[Finding] = (), **changes: Any
) -> Assessment:
    """What trust says of a certificate that is in perfect order, but for the changes."""
    given = certificate() if given is None else given
    named = given.organization_identifiers[0] if given.organization_identifiers else None
    roles = tuple(role.name for statement in given.psd2 for role in statement.roles)
    identity = Identity(name, named, nca_id, "" if named is None else named.number, roles)
    values: dict[str, Any] = {
        "certificate": given,
        "kind": "qwac",
        "identity": identity,
        "chain_sha256": ("dd" * 32,),
        "signature_verified": True,
        "service": SERVICE,
        "service_status": "granted",
        "qualified_at_issuance": "yes",
        "qualified": "yes",
        "in_period": True,
        "revocation": GOOD,
        "lists": (EU, DE),
        "steps": (),
        "findings": tuple(findings),
    }
    return Assessment(**{**values, **changes})


def a_firm(*entries: Authorisation, **changes: Any) -> Firm:
    """A German payment institution with services 7 and 8 at home and in France, or the firm of these entries."""
    return firm(*(entries or (entry(services={"DE": "070 080", "FR": "070 080"}),)), **changes)


def a_world(*firms: Firm, sources: Iterable[SourceState] = (PAYMENT,), **changes: Any) -> World:
    """A live world with these firms in the EBA's register."""
    directory = index_of(firms, {source.source: source for source in sources})
    return replace(World("live", 1, "ee" * 32, NOW, TrustIndex(loaded={"EU": EU, "DE": DE}), directory), **changes)


def ask(payment_service: str = "pis", country: str = "DE", **changes: Any) -> Question:
    """A question about some certificate."""
    values: dict[str, Any] = {
        "environment": "live",
        "certificate": b"",
        "payment_service": PaymentService(payment_service),
        "country": country,
    }
    return Question(**{**values, **changes})


def answer(
    question: Question | None = None, world: World | None = None, assessment: Assessment | None = None, *, now: datetime = NOW
) -> Decided:
    """Decide; by default everything is in order."""
    return decide_outcome(question or ask(), world or a_world(a_firm()), now=now, assessment=assessment or assessed())


def said(decided: Decided) -> dict[str, str]:
    """code -> reason of every finding that is not met or unknown."""
    return {finding.code: finding.reason for finding in explained(decided) if finding.reason}


def consequences(decided: Decided) -> dict[str, str]:
    """reason -> consequence of every finding that has one."""
    return {finding.reason: finding.consequence for finding in explained(decided) if finding.consequence}


def holder(*roles: str, number: str = f"PSDDE-BAFIN-{NUMBER}") -> Assessment:
    """A certificate in perfect order with these roles."""
    return assessed(certificate(number, roles))


def got(at: datetime) -> RevocationAnswer:
    """A good answer produced, and got, at that instant."""
    return replace(GOOD, produced_at=at, this_update_at=at, known_at=at)


def of(kind: str, services: dict[str, str] | None = None, **changes: Any) -> Firm:
    """A firm of one entry of that kind."""
    return a_firm(entry(services=services, kind=kind, **changes))


def outcome(decided: Decided) -> tuple[str, str]:
    """Word and reason."""
    return decided.word, decided.reason
