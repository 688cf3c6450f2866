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
# Modules of the deciding packages that tell a story or load what decisions read.
FLOWS = {
    "check.gather",
    "directory.load",
    "directory.permissions",
    "directory.search",
    "directory.update",
    "registers.collect",
    "registers.evidence",
    "registers.looks",
    "trust.gather",
    "trust.load",
    "trust.refresh",
    "trust.status",
}
# What a verdict rests on: pure, or a person could not check it and a replay would not be one.
DECISIONS = (
    "trust.assess trust.certificate trust.chain trust.index trust.profile trust.psd2 trust.qcstatements trust.qualified"
    " trust.requirements trust.revocation trust.trustlist registers.accept registers.sources.eu_eba directory.diff directory.index"
    " directory.match directory.merge directory.passport check.decide check.needs check.policy check.question check.replay"
    " check.requirements check.rights check.verdict"
).split()


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


def test_only_flows_and_their_helpers_reach_outside(graph: grimp.ImportGraph) -> None:
    """In the packages that decide, a module is pure unless it is named here; the import contract names the decisions themselves."""
    reaching = {
        module.removeprefix(f"{PACKAGE}.")
        for module in graph.modules
        if module.count(".") >= 2 and module.split(".")[0] == PACKAGE and module.split(".")[1] in DECIDING_PACKAGES
        if not graph.find_children(module)
        and any(graph.chain_exists(importer=module, imported=outside, as_packages=outside == f"{PACKAGE}.platform") for outside in OUTSIDE)
    }
    strangers = {module for module in reaching if module.rsplit(".", 1)[1] not in {"store", "fetch"}} - FLOWS
    assert strangers == set(), "a decision reaches outside the process; if it is a flow, name it in FLOWS"


def test_the_decisions_that_are_there_are_in_the_contract(graph: grimp.ImportGraph) -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    listed = set(contracts["importlinter:contract:pure"]["source_modules"].split())
    assert {f"{PACKAGE}.{name}" for name in DECISIONS} & graph.modules <= listed
