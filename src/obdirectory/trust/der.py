"""Distinguished Encoding Rules, read and written: headers by offset, object identifiers, strings, times; no recursion, everything bounded.

What breaks the rules raises DerError; the reader of a certificate decides whether that makes one field or the whole unreadable.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

MAX_ITEMS = 500
"""Elements of one SEQUENCE OF that are read; a longer one is refused: nothing honest comes near."""
MAX_OID_BYTES = 64

SEQUENCE, SET, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, BOOLEAN = 0x30, 0x31, 0x02, 0x03, 0x04, 0x05, 0x06, 0x01
UTF8_STRING, PRINTABLE_STRING, IA5_STRING, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x13, 0x16, 0x17, 0x18

STRING_TYPES: dict[int, tuple[str, str]] = {
    0x0C: ("UTF8String", "utf-8"),
    0x12: ("NumericString", "ascii"),
    0x13: ("PrintableString", "ascii"),
    0x14: ("T61String", "latin-1"),
    0x16: ("IA5String", "ascii"),
    0x1A: ("VisibleString", "ascii"),
    0x1C: ("UniversalString", "utf-32-be"),
    0x1E: ("BMPString", "utf-16-be"),
}
"""Tag -> name of the string type and how its octets are read."""


class DerError(ValueError):
    """These octets are not what the rules allow; says what was met."""


def long_length(data: bytes, at: int) -> tuple[int, int]:
    """Read a length of more than one octet at ``at``: (length, where the content starts). Raises DerError if it is indefinite or padded."""
    count = data[at] & 0x7F
    if count == 1 and data[at + 1] >= 0x80:
        return data[at + 1], at + 2
    if count == 2 and data[at + 1]:
        return data[at + 1] << 8 | data[at + 2], at + 3
    if not 1 <= count <= 4:
        raise DerError("indefinite length" if count == 0 else f"length in {count} octets")
    at += 1
    length = int.from_bytes(data[at : at + count])
    if length < 0x80 or length >> 8 * (count - 1) == 0:
        raise DerError("length not in its shortest form")
    return length, at + count


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """The element at ``at``: (tag, content start, content end). Raises DerError if it does not fit before ``end``."""
    if at + 2 > end:
        raise DerError("element cut off")
    tag, length, start = data[at], data[at + 1], at + 2
    if length >= 0x80:
        length, start = long_length(data, at + 1)
    if tag & 0x1F == 0x1F:
        raise DerError("tag number above 30")
    if start + length > end:
        raise DerError("element longer than what holds it")
    return tag, start, start + length


def enter(data: bytes, at: int, end: int, expected: int) -> tuple[int, int]:
    """Content start and end of the element at ``at``, which must have that tag. Raises DerError."""
    if at + 2 > end:
        raise DerError("element cut off")
    if data[at] != expected:
        raise DerError(f"tag {data[at]:02x} where {expected:02x} belongs")
    length, start = data[at + 1], at + 2
    if length >= 0x80:
        if length == 0x82 and data[start]:  # the usual long length, without a call
            length, start = data[start] << 8 | data[at + 3], at + 4
        else:
            length, start = long_length(data, at + 1)
    if start + length > end:
        raise DerError("element longer than what holds it")
    return start, start + length


def children(data: bytes, at: int, end: int) -> list[tuple[int, int, int]]:
    """The elements between two offsets as (tag, content start, content end). Raises DerError; more than MAX_ITEMS are refused."""
    found: list[tuple[int, int, int]] = []
    while at < end:
        if at + 2 <= end and data[at + 1] < 0x80 and data[at] & 0x1F != 0x1F:
            # A short element, without a call; what is not short or not sound goes the long way.
            start, stop = at + 2, at + 2 + data[at + 1]
            if stop > end:
                raise DerError("element longer than what holds it")
            found.append((data[at], start, stop))
        else:
            found.append(header(data, at, end))
            stop = found[-1][2]
        at = stop
        if len(found) > MAX_ITEMS:
            raise DerError(f"more than {MAX_ITEMS} elements")
    return found


@lru_cache(maxsize=4096)
def oid_text(content: bytes) -> str:
    """An object identifier's content octets in dotted form. Raises DerError if malformed or over MAX_OID_BYTES."""
    if not 0 < len(content) <= MAX_OID_BYTES:
        raise DerError(f"object identifier of {len(content)} octets")
    if content[-1] & 0x80:
        raise DerError("object identifier cut off")
    arcs: list[int] = []
    arc, fresh = 0, True
    for octet in content:
        if fresh and octet == 0x80:
            raise DerError("object identifier not in its shortest form")
        arc = arc << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def text_of(tag: int, content: bytes) -> tuple[str, str]:
    """A string's text and what is wrong with it, empty when nothing: what cannot be decoded shows replacement characters."""
    known = STRING_TYPES.get(tag)
    if known is None:
        return content.decode("utf-8", "replace"), f"tag {tag:02x} is no string type"
    name, encoding = known
    try:
        return content.decode(encoding), ""
    except UnicodeDecodeError:
        return content.decode("utf-8" if encoding == "ascii" else encoding, "replace"), f"octets that no {name} may hold"


