"""Jobs of the worker process, kept in PostgreSQL: on a schedule or asked for, tried again after a failure or a killed worker.

A small door in front of procrastinate, so that another queue can stand behind it.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Self

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from psycopg.conninfo import make_conninfo

from obdirectory.core.errors import Unavailable
from obdirectory.platform.queue_schema import SCHEMA

Job = Callable[..., Awaitable[None]]

_STALLED_SECONDS = 30.0
_EVERY_MINUTE = "* * * * *"


class Queue:
    """The jobs of one program: register them all, then ``defer`` from anywhere and ``work`` in the worker."""

    def __init__(self, app: procrastinate.App) -> None:
        self._app = app
        self.register("sweep_stalled_jobs", self.sweep, cron=_EVERY_MINUTE)

    @classmethod
    async def open(cls, dsn: str, *, role: str | None = None) -> Self:
        """Connect; a superuser becomes ``role``. Raises Unavailable."""
        try:
            async with await psycopg.AsyncConnection.connect(dsn, connect_timeout=5) as connection:
                superuser = connection.info.parameter_status("is_superuser") == "on"
            options = f"-c search_path={SCHEMA}" + (f" -c role={role}" if role and superuser else "")
            connector = procrastinate.PsycopgConnector(conninfo=make_conninfo(dsn, options=options, application_name="obd queue"))
            app = procrastinate.App(connector=connector)
            await app.open_async()
        except (psycopg.OperationalError, ConnectorException) as error:
            raise Unavailable("the database of the queue does not answer", retry_after_seconds=1.0) from error
        return cls(app)

    async def close(self) -> None:
        """Close the connections."""
        await self._app.close_async()

    def register(self, name: str, job: Job, *, cron: str | None = None, attempts: int = 3) -> None:
        """Make a job known; ``cron`` ("minute hour day month weekday", UTC) puts it on a schedule.

        One job of a name waits at most: a schedule that is faster than its work does not pile up.
        """

        async def run(timestamp: int = 0, **arguments: Any) -> None:
            await job(**arguments)

        strategy = procrastinate.RetryStrategy(max_attempts=attempts, exponential_wait=4)
        task = self._app.task(name=name, retry=strategy, lock=name, queueing_lock=name)(run)
        if cron is not None:
            self._app.periodic(cron=cron)(task)

    async def defer(self, name: str, **arguments: Any) -> bool:
        """Ask for a job; False when one of that name waits already."""
        try:
            await self._app.configure_task(name).defer_async(**arguments)
        except AlreadyEnqueued:
            return False
        except ConnectorException as error:
            raise Unavailable("the database of the queue does not answer", retry_after_seconds=1.0) from error
        return True

    async def work(self, *, until_empty: bool = False, concurrency: int = 2) -> None:
        """Do jobs until cancelled, or until none waits; what runs at a cancellation gets ten seconds to finish."""
        await self._app.run_worker_async(
            wait=not until_empty,
            concurrency=concurrency,
            install_signal_handlers=False,
            delete_jobs="successful",
            shutdown_graceful_timeout=10.0,
        )

    async def sweep(self, *, stalled_seconds: float = _STALLED_SECONDS) -> None:
        """Put back what a killed worker was doing."""
        for job in await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_seconds):
            await self._app.job_manager.retry_job(job)
