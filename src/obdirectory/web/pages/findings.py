"""Findings explained: every requirement that is declared, its page from ``docs/findings`` where there is one, its weight by policy."""

import re
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from obdirectory.check.policy import load_policies
from obdirectory.core.errors import NotFound
from obdirectory.core.finding import REQUIREMENTS, Finding, Requirement
from obdirectory.web.pages.layout import Place, TheLayout, Visit
from obdirectory.web.pages.markdown import to_html
from obdirectory.web.pages.verdict import GROUP_TITLES, Meaning, meaning_of

_CODE = re.compile(r"[a-z][a-z0-9_]{1,80}")
_OF_THE_CHECKOUT = Path(__file__).resolve().parents[4] / "docs" / "findings"
_OF_THE_PACKAGE = Path(__file__).resolve().parents[2] / "findings"


def findings_folder(named: Path | None) -> Path:
    """Where the articles are: as named, else in the package, else in the checkout."""
    return named or (_OF_THE_PACKAGE if _OF_THE_PACKAGE.is_dir() else _OF_THE_CHECKOUT)


@get("/findings", name="findings_page")
async def findings_page(request: Visit, layout: TheLayout) -> Response[object]:
    """All requirements, by what they are about."""
    groups = [
        (title, sorted((r for r in REQUIREMENTS.values() if r.group == name), key=lambda r: (r.rank, r.code)))
        for name, title in GROUP_TITLES.items()
    ]
    return layout.render(
        "findings.html", Place.of(request), section="findings", title="Findings", groups=[(title, rows) for title, rows in groups if rows]
    )


@get("/findings/{code:str}", name="finding_page")
async def finding_page(request: Visit, layout: TheLayout, code: FromPath[str]) -> Response[object]:
    """One requirement."""
    requirement = REQUIREMENTS.get(code)
    article = _article(layout.findings_dir, code)
    if requirement is None and not article:
        raise NotFound("no requirement of that code is looked at here")
    return layout.render(
        "finding.html",
        Place.of(request),
        section="findings",
        title=requirement.title.rstrip(".") if requirement else code,
        code=code,
        requirement=requirement,
        group=GROUP_TITLES[requirement.group] if requirement else "",
        article=article,
        consequences=_consequences(requirement) if requirement else [],
    )


def _article(named: Path | None, code: str) -> str:
    """The page of a code as HTML; empty when there is none. The code is checked: it names a file."""
    if not _CODE.fullmatch(code):
        return ""
    path = findings_folder(named) / f"{code}.md"
    if not path.is_file():
        return ""
    return to_html(_told_in_words(path.read_text(encoding="utf-8"), REQUIREMENTS.get(code)), first_level=1)


def _told_in_words(text: str, requirement: Requirement | None) -> str:
    """An article without what the page shows from the requirement itself: title, clause and the table of reasons."""
    title = requirement.title if requirement else ""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    return "\n\n".join(block for block in blocks if block != title and not block.startswith(("# ", "Clause:", "| reason |")))


def _consequences(requirement: Requirement) -> list[tuple[str, list[tuple[str, Meaning, str]]]]:
    """Policy by policy what each of its words means."""
    found: list[tuple[str, list[tuple[str, Meaning, str]]]] = []
    for policy in load_policies().values():
        rows: list[tuple[str, Meaning, str]] = []
        for reason in requirement.reasons:
            judged = policy.judged(Finding(requirement.code, reason.met, reason.word))
            rows.append((reason.word, meaning_of(judged)[0], _SAID[judged.consequence]))
        found.append((policy.name, rows))
    return found


_SAID: dict[str, str] = {"refuse": "refuses", "gap": "leaves it undetermined", "warn": "warns", "info": "informs", "": "says nothing"}

ROUTES = [findings_page, finding_page]