def integer_of(content: bytes) -> int:
    """A signed INTEGER. Raises DerError if empty or over 64 octets."""
    if not 0 < len(content) <= 64:
        raise DerError(f"integer of {len(content)} octets")
    return int.from_bytes(content, signed=True)


def time_of(tag: int, content: bytes) -> tuple[datetime, str]:
    """A UTCTime or GeneralizedTime and the word for what is odd in how it is written, empty when nothing. Raises DerError if unreadable.

    Clause: IETF RFC 5280 4.1.2.5 (years before 2050 in UTCTime, with seconds, in Zulu).
    """
    try:
        if tag == UTC_TIME and len(content) == 13 and content[12] == 0x5A and content[:12].isdigit():
            return datetime.fromisoformat(f"{'19' if content >= b'5' else '20'}{content[:6].decode()}T{content[6:].decode()}"), ""
        if tag == GENERALIZED_TIME and len(content) == 15 and content[14] == 0x5A and content[:14].isdigit():
            found = datetime.fromisoformat(f"{content[:8].decode()}T{content[8:].decode()}")
            return found, "" if found.year >= 2050 else "generalized_time_before_2050"
        return _odd_time(tag, content)
    except (ValueError, OverflowError) as error:
        raise DerError(f"no time: {content[:40]!r}") from error


def _odd_time(tag: int, content: bytes) -> tuple[datetime, str]:
    """A time without seconds, with a fraction or with an offset. Raises ValueError or OverflowError."""
    if tag not in {UTC_TIME, GENERALIZED_TIME} or len(content) > 30:
        raise ValueError("neither UTCTime nor GeneralizedTime")
    text = content.decode("ascii")
    word, offset = "", timedelta()
    if text.endswith("Z"):
        text = text[:-1]
    else:
        word = "time_not_in_zulu"
        if len(text) > 5 and text[-5] in "+-":
            sign, hours, minutes = text[-5], text[-4:-2], text[-2:]
            offset = timedelta(hours=_digits(hours), minutes=_digits(minutes)) * (1 if sign == "+" else -1)
            text = text[:-5]
    text, _, fraction = text.partition(".")
    if fraction:
        _digits(fraction)
        word = word or "time_with_fraction"
    if tag == UTC_TIME:
        text = ("19" if text >= "5" else "20") + text
    if len(text) == 12:
        text += "00"
        word = word or "time_without_seconds"
    _digits(text)
    if len(text) != 14:
        raise ValueError("a time has a date, hours, minutes and seconds")
    return datetime.fromisoformat(f"{text[:8]}T{text[8:]}").replace(tzinfo=UTC) - offset, word


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"not digits: {text!r}")
    return int(text)


def tlv(tag: int, *parts: bytes) -> bytes:
    """Write one element."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + content


def sequence(*parts: bytes) -> bytes:
    """Write a SEQUENCE."""
    return tlv(SEQUENCE, *parts)


def utf8(text: str) -> bytes:
    """Write a UTF8String."""
    return tlv(UTF8_STRING, text.encode())


def integer(value: int) -> bytes:
    """Write an INTEGER."""
    return tlv(INTEGER, value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, signed=True))


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    """Write an OBJECT IDENTIFIER. Raises ValueError if the text is none."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        content += bytes(reversed(groups))
    return tlv(OID, bytes(content))
