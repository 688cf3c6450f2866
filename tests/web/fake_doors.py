"""A directory that knows three invented firms, to try the web side against: everything is a value held in memory."""

import base64
import hashlib
import hmac
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from obdirectory.check.policy import load_policies
from obdirectory.check.question import Environment, Question
from obdirectory.check.verdict import (
    AuthorisationEcho,
    CertificateEcho,
    DecisionEcho,
    Evidence,
    QuestionEcho,
    RegisterEvidence,
    RevocationEvidence,
    RolesEcho,
    TppEcho,
    TrustListEvidence,
    TrustServiceEcho,
    Verdict,
    WorldEcho,
)
from obdirectory.core.countries import NAMES
from obdirectory.core.finding import REQUIREMENTS, Finding
from obdirectory.core.identifiers import new_event_id, sha256_hex
from obdirectory.core.instants import print_instant
from obdirectory.core.nca import NcaId
from obdirectory.core.payment_services import ROLE_NEEDED
from obdirectory.directory.index import Authorisation, Branch, Firm, Measure, Right
from obdirectory.platform.identity import DEFAULT_PERMISSIONS, ApiClient
from obdirectory.sandbox.issuing import issue, make_ca
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.web.doors import (
    Answer,
    Doors,
    EvidenceAge,
    Example,
    Explain,
    FirmChange,
    FirmEvent,
    FirmHit,
    FirmView,
    ListDetail,
    ListedService,
    ListStatus,
    Page,
    Readiness,
    SnapshotRow,
    SourceStatus,
    WorldSummary,
)

importlib.import_module("obdirectory.check.check")  # the requirements are declared by the modules that decide them

NOW = datetime(2026, 11, 24, 9, 41, 7, 318_000, tzinfo=UTC)
LIVE_KEY, SANDBOX_KEY, CHOOSER_KEY, BANK_KEY, BLIND_KEY = (
    f"obd_{environment}_{key_id * 4}_{'s' * 43}"
    for environment, key_id in (("live", "live"), ("sandbox", "sand"), ("live", "pick"), ("live", "bank"), ("live", "none"))
)


def digest(text: str) -> str:
    return sha256_hex(text.encode())


