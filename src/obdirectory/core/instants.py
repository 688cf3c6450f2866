"""Instants: aware UTC datetimes, read and written as RFC 3339."""

from datetime import UTC, date, datetime

from obdirectory.core.errors import InvalidInput


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant, or a day as its first instant; a missing offset is read as UTC.

    Raises InvalidInput.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput(f"not an instant: {text!r}; write 2026-06-20T00:00:00Z or 2026-06-20") from error
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise InvalidInput(f"an instant outside the calendar: {text!r}") from error


def start_of(day: date) -> datetime:
    """The first instant of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def print_instant(instant: datetime) -> str:
    """RFC 3339 with Z, milliseconds only when there are any."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")[:-6] + "Z"
