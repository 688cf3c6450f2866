"""A browser, and pages to look at with it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.run import AXE, BROWSERS
from tests.web.fake_doors import FakeDirectory
from tests.web.serving import served

ROOT = Path(__file__).resolve().parents[2]
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((place for name in BROWSERS if (place := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("no axe-core: ./obd test fetches it")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def artefacts() -> Path:
    place = ROOT / "var" / "test-artefacts" / "pages"
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture(scope="module")
def directory() -> FakeDirectory:
    return FakeDirectory()


@pytest.fixture(scope="module")
def address(directory: FakeDirectory) -> Iterator[str]:
    with served(directory.doors()) as address:
        yield address
