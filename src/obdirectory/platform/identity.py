"""API clients: who calls, in which environment, what it may do; known from memory alone.

A key is shown once. What is stored is its HMAC under a pepper that the database does not hold, so a copy of the database
opens nothing. The environment belongs to the key and is written in it: ``obd_live_…`` or ``obd_sandbox_…``.
"""

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from obdirectory.core.errors import InvalidInput
from obdirectory.platform import store
from obdirectory.platform.db import Database
from obdirectory.platform.secret_file import secret_file

Environment = Literal["live", "sandbox"]

# What a caller may be permitted, in the words of the documentation.
PERMISSIONS: Mapping[str, str] = {
    "check": "ask whether a certificate's holder may use a payment service",
    "check:choose-policy": "name the policy of a check in the request",
    "check:read": "read checks of its own again, with their receipts",
    "directory:read": "read firms, registers and trusted lists",
}
DEFAULT_PERMISSIONS = ("check", "check:read", "directory:read")

_KEY = re.compile(r"obd_(?P<environment>live|sandbox)_(?P<key_id>[a-z0-9]{16})_(?P<secret>[A-Za-z0-9_-]{43})")
_NOBODY = b"\0" * 32


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One caller of the API."""

    key_id: str
    name: str
    environment: Environment
    country: str | None
    aspsp: str | None
    policy: str
    permissions: frozenset[str]
    requests_per_second: float

    def may(self, permission: str) -> bool:
        """Whether this was permitted. A permission nobody has heard of is a mistake in our code."""
        assert permission in PERMISSIONS, permission
        return permission in self.permissions


class Credentials:
    """The clients of one environment, by key; never changed, a new one takes its place."""

    def __init__(self, environment: Environment, clients: Iterable[tuple[ApiClient, bytes]], pepper: bytes) -> None:
        self._environment = environment
        self._clients = {client.key_id: (client, mark) for client, mark in clients}
        self._pepper = pepper
        self._seen: dict[str, ApiClient] = {}  # keys that were right before; only real keys come in, so it is as bounded as the clients

    def __len__(self) -> int:
        return len(self._clients)

    def authenticate(self, key: str) -> ApiClient | None:
        """Whose key this is, or None; asks no database. A wrong key takes the whole way each time, whether its id is known or not."""
        if seen := self._seen.get(key):
            return seen
        found = _KEY.fullmatch(key)
        if found is None or found["environment"] != self._environment:
            return None
        client, mark = self._clients.get(found["key_id"], (None, _NOBODY))
        if not hmac.compare_digest(mark_of(key, self._pepper), mark) or client is None:
            return None
        self._seen[key] = client
        return client


class Limiter:
    """A token bucket for each client or other subject, in memory: ``per_second`` refills, one second's worth at once."""

    def __init__(self, *, most_subjects: int = 100_000) -> None:
        self._most_subjects = most_subjects
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted

    def take(self, subject: str, now: float, *, per_second: float, burst: float | None = None) -> float | None:
        """Take one token at ``now`` (monotonic seconds): None when there was one, else the seconds until there is."""
        size = max(1.0, per_second if burst is None else burst)
        tokens, counted_at = self._buckets.get(subject, (size, now))
        tokens = min(size, tokens + max(0.0, now - counted_at) * per_second)
        if tokens < 1.0:
            return (1.0 - tokens) / per_second
        if len(self._buckets) >= self._most_subjects and subject not in self._buckets:
            # The bucket that was made first is most likely full again; forgetting it gives its subject one burst at most.
            del self._buckets[next(iter(self._buckets))]
        self._buckets[subject] = (tokens - 1.0, now)
        return None


def read_pepper(data_dir: Path, given: str | None) -> bytes:
    """The pepper of the settings, or that of the data folder; replicas with folders of their own need the setting."""
    return given.encode() if given else secret_file(data_dir / "keys" / "pepper")


async def create_client(
    database: Database,
    pepper: bytes,
    *,
    name: str,
    environment: Environment,
    policy: str = "strict",
    permissions: Iterable[str] = DEFAULT_PERMISSIONS,
    country: str | None = None,
    aspsp: str | None = None,
    requests_per_second: float = 100.0,
) -> tuple[ApiClient, str]:
    """A new client and its key, which is nowhere after this.

    Raises InvalidInput for a permission that does not exist, a name without letters, a rate that is not positive.
    """
    granted = frozenset(permissions)
    if unknown := sorted(granted - PERMISSIONS.keys()):
        raise InvalidInput(f"no such permission: {', '.join(unknown)}; there are {', '.join(PERMISSIONS)}")
    if not name.strip():
        raise InvalidInput("a client needs a name")
    if not requests_per_second > 0:
        raise InvalidInput("a client needs a rate above zero")
    key_id = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(16))
    key = f"obd_{environment}_{key_id}_{secrets.token_urlsafe(32)}"
    client = ApiClient(key_id, name.strip(), environment, country, aspsp, policy, granted, requests_per_second)
    await store.add_client(
        database,
        store.ClientRow(
            key_id=key_id,
            environment=environment,
            name=client.name,
            key_hmac=mark_of(key, pepper),
            country=country,
            aspsp=aspsp,
            policy=policy,
            permissions=sorted(granted),
            requests_per_second=requests_per_second,
        ),
    )
    return client, key


async def load_clients(database: Database, environment: Environment, pepper: bytes) -> Credentials:
    """Everybody who may call in this environment now."""
    rows = await store.clients(database, environment)
    return Credentials(environment, [(_client(row), row.key_hmac) for row in rows], pepper)


async def revoke_client(database: Database, key_id: str) -> bool:
    """End a client's access; False when it had none."""
    return await store.revoke_client(database, key_id)


def _client(row: store.ClientRow) -> ApiClient:
    return ApiClient(
        key_id=row.key_id,
        name=row.name,
        environment=row.environment,
        country=row.country,
        aspsp=row.aspsp,
        policy=row.policy,
        permissions=frozenset(row.permissions),
        requests_per_second=row.requests_per_second,
    )


def mark_of(key: str, pepper: bytes) -> bytes:
    """What is stored of a key."""
    return hmac.digest(pepper, key.encode(), "sha256")
