"""The OpenAPI document: complete, closed, and true of the running API."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.web.fake_doors import CHOOSER_KEY, FakeDirectory
from tests.web.serving import served

from obdirectory.web.api.document import OPERATIONS, document
from obdirectory.web.problems import KINDS
from obdirectory.web.site import make_site


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return json.loads(json.dumps(document("1")))


def test_every_route_of_the_api_is_described_and_nothing_else(described: dict[str, Any]) -> None:
    site = make_site(FakeDirectory().doors())
    routes: set[tuple[str, str]] = set()
    for route in site.framework.routes:
        path = route.path_format
        if path.startswith(("/api/", "/.well-known/", "/healthz", "/readyz", "/metrics")):
            routes |= {(path, method.lower()) for method in getattr(route, "methods", ()) if method != "OPTIONS"}
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == routes


def test_every_object_is_closed(described: dict[str, Any]) -> None:
    open_ = [
        name
        for name, schema in described["components"]["schemas"].items()
        if "properties" in schema and schema.get("additionalProperties") is not False
    ]
    assert open_ == []


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    wanted = {part.split('"')[0] for part in json.dumps(described).split("#/components/schemas/")[1:]}
    assert wanted <= set(described["components"]["schemas"])


def test_what_can_go_wrong_is_said(described: dict[str, Any]) -> None:
    known = {str(kind.status) for kind in KINDS} | {"200"}
    for operation in OPERATIONS:
        responses = described["paths"][operation.path][operation.method]["responses"]
        assert set(responses) <= known
        assert "500" in responses
        assert not operation.path_fields or "404" in responses
        assert operation.key == "none" or {"401", "429"} <= set(responses)


def test_the_running_api_keeps_to_its_document(tmp_path: Path) -> None:
    """Schemathesis, an outsider, asks what the document allows and what it does not."""
    directory = FakeDirectory()
    with served(directory.doors()) as address:
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                "run",
                f"{address}/openapi.json",
                "--url",
                address,
                "-H",
                f"Authorization: Bearer {CHOOSER_KEY}",
                "--max-examples",
                "12",
                "--seed",
                "1",
                "--phases",
                "examples,coverage,fuzzing",
                "--suppress-health-check",
                "all",
                "--generation-database",
                "none",
                "--exclude-checks",
                "unsupported_method,positive_data_acceptance",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
