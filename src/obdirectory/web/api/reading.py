"""What every reading route does first: who asks, about which environment, with which parameters, from where on."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from obdirectory.check.question import Environment
from obdirectory.core.errors import InvalidInput, NotAuthenticated, NotPermitted, TooManyRequests
from obdirectory.core.instants import parse_instant
from obdirectory.platform.identity import ApiClient
from obdirectory.web.doors import Doors, Page

Asked: TypeAlias = Request[object, object, State]
TheDoors: TypeAlias = NamedDependency[SkipValidation[Doors]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who reads: a client by key, or anybody. Without a key the live world is read."""

    environment: Environment
    client: ApiClient | None

    @property
    def key_id(self) -> str | None:
        return None if self.client is None else self.client.key_id


def caller(request: Asked, doors: Doors) -> Caller:
    """The caller of a reading route, held to the allowance of its key or address.

    Raises NotAuthenticated for a key that is not known, NotPermitted for one that may not read, TooManyRequests.
    """
    asked = _known(request, doors)
    if asked.client is not None and not asked.client.may("directory:read"):
        raise NotPermitted("this key may not read the directory; that needs the permission directory:read")
    return asked


def _known(request: Asked, doors: Doors) -> Caller:
    client: ApiClient | None = None
    if (given := request.headers.get("authorization")) is not None:
        scheme, _, key = given.partition(" ")
        client = doors.authenticate(key.strip()) if scheme.lower() == "bearer" else None
        if client is None:
            raise NotAuthenticated("this key is not known; without the Authorization header the live world can be read")
    wait = doors.take(client) if client is not None else doors.take_address(address_of(request))
    if wait is not None:
        raise TooManyRequests("the allowance is used up for now", retry_after_seconds=wait)
    return Caller("live" if client is None else client.environment, client)


def client_of(request: Asked, doors: Doors) -> ApiClient:
    """The caller of its own checks. Raises NotAuthenticated, NotPermitted, TooManyRequests."""
    if (client := _known(request, doors).client) is None:
        raise NotAuthenticated("send Authorization: Bearer with the key that asked")
    if not client.may("check:read"):
        raise NotPermitted("this key may not read checks again; that needs the permission check:read")
    return client


def address_of(request: Asked) -> str:
    """The visitor's address as the server saw it; an IPv6 visitor is known by its network, of which it owns all addresses."""
    host = request.client.host if request.client else "unknown"
    return ":".join(host.split(":")[:4]) if ":" in host else host


def parameters(request: Asked, type_: type[T]) -> T:
    """The query, read strictly: a misspelt or doubled parameter is refused, never ignored.

    Raises InvalidInput.
    """
    given = request.query_params
    names = [name for name, _ in given.multi_items()]
    if len(set(names)) != len(names):
        raise InvalidInput("a parameter is given twice")
    try:
        return msgspec.convert(dict(given), type_, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"the query cannot be read: {error}") from error


class NoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route that takes none."""


class InstantParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which day the answer is about, and what may be used for it."""

    at: str | None = None
    known_at: str | None = None


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters of every list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 25
    cursor: str | None = None


def after(cursor: str | None, what: str) -> str | None:
    """The key that a cursor of this list carries. Raises InvalidInput for one that is not ours."""
    if cursor is None:
        return None
    try:
        made_for, key = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidInput("cursor: give back the one a list answered, unchanged") from error
    if made_for != what or not isinstance(key, str):
        raise InvalidInput("cursor: that one belongs to another list")
    return key


def cursor(key: str | None, what: str) -> str | None:
    """A key as a cursor that only this list takes back."""
    return None if key is None else base64.urlsafe_b64encode(json.dumps([what, key]).encode()).rstrip(b"=").decode()


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """A stretch of a list as it is sent; ``next_cursor`` is null at its end."""

    environment: Environment
    items: tuple[T, ...]
    next_cursor: str | None = None


def listing(page: Page[T], what: str, environment: Environment) -> Listing[T]:
    """A stretch of a list with the cursor that goes on from it."""
    return Listing(environment, page.items, cursor(page.after, what))


def instants(given: InstantParameters, doors: Doors) -> tuple[datetime, datetime]:
    """``at`` and ``known_at``, now by default. Raises InvalidInput for the future."""
    now = doors.clock()
    at = now if not given.at else parse_instant(given.at)
    known_at = now if not given.known_at else parse_instant(given.known_at)
    if max(at, known_at) > now:
        raise InvalidInput("at and known_at must not be in the future")
    return at, known_at
