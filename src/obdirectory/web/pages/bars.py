"""Small drawings made of attributes alone, so that no page needs an inline style."""

from datetime import datetime

_HALF = 6.0


def digest_bars(digest: str) -> str:
    """The path of a digest's own bars: the same bytes always draw the same picture."""
    nibbles = [int(character, 16) for character in digest[:8] if character in "0123456789abcdef"]
    parts: list[str] = []
    for place, nibble in enumerate(nibbles):
        height = 2 + nibble * 0.64
        parts.append(f"M{1.5 + 3 * place:g} {_HALF - height / 2:.1f}v{height:.1f}")
    return "".join(parts)


def share(part: float, whole: float) -> float:
    """A part in per cent of the whole, between 0 and 100, one decimal."""
    return round(min(100.0, max(0.0, 100.0 * part / whole)), 1) if whole > 0 else 0.0


def position(instant: datetime, start: datetime, end: datetime) -> float:
    """Where an instant lies between two others, in per cent."""
    return share((instant - start).total_seconds(), (end - start).total_seconds())
