"""A requirement, declared once with its clause and the words it gives as reasons, and a Finding: one requirement looked at."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias

import msgspec

Met: TypeAlias = Literal["yes", "no", "unknown", "not_applicable"]
Consequence: TypeAlias = Literal["", "refuse", "gap", "warn", "info"]
Actor: TypeAlias = Literal["tpp", "qtsp", "authority", "bank", "operator"]
Group: TypeAlias = Literal["certificate", "profile", "issuer", "revocation", "register", "role", "passport", "decision"]


class Rank(IntEnum):
    """Which decisive finding names the verdict when several are decisive: the lowest wins (rules 1)."""

    FORGED = 1
    UNTRUSTED = 2
    NOT_QUALIFIED = 3
    REVOKED = 4
    NOT_IN_PERIOD = 5
    BLOCKED = 6
    NOT_FOUND = 7
    WITHDRAWN = 8
    SUSPENDED = 9
    ROLE_IN_CERTIFICATE = 10
    RIGHT_IN_REGISTER = 11
    PASSPORT = 12
    CONFLICT = 13
    GAP = 14


class Finding(msgspec.Struct, frozen=True, omit_defaults=False):
    """One requirement looked at: was it met, and what does that mean under the policy asked."""

    code: str
    """The requirement, stated positively: ``right_in_register``."""
    met: Met
    reason: str = ""
    """The word for ``no`` or ``unknown``, one of the requirement's reasons; empty when met."""
    message: str = ""
    """What was asked and what was found, one sentence in the reader's language."""
    clause: str | None = None
    evidence: tuple[str, ...] = ()
    """SHA-256 digests of what this rests on."""
    consequence: Consequence = ""
    """Filled in by the policy; empty until then and for ``yes`` and ``not_applicable``."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One word a requirement can give for not being met, who can mend it and how."""

    word: str
    met: Literal["no", "unknown"]
    actor: Actor
    remedy: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement as data: code, title, clause and reasons. ``clause`` is None for our own readings."""

    code: str
    title: str
    group: Group
    rank: Rank
    clause: str | None
    reasons: tuple[Reason, ...]

    def met(self, message: str = "", *, evidence: tuple[str, ...] = ()) -> Finding:
        """The finding that this requirement is met."""
        return Finding(self.code, "yes", "", message, self.clause, evidence)

    def not_met(self, message: str, *, reason: str = "", evidence: tuple[str, ...] = ()) -> Finding:
        """The finding that it is not met; ``reason`` picks the word, by default the first for ``no``."""
        return Finding(self.code, "no", self._word("no", reason), message, self.clause, evidence)

    def unknown(self, message: str, *, reason: str = "", evidence: tuple[str, ...] = ()) -> Finding:
        """The finding that it cannot be told; ``reason`` picks the word, by default the first for ``unknown``."""
        return Finding(self.code, "unknown", self._word("unknown", reason), message, self.clause, evidence)

    def not_applicable(self, message: str = "") -> Finding:
        """The finding that the question does not arise."""
        return Finding(self.code, "not_applicable", "", message, self.clause)

    def _word(self, met: Literal["no", "unknown"], reason: str) -> str:
        for known in self.reasons:
            if known.met == met and reason in ("", known.word):
                return known.word
        raise LookupError(f"{self.code} declares no reason {reason!r} for {met!r}")


REQUIREMENTS: dict[str, Requirement] = {}
"""Every requirement declared anywhere, by code; policies and docs/findings are tested against it."""


def declare(
    code: str, title: str, *, group: Group, rank: Rank = Rank.GAP, clause: str | None = None, reasons: tuple[Reason, ...]
) -> Requirement:
    """Declare a requirement once, at import of the module that decides it.

    Raises ValueError if the code is taken or no reason is given.
    """
    if code in REQUIREMENTS or not reasons:
        raise ValueError(f"requirement {code!r} is declared twice or has no reason")
    REQUIREMENTS[code] = found = Requirement(code, title, group, rank, clause, reasons)
    return found
