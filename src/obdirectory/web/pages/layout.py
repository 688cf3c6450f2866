"""The frame of every page: templates, filters, navigation, environment, ages of evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from obdirectory.check.question import Environment
from obdirectory.core.instants import print_instant
from obdirectory.core.visible import visible
from obdirectory.web.doors import Doors, EvidenceAge
from obdirectory.web.pages import words
from obdirectory.web.pages.bars import digest_bars
from obdirectory.web.pages.static import asset
from obdirectory.web.problems import Problem

Section: TypeAlias = Literal["home", "check", "firms", "registers", "trusted-lists", "findings", "api", ""]
Visit: TypeAlias = Request[object, object, State]

SANDBOX = "/sandbox"
NAVIGATION: tuple[tuple[Section, str, str], ...] = (
    ("home", "/", "Overview"),
    ("check", "/check", "Check"),
    ("firms", "/firms", "Firms"),
    ("registers", "/registers", "Registers"),
    ("trusted-lists", "/trusted-lists", "Trusted lists"),
    ("findings", "/findings", "Findings"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visitor is: which environment's pages, and the path inside them."""

    environment: Environment
    path: str

    @classmethod
    def of(cls, request: Request[Any, Any, Any]) -> "Place":
        """The place of a request: pages of the sandbox live under /sandbox, so that a link says which world it shows."""
        path = request.url.path
        if path == SANDBOX or path.startswith(f"{SANDBOX}/"):
            return cls("sandbox", path[len(SANDBOX) :] or "/")
        return cls("live", path)

    def url(self, path: str) -> str:
        """The address of a page of the same environment."""
        if self.environment == "live":
            return path
        return SANDBOX if path == "/" else SANDBOX + path

    def other(self, environment: Environment, section: Section) -> str:
        """The same section in the other environment: a firm of one need not exist in the other."""
        root = next((path for name, path, _ in NAVIGATION if name == section), "/")
        return Place(environment, root).url(root)


class Layout:
    """Renders templates with everything a page's frame needs."""

    def __init__(self, doors: Doors, *, version: str, findings_dir: Path | None) -> None:
        self.doors = doors
        self.version = version
        self.findings_dir = findings_dir
        self._templates = Templates(
            loader=PackageLoader("obdirectory.web", "pages/templates"),
            autoescape=True,
            finalize=_shown,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            day=words.day,
            moment=words.moment,
            exact_moment=words.exact_moment,
            span=words.span,
            country=words.country,
            authority=words.authority,
            entity_type=words.entity_type,
            spoken=words.spoken,
            instant=print_instant,
            when=words.when,
            when_day=words.when_day,
            bars=digest_bars,
            path_part=lambda text: quote(str(text), safe=""),
        )

    def render(
        self,
        template: str,
        place: Place,
        *,
        section: Section,
        title: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response[object]:
        """One page."""
        ages = self.doors.ready().evidence.get(place.environment, ())
        content = self._templates.get_template(template).render(
            place=place,
            asset=asset,
            version=self.version,
            navigation=NAVIGATION,
            words=words,
            section=section,
            title=title,
            ages=ages,
            late=[age for age in ages if age.late],
            oldest=_oldest(ages),
            now=self.now,
            **values,
        )
        return Response(
            content,
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers={"cache-control": "no-store", **(headers or {})},
        )

    @property
    def now(self) -> datetime:
        return self.doors.clock()

    def error(self, problem: Problem, *, place: Place, headers: Sequence[tuple[str, str]] = ()) -> Response[object]:
        """What went wrong, as a page: what to do, and the id under which the operator finds it."""
        sent = {name.decode(): value.decode() for name, value in problem.headers if name == b"retry-after"}
        return self.render(
            "error.html", place, section="", title=problem.title, status=problem.status, headers={**sent, **dict(headers)}, problem=problem
        )


TheLayout: TypeAlias = NamedDependency[SkipValidation[Layout]]


def _shown(value: object) -> object:
    """Every text a template shows that is not markup of our own goes through one filter: control and bidi characters become visible."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return visible(value, most=2_000)
    return "" if value is None else value


def _oldest(ages: Sequence[EvidenceAge]) -> float | None:
    known = [age.age_seconds for age in ages if age.age_seconds is not None]
    return max(known, default=None)
