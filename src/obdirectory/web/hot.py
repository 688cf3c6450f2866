"""``POST /api/v1/checks`` as raw ASGI: the route a bank's customer waits on.

It knows the caller by key, holds it to its allowance, reads one small body and hands one question to the check. The same
bytes read again are not parsed again: what a body says does not depend on when it came.
"""

import binascii
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import msgspec

from obdirectory.check.policy import load_policies
from obdirectory.check.question import Question
from obdirectory.core.countries import parse_country
from obdirectory.core.errors import InvalidInput, NotAuthenticated, NotPermitted, TooManyRequests
from obdirectory.core.instants import parse_instant
from obdirectory.core.payment_services import PaymentService
from obdirectory.platform.identity import ApiClient
from obdirectory.trust.bundle import split_certificates
from obdirectory.trust.certificate import MAX_CERTIFICATE_BYTES
from obdirectory.web.asgi import Receive, Scope, Send
from obdirectory.web.doors import Doors, Explain
from obdirectory.web.problems import ContentTooLarge, UnsupportedMediaType

MAX_BODY_BYTES = 262_144
MAX_CHAIN_CERTIFICATES = 10
_MAX_TEXT = MAX_CERTIFICATE_BYTES * 4 // 3 + 4_096  # base64 of the largest certificate with line ends and PEM lines
_MAX_REMEMBERED_BYTES = 8_192  # larger bodies are read anew each time, so that memory stays small

_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a check as it is sent."""

    certificate: str
    """PEM, or the base64 of DER. The first certificate of a PEM text is asked about, the others are its chain."""
    payment_service: Literal["ais", "pis", "cbpii", "vop", "any"]
    chain: str | list[str] | None = None
    """Issuers, in any order: one PEM text, or a list of PEM or base64 DER."""
    country: str | None = None
    """ISO 3166-1 code of where the account is held. A key bound to a bank has it from the bank."""
    aspsp: str | None = None
    at: str | None = None
    known_at: str | None = None
    policy: str | None = None
    receipt: bool = False
    explain: Literal["deciding", "all"] = "deciding"


class CheckRoute:
    """The route, made once with the doors it needs."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._remembered = lru_cache(maxsize=2_048)(_read)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one check. Raises what ``problems`` turns into a response; a client that goes away is left alone."""
        doors = self._doors
        key, request_id, length = _headers_of(scope)
        if key is None or (client := doors.authenticate(key)) is None:
            raise NotAuthenticated("send Authorization: Bearer with a key made by `obd keys create`")
        if not client.may("check"):
            raise NotPermitted("this key may not ask checks; that needs the permission check")
        if (wait := doors.take(client)) is not None:
            raise TooManyRequests("this key's allowance is used up for now", retry_after_seconds=wait)
        if (body := await read_body(receive, length)) is None:
            return
        read = self._remembered if len(body) <= _MAX_REMEMBERED_BYTES else _read
        question, wants_receipt, explain = read(body, client)
        _not_in_the_future(question, doors.clock)
        if request_id is not None:
            question = replace(question, request_id=request_id)
        answer = await doors.check(question, receipt=wants_receipt, explain=explain)
        content = answer.body if answer.receipt is None else with_receipt(answer.body, answer.receipt)
        headers = [*_HEADERS, (b"content-length", b"%d" % len(content))]
        if request_id is not None:
            headers.append((b"x-request-id", request_id.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})


def _read(body: bytes, client: ApiClient) -> tuple[Question, bool, Explain]:
    ask = read_ask(body)
    return question_of(ask, client), ask.receipt, ask.explain


def _headers_of(scope: Scope) -> tuple[str | None, str | None, int | None]:
    """Key, request id and announced length. Raises UnsupportedMediaType for a body that does not say it is JSON."""
    key = request_id = None
    length: int | None = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, credential = value.partition(b" ")
            key = credential.strip().decode("latin-1") if scheme.lower() == b"bearer" else None
        elif name == b"content-length":
            length = int(value) if value.isdigit() else None
        elif name == b"content-type" and not value.lower().startswith(b"application/json"):
            raise UnsupportedMediaType("send the question as application/json")
        elif name == b"x-request-id":
            request_id = readable_request_id(value)
    return key, request_id, length


def readable_request_id(value: bytes) -> str | None:
    """A caller's request id when it is short and printable ASCII without blanks, else None: it goes into logs and headers."""
    text = value.decode("latin-1")
    return text if 0 < len(text) <= 128 and text.isascii() and text.isprintable() and " " not in text else None


async def read_body(receive: Receive, announced: int | None, *, most: int = MAX_BODY_BYTES) -> bytes | None:
    """The whole body, or None when the client went away. Raises ContentTooLarge as soon as it is known to be too long."""
    if announced is not None and announced > most:
        raise ContentTooLarge(f"the body has {announced} bytes; at most {most} are read")
    message = await receive()
    if message["type"] != "http.request":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return _within(body, most)
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise ContentTooLarge(f"the body is longer than {most} bytes")
    return _within(b"".join(parts), most)


