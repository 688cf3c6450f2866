"""The EBA payment institutions register: the golden copy's JSON, row by row.

A file is an array of blocks: a disclaimer, the entities, whatever else is added some day; the entities are found by what they
are. A row names its properties in a list of objects with one key each, whose value is a text or a list of texts.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

import msgspec
from msgspec import UNSET, UnsetType

from obdirectory.core.countries import NAMES, iso_country
from obdirectory.core.nca import of_register_code
from obdirectory.registers.record import RecordKind, RegisterRecord, kind_of_type
from obdirectory.registers.row import Properties, RawRow, Refusal, Row

KIND_OF_TYPE: dict[str, RecordKind] = {
    name: kind_of_type(name)
    for name in "PSD_PI PSD_EMI PSD_AISP PSD_EPI PSD_EEMI PSD_ENL PSD_EXC PSD_BR PSD_AG CRD_CRE_INS CRD_EEA_BRA CRD_NON_EEA_BRA".split()
}
SERVICE_CODES = frozenset(
    "ES_010 PS_010 PS_020 PS_03A PS_03B PS_03C PS_04A PS_04B PS_04C PS_05A PS_05B PS_050 PS_060 PS_070 PS_080".split()
)
_TAKEN = frozenset(
    "ENT_NAT_REF_COD ENT_NAM ENT_NAM_COM ENT_ADD ENT_TOW_CIT_RES ENT_POS_COD ENT_COU_RES ENT_AUT ENT_EXC "
    "ENT_TYP_PAR_ENT ENT_COD_PAR_ENT DER_CHI_ENT_AUT ENT_COD ENT_COD_TYP "
    "ENT_NAM_NON_LAT ENT_COD_CRE_INS_EST_BRA ENT_NAM_CRE_INS_EST_BRA NAM_CRE_INS_EST_BRA "
    "ENT_COU_CRE_INS_EST_BRA COU_CRE_INS_EST_BRA".split()
)
# Said by the register and of no use to us: the text of an exclusion, a flag of its dictionary, deposit guarantee schemes.
_IGNORED = frozenset("ENT_DES_ACT_EXC_SCP IS_HID_NOT_PUB COM_AUT EEA_DEP_GUA_SCH NON_EEA_DEP_GUA_SCH".split())
_EXPECTED = _TAKEN | _IGNORED
_EXPECTED_FIELDS = frozenset({"CA_OwnerID", "EntityCode", "EntityType", "Properties", "Services", "__EBA_EntityVersion"})
_ACTIVE = {"Active": True, "Yes": True, "Inactive": False, "In-active": False, "No": False}
_VERSION = re.compile(rb'"__EBA_EntityVersion"\s*:\s*"(\d{17})"')
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CODE = re.compile(r"\w{1,40}", re.ASCII)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Entity(msgspec.Struct, gc=False):
    """A row as it is written."""

    entity_code: str = msgspec.field(name="EntityCode")
    entity_type: str = msgspec.field(name="EntityType")
    properties: list[dict[str, Any]] = msgspec.field(name="Properties")
    authority_code: str = msgspec.field(name="CA_OwnerID")
    services: list[dict[str, Any]] | UnsetType | None = msgspec.field(name="Services", default=UNSET)
    version: str | UnsetType | None = msgspec.field(name="__EBA_EntityVersion", default=UNSET)


_decode_entity = msgspec.json.Decoder(_Entity).decode
_decode_blocks = msgspec.json.Decoder(list[list[msgspec.Raw]]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_BACKSLASH = ord("\\")
_encode_sorted = msgspec.json.Encoder(order="sorted").encode
# Lists of properties already compared with what is expected; a register has a few hundred different ones.
_known_lists: dict[tuple[str, ...], bool] = {}


def split(content: bytes) -> Sequence[RawRow] | Refusal:
    """The entities of a golden copy, unread."""
    content = content.removeprefix(_BYTE_ORDER_MARK)
    if not content or content.isspace():
        return Refusal("file_empty", "the file is empty")
    try:
        entities = [block for block in _blocks(content) if _is_entity(block[0])]
    except (msgspec.ValidationError, RecursionError) as error:
        return Refusal("not_this_register", f"the file is not an array of blocks with entities: {error}")
    except ValueError as error:
        return Refusal("json_incomplete", f"the file is not one whole JSON text: {error}")
    if not entities:
        return Refusal("no_records", "no block of the file holds entities")
    return entities[0] if len(entities) == 1 else [raw for block in entities for raw in block]


def row(raw: RawRow) -> Row | Refusal:
    """One entity, read as far as every row is; rows that are not as expected are looked at closely.

    Hundreds of thousands go through here, so that what most of them are is asked first.
    """
    content = bytes(raw)
    try:
        entity = _decode_entity(content)
    except (ValueError, RecursionError) as error:
        return Refusal("row_unreadable", f"a row cannot be read: {error}")
    entity_type, entity_code = entity.entity_type, entity.entity_code
    properties: dict[str, Any] = {}
    for one in entity.properties:
        properties |= one
    filled = tuple(properties)
    alarms: tuple[tuple[str, str], ...] = ()
    if not _is_ordinary(content, entity, filled):
        found = _alarms(content)
        if isinstance(found, Refusal):
            return found
        alarms = found
        properties = _believed(properties, alarms)
    if (
        not entity_code
        or entity_code.isspace()
        or not entity_type
        or (alarms and "\0" in entity_code + entity_type + entity.authority_code)
    ):
        return Refusal("row_unreadable", f"a row has no usable key: {entity_type!r} {entity_code!r}")
    get = properties.get
    active = live = None
    if (status := get("DER_CHI_ENT_AUT")) is not None:
        active = live = _ACTIVE.get(status) if status.__class__ is str else None
        if active is None:
            active = live = _ACTIVE.get(_text(status).strip().capitalize())
            alarms += (("unknown_status", _text(status)[:40]),) if active is None else ()
    kind = KIND_OF_TYPE.get(entity_type)
    if kind is None:
        kind = kind_of_type(entity_type)
        alarms += (("unknown_entity_type", entity_type),)
    if kind == "institution" or "ENT_AUT" in properties:
        dates, wrong = _dates(get("ENT_AUT"))
        live = len(dates) % 2 == 1 if dates else None
        alarms += wrong
    version = entity.version or ""
    number, parent_type, parent_code = get("ENT_NAT_REF_COD"), get("ENT_TYP_PAR_ENT"), get("ENT_COD_PAR_ENT")
    return Row(
        content,
        kind,
        entity_type,
        entity_code,
        entity.authority_code,
        number if number.__class__ is str and not alarms else _text_or_none(number),
        parent_type if parent_type.__class__ is str and not alarms else _text_or_none(parent_type),
        parent_code if parent_code.__class__ is str and not alarms else _text_or_none(parent_code),
        active,
        live,
        filled,
        version if len(version) == 17 and version.isdigit() and version.isascii() else "",
        alarms,
    )


def record(raw: bytes) -> RegisterRecord:
    """One entity in full."""
    entity = _decode_entity(raw)
    said: dict[str, Any] = {}
    for one in entity.properties:
        said |= one
    ordinary = _is_ordinary(raw, entity, tuple(said))
    deviations = () if ordinary else _alarms(raw)
    assert not isinstance(deviations, Refusal), "such rows are refused before they are read in full"
    said = _believed(said, deviations)
    dates, wrong = _dates(said.get("ENT_AUT")) if "ENT_AUT" in said or kind_of_type(entity.entity_type) == "institution" else ((), ())
    services = _pairs(entity.services or ()) if ordinary else _services(entity)[0]
    status = _text_or_none(said.get("DER_CHI_ENT_AUT"))
    code_is_lei = _text(said.get("ENT_COD_TYP")).strip().upper() == "LEI"
    owner = of_register_code(entity.authority_code)
    return RegisterRecord(
        entity_type=entity.entity_type,
        entity_code=entity.entity_code,
        authority_code=entity.authority_code,
        raw_sha256=hashlib.sha256(raw).hexdigest(),
        content_sha256=hashlib.sha256(_encode_sorted(_properties(entity))).hexdigest(),
        national_number=_text_or_none(said.get("ENT_NAT_REF_COD")),
        names=tuple(
            name for name in (text.strip() for text in (*_texts(said.get("ENT_NAM_NON_LAT")), *_texts(said.get("ENT_NAM")))) if name
        ),
        trade_names=tuple(name for name in (text.strip() for text in _texts(said.get("ENT_NAM_COM"))) if name),
        country=iso_country(found) if (found := _text(said.get("ENT_COU_RES")).strip()) else owner.country if owner else None,
        address=", ".join(
            text for name in ("ENT_ADD", "ENT_POS_COD", "ENT_TOW_CIT_RES") for text in _texts(said.get(name)) if text.strip()
        ),
        authorised_on=dates,
        services=services,
        parent_type=_text_or_none(said.get("ENT_TYP_PAR_ENT")),
        parent_code=_text_or_none(said.get("ENT_COD_PAR_ENT")) or _text_or_none(said.get("ENT_COD_CRE_INS_EST_BRA")),
        child_active=_ACTIVE.get(status.strip().capitalize()) if status is not None else None,
        lei=_text_or_none(said.get("ENT_COD")) if code_is_lei else None,
        exclusions=_texts(said.get("ENT_EXC")),
        deviations=tuple(dict.fromkeys((*deviations, *wrong))),
    )


def properties(raw: bytes) -> Properties:
    """Everything an entity says; the services of each country are a property of their own."""
    return _properties(_decode_entity(raw))


def _properties(entity: _Entity) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {"CA_OwnerID": (entity.authority_code,)}
    for one in entity.properties:
        for name, value in one.items():
            texts = (value,) if value.__class__ is str and value and "\0" not in value else _texts(value)
            found[name] = found[name] + texts if name in found else texts
    same: dict[tuple[str, ...], tuple[str, ...]] = {}  # most countries list what the others do
    for one in entity.services or ():
        for country, codes in one.items():
            name = f"Services.{country}"
            listed = found.get(name, ()) + _texts(codes)
            found[name] = same.get(listed) or same.setdefault(listed, tuple(sorted(set(listed))))
    return found


def newest_version(raws: Iterable[RawRow], content: bytes) -> str:
    """The newest ``__EBA_EntityVersion`` (YYYYMMDDhhmmssSSS) of the file."""
    return max((found[1] for found in _VERSION.finditer(content)), default=b"").decode()


def _blocks(content: bytes) -> list[list[msgspec.Raw]]:
    """The blocks that are arrays and not empty; a plain array of entities is one block."""
    try:
        return [block for block in _decode_blocks(content) if block]
    except msgspec.ValidationError:
        parts = _decode_list(content)
    if parts and all(_first_byte(part) == b"{" for part in parts):
        return [parts]
    return [block for part in parts if _first_byte(part) == b"[" for block in [_decode_list(part)] if block]


def _first_byte(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])


def _is_entity(raw: msgspec.Raw) -> bool:
    return _first_byte(raw) == b"{" and "EntityType" in cast(dict[str, object], msgspec.json.decode(raw))


def _all_known(filled: tuple[str, ...]) -> bool:
    known = _known_lists.get(filled)
    if known is None:
        if len(_known_lists) > 10_000:
            _known_lists.clear()
        known = _known_lists[filled] = _EXPECTED.issuperset(filled)
    return known


class _Twice(ValueError):
    """An object of the file has one key twice."""


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _believed(properties: dict[str, Any], alarms: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The properties without those said twice: such a thing is not said."""
    twice = {what for word, what in alarms if word == "repeated_property"}
    return {name: value for name, value in properties.items() if name not in twice}


