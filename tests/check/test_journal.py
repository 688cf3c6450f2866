"""The journal loses nothing that was answered: one write each, torn tails cut, full disks said."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from obdirectory.check.journal import Journal, adopt, find, records
from obdirectory.core.errors import Unavailable
from obdirectory.core.identifiers import new_event_id


def test_what_was_appended_is_found_by_its_id(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    ids = [new_event_id() for _ in range(50)]
    for number, check_id in enumerate(ids):
        journal.append(check_id, f"client-{number}", b'{"n":%d}' % number)
    found = journal.find(ids[17])
    journal.close()
    assert found is not None
    assert (found.check_id, found.client, found.verdict) == (ids[17], "client-17", b'{"n":17}')
    assert find(tmp_path, new_event_id()) is None


def test_files_are_bounded_and_all_are_searched(tmp_path: Path) -> None:
    journal = Journal(tmp_path, max_file_bytes=2_000)
    ids = [new_event_id() for _ in range(40)]
    for check_id in ids:
        journal.append(check_id, "", b"x" * 300)
    journal.close()
    assert len(list(tmp_path.glob("*.journal"))) > 3
    assert all(find(tmp_path, check_id) for check_id in ids)


def test_a_torn_tail_is_cut_and_what_stands_before_it_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    first, second = new_event_id(), new_event_id()
    journal.append(first, "", b"one")
    journal.append(second, "", b"two")
    journal.close()
    [path] = tmp_path.glob("*.journal")
    whole = path.read_bytes()
    path.write_bytes(whole[:-2])
    assert adopt(tmp_path) == [path]
    assert [record.check_id for record in records(path)] == [first]
    assert adopt(tmp_path) == [path]  # cutting twice changes nothing


def test_a_damaged_record_hides_what_follows_but_is_never_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    ids = [new_event_id() for _ in range(3)]
    for check_id in ids:
        journal.append(check_id, "", b"content")
    journal.close()
    [path] = tmp_path.glob("*.journal")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert [record.check_id for record in records(path)] == ids[:1]


def test_a_file_in_use_is_not_adopted(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(new_event_id(), "", b"answer")
    assert adopt(tmp_path) == []
    journal.close()


def test_kill_minus_nine_loses_nothing(tmp_path: Path) -> None:
    """The write is done when append returns: the operating system has it, whatever becomes of the process."""
    program = (
        "import sys; from pathlib import Path; from obdirectory.check.journal import Journal;"
        "from obdirectory.core.identifiers import new_event_id; j = Journal(Path(sys.argv[1]));"
        "ids = [new_event_id() for _ in range(200)]; [j.append(i, '', b'answer') for i in ids];"
        "print('\\n'.join(ids), flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ids = [process.stdout.readline().strip() for _ in range(200)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert all(find(tmp_path, check_id) for check_id in ids)


def test_a_disk_that_takes_no_more_is_said_and_leaves_no_half_record(tmp_path: Path) -> None:
    program = (
        "import resource, signal, sys; from pathlib import Path; from obdirectory.check.journal import Journal;"
        "from obdirectory.core.identifiers import new_event_id; from obdirectory.core.errors import Unavailable;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "j = Journal(Path(sys.argv[1])); j.append(new_event_id(), '', b'x' * 600)\n"
        "for _ in range(2):\n"
        "    try:\n        j.append(new_event_id(), '', b'y' * 600)\n"
        "    except Unavailable as error:\n        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.count("cannot be written") == 2
    [path] = tmp_path.glob("*.journal")
    assert len(list(records(path))) == 1
    assert adopt(tmp_path) == [path]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "journal"
    blocked.write_text("a file stands where the folder should be")
    journal = Journal(blocked)
    with pytest.raises(Unavailable, match="cannot be kept"):
        journal.append(new_event_id(), "", b"x")
    assert adopt(blocked) == []
    blocked.unlink()
    check_id = new_event_id()
    journal.append(check_id, "", b"x")
    journal.close()
    found = journal.find(check_id)
    assert found is not None
    assert found.verdict == b"x"
