"""What is kept of a world, besides files, so that a verdict can be decided again: which evidence it held, and the firms that were meant.

A database tells what was known at an instant as it understands the past today: a file that comes in late fills it in. A verdict rests on
what was understood when it was given. So both are archived under digests that the verdict names, before it is answered.
"""

import hashlib

import msgspec

from obdirectory.check.world import AgentHint, World
from obdirectory.core.identifiers import sha256_hex
from obdirectory.directory.index import DirectoryIndex, Firm, SourceState
from obdirectory.trust.index import AcceptedList, TrustIndex
from obdirectory.trust.revocation import RevocationIndex

_MOST_REMEMBERED = 20_000
_REMEMBERED: dict[str, tuple[Firm, str]] = {}
"""Entity id -> a firm and the digest of its extract: the same firm comes again with every certificate of its own."""

_ENCODER = msgspec.json.Encoder(order="deterministic")


class WorldState(msgspec.Struct, frozen=True):
    """Which evidence a world held: lists and registers as they were accepted, revocation answers by digest, and why it was not current."""

    lists: tuple[AcceptedList, ...] = ()
    registers: tuple[SourceState, ...] = ()
    crl_sha256: tuple[str, ...] = ()
    ocsp_sha256: str | None = None  # over the digests of all OCSP answers: there are many, and a verdict rests on one
    degraded: tuple[str, ...] = ()

    def encoded(self) -> bytes:
        """The bytes whose digest stands in the verdict as that of the world."""
        return _ENCODER.encode(self)


class Extract(msgspec.Struct, frozen=True):
    """What the directory answered to one certificate: the firms its identifier means, or whose agent has the number."""

    firms: tuple[Firm, ...] = ()
    agents: tuple[AgentHint, ...] = ()

    def encoded(self) -> bytes:
        """The bytes whose digest stands in the verdict."""
        return _ENCODER.encode(self)

    @property
    def sha256(self) -> str | None:
        """The digest in the verdict; None when the directory answered nothing."""
        if not self.firms and not self.agents:
            return None
        firm, *others = self.firms or (None,)
        if firm is None or others or self.agents:
            return sha256_hex(self.encoded())
        remembered = _REMEMBERED.get(firm.entity_id)
        if remembered is not None and remembered[0] is firm:
            return remembered[1]
        if len(_REMEMBERED) >= _MOST_REMEMBERED:
            _REMEMBERED.clear()
        digest = sha256_hex(self.encoded())
        _REMEMBERED[firm.entity_id] = firm, digest
        return digest


def state_of(trust: TrustIndex, revocation: RevocationIndex, directory: DirectoryIndex, degraded: tuple[str, ...] = ()) -> WorldState:
    """The state of a world made of these; the same evidence gives the same state in whatever order it was read."""
    crls = {crl.sha256 for crls in revocation.crls.values() for crl in crls}
    answers = sorted({answer.sha256 for answers in revocation.ocsp.values() for answer in answers})
    return WorldState(
        tuple(sorted(trust.loaded.values(), key=lambda found: found.territory)),
        tuple(sorted(directory.sources.values(), key=lambda found: found.source)),
        tuple(sorted(crls)),
        hashlib.sha256("\n".join(answers).encode()).hexdigest() if answers else None,
        degraded,
    )


def state_of_world(world: World) -> WorldState:
    """The state of a world; its digest is the world's."""
    return state_of(world.trust, world.revocation, world.directory, world.degraded)
