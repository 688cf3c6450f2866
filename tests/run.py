"""What ``./obd test`` runs: format, lint, types, import rules, dependencies, tests; every step runs, one failure fails all.

As root on Debian what is missing (a browser, npm) is installed; elsewhere it is named and the tests that need it are skipped.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "var" / "test-tools"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = TOOLS / "node_modules" / "axe-core" / "axe.min.js"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./obd test", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the full sizes: hours of machine, not minutes")
    parser.add_argument("--only", choices=[name for name, _ in steps(full=False, rest=[])], help="run one step")
    parser.add_argument("rest", nargs="*", help="handed to pytest: paths, or options after --")
    chosen = parser.parse_args()

    wanted = [(name, command) for name, command in steps(full=chosen.full, rest=chosen.rest) if chosen.only in {None, name}]
    if any(name == "pytest" for name, _ in wanted):
        install_what_is_missing()
    failed: list[str] = []
    for name, command in wanted:
        print(f"== {name}", flush=True)
        started = time.monotonic()
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
        if name != "pytest":
            print(f"   {time.monotonic() - started:.1f} s", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def steps(*, full: bool, rest: list[str]) -> list[tuple[str, list[str]]]:
    """Every step and its command; all run through this interpreter, so that a moved checkout still works."""
    places = [name for name in ("src", "tests", "bench") if (ROOT / name).is_dir()]
    lint_imports = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    processes = ["-p", "no:xdist"] if any(part in {"-s", "--pdb"} for part in rest) else ["-n", "2", "--dist", "loadfile"]
    return [
        ("format", [sys.executable, "-m", "ruff", "format", "--check", *places]),
        ("lint", [sys.executable, "-m", "ruff", "check", *places]),
        ("types", [sys.executable, "-m", "pyright"]),
        ("imports", [sys.executable, "-c", lint_imports, "--no-cache"]),
        ("dependencies", [sys.executable, "-m", "deptry", "src"]),
        ("pytest", [sys.executable, "-m", "pytest", *processes, "--durations=10", *(["--full"] if full else []), *rest]),
    ]


def install_what_is_missing() -> None:
    """A browser from Debian and axe-core from npm, when pages are there to be looked at."""
    if not (ROOT / "tests" / "web").is_dir():
        return
    if not any(shutil.which(name) for name in BROWSERS):
        install_debian_package("chromium")
    if not AXE.is_file():
        if not shutil.which("npm"):
            install_debian_package("npm")
        fetch_axe()


def install_debian_package(name: str) -> None:
    """Install as root on Debian; otherwise say what is missing and go on."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"missing: {name} (on Debian and Ubuntu: apt-get install {name}); tests that need it are skipped", file=sys.stderr)
        return
    print(f"installing the Debian package {name}", flush=True)
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", name]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(install, env=quiet, check=False, stdout=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["apt-get", "update", "-q"], env=quiet, check=False, stdout=subprocess.DEVNULL)
        subprocess.run(install, env=quiet, check=False, stdout=subprocess.DEVNULL)


def fetch_axe() -> None:
    """Lay axe-core under ``var/test-tools``; npm checks the integrity value of ``tests/web-tools`` while it unpacks."""
    if not shutil.which("npm"):
        print("missing: npm, so no axe-core; accessibility tests are skipped", file=sys.stderr)
        return
    TOOLS.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "tests" / "web-tools" / name, TOOLS / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=TOOLS, check=False)


if __name__ == "__main__":
    sys.exit(main())
