"""The tour names what there is, and all of it."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "obdirectory"
TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.py|/))`", TOUR))


def test_every_package_is_on_the_tour() -> None:
    packages = {f"{path.parent.name}/" for path in SOURCE.glob("*/__init__.py")} | {path.name for path in SOURCE.glob("[a-z]*.py")}
    assert packages <= NAMED


def test_every_file_on_the_tour_exists() -> None:
    everywhere = [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")]
    missing = [name for name in NAMED if name.endswith(".py") and not any(path == name or path.endswith(f"/{name}") for path in everywhere)]
    assert missing == []


def test_links_of_readme_and_documentation_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|/|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
