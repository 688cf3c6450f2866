"""The web side over an invented directory, asked through ASGI."""

from collections.abc import AsyncIterator

import httpx
import pytest
from tests.web.fake_doors import FakeDirectory

from obdirectory.web.site import Site, make_site


@pytest.fixture(scope="session")
def standing() -> tuple[FakeDirectory, Site]:
    """Routes are built once: that takes longer than any answer."""
    directory = FakeDirectory()
    return directory, make_site(directory.doors())


@pytest.fixture
def directory(standing: tuple[FakeDirectory, Site]) -> FakeDirectory:
    """The directory behind the site, as if new."""
    vars(standing[0]).update(vars(FakeDirectory()))
    return standing[0]


@pytest.fixture
async def client(directory: FakeDirectory, standing: tuple[FakeDirectory, Site]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(standing[1], client=("127.0.0.1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://directory.example") as client:
        yield client
