"""The API described: OpenAPI 3.1 made from the types that are sent and read, and the same for people at /api."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from obdirectory.check.verdict import Verdict
from obdirectory.web.api.entities import FirmAnswer, HistoryAnswer, SearchParameters
from obdirectory.web.api.operations import Alive, KeySet
from obdirectory.web.api.reading import InstantParameters, Listed, Listing, NoParameters
from obdirectory.web.doors import FirmChange, FirmHit, ListStatus, Readiness, SnapshotRow, SourceStatus
from obdirectory.web.hot import Ask
from obdirectory.web.problems import KINDS, MEDIA_TYPE, Problem


class AnsweredVerdict(Verdict, frozen=True):
    """A verdict as the check answers it; with ``receipt: true`` the receipt comes as its last member."""

    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as it is documented."""

    id: str
    method: str
    path: str
    title: str
    text: str
    tag: str
    answer: Any = None  # a type, or a media type for what is not JSON of ours
    statuses: tuple[int, ...] = ()  # problems it can answer
    query: type[msgspec.Struct] = NoParameters
    path_fields: dict[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    key: str = "optional"  # needed | optional | none
    description: str = ""
    also: tuple[int, ...] = ()  # other statuses with the same body


_READ = (400, 401, 403, 429)
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post_check",
        "post",
        "/api/v1/checks",
        "Ask",
        "May the holder of this certificate use this payment service, in this country, at this instant? "
        "The environment is that of the key; a refused certificate is an answer, not an error.",
        "Checks",
        AnsweredVerdict,
        (400, 401, 403, 413, 415, 429, 503),
        body=Ask,
        key="needed",
    ),
    Operation(
        "get_check",
        "get",
        "/api/v1/checks/{check_id}",
        "Read an answer again",
        "The verdict as it was answered, to the key that asked.",
        "Checks",
        Verdict,
        (*_READ, 404),
        path_fields={"check_id": "The id of the verdict."},
        key="needed",
    ),
    Operation(
        "get_receipt",
        "get",
        "/api/v1/checks/{check_id}/receipt",
        "Fetch a receipt",
        "A compact JWS (ES256) whose payload is the verdict; the same bytes ever after.",
        "Checks",
        "application/jose",
        (*_READ, 404),
        path_fields={"check_id": "The id of the verdict."},
        key="needed",
    ),
    Operation(
        "search_entities",
        "get",
        "/api/v1/entities",
        "Find firms",
        "Firms whose name or number begins with or resembles the text; best first.",
        "Firms",
        Listing[FirmHit],
        _READ,
        query=SearchParameters,
    ),
    Operation(
        "get_entity",
        "get",
        "/api/v1/entities/{entity_id}",
        "Read a firm",
        "Authorisations, rights, branches and measures as of `at`, as known at `known_at`.",
        "Firms",
        FirmAnswer,
        (*_READ, 404),
        query=InstantParameters,
        path_fields={"entity_id": "The id of the firm."},
    ),
    Operation(
        "get_entity_history",
        "get",
        "/api/v1/entities/{entity_id}/history",
        "Read a firm's history",
        "What changed about it, newest first, with the day it was true and the instant it was known.",
        "Firms",
        HistoryAnswer,
        (*_READ, 404),
        path_fields={"entity_id": "The id of the firm."},
    ),
    Operation(
        "list_changes",
        "get",
        "/api/v1/changes",
        "Follow all changes",
        "Oldest first; the last cursor goes on where the list ended.",
        "Firms",
        Listing[FirmChange],
        _READ,
        query=Listed,
    ),
    Operation(
        "list_registers",
        "get",
        "/api/v1/registers",
        "List registers",
        "What serves of each and how the last run went.",
        "Evidence",
        Listing[SourceStatus],
        _READ,
    ),
    Operation(
        "list_snapshots",
        "get",
        "/api/v1/registers/{source}/snapshots",
        "List snapshots",
        "Every fetch of one register, newest first, with its outcome and reason.",
        "Evidence",
        Listing[SnapshotRow],
        (*_READ, 404),
        query=Listed,
        path_fields={"source": "The id of the register, such as eu_eba."},
    ),
    Operation(
        "list_trusted_lists",
        "get",
        "/api/v1/trusted-lists",
        "List trusted lists",
        "The list of lists (EU) and the national lists, with the time until each must be renewed.",
        "Evidence",
        Listing[ListStatus],
        _READ,
    ),
    Operation("healthz", "get", "/healthz", "Alive", "The process runs.", "Operation", Alive, key="none"),
    Operation(
        "readyz",
        "get",
        "/readyz",
        "Ready",
        "Able to answer, with the ages of the evidence; 503 while it is not.",
        "Operation",
        Readiness,
        key="none",
        also=(503,),
    ),
    Operation("jwks", "get", "/.well-known/jwks.json", "Receipt keys", "The keys that verify receipts.", "Operation", KeySet, key="none"),
    Operation(
        "metrics",
        "get",
        "/metrics",
        "Metrics",
        "Prometheus text, for allowed addresses.",
        "Operation",
        "text/plain",
        (403,),
        key="none",
    ),
)
"""Everything under /api and beside it; a test holds this table against the routes."""


