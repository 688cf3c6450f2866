"""From findings to the word: each finding gets its consequence, a refusal beats a gap, and the first by rank names the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass

from obdirectory.check.policy import Policy
from obdirectory.check.verdict import VerdictWord
from obdirectory.core.finding import REQUIREMENTS, Finding, Rank

MET = "requirements_met"
"""The reason of a permitted verdict."""

NOT_DECLARED_REMEDY = "See the finding."

RETRY_AFTER_SECONDS: dict[str, int] = {
    "revocation_too_old": 60,
    "no_revocation_answer": 60,
    "register_too_old": 900,
    "trusted_list_too_old": 3600,
}
"""Gaps that collection fills by itself, and when it is worth asking again: answers at once, registers within 15 minutes of a new one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the findings come to under a policy."""

    word: VerdictWord
    reason: str
    actor: str
    remedy: str
    retry_after_seconds: int | None
    findings: tuple[Finding, ...]  # all of them, consequences filled in
    decisive: tuple[Finding, ...]  # those that refuse or are gaps


def weigh(findings: Iterable[Finding], policy: Policy) -> Outcome:
    """Judge every finding under the policy and name the verdict.

    Any refusal refuses; without one, any gap leaves it undetermined. The reason is the first decisive finding by rank, of equal rank
    the first looked at; gaps are all of one rank, but that a conflict goes before the others.
    """
    judged: list[Finding] = []
    refusals: list[Finding] = []
    gaps: list[Finding] = []
    for finding in findings:
        if finding.met in {"no", "unknown"}:
            finding = policy.judged(finding)
            if finding.consequence == "refuse":
                refusals.append(finding)
            elif finding.consequence == "gap":
                gaps.append(finding)
        judged.append(finding)
    if refusals:
        first = min(refusals, key=_rank)
        return _outcome("refused", first, None, judged, [*refusals, *gaps])
    if gaps:
        first = min(gaps, key=lambda finding: Rank.CONFLICT if _rank(finding) == Rank.CONFLICT else Rank.GAP)
        return _outcome("undetermined", first, RETRY_AFTER_SECONDS.get(first.reason), judged, gaps)
    return Outcome("permitted", MET, "", "", None, tuple(judged), ())


def _rank(finding: Finding) -> int:
    requirement = REQUIREMENTS.get(finding.code)
    return Rank.GAP if requirement is None else requirement.rank


def _outcome(word: VerdictWord, first: Finding, retry: int | None, judged: list[Finding], decisive: list[Finding]) -> Outcome:
    actor, remedy = _mend(first)
    return Outcome(word, first.reason, actor, remedy, retry, tuple(judged), tuple(decisive))


def _mend(finding: Finding) -> tuple[str, str]:
    """Who can mend it and how, as the requirement declares it."""
    requirement = REQUIREMENTS.get(finding.code)
    for reason in requirement.reasons if requirement is not None else ():
        if reason.word == finding.reason:
            return reason.actor, reason.remedy
    return "operator", NOT_DECLARED_REMEDY
