"""The operator's own entries: firms a person has looked up in the register of their authority, one line of a CSV file each.

Columns: authority (DE-BAFIN), number, name, roles (PSP_AI+PSP_PI …), evidence (where it was seen), reviewed_by; and, where there
is something to say, lei, bic, company_number, country, type, authorised_on, withdrawn_on.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from obdirectory.core.countries import iso_country
from obdirectory.core.errors import InvalidInput
from obdirectory.core.nca import BY_ID, NcaId, canonical
from obdirectory.core.payment_services import ROLE_NAMES
from obdirectory.registers.record import RegisterRecord
from obdirectory.registers.row import Properties, RawRow, Refusal, Row

ENTITY_TYPE = "CURATED"
REQUIRED = ("authority", "number", "name", "roles", "evidence", "reviewed_by")
OPTIONAL = ("lei", "bic", "company_number", "country", "type", "authorised_on", "withdrawn_on", "reviewed_on")
_TYPES = frozenset({ENTITY_TYPE, "PSD_PI", "PSD_EMI", "PSD_AISP", "CRD_CRE_INS"})
_ROLES = frozenset(name for name in ROLE_NAMES.values() if name.startswith("PSP_"))
_LONGEST_FIELD = 2_000
_MOST_ERRORS = 5
ALWAYS = date(1, 1, 1)
"""An entry without a date holds for as far back as anyone asks."""


def split(content: bytes) -> Sequence[RawRow] | Refusal:
    """The lines, checked and each written as JSON; what is wrong is named with its line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Refusal("file_unreadable", f"the file is not UTF-8: byte {error.start}")
    if not text.strip():
        return Refusal("file_empty", "the file is empty")
    if "\0" in text:
        return Refusal("file_unreadable", "the file holds NUL characters")
    try:
        lines = list(_lines(text))
    except (csv.Error, InvalidInput) as error:
        return Refusal("file_unreadable", str(error))
    errors = [f"line {number}: {fault}" for number, fields in lines for fault in _faults(fields)]
    if errors:
        more = f" (and {len(errors) - _MOST_ERRORS} more)" if len(errors) > _MOST_ERRORS else ""
        return Refusal("rows_invalid", "; ".join(errors[:_MOST_ERRORS]) + more)
    return [msgspec.json.encode(fields) for _, fields in lines]


def row(raw: RawRow) -> Row | Refusal:
    """One entry, read as far as every row is."""
    content = bytes(raw)
    read = record(content)
    return Row(
        content,
        read.kind,
        read.entity_type,
        read.entity_code,
        read.authority_code,
        read.national_number,
        None,
        None,
        None,
        len(read.authorised_on) % 2 == 1,
        tuple(_fields(content)),
        "",
    )


def record(raw: bytes) -> RegisterRecord:
    """One entry in full."""
    fields = _fields(raw)
    nca_id = _authority(fields["authority"])
    assert nca_id is not None, "such lines are refused before they are read in full"
    digest = hashlib.sha256(raw).hexdigest()
    return RegisterRecord(
        entity_type=fields.get("type", ENTITY_TYPE),
        entity_code=f"{nca_id}!{fields['number']}",
        authority_code=BY_ID[nca_id].register_codes[0],
        raw_sha256=digest,
        content_sha256=digest,
        national_number=fields["number"],
        names=(fields["name"],),
        country=iso_country(fields["country"]) if "country" in fields else nca_id.country,
        authorised_on=(
            date.fromisoformat(fields["authorised_on"]) if "authorised_on" in fields else ALWAYS,
            *((date.fromisoformat(fields["withdrawn_on"]),) if "withdrawn_on" in fields else ()),
        ),
        lei=fields.get("lei"),
        bic=fields.get("bic"),
        company_number=fields.get("company_number"),
        roles=_roles(fields["roles"]),
    )


def properties(raw: bytes) -> Properties:
    """Every column that is filled."""
    return {name: (value,) for name, value in _fields(raw).items()}


def newest_version(raws: Iterable[RawRow], content: bytes) -> str:
    """A person's file has no row versions."""
    return ""


def _lines(text: str) -> Iterable[tuple[int, dict[str, str]]]:
    """(line number, filled columns). Raises InvalidInput for a heading we do not know, csv.Error for what is no CSV."""
    first = text.splitlines()[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    heading = [name.strip().lower().replace(" ", "_") for name in next(reader)]
    missing = [name for name in REQUIRED if name not in heading]
    if missing:
        raise InvalidInput(f"line 1: the columns {', '.join(missing)} are missing; wanted: {', '.join((*REQUIRED, *OPTIONAL))}")
    unknown = [name for name in heading if name not in REQUIRED + OPTIONAL]
    if unknown or len(set(heading)) != len(heading):
        raise InvalidInput(f"line 1: unknown or repeated columns: {', '.join(unknown or heading)[:200]}")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            raise InvalidInput(f"line {reader.line_num}: {len(cells)} columns, {len(heading)} are wanted")
        yield reader.line_num, {name: cell.strip() for name, cell in zip(heading, cells, strict=True) if cell.strip()}


def _faults(fields: Mapping[str, str]) -> Iterable[str]:
    for name in REQUIRED:
        if name not in fields:
            yield f"{name} is empty"
    for name, value in fields.items():
        if len(value) > _LONGEST_FIELD:
            yield f"{name} is longer than {_LONGEST_FIELD} characters"
    if "authority" in fields and _authority(fields["authority"]) is None:
        yield f"unknown authority {fields['authority']!r}: write it as certificates do, such as DE-BAFIN"
    unknown = [role for role in _roles(fields.get("roles", "")) if role not in _ROLES]
    if unknown:
        yield f"unknown roles {' '.join(unknown)}: use {', '.join(sorted(_ROLES))}"
    if "type" in fields and fields["type"] not in _TYPES:
        yield f"unknown type {fields['type']!r}: use one of {', '.join(sorted(_TYPES))}"
    if "lei" in fields and not _lei_is_well_formed(fields["lei"]):
        yield f"not a LEI: {fields['lei']!r}"
    if "bic" in fields and not (fields["bic"].isascii() and fields["bic"].isalnum() and len(fields["bic"]) in (8, 11)):
        yield f"not a BIC: {fields['bic']!r}"
    if "country" in fields and not (fields["country"].isascii() and fields["country"].isalpha() and len(fields["country"]) == 2):
        yield f"not a country code: {fields['country']!r}"
    yield from _date_faults(fields)


def _date_faults(fields: Mapping[str, str]) -> Iterable[str]:
    readable = True
    for name in ("authorised_on", "withdrawn_on", "reviewed_on"):
        if name in fields and not _is_day(fields[name]):
            readable = False
            yield f"{name} is not a day such as 2026-06-20: {fields[name]!r}"
    if readable and "withdrawn_on" in fields and fields["withdrawn_on"] < fields.get("authorised_on", ""):
        yield "withdrawn_on lies before authorised_on"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _authority(text: str) -> NcaId | None:
    try:
        written = NcaId.parse(text.strip())
    except InvalidInput:
        return None
    return canonical(written.country, written.authority)


def _roles(text: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(part for part in text.replace("+", " ").replace(",", " ").replace(";", " ").replace("|", " ").upper().split() if part)
    )


def _lei_is_well_formed(text: str) -> bool:
    """Twenty letters and digits. Clause: ISO 17442."""
    return len(text) == 20 and text.isascii() and text.isalnum() and text == text.upper()


def _fields(raw: bytes) -> dict[str, str]:
    return msgspec.json.decode(raw, type=dict[str, str])
