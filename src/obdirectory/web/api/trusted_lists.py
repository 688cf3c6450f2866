"""Trusted lists: which count, how long they still do, and why others do not."""

from litestar import Response, get

from obdirectory.web.api.reading import Asked, Listing, NoParameters, TheDoors, caller, parameters


@get("/api/v1/trusted-lists", name="list_trusted_lists")
async def list_trusted_lists(request: Asked, doors: TheDoors) -> Response[object]:
    """The list of lists and every national list, by territory."""
    asked = caller(request, doors)
    parameters(request, NoParameters)
    return Response(Listing(asked.environment, tuple(await doors.list_status(asked.environment))))


ROUTES = [list_trusted_lists]
