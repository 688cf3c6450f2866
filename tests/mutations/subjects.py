"""Certificates that are permitted as they are, each with the evidence that permits it: what the mutations start from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from tests.directory.firms import entry, firm
from tests.mutations.tree import Node, Place, places, read
from tests.trust.real_lists import IN_2019, certificates, index_at

from obdirectory.check.decide import Decided, decide_outcome
from obdirectory.check.question import Environment, Question
from obdirectory.check.world import World
from obdirectory.core.payment_services import PaymentService
from obdirectory.directory.index import Firm, SourceState
from obdirectory.directory.lookup import index_of
from obdirectory.sandbox.firms import FIRMS
from obdirectory.sandbox.issuing import Issuer, cached_key, issue, make_ca, make_crl
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.crl import CrlView
from obdirectory.trust.index import AcceptedList, ServiceInterval, TrustIndex, TrustService, build_index
from obdirectory.trust.revocation import RevocationIndex, judge_file

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
_BOTH = "070 080"


@dataclass(frozen=True)
class Subject:
    """A certificate, the question that permits it, and the keys that may have signed it, for a judge who is not ourselves."""

    name: str
    der: bytes
    question: Question
    world: World
    signer_keys: tuple[bytes, ...]  # SubjectPublicKeyInfo
    issuer: Issuer | None  # where we hold the key: what a listed authority would sign can be made

    def decide(self, der: bytes, chain: tuple[bytes, ...] = ()) -> Decided:
        """The same question about other bytes."""
        asked = self.question
        question = Question(
            asked.environment, der, asked.payment_service, asked.country, asked.at, asked.known_at, asked.policy, chain or asked.chain
        )
        return decide_outcome(question, self.world, now=NOW)

    @property
    def tree(self) -> Node:
        return _tree(self.der)

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place of the tree but the root."""
        return _places(self.der)

    @property
    def tbs_der(self) -> bytes:
        """The signed part."""
        return _tbs(self.der)


@lru_cache(maxsize=64)
def _tree(der: bytes) -> Node:
    return read(der)


@lru_cache(maxsize=64)
def _places(der: bytes) -> tuple[Place, ...]:
    return tuple(places(_tree(der)))[1:]


@lru_cache(maxsize=64)
def _tbs(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).tbs_certificate_bytes


def signature_verifies(der: bytes, keys: Sequence[bytes]) -> bool:
    """Whether one of these keys signed the certificate, as another library sees it."""
    certificate = x509.load_der_x509_certificate(der)
    hash_algorithm = certificate.signature_hash_algorithm
    assert hash_algorithm is not None
    for spki in keys:
        key = serialization.load_der_public_key(spki)
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(certificate.signature, certificate.tbs_certificate_bytes, padding.PKCS1v15(), hash_algorithm)
            else:
                assert isinstance(key, ec.EllipticCurvePublicKey)
                key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hash_algorithm))
        except InvalidSignature:
            continue
        return True
    return False


def sandbox_subjects() -> list[Subject]:
    """The sandbox's firm with a passport, under an RSA and a P-256 authority, for websites and for seals."""
    return [
        _sandbox("kiteshore, RSA", "rsa2048"),
        _sandbox("kiteshore, P-256", "p256"),
        _sandbox("kiteshore's seal, P-256", "p256", seal=True),
    ]


def _sandbox(name: str, kind: str, *, seal: bool = False) -> Subject:
    made = next(one for one in FIRMS if one.file == "kiteshore")
    authority = make_ca(country="DE", organization="Sandbox Trust Services", common_name=f"Sandbox {kind} CA", key=kind)
    der, _ = issue(
        authority,
        purpose="seal" if seal else "web",
        organization=made.name,
        country=made.country,
        common_name="kiteshore.sandbox.example",
        organization_identifier=made.organization_identifier,
        roles=made.roles,
        nca_name=made.nca_name,
        nca_id=made.nca_id,
        key=cached_key(kind, "kiteshore"),
        ocsp_url="",
    )
    trust = listed(authority)
    judged = judge_file(make_crl(authority, this_update_at=NOW - HOUR), "crl", trust, at=NOW)
    assert isinstance(judged, CrlView)
    revocation = RevocationIndex(crls={(judged.issuer_der, judged.issuer_spki_der): (judged,)})
    holder = firm(entry("LT_BL!LB900001", {country: _BOTH for country, _ in made.services}, authorised="2019-09-16"), name=made.name)
    question = Question("sandbox", der, PaymentService.PIS, "DE")
    world = _world("sandbox", trust, [holder], NOW - HOUR, revocation)
    return Subject(name, der, question, world, (authority.spki_der,), authority)


def listed(*authorities: Issuer) -> TrustIndex:
    """A list of lists and a German list that names these authorities for websites and seals."""
    kinds = frozenset({"ForWebSiteAuthentication", "ForeSeals"})
    granted = ServiceInterval(datetime(2017, 1, 1, tzinfo=UTC), None, "granted", "CA/QC", kinds, ())
    services = [
        TrustService("DE", "Sandbox Trust Services", "CA", "bb" * 32, one.name_der, one.spki_der, None, (one.der,), (granted,))
        for one in authorities
    ]
    days = timedelta(days=1)
    lists = [
        AcceptedList(name, 7, 6, digest * 32, NOW - 10 * days, NOW + 80 * days, NOW - days) for name, digest in (("EU", "aa"), ("DE", "bb"))
    ]
    return build_index([(lists[0], ()), (lists[1], services)])


def _world(environment: Environment, trust: TrustIndex, firms: Sequence[Firm], as_of: datetime, revocation: RevocationIndex) -> World:
    source = SourceState("eu_eba", "payment", "snapshot", "11" * 32, as_of, as_of, as_of)
    return World(environment, 1, "ee" * 32, as_of, trust, index_of(firms, {"eu_eba": source}), revocation)


def real_subjects(shared_data: Path) -> list[Subject]:
    """Two real certificates on the real lists of 2019, with a register entry planted for each; asked about a day of their own time."""
    return [
        _real(shared_data, "PSDCZ-CNB-63492555", datetime(2020, 1, 16, tzinfo=UTC), "CZ_CNB!63492555"),
        _real(shared_data, "PSDDE-BAFIN-151548", datetime(2019, 10, 20, tzinfo=UTC), "DE_BAFIN!10151548"),
    ]


def _real(shared_data: Path, identifier: str, at: datetime, code: str) -> Subject:
    der = next(one.der for one in certificates(shared_data, "production") if identifier in one.name)
    trust = index_at(shared_data, IN_2019)
    country = code[:2]
    world = _world("live", trust, [firm(entry(code, {country: _BOTH}, authorised="2018-03-01"))], at - HOUR, RevocationIndex())
    read = read_certificate(der)
    assert isinstance(read, Certificate)
    keys = trust.by_subject[read.issuer_der]
    return Subject(identifier, der, Question("live", der, PaymentService.AIS, country, at, at, "eba"), world, tuple(keys), None)
