"""The HTTP API beside the hot route: one module for each thing a caller reads."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from litestar.handlers import HTTPRouteHandler

from obdirectory.web.api import checks, document, entities, operations, registers, trusted_lists

__all__ = ["routes"]


def routes(metrics_allowed: Sequence[IPv4Network | IPv6Network], *, version: str) -> list[HTTPRouteHandler]:
    """Every handler of the API; ``metrics_allowed`` are the networks that may read /metrics."""
    return [
        *checks.ROUTES,
        *entities.ROUTES,
        *registers.ROUTES,
        *trusted_lists.ROUTES,
        *operations.routes(metrics_allowed),
        *document.routes(version),
    ]
