"""How a requirement on a certificate is written: one function that yields what is wrong, with its clause and remedy as data beside it.

Two kinds. ``@requirement`` marks a function of the certificate; yielding nothing means met, ``Unknown`` means that it cannot be told.
``noted`` declares one that is decided while reading: it is broken when one of its words is among the certificate's deviations.

Nearly every certificate is in order. ``@spares`` marks a quick look that sees so for many requirements at once; they are asked one by one
only where it does not. It may say no too often, never yes: that whatever it spares would find nothing is kept by a test.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from inspect import cleandoc
from typing import Literal, TypeAlias

import msgspec

from obdirectory.core.finding import Actor, Finding, Group, Rank, Reason, Requirement, declare
from obdirectory.core.visible import visible
from obdirectory.trust.certificate import Certificate, QcStatements

Profile: TypeAlias = Literal["qwac", "qsealc", "obwac", "obseal", "other"]
"""What a certificate claims to be: qualified for web sites or seals, the same two of a scheme (not qualified), or none of these."""

ANY: frozenset[Profile] = frozenset({"qwac", "qsealc", "obwac", "obseal", "other"})
QUALIFIED: frozenset[Profile] = frozenset({"qwac", "qsealc"})
QWAC: frozenset[Profile] = frozenset({"qwac"})
QSEALC: frozenset[Profile] = frozenset({"qsealc"})

TS_119_495 = "ETSI TS 119 495"
TS_119_312 = "ETSI TS 119 312"
EN_319_412_1, EN_319_412_2, EN_319_412_3, EN_319_412_4, EN_319_412_5 = (f"ETSI EN 319 412-{part}" for part in range(1, 6))
RFC_3279, RFC_4055, RFC_5280, RFC_5480 = "IETF RFC 3279", "IETF RFC 4055", "IETF RFC 5280", "IETF RFC 5480"
OUR_READING = ""
"""In place of a document: no public source quotes a clause, the finding's clause is None."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Yielded where it cannot be told whether the requirement is met; says why."""

    seen: str


class Issuance(msgspec.Struct, frozen=True, gc=False):
    """What an issuer writes alike into all its certificates of a kind. Requirements on it alone are decided once and remembered."""

    version: int
    signature_algorithm: str
    issuer: tuple[tuple[str, str], ...]
    key_kind: str
    qc: QcStatements
    policies: tuple[str, ...]
    key_usage: frozenset[str] | None
    extended_key_usage: tuple[str, ...] | None
    is_ca: bool
    path_length: int | None
    ocsp_urls: tuple[str, ...]
    issuer_urls: tuple[str, ...]
    crl_urls: tuple[str, ...]
    critical_extensions: tuple[str, ...]
    extensions: tuple[str, ...]


def issuance_of(certificate: Certificate) -> Issuance:
    """The issuer's part of a certificate."""
    return Issuance(
        certificate.version,
        certificate.signature_algorithm,
        certificate.issuer,
        certificate.public_key.kind,
        certificate.qc,
        certificate.policies,
        certificate.key_usage,
        certificate.extended_key_usage,
        certificate.is_ca,
        certificate.path_length,
        certificate.ocsp_urls,
        certificate.issuer_urls,
        certificate.crl_urls,
        certificate.critical_extensions,
        certificate.extensions,
    )


Seen: TypeAlias = Iterable[str | Unknown]
Look: TypeAlias = Callable[[Certificate], Seen]
QuickLook: TypeAlias = Callable[[Certificate], bool]
IssuanceLook: TypeAlias = Callable[[Issuance], Seen]


@dataclass(frozen=True, slots=True)
class Rule:
    """A requirement and how it is looked at."""

    requirement: Requirement
    look: Look | None
    issuance_look: IssuanceLook | None
    words: frozenset[str]
    applies: frozenset[Profile]
    since: datetime | None
    met: Finding
    not_applicable: Finding


RULES: list[Rule] = []
"""Every rule in the order of its declaration."""


