"""A world in memory for the benchmarks: one list, one CRL, as many firms as asked, and fresh certificates of them by the hundred."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from obdirectory.check.question import Question
from obdirectory.check.world import World
from obdirectory.core.identifiers import entity_id, sha256_hex
from obdirectory.core.nca import NcaId
from obdirectory.core.payment_services import PaymentService
from obdirectory.directory.index import Authorisation, Firm, Right, SourceState
from obdirectory.directory.lookup import index_of
from obdirectory.sandbox.issuing import Issuer, cached_key, issue, make_ca, make_crl
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.crl import CrlView
from obdirectory.trust.index import AcceptedList, ServiceInterval, TrustService, build_index
from obdirectory.trust.revocation import RevocationIndex, judge_file

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_SINCE = datetime(2016, 7, 1, tzinfo=UTC)
_LITHUANIA = NcaId("LT", "BL")


@dataclass(frozen=True, slots=True)
class BenchWorld:
    """The world, its issuer, and the questions to ask of it."""

    world: World
    issuer: Issuer
    questions: tuple[Question, ...]


def make_world(*, firms: int = 7_000, certificates: int = 300, key: str = "rsa2048") -> BenchWorld:
    """``certificates`` different QWACs of the first firms, all permitted; the issuer's key is of the kind asked."""
    issuer = make_ca(country="DE", organization="Bench Trust", common_name="Bench Issuing CA", key=cached_key(key, "bench"))
    ca = read_certificate(issuer.der)
    assert isinstance(ca, Certificate), ca
    granted = ServiceInterval(_SINCE, None, "granted", "CA/QC", frozenset({"ForWebSiteAuthentication"}), ())
    service = TrustService("DE", "Bench Trust", "Bench CA", "bb" * 32, ca.subject_der, ca.spki_der, None, (issuer.der,), (granted,))
    lists = [
        (AcceptedList("EU", 390, 6, "aa" * 32, NOW - timedelta(days=10), NOW + timedelta(days=100), NOW - timedelta(days=1)), ()),
        (AcceptedList("DE", 120, 6, "bb" * 32, NOW - timedelta(days=10), NOW + timedelta(days=90), NOW - timedelta(days=1)), (service,)),
    ]
    trust = build_index(lists)
    crl = judge_file(
        make_crl(issuer, this_update_at=NOW - timedelta(minutes=20), next_update_at=NOW + timedelta(hours=12)), "crl", trust, at=NOW
    )
    assert isinstance(crl, CrlView), crl
    source = SourceState("eu_eba", "payment", "snapshot", "11" * 32, NOW - timedelta(hours=1), NOW, NOW)
    shared: dict[tuple[Right, ...], tuple[Right, ...]] = {}
    directory = index_of((_firm(number, shared) for number in range(firms)), {"eu_eba": source})
    world = World("live", 1, "00" * 32, NOW, trust, directory, RevocationIndex(crls={(crl.issuer_der, crl.issuer_spki_der): (crl,)}))
    questions = tuple(
        Question("live", _certificate(issuer, number % firms, key), PaymentService.PIS, "DE") for number in range(certificates)
    )
    return BenchWorld(world, issuer, questions)


def _firm(number: int, shared: dict[tuple[Right, ...], tuple[Right, ...]]) -> Firm:
    """A firm as it is when a register has been loaded: its rights by country worked out."""
    code = f"LT_BL!LB{number:06d}"
    rights = tuple(
        Right(country, service, _SINCE)
        for country in ("DE", "FR", "LT", "ES", "NL")
        for service in ("PS_03A", "PS_03C", "PS_070", "PS_080")
    )
    entry = Authorisation(
        "eu_eba", "PSD_PI", code, _LITHUANIA, "LT_BL", f"LB{number:06d}", f"Bench Firm {number} UAB", "LT", (date(2019, 1, 1),),
        rights, (), (), (), sha256_hex(code.encode()), first_seen_at=_SINCE,
    )  # fmt: skip
    entry.sharing(shared)
    return Firm(entity_id("eu_eba", "PSD_PI", code), entry.name, "LT", (entry,))


def _certificate(issuer: Issuer, number: int, key: str) -> bytes:
    der, _ = issue(
        issuer,
        organization=f"Bench Firm {number} UAB",
        country="LT",
        common_name=f"firm-{number}.bench.example",
        organization_identifier=f"PSDLT-BL-LB{number:06d}",
        nca_name="Bank of Lithuania",
        nca_id="LT-BL",
        key=cached_key(key, "leaf"),
        not_before=NOW - timedelta(days=100),
        not_after=NOW + timedelta(days=300),
    )
    return der
