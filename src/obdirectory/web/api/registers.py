"""Registers: what serves of each, how old it is, and every snapshot tried."""

from litestar import Response, get
from litestar.params import FromPath

from obdirectory.core.errors import NotFound
from obdirectory.web.api.reading import Asked, Listed, Listing, NoParameters, TheDoors, after, caller, listing, parameters


@get("/api/v1/registers", name="list_registers")
async def list_registers(request: Asked, doors: TheDoors) -> Response[object]:
    """Every register with its serving snapshot and its last run."""
    asked = caller(request, doors)
    parameters(request, NoParameters)
    return Response(Listing(asked.environment, tuple(await doors.source_status(asked.environment))))


@get("/api/v1/registers/{source:str}/snapshots", name="list_snapshots")
async def list_snapshots(request: Asked, source: FromPath[str], doors: TheDoors) -> Response[object]:
    """The snapshots of one register, newest first: outcome, reason, counts."""
    asked, wanted = caller(request, doors), parameters(request, Listed)
    found = await doors.snapshots(asked.environment, source, after(wanted.cursor, "snapshots"), wanted.limit)
    if found is None:
        raise NotFound("no register of that name is collected here")
    return Response(listing(found, "snapshots", asked.environment))


ROUTES = [list_registers, list_snapshots]