def requirement(
    document: str,
    number: str = "",
    *,
    no: str = "",
    unknown: str = "",
    remedy: str,
    actor: Actor = "qtsp",
    applies: frozenset[Profile] = ANY,
    group: Group = "profile",
    rank: Rank = Rank.GAP,
    since: datetime | None = None,
) -> Callable[[Look], Look]:
    """Declare the decorated function as a requirement; its name is the code, its docstring's first line the title.

    ``no`` and ``unknown`` are the reasons it gives. ``since`` is the day of the edition that introduced it: it is not asked of an
    earlier instant.
    """
    reasons, clause = _reasons(no, unknown, actor, remedy), _clause(document, number)

    def declared(look: Look) -> Look:
        found = declare(look.__name__, _title(look.__doc__), group=group, rank=rank, clause=clause, reasons=reasons)
        _add(found, look, None, (), applies, since)
        return look

    return declared


def issuance_requirement(
    document: str,
    number: str = "",
    *,
    no: str,
    remedy: str,
    applies: frozenset[Profile] = ANY,
    group: Group = "profile",
    rank: Rank = Rank.GAP,
    since: datetime | None = None,
) -> Callable[[IssuanceLook], IssuanceLook]:
    """As ``requirement``, for one that looks at the issuer's part alone."""
    reasons, clause = _reasons(no, "", "qtsp", remedy), _clause(document, number)

    def declared(look: IssuanceLook) -> IssuanceLook:
        found = declare(look.__name__, _title(look.__doc__), group=group, rank=rank, clause=clause, reasons=reasons)
        _add(found, None, look, (), applies, since)
        return look

    return declared


SPARED: dict[QuickLook, tuple[Look, ...]] = {}
"""Every quick look, and the requirements that need not be asked one by one where it says yes."""


def spares(*looks: Look) -> Callable[[QuickLook], QuickLook]:
    """Declare the decorated function as the quick look at these requirements: where it says yes, all of them are met."""

    def declared(quick: QuickLook) -> QuickLook:
        SPARED[quick] = looks
        return quick

    return declared


def noted(
    code: str,
    title: str,
    document: str,
    number: str = "",
    *,
    words: tuple[str, ...],
    no: str = "",
    unknown: str = "",
    remedy: str,
    actor: Actor = "qtsp",
    applies: frozenset[Profile] = ANY,
    group: Group = "profile",
    rank: Rank = Rank.GAP,
) -> None:
    """Declare a requirement that reading decides: it is not met (or unknown, if it has no word for ``no``) when a word was noted."""
    reasons = _reasons(no, unknown, actor, remedy)
    _add(declare(code, title, group=group, rank=rank, clause=_clause(document, number), reasons=reasons), None, None, words, applies, None)


def _clause(document: str, number: str) -> str | None:
    return f"{document} {number}" if document else None


def _reasons(no: str, unknown: str, actor: Actor, remedy: str) -> tuple[Reason, ...]:
    words: tuple[tuple[str, Literal["no", "unknown"]], ...] = ((no, "no"), (unknown, "unknown"))
    return tuple(Reason(word, met, actor, remedy) for word, met in words if word)


def _title(documentation: str | None) -> str:
    return cleandoc(documentation or "").splitlines()[0]


