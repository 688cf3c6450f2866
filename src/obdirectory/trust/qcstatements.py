"""The qualified certificate statements extension: read whole, tolerantly, and written. The PSD2 statement in it is psd2.py's.

Clause: ETSI EN 319 412-5 clauses 4.2 and 4.3; IETF RFC 3739 3.2.6 for the list and for pkixQCSyntax-v2.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import msgspec

from obdirectory.trust.der import (
    IA5_STRING,
    INTEGER,
    OID,
    PRINTABLE_STRING,
    SEQUENCE,
    DerError,
    children,
    enter,
    header,
    integer,
    integer_of,
    oid,
    oid_text,
    sequence,
    text_of,
    tlv,
)
from obdirectory.trust.psd2 import PSD2_STATEMENT, Notes, Psd2Statement, encode_psd2_statement, read_psd2

QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
QC_COMPLIANCE, QC_LIMIT_VALUE, QC_RETENTION_PERIOD, QC_SSCD, QC_PDS, QC_TYPE, QC_LEGISLATION, QC_IDENT_METHOD, QC_QSCD_LEGISLATION = (
    f"0.4.0.1862.1.{n}" for n in range(1, 10)
)
QC_SYNTAX_V2 = "1.3.6.1.5.5.7.11.2"
SEMANTICS_LEGAL, SEMANTICS_EIDAS_LEGAL = "0.4.0.194121.1.2", "0.4.0.194121.1.4"
QC_TYPE_NAMES: dict[str, str] = {"0.4.0.1862.1.6.1": "esign", "0.4.0.1862.1.6.2": "eseal", "0.4.0.1862.1.6.3": "web"}
_QC_TYPE_OIDS = {name: dotted for dotted, name in QC_TYPE_NAMES.items()}
MAX_STATEMENTS = 60


class QcStatements(msgspec.Struct, frozen=True, gc=False):
    """The qualified certificate statements (EN 319 412-5) beside the PSD2 one."""

    compliance: bool = False
    types: tuple[str, ...] = ()  # of esign eseal web, in order; unknown ones by object identifier
    qscd: bool = False
    legislation_countries: tuple[str, ...] = ()  # QcCClegislation; empty means the EU regime
    pds_urls: tuple[tuple[str, str], ...] = ()  # (url, language)
    statement_oids: tuple[str, ...] = ()  # in order, duplicates kept
    semantics: tuple[str, ...] = ()  # semantics identifiers of pkixQCSyntax-v2
    name_registration_authorities: tuple[str, ...] | None = None  # their URIs; None when the element is absent
    retention_years: int | None = None
    limit_value: tuple[str, int, int] | None = None  # currency as written, amount, exponent


Said: TypeAlias = dict[str, Any]
"""What one statement says, by field of QcStatements."""
_Statement: TypeAlias = tuple[str, Said, tuple[tuple[str, str], ...]]

_REMEMBERED: dict[bytes, _Statement] = {}
_MOST_REMEMBERED, _MOST_REMEMBERED_BYTES = 1024, 512
"""Statements other than the PSD2 one are alike in all certificates of an issuer: remembered by their octets, emptied when full."""


def read_qc_statements(value: bytes, notes: Notes) -> tuple[QcStatements, tuple[Psd2Statement, ...]]:
    """The extension's value: the statements, and every PSD2 statement. What deviates is noted; one bad statement spoils no other.

    Raises DerError if not even the list can be read.
    """
    end = len(value)
    at, stop = enter(value, 0, end, SEQUENCE)
    if stop != end:
        notes.append(("extension_trailing_bytes", QC_STATEMENTS))
    psd2: list[Psd2Statement] = []
    if at < stop and value[at] == OID:
        notes.append(("psd2_statement_unwrapped", "the extension holds one statement and no list of statements"))
        name, said = _read_statement(value, at, stop, psd2, notes, wrapped=False)
        return QcStatements(statement_oids=(name,), **said), tuple(psd2)
    oids: list[str] = []
    all_said: Said = {}
    while at < stop:
        tag, start, after = value[at], at + 2, at + 2 + value[at + 1]
        if value[at + 1] >= 0x80 or after > stop:
            tag, start, after = header(value, at, stop)
        if len(oids) >= MAX_STATEMENTS:
            raise DerError(f"more than {MAX_STATEMENTS} statements")
        octets = value[at:after]
        at = after
        if (known := _REMEMBERED.get(octets)) is not None:
            name, said, noted = known
            if noted:
                notes.extend(noted)
        elif tag != SEQUENCE:
            notes.append(("qc_statement_malformed", f"tag {tag:02x} among the statements"))
            name, said = "", {}
        else:
            before = len(notes)
            name, said = _read_statement(value, start, after, psd2, notes, wrapped=True)
            if name != PSD2_STATEMENT and len(octets) <= _MOST_REMEMBERED_BYTES:
                if len(_REMEMBERED) >= _MOST_REMEMBERED:
                    _REMEMBERED.clear()
                _REMEMBERED[octets] = (name, said, tuple(notes[before:]))
        oids.append(name)
        for field, saying in said.items():
            # A statement that comes twice: lists are joined, of anything else the last counts; the identifiers show the repetition.
            if isinstance(saying, tuple) and field in all_said and field != "limit_value":
                all_said[field] += saying
            else:
                all_said[field] = saying
    return QcStatements(statement_oids=tuple(oids), **all_said), tuple(psd2)


def _read_statement(value: bytes, at: int, end: int, psd2: list[Psd2Statement], notes: Notes, *, wrapped: bool) -> tuple[str, Said]:
    """One QCStatement between two offsets: its identifier, and what it says."""
    name = ""
    try:
        start, at = enter(value, at, end, OID)
        name = oid_text(value[start:at])
        if name == PSD2_STATEMENT:
            psd2.append(read_psd2(value, at, end, notes, wrapped=wrapped))
        elif name in _SAID_BY_BEING_THERE:
            field, word = _SAID_BY_BEING_THERE[name]
            if at != end:
                notes.append((word, "the statement says more than its identifier"))
            return name, {field: True}
        elif name in _READERS:
            return name, _READERS[name](value, at, end, notes)
        elif name in QC_TYPE_NAMES:
            notes.append(("qc_type_as_statement", f"{QC_TYPE_NAMES[name]} stands as a statement of its own"))
    except (DerError, IndexError) as error:
        word = "psd2_statement_unreadable" if name == PSD2_STATEMENT else "qc_statement_malformed"
        notes.append((word, f"{name or 'a statement without identifier'}: {error}"))
    return name, {}


_SAID_BY_BEING_THERE = {QC_COMPLIANCE: ("compliance", "qc_compliance_form"), QC_SSCD: ("qscd", "qc_sscd_form")}


def _read_types(value: bytes, at: int, end: int, notes: Notes) -> Said:
    start, stop = enter(value, at, end, SEQUENCE)
    types: list[str] = []
    for tag, first, last in children(value, start, stop):
        if tag != OID:
            raise DerError(f"tag {tag:02x} among the types")
        dotted = oid_text(value[first:last])
        types.append(QC_TYPE_NAMES.get(dotted, dotted))
    if stop != end:
        notes.append(("qc_statement_malformed", f"{QC_TYPE}: octets after the types"))
    return {"types": tuple(types)}


def _read_pds(value: bytes, at: int, end: int, notes: Notes) -> Said:
    start, stop = enter(value, at, end, SEQUENCE)
    places: list[tuple[str, str]] = []
    for tag, first, last in children(value, start, stop):
        parts = children(value, first, last) if tag == SEQUENCE else []
        if len(parts) != 2:
            raise DerError("a location that is not an address and a language")
        (url_tag, u1, u2), (language_tag, l1, l2) = parts
        if (url_tag, language_tag) != (IA5_STRING, PRINTABLE_STRING):
            notes.append(("qc_pds_form", f"string types {url_tag:02x} and {language_tag:02x}"))
        places.append((text_of(url_tag, value[u1:u2])[0], text_of(language_tag, value[l1:l2])[0]))
    if not places:
        notes.append(("qc_pds_form", "no location"))
    return {"pds_urls": tuple(places)}


def _read_countries(value: bytes, at: int, end: int, notes: Notes) -> Said:
    start, stop = enter(value, at, end, SEQUENCE)
    if start == stop:
        notes.append(("qc_legislation_form", "no country"))
    return {"legislation_countries": tuple([text_of(tag, value[first:last])[0] for tag, first, last in children(value, start, stop)])}


def _read_retention(value: bytes, at: int, end: int, notes: Notes) -> Said:
    start, stop = enter(value, at, end, INTEGER)
    if stop != end:
        notes.append(("qc_statement_malformed", f"{QC_RETENTION_PERIOD}: octets after the years"))
    return {"retention_years": integer_of(value[start:stop])}


def _read_limit(value: bytes, at: int, end: int, notes: Notes) -> Said:
    start, stop = enter(value, at, end, SEQUENCE)
    parts = children(value, start, stop)
    if len(parts) != 3 or parts[1][0] != INTEGER or parts[2][0] != INTEGER:
        raise DerError("a limit is a currency, an amount and an exponent")
    if stop != end:
        notes.append(("qc_statement_malformed", f"{QC_LIMIT_VALUE}: octets after the limit"))
    tag, first, last = parts[0]
    content = value[first:last]
    currency = str(integer_of(content)) if tag == INTEGER else text_of(tag, content)[0]
    return {"limit_value": (currency, integer_of(value[parts[1][1] : parts[1][2]]), integer_of(value[parts[2][1] : parts[2][2]]))}


def _read_semantics(value: bytes, at: int, end: int, notes: Notes) -> Said:
    said: Said = {"semantics": ()}
    if at == end:
        return said
    start, stop = enter(value, at, end, SEQUENCE)
    for tag, first, last in children(value, start, stop):
        if tag == OID:
            said["semantics"] += (oid_text(value[first:last]),)
        elif tag == SEQUENCE:
            names = children(value, first, last)
            said["name_registration_authorities"] = tuple([value[f:t].decode("latin-1") for kind, f, t in names if kind == 0x86])
        else:
            notes.append(("qc_statement_malformed", f"{QC_SYNTAX_V2}: tag {tag:02x}"))
    return said


_READERS: dict[str, Callable[[bytes, int, int, Notes], Said]] = {
    QC_TYPE: _read_types,
    QC_PDS: _read_pds,
    QC_LEGISLATION: _read_countries,
    QC_RETENTION_PERIOD: _read_retention,
    QC_LIMIT_VALUE: _read_limit,
    QC_SYNTAX_V2: _read_semantics,
}


def encode_qc_statements(qc: QcStatements, psd2: Iterable[Psd2Statement] = ()) -> bytes:
    """The extension's value, DER: statements in the order of ``statement_oids``, else in the usual order with PSD2 last.

    A lone PSD2 statement of shape ``unwrapped`` is written as such. Raises ValueError if an object identifier is none.
    """
    statements = list(psd2)
    if len(statements) == 1 and statements[0].shape == "unwrapped":
        only = statements[0]
        return encode_psd2_statement(only.roles, only.nca_name, only.nca_id)
    order = qc.statement_oids or (*_usual_order(qc), *(PSD2_STATEMENT for _ in statements))
    waiting = iter(statements)
    written: list[bytes] = []
    for dotted in order:
        if dotted == PSD2_STATEMENT:
            if (statement := next(waiting, None)) is not None:
                written.append(encode_psd2_statement(statement.roles, statement.nca_name, statement.nca_id, shape=statement.shape))
        else:
            written.append(sequence(oid(dotted), _information(dotted, qc)))
    return sequence(*written)


def _usual_order(qc: QcStatements) -> list[str]:
    present = {
        QC_COMPLIANCE: qc.compliance,
        QC_LIMIT_VALUE: qc.limit_value is not None,
        QC_RETENTION_PERIOD: qc.retention_years is not None,
        QC_SSCD: qc.qscd,
        QC_PDS: bool(qc.pds_urls),
        QC_TYPE: bool(qc.types),
        QC_LEGISLATION: bool(qc.legislation_countries),
        QC_SYNTAX_V2: bool(qc.semantics) or qc.name_registration_authorities is not None,
    }
    return [dotted for dotted, there in present.items() if there]


def _information(dotted: str, qc: QcStatements) -> bytes:
    """What a statement says after its identifier; nothing for those that are said by being there."""
    if dotted == QC_TYPE:
        return sequence(*(oid(_QC_TYPE_OIDS.get(kind, kind)) for kind in qc.types))
    if dotted == QC_PDS:
        return sequence(
            *(
                sequence(tlv(IA5_STRING, url.encode("ascii")), tlv(PRINTABLE_STRING, language.encode("ascii")))
                for url, language in qc.pds_urls
            )
        )
    if dotted == QC_LEGISLATION:
        return sequence(*(tlv(PRINTABLE_STRING, country.encode("ascii")) for country in qc.legislation_countries))
    if dotted == QC_RETENTION_PERIOD:
        return integer(qc.retention_years or 0)
    if dotted == QC_LIMIT_VALUE:
        currency, amount, exponent = qc.limit_value or ("EUR", 0, 0)
        code = integer(int(currency)) if currency.isdigit() else tlv(PRINTABLE_STRING, currency.encode("ascii"))
        return sequence(code, integer(amount), integer(exponent))
    if dotted == QC_SYNTAX_V2:
        registrars = qc.name_registration_authorities
        names = b"" if registrars is None else sequence(*(tlv(0x86, uri.encode("latin-1")) for uri in registrars))
        return sequence(*(oid(kind) for kind in qc.semantics), names)
    return b""
