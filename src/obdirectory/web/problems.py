"""Errors as RFC 9457 problems: the one place where what was raised becomes HTTP."""

from collections.abc import Iterable
from math import ceil

import msgspec

from obdirectory.core.errors import (
    Conflict,
    DirectoryError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    TooManyRequests,
    Unavailable,
)
from obdirectory.web.asgi import Send

MEDIA_TYPE = "application/problem+json"


class ContentTooLarge(InvalidInput):
    """More was sent than is read: problem 413, before any parser saw it."""


class UnsupportedMediaType(InvalidInput):
    """The body is of a kind that is not read here: problem 415."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of problem: its name in the ``type``, its status, its title and what a caller does about it."""

    name: str
    status: int
    title: str
    advice: str


_INVALID = Kind(
    "invalid-input", 400, "The request cannot be read", "Mend what the detail names; sending the same again gives the same answer."
)
_KINDS: tuple[tuple[type[DirectoryError], Kind], ...] = (
    (
        ContentTooLarge,
        Kind("content-too-large", 413, "Too much was sent", "A certificate has at most 64 KiB, a whole request at most 256 KiB."),
    ),
    (UnsupportedMediaType, Kind("unsupported-media-type", 415, "This kind of body is not read here", "Send application/json.")),
    (InvalidInput, _INVALID),
    (
        NotAuthenticated,
        Kind("not-authenticated", 401, "Who is asking is not known", "Send Authorization: Bearer with a key that still holds."),
    ),
    (NotPermitted, Kind("not-permitted", 403, "This key may not do that", "Ask the operator for the permission that the detail names.")),
    (NotFound, Kind("not-found", 404, "Nothing of that name is here", "Check the address and the environment of the key.")),
    (Conflict, Kind("conflict", 409, "The state of things forbids it", "Read the present state and decide again.")),
    (TooManyRequests, Kind("too-many-requests", 429, "The allowance is used up", "Wait as many seconds as Retry-After says.")),
    (Unavailable, Kind("unavailable", 503, "Something this needs is away", "Try again after the seconds that Retry-After says.")),
)
_METHOD = Kind("method-not-allowed", 405, "This address does not know that method", "Use one of the methods that Allow names.")
_UNEXPECTED = Kind(
    "unexpected", 500, "This should not have happened", "Report the request id; the cause is in the operator's log under it."
)

KINDS: tuple[Kind, ...] = (*(kind for _, kind in _KINDS), _METHOD, _UNEXPECTED)
"""Every kind, for documentation."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem document as it is sent."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    retry_after_seconds: int | None = None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that go with it."""
        found = [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store")]
        if self.status == 401:
            found.append((b"www-authenticate", b"Bearer"))
        if self.retry_after_seconds is not None:
            found.append((b"retry-after", str(self.retry_after_seconds).encode()))
        return found


def problem_of(error: DirectoryError, *, request_id: str | None = None) -> Problem:
    """The problem that an error of ours means. Its text is for the caller; an unlisted kind reads as invalid input."""
    kind = next((kind for type_, kind in _KINDS if isinstance(error, type_)), _INVALID)
    wait = error.retry_after_seconds if isinstance(error, TooManyRequests | Unavailable) else None
    return _problem(kind, str(error), request_id, None if wait is None else max(1, ceil(wait)))


def method_not_allowed(allowed: Iterable[str], *, request_id: str | None = None) -> Problem:
    """405; the caller sends Allow beside it."""
    return _problem(_METHOD, f"here only {', '.join(sorted(allowed))} can be used", request_id)


def unexpected(*, request_id: str | None = None) -> Problem:
    """500, without any trace of the cause: that is in the log under the request id."""
    return _problem(_UNEXPECTED, "the error was recorded; nothing you sent needs changing", request_id)


def of_status(status: int, detail: str, *, request_id: str | None = None) -> Problem:
    """The problem of a bare HTTP status, as the framework raises it."""
    kind = next((kind for kind in KINDS if kind.status == status), None)
    if kind is None:
        kind = _INVALID if 400 <= status < 500 else _UNEXPECTED
        return Problem(f"/api#{kind.name}", kind.title, status, detail, request_id)
    return _problem(kind, detail, request_id)


def _problem(kind: Kind, detail: str, request_id: str | None, retry_after_seconds: int | None = None) -> Problem:
    return Problem(f"/api#{kind.name}", kind.title, kind.status, detail, request_id, retry_after_seconds)


async def send_problem(send: Send, problem: Problem, *, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send a problem over raw ASGI."""
    body = msgspec.json.encode(problem)
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": problem.status, "headers": [*problem.headers, length, *headers]})
    await send({"type": "http.response.body", "body": body})
