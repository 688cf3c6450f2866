"""The check in process: a cold certificate against the bare work it cannot do without, and a warm one.

Floor of the cold check, measured in the same run: load the DER, verify the issuer's one signature, decode the PSD2 statement.
"""

import gc
import json
from collections.abc import Callable, Sequence
from time import process_time

from bench._world import NOW, BenchWorld, make_world
from cryptography import x509

from obdirectory.check.decide import decide_outcome
from obdirectory.check.memory import Memory, key_of, make_warm
from obdirectory.check.question import Question
from obdirectory.core.identifiers import new_event_id
from obdirectory.trust.qcstatements import read_qc_statements

ROUNDS = 13
A_ROUND = 150
_QC_STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")


def report(what: str, value: float, unit: str, floor: float, ratio: float) -> None:
    """One line of the bench."""
    print(
        json.dumps(
            {"bench": "check", "what": what, "value": round(value, 3), "unit": unit, "floor": round(floor, 3), "ratio": round(ratio, 3)}
        )
    )


def best(work: Callable[[], int], rounds: int = 5) -> float:
    """Microseconds of CPU for one of what ``work`` does so many of: the best of some rounds."""
    times: list[float] = []
    for _ in range(rounds):
        gc.collect()
        started = process_time()
        done = work()
        times.append((process_time() - started) / done * 1e6)
    return min(times)


def cold(bench: BenchWorld, questions: Sequence[Question]) -> Callable[[], int]:
    """Every certificate decided for the first time in this process: each round has certificates of its own."""

    def work() -> int:
        for question in questions:
            decided = decide_outcome(question, bench.world, now=NOW)
            assert decided.word == "permitted", decided.reason
        return len(questions)

    return work


def bare(bench: BenchWorld, questions: Sequence[Question]) -> Callable[[], int]:
    """The floor: what nobody can leave out. Where the statements lie in each certificate is given to it for nothing."""
    issuer = x509.load_der_x509_certificate(bench.issuer.der)
    statements = [_statements_of(question.certificate) for question in questions]

    def work() -> int:
        for question, value in zip(questions, statements, strict=True):
            x509.load_der_x509_certificate(question.certificate).verify_directly_issued_by(issuer)
            assert read_qc_statements(value, [])[1]
        return len(questions)

    return work


def by_the_library(bench: BenchWorld, questions: Sequence[Question]) -> Callable[[], int]:
    """The floor as one would write it at first: the library finds the statements among the certificate's extensions."""
    issuer = x509.load_der_x509_certificate(bench.issuer.der)

    def work() -> int:
        for question in questions:
            certificate = x509.load_der_x509_certificate(question.certificate)
            certificate.verify_directly_issued_by(issuer)
            value = certificate.extensions.get_extension_for_oid(_QC_STATEMENTS).value
            assert isinstance(value, x509.UnrecognizedExtension)
            assert read_qc_statements(value.value, [])[1]
        return len(questions)

    return work


def _statements_of(der: bytes) -> bytes:
    value = x509.load_der_x509_certificate(der).extensions.get_extension_for_oid(_QC_STATEMENTS).value
    assert isinstance(value, x509.UnrecognizedExtension)
    return value.value


def warm(bench: BenchWorld) -> Callable[[], int]:
    """The same question again: found, put together, ready to be written."""
    memory = Memory()
    for question in bench.questions:
        decided = decide_outcome(question, bench.world, now=NOW)
        memory.keep(key_of(question, explain_all=False), make_warm(bench.world, decided, question, explain_all=False, now=NOW))

    def work() -> int:
        for _ in range(20):
            for question in bench.questions:
                found = memory.find(key_of(question, explain_all=False), bench.world, NOW)
                assert found is not None
        return 20 * len(bench.questions)

    return work


def warm_body(bench: BenchWorld) -> Callable[[], int]:
    """A warm answer with its id and instants in place."""
    question = bench.questions[0]
    entry = make_warm(bench.world, decide_outcome(question, bench.world, now=NOW), question, explain_all=False, now=NOW)

    def work() -> int:
        for _ in range(5_000):
            entry.body(new_event_id(), NOW, None)
        return 5_000

    return work


def main() -> None:
    """All of it, for an RSA-2048 and a P-256 issuer."""
    for kind in ("rsa2048", "p256"):
        bench = make_world(key=kind, certificates=ROUNDS * A_ROUND)
        first, *others = (bench.questions[start : start + A_ROUND] for start in range(0, ROUNDS * A_ROUND, A_ROUND))
        best(cold(bench, first), 1)  # what belongs to the issuer and the process is met once before: the certificates that follow are new
        gc.collect()
        gc.freeze()
        works = (cold, bare, by_the_library)
        rounds = [tuple(best(work(bench, some), 1) for work in works) for some in others]
        cold_us, bare_us, library_us = (min(times) for times in zip(*rounds, strict=True))
        report(f"cold_{kind}_us", cold_us, "us", bare_us, cold_us / bare_us)
        report(f"cold_{kind}_us_over_the_library", cold_us, "us", library_us, cold_us / library_us)
        report(f"cold_{kind}_per_second", 1e6 / cold_us, "1/s", 4_000, 4_000 / (1e6 / cold_us))
    bench = make_world(certificates=100)
    warm_us, body_us = best(warm(bench)), best(warm_body(bench))
    report("warm_decision_per_second", 1e6 / warm_us, "1/s", 100_000, 100_000 / (1e6 / warm_us))
    report("warm_answer_body_us", body_us, "us", warm_us, body_us / warm_us)


if __name__ == "__main__":
    main()
