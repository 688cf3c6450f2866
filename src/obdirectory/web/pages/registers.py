"""Registers: what serves of each, how old it is, and every snapshot that was tried."""

from litestar import Response, get
from litestar.params import FromPath

from obdirectory.core.errors import NotFound
from obdirectory.web.api.reading import Listed, after, cursor, parameters
from obdirectory.web.pages.home import freshness
from obdirectory.web.pages.layout import Place, TheLayout, Visit


@get("/registers", name="registers_page")
async def registers_page(request: Visit, layout: TheLayout) -> Response[object]:
    """Every register that is collected here."""
    place = Place.of(request)
    sources = await layout.doors.source_status(place.environment)
    return layout.render(
        "registers.html",
        place,
        section="registers",
        title="Registers",
        sources=[(source, freshness(source, layout.now)) for source in sources],
    )


@get("/registers/{source:str}", name="register_page")
async def register_page(request: Visit, layout: TheLayout, source: FromPath[str]) -> Response[object]:
    """One register and its snapshots, newest first."""
    place = Place.of(request)
    wanted = parameters(request, Listed)
    status = next((row for row in await layout.doors.source_status(place.environment) if row.source == source), None)
    found = await layout.doors.snapshots(place.environment, source, after(wanted.cursor, "snapshots"), wanted.limit)
    if status is None or found is None:
        raise NotFound("no register of that name is collected here")
    return layout.render(
        "register.html",
        place,
        section="registers",
        title=status.title,
        source=status,
        fresh=freshness(status, layout.now),
        snapshots=found.items,
        next_cursor=cursor(found.after, "snapshots"),
    )


ROUTES = [registers_page, register_page]
