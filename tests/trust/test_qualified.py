"""The procedure of TS 119 615, step by step, on services the tests made."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.trust.made_lists import AT, interval, qualifying, service

from obdirectory.sandbox.issuing import QCP_W_PSD2, issue, make_ca
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.index import Criteria, ServiceInterval
from obdirectory.trust.qualified import EIDAS_AT, Qualification, meets, qualification, qualifications, type_in_certificate

CA = make_ca()
WEB, SEALS, SIGNATURES = frozenset({"ForWebSiteAuthentication"}), frozenset({"ForeSeals"}), frozenset({"ForeSignatures"})
SECOND = timedelta(seconds=1)


def made(**knobs: object) -> Certificate:
    found = read_certificate(issue(CA, **knobs)[0])  # type: ignore[arg-type]
    assert isinstance(found, Certificate)
    return found


QWAC, QSEALC = made(), made(purpose="seal")


def judged(certificate: Certificate, *intervals: ServiceInterval, at: datetime = AT) -> Qualification:
    return qualification(certificate, [service(CA, *intervals)], at)


def answer(certificate: Certificate, *intervals: ServiceInterval, at: datetime = AT) -> tuple[str, str]:
    found = judged(certificate, *intervals, at=at)
    return found.qualified, found.reason


def test_a_granted_service_makes_its_certificates_qualified() -> None:
    for certificate, kind in ((QWAC, "web"), (QSEALC, "eseal")):
        found = judged(certificate, interval())
        assert (found.qualified, found.type, found.reason) == ("yes", kind, "")
        assert [name for name, outcome, _ in found.steps if outcome != "passed"] == []
        assert [name for name, _, _ in found.steps] == [
            "service_listed_then",
            "service_issues_qualified_certificates",
            "list_understood",
            "service_for_this_type",
            "list_consistent",
            "services_agree",
            "service_granted",
            "certificate_qualified",
            "type_for_tpps",
            *(["web_policy_named"] if kind == "web" else []),
            "key_in_qscd",
        ]


@pytest.mark.parametrize(
    "status", ["withdrawn", "recognisedatnationallevel", "deprecatedatnationallevel", "undersupervision", "accredited", "x"]
)
def test_any_other_status_after_eidas_is_not_granted(status: str) -> None:
    assert answer(QWAC, interval(status)) == ("no", "service_not_granted")
    assert judged(QWAC, interval(status)).steps[-1][:2] == ("service_granted", "failed")


def test_an_instance_counts_from_its_first_instant_until_the_next_begins() -> None:
    history = [interval("withdrawn", from_at=AT), interval("granted", from_at=AT - 90 * SECOND, to_at=AT)]
    assert answer(QWAC, *history, at=AT - SECOND)[0] == "yes"
    assert answer(QWAC, *history, at=AT) == ("no", "service_not_granted")
    assert answer(QWAC, *history, at=AT - 91 * SECOND) == ("no", "no_service")


def test_withdrawn_now_and_withdrawn_then_are_told_apart() -> None:
    changed = datetime(2026, 3, 1, tzinfo=UTC)
    now_withdrawn = service(CA, interval("withdrawn", from_at=changed), interval("granted", to_at=changed))
    then_withdrawn = service(CA, interval("granted", from_at=changed), interval("withdrawn", to_at=changed))
    assert [one.qualified for one in qualifications(QWAC, [now_withdrawn], AT)] == ["yes", "no"]
    assert [one.qualified for one in qualifications(QWAC, [then_withdrawn], AT)] == ["no", "yes"]


def test_a_service_for_something_else() -> None:
    assert answer(QWAC, interval(type_="CA/PKC")) == ("no", "service_not_for_qualified_certificates")
    assert answer(QWAC, interval(type_="CA/PKC"), interval()) == ("yes", "")


@pytest.mark.parametrize(
    ("certificate", "additional", "expected"),
    [
        (QWAC, WEB, ("yes", "")),
        (QWAC, SEALS, ("no", "service_not_for_this_type")),
        (QWAC, SIGNATURES, ("no", "service_not_for_this_type")),
        (QWAC, frozenset[str](), ("no", "service_not_for_this_type")),
        (QSEALC, SEALS, ("yes", "")),
        (QSEALC, WEB, ("no", "service_not_for_this_type")),
    ],
)
def test_the_service_must_be_listed_for_the_type(certificate: Certificate, additional: frozenset[str], expected: tuple[str, str]) -> None:
    assert answer(certificate, interval(additional=additional)) == expected


def test_a_seal_presented_as_a_web_certificate_stays_a_seal() -> None:
    assert judged(made(purpose="seal", policies=(QCP_W_PSD2,)), interval()).type == "eseal"


def test_certificates_for_signatures_open_nothing() -> None:
    for_signatures = interval(additional=SIGNATURES)
    assert answer(made(qc_types=("esign",)), for_signatures) == ("no", "qualified_for_signatures_only")
    assert answer(made(qc_types=()), for_signatures) == ("no", "qualified_for_signatures_only"), "QcCompliance without a type"


def test_compliance_is_stated_by_certificate_or_list() -> None:
    silent = made(compliance=False)
    assert answer(silent, interval()) == ("no", "not_stated_qualified")
    assert answer(silent, interval(qualifications=[qualifying("QCStatement")])) == ("yes", "")
    assert answer(QWAC, interval(qualifications=[qualifying("NotQualified")])) == ("no", "not_qualified_by_list")


def test_the_list_overrules_the_type() -> None:
    seal_by_list = interval(qualifications=[qualifying("QCForESeal")])
    assert judged(QWAC, seal_by_list).type == "eseal"
    both = made(qc_types=("eseal", "web"))
    assert answer(both, interval()) == ("unknown", "several_types")
    assert judged(both, interval(qualifications=[qualifying("QCForWSA")])).type == "web"
    overruled_elsewhere = interval(additional=SEALS, qualifications=[qualifying("QCForESeal")])
    assert judged(QWAC, overruled_elsewhere).type == "eseal", "listed for seals, and the list calls this a seal"
    assert answer(QWAC, interval(additional=SEALS, qualifications=[qualifying("QCForWSA")])) == ("no", "service_not_for_this_type")


def test_contradictions_are_unknown_and_shown() -> None:
    assert answer(QWAC, interval(qualifications=[qualifying("QCStatement", "NotQualified")])) == ("unknown", "services_contradict")
    assert answer(QWAC, interval(qualifications=[qualifying("QCForWSA", "QCForESeal")])) == ("unknown", "services_contradict")
    yes, no = service(CA, interval(), name="one"), service(CA, interval("withdrawn"), name="two")
    found = qualification(QWAC, [yes, no], AT)
    assert (found.qualified, found.reason) == ("unknown", "services_contradict")
    assert "'one': yes; 'two': no" in found.message
    assert qualification(QWAC, [yes, yes], AT).qualified == "yes", "twice the same is no contradiction"


def test_warnings_leave_the_answer_standing() -> None:
    odd = judged(QWAC, interval(qualifications=[qualifying("QCWithQSCD", "QCNoQSCD")]))
    assert (odd.qualified, odd.warnings) == ("yes", ("'Example QC' says with and without QSCD",))
    legal = interval(additional=WEB | SIGNATURES, qualifications=[qualifying("QCForLegalPerson", "QCForESig")])
    assert "'Example QC' says for legal persons and for signatures" in judged(made(qc_types=("web",)), legal).warnings
    lone = interval(additional=WEB, qualifications=[qualifying("QCForWSA", "QCForLegalPerson")])
    assert judged(QWAC, lone).warnings == ()
    beside = interval(additional=WEB, qualifications=[qualifying("QCForESeal")])
    assert judged(QWAC, beside).warnings == ("'Example QC' says QCForESeal without ForeSeals",)


def test_what_is_not_understood_is_unknown() -> None:
    found = judged(QWAC, interval(unknown_critical=("SomethingNew",)))
    assert (found.qualified, found.reason) == ("unknown", "list_not_understood")
    assert found.steps[-1] == ("list_understood", "unknown", "critical extension SomethingNew")
    unread = interval(qualifications=[qualifying("NotQualified", criteria=Criteria("all", unreadable=("NewCriterion",)))])
    assert answer(QWAC, unread) == ("unknown", "list_not_understood")


def test_statuses_from_before_eidas_count_for_instances_that_began_then() -> None:
    """What was there before eIDAS could issue for signatures alone."""
    before = EIDAS_AT - 400 * timedelta(days=1)
    old = made(not_before=EIDAS_AT - 100 * timedelta(days=1), qc_types=("esign",))
    for status in ("undersupervision", "supervisionincessation", "accredited"):
        assert answer(old, interval(status, from_at=before), at=EIDAS_AT - SECOND) == ("no", "qualified_for_signatures_only")
    assert answer(old, interval("granted", from_at=before), at=EIDAS_AT - SECOND) == ("no", "service_not_granted")
    assert answer(QWAC, interval("accredited", from_at=before)) == ("no", "qualified_for_signatures_only")
    by_policy = made(not_before=EIDAS_AT - 100 * timedelta(days=1), compliance=False, policies=("0.4.0.1456.1.1",))
    assert answer(by_policy, interval("accredited", from_at=before), at=EIDAS_AT - SECOND) == ("no", "qualified_for_signatures_only")


def test_a_certificate_under_another_law_is_not_qualified_here() -> None:
    assert answer(made(legislation=("GB",)), interval()) == ("no", "qualified_under_another_law")
    assert answer(made(legislation=("GB", "DE")), interval()) == ("yes", "")
    british = service(CA, interval(), territory="UK")
    assert qualification(made(legislation=("GB",)), [british], AT).qualified == "yes"


def test_the_web_policy_is_shown_and_decides_nothing() -> None:
    """A real QWAC carries the PSD2 policy alone."""
    for policies, outcome in (((QCP_W_PSD2,), "passed"), (("0.4.0.194112.1.5",), "passed"), (("1.2.3",), "failed")):
        found = judged(made(policies=policies), interval())
        assert found.qualified == "yes"
        assert next(step[1] for step in found.steps if step[0] == "web_policy_named") == outcome


def test_the_one_type_a_certificate_names() -> None:
    assert type_in_certificate(QWAC) == "web"
    assert type_in_certificate(made(qc_types=("web", "1.2.3"))) == "web"
    assert type_in_certificate(made(qc_types=("web", "esign"))) == "unknown"
    assert type_in_certificate(made(qc_types=(), compliance=False)) == "unknown"


PSD2, OTHER = frozenset({QCP_W_PSD2}), frozenset({"1.2.3"})
SIGNS, COMMITS = (("digitalSignature", True), ("nonRepudiation", False)), (("nonRepudiation", True),)


@pytest.mark.parametrize(
    ("criteria", "met"),
    [
        (Criteria("all"), True),
        (Criteria("none"), True),
        (Criteria("atLeastOne"), False),
        (Criteria("all", (PSD2, PSD2)), True),
        (Criteria("all", (PSD2, OTHER)), False),
        (Criteria("atLeastOne", (PSD2, OTHER)), True),
        (Criteria("none", (OTHER,)), True),
        (Criteria("none", (PSD2, OTHER)), False),
        (Criteria("all", (PSD2 | OTHER,)), False),
        (Criteria("all", key_usages=(SIGNS,)), True),
        (Criteria("all", key_usages=(COMMITS,)), False),
        (Criteria("all", extended_key_usages=(frozenset({"1.3.6.1.5.5.7.3.1"}),)), True),
        (Criteria("all", extended_key_usages=(frozenset({"1.3.6.1.5.5.7.3.4"}),)), False),
        (Criteria("all", subject_attributes=(frozenset({"2.5.4.97"}),)), True),
        (Criteria("all", subject_attributes=(frozenset({"2.5.4.4"}),)), False),
        (Criteria("all", (PSD2,), nested=(Criteria("none", (OTHER,)),)), True),
        (Criteria("all", (PSD2,), nested=(Criteria("none", (PSD2,)),)), False),
        (Criteria("all", (PSD2,), unreadable=("x",)), None),
        (Criteria("all", (OTHER,), unreadable=("x",)), False),
        (Criteria("atLeastOne", (PSD2,), unreadable=("x",)), True),
        (Criteria("atLeastOne", (OTHER,), unreadable=("x",)), None),
        (Criteria("none", (PSD2,), unreadable=("x",)), False),
        (Criteria("none", (OTHER,), unreadable=("x",)), None),
        (Criteria("all", nested=(Criteria("most", (PSD2,)),)), None),
    ],
)
def test_criteria(criteria: Criteria, met: bool | None) -> None:
    assert meets(criteria, QWAC) is met


def test_a_certificate_without_key_usage_has_no_bit_set() -> None:
    silent = made(key_usage=())
    assert meets(Criteria("all", key_usages=((("nonRepudiation", False),),)), silent) is True
    assert meets(Criteria("all", key_usages=((("digitalSignature", True),),)), silent) is False


def test_the_seal_key_in_a_qscd_is_shown() -> None:
    def seen(certificate: Certificate, *qualifiers: str) -> str:
        return judged(certificate, interval(qualifications=[qualifying(*qualifiers)])).steps[-1][2]

    assert seen(QSEALC) == "stated in the certificate"
    assert seen(QSEALC, "QCNoQSCD") == "denied by the list"
    assert seen(made(purpose="seal", qscd=False), "QCWithQSCD") == "in the list"
    assert seen(made(purpose="seal", qscd=False)) == "not stated, and not needed here"