def _is_ordinary(content: bytes, entity: _Entity, filled: tuple[str, ...]) -> bool:
    """Whether a row is proven to hold nothing unexpected. ``filled``: the names of its properties, each once.

    Every key of the row has one colon: if there are no more colons than keys came out, nothing was there twice and nothing overlooked.
    """
    services = entity.services
    keys = 4 + len(filled) + (services is not UNSET) + (entity.version is not UNSET)
    if services:
        keys += sum(map(len, services))
    return (
        content.count(b":") == keys
        and (_known_lists.get(filled) or _all_known(filled))
        and (_BACKSLASH not in content or b"\\u0000" not in content)
        and (not services or _are_ordinary(services))
    )


def _are_ordinary(services: list[dict[str, Any]]) -> bool:
    """Each country is one we know and comes once, each service is one of the register's own codes."""
    countries = 0
    for one in services:
        for country, codes in one.items():
            if country not in NAMES or not (
                codes in SERVICE_CODES if codes.__class__ is str else _is_text(codes) and SERVICE_CODES.issuperset(codes)
            ):
                return False
            countries += 1
    return len({country for one in services for country in one}) == countries


def _alarms(content: bytes) -> tuple[tuple[str, str], ...] | Refusal:
    """What nobody expected in a row."""
    entity = _decode_entity(content)
    found = _look_closely(content, entity)
    return found if isinstance(found, Refusal) else tuple(dict.fromkeys((*found, *_services(entity)[1])))


