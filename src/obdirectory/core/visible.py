"""Text from certificates and registers, made safe to show: control and bidirectional characters become visible."""

import unicodedata

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, *, most: int = 500) -> str:
    """The text with every control, format, surrogate, private-use or unassigned character written as ``<U+XXXX>``; cut at ``most``."""
    if text.isascii() and text.isprintable():
        shown = text
    else:
        shown = "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in _HIDDEN_CATEGORIES else c for c in text)
    return shown if len(shown) <= most else shown[:most] + "…"
