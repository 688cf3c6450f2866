"""The ASGI application: the raw route of the check in front, Litestar with API and pages behind, the same edges around both."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException

from obdirectory import __version__
from obdirectory.core.errors import DirectoryError
from obdirectory.core.identifiers import new_event_id
from obdirectory.web import api, pages
from obdirectory.web.asgi import Application, Message, Receive, Scope, Send
from obdirectory.web.doors import Doors
from obdirectory.web.hot import MAX_BODY_BYTES, CheckRoute, readable_request_id
from obdirectory.web.pages.layout import Layout, Place
from obdirectory.web.problems import ContentTooLarge, Problem, of_status, problem_of, send_problem, unexpected

log = structlog.get_logger()

CHECKS_PATH = "/api/v1/checks"

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1/128"))

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY: list[tuple[bytes, bytes]] = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What the web is told at start."""

    metrics_allowed: tuple[Network, ...] = LOOPBACK  # who may read /metrics
    findings_dir: Path | None = None  # the pages of findings, Markdown named by code; None: those of the checkout, if any
    version: str = __version__


class Site:
    """Sends each request to its half, with a request id, a body limit, security headers and an answer to every error."""

    def __init__(self, check: CheckRoute, framework: Litestar) -> None:
        self._check = check
        self.framework = framework
        self._rest: Application = framework

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
        elif scope["path"] == CHECKS_PATH and scope["method"] == "POST":
            await self._answer_check(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer_check(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The check is recorded in its own journal; only what went wrong is logged here."""
        try:
            await self._check(scope, receive, send)
        except DirectoryError as error:
            problem = problem_of(error, request_id=_request_id(scope) or new_event_id())
            log.info("check_not_answered", status=problem.status, problem=problem.type, request_id=problem.request_id)
            await send_problem(send, problem, headers=_SECURITY)
        except Exception:
            problem = unexpected(request_id=_request_id(scope) or new_event_id())
            log.exception("request_failed", path=CHECKS_PATH, request_id=problem.request_id)
            await send_problem(send, problem, headers=_SECURITY)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        request_id = _request_id(scope) or new_event_id()
        scope.setdefault("state", {})["request_id"] = request_id
        method = scope["method"]
        if bodyless := method == "HEAD":
            scope["method"] = "GET"
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_SECURITY, (b"x-request-id", request_id.encode())]
            elif message["type"] == "http.response.body" and bodyless:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._rest(scope, _limited(scope, receive), send_on)
        except Exception:
            log.exception("request_failed", method=method, path=scope["path"], request_id=request_id)
            if status == 0:
                await send_problem(send_on, unexpected(request_id=request_id))
        milliseconds = round((perf_counter() - started) * 1_000, 2)
        log.info("request", method=method, path=scope["path"], status=status, milliseconds=milliseconds, request_id=request_id)


def _request_id(scope: Scope) -> str | None:
    return next((readable_request_id(value) for name, value in scope["headers"] if name == b"x-request-id"), None)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """The body, cut off with ContentTooLarge when it grows too long, whatever length was announced."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    size = 0

    async def receive_on() -> Message:
        nonlocal size
        if announced.isdigit() and int(announced) > MAX_BODY_BYTES:
            raise ContentTooLarge(f"the body has {int(announced)} bytes; at most {MAX_BODY_BYTES} are read")
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > MAX_BODY_BYTES:
                raise ContentTooLarge(f"the body is longer than {MAX_BODY_BYTES} bytes")
        return message

    return receive_on


def make_site(doors: Doors, settings: SiteSettings | None = None) -> Site:
    """The whole web side over a set of doors."""
    settings = settings or SiteSettings()
    layout = Layout(doors, version=settings.version, findings_dir=settings.findings_dir)
    framework = Litestar(
        route_handlers=[*api.routes(settings.metrics_allowed, version=settings.version), *pages.routes()],
        dependencies={
            "doors": Provide(lambda: doors, sync_to_thread=False),
            "layout": Provide(lambda: layout, sync_to_thread=False),
        },
        exception_handlers={Exception: _on_error},
        state=State({"layout": layout}),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
        multipart_form_part_limit=20,
    )
    return Site(CheckRoute(doors), framework)


def _on_error(request: Request[object, object, State], error: Exception) -> Response[object]:
    """A page for people, a problem for programs; what nobody foresaw is logged and says no more than that."""
    request_id: str = request.scope["state"]["request_id"]
    headers: Sequence[tuple[str, str]] = ()
    if isinstance(error, DirectoryError):
        problem = problem_of(error, request_id=request_id)
    elif isinstance(error, HTTPException):
        problem = of_status(error.status_code, _plain(error), request_id=request_id)
        headers = [(name, value) for name, value in (error.headers or {}).items()]
    else:
        log.error("request_failed", path=request.url.path, request_id=request_id, exc_info=error)
        problem = unexpected(request_id=request_id)
    if _wants_page(request):
        return request.app.state.layout.error(problem, place=Place.of(request), headers=headers)
    return _problem_response(problem, headers)


def _plain(error: HTTPException) -> str:
    """A sentence for the bare errors of the framework, which only repeat their name."""
    match error.status_code:
        case 404:
            return "there is no such page or resource"
        case 405:
            allowed = (error.headers or {}).get("allow", "")
            return f"this address knows {allowed}" if allowed else "this address does not know that method"
        case _:
            return error.detail


def _wants_page(request: Request[object, object, State]) -> bool:
    return not request.url.path.startswith(("/api/", "/.well-known/")) and "text/html" in request.headers.get("accept", "")


def _problem_response(problem: Problem, headers: Sequence[tuple[str, str]]) -> Response[object]:
    sent = {name.decode(): value.decode() for name, value in problem.headers if name != b"content-type"}
    return Response(problem, status_code=problem.status, media_type="application/problem+json", headers={**sent, **dict(headers)})
