"""What people type to find a firm, folded the way the directory folds names and numbers."""

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans("łøđðħıœæß", "loddhioas")
_SEPARATORS = re.compile(r"[\W_]+")
_MOST_WORDS = 6


def folded(written: str) -> str:
    """Lower case, without accents, blanks for all but letters and digits. ``directory.folded`` in the database is its twin."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", written)).lower().translate(_LETTERS)
    return _SEPARATORS.sub(" ", plain).strip()


def patterns(typed: str) -> tuple[str, ...]:
    """What each word typed must be found as: at the beginning of a word; four digits or more anywhere, since zeros come and go."""
    words = folded(typed).split()[:_MOST_WORDS]
    return tuple(f"%{word}%" if word.isdigit() and len(word) >= 4 else f"% {word}%" for word in words)


def number_patterns(number: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """How a number may stand in the words of a row: itself, and the keys under which it is compared."""
    written = re.sub(r"[ .\-/]", "", number).lower()
    return tuple(dict.fromkeys(f"%{_escaped(key)}%" for key in (written, *keys) if key))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