def _add(
    found: Requirement,
    look: Look | None,
    issuance_look: IssuanceLook | None,
    words: tuple[str, ...],
    applies: frozenset[Profile],
    since: datetime | None,
) -> None:
    RULES.append(Rule(found, look, issuance_look, frozenset(words), applies, since, found.met(found.title), found.not_applicable()))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of one profile at one time: the findings when all is well, and the places of those that can go wrong."""

    sound: tuple[Finding, ...]
    looks: tuple[tuple[QuickLook, tuple[tuple[int, Look], ...]], ...]  # by the quick look that spares them
    issuance_looks: tuple[tuple[int, IssuanceLook], ...]
    by_word: dict[str, int]


_SOUND: dict[int, tuple[Finding, ...]] = {}
"""The findings of certificates without fault, by identity, which the value keeps alive: a few for each profile and edition."""


@lru_cache(maxsize=1)
def _editions() -> list[datetime]:
    return sorted({rule.since for rule in RULES if rule.since is not None})


@lru_cache(maxsize=64)
def _plan(profile: Profile, edition: int) -> Plan:
    in_force = set(_editions()[:edition])
    sound: list[Finding] = []
    quick_of = {look: quick for quick, spared in SPARED.items() for look in spared}
    looks: dict[QuickLook, list[tuple[int, Look]]] = {}
    issuance_looks: list[tuple[int, IssuanceLook]] = []
    by_word: dict[str, int] = {}
    for place, rule in enumerate(RULES):
        if profile not in rule.applies or (rule.since is not None and rule.since not in in_force):
            sound.append(rule.not_applicable)
            continue
        sound.append(rule.met)
        if rule.look is not None:
            looks.setdefault(quick_of.get(rule.look, _never), []).append((place, rule.look))
        if rule.issuance_look is not None:
            issuance_looks.append((place, rule.issuance_look))
        by_word.update(dict.fromkeys(rule.words, place))
    all_met = tuple(sound)
    _SOUND[id(all_met)] = all_met
    by_quick_look = tuple((quick, tuple(spared)) for quick, spared in looks.items())
    return Plan(all_met, by_quick_look, tuple(issuance_looks), by_word)


def _never(_: Certificate) -> bool:
    """The quick look at requirements that have none."""
    return False


@lru_cache(maxsize=512)
def _wrong_with(issuance: Issuance, profile: Profile, edition: int) -> tuple[tuple[int, tuple[str | Unknown, ...]], ...]:
    """What is wrong with the issuer's part, by place of the rule."""
    looked = ((place, tuple(look(issuance))) for place, look in _plan(profile, edition).issuance_looks)
    return tuple((place, seen) for place, seen in looked if seen)


def look_at(certificate: Certificate, profile: Profile, *, at: datetime) -> tuple[Finding, ...]:
    """The finding of every rule, in the order of declaration. A certificate without fault gives the same tuple every time."""
    edition = bisect_right(_editions(), at)
    plan = _plan(profile, edition)
    wrong: dict[int, list[str | Unknown]] = {}
    for place, seen in _wrong_with(issuance_of(certificate), profile, edition):
        wrong[place] = [*seen]
    for quick, looks in plan.looks:
        if quick(certificate):
            continue
        for place, look in looks:
            for seen in look(certificate):
                wrong.setdefault(place, []).append(seen)
    for word, seen in certificate.deviations:
        if (place := plan.by_word.get(word)) is not None:
            wrong.setdefault(place, []).append(seen)
    if not wrong:
        return plan.sound
    findings = list(plan.sound)
    for place, seen in wrong.items():
        findings[place] = _finding(RULES[place].requirement, seen)
    return tuple(findings)


def not_in_order(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that are not met or cannot be told; none, without a look at them, when it is the tuple of a certificate without fault."""
    return () if id(findings) in _SOUND else tuple([finding for finding in findings if finding.reason])


def _finding(broken: Requirement, seen: list[str | Unknown]) -> Finding:
    """What is wrong outweighs what cannot be told."""
    plain = [text for text in seen if isinstance(text, str)]
    if plain and broken.reasons[0].met == "no":
        return broken.not_met(_message(broken, plain))
    return broken.unknown(_message(broken, plain or _texts(seen)))


def _texts(seen: list[str | Unknown]) -> list[str]:
    return [text.seen if isinstance(text, Unknown) else text for text in seen]


def _message(broken: Requirement, seen: list[str]) -> str:
    shown = "; ".join(visible(text[:300], most=160) for text in dict.fromkeys(seen[:5]))
    more = f"; and {len(seen) - 5} more" if len(seen) > 5 else ""
    return f"{broken.title.rstrip('.')}; found: {shown}{more}."