@dataclass
class FakeDirectory:
    """What stands behind the doors; a test may change it before it asks."""

    now: datetime = NOW
    empty_live: bool = False
    firm_name: str = "Lumenpay UAB"
    ready: bool = True
    wait_seconds: float | None = None
    address_wait_seconds: float | None = None
    fail_with: Exception | None = None
    questions: list[Question] = field(default_factory=list[Question])
    answers: dict[tuple[str, Environment, str | None], Answer] = field(default_factory=dict[tuple[str, Environment, str | None], Answer])

    # ---- the check

    async def check(self, question: Question, *, receipt: bool = False, explain: Explain = "deciding") -> Answer:
        if self.fail_with is not None:
            raise self.fail_with
        self.questions.append(question)
        verdict = self.verdict(question, explain)
        body = msgspec.json.encode(verdict)
        answer = Answer(verdict.id, body, _receipt(body) if receipt else None)
        self.answers[verdict.id, question.environment, question.client] = answer
        return answer

    async def answer_by_id(self, check_id: str, environment: Environment, client: str | None) -> Answer | None:
        return self.answers.get((check_id, environment, client))

    async def receipt(self, check_id: str, environment: Environment, client: str | None) -> str | None:
        answer = self.answers.get((check_id, environment, client))
        return None if answer is None else _receipt(answer.body)

    def verdict(self, question: Question, explain: Explain) -> Verdict:
        """Accounts are permitted, payments outside LT refused, funds undetermined; what is no certificate is refused."""
        read = read_certificate(question.certificate)
        certificate = read if isinstance(read, Certificate) else None
        service, country = question.payment_service.value, question.country
        word: Literal["permitted", "refused", "undetermined"] = "permitted"
        if certificate is None or (service == "pis" and country != "LT"):
            word = "refused"
        elif service == "cbpii":
            word = "undetermined"
        findings = self.findings(certificate, word, country)
        deciding = next((f for f in findings if f.consequence in {"refuse", "gap"}), None)
        policy = load_policies()[question.policy]
        role = ROLE_NEEDED[question.payment_service]
        now = print_instant(self.now)
        at = print_instant(question.at) if question.at else now
        return Verdict(
            id=new_event_id(int(self.now.timestamp() * 1000)),
            verdict=word,
            reason=deciding.reason if deciding else "",
            actor="" if deciding is None else "tpp" if word == "refused" else "operator",
            remedy="" if deciding is None else remedy_of(deciding),
            checked_at=now,
            at=at,
            known_at=print_instant(question.known_at) if question.known_at else now,
            valid_until=print_instant(self.now + timedelta(minutes=15)),
            degraded=False,
            retry_after_seconds=None,
            question=QuestionEcho(
                question.environment,
                sha256_hex(question.certificate),
                service,
                country,
                question.aspsp,
                question.policy,
                question.possession,
                question.request_id,
                question.channel,
            ),
            decision=DecisionEcho(word == "permitted", f"verdict {word}"),
            certificate=CertificateEcho(
                "qwac" if certificate else "other",
                *("yes", "yes") if certificate else ("unknown", "unknown"),
                TrustServiceEcho("LT", "Baltic Trust QWAC CA 3", "granted") if certificate else None,
                certificate is not None,
                "good" if certificate else "unknown",
            ),
            tpp=TppEcho("e1", self.firm_name, "PSDLT-BL-LB002214", "LB002214", "LT-BL", "LT")
            if certificate
            else TppEcho(None, "", "", "", "", ""),
            roles=RolesEcho(("PSP_PI", "PSP_AI"), ("PSP_AI",), (role,) if role and word == "permitted" else ())
            if certificate
            else RolesEcho((), (), ()),
            authorisation=AuthorisationEcho("PSD_PI", "AUTHORISED", "2019-09-14", "home" if country == "LT" else "fps", "exact")
            if certificate
            else None,
            findings=tuple(f for f in findings if explain == "all" or f.met != "yes"),
            evidence=Evidence(
                WorldEcho(812, digest("world")),
                "obdirectory 0.1.0",
                policy.sha256,
                "2026-11",
                (digest("issuer"),),
                (
                    TrustListEvidence("EU", 388, digest("lotl"), "2026-12-20T00:00:00Z"),
                    TrustListEvidence("LT", 92, digest("lt"), "2026-12-03T00:00:00Z"),
                ),
                (RegisterEvidence("eu_eba", "s1", "2026-11-24T08:00:00Z", (digest("row"),)),),
                RevocationEvidence("ocsp", "good", "2026-11-24T09:37:00Z", digest("ocsp")),
            ),
        )

    def findings(self, certificate: Certificate | None, word: str, country: str) -> list[Finding]:
        if certificate is None:
            return [Finding("certificate_readable", "no", "unreadable_certificate", "These bytes are no certificate.", None, (), "refuse")]
        found = [
            Finding("certificate_in_period", "yes", "", "From 2 February 2026 to 2 February 2027.", None, (sha256_hex(certificate.der),)),
            Finding(
                "psd2_role_names_match",
                "no",
                "psd2_role_name_differs",
                "0.4.0.19495.1.3 is named PSP_AIS; the identifier decides.",
                "ETSI TS 119 495 GEN-5.2.2-5",
                (),
                "warn",
            ),
            Finding("qualified_now", "yes", "", "Qualified at issuance and now.", None, (digest("lt"),)),
            Finding("not_revoked", "yes", "", "OCSP says good, produced 09:37.", None, (digest("ocsp"),)),
            Finding("found_in_register", "yes", "", "LB002214 under LT-BL, exactly.", None, (digest("row"),)),
            Finding("role_in_certificate", "yes", "", "PSP_PI and PSP_AI are in the certificate."),
            Finding(
                "right_in_country",
                "yes",
                "",
                f"{NAMES[country]} lists the service.",
                "Directive (EU) 2015/2366 art. 28(1)",
                (digest("row"),),
            ),
            Finding("evidence_current", "not_applicable"),
        ]
        if word == "refused":
            found[6] = Finding(
                "right_in_country",
                "no",
                "not_passported",
                f"{NAMES[country]} lists PS_080 only, not PS_070, for LT_BL LB002214.",
                "Directive (EU) 2015/2366 art. 28(1)",
                (digest("row"),),
                "refuse",
            )
        if word == "undetermined":
            found[4] = Finding(
                "found_in_register",
                "unknown",
                "may_be_a_credit_institution",
                "LB002214 is in no payment register, and no list of banks is loaded.",
                None,
                (),
                "gap",
            )
        return found

    # ---- who calls

    def authenticate(self, key: str) -> ApiClient | None:
        return _CLIENTS.get(key)

    def take(self, client: ApiClient) -> float | None:
        return self.wait_seconds

    def take_address(self, address: str) -> float | None:
        return self.address_wait_seconds

    # ---- firms

    def firm(self) -> Firm:
        return _firm(self.firm_name)

    async def search(self, environment: Environment, text: str, limit: int, after: str | None) -> Page[FirmHit]:
        if environment == "live" and self.empty_live:
            return Page(())
        start = int(after or "0")
        hits = [hit for hit in self.hits(environment) if text.casefold() in (hit.name + " " + " ".join(hit.numbers)).casefold()]
        rest = hits[start : start + limit]
        return Page(tuple(rest), str(start + limit) if len(hits) > start + limit else None)

    def hits(self, environment: Environment) -> list[FirmHit]:
        named = [
            FirmHit("e1", self.firm_name, "LT", ("PSD_PI",), ("LB002214",), ("LT_BL",), live=True),
            FirmHit("e2", "Okto Payments B.V.", "NL", ("PSD_EMI",), ("R100200",), ("NL_DNB",), live=False),
            FirmHit("e3", "Fjordbanken ASA", "NO", ("CRD_CRE_INS",), ("920058817",), ("NO_FSA",), live=None),
        ]
        many = [FirmHit(f"m{n}", f"Example Pay {n:02}", "DE", ("PSD_PI",), (f"1000{n:02}",), ("DE_BAFIN",), live=True) for n in range(40)]
        return [replace_name(hit, environment) for hit in (*named, *many)]

    async def entity(self, environment: Environment, entity_id: str, *, at: datetime, known_at: datetime) -> FirmView | None:
        if entity_id != "e1" or known_at < datetime(2022, 3, 11, tzinfo=UTC):
            return None
        return FirmView(self.firm(), at, known_at, ("Lumen Wallet UAB", "Lumen Business"), "Gedimino pr. 44A, Vilnius", None, 12)

    async def entity_history(self, environment: Environment, entity_id: str) -> tuple[FirmEvent, ...]:
        return _HISTORY if entity_id == "e1" else ()

    async def changes(self, environment: Environment, after: str | None, limit: int) -> Page[FirmChange]:
        start = int(after or "0")
        rows = [
            FirmChange(str(n), "e1", self.firm_name, "changed", "ENT_NAM", self.now - timedelta(hours=60 - n), "eu_eba", f"s{n}")
            for n in range(60)
        ]
        return Page(tuple(rows[start : start + limit]), str(start + limit) if start + limit < len(rows) else None)

    # ---- evidence

    async def list_status(self, environment: Environment) -> Sequence[ListStatus]:
        return () if environment == "live" and self.empty_live else _LISTS

    async def list_detail(self, environment: Environment, territory: str) -> ListDetail | None:
        status = next((row for row in await self.list_status(environment) if row.territory == territory), None)
        return None if status is None else ListDetail(status, _SERVICES if status.sequence and territory != "EU" else (), (status,))

    async def source_status(self, environment: Environment) -> Sequence[SourceStatus]:
        return () if environment == "live" and self.empty_live else _SOURCES

    async def snapshots(self, environment: Environment, source: str, after: str | None, limit: int) -> Page[SnapshotRow] | None:
        if source not in {row.source for row in await self.source_status(environment)}:
            return None
        start = int(after or "0")
        return Page(_SNAPSHOTS[start : start + limit], str(start + limit) if start + limit < len(_SNAPSHOTS) else None)

    async def world_summary(self, environment: Environment) -> WorldSummary:
        empty = environment == "live" and self.empty_live
        return WorldSummary(
            environment,
            0 if empty else 812,
            self.now,
            0 if empty else 2_914,
            tuple(await self.list_status(environment)),
            tuple(await self.source_status(environment)),
            self.ages(environment),
        )

    def ages(self, environment: Environment) -> tuple[EvidenceAge, ...]:
        if environment == "live" and self.empty_live:
            return (EvidenceAge("Trusted lists", None, None, late=False), EvidenceAge("Registers", None, None, late=False))
        return (
            EvidenceAge("Trusted lists", 13_920, None, late=False),
            EvidenceAge("eu_eba", 6_060, 93_600, late=False),
            EvidenceAge("curated", 111_600, 93_600, late=True),
        )

    def sandbox_examples(self) -> tuple[Example, ...]:
        return (
            Example(
                "Kiteshore Payments UAB", "Authorised in Lithuania, passported to Germany for payments and accounts.", PEM, "ais", "DE"
            ),
            Example("Ambergate Finance UAB", "Its passport to Germany covers account information only.", PEM, "pis", "DE"),
            Example("Norrvik Sparbank AB", "In no payment register: it may be a bank.", PEM, "cbpii", "SE"),
        )

    def readiness(self) -> Readiness:
        return Readiness(
            self.ready,
            () if self.ready else ("database_unreachable",),
            {"live": 812, "sandbox": 9},
            {"live": self.ages("live"), "sandbox": self.ages("sandbox")},
        )

    def doors(self) -> Doors:
        return Doors(
            clock=lambda: self.now,
            authenticate=self.authenticate,
            take=self.take,
            take_address=self.take_address,
            check=self.check,
            answer_by_id=self.answer_by_id,
            receipt=self.receipt,
            search=self.search,
            entity=self.entity,
            entity_history=self.entity_history,
            changes=self.changes,
            list_status=self.list_status,
            list_detail=self.list_detail,
            source_status=self.source_status,
            snapshots=self.snapshots,
            world_summary=self.world_summary,
            sandbox_examples=self.sandbox_examples,
            ready=self.readiness,
            metrics=lambda: b"obd_checks_total 1.0\n",
            jwks=lambda: b'{"keys":[]}',
        )


