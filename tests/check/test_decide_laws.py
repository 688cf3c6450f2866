"""Laws of the decision: less evidence never opens a door, unknown is never a yes, and what is decided depends on its instants alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from tests.check.worlds import CREDIT, CURATED, DAY, DE, EU, GOOD, HOUR, NOW, PAYMENT, a_firm, a_world, ask, assessed, certificate
from tests.directory.firms import branch, entry

from obdirectory.check.decide import Decided, decide, decide_outcome, verdict_of
from obdirectory.check.question import Question
from obdirectory.check.world import World
from obdirectory.core.finding import REQUIREMENTS, Finding, Reason, Requirement
from obdirectory.directory.index import Authorisation, Firm
from obdirectory.directory.lookup import index_of
from obdirectory.trust.assess import Assessment

ROLES = st.sets(st.sampled_from(["PSP_AS", "PSP_PI", "PSP_AI", "PSP_IC", "Unspecified", "PSP_CB"]))
SERVICES = st.dictionaries(
    st.sampled_from(["DE", "FR", "IT"]), st.sampled_from(["070", "080", "05A", "070 080", "010", "050 070"]), max_size=3
)
AGES = st.sampled_from([HOUR, 27 * HOUR, 73 * HOUR, 8 * DAY, 15 * DAY])
INSTANTS = st.sampled_from([None, NOW - DAY, NOW - 30 * DAY, NOW - 100 * DAY])


@st.composite
def entries(draw: st.DrawFn) -> Authorisation:
    kind = draw(st.sampled_from(["PSD_PI", "PSD_EMI", "PSD_AISP", "PSD_EPI", "PSD_ENL", "PSD_EXC", "CRD_CRE_INS"]))
    return entry(
        services=draw(SERVICES),
        kind=kind,
        source="eu_eba_credit" if kind.startswith("CRD") else draw(st.sampled_from(["eu_eba", "eu_eba", "curated"])),
        authorised=draw(st.sampled_from(["2019-01-01", "2019-01-01 2020-01-01", "", "2019-01-01 2026-11-23", "2019-01-01 2027-01-01"])),
        missing_since_at=draw(st.sampled_from([None, None, NOW - HOUR, NOW - 80 * HOUR])),
        branches=(branch("FR", "070"),) if draw(st.booleans()) else (),
    )


@st.composite
def asked(draw: st.DrawFn) -> Question:
    at = draw(INSTANTS)
    known_at = draw(st.sampled_from([None, at]))
    return ask(
        draw(st.sampled_from(["ais", "pis", "cbpii", "any", "vop"])),
        draw(st.sampled_from(["DE", "FR", "IT", "GB"])),
        policy=draw(st.sampled_from(["strict", "lenient", "eba"])),
        at=at,
        known_at=known_at,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    firms = [a_firm(*draw(st.lists(entries(), min_size=1, max_size=3)))] if draw(st.booleans()) else []
    sources = [replace(one, as_of=NOW - draw(AGES)) for one in (PAYMENT, CREDIT, CURATED) if draw(st.integers(0, 3))]
    return a_world(*firms, sources=sources)


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    age = draw(st.sampled_from([HOUR / 2, 5 * HOUR, 50 * HOUR, 200 * HOUR]))
    answer = replace(GOOD, produced_at=NOW - age, this_update_at=NOW - age, known_at=NOW - age, next_update_at=NOW - age + 7 * DAY)
    lists = tuple(replace(one, next_update_at=NOW + draw(st.sampled_from([DAY, -DAY, -10 * DAY]))) for one in (EU, DE))
    given = certificate(roles=sorted(draw(ROLES)), nca_id=draw(st.sampled_from(["DE-BAFIN", "DE-BAFIN", "NA"])))
    if draw(st.integers(0, 4)):
        return assessed(given, revocation=answer, lists=lists)
    silent = REQUIREMENTS["revocation_known"].unknown("none", reason="revocation_unknown")
    return assessed(given, revocation=None, lists=lists, findings=[silent])


def decided(question: Question, world: World, assessment: Assessment) -> Decided:
    return decide_outcome(question, world, now=NOW, assessment=assessment)


# -- Taking evidence away. A withdrawal, a measure or a revocation speaks against: taking those away is not what the law is about. ----


def without_one_right(world: World, pick: int) -> World:
    def fewer(authorisation: Authorisation) -> Authorisation:
        rights = authorisation.rights
        left = tuple(right for place, right in enumerate(rights) if place != pick % max(1, len(rights)))
        return replace(authorisation, rights=left, branches=authorisation.branches[1:])

    return _with(world, [replace(firm, authorisations=tuple(map(fewer, firm.authorisations))) for firm in world.directory.firms.values()])


def without_one_live_record(world: World, pick: int) -> World:
    firms: list[Firm] = []
    for firm in world.directory.firms.values():
        live = [one for one in firm.authorisations if one.live_on(NOW.date()) is not False]
        gone = live[pick % len(live)] if live else None
        left = tuple(one for one in firm.authorisations if one is not gone)
        if left:
            firms.append(replace(firm, authorisations=left))
    return _with(world, firms)


def without_firms(world: World, pick: int) -> World:
    return _with(world, [])


def without_one_register(world: World, pick: int) -> World:
    sources = sorted(world.directory.sources)
    gone = sources[pick % len(sources)] if sources else ""
    left = {name: state for name, state in world.directory.sources.items() if name != gone}
    return replace(world, directory=replace(world.directory, sources=left))


def with_older_registers(world: World, pick: int) -> World:
    older = {name: replace(state, as_of=state.as_of - (pick % 20) * DAY) for name, state in world.directory.sources.items()}
    return replace(world, directory=replace(world.directory, sources=older))


def _with(world: World, firms: list[Firm]) -> World:
    return replace(world, directory=index_of(firms, world.directory.sources))


TAKE_AWAY: list[Callable[[World, int], World]] = [
    without_one_right, without_one_live_record, without_firms, without_one_register, with_older_registers,
]  # fmt: skip


@given(asked(), worlds(), assessments(), st.sampled_from(TAKE_AWAY), st.integers(0, 9))
def test_less_evidence_in_the_registers_opens_no_door(
    question: Question, world: World, assessment: Assessment, take_away: Callable[[World, int], World], pick: int
) -> None:
    before, after = decided(question, world, assessment), decided(question, take_away(world, pick), assessment)
    if before.word != "permitted" and not _was_in_conflict(before):
        assert after.word != "permitted", (before.reason, after.findings)


def _was_in_conflict(before: Decided) -> bool:
    """Two registers that disagree are a gap; with one of them gone the other is believed, as it would have been from the start."""
    return before.reason == "sources_disagree" or any(finding.code == "sources_agree" for finding in before.findings)


@given(asked(), worlds(), assessments(), st.sampled_from(["answer", "lists", "older answer"]))
def test_less_evidence_of_trust_opens_no_door(question: Question, world: World, assessment: Assessment, what: str) -> None:
    """What trust itself says when an answer or a list is gone is its own finding; here it is given as trust gives it."""
    silent = REQUIREMENTS["revocation_known"].unknown("none", reason="revocation_unknown")
    unlisted = REQUIREMENTS["issuer_listed"].unknown("no list", reason="trusted_list_not_loaded")
    changes: dict[str, Any] = {
        "answer": {"revocation": None, "findings": (*assessment.findings, silent)},
        "lists": {"lists": (), "signature_verified": False, "findings": (*assessment.findings, unlisted)},
        "older answer": {
            "revocation": assessment.revocation and replace(assessment.revocation, known_at=NOW - 99 * DAY, produced_at=NOW - 99 * DAY)
        },
    }[what]
    before, after = decided(question, world, assessment), decided(question, world, structs.replace(assessment, **changes))
    if before.word != "permitted" and not (question.policy == "eba" and what == "answer"):
        assert after.word != "permitted"
    if what == "lists" or (what == "answer" and question.policy != "eba"):
        assert after.word != "permitted"


DECLARED: list[tuple[Requirement, Reason]] = [
    (requirement, reason) for requirement in REQUIREMENTS.values() for reason in requirement.reasons
]


@given(st.lists(st.sampled_from(DECLARED), max_size=6), st.sampled_from(["strict", "lenient", "eba"]))
def test_the_word_is_that_of_the_gravest_consequence(told: list[tuple[Requirement, Reason]], policy: str) -> None:
    findings = [
        requirement.unknown("", reason=reason.word) if reason.met == "unknown" else requirement.not_met("", reason=reason.word)
        for requirement, reason in told
    ]
    found = decided(ask(policy=policy), a_world(a_firm()), assessed(findings=findings))
    gravest = {a_world().policy(policy).consequence(finding) for finding in findings}
    assert found.word == ("refused" if "refuse" in gravest else "undetermined" if "gap" in gravest else "permitted")
    if found.word != "permitted":
        named = [finding for finding in found.findings if finding.reason == found.reason]
        assert named
        assert named[0].consequence == ("refuse" if found.word == "refused" else "gap")
    assert all(finding.consequence for finding in found.findings if finding.reason)


@given(asked(), worlds(), assessments())
def test_a_yes_rests_on_nothing_unknown_under_strict(question: Question, world: World, assessment: Assessment) -> None:
    found = decided(replace(question, policy="strict"), world, assessment)
    if found.word == "permitted":
        assert all(finding.met == "no" and finding.consequence in {"warn", "info"} for finding in found.findings if finding.reason)
        assert found.roles.usable
        assert set(found.roles.usable) <= set(found.roles.in_certificate)


@given(asked(), worlds(), assessments(), st.integers(0, 3600))
def test_a_decision_holds_as_long_as_it_says(question: Question, world: World, assessment: Assessment, seconds: int) -> None:
    found = decided(question, world, assessment)
    later = NOW + timedelta(seconds=seconds)
    if later < found.holds_until:
        again = decide_outcome(question, world, now=later, assessment=assessment)
        assert _said(again) == _said(found)


def _said(found: Decided) -> tuple[object, ...]:
    return found.word, found.reason, found.roles, found.authorisation, found.evidence, found.findings, found.limits


@given(asked(), worlds(), assessments())
def test_instants_named_in_the_question_make_the_same_answer_for_ever(question: Question, world: World, assessment: Assessment) -> None:
    at = NOW - DAY
    question = replace(question, at=at, known_at=at)
    one, other = (decide_outcome(question, world, now=now, assessment=assessment) for now in (NOW, NOW + 1000 * DAY))
    assert _said(one) == _said(other)
    verdicts = [verdict_of(found, question, verdict_id="", now=NOW) for found in (one, other)]
    assert verdicts[0] == verdicts[1]


@given(st.binary(max_size=400), asked())
def test_no_bytes_are_an_exception(content: bytes, question: Question) -> None:
    verdict = decide(replace(question, certificate=content), a_world(a_firm()), now=NOW, verdict_id="id", explain_all=True)
    assert verdict.verdict == "refused"
    assert verdict.decision.allow is False
    assert isinstance(datetime.fromisoformat(verdict.valid_until), datetime)


def test_a_finding_without_a_word_is_not_weighed() -> None:
    found = decided(ask(), a_world(a_firm()), assessed(findings=[Finding("something", "yes"), Finding("other", "not_applicable")]))
    assert found.word == "permitted"
