"""Jobs: done once, tried again after a failure, not piled up, not lost with a killed worker."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import psycopg
import pytest

from obdirectory.core.errors import Unavailable
from obdirectory.platform.queue import Queue

WORKER = """
import asyncio, sys
from obdirectory.platform.queue import Queue

async def main():
    queue = await Queue.open(sys.argv[1], role="obd_work")
    async def hang():
        print("started", flush=True)
        await asyncio.Event().wait()
    queue.register("hang", hang)
    await queue.work()

asyncio.run(main())
"""


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[Queue]:
    queue = await Queue.open(database_url, role="obd_work")
    yield queue
    await queue.close()


async def test_a_job_is_done_with_its_arguments(queue: Queue) -> None:
    done: list[str] = []

    async def collect(source: str) -> None:
        done.append(source)

    queue.register("collect", collect)
    assert await queue.defer("collect", source="eu_eba")
    await queue.work(until_empty=True)
    assert done == ["eu_eba"]


async def test_only_one_of_a_name_waits(queue: Queue) -> None:
    async def refresh() -> None: ...

    queue.register("refresh", refresh)
    assert [await queue.defer("refresh") for _ in range(3)] == [True, False, False]


async def test_one_that_fails_is_tried_again_later(queue: Queue, database_url: str) -> None:
    async def collect() -> None:
        raise Unavailable("the register does not answer")

    queue.register("collect", collect)
    await queue.defer("collect")
    await queue.work(until_empty=True)
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT status::text, attempts, scheduled_at > now() FROM queue.procrastinate_jobs").fetchone()
    assert row == ("todo", 1, True)


async def test_what_a_killed_worker_did_is_done_by_the_next(queue: Queue, database_url: str) -> None:
    done = asyncio.Event()

    async def finish() -> None:
        done.set()

    queue.register("hang", finish)
    await queue.defer("hang")
    with subprocess.Popen([sys.executable, "-c", WORKER, database_url], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        assert await asyncio.to_thread(worker.stdout.readline) == "started\n"
        os.kill(worker.pid, signal.SIGKILL)
    await queue.sweep(stalled_seconds=0)
    await queue.work(until_empty=True)
    assert done.is_set()


async def test_a_schedule_is_kept(queue: Queue, database_url: str) -> None:
    came = asyncio.Event()

    async def tick() -> None:
        came.set()

    queue.register("tick", tick, cron="* * * * * *")  # the sixth column is seconds
    working = asyncio.ensure_future(queue.work())
    async with asyncio.timeout(20):
        await came.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_a_database_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await Queue.open("postgresql://nobody@127.0.0.1:1/none")