def remedy_of(finding: Finding) -> str:
    return next(reason.remedy for reason in REQUIREMENTS[finding.code].reasons if reason.word == finding.reason)


def replace_name(hit: FirmHit, environment: Environment) -> FirmHit:
    return hit if environment == "live" else msgspec.structs.replace(hit, name=f"Sandbox {hit.name}")


def _receipt(body: bytes) -> str:
    """Shaped like a receipt; its signature is no ES256, which no route looks at."""
    head, payload = (base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"ES256","typ":"obd-verdict+jws"}', body))
    mark = base64.urlsafe_b64encode(hmac.digest(b"fake", head + payload, hashlib.sha256)).rstrip(b"=")
    return b".".join((head, payload, mark)).decode()


def pem(der: bytes) -> str:
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def make_certificate(organization: str = "Lumenpay UAB", **knobs: object) -> bytes:
    issuer = make_ca(country="LT", organization="Baltic Trust", common_name="Baltic Trust QWAC CA 3")
    return issue(
        issuer,
        organization=organization,
        country="LT",
        common_name="api.lumenpay.example",
        organization_identifier="PSDLT-BL-LB002214",
        nca_id="LT-BL",
        nca_name="Bank of Lithuania",
        not_before=datetime(2026, 2, 2, tzinfo=UTC),
        not_after=datetime(2027, 2, 2, tzinfo=UTC),
        **knobs,  # type: ignore[arg-type]
    )[0]


