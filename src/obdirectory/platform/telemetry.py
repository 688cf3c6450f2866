"""Structured logs on stderr: an event and its values, one JSON object a line, ``key=value`` for a person at a terminal.

What is secret is masked here once more, whoever logged it: the rule is that nobody does.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_NAME = re.compile(r"password|passwd|secret|token|authori[sz]ation|cookie|api_?key|private|pepper|iban|consent", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"obd_(?:live|sandbox)_[a-z0-9]{16}_[A-Za-z0-9_-]+"
    r"|-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)-----.*?(?:-----END [A-Z ]+-----|\Z)"
    r"|(?<=://)[^/@\s]+(?=@)",
    re.DOTALL,
)
_MASK = "…"


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Send what our code and the libraries log to one stream in one form; called once, by the command line."""
    target = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_secrets,
    ]
    render: Processor = (
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
        if target.isatty()
        else structlog.processors.JSONRenderer(sort_keys=True)
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask what is named like a secret or looks like one."""
    return {name: _MASK if name != "event" and _SECRET_NAME.search(name) else _masked(value) for name, value in event.items()}


def _masked(value: object) -> Any:
    if isinstance(value, str):
        return _SECRET_VALUE.sub(_MASK, value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        inner = cast(Mapping[str, object], value)
        return {name: _MASK if _SECRET_NAME.search(str(name)) else _masked(item) for name, item in inner.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in cast(list[object], value)]
    return value
