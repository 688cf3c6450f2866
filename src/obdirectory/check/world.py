"""The evidence one decision reads: immutable, in memory, whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from obdirectory.check.policy import Policy, load_policies
from obdirectory.check.question import Environment
from obdirectory.core.errors import InvalidInput
from obdirectory.directory.index import DirectoryIndex
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.revocation import RevocationIndex


@dataclass(frozen=True)
class AgentHint:
    """What PostgreSQL knows of agents under a number that no institution carries: gathered, never part of a standing world."""

    authority: str
    number: str
    principals: tuple[str, ...]  # names of the principals; empty: no agent either


@dataclass(frozen=True)
class World:
    """Everything a decision may read. ``version`` rises with every accepted change; ``sha256`` is over its state (``check.state``)."""

    environment: Environment
    version: int
    sha256: str
    known_at: datetime
    trust: TrustIndex = field(default_factory=TrustIndex)
    directory: DirectoryIndex = field(default_factory=DirectoryIndex)
    revocation: RevocationIndex = field(default_factory=RevocationIndex)
    agents: tuple[AgentHint, ...] = ()
    degraded: tuple[str, ...] = ()  # words why this is last known good and not current: database_unreachable …
    policies: Mapping[str, Policy] = field(default_factory=load_policies)

    def policy(self, name: str) -> Policy:
        """The policy of that name. Raises InvalidInput naming the ones there are."""
        found = self.policies.get(name)
        if found is None:
            raise InvalidInput(f"unknown policy {name!r}: use one of {', '.join(sorted(self.policies))}")
        return found
