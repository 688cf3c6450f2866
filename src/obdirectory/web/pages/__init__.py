"""The pages: one module and its templates for each thing a visitor looks at."""

from litestar.handlers import HTTPRouteHandler
from litestar.router import Router

from obdirectory.web.pages import check, findings, firms, guide, home, registers, static, trusted_lists

__all__ = ["routes"]


def routes() -> list[HTTPRouteHandler | Router]:
    """Every page, once for live and once under /sandbox, and the files they need."""
    pages = [*home.ROUTES, *check.ROUTES, *firms.ROUTES, *registers.ROUTES, *trusted_lists.ROUTES, *findings.ROUTES, *guide.ROUTES]
    return [*static.ROUTES, Router("/", route_handlers=pages), Router("/sandbox", route_handlers=pages)]
