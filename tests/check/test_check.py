"""The flow of a check: evidence kept first, answers recorded before they leave, memory used only for what is the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.check.made_world import NOW, made
from tests.fakes import MemoryObjects

from obdirectory.check.archive import Archive
from obdirectory.check.check import Check
from obdirectory.check.journal import Journal
from obdirectory.check.memory import Memory
from obdirectory.check.needs import AgentNeed, Need
from obdirectory.check.question import Environment, Question
from obdirectory.check.state import Extract, WorldState
from obdirectory.check.verdict import Verdict
from obdirectory.check.world import AgentHint, World
from obdirectory.check.worlds import Worlds
from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.core.identifiers import sha256_hex
from obdirectory.directory.index import DirectoryIndex
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.revocation import RevocationIndex

MADE = made()
QUESTION = replace(MADE.questions[0], client="key-1")


@dataclass
class Parts:
    """One check with everything a test wants to look at."""

    check: Check
    objects: MemoryObjects
    journal: Journal
    observed: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    clock: list[datetime] = field(default_factory=lambda: [NOW])
    gathered: list[Sequence[Need]] = field(default_factory=list[Sequence[Need]])


@pytest.fixture
async def parts(tmp_path: Path) -> Parts:
    clock = [NOW]

    async def load(
        environment: Environment, *, known_at: datetime, before: World | None
    ) -> tuple[TrustIndex, RevocationIndex, DirectoryIndex]:
        return MADE.world.trust, MADE.world.revocation, MADE.world.directory

    async def versions() -> dict[Environment, int]:
        return {"live": 1, "sandbox": 1}

    worlds = Worlds(load, versions, lambda: clock[0])
    await worlds.refresh()
    gathered: list[Sequence[Need]] = []

    async def gather(missing: Sequence[Need], world: World) -> World:
        gathered.append(missing)
        hints = tuple(AgentHint(need.authority, need.number, ("Principal UAB",)) for need in missing if isinstance(need, AgentNeed))
        return replace(world, agents=hints)

    observed: list[tuple[str, str, str]] = []

    def observe(environment: str, verdict: str, reason: str, seconds: float) -> None:
        assert seconds >= 0
        observed.append((environment, verdict, reason))

    objects, journal = MemoryObjects(), Journal(tmp_path)
    check = Check(worlds, gather, Archive(objects, lambda: clock[0]), journal, Memory(), lambda: clock[0], observe)
    return Parts(check, objects, journal, observed, clock, gathered)


def kept_certificates(parts: Parts) -> list[str]:
    return [digest for digest, content in parts.objects.kept.items() if content.startswith(b"0")]


def read(body: bytes) -> Verdict:
    return msgspec.json.decode(body, type=Verdict)


async def test_an_answer_is_recorded_as_it_left(parts: Parts) -> None:
    answered = await parts.check(QUESTION)
    assert (answered.word, answered.reason) == ("permitted", "requirements_met")
    record = parts.journal.find(answered.id)
    assert record is not None
    assert (record.verdict, record.client) == (answered.body, "key-1")
    assert parts.observed == [("live", "permitted", "requirements_met")]


async def test_a_warm_answer_differs_in_id_and_instants_alone(parts: Parts) -> None:
    first = read((await parts.check(QUESTION)).body)
    parts.clock[0] = NOW + timedelta(seconds=90)
    second = read((await parts.check(QUESTION)).body)
    assert second.id != first.id
    assert second.checked_at != first.checked_at
    same = msgspec.structs.replace(
        second, id=first.id, checked_at=first.checked_at, at=first.at, known_at=first.known_at, valid_until=first.valid_until
    )
    assert same == first


async def test_the_certificate_is_kept_for_a_known_caller(parts: Parts) -> None:
    await parts.check(QUESTION)
    assert sha256_hex(QUESTION.certificate) in parts.objects.kept


async def test_of_strangers_only_what_verified_is_kept(parts: Parts) -> None:
    stranger = replace(QUESTION, keep_certificate=False, client=None)
    bent = bytearray(QUESTION.certificate)
    bent[-1] ^= 1
    await parts.check(replace(stranger, certificate=bytes(bent)))
    assert kept_certificates(parts) == []
    await parts.check(stranger)
    assert kept_certificates(parts) == [sha256_hex(QUESTION.certificate)]


async def test_what_a_verdict_rests_on_is_kept_before_it_is_answered(parts: Parts) -> None:
    """The state of the world and the firm as it was known, under the digests that the verdict names; once, however often it is asked."""
    evidence = read((await parts.check(QUESTION)).body).evidence
    state = msgspec.json.decode(parts.objects.kept[evidence.world.sha256], type=WorldState)
    assert {found.sha256 for found in evidence.trust_lists} <= {row.sha256 for row in state.lists}
    assert [row.source for row in state.registers] == ["eu_eba"]
    extract = msgspec.json.decode(parts.objects.kept[evidence.extract_sha256 or ""], type=Extract)
    assert [firm.entity_id for firm in extract.firms] == [read((await parts.check(QUESTION)).body).tpp.entity_id]
    kept = len(parts.objects.kept)
    await parts.check(replace(QUESTION, country="FR"))
    assert len(parts.objects.kept) == kept


async def test_the_quota_of_a_caller_is_held(parts: Parts) -> None:
    check = replace(parts.check, archive=Archive(parts.objects, lambda: NOW, a_day=2))
    for question in MADE.questions:
        await check(replace(question, client="key-1"))
    assert len(kept_certificates(parts)) == 2


async def test_bytes_that_are_no_certificate_are_answered(parts: Parts) -> None:
    answered = await parts.check(replace(QUESTION, certificate=b"\x00\xffnothing"))
    verdict = read(answered.body)
    assert (verdict.verdict, verdict.certificate.kind) == ("refused", "other")


@pytest.mark.parametrize("which", ["at", "known_at"])
async def test_the_future_is_an_input_error(parts: Parts, which: str) -> None:
    with pytest.raises(InvalidInput, match="in the future"):
        await parts.check(replace(QUESTION, **{which: NOW + timedelta(seconds=1)}))


async def test_an_unknown_policy_is_an_input_error(parts: Parts) -> None:
    with pytest.raises(InvalidInput, match="unknown policy"):
        await parts.check(replace(QUESTION, policy="generous"))


async def test_an_agents_number_is_asked_of_the_tables(parts: Parts) -> None:
    unknown = made_for_nobody()
    verdict = read((await parts.check(unknown)).body)
    assert [type(need) for need in parts.gathered[0]] == [AgentNeed]
    assert (verdict.verdict, verdict.reason) == ("refused", "agents_have_no_own_authorisation")


async def test_a_strict_answer_that_cannot_be_recorded_does_not_leave(parts: Parts, tmp_path: Path) -> None:
    check = replace(parts.check, journal=FullJournal(tmp_path / "full"))
    with pytest.raises(Unavailable):
        await check(QUESTION)


async def test_a_lenient_answer_that_cannot_be_recorded_says_degraded(parts: Parts, tmp_path: Path) -> None:
    check = replace(parts.check, journal=FullJournal(tmp_path / "full"))
    verdict = read((await check(replace(QUESTION, policy="lenient"))).body)
    assert (verdict.verdict, verdict.degraded) == ("permitted", True)
    again = read((await check(replace(QUESTION, policy="lenient"))).body)
    assert again.degraded


async def test_a_warm_lenient_answer_that_cannot_be_recorded_says_degraded_too(parts: Parts, tmp_path: Path) -> None:
    asked = replace(QUESTION, policy="lenient")
    await parts.check(asked)
    verdict = read((await replace(parts.check, journal=FullJournal(tmp_path / "full"))(asked)).body)
    assert (verdict.verdict, verdict.degraded) == ("permitted", True)


async def test_synced_waits_for_the_disk(parts: Parts, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "synced", synced=True)
    answered = await replace(parts.check, journal=journal)(QUESTION)
    assert journal.find(answered.id) is not None


class FullJournal(Journal):
    """A journal on a disk that is full."""

    def append(self, check_id: str, client: str, verdict: bytes) -> None:
        raise Unavailable("the check journal cannot be written: No space left on device")


def made_for_nobody() -> Question:
    """A question about a certificate whose number no institution has."""
    from obdirectory.sandbox.issuing import cached_key, issue

    der, _ = issue(
        MADE.issuer,
        country="LT",
        organization_identifier="PSDLT-BL-LB777777",
        nca_name="Bank of Lithuania",
        nca_id="LT-BL",
        key=cached_key("p256", "leaf"),
        not_before=NOW - timedelta(days=100),
        not_after=NOW + timedelta(days=300),
    )
    return replace(QUESTION, certificate=der)
