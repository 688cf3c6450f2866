"""The PSD2 statement: written and read back, in every shape, and whatever bytes stand in its place."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obdirectory.core.payment_services import ROLE_NAMES
from obdirectory.trust.certificate import Psd2Role, Psd2Statement
from obdirectory.trust.der import DerError, oid, sequence, tlv, utf8
from obdirectory.trust.psd2 import PSD2_STATEMENT, encode_psd2_statement, psd2_statement
from obdirectory.trust.qcstatements import QcStatements, encode_qc_statements, read_qc_statements

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
KNOWN_OIDS = st.sampled_from(sorted(ROLE_NAMES))
ANY_OIDS = st.lists(st.integers(0, 2**40), min_size=1, max_size=6).map(lambda arcs: "1.3." + ".".join(map(str, arcs)))
ROLES = st.lists(st.builds(Psd2Role, KNOWN_OIDS | ANY_OIDS, TEXT), max_size=12).map(tuple)
STATEMENTS = st.builds(Psd2Statement, ROLES, TEXT, TEXT, st.just("standard"))


def read(statement: bytes) -> tuple[Psd2Statement, list[tuple[str, str]]]:
    """The one PSD2 statement of an extension that holds it alone, and what was noted."""
    notes: list[tuple[str, str]] = []
    _, found = read_qc_statements(sequence(statement), notes)
    assert len(found) == 1
    return found[0], notes


@given(STATEMENTS)
def test_statement_survives_writing(statement: Psd2Statement) -> None:
    found, notes = read(encode_psd2_statement(statement.roles, statement.nca_name, statement.nca_id))
    assert found == statement
    assert notes == []


@given(st.lists(st.builds(Psd2Role, KNOWN_OIDS, TEXT), min_size=2, max_size=8), TEXT, TEXT)
def test_other_shapes_say_the_same(roles: list[Psd2Role], nca_name: str, nca_id: str) -> None:
    for shape in ("flattened", "odd"):
        found, notes = read(encode_psd2_statement(roles, nca_name, nca_id, shape=shape))
        assert found == Psd2Statement(tuple(roles), nca_name, nca_id, shape)
        assert notes


@given(STATEMENTS)
def test_unwrapped_statement_says_the_same(statement: Psd2Statement) -> None:
    notes: list[tuple[str, str]] = []
    qc, found = read_qc_statements(encode_psd2_statement(statement.roles, statement.nca_name, statement.nca_id), notes)
    assert [(one.roles, one.nca_name, one.nca_id, one.shape) for one in found] == [
        (statement.roles, statement.nca_name, statement.nca_id, "unwrapped")
    ]
    assert qc == QcStatements(statement_oids=(PSD2_STATEMENT,))
    assert [word for word, _ in notes] == ["psd2_statement_unwrapped"]


def test_roles_are_given_by_name_or_number() -> None:
    expected = (Psd2Role("0.4.0.19495.1.3", "PSP_AI"), Psd2Role("0.4.0.19495.1.52", "VOP_VS"))
    assert psd2_statement(("PSP_AI", "0.4.0.19495.1.52"), "A", "DE-BAFIN").roles == expected
    assert read(encode_psd2_statement(("PSP_AI", "VOP_VS"), "A", "DE-BAFIN"))[0].roles == expected


def test_published_statements_are_written_byte_for_byte(shared_data: Path) -> None:
    """The scheme of the United Kingdom published the extension of every combination of roles."""
    for vector in json.loads((shared_data / "certificates" / "obie_qcstatement_vectors.json").read_text()):
        if not vector["reproduced"]:
            continue
        statement = psd2_statement(vector["roles"], vector["ncaName"], vector["ncaId"])
        assert encode_qc_statements(QcStatements(types=(vector["qcType"],)), (statement,)).hex() == vector["der_hex"].lower()


def raw(*information: bytes) -> tuple[Psd2Statement, list[str]]:
    found, notes = read(sequence(oid(PSD2_STATEMENT), *information))
    return found, [word for word, _ in notes]


ROLE = sequence(oid("0.4.0.19495.1.2"), utf8("PSP_PI"))
NAMES = utf8("Authority") + utf8("DE-BAFIN")


@pytest.mark.parametrize(
    ("roles", "read_as", "shape", "words"),
    [
        (sequence(oid("0.4.0.19495.1.3")), (), "standard", ["psd2_role_malformed"]),
        (sequence(utf8("PSP_AI")), (), "standard", ["psd2_role_malformed"]),
        (sequence(b"\x05\x00", utf8("PSP_AS")), (), "odd", ["psd2_role_malformed"]),
        (sequence(oid("0.4.0.19495.1.3"), b"\x05\x00"), (("0.4.0.19495.1.3", ""),), "odd", ["psd2_role_malformed"]),
        (sequence(utf8("0.4.0.19495.1.3"), utf8("PSP_AI")), (("0.4.0.19495.1.3", "PSP_AI"),), "odd", ["psd2_role_malformed"]),
        (sequence(utf8("PSP_AI"), utf8("PSP_AI")), (), "odd", ["psd2_role_malformed"]),
        (utf8("PSP_AI"), (), "odd", ["psd2_role_malformed"]),
        (sequence(oid("0.4.0.19495.1.3"), tlv(0x13, b"PSP_AI")), (("0.4.0.19495.1.3", "PSP_AI"),), "standard", ["psd2_string_type"]),
        (sequence(oid("0.4.0.19495.1.3"), tlv(0x0C, b"PSP\xff")), (("0.4.0.19495.1.3", "PSP\ufffd"),), "standard", ["psd2_string_type"]),
    ],
)
def test_a_malformed_role_spoils_no_other(roles: bytes, read_as: tuple[tuple[str, str], ...], shape: str, words: list[str]) -> None:
    """An entry without object identifier, or without a second element, is no role and opens nothing."""
    found, noted = raw(sequence(sequence(roles, ROLE), NAMES))
    assert tuple((role.oid, role.name) for role in found.roles) == (*read_as, ("0.4.0.19495.1.2", "PSP_PI"))
    assert (found.nca_name, found.nca_id, found.shape, noted) == ("Authority", "DE-BAFIN", shape, words)


def test_pairs_without_entries_are_flattened_roles() -> None:
    found, noted = raw(sequence(sequence(oid("0.4.0.19495.1.1"), utf8("PSP_AS"), oid("0.4.0.19495.1.2"), utf8("PSP_PI"), utf8("x")), NAMES))
    assert [role.name for role in found.roles] == ["PSP_AS", "PSP_PI"]
    assert found.shape == "flattened"
    assert noted == ["psd2_roles_flattened", "psd2_role_malformed"]


def test_one_string_is_the_name() -> None:
    found, noted = raw(sequence(sequence(ROLE), utf8("DE-BAFIN")))
    assert (found.nca_name, found.nca_id, noted) == ("DE-BAFIN", "", ["psd2_syntax"])


def test_long_texts_are_read() -> None:
    """Longer than a length of one octet can say."""
    for nca_name, nca_id in (("N" * 200, "DE-BAFIN"), ("Authority", "D" * 128), ("Authority", "Ä" * 300)):
        found, notes = read(encode_psd2_statement(["PSP_AI"], nca_name, nca_id))
        assert (found.nca_name, found.nca_id, found.shape, notes) == (nca_name, nca_id, "standard", [])


def test_too_many_roles_are_not_read() -> None:
    notes: list[tuple[str, str]] = []
    _, found = read_qc_statements(sequence(encode_psd2_statement(["PSP_AI"] * 101, "A", "DE-BAFIN")), notes)
    assert found == ()
    assert [word for word, _ in notes] == ["psd2_statement_unreadable"]


@given(STATEMENTS, st.data())
def test_no_mutation_raises(statement: Psd2Statement, data: st.DataObject) -> None:
    value = bytearray(encode_qc_statements(QcStatements(compliance=True, types=("web",)), (statement,)))
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(value)))
    for octets in (bytes(value), bytes(value[:cut])):
        try:
            read_qc_statements(octets, [])
        except (DerError, IndexError):
            # What the reader of an extension catches and notes: nothing else may come out.
            continue
