"""The PSD2 statement of a certificate: read in every shape seen in the wild, written in the standard one and, for tests, in the others.

A role is an object identifier with its name. An entry without an object identifier, or with one element only, is no role: it opens nothing
and is noted. Clause: ETSI TS 119 495 Annex A (ASN.1).
"""

import re
from collections.abc import Iterable

import msgspec

from obdirectory.core.payment_services import ROLE_NAMES
from obdirectory.trust.der import (
    NULL,
    OID,
    SEQUENCE,
    STRING_TYPES,
    UTF8_STRING,
    DerError,
    children,
    enter,
    oid,
    oid_text,
    sequence,
    text_of,
    tlv,
    utf8,
)

PSD2_STATEMENT = "0.4.0.19495.2"
MAX_ROLES = 100

_DOTTED = re.compile(r"[0-2](\.[0-9]{1,10}){2,20}")

Notes = list[tuple[str, str]]
"""What deviated while reading, each as (word, what was seen)."""


class Psd2Role(msgspec.Struct, frozen=True, gc=False):
    """One role of the PSD2 statement: compared by object identifier; the name is kept as written."""

    oid: str
    name: str


class Psd2Statement(msgspec.Struct, frozen=True, gc=False):
    """The PSD2 statement in any of the shapes seen. Clause: ETSI TS 119 495 Annex A (ASN.1)."""

    roles: tuple[Psd2Role, ...]
    nca_name: str
    nca_id: str  # as written
    shape: str  # standard | flattened | unwrapped | odd


def read_psd2(data: bytes, at: int, end: int, notes: Notes, *, wrapped: bool) -> Psd2Statement:
    """The statement whose information (PSD2QcType) lies between two offsets; ``wrapped`` is False if no list of statements holds it.

    Raises DerError if it cannot be read at all.
    """
    return _read_standard(data, at, end, "standard" if wrapped else "unwrapped") or _read_any(data, at, end, notes, wrapped=wrapped)


def _read_standard(data: bytes, at: int, end: int, shape: str) -> Psd2Statement | None:
    """The statement written exactly as its syntax has it; None as soon as anything is otherwise. Raises DerError if lengths are broken."""
    start, stop = enter(data, at, end, SEQUENCE)
    at, roles_end = enter(data, start, stop, SEQUENCE) if start < stop and data[start] == SEQUENCE else (start, start)
    roles: list[Psd2Role] = []
    while at < roles_end and len(roles) < MAX_ROLES:
        role_end = at + 2 + data[at + 1]
        name_at = at + 4 + data[at + 3]
        if data[at + 1] >= 0x80 or data[at] != SEQUENCE or data[at + 2] != OID or name_at + 2 > role_end or role_end > roles_end:
            return None
        if data[name_at] != UTF8_STRING or name_at + 2 + data[name_at + 1] != role_end:
            return None
        try:
            roles.append(Psd2Role(oid_text(data[at + 4 : name_at]), data[name_at + 2 : role_end].decode()))
        except UnicodeDecodeError:
            return None
        at = role_end
    # Then two short UTF8Strings that end where everything ends.
    if not roles or at != roles_end or at + 4 > stop or stop != end or data[at + 1] >= 0x80:
        return None
    id_at = at + 2 + data[at + 1]
    if id_at + 2 > stop or data[id_at + 1] >= 0x80 or id_at + 2 + data[id_at + 1] != stop:
        return None
    if data[at] != UTF8_STRING or data[id_at] != UTF8_STRING:
        return None
    try:
        return Psd2Statement(tuple(roles), data[at + 2 : id_at].decode(), data[id_at + 2 : stop].decode(), shape)
    except UnicodeDecodeError:
        return None


def _read_any(data: bytes, at: int, end: int, notes: Notes, *, wrapped: bool) -> Psd2Statement:
    """The statement in whatever other shape. Raises DerError."""
    start, stop = enter(data, at, end, SEQUENCE)
    if stop != end:
        notes.append(("psd2_syntax", "octets after PSD2QcType"))
    items = children(data, start, stop)
    shape = "standard" if wrapped else "unwrapped"
    leading = 0
    while leading < len(items) and items[leading][0] == SEQUENCE:
        leading += 1
    roles: list[Psd2Role] = []
    if leading == 0:
        notes.append(("psd2_syntax", "no rolesOfPSP"))
    elif leading > 1 or _is_one_role(data, items[0]):
        notes.append(("psd2_syntax", "rolesOfPSP is missing: its roles stand beside nCAName"))
        shape = "odd"
        for item in items[:leading]:
            _read_role(data, item, roles, notes)
    else:
        shape = _read_roles(data, items[0], roles, notes) or shape
    nca_name, nca_id = _read_authority(data, items[leading:], notes)
    return Psd2Statement(tuple(roles), nca_name, nca_id, shape)


def _is_one_role(data: bytes, item: tuple[int, int, int]) -> bool:
    parts = children(data, item[1], item[2])
    return len(parts) == 2 and parts[0][0] == OID


