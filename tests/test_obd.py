"""The first command on a fresh clone: it builds its own environment, also when two are typed at once."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so nothing to clone")
    place = tmp_path_factory.mktemp("clone") / "a folder"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(place)], check=True)
    return place


def start(command: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([str(command), "--version"], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.full
def test_two_first_commands_at_once_both_answer_within_a_minute(clone: Path) -> None:
    commands = [start(clone / "obd") for _ in range(2)]
    answers = [command.communicate(timeout=60) for command in commands]
    assert [command.returncode for command in commands] == [0, 0], answers
    assert sum("preparing the environment" in err for _, err in answers) == 1
    assert (clone / ".venv" / "run.lock").exists()


@pytest.mark.full
def test_the_next_command_prepares_nothing_and_may_come_through_a_link(clone: Path, tmp_path: Path) -> None:
    link = tmp_path / "obd"
    link.symlink_to(clone / "obd")
    out, err = start(link).communicate(timeout=60)
    assert out.startswith("obd ")
    assert "preparing" not in err


def test_no_index_and_no_place_of_one_machine_is_in_a_lock() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        lines = [line for line in lock.read_text().splitlines() if line and not line.lstrip().startswith("#")]
        assert lines
        assert not [line for line in lines if "://" in line or "index" in line.split("=")[0] or " @ " in line]
