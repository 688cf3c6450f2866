"""Every finding code has a page that says exactly what the code says: title, clause, reasons, consequences, who mends it and how."""

import pytest
from tests.check.findings_pages import PAGES, index, introduction_of, meaning_on, page

from obdirectory.core.finding import REQUIREMENTS, Requirement


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {found.stem for found in PAGES.glob("*.md")} - {"README"} == set(REQUIREMENTS)


@pytest.mark.parametrize("requirement", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_a_page_says_what_the_code_says(requirement: Requirement) -> None:
    text = (PAGES / f"{requirement.code}.md").read_text()
    assert len(meaning_on(text).split()) >= 5, "say what it means"
    assert text == page(requirement, meaning_on(text)), "write it again: python -m tests.check.findings_pages"


def test_the_index_lists_every_code_once_with_its_reasons() -> None:
    text = (PAGES / "README.md").read_text()
    assert text == index(introduction_of(text))