def document(version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    types = [
        Problem,
        *{_type_key(t): t for o in OPERATIONS for t in (o.answer, o.body) if t is not None and not isinstance(t, str)}.values(),
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = {_type_key(type_): schema for type_, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, by_type)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Open Banking Directory",
            "version": version,
            "description": "May this caller use this payment service, in this country, at this instant, and why.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": {name: _closed(schema) for name, schema in components.items()},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key made by `obd keys create`; it carries the environment."}
            },
        },
    }


def _type_key(type_: object) -> str:
    return repr(type_)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """What is sent has no members but those described."""
    return {**schema, "additionalProperties": False} if "properties" in schema and "additionalProperties" not in schema else schema


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    content = (
        {operation.answer: {"schema": {"type": "string"}}}
        if isinstance(operation.answer, str)
        else {_media_type(operation): {"schema": schemas[_type_key(operation.answer)]}}
    )
    titles = {kind.status: kind.title for kind in KINDS}
    responses: dict[str, Any] = {"200": {"description": "The answer", "content": content}}
    for status in operation.also:
        responses[str(status)] = {"description": titles[status], "content": content}
    for status in (*operation.statuses, 500):
        responses[str(status)] = {"description": titles[status], "content": {MEDIA_TYPE: {"schema": schemas[_type_key(Problem)]}}}
    if 429 in operation.statuses:
        responses["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}}
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.title,
        "description": operation.text,
        "tags": [operation.tag],
        "responses": dict(sorted(responses.items())),
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[_type_key(operation.body)]}}}
    described["security"] = {"needed": [{"key": []}], "optional": [{}, {"key": []}], "none": []}[operation.key]
    return described


def _media_type(operation: Operation) -> str:
    return "application/jwk-set+json" if operation.answer is KeySet else "application/json"


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string", "minLength": 1}}
        for name, text in operation.path_fields.items()
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    (schema,), components = msgspec.json.schema_components([operation.query])
    described = components[schema["$ref"].rsplit("/", 1)[-1]]
    required = set(described.get("required", ()))
    found: list[dict[str, Any]] = []
    for name, shape in described["properties"].items():
        shown = _without_null(shape)
        found.append({"name": name, "in": "query", "required": name in required, "description": QUERY_TEXT[name], "schema": shown})
    return found


QUERY_TEXT = {
    "limit": "How many at most.",
    "cursor": "The `next_cursor` of the stretch before.",
    "q": "What is typed: part of a name, an authorisation number, an LEI.",
    "at": "The instant the answer is about; now by default, never in the future.",
    "known_at": "Only what was known by then is used; now by default.",
}


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    """A query cannot say null: a parameter that may be left out has the shape of its other half."""
    if "anyOf" not in shape:
        return shape
    others = [half for half in shape["anyOf"] if half.get("type") != "null"]
    return others[0] if len(others) == 1 else {"anyOf": others}


def routes(version: str) -> list[HTTPRouteHandler]:
    """/openapi.json, made once."""
    content = msgspec.json.encode(document(version))

    @get("/openapi.json", name="openapi")
    async def openapi() -> Response[bytes]:
        """The document for programs."""
        return Response(content, media_type="application/json", headers={"cache-control": "public, max-age=300"})

    return [openapi]
