"""Deciding a recorded check again from its evidence pack, and saying exactly what differs if the answer does. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec

from obdirectory.check.decide import decide_outcome, verdict_of
from obdirectory.check.pack import Opened, open_pack
from obdirectory.check.policy import load_policies
from obdirectory.check.question import Question
from obdirectory.check.verdict import Verdict
from obdirectory.core.identifiers import sha256_hex
from obdirectory.core.instants import parse_instant
from obdirectory.core.payment_services import PaymentService

NOT_KEPT = "certificate_not_kept"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The outcome of a replay. ``differences`` names evidence that is not what it was, else fields that came out otherwise."""

    same: bool
    check_id: str
    verdict: str
    reason: str
    differences: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


def replay(files: Mapping[str, bytes], *, certificate: bytes | None = None, compare_policy: bool = True) -> Replayed:
    """Decide the verdict of a pack again.

    ``certificate`` stands in where the pack does not hold it (it must have the recorded digest). With ``compare_policy`` a policy of that
    name that is in force here today and says something else is a difference too. Raises InvalidInput if the pack cannot be read.
    """
    pack = open_pack(files)
    then = pack.verdict
    leaf = pack.certificate
    if leaf is None and certificate is not None and sha256_hex(certificate) == then.question.certificate_sha256:
        leaf = certificate
    differences = [*pack.differences]
    if leaf is None:
        why = {"evidence": "certificate", "name": NOT_KEPT, "then": then.question.certificate_sha256, "found": _digest_or_none(certificate)}
        return Replayed(False, then.id, then.verdict, NOT_KEPT, (*differences, why), pack.notes)
    today = load_policies().get(then.question.policy) if compare_policy else None
    policy_is_named = any(difference["evidence"] == "policy" for difference in differences)
    if today is not None and today.sha256 != then.evidence.policy_sha256 and not policy_is_named:
        differences.append({"evidence": "policy", "name": today.name, "then": then.evidence.policy_sha256, "found": today.sha256})
    if then.question.policy not in pack.world.policies:
        return Replayed(False, then.id, then.verdict, "policy_not_kept", tuple(differences), pack.notes)
    again = decide_again(pack, leaf)
    if not differences:
        differences = list(_fields_that_differ(pack.recorded, again))
    return Replayed(not differences, then.id, again.verdict, again.reason, tuple(differences), pack.notes)


def decide_again(pack: Opened, leaf: bytes) -> Verdict:
    """The verdict on the pack's evidence at the recorded instants, in the length in which it was recorded."""
    then = pack.verdict
    asked_at = parse_instant(then.checked_at)
    question = question_of(then, leaf, chain=pack.chain)
    decided = decide_outcome(question, pack.world, now=asked_at)
    if then.degraded and not pack.world.degraded:
        decided = msgspec.structs.replace(decided, degraded=True)  # its evidence was current; it could not be recorded, and says so
    for explain_all in (False, True):
        again = verdict_of(decided, question, verdict_id=then.id, now=asked_at, explain_all=explain_all)
        if len(again.findings) == len(then.findings):
            return again
    return verdict_of(decided, question, verdict_id=then.id, now=asked_at)


def question_of(then: Verdict, certificate: bytes, *, chain: tuple[bytes, ...]) -> Question:
    """The question a verdict answered. An instant that equals the moment of asking was not given: now was meant."""
    return Question(
        environment="sandbox" if then.question.environment == "sandbox" else "live",
        certificate=certificate,
        payment_service=PaymentService.parse(then.question.payment_service),
        country=then.question.country,
        at=None if then.at == then.checked_at else parse_instant(then.at),
        known_at=None if then.known_at == then.checked_at else parse_instant(then.known_at),
        policy=then.question.policy,
        chain=chain,
        aspsp=then.question.aspsp,
        possession="tls_peer" if then.question.possession == "tls_peer" else "not_shown",
        request_id=then.question.request_id,
        channel=_channel(then.question.channel),
    )


def _channel(text: str) -> Literal["dedicated", "fallback", "other"]:
    return "dedicated" if text == "dedicated" else "fallback" if text == "fallback" else "other"


def _fields_that_differ(recorded: bytes, again: Verdict) -> list[dict[str, Any]]:
    """Fields of the recorded verdict that come out otherwise; a finding is named by its code."""
    before: dict[str, Any] = msgspec.json.decode(recorded)
    after: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(again))
    found: list[dict[str, Any]] = []
    for name in before.keys() | after.keys():
        then, now = before.get(name), after.get(name)
        if then == now:
            continue
        if name == "findings":
            found.extend(_findings_that_differ(before["findings"], after["findings"]))
        elif isinstance(then, dict) and isinstance(now, dict):
            inner_then, inner_now = cast(dict[str, Any], then), cast(dict[str, Any], now)
            found.extend(
                {"field": f"{name}.{key}", "then": inner_then.get(key), "now": inner_now.get(key)}
                for key in sorted(inner_then.keys() | inner_now.keys())
                if inner_then.get(key) != inner_now.get(key)
            )
        else:
            found.append({"field": name, "then": then, "now": now})
    return sorted(found, key=lambda difference: str(difference["field"]))


def _findings_that_differ(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    before = {finding["code"]: finding for finding in then}
    after = {finding["code"]: finding for finding in now}
    return [
        {"field": f"findings.{code}", "then": before.get(code), "now": after.get(code)}
        for code in before.keys() | after.keys()
        if before.get(code) != after.get(code)
    ]


def _digest_or_none(certificate: bytes | None) -> str | None:
    return None if certificate is None else sha256_hex(certificate)
