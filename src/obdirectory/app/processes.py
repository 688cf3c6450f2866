"""The two long-running processes: ``serve`` answers, ``work`` keeps the evidence fresh."""

import asyncio
import contextlib
import signal

import structlog
import uvicorn

from obdirectory.app.application import SANDBOX_REGISTER, App
from obdirectory.app.doors import open_doors
from obdirectory.core.errors import DirectoryError, InvalidInput
from obdirectory.platform.queue import Queue
from obdirectory.web.site import SiteSettings, make_site

log = structlog.get_logger()

_LOOK_EVERY_SECONDS = 1.0
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 20


async def serve(app: App) -> int:
    """Answer until told to stop; whatever changes meanwhile is in use within a second."""
    site = make_site(open_doors(app), SiteSettings(metrics_allowed=app.settings.metrics_allow))
    config = uvicorn.Config(
        site,
        host=app.settings.host,
        port=app.settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    looking = asyncio.create_task(_keep_current(app))
    # Once it has stopped, uvicorn raises the signal again; that must not end us before journal and database are closed.
    signal.signal(signal.SIGTERM, _has_stopped)
    try:
        await uvicorn.Server(config).serve()
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
    return 0


async def work(app: App) -> int:
    """Do the jobs of the schedule until told to stop."""
    queue = await Queue.open(app.dsn, role="obd_work")
    try:
        queue.register("trust_refresh", lambda: _refresh_lists(app), cron="7 * * * *")
        queue.register("collect_eu_eba", lambda: _collect_eba(app), cron="*/15 * * * *")
        queue.register("sandbox_renew", lambda: _renew_sandbox(app), cron="*/10 * * * *")
        await queue.defer("trust_refresh")
        await queue.defer("collect_eu_eba")
        working = asyncio.create_task(queue.work())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, working.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await working
    finally:
        await queue.close()
    return 0


def _has_stopped(_number: int, _frame: object) -> None:
    """The signal that was already followed."""


async def _keep_current(app: App) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        try:
            await app.keep_current()
        except DirectoryError as error:
            log.warning("world_not_refreshed", why=str(error))


async def _refresh_lists(app: App) -> None:
    try:
        rows = await app.refresh_trust("live", from_dir=None, at=None)
    except InvalidInput as error:
        log.warning("trust_not_refreshed", why=str(error))
        return
    for row in rows:
        if row.outcome == "refused":
            log.warning("trusted_list_refused", file=row.file, territory=row.territory, reason=row.reason)


async def _collect_eba(app: App) -> None:
    await app.collect(SANDBOX_REGISTER, "live", from_path=None, at=None)


async def _renew_sandbox(app: App) -> None:
    await app.make_sandbox()
