"""A sandbox world in memory, and certificates that an issuer of it, or a forger, makes to abuse it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.directory.firms import entry, firm
from tests.mutations.subjects import NOW, sandbox_subjects

from obdirectory.check.decide import Decided, decide_outcome, explained
from obdirectory.check.policy import load_policies
from obdirectory.check.question import Question
from obdirectory.check.world import World
from obdirectory.core.payment_services import PaymentService
from obdirectory.directory.index import Authorisation
from obdirectory.directory.lookup import index_of
from obdirectory.sandbox.issuing import Issuer, issue
from obdirectory.trust.index import ServiceInterval, TrustIndex, TrustService, build_index

SUBJECT = next(subject for subject in sandbox_subjects() if subject.name == "kiteshore, P-256")
assert SUBJECT.issuer is not None
ISSUER: Issuer = SUBJECT.issuer
WORLD = SUBJECT.world
KITESHORE: dict[str, Any] = {
    "organization": "Kiteshore Payments UAB",
    "country": "LT",
    "organization_identifier": "PSDLT-BL-LB900001",
    "nca_id": "LT-BL",
    "nca_name": "Bank of Lithuania",
    "common_name": "kiteshore.sandbox.example",
    "ocsp_url": "",
}
LONGEST_SECONDS = 0.05
DAY = timedelta(days=1)
POLICIES = sorted(load_policies())


def certificate(issuer: Issuer = ISSUER, **changes: Any) -> bytes:
    """Kiteshore's certificate by an issuer, with these changes."""
    return issue(issuer, **{**KITESHORE, **changes})[0]


def asked(
    der: bytes,
    *,
    world: World = WORLD,
    chain: Sequence[bytes] = (),
    service: str = "pis",
    country: str = "DE",
    policy: str = "strict",
    at: datetime | None = None,
) -> Decided:
    """The answer, in time."""
    question = Question("sandbox", der, PaymentService(service), country, at, None, policy, tuple(chain))
    started = time.process_time()
    decided = decide_outcome(question, world, now=NOW)
    assert time.process_time() - started < LONGEST_SECONDS
    return decided


def reasons(decided: Decided) -> set[str]:
    """The words of every finding that is not met or unknown."""
    return {finding.reason for finding in explained(decided)} - {""}


def refused_everywhere(der: bytes, **more: Any) -> Decided:
    """Refused under every policy; the strict answer."""
    for policy in POLICIES:
        assert asked(der, policy=policy, **more).word == "refused", policy
    return asked(der, **more)


def never_permitted(der: bytes, **more: Any) -> Decided:
    """Permitted under no policy; the strict answer."""
    for policy in POLICIES:
        assert asked(der, policy=policy, **more).word != "permitted", policy
    return asked(der, **more)


def world_with(*entries: Authorisation, intervals: Iterable[ServiceInterval] = ()) -> World:
    """The world with another register, or with another history of its issuer."""
    changed = WORLD
    if entries:
        changed = replace(changed, directory=index_of([firm(one) for one in entries], WORLD.directory.sources))
    history = tuple(intervals)
    if history:
        services = [replace(service, intervals=history) for found in WORLD.trust.services.values() for service in found]
        changed = replace(changed, trust=index_with(services))
    return changed


def index_with(services: Iterable[TrustService]) -> TrustIndex:
    """The sandbox's lists with these services."""
    return build_index([(WORLD.trust.loaded["EU"], ()), (WORLD.trust.loaded["DE"], tuple(services))])


def interval(status: str, since: datetime, until: datetime | None = None, *kinds: str) -> ServiceInterval:
    """A time in a service's history; for websites and seals unless said otherwise."""
    return ServiceInterval(since, until, status, "CA/QC", frozenset(kinds or ("ForWebSiteAuthentication", "ForeSeals")), ())


FOUNDED = datetime(2017, 1, 1, tzinfo=UTC)

__all__ = [
    "DAY", "FOUNDED", "ISSUER", "KITESHORE", "NOW", "SUBJECT", "WORLD", "asked", "certificate", "entry", "index_with", "interval",
    "never_permitted", "reasons", "refused_everywhere", "world_with",
]  # fmt: skip