def _read_roles(data: bytes, item: tuple[int, int, int], roles: list[Psd2Role], notes: Notes) -> str:
    """Read rolesOfPSP; gives the shape when it is not the standard one."""
    entries = children(data, item[1], item[2])
    if len(entries) > MAX_ROLES:
        raise DerError(f"{len(entries)} roles")
    shape = ""
    if entries and entries[0][0] == OID:
        _read_pairs(data, entries, roles, notes)
        return "flattened"
    for entry in entries:
        shape = _read_role(data, entry, roles, notes) or shape
    return shape


def _read_role(data: bytes, entry: tuple[int, int, int], roles: list[Psd2Role], notes: Notes) -> str:
    tag, start, stop = entry
    if tag != SEQUENCE:
        notes.append(("psd2_role_malformed", f"tag {tag:02x} among the roles"))
        return "odd"
    parts = children(data, start, stop)
    if len(parts) > 2 and len(parts) % 2 == 0:
        _read_pairs(data, parts, roles, notes)
        return "flattened"
    if len(parts) != 2:
        notes.append(("psd2_role_malformed", f"a role of {len(parts)} elements"))
        return ""
    return _read_pair(data, parts[0], parts[1], roles, notes)


def _read_pairs(data: bytes, parts: list[tuple[int, int, int]], roles: list[Psd2Role], notes: Notes) -> None:
    notes.append(("psd2_roles_flattened", f"{len(parts) // 2} roles in one SEQUENCE"))
    for index in range(0, len(parts) - 1, 2):
        _read_pair(data, parts[index], parts[index + 1], roles, notes)
    if len(parts) % 2:
        notes.append(("psd2_role_malformed", "an element without its pair among the roles"))


def _read_pair(data: bytes, first: tuple[int, int, int], second: tuple[int, int, int], roles: list[Psd2Role], notes: Notes) -> str:
    shape = ""
    if first[0] == OID:
        role_oid = oid_text(data[first[1] : first[2]])
    else:
        role_oid, shape = text_of(first[0], data[first[1] : first[2]])[0], "odd"
        if first[0] not in STRING_TYPES or not _DOTTED.fullmatch(role_oid):
            notes.append(("psd2_role_malformed", f"a role without object identifier (tag {first[0]:02x})"))
            return shape
        notes.append(("psd2_role_malformed", "an object identifier written as text"))
    name = ""
    if second[0] == NULL:
        notes.append(("psd2_role_malformed", f"the name of role {role_oid} is NULL"))
        shape = "odd"
    else:
        name = _read_text(data, second, "roleOfPspName", notes)
    roles.append(Psd2Role(role_oid, name))
    return shape


def _read_authority(data: bytes, items: list[tuple[int, int, int]], notes: Notes) -> tuple[str, str]:
    if len(items) != 2:
        notes.append(("psd2_syntax", f"{len(items)} elements where nCAName and nCAId belong"))
    nca_name = _read_text(data, items[0], "nCAName", notes) if items else ""
    nca_id = _read_text(data, items[1], "nCAId", notes) if len(items) > 1 else ""
    return nca_name, nca_id


def _read_text(data: bytes, item: tuple[int, int, int], what: str, notes: Notes) -> str:
    tag, start, stop = item
    text, wrong = text_of(tag, data[start:stop])
    if tag != UTF8_STRING:
        kind = STRING_TYPES[tag][0] if tag in STRING_TYPES else f"tag {tag:02x}"
        notes.append(("psd2_string_type", f"{what} is {kind}"))
    elif wrong:
        notes.append(("psd2_string_type", f"{what} holds {wrong}"))
    return text


def psd2_statement(roles: Iterable[str], nca_name: str, nca_id: str) -> Psd2Statement:
    """A standard statement of roles given by name (``PSP_AI``) or object identifier."""
    oids = {name: role_oid for role_oid, name in ROLE_NAMES.items()}
    return Psd2Statement(
        tuple(Psd2Role(oids.get(role, role), role if role in oids else ROLE_NAMES.get(role, "")) for role in roles),
        nca_name,
        nca_id,
        "standard",
    )


def encode_psd2_statement(roles: Iterable[Psd2Role | str], nca_name: str, nca_id: str, *, shape: str = "standard") -> bytes:
    """One QCStatement, DER. A role given as text is one of the nine names. Shapes other than ``standard`` are for tests."""
    oids = {name: role_oid for role_oid, name in ROLE_NAMES.items()}
    pairs = [(role.oid, role.name) if isinstance(role, Psd2Role) else (oids[role], role) for role in roles]
    written = [oid(role_oid) + utf8(name) for role_oid, name in pairs]
    if shape == "flattened":
        roles_der = sequence(sequence(*written))
    elif shape == "odd":
        roles_der = b"".join(sequence(pair) for pair in written)
    else:
        roles_der = sequence(*(sequence(pair) for pair in written))
    return tlv(SEQUENCE, oid(PSD2_STATEMENT), sequence(roles_der, utf8(nca_name), utf8(nca_id)))