def _within(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise ContentTooLarge(f"the body has {len(body)} bytes; at most {most} are read")
    return body


_ASK = msgspec.json.Decoder(Ask)


def read_ask(body: bytes) -> Ask:
    """Read a body strictly: an unknown field, a field given twice and a wrong type are refused by name.

    Raises InvalidInput.
    """
    try:
        ask = _ASK.decode(body)
        json.loads(body, object_pairs_hook=_each_once)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"the body is not the JSON of a question: {error}") from error
    return ask


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    """Two parsers may read a doubled key differently, so that what is checked is not what is shown."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise InvalidInput(f"the field {name!r} is given twice")
        seen.add(name)


def question_of(ask: Ask, client: ApiClient) -> Question:
    """The question that a client's body asks; environment, and policy unless it may choose, are the client's.

    Raises InvalidInput, ContentTooLarge, NotPermitted.
    """
    certificate, *beside = certificates_of(ask.certificate, what="certificate")
    chain = (*beside, *_chain_of(ask.chain))
    if len(chain) > MAX_CHAIN_CERTIFICATES:
        raise InvalidInput(f"the chain has {len(chain)} certificates; at most {MAX_CHAIN_CERTIFICATES} are read")
    return Question(
        environment=client.environment,
        certificate=certificate,
        payment_service=PaymentService(ask.payment_service),
        country=_country_of(ask, client),
        at=None if ask.at is None else parse_instant(ask.at),
        known_at=None if ask.known_at is None else parse_instant(ask.known_at),
        policy=_policy_of(ask, client),
        chain=chain,
        aspsp=client.aspsp,
        client=client.key_id,
    )


def certificates_of(text: str, *, what: str) -> tuple[bytes, ...]:
    """The DER certificates of a PEM text or of base64. ``what`` names the field in errors.

    Raises InvalidInput, ContentTooLarge.
    """
    if len(text) > _MAX_TEXT:
        raise ContentTooLarge(f"{what}: {len(text)} characters; a certificate has at most {MAX_CERTIFICATE_BYTES} bytes")
    if "-----BEGIN" in text:
        return split_certificates(text.encode("utf-8", "surrogatepass"))
    try:
        content = binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except ValueError as error:
        raise InvalidInput(f"{what}: neither PEM nor the base64 of a DER certificate") from error
    if len(content) > MAX_CERTIFICATE_BYTES:
        raise ContentTooLarge(f"{what}: {len(content)} bytes; a certificate has at most {MAX_CERTIFICATE_BYTES}")
    return split_certificates(content)


def _chain_of(chain: str | list[str] | None) -> tuple[bytes, ...]:
    texts = [] if chain is None else [chain] if isinstance(chain, str) else chain
    if len(texts) > MAX_CHAIN_CERTIFICATES:
        raise InvalidInput(f"the chain has {len(texts)} certificates; at most {MAX_CHAIN_CERTIFICATES} are read")
    return tuple(der for text in texts for der in certificates_of(text, what="chain"))


def _country_of(ask: Ask, client: ApiClient) -> str:
    """The bank's country, else the request's, else the client's; never the TPP's home (rules 4)."""
    asked = None if ask.country is None else parse_country(ask.country)
    if ask.aspsp is not None and ask.aspsp != client.aspsp:
        raise InvalidInput(f"aspsp: no bank {ask.aspsp!r} is known to this key")
    if client.aspsp is not None and client.country is not None:
        if asked not in (None, client.country):
            raise InvalidInput(f"country: this key belongs to a bank whose accounts are held in {client.country}")
        return client.country
    country = asked or client.country
    if country is None:
        raise InvalidInput("country: name the country where the account is held, such as DE")
    return country


def _policy_of(ask: Ask, client: ApiClient) -> str:
    if ask.policy is None or ask.policy == client.policy:
        return client.policy
    if not client.may("check:choose-policy"):
        raise NotPermitted(f"this key answers under the policy {client.policy}; another needs the permission check:choose-policy")
    if ask.policy not in (policies := load_policies()):
        raise InvalidInput(f"policy: unknown policy {ask.policy!r}; there are {', '.join(policies)}")
    return ask.policy


def _not_in_the_future(question: Question, clock: Callable[[], datetime]) -> None:
    if question.at is None and question.known_at is None:
        return
    now = clock()
    for name, instant in (("at", question.at), ("known_at", question.known_at)):
        if instant is not None and instant > now:
            raise InvalidInput(f"{name}: {instant.isoformat()} is in the future; ask about now or a past instant")


def with_receipt(body: bytes, receipt: str) -> bytes:
    """The verdict's JSON with the receipt as its last member; the receipt's payload is the verdict without it."""
    return body[:-1] + b',"receipt":"' + receipt.encode() + b'"}'
