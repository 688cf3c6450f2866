"""What every test may ask for: sizes, places, a real PostgreSQL."""

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

hypothesis.settings.register_profile("quick", max_examples=60, deadline=None)
hypothesis.settings.register_profile("full", max_examples=2_000, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the full sizes")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("full" if config.getoption("--full") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="a full size: runs with --full"))


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether the full sizes were asked for with ``--full``; a test picks its own size by it."""
    return bool(pytestconfig.getoption("--full"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and official files; a test that needs it is skipped where it is absent.

    ``OBD_TEST_DATA`` names it; by default it lies beside the checkout.
    """
    place = Path(os.environ.get("OBD_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not place.is_dir():
        pytest.skip("no folder of real files: set OBD_TEST_DATA")
    return place


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty folder that a test may use as ``--data-dir``."""
    place = tmp_path / "data"
    place.mkdir()
    return place
