"""Bent certificates: whatever is done to the bytes, there is an answer, in time, and never a yes to what was not signed."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.mutations.mutations import Bench, mutate, signed_anew
from tests.mutations.subjects import Subject, real_subjects, sandbox_subjects, signature_verifies
from tests.trust.real_lists import certificates

from obdirectory.check.decide import Decided

SEED = 20261124
LONGEST_SECONDS = 0.05
STAGES = ("unreadable", "read", "signature verified", "qualified", "matched", "permitted")


@pytest.fixture(scope="module")
def quick_collection() -> Iterator[None]:
    """What stands in memory is left alone by the garbage collector, as in the product: it must not count as a slow answer."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def made(quick_collection: None) -> list[Subject]:
    return sandbox_subjects()


@pytest.fixture(scope="module")
def real(shared_data: Path, quick_collection: None) -> list[Subject]:
    found = real_subjects(shared_data)
    gc.freeze()
    return found


def stage(decided: Decided) -> str:
    """The furthest stage a certificate came to."""
    if decided.word == "permitted":
        return "permitted"
    if any(finding.code == "certificate_readable" and finding.met == "no" for finding in decided.of_trust):
        return "unreadable"
    if not decided.signature_verified:
        return "read"
    if decided.certificate.qualified != "yes":
        return "signature verified"
    return "qualified" if decided.tpp.entity_id is None else "matched"


class Tally:
    """What came of many certificates."""

    def __init__(self) -> None:
        self.stages: Counter[str] = Counter()
        self.slow: list[tuple[str, float]] = []
        self.slowest = 0.0
        self.permitted: list[tuple[str, bytes]] = []

    def timed(self, name: str, decide: Callable[[], Decided], der: bytes) -> Decided:
        started = time.process_time()
        decided = decide()
        seconds = time.process_time() - started
        self.slowest = max(self.slowest, seconds)
        if seconds > LONGEST_SECONDS:
            self.slow.append((f"{name} {der[:4000].hex()}", seconds))
        self.stages[stage(decided)] += 1
        if decided.word == "permitted":
            self.permitted.append((name, der))
        return decided

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {self.stages[name]}" for name in STAGES)
        return f"{self.stages.total()}: {counts}; slowest {self.slowest * 1000:.1f} ms"


def bend(subjects: list[Subject], count: int) -> Tally:
    chance, tally = Random(SEED), Tally()
    for number in range(count):
        subject = subjects[number % len(subjects)]
        name, mutant = mutate(chance, Bench(subject, [other for other in subjects if other is not subject]))
        before = len(tally.permitted)
        tally.timed(f"{subject.name}: {name}", lambda subject=subject, mutant=mutant: subject.decide(mutant), mutant)
        if len(tally.permitted) > before:
            is_what_was_signed(subject, name, mutant)
    return tally


def is_what_was_signed(subject: Subject, name: str, mutant: bytes) -> None:
    """Another library reads the same signed part in it, and verifies its signature."""
    assert x509.load_der_x509_certificate(mutant).tbs_certificate_bytes == subject.tbs_der, (subject.name, name, mutant.hex())
    assert signature_verifies(mutant, subject.signer_keys), (subject.name, name, mutant.hex())


def test_the_certificates_are_permitted_before_they_are_bent(made: list[Subject]) -> None:
    for subject in made:
        assert (subject.decide(subject.der).word, subject.decide(subject.der).reason) == ("permitted", "requirements_met"), subject.name
        is_what_was_signed(subject, "unchanged", subject.der)
    kinds = {isinstance(subject.issuer.key, rsa.RSAPrivateKey) for subject in made if subject.issuer}
    assert kinds == {True, False}, "under an RSA authority and under a P-256 one"


def test_the_real_certificates_are_permitted_before_they_are_bent(real: list[Subject]) -> None:
    for subject in real:
        decided = subject.decide(subject.der)
        assert (decided.word, decided.reason) == ("permitted", "requirements_met"), (subject.name, decided.findings)
        is_what_was_signed(subject, "unchanged", subject.der)


def test_bent_certificates_are_answered_and_never_permitted_unless_signed(made: list[Subject], full: bool) -> None:
    tally = bend(made, 60_000 if full else 3_000)
    print(f"\nseed {SEED}; of the sandbox's certificates bent {tally}")
    assert tally.slow == []
    assert tally.stages["unreadable"] > 0 < tally.stages["read"]


def test_bent_real_certificates_are_answered_and_never_permitted_unless_signed(real: list[Subject], full: bool) -> None:
    tally = bend(real, 40_000 if full else 2_000)
    print(f"\nseed {SEED}; of real certificates bent {tally}")
    assert tally.slow == []
    assert tally.stages["unreadable"] > 0 < tally.stages["read"]


def test_whatever_a_listed_issuer_signs_is_answered(made: list[Subject], full: bool) -> None:
    """Careless issuers exist: behind a good signature the later stages meet the odd certificates too."""
    chance, tally = Random(SEED), Tally()
    for number in range(20_000 if full else 1_000):
        subject = made[number % len(made)]
        assert subject.issuer is not None
        name, mutant = signed_anew(chance, Bench(subject, [other for other in made if other is not subject]), subject.issuer)
        decided = tally.timed(f"{subject.name}: {name}", lambda subject=subject, mutant=mutant: subject.decide(mutant), mutant)
        if decided.word == "permitted":
            holder = subject.decide(subject.der).tpp
            assert (decided.tpp.entity_id, decided.tpp.nca_id) == (holder.entity_id, holder.nca_id), (name, mutant.hex())
            assert "PSP_PI" in decided.roles.in_certificate, (name, mutant.hex())
    print(f"\nseed {SEED}; signed by their issuer after they were bent {tally}")
    assert tally.slow == []
    assert tally.stages["signature verified"] > 0 < tally.stages["qualified"] + tally.stages["matched"]
    assert tally.stages["permitted"] > 0


def test_real_and_negative_certificates_are_answered(shared_data: Path, made: list[Subject], real: list[Subject]) -> None:
    """Every certificate of the collection, in every one of the worlds, and as the chain of another."""
    tally = Tally()
    known = {subject.der for subject in real}
    everything = certificates(shared_data)
    assert len(everything) > 100
    for one in everything:
        for subject in (*made, *real):
            decided = tally.timed(f"{one.name} in {subject.name}", lambda subject=subject, one=one: subject.decide(one.der), one.der)
            if decided.word == "permitted":
                assert one.der in known
                assert one.der == subject.der
        subject = made[0]
        with_chain = tally.timed(
            f"{one.name} as chain", lambda subject=subject, one=one: subject.decide(subject.der, (one.der,) * 3), one.der
        )
        assert with_chain.word == "permitted"
    print(f"\nreal and negative certificates, each in {len(made) + len(real)} worlds and as a chain {tally}")
    assert tally.slow == []
