"""What may be set from outside, all of it: ``OBD_*`` and ``DATABASE_*`` variables, read once at the edge.

A secret may also be given as a file (``OBD_…_FILE``, ``DATABASE_URL_FILE``). A name we do not know refuses to start, because
a setting with a typo that silently does nothing is worse than a service that does not come up.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from obdirectory.core.errors import InvalidInput

Network = IPv4Network | IPv6Network
JournalMode = Literal["grouped", "synced"]
Process = Literal["serve", "work", "migrate"]

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
# Read by the tests alone; named here so that it does not stop a command.
_OF_TESTS = {"OBD_TEST_DATA"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default; a field ``journal_mode`` is read from ``OBD_JOURNAL_MODE`` unless ``_NAMES`` says otherwise."""

    data_dir: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str | None = field(default=None, repr=False)  # None: the embedded PostgreSQL of the data folder
    database_url_serve: str | None = field(default=None, repr=False)
    database_url_work: str | None = field(default=None, repr=False)
    database_url_migrate: str | None = field(default=None, repr=False)
    database_replica_url: str | None = field(default=None, repr=False)
    object_store_url: str | None = field(default=None, repr=False)  # None: a folder inside the data folder
    journal_mode: JournalMode = "grouped"
    check_acquire_seconds: float = 0.5  # how long a check may wait for a database connection
    anonymous_page_checks_per_minute: float = 30.0
    metrics_allow: tuple[Network, ...] = _LOOPBACK
    lotl_url: str = "https://ec.europa.eu/tools/lotl/eu-lotl.xml"
    eba_metadata_url: str = "https://euclid.eba.europa.eu/register/api/filemetadata"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    key_pepper: str | None = field(default=None, repr=False)  # under which API keys are marked; None: a file in the data folder
    sealing_secret: str | None = field(default=None, repr=False)  # seals the private keys at rest; None: a key file of its own beside them

    def database_for(self, process: Process) -> str | None:
        """The address a process uses: its own, else the common one, else None (embedded)."""
        own = {"serve": self.database_url_serve, "work": self.database_url_work, "migrate": self.database_url_migrate}[process]
        return own or self.database_url

    def shown(self) -> dict[str, str]:
        """Every variable and its value for people to read; what is secret is masked."""
        return {_variable(own.name): _mask(own.name, getattr(self, own.name)) for own in fields(self)}


def load_settings(environ: Mapping[str, str], **changes: Any) -> Settings:
    """Read the settings of this process; ``changes`` are what the command line said, which counts more.

    Raises InvalidInput for a name we do not know, a value we cannot read, or a secret given twice.
    """
    known = {_variable(own.name): own.name for own in fields(Settings)}
    known_files = {f"{variable}_FILE": variable for variable, name in known.items() if name in _SECRET}
    given: dict[str, str] = {}
    for variable, value in environ.items():
        if not variable.startswith(("OBD_", "DATABASE_URL", "DATABASE_REPLICA_URL")) or variable in _OF_TESTS:
            continue
        if variable in known:
            given[variable] = value
        elif variable in known_files:
            secret = known_files[variable]
            if secret in environ:
                raise InvalidInput(f"{secret} and {variable} are both set: give one")
            given[secret] = _read_secret(variable, Path(value))
        else:
            raise InvalidInput(_unknown(variable, [*known, *known_files]))
    return replace(Settings(), **{known[variable]: _read(variable, known[variable], value) for variable, value in given.items()} | changes)


def _unknown(variable: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(variable, known, n=1, cutoff=0.6)
    return f"unknown setting {variable}" + (f"; did you mean {nearest[0]}?" if nearest else "; obd doctor lists those there are")


def _read_secret(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{variable} names a file that cannot be read: {path}") from error


def _read(variable: str, name: str, value: str) -> object:
    try:
        return _READERS.get(name, str)(value)
    except ValueError as error:
        raise InvalidInput(f"{variable} cannot be read: {error}") from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ValueError("a port is a number from 0 to 65535")
    return int(text)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError("a positive number is wanted")
    return number


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an http or https address is wanted")
    return text


def _postgres_url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("an address such as postgresql://user:password@host/database is wanted")
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)} is wanted")
        return text

    return read


_NAMES = {
    "database_url": "DATABASE_URL",
    "database_url_serve": "DATABASE_URL_SERVE",
    "database_url_work": "DATABASE_URL_WORK",
    "database_url_migrate": "DATABASE_URL_MIGRATE",
    "database_replica_url": "DATABASE_REPLICA_URL",
    "journal_mode": "OBD_JOURNAL",
}
_SECRET = {
    "database_url",
    "database_url_serve",
    "database_url_work",
    "database_url_migrate",
    "database_replica_url",
    "object_store_url",
    "key_pepper",
    "sealing_secret",
}
_READERS: Mapping[str, Callable[[str], object]] = {
    "data_dir": Path,
    "port": _port,
    "database_url": _postgres_url,
    "database_url_serve": _postgres_url,
    "database_url_work": _postgres_url,
    "database_url_migrate": _postgres_url,
    "database_replica_url": _postgres_url,
    "journal_mode": _one_of("grouped", "synced"),
    "check_acquire_seconds": _positive,
    "anonymous_page_checks_per_minute": _positive,
    "metrics_allow": _networks,
    "lotl_url": _http_url,
    "eba_metadata_url": _http_url,
    "log_level": _one_of("debug", "info", "warning", "error"),
}


def _variable(name: str) -> str:
    return _NAMES.get(name, f"OBD_{name.upper()}")


def _mask(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in _SECRET:
        # Where it is may be shown, how one gets in may not.
        hidden = re.sub(r"//.*@", "//…@", str(value)) if "://" in str(value) else "…"
        return hidden.split("?", 1)[0]
    if isinstance(value, tuple):
        return ",".join(str(part) for part in cast(tuple[object, ...], value))
    return str(value)
