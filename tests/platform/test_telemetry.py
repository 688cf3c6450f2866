"""Logs carry events and never secrets; metrics carry what is watched."""

import io
import json
import logging

import pytest
import structlog

from obdirectory.platform.metrics import Metrics
from obdirectory.platform.telemetry import configure_logging


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_an_event_is_one_json_object_a_line() -> None:
    out = io.StringIO()
    configure_logging("info", out)
    structlog.get_logger().info("snapshot_refused", source="eu_eba", rows=812)
    structlog.get_logger().debug("not_asked_for")
    [line] = out.getvalue().splitlines()
    event = json.loads(line)
    assert (event["event"], event["source"], event["rows"], event["level"]) == ("snapshot_refused", "eu_eba", 812, "info")
    assert event["timestamp"].endswith("Z")


def test_libraries_log_in_the_same_form() -> None:
    out = io.StringIO()
    configure_logging("info", out)
    logging.getLogger("psycopg.pool").warning("error connecting in %r", "pool-1")
    assert json.loads(out.getvalue())["event"] == "error connecting in 'pool-1'"


@pytest.mark.parametrize(
    "values",
    [
        {"password": "hush"},
        {"headers": {"Authorization": "hush"}},
        {"note": "obd_live_abcdefghijklmnop_hush"},
        {"dsn": "postgresql://me:hush@db/obd"},
        {"file": "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----"},
        {"file": ["-----BEGIN CERTIFICATE-----\nhush"]},
        {"body": b"hush"},
        {"client_secret": "hush"},
    ],
)
def test_secrets_are_masked_whoever_logs_them(values: dict[str, object]) -> None:
    out = io.StringIO()
    configure_logging("info", out)
    structlog.get_logger().info("asked", **values)
    assert "hush" not in out.getvalue()


def test_a_terminal_is_not_commanded_by_what_is_logged() -> None:
    out = Terminal()
    configure_logging("info", out)
    structlog.get_logger().info("firm_read", name="\x1b[2J\r\nevil\u202e")
    [line] = out.getvalue().splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line


def test_what_is_watched_is_in_the_text() -> None:
    metrics = Metrics()
    metrics.check_answered("live", "refused", "revoked", 0.002)
    metrics.world_in_use("live", 812, 3.5)
    metrics.evidence_ages("live", {"list:DE": 3600.0, "register:eu_eba": 90.0})
    metrics.journal_lag(4)
    metrics.database_up(False)
    metrics.job_done("collect", "failed")
    text = metrics.text().decode()
    for line in (
        'obd_checks_total{environment="live",reason="revoked",verdict="refused"} 1.0',
        'obd_check_seconds_bucket{environment="live",le="0.0025"} 1.0',
        'obd_world_version{environment="live"} 812.0',
        'obd_evidence_age_seconds{environment="live",evidence="list:DE"} 3600.0',
        "obd_journal_lag_records 4.0",
        "obd_database_up 0.0",
        'obd_jobs_total{job="collect",outcome="failed"} 1.0',
    ):
        assert line in text
