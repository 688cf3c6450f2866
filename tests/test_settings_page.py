"""The page of settings names exactly those there are."""

import re
from pathlib import Path

from obdirectory.platform.settings import Settings

PAGE = (Path(__file__).parent.parent / "docs" / "operate" / "settings.md").read_text(encoding="utf-8")


def test_the_page_names_every_setting_and_no_other() -> None:
    table = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith(("| `OBD_", "| `DATABASE_"))]
    assert {name for cell in table for name in re.findall(r"`([A-Z_]+)`", cell)} == set(Settings().shown())
