"""Text from certificates and registers, made safe to show: control and bidirectional characters become visible."""

import unicodedata

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, *, most: int = 500) -> str:
    """The text with every control, format, surrogate, private-use or unassigned character written as ``<U+XXXX>``; cut at ``most``."""
    if text.isascii() and text.isprintable():
        shown = text
    else:
        # No character becomes shorter, so what lies behind ``most`` of them is not looked at: a stranger chose how long this is.
        shown = "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in _HIDDEN_CATEGORIES else c for c in text[: most + 1])
    return shown if len(shown) <= most else shown[:most] + "…"


def hides_something(text: str) -> bool:
    """Whether a character of it would be written out by ``visible``."""
    return not text.isprintable() and not _HIDDEN_CATEGORIES.isdisjoint(map(unicodedata.category, text))
