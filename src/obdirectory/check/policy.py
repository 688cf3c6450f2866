"""Policies: what each finding means for the verdict, and how old evidence may be; read from data files, named and digested.

A finding that is not met or unknown has one consequence under a policy: ``refuse``, ``gap``, ``warn`` or ``info``. A code the policy does
not name is the worst it can be: ``no`` refuses, ``unknown`` is a gap. So a new requirement can never open a door by being forgotten.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec

from obdirectory.core.errors import InvalidInput
from obdirectory.core.finding import Consequence, Finding
from obdirectory.core.payment_services import PaymentService

RULES_VERSION = "2026-11"
"""The rule set that ``decide`` implements; it changes when the same evidence under the same policy may give another verdict."""

Judged: TypeAlias = Literal["refuse", "gap", "warn", "info"]
SourceKind: TypeAlias = Literal["payment", "credit", "curated"]


class _ServiceLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of one payment service as a policy file writes them."""

    valid_for_minutes: int
    register_fine_hours: int
    register_warn_hours: int
    revocation_reuse_hours: int


class _GeneralLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits that hold for every payment service as a policy file writes them."""

    curated_fine_days: int
    curated_warn_days: int
    list_overdue_warn_hours: int
    missing_row_warn_hours: int
    revocation_stretch_hours: int
    answers_unrecorded: bool


class CodeConsequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one requirement means: for ``no``, for ``unknown``, and for single reasons where one word weighs otherwise."""

    no: Judged | None = None
    unknown: Judged | None = None
    reasons: dict[str, Judged] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy file as it is written."""

    name: str
    title: str
    general: _GeneralLimits
    services: dict[PaymentService, _ServiceLimits]
    consequences: dict[str, CodeConsequence]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things hold for one payment service under one policy."""

    valid_for: timedelta  # a verdict, at most
    register_fine: timedelta  # up to here nothing is said
    register_warn: timedelta  # up to here a warning, beyond it is too old to tell
    curated_fine: timedelta
    curated_warn: timedelta
    list_overdue_warn: timedelta  # past NextUpdate
    missing_row_warn: timedelta
    revocation_reuse: timedelta
    revocation_stretch: timedelta

    def source_age(self, kind: SourceKind) -> tuple[timedelta, timedelta]:
        """(fine, warn) for one kind of source: curated entries follow their review, not a daily file."""
        return (self.curated_fine, self.curated_warn) if kind == "curated" else (self.register_fine, self.register_warn)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy, ready to judge with. ``sha256`` is over its canonical JSON and stands in every verdict decided under it."""

    name: str
    title: str
    sha256: str
    canonical: bytes  # the JSON that the digest is over; kept as evidence, read again by ``read_canonical``
    answers_unrecorded: bool  # when the journal cannot be written: answer, and say so
    limits: Mapping[PaymentService, Limits]
    consequences: Mapping[str, CodeConsequence]

    def consequence(self, finding: Finding) -> Consequence:
        """What a finding means under this policy; empty for ``yes`` and ``not_applicable``."""
        met = finding.met
        if met in {"yes", "not_applicable"}:
            return ""
        known = self.consequences.get(finding.code)
        if known is not None:
            if finding.reason in known.reasons:
                return known.reasons[finding.reason]
            found = known.no if met == "no" else known.unknown
            if found is not None:
                return found
        return "refuse" if met == "no" else "gap"

    def judged(self, finding: Finding) -> Finding:
        """The finding with its consequence filled in."""
        consequence = self.consequence(finding)
        if not consequence:
            return finding
        return Finding(finding.code, finding.met, finding.reason, finding.message, finding.clause, finding.evidence, consequence)


def read_policy(content: bytes) -> Policy:
    """Read one policy file (TOML).

    Raises InvalidInput if it is not one: an unknown key, a missing service, a consequence that is none.
    """
    try:
        return _policy(tomllib.loads(content.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"not a policy: {error}") from error


def read_canonical(content: bytes) -> Policy:
    """Read a policy from its canonical JSON, as evidence keeps it. Raises InvalidInput if it is not one."""
    try:
        return _policy(json.loads(content))
    except ValueError as error:
        raise InvalidInput(f"not a policy: {error}") from error


def _policy(written: object) -> Policy:
    try:
        file = msgspec.convert(written, _File)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"not a policy: {error}") from error
    if missing := [service.value for service in PaymentService if service not in file.services]:
        raise InvalidInput(f"policy {file.name!r} says nothing of {', '.join(missing)}")
    canonical = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return Policy(
        name=file.name,
        title=file.title,
        sha256=hashlib.sha256(canonical).hexdigest(),
        canonical=canonical,
        answers_unrecorded=file.general.answers_unrecorded,
        limits={service: _limits(limits, file.general) for service, limits in file.services.items()},
        consequences=file.consequences,
    )


@cache
def load_policies() -> Mapping[str, Policy]:
    """The policies shipped with the product, by name."""
    found = [
        read_policy(path.read_bytes()) for path in files("obdirectory.check").joinpath("policies").iterdir() if path.name.endswith(".toml")
    ]
    return {policy.name: policy for policy in sorted(found, key=lambda policy: policy.name)}


def _limits(service: _ServiceLimits, general: _GeneralLimits) -> Limits:
    return Limits(
        valid_for=timedelta(minutes=service.valid_for_minutes),
        register_fine=timedelta(hours=service.register_fine_hours),
        register_warn=timedelta(hours=service.register_warn_hours),
        curated_fine=timedelta(days=general.curated_fine_days),
        curated_warn=timedelta(days=general.curated_warn_days),
        list_overdue_warn=timedelta(hours=general.list_overdue_warn_hours),
        missing_row_warn=timedelta(hours=general.missing_row_warn_hours),
        revocation_reuse=timedelta(hours=service.revocation_reuse_hours),
        revocation_stretch=timedelta(hours=general.revocation_stretch_hours),
    )
