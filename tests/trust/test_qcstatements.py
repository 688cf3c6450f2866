"""The qualified certificate statements: written and read back, repeated, malformed."""

from hypothesis import given
from hypothesis import strategies as st
from tests.trust.test_psd2 import ANY_OIDS, STATEMENTS

from obdirectory.trust.der import oid, sequence, tlv, utf8
from obdirectory.trust.psd2 import PSD2_STATEMENT, psd2_statement
from obdirectory.trust.qcstatements import (
    QC_COMPLIANCE,
    QC_LIMIT_VALUE,
    QC_PDS,
    QC_RETENTION_PERIOD,
    QC_SYNTAX_V2,
    QC_TYPE,
    QcStatements,
    encode_qc_statements,
    read_qc_statements,
)

ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
TYPES = st.lists(st.sampled_from(["esign", "eseal", "web"]) | ANY_OIDS, max_size=3).map(tuple)
QC = st.builds(
    QcStatements,
    compliance=st.booleans(),
    types=TYPES,
    qscd=st.booleans(),
    legislation_countries=st.lists(ASCII, max_size=3).map(tuple),
    pds_urls=st.lists(st.tuples(ASCII, ASCII), max_size=3).map(tuple),
    semantics=st.lists(ANY_OIDS, max_size=2).map(tuple),
    name_registration_authorities=st.none() | st.lists(ASCII, max_size=2).map(tuple),
    retention_years=st.none() | st.integers(-(2**100), 2**100),
    limit_value=st.none() | st.tuples(st.sampled_from(["EUR", "978"]), st.integers(-1000, 10**12), st.integers(-3, 9)),
)


def without_order(qc: QcStatements) -> QcStatements:
    """The statements but for the order they came in, which the writer chooses."""
    return QcStatements(**{field: getattr(qc, field) for field in qc.__struct_fields__ if field != "statement_oids"})


@given(QC, st.lists(STATEMENTS, max_size=2))
def test_statements_survive_writing(qc: QcStatements, psd2: list[object]) -> None:
    notes: list[tuple[str, str]] = []
    found, statements = read_qc_statements(encode_qc_statements(qc, psd2), notes)  # type: ignore[arg-type]
    assert without_order(found) == without_order(qc)
    assert list(statements) == psd2
    assert notes == []


def test_order_is_kept_when_given() -> None:
    order = (PSD2_STATEMENT, QC_TYPE, "1.2.3.4", QC_COMPLIANCE)
    value = encode_qc_statements(
        QcStatements(compliance=True, types=("web",), statement_oids=order), (psd2_statement(("PSP_AI",), "A", "DE-BAFIN"),)
    )
    assert read_qc_statements(value, [])[0].statement_oids == order


def test_repeated_statements_are_all_seen() -> None:
    types = sequence(oid(QC_TYPE), sequence(oid("0.4.0.1862.1.6.3")))
    seals = sequence(oid(QC_TYPE), sequence(oid("0.4.0.1862.1.6.2")))
    found, _ = read_qc_statements(sequence(types, seals), [])
    assert found.types == ("web", "eseal")
    assert found.statement_oids == (QC_TYPE, QC_TYPE)


def test_one_malformed_statement_spoils_no_other() -> None:
    notes: list[tuple[str, str]] = []
    value = sequence(
        sequence(oid(QC_TYPE), utf8("web")),
        sequence(oid(QC_PDS), sequence(sequence(utf8("https://x")))),
        sequence(oid(QC_LIMIT_VALUE), sequence(utf8("EUR"))),
        sequence(oid(QC_RETENTION_PERIOD), tlv(0x02, bytes(100))),
        utf8("no statement"),
        sequence(utf8("no identifier")),
        sequence(oid(QC_COMPLIANCE)),
    )
    found, psd2 = read_qc_statements(value, notes)
    assert found.compliance
    assert psd2 == ()
    assert [word for word, _ in notes] == ["qc_statement_malformed"] * 6


def test_octets_after_what_a_statement_says_are_noted() -> None:
    notes: list[tuple[str, str]] = []
    value = sequence(
        sequence(oid(QC_RETENTION_PERIOD), b"\x02\x01\x07", b"\x05\x00"),
        sequence(oid(QC_LIMIT_VALUE), sequence(tlv(0x13, b"EUR"), b"\x02\x01\x05", b"\x02\x01\x02"), b"\x05\x00"),
        sequence(oid(QC_TYPE), sequence(utf8("web"))),
    )
    found, _ = read_qc_statements(value, notes)
    assert (found.retention_years, found.limit_value, found.types) == (7, ("EUR", 5, 2), ())
    assert [word for word, _ in notes] == ["qc_statement_malformed"] * 3


def test_an_order_that_names_more_than_there_is_writes_what_there_is() -> None:
    assert encode_qc_statements(QcStatements(statement_oids=(PSD2_STATEMENT,))) == sequence()


def test_what_is_remembered_of_a_statement_is_noted_again() -> None:
    """The second reading comes from memory, and says the same."""
    value = sequence(sequence(oid(QC_COMPLIANCE), b"\x05\x00"), sequence(oid(QC_TYPE), sequence(oid("0.4.0.1862.1.6.3")), b"\x05\x00"))
    first: list[tuple[str, str]] = []
    second: list[tuple[str, str]] = []
    assert read_qc_statements(value, first) == read_qc_statements(value, second)
    assert first == second
    assert [word for word, _ in first] == ["qc_compliance_form", "qc_statement_malformed"]


def test_semantics_without_information_name_nothing() -> None:
    notes: list[tuple[str, str]] = []
    found, _ = read_qc_statements(sequence(sequence(oid(QC_SYNTAX_V2)), sequence(oid(QC_SYNTAX_V2), sequence(b"\x05\x00"))), notes)
    assert (found.semantics, found.name_registration_authorities) == ((), None)
    assert [word for word, _ in notes] == ["qc_statement_malformed"]


def test_elements_after_the_list_are_noted() -> None:
    notes: list[tuple[str, str]] = []
    read_qc_statements(sequence() + b"\x05\x00", notes)
    assert [word for word, _ in notes] == ["extension_trailing_bytes"]
