"""Trusted lists: which count, until when, and the services of each."""

from litestar import Response, get
from litestar.params import FromPath

from obdirectory.core.errors import NotFound
from obdirectory.web.pages.home import list_standing
from obdirectory.web.pages.layout import Place, TheLayout, Visit


@get("/trusted-lists", name="trusted_lists_page")
async def trusted_lists_page(request: Visit, layout: TheLayout) -> Response[object]:
    """Every list, the list of lists first."""
    place = Place.of(request)
    lists = sorted(await layout.doors.list_status(place.environment), key=lambda status: (status.territory != "EU", status.territory))
    return layout.render(
        "trusted_lists.html",
        place,
        section="trusted-lists",
        title="Trusted lists",
        lists=[(status, list_standing(status, layout.now)) for status in lists],
    )


@get("/trusted-lists/{territory:str}", name="trusted_list_page")
async def trusted_list_page(request: Visit, layout: TheLayout, territory: FromPath[str]) -> Response[object]:
    """One list with its services and every file of it that was tried."""
    place = Place.of(request)
    detail = await layout.doors.list_detail(place.environment, territory)
    if detail is None:
        raise NotFound("no list of that territory was ever tried here")
    return layout.render(
        "trusted_list.html",
        place,
        section="trusted-lists",
        title=f"Trusted list {detail.status.territory}",
        detail=detail,
        standing=list_standing(detail.status, layout.now),
        services=sorted(detail.services, key=lambda service: (service.provider.casefold(), service.name.casefold())),
    )


ROUTES = [trusted_lists_page, trusted_list_page]
