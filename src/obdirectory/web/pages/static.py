"""Style, script and picture files: held in memory, addressed by their own digest, kept by browsers for a year."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from litestar import Response, get
from litestar.params import FromPath

from obdirectory.core.errors import NotFound

_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is served."""

    content: bytes
    media_type: str
    digest: str


@cache
def static_files() -> dict[str, StaticFile]:
    """All of them, by name."""
    found: dict[str, StaticFile] = {}
    for path in files("obdirectory.web").joinpath("static").iterdir():
        media_type = _MEDIA_TYPES.get("." + path.name.rpartition(".")[2])
        if media_type is not None:
            content = path.read_bytes()
            found[path.name] = StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:16])
    return found


def asset(name: str) -> str:
    """The address of a file, which changes with its content."""
    return f"/static/{static_files()[name].digest}/{name}"


@get("/static/{digest:str}/{name:str}", name="static")
async def static(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A file under its digest; under another digest there is none."""
    file = static_files().get(name)
    if file is None or file.digest != digest:
        raise NotFound("no such file")
    return Response(file.content, media_type=file.media_type, headers={"cache-control": "public, max-age=31536000, immutable"})


@get("/favicon.ico", name="favicon")
async def favicon() -> Response[bytes]:
    """The mark, for browsers that ask without being told."""
    file = static_files()["mark.svg"]
    return Response(file.content, media_type=file.media_type, headers={"cache-control": "public, max-age=86400"})


ROUTES = [static, favicon]
