"""For those who run the directory: is it alive, can it answer, its metrics, its receipt keys."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from obdirectory.core.errors import NotPermitted
from obdirectory.web.api.reading import Asked, TheDoors

_UNCACHED = {"cache-control": "no-store"}


class Alive(msgspec.Struct, frozen=True):
    """That the process runs, and nothing else."""

    alive: bool


class KeySet(msgspec.Struct, frozen=True):
    """A set of public keys (RFC 7517)."""

    keys: list[dict[str, str | list[str]]]


@get("/healthz", name="healthz")
async def healthz() -> Response[object]:
    """The process runs. Asks nothing of anything outside it."""
    return Response(Alive(alive=True), headers=_UNCACHED)


@get("/readyz", name="readyz")
async def readyz(doors: TheDoors) -> Response[object]:
    """Able to answer, with the ages of the evidence it answers from; 503 while it is not."""
    state = doors.ready()
    return Response(state, status_code=200 if state.ready else 503, headers=_UNCACHED)


@get("/.well-known/jwks.json", name="jwks")
async def jwks(doors: TheDoors) -> Response[bytes]:
    """The public keys that receipts are verified with."""
    return Response(doors.jwks(), media_type="application/jwk-set+json", headers={"cache-control": "public, max-age=300"})


def routes(metrics_allowed: Sequence[IPv4Network | IPv6Network]) -> list[HTTPRouteHandler]:
    """All of them; /metrics answers only addresses in ``metrics_allowed``."""

    @get("/metrics", name="metrics")
    async def metrics(request: Asked, doors: TheDoors) -> Response[bytes]:
        """Metrics in the Prometheus text format."""
        if not _allowed(request.client.host if request.client else "", metrics_allowed):
            raise NotPermitted("metrics are for the addresses named in the settings")
        return Response(doors.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8", headers=_UNCACHED)

    return [healthz, readyz, jwks, metrics]


def _allowed(host: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks if network.version == address.version)
