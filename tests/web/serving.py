"""A web side on a loopback port, served by the same server as in production, for as long as a test needs it."""

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from obdirectory.web.doors import Doors
from obdirectory.web.site import SiteSettings, make_site


@contextmanager
def served(doors: Doors, settings: SiteSettings | None = None) -> Generator[str]:
    """The address under which these doors are answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        server = uvicorn.Server(uvicorn.Config(make_site(doors, settings), log_config=None, lifespan="off", access_log=False))
        thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listening]),), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
