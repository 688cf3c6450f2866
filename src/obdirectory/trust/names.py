"""Distinguished names: raw DER stays for matching, text is read for people, whatever string type was used."""

from functools import lru_cache
from struct import Struct

from obdirectory.core.visible import hides_something, visible
from obdirectory.trust.der import OID, PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING, DerError, header, oid, oid_text, text_of

COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER = "2.5.4.3", "2.5.4.6", "2.5.4.10", "2.5.4.97"
MAX_ATTRIBUTES = 200
_COUNTRY = bytes((0x55, 4, 6))
_ATTRIBUTE = Struct("BBBB5sBB")
"""SET, SEQUENCE, an object identifier of three octets and the header of the value, each with a short length."""
_NAMED = {oid(dotted): dotted for dotted in (f"2.5.4.{number}" for number in range(128))}
_PRINTABLE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"

Attributes = tuple[tuple[str, str], ...]
Notes = list[tuple[str, str]]


def read_name(data: bytes, at: int, end: int, notes: Notes) -> Attributes:
    """The attributes of a Name whose content lies between two offsets, in order. Raises DerError if its structure is broken."""
    found: list[tuple[str, str]] = []
    while at < end:
        # Nearly every attribute stands alone in its SET, all lengths short: read in one go. Anything else goes the long way.
        if at + 11 <= end:
            set_tag, set_length, tag, pair_length, kind, string_type, length = _ATTRIBUTE.unpack_from(data, at)
            stop = at + 2 + set_length
            name = _NAMED.get(kind)
            sound = set_tag == SET and tag == SEQUENCE and pair_length == set_length - 2 and length == set_length - 9
            if sound and name is not None and stop <= end and set_length < 0x80:
                content = data[at + 11 : stop]
                if string_type == PRINTABLE_STRING and not content.translate(None, _PRINTABLE):
                    found.append((name, content.decode()))
                else:
                    found.append((name, _read_value(kind[2:], string_type, content, notes)))
                if len(found) > MAX_ATTRIBUTES:
                    raise DerError(f"more than {MAX_ATTRIBUTES} attributes in a name")
                at = stop
                continue
        tag, pair, rdn_end = header(data, at, end)
        if tag != SET:
            raise DerError(f"tag {tag:02x} in a name")
        if pair == rdn_end:
            notes.append(("empty_rdn", "a relative distinguished name without attribute"))
            if len(notes) > MAX_ATTRIBUTES:
                raise DerError(f"more than {MAX_ATTRIBUTES} oddities in a name")
        while pair < rdn_end:
            tag, start, stop = header(data, pair, rdn_end)
            if tag != SEQUENCE:
                raise DerError(f"tag {tag:02x} in a relative distinguished name")
            # Identifier and value: short forms alone occur in practice, header() reads whatever else.
            kind_end = start + 2 + data[start + 1] if start + 2 <= stop else stop + 1
            if kind_end > stop or data[start] != OID or data[start + 1] >= 0x80:
                raise DerError("an attribute without object identifier")
            kind = data[start + 2 : kind_end]
            tag, start, value_end = header(data, kind_end, stop)
            if value_end != stop:
                notes.append(("name_attribute_malformed", f"{oid_text(kind)}: octets after the value"))
            found.append((oid_text(kind), _read_value(kind, tag, data[start:value_end], notes)))
            pair = stop
        if len(found) > MAX_ATTRIBUTES:
            raise DerError(f"more than {MAX_ATTRIBUTES} attributes in a name")
        at = rdn_end
    return tuple(found)


def _read_value(kind: bytes, tag: int, content: bytes, notes: Notes) -> str:
    if tag == UTF8_STRING and kind != _COUNTRY:
        try:
            text, wrong = content.decode(), ""
            if text.isprintable():
                return text
        except UnicodeDecodeError:
            text, wrong = text_of(tag, content)
    else:
        text, wrong = text_of(tag, content)
        if tag == PRINTABLE_STRING:
            wrong = "characters that no PrintableString may hold" if content.translate(None, _PRINTABLE) else ""
        elif kind == _COUNTRY:
            notes.append(("country_not_printable_string", visible(text[:100], most=60)))
    if wrong:
        notes.append(("name_attribute_malformed", f"{oid_text(kind)}: {wrong}"))
    if hides_something(text):
        notes.append(("hidden_characters", f"{oid_text(kind)} reads {visible(text[:200], most=120)}"))
    return text


@lru_cache(maxsize=512)
def _issuer_name(content: bytes) -> tuple[Attributes, tuple[tuple[str, str], ...]]:
    notes: Notes = []
    return read_name(content, 0, len(content), notes), tuple(notes)


def read_issuer_name(content: bytes, notes: Notes) -> Attributes:
    """As ``read_name``; the names of issuers come again with every certificate, so the last few hundred are remembered."""
    if len(content) > 1024:
        return read_name(content, 0, len(content), notes)
    attributes, noted = _issuer_name(content)
    notes.extend(noted)
    return attributes