DER = make_certificate()
PEM = pem(DER)

_CLIENT = ApiClient("live" * 4, "gateway", "live", "DE", None, "strict", frozenset(DEFAULT_PERMISSIONS), 100.0)
_CLIENTS = {
    LIVE_KEY: _CLIENT,
    SANDBOX_KEY: replace(_CLIENT, key_id="sand" * 4, environment="sandbox", country=None),
    CHOOSER_KEY: replace(_CLIENT, key_id="pick" * 4, permissions=_CLIENT.permissions | {"check:choose-policy"}),
    BANK_KEY: replace(_CLIENT, key_id="bank" * 4, aspsp="bank-1", country="FR"),
    BLIND_KEY: replace(_CLIENT, key_id="none" * 4, permissions=frozenset[str]()),
}

_SEEN = datetime(2022, 3, 11, 8, tzinfo=UTC)
_FULL = "AT BE CZ DK EE ES FI FR GR IE IT LT LV NL NO PL PT RO SE SI SK"
_ACCOUNTS = "DE BG CY HU IS LI MT"


def _firm(name: str) -> Firm:
    rights = [
        Right(c, code, _SEEN, NOW - timedelta(days=600) if c == "PL" else None) for c in _FULL.split() for code in ("PS_070", "PS_080")
    ]
    rights += [Right(country, "PS_080", _SEEN) for country in _ACCOUNTS.split()]
    spain = Branch(
        "eu_eba",
        "ES_BE!6893",
        "ES",
        active=True,
        rights=(Right("ES", "PS_080", NOW - timedelta(days=356)),),
        record_sha256=digest("branch"),
    )
    authorisation = Authorisation(
        source="eu_eba",
        entity_type="PSD_PI",
        entity_code="LT_BL!LB002214",
        authority=NcaId("LT", "BL"),
        authority_code="LT_BL",
        number="LB002214",
        name=name,
        home_country="LT",
        authorised_on=(date(2019, 9, 14),),
        rights=tuple(rights),
        branches=(spain,),
        measures=(
            Measure(
                "restricted",
                frozenset(),
                frozenset({"ES"}),
                date(2026, 11, 5),
                None,
                "curated",
                digest("notice"),
                "No new customers until the branch is inspected.",
            ),
        ),
        roles=(),
        record_sha256=digest("row"),
    )
    own = replace(
        authorisation, source="lt_bl", entity_code="LB002214", rights=tuple(rights), branches=(), measures=(), record_sha256=digest("own")
    )
    return Firm("e1", name, "LT", (authorisation, own), lei="984500LUMENPAY7Q2K31", company_number="305774120")


