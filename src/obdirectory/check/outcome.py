"""From findings to the word: each finding gets its consequence, a refusal beats a gap, and the first by rank names the verdict."""

import msgspec

from obdirectory.check.policy import Policy
from obdirectory.check.verdict import VerdictWord
from obdirectory.core.finding import REQUIREMENTS, Finding, Rank

MET = "requirements_met"
"""The reason of a permitted verdict."""

RETRY_AFTER_SECONDS: dict[str, int] = {
    "revocation_unknown": 60,
    "revocation_too_old": 60,
    "register_too_old": 900,
    "trusted_list_too_old": 3600,
}
"""Gaps that collecting fills by itself, and when it is worth asking again: answers at once, registers within 15 minutes of a new one."""


class Outcome(msgspec.Struct, frozen=True):
    """What the findings come to under a policy."""

    word: VerdictWord
    reason: str
    actor: str
    remedy: str
    retry_after_seconds: int | None
    findings: tuple[Finding, ...]  # those not met and those unknown, in the order they were looked at, with their consequences
    decisive: tuple[Finding, ...]  # those of them that refuse or are gaps


def weigh(findings: list[Finding], policy: Policy) -> Outcome:
    """Judge every finding under the policy and name the verdict.

    Any refusal refuses; without one, any gap leaves it undetermined. The reason is the first decisive finding by rank, of equal rank
    the first looked at; gaps are all of one rank, but that a conflict goes before the others.
    """
    judged = tuple([policy.judged(finding) for finding in findings if finding.reason])
    refusals = [finding for finding in judged if finding.consequence == "refuse"]
    gaps = [finding for finding in judged if finding.consequence == "gap"]
    if refusals:
        return _named("refused", min(refusals, key=_rank), judged, (*refusals, *gaps))
    if gaps:
        return _named("undetermined", min(gaps, key=_gap_rank), judged, tuple(gaps))
    return Outcome("permitted", MET, "", "", None, judged, ())


def _rank(finding: Finding) -> Rank:
    requirement = REQUIREMENTS.get(finding.code)
    return Rank.GAP if requirement is None else requirement.rank


def _gap_rank(finding: Finding) -> Rank:
    return Rank.CONFLICT if _rank(finding) is Rank.CONFLICT else Rank.GAP


def _named(word: VerdictWord, first: Finding, judged: tuple[Finding, ...], decisive: tuple[Finding, ...]) -> Outcome:
    """The outcome that one finding names, with who can mend it and how, as its requirement declares."""
    requirement = REQUIREMENTS.get(first.code)
    for reason in () if requirement is None else requirement.reasons:
        if reason.word == first.reason:
            retry = RETRY_AFTER_SECONDS.get(first.reason) if word == "undetermined" else None
            return Outcome(word, first.reason, reason.actor, reason.remedy, retry, judged, decisive)
    return Outcome(word, first.reason, "operator", first.message, None, judged, decisive)
