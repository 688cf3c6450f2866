"""The shared PostgreSQL of a data folder: start, join, leave, and every way of dying in between."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from obdirectory.core.errors import Unavailable
from obdirectory.platform.embedded import EmbeddedPostgres, running

USER = """
import sys, pathlib
from obdirectory.platform.embedded import EmbeddedPostgres
server = EmbeddedPostgres.join(pathlib.Path(sys.argv[1]), durable=False)
print(server.dsn, flush=True)
sys.stdin.read()
server.leave()
"""


@pytest.fixture(params=["reachable by others", "closed to others"])
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Both ways in which root runs the server; for anybody else the two are the same."""
    with tempfile.TemporaryDirectory(prefix="obd test ") as place:
        Path(place).chmod(0o755 if request.param == "reachable by others" else 0o700)
        yield Path(place) / "it's var"


class OtherUser:
    """Another process of ours that uses the server until it is told to leave."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", USER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def dsn(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("", timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def join(folder: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres.join(folder, durable=False)


def postmaster(folder: Path) -> int:
    return int((folder / "pg" / "data" / "postmaster.pid").read_text().split()[0])


def answers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def test_it_is_joined_by_a_second_process_and_stopped_by_the_last(folder: Path) -> None:
    ours = join(folder)
    other = OtherUser(folder)
    assert other.dsn() == ours.dsn
    ours.leave()
    assert answers(ours.dsn)
    other.leave()
    assert not answers(ours.dsn)


def test_many_first_commands_at_once_get_one_server(folder: Path) -> None:
    others = [OtherUser(folder) for _ in range(4)]
    addresses = {other.dsn() for other in others}
    for other in others:
        other.leave()
    assert len(addresses) == 1
    assert not answers(addresses.pop())


def test_data_is_kept_over_a_stop(folder: Path) -> None:
    first = join(folder)
    with psycopg.connect(first.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'ä' AS name")
    first.leave()
    second = join(folder)
    with psycopg.connect(second.dsn) as connection:
        assert connection.execute("SELECT upper(name) FROM kept").fetchone() == ("Ä",)
    second.leave()


def test_a_killed_user_leaves_a_server_that_the_next_one_joins_and_stops(folder: Path) -> None:
    killed = OtherUser(folder)
    dsn = killed.dsn()
    killed.kill()
    assert answers(dsn)
    following = join(folder)
    assert following.dsn == dsn
    following.leave()
    assert not answers(dsn)


def test_a_killed_server_is_started_again_where_it_was(folder: Path) -> None:
    ours = join(folder)
    with psycopg.connect(ours.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    os.kill(postmaster(folder), signal.SIGKILL)
    following = join(folder)
    with psycopg.connect(following.dsn) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    following.leave()
    os.kill(postmaster(folder), signal.SIGKILL)
    assert ours.revive() == ours.dsn
    assert answers(ours.dsn)
    ours.leave()
    assert not answers(ours.dsn)


def test_a_pid_file_with_the_number_of_somebody_else_blocks_nothing(folder: Path) -> None:
    join(folder).leave()
    (folder / "pg" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n0\n5432\n")
    ours = join(folder)
    assert answers(ours.dsn)
    ours.leave()


def test_a_layout_that_was_killed_half_way_is_swept_up(folder: Path) -> None:
    (folder / "pg" / "new-1234" / "data").mkdir(parents=True)
    ours = join(folder)
    assert answers(ours.dsn)
    assert not list((folder / "pg").glob("new-*"))
    ours.leave()


def test_strangers_on_this_machine_need_the_password(folder: Path) -> None:
    ours = join(folder)
    password = (folder / "pg" / "password").read_text()
    assert (folder / "pg" / "password").stat().st_mode & 0o777 == 0o600
    assert not answers(ours.dsn.replace(password, "guess"))
    ours.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes owners")
def test_a_folder_that_was_closed_afterwards_still_works_for_root(folder: Path) -> None:
    join(folder).leave()
    folder.parent.chmod(0o700)
    ours = join(folder)
    assert answers(ours.dsn)
    ours.leave()


async def test_a_block_has_it_for_as_long_as_it_lasts(folder: Path) -> None:
    async with running(folder) as dsn:
        assert answers(dsn)
    assert not answers(dsn)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be used"):
        join(tmp_path / "file" / "var")
