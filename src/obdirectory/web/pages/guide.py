"""The API for people: the same table the OpenAPI document is made from, on one page without outside assets."""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Response, get

from obdirectory.web.api.document import OPERATIONS, QUERY_TEXT, Operation
from obdirectory.web.hot import Ask
from obdirectory.web.pages.layout import Place, TheLayout, Visit
from obdirectory.web.problems import KINDS


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request."""

    name: str
    where: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    title: str
    text: str
    key: str
    statuses: tuple[int, ...]
    fields: tuple[Field, ...]


@get("/api", name="guide")
async def guide(request: Visit, layout: TheLayout) -> Response[object]:
    """Operations by what they are about, and every problem."""
    place = Place.of(request)
    shown = [(operation.tag, _shown(operation)) for operation in OPERATIONS]
    groups = [(tag, [one for its, one in shown if its == tag]) for tag in dict.fromkeys(tag for tag, _ in shown)]
    origin = f"{request.url.scheme}://{request.url.netloc}"
    ask = (
        f'curl {origin}/api/v1/checks \\\n  -H "Authorization: Bearer $OBD_KEY" \\\n  -H "Content-Type: application/json" \\\n'
        '  -d "$(jq -n --rawfile c certificate.pem \'{certificate: $c,\n         payment_service: "ais", country: "DE"}\')"'
    )
    return layout.render("guide.html", place, section="api", title="API", groups=groups, kinds=KINDS, ask=ask)


def _shown(operation: Operation) -> Shown:
    fields = [Field(name, "path", required=True, text=text) for name, text in operation.path_fields.items()]
    fields += [
        Field(info.encode_name, "query", required=info.required, text=QUERY_TEXT[info.name])
        for info in msgspec.structs.fields(operation.query)
    ]
    if operation.body is Ask:
        fields += [
            Field(info.encode_name, "body", required=info.required, text=BODY_TEXT[info.name]) for info in msgspec.structs.fields(Ask)
        ]
    return Shown(
        operation.id, operation.method, operation.path, operation.title, operation.text, operation.key, operation.statuses, tuple(fields)
    )


BODY_TEXT: dict[str, Any] = {
    "certificate": "PEM, or the base64 of DER; at most 64 KiB. Further certificates of a PEM text are its chain.",
    "payment_service": "ais, pis, cbpii, vop or any.",
    "chain": "Issuers, in any order: one PEM text, or a list of PEM or base64 DER.",
    "country": "Where the account is held, ISO 3166-1. A key bound to a bank has it from the bank.",
    "aspsp": "The bank, where the key belongs to one.",
    "at": "The instant the question is about; now by default, never in the future.",
    "known_at": "Only what was known by then is used; now by default.",
    "policy": "Another policy than the key's; needs the permission check:choose-policy.",
    "receipt": "true: the answer carries a signed receipt.",
    "explain": "deciding (default): what is not met and what decided; all: every requirement looked at.",
}

ROUTES = [guide]
