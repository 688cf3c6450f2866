"""Answers given before: the verdict and its receipt, to the key that asked."""

from litestar import Response, get, post
from litestar.params import FromPath

from obdirectory.core.errors import NotFound
from obdirectory.web.api.reading import Asked, TheDoors, client_of


@post("/api/v1/checks", name="post_check")
async def post_check(request: Asked) -> None:
    """Answered by ``hot.py`` before the framework sees it; here so that OPTIONS and 405 know the method."""
    raise NotFound(request.url.path)


@get("/api/v1/checks/{check_id:str}", name="get_check")
async def get_check(request: Asked, check_id: FromPath[str], doors: TheDoors) -> Response[bytes]:
    """The verdict as it was answered, byte for byte."""
    client = client_of(request, doors)
    answer = await doors.answer_by_id(check_id, client.environment, client.key_id)
    if answer is None:
        raise NotFound("no check of that id was asked with this key")
    return Response(answer.body, media_type="application/json", headers={"cache-control": "no-store"})


@get("/api/v1/checks/{check_id:str}/receipt", name="get_receipt")
async def get_receipt(request: Asked, check_id: FromPath[str], doors: TheDoors) -> Response[bytes]:
    """The receipt of an answer: a compact JWS, the same bytes ever after."""
    client = client_of(request, doors)
    receipt = await doors.receipt(check_id, client.environment, client.key_id)
    if receipt is None:
        raise NotFound("no check of that id was asked with this key")
    return Response(receipt.encode(), media_type="application/jose", headers={"cache-control": "no-store"})


ROUTES = [post_check, get_check, get_receipt]
