"""The shape of the source tree, kept by tests. Size is a matter of taste and review, not of this file."""

import ast
import configparser
from pathlib import Path

import grimp
import pytest

PACKAGE = "obdirectory"
ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / PACKAGE
MODULES = sorted(SOURCE.rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "common", "misc", "manager", "base", "handler", "processor"}
DECIDING_PACKAGES = ("trust", "registers", "directory", "check")
OUTSIDE = ("obdirectory.platform", "httpcore", "litestar", "psycopg")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, include_external_packages=True, exclude_type_checking_imports=True)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_says_what_it_is_for(path: Path) -> None:
    """A module has a docstring and is not named after nothing."""
    assert path.stem not in VAGUE
    assert ast.get_docstring(ast.parse(path.read_text())), "say in one line what this module is for"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_xml_parser_resolves_entities(path: Path) -> None:
    """A list or register that names a local file must never have it read."""
    lenient = [
        call.lineno
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        for argument in call.keywords
        if argument.arg in {"resolve_entities", "load_dtd", "huge_tree"}
        and not (isinstance(argument.value, ast.Constant) and argument.value.value is False)
    ]
    assert lenient == []


def test_store_is_private_to_its_package(graph: grimp.ImportGraph) -> None:
    strangers = [
        f"{importer} -> {store}"
        for store in graph.modules
        if store.endswith(".store")
        for importer in graph.find_modules_that_directly_import(store)
        if importer.split(".")[1] not in {store.split(".")[1], "app"}
    ]
    assert strangers == []


def test_every_pure_decision_is_held_to_it(graph: grimp.ImportGraph) -> None:
    """A module that reaches nothing outside the process today is listed as pure, so that it cannot start to tomorrow."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    listed = set(contracts["importlinter:contract:pure"]["source_modules"].split())
    pure = {
        module
        for module in graph.modules
        if module.split(".")[0] == PACKAGE and module.count(".") >= 2 and module.split(".")[1] in DECIDING_PACKAGES
        if not graph.find_children(module)
        and not any(graph.chain_exists(importer=module, imported=outside, as_packages=outside in graph.modules) for outside in OUTSIDE)
        and not any(module.startswith(f"{entry}.") for entry in listed)
    }
    assert pure - listed == set(), "add these to the pure contract of .importlinter"