def _look_closely(content: bytes, entity: _Entity) -> tuple[tuple[str, str], ...] | Refusal:
    """A second reading, key by key. A key written twice is read differently by different parsers: such a row is not believed."""
    try:
        whole = json.loads(content, object_pairs_hook=_refuse_twice)
    except _Twice as error:
        return Refusal("row_says_one_thing_twice", f"{entity.entity_type} {entity.entity_code} has the key {error} twice in one object")
    except (ValueError, RecursionError) as error:
        return Refusal("row_unreadable", f"{entity.entity_type} {entity.entity_code} cannot be read: {error}")
    alarms = [("unknown_field", name) for name in whole if name not in _EXPECTED_FIELDS]
    seen: set[str] = set()
    for one in entity.properties:
        for name, value in one.items():
            if name in seen:
                alarms.append(("repeated_property", name))
            seen.add(name)
            if name not in _EXPECTED:
                alarms.append(("unknown_property", name))
            if not _is_text(value):
                alarms.append(("unexpected_value", name))
    if b"\\u0000" in content:
        alarms.append(("nul_character", ""))
    return tuple(alarms)


def _pairs(services: Iterable[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """(country, service) of services that are ordinary."""
    return tuple(
        (country, code)
        for one in services
        for country, codes in one.items()
        for code in ((codes,) if codes.__class__ is str else dict.fromkeys(codes))
    )


def _services(entity: _Entity) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """(country, service) pairs in the order written, and what was odd. A country listed twice has what both lists say."""
    pairs: dict[tuple[str, str], None] = {}
    odd: list[tuple[str, str]] = []
    seen: set[str] = set()
    for one in entity.services or []:
        for written, codes in one.items():
            country = iso_country(written)
            if country in seen:
                odd.append(("repeated_country", country))
            seen.add(country)
            if not _is_text(codes):
                odd.append(("unexpected_value", f"Services.{country}"))
            for code in _texts(codes):
                if code not in SERVICE_CODES:
                    odd.append(("unknown_service_code", code[:40]))
                if _COUNTRY.fullmatch(country) and _CODE.fullmatch(code):
                    pairs[country, code] = None
    return tuple(pairs), tuple(odd)


def _dates(value: object) -> tuple[tuple[date, ...], tuple[tuple[str, str], ...]]:
    """The dates of ENT_AUT, or none at all when one cannot be read or they do not follow each other: then the status is unknown."""
    texts = _texts(value)
    if not texts:
        return (), (("no_date", ""),)
    found: list[date] = []
    for text in texts:
        try:
            found.append(date.fromisoformat(text.strip() if _DAY.fullmatch(text.strip()) else ""))
        except ValueError:
            return (), (("unparsable_date", text[:40]),)
    if found != sorted(found):
        return (), (("dates_out_of_order", " ".join(texts)[:80]),)
    return tuple(found), ()


def _is_text(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in cast(list[object], value)))


def _texts(value: object) -> tuple[str, ...]:
    """A value as texts. PostgreSQL and people cannot read NUL; it is shown as the replacement character."""
    if isinstance(value, str):
        return (value.replace("\0", "\ufffd"),) if value else ()
    if isinstance(value, list):
        return tuple(text for item in cast(list[object], value) for text in _texts(item))
    return () if value is None else (json.dumps(value),)


def _text(value: object) -> str:
    found = _texts(value)
    return found[0] if found else ""


def _text_or_none(value: object) -> str | None:
    return _text(value) or None