_HISTORY = (
    FirmEvent(
        "restricted",
        "Restricted in Spain",
        "No new customers until the branch is inspected.",
        date(2026, 11, 5),
        NOW - timedelta(days=19),
        "curated",
        digest("notice"),
    ),
    FirmEvent(
        "branch_added", "Branch in Spain opened", "Branch 6893, Madrid.", None, NOW - timedelta(days=356), "eu_eba", digest("branch")
    ),
    FirmEvent(
        "service_removed",
        "Poland no longer listed",
        "Payment initiation and account information.",
        None,
        NOW - timedelta(days=600),
        "eu_eba",
        digest("poland"),
    ),
    FirmEvent(
        "renamed",
        "Renamed from Lumen Wallet UAB",
        "Same company number and LEI: no new authorisation.",
        None,
        datetime(2023, 8, 21, tzinfo=UTC),
        "eu_eba",
        digest("name"),
    ),
    FirmEvent("first_seen", "First seen", "With passports to 27 host states.", None, _SEEN, "eu_eba", digest("first")),
    FirmEvent(
        "authorised",
        "Authorised as payment institution",
        "Account information and payment initiation.",
        date(2019, 9, 14),
        _SEEN,
        "eu_eba",
        digest("row"),
    ),
)


def _list(
    territory: str,
    operator: str,
    sequence: int | None,
    issued: date,
    days: int,
    *,
    outcome: str = "accepted",
    reason: str = "",
    tried: str = "unchanged",
    services: int = 0,
) -> ListStatus:
    issued_at = datetime(issued.year, issued.month, issued.day, tzinfo=UTC)
    loaded = sequence is not None
    return ListStatus(
        territory,
        operator,
        outcome,
        reason,
        sequence,
        6 if loaded else None,
        issued_at if loaded else None,
        issued_at + timedelta(days=days) if loaded else None,
        issued_at + timedelta(hours=5) if loaded else None,
        NOW - timedelta(hours=3, minutes=52),
        tried,
        services,
        digest(f"list {territory}"),
    )


