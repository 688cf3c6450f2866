"""The little of Markdown that our own pages use, as HTML: everything is escaped first, so nothing in a text can become markup."""

import re
from collections.abc import Iterable
from html import escape

_INLINE = (
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![*\w])\*(?! )([^*]+)(?<! )\*(?![*\w])"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\(((?:https?://|/|#)[^\s()&\"']*)\)"), r'<a href="\2">\1</a>'),
)
_CODE = re.compile(r"`([^`]+)`")
_HEADING = re.compile(r"(#{1,4}) +(.+)")
_BULLET = re.compile(r"[-*] +(.+)")
_NUMBERED = re.compile(r"\d+\. +(.+)")
_RULE = re.compile(r"\|?[ :\-|]+\|?")


def to_html(text: str, *, first_level: int = 2) -> str:
    """Headings, paragraphs, lists, tables, fenced code, emphasis, code and links to http(s) or our own pages.

    ``first_level`` is what ``#`` becomes, so that a page keeps its one ``h1``.
    """
    return "\n".join(_blocks(text.replace("\r\n", "\n").split("\n"), first_level))


def _blocks(rows: list[str], first_level: int) -> Iterable[str]:
    place = 0
    while place < len(rows):
        row = rows[place]
        if not row.strip():
            place += 1
        elif row.startswith("```"):
            end = next((at for at in range(place + 1, len(rows)) if rows[at].startswith("```")), len(rows))
            yield f'<pre tabindex="0">{escape(chr(10).join(rows[place + 1 : end]))}</pre>'
            place = end + 1
        elif found := _HEADING.fullmatch(row.rstrip()):
            level = min(6, first_level + len(found[1]) - 1)
            yield f"<h{level}>{_inline(found[2])}</h{level}>"
            place += 1
        elif row.lstrip().startswith("|") and place + 1 < len(rows) and "-" in rows[place + 1] and _RULE.fullmatch(rows[place + 1].strip()):
            place, table = _table(rows, place)
            yield table
        elif _item(row) is not None:
            place, items = _items(rows, place)
            yield items
        else:
            place, paragraph = _paragraph(rows, place)
            yield f"<p>{_inline(paragraph)}</p>"


def _item(row: str) -> tuple[str, str] | None:
    text = row.strip()
    if found := _BULLET.fullmatch(text):
        return "ul", found[1]
    if found := _NUMBERED.fullmatch(text):
        return "ol", found[1]
    return None


def _items(rows: list[str], place: int) -> tuple[int, str]:
    """A list with its items; a row that is indented goes on with the item before."""
    kind, _ = _item(rows[place]) or ("ul", "")
    items: list[str] = []
    while place < len(rows) and rows[place].strip():
        found = _item(rows[place])
        if found is not None and found[0] == kind:
            items.append(found[1])
        elif found is None and rows[place].startswith(" "):
            items[-1] += " " + rows[place].strip()
        else:
            break
        place += 1
    return place, f"<{kind}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{kind}>"


def _table(rows: list[str], place: int) -> tuple[int, str]:
    head = _cells(rows[place])
    place += 2
    body: list[list[str]] = []
    while place < len(rows) and rows[place].lstrip().startswith("|"):
        body.append(_cells(rows[place]))
        place += 1
    heads = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{_inline(cell)}</td>' for cell in row)}</tr>" for row in body)
    return place, (
        f'<div class="table-wrap" tabindex="0" role="region" aria-label="Table: {escape(" ".join(head))}"><table class="table">'
        f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _paragraph(rows: list[str], place: int) -> tuple[int, str]:
    parts: list[str] = []
    while place < len(rows) and rows[place].strip() and not (parts and (_item(rows[place]) or _HEADING.fullmatch(rows[place].rstrip()))):
        parts.append(rows[place].strip())
        place += 1
    return place, " ".join(parts)


def _inline(text: str) -> str:
    """Code is set aside first, so that what it holds is not read as emphasis."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(f"<code>{escape(found[1], quote=False)}</code>")
        return f"\x00{len(kept) - 1}\x00"

    shown = escape(_CODE.sub(keep, text.replace("\x00", "")), quote=False)
    for pattern, replacement in _INLINE:
        shown = pattern.sub(replacement, shown)
    return re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], shown)
