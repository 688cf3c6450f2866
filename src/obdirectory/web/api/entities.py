"""Firms: search by typing, one firm at any instant, its history, and the stream of all changes."""

from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from obdirectory.check.question import Environment
from obdirectory.core.errors import NotFound
from obdirectory.web.api.firm import SentFirm, sent_firm
from obdirectory.web.api.reading import (
    Asked,
    InstantParameters,
    Listed,
    NoParameters,
    TheDoors,
    after,
    caller,
    instants,
    listing,
    parameters,
)
from obdirectory.web.doors import FirmEvent


class SearchParameters(Listed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a search takes."""

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class FirmAnswer(msgspec.Struct, frozen=True):
    """One firm, and of which world and instants."""

    environment: Environment
    entity: SentFirm


class HistoryAnswer(msgspec.Struct, frozen=True):
    """What changed about one firm, newest first."""

    environment: Environment
    items: tuple[FirmEvent, ...]


@get("/api/v1/entities", name="search_entities")
async def search_entities(request: Asked, doors: TheDoors) -> Response[object]:
    """Firms whose name or number begins with or resembles ``q``; best first."""
    asked, wanted = caller(request, doors), parameters(request, SearchParameters)
    found = await doors.search(asked.environment, wanted.q, wanted.limit, after(wanted.cursor, "entities"))
    return Response(listing(found, "entities", asked.environment))


@get("/api/v1/entities/{entity_id:str}", name="get_entity")
async def get_entity(request: Asked, entity_id: FromPath[str], doors: TheDoors) -> Response[object]:
    """One firm: authorisations, rights, branches and measures as of ``at``, as known at ``known_at``."""
    asked = caller(request, doors)
    at, known_at = instants(parameters(request, InstantParameters), doors)
    found = await doors.entity(asked.environment, entity_id, at=at, known_at=known_at)
    if found is None:
        raise NotFound("no firm of that id was known then")
    return Response(FirmAnswer(asked.environment, sent_firm(found)))


@get("/api/v1/entities/{entity_id:str}/history", name="get_entity_history")
async def get_entity_history(request: Asked, entity_id: FromPath[str], doors: TheDoors) -> Response[object]:
    """What changed about one firm, newest first."""
    asked = caller(request, doors)
    parameters(request, NoParameters)
    now = doors.clock()
    if await doors.entity(asked.environment, entity_id, at=now, known_at=now) is None:
        raise NotFound("no firm of that id is known")
    return Response(HistoryAnswer(asked.environment, await doors.entity_history(asked.environment, entity_id)))


@get("/api/v1/changes", name="list_changes")
async def list_changes(request: Asked, doors: TheDoors) -> Response[object]:
    """Every change of every firm, oldest first; go on from the last cursor for as long as you like."""
    asked, wanted = caller(request, doors), parameters(request, Listed)
    found = await doors.changes(asked.environment, after(wanted.cursor, "changes"), wanted.limit)
    return Response(listing(found, "changes", asked.environment))


ROUTES = [search_entities, get_entity, get_entity_history, list_changes]
