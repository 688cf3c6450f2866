"""What is kept of a check: what it rests on, and certificates: of a known caller all within its quota, of strangers only what is real."""

from datetime import date, datetime
from typing import Protocol

from obdirectory.check.decide import Decided
from obdirectory.check.question import Question
from obdirectory.check.state import state_of_world
from obdirectory.check.world import World
from obdirectory.core.errors import Unavailable
from obdirectory.core.identifiers import sha256_hex
from obdirectory.trust.certificate import MAX_CERTIFICATE_BYTES

MOST_FROM_STRANGERS_BYTES = 16_384
MOST_NEW_CERTIFICATES_A_DAY = 10_000
_MOST_REMEMBERED = 50_000


class Keeps(Protocol):
    """The part of the object store that archiving needs."""

    async def put(self, content: bytes) -> str: ...


class Archive:
    """Keeps by digest. A store that is away never stops an answer: replay then says what was not kept."""

    def __init__(self, objects: Keeps, clock: "Clock", *, a_day: int = MOST_NEW_CERTIFICATES_A_DAY) -> None:
        self._objects = objects
        self._clock = clock
        self._a_day = a_day
        self._kept: set[str] = set()
        self._used: dict[str, tuple[date, int]] = {}

    async def before(self, question: Question) -> None:
        """Keep what a known caller shows before it is parsed."""
        if not question.keep_certificate:
            return
        for der in (question.certificate, *question.chain[:10]):
            if len(der) <= MAX_CERTIFICATE_BYTES and self._within_quota(question.client or ""):
                await self._keep(der, question.client or "")

    async def after(self, question: Question, decided: Decided) -> None:
        """Keep what a stranger or a gateway showed, once its signature has verified under a listed issuer."""
        if question.keep_certificate or not decided.signature_verified:
            return
        named = {decided.certificate_sha256, *decided.evidence.chain_sha256}
        for der in (question.certificate, *question.chain[:10]):
            if len(der) <= MOST_FROM_STRANGERS_BYTES and sha256_hex(der) in named:
                await self._keep(der, "")

    async def basis(self, world: World, decided: Decided) -> bool:
        """Keep what a verdict rests on besides files: the state of the world, and what the directory answered. Is all of it kept now?"""
        is_kept = world.sha256 in self._kept or await self._put(world.sha256, state_of_world(world).encoded())
        digest = decided.evidence.extract_sha256
        return (digest is None or digest in self._kept or await self._put(digest, decided.extract.encoded())) and is_kept

    async def _keep(self, der: bytes, client: str) -> None:
        digest = sha256_hex(der)
        if digest not in self._kept and await self._put(digest, der):
            today, used = self._clock().date(), self._used.get(client, (date.min, 0))
            self._used[client] = (today, used[1] + 1 if used[0] == today else 1)

    async def _put(self, digest: str, content: bytes) -> bool:
        try:
            await self._objects.put(content)
        except Unavailable:
            return False
        if len(self._kept) >= _MOST_REMEMBERED:
            self._kept.clear()
        self._kept.add(digest)
        return True

    def _within_quota(self, client: str) -> bool:
        day, used = self._used.get(client, (date.min, 0))
        return used < self._a_day or day != self._clock().date()


class Clock(Protocol):
    """The instant it is now."""

    def __call__(self) -> datetime: ...