_LISTS = (
    _list("EU", "European Commission", 388, date(2026, 10, 20), 180),
    _list("AT", "RTR", 71, date(2026, 9, 1), 182, services=41),
    _list("DE", "Bundesnetzagentur", 64, date(2026, 5, 20), 180, outcome="expired", services=112),
    _list("EL", "EETT", 58, date(2026, 8, 1), 182, services=33),
    _list("ES", "MINETUR", 180, date(2026, 10, 2), 182, services=264),
    _list("IT", "AgID", None, date(2026, 1, 1), 180, outcome="refused", reason="signer_not_named", tried="refused"),
    _list("LT", "Communications Regulatory Authority", 92, date(2026, 6, 5), 181, services=28),
    _list("NO", "Norwegian Communications Authority", 44, date(2026, 9, 9), 182, services=12),
)
_SERVICES = (
    ListedService(
        "Baltic Trust UAB", "Baltic Trust QWAC CA 3", "CA/QC", "granted", datetime(2019, 4, 1, tzinfo=UTC), ("ForWebSiteAuthentication",)
    ),
    ListedService("Baltic Trust UAB", "Baltic Trust Seal CA 2", "CA/QC", "granted", datetime(2018, 4, 1, tzinfo=UTC), ("ForeSeals",)),
    ListedService(
        "Vilnius Sertifikatai", "VS CA 1", "CA/QC", "withdrawn", datetime(2024, 1, 15, tzinfo=UTC), ("ForeSignatures", "ForeSeals")
    ),
)
_SOURCES = (
    SourceStatus(
        "eu_eba",
        "EBA register of payment institutions",
        "payment",
        "s1",
        NOW - timedelta(hours=1, minutes=41),
        NOW - timedelta(hours=1),
        330_358,
        NOW - timedelta(hours=1),
        "accepted",
        "",
        digest("eba"),
    ),
    SourceStatus(
        "curated",
        "Entries reviewed by the operator",
        "curated",
        "s2",
        NOW - timedelta(days=40),
        NOW - timedelta(days=40),
        41,
        NOW - timedelta(hours=2),
        "refused",
        "rows_fell_by_too_much",
        digest("curated"),
    ),
    SourceStatus(
        "eu_eba_credit",
        "EBA register of credit institutions",
        "credit",
        None,
        None,
        None,
        None,
        NOW - timedelta(hours=2),
        "failed",
        "connection_refused",
    ),
)
_SNAPSHOTS = tuple(
    SnapshotRow(
        f"s{n}",
        *outcome,
        NOW - timedelta(hours=24 * n + 1),
        NOW - timedelta(hours=24 * n + 2),
        330_358 - 10 * n,
        *((67, 0, 12) if outcome[0] == "accepted" else (None, None, None)),
        digest(f"snapshot {n}"),
    )
    for n in range(30)
    for outcome in ((("refused", "sum_of_sha256_wrong") if n == 4 else ("accepted", "")),)
)
