"""Reading certificates: real ones as catalogued, odd ones with their deviations, hostile ones in no time, and files of several kinds."""

import base64
import csv
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from hypothesis import given
from hypothesis import strategies as st
from tests.trust.defects import DEFECTS, SOUND
from tests.trust.making import ISSUER, NUMBER, PSD2, QSEALC, QWAC, WEB, Draft, key_usage, policies, rsa_key

from obdirectory.core.errors import InvalidInput
from obdirectory.trust import extensions as ext
from obdirectory.trust.bundle import MAX_CERTIFICATES, holds_private_key
from obdirectory.trust.certificate import MAX_CERTIFICATE_BYTES, Certificate, Unreadable, read_certificate, split_certificates
from obdirectory.trust.der import integer, oid, sequence, tlv, utf8
from obdirectory.trust.names import COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER
from obdirectory.trust.profile import profile_findings
from obdirectory.trust.qcstatements import QC_STATEMENTS

AT = datetime(2026, 11, 24, tzinfo=UTC)
MOST_SECONDS = 0.05
"""Process time that any input of 64 KiB may take, its findings included."""


def read(draft_or_der: Draft | bytes) -> Certificate:
    found = read_certificate(draft_or_der.der() if isinstance(draft_or_der, Draft) else draft_or_der)
    assert isinstance(found, Certificate), found.why
    return found


def words(draft_or_der: Draft | bytes) -> list[str]:
    return [word for word, _ in read(draft_or_der).deviations]


def why(draft_or_der: Draft | bytes) -> str:
    found = read_certificate(draft_or_der.der() if isinstance(draft_or_der, Draft) else draft_or_der)
    assert isinstance(found, Unreadable)
    return found.why


# Sound ones


def test_every_field_is_read() -> None:
    der = QWAC.der()
    found = read(der)
    assert found.der == der
    assert found.serial_number == 0x4F1C2D3E5A6B7081
    assert found.signature_algorithm == "1.2.840.113549.1.1.11"
    assert found.issuer == ((COUNTRY, "DE"), (ORGANIZATION, "Example Trust AG"), (COMMON_NAME, "Example Issuing CA 1"))
    assert found.attribute(ORGANIZATION) == "Example Pay GmbH"
    assert found.attribute("1.2.3") == ""
    assert (found.not_before_at, found.not_after_at) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
    assert (found.public_key.kind, found.public_key.bits, found.public_key.curve) == ("ec", 256, "P-256")
    assert [identifier.text for identifier in found.organization_identifiers] == [NUMBER]
    assert found.psd2 == (PSD2,)
    assert (found.qc.compliance, found.qc.types, found.qc.semantics) == (True, ("web",), ("0.4.0.194121.1.2",))
    assert found.policies == ("0.4.0.194112.1.4", "0.4.0.19495.3.1")
    assert found.key_usage == {"digitalSignature"}
    assert found.extended_key_usage == ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2")
    assert found.dns_names == ("psd2.example-pay.example",)
    assert (found.is_ca, found.path_length) == (False, None)
    assert (found.authority_key_id, found.subject_key_id) == (bytes(range(20)), bytes(range(20, 40)))
    assert found.ocsp_urls == ("http://ocsp.trust.example/",)
    assert found.issuer_urls == ("http://trust.example/issuing.cer",)
    assert found.crl_urls == ("http://trust.example/issuing.crl",)
    assert found.critical_extensions == (ext.KEY_USAGE,)
    assert found.extensions[-1] == QC_STATEMENTS
    assert (found.version, found.precertificate, found.deviations) == (3, False, ())


def test_reading_twice_gives_equal_certificates() -> None:
    """The second reading takes from memory what issuers repeat."""
    for draft in (QWAC, QSEALC, *DEFECTS["certificate_is_der"].values()):
        assert read(draft) == read(draft)


def _oracle_differs(der: bytes, found: Certificate) -> Iterator[str]:
    """Fields that the cryptography library reads otherwise."""
    other = x509.load_der_x509_certificate(der)
    if other.tbs_certificate_bytes != found.tbs_der or other.signature != found.signature:
        yield "signed part"
    if other.issuer.public_bytes() != found.issuer_der or other.subject.public_bytes() != found.subject_der:
        yield "names"
    if other.serial_number != found.serial_number or other.signature_algorithm_oid.dotted_string != found.signature_algorithm:
        yield "serial number or algorithm"
    if (other.not_valid_before_utc, other.not_valid_after_utc) != (found.not_before_at, found.not_after_at):
        yield "validity"
    if [(one.oid.dotted_string, one.value) for one in other.subject] != list(found.subject):
        yield "subject"
    key = other.public_key()
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and key.key_size != found.public_key.bits:
        yield "key size"
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if spki != found.spki_der:
        yield "public key"
    try:
        extensions = other.extensions
    except ValueError:
        # One sandbox's authorityKeyIdentifier has issuer and no serial number: the library then reads no extension at all.
        return
    if tuple(one.oid.dotted_string for one in extensions) != found.extensions:
        yield "extensions"
    if tuple(one.oid.dotted_string for one in extensions if one.critical) != found.critical_extensions:
        yield "critical extensions"
    for one in extensions:
        match one.value:
            case x509.SubjectAlternativeName() as names if tuple(names.get_values_for_type(x509.DNSName)) != found.dns_names:
                yield "alternative names"
            case x509.KeyUsage() as usage if usage.digital_signature != ("digitalSignature" in (found.key_usage or ())):
                yield "key usage"
            case x509.ExtendedKeyUsage() as purposes if tuple(each.dotted_string for each in purposes) != found.extended_key_usage:
                yield "purposes"
            case x509.AuthorityKeyIdentifier() as issuer if issuer.key_identifier != found.authority_key_id:
                yield "issuer's key"
            case x509.CertificatePolicies() as policies if tuple(p.policy_identifier.dotted_string for p in policies) != found.policies:
                yield "policies"
            case _:
                pass


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_real_certificates_are_read_as_another_library_reads_them(shared_data: Path) -> None:
    for path in sorted((shared_data / "trust").glob("*/*.der")):
        der = path.read_bytes()
        assert list(_oracle_differs(der, read(der))) == [], path.name


# The catalogue of real certificates, written with another reader

SHAPES = {"std": "standard", "flat": "flattened", "unwrapped": "unwrapped", "odd": "odd"}
SEEN_OTHERWISE: dict[str, frozenset[str]] = {
    # Its roles stand beside nCAName without a list around them; the catalogue's reader took the second role for the name.
    "sandbox__PSDES-RDS-8000__0c5e4ba7": frozenset({"roles", "role_oids", "NCAName", "NCAId"}),
    # The catalogue's reader gave up on the extensions of these four and shows no policies.
    "sandbox__PSDsuccessful-personal-finances__45cd6c09": frozenset({"policies"}),
    "sandbox__PSDsuccessful-personal-finances__7713e011": frozenset({"policies"}),
    "sandbox__PSDsuccessful-personal-finances__905c2947": frozenset({"policies"}),
    "sandbox__PSDsuccessful-personal-finances__fdbde3a2": frozenset({"policies"}),
}


def _catalogued(found: Certificate) -> dict[str, str]:
    """A certificate in the columns of the catalogue."""
    statement = found.psd2[0]
    key = found.public_key
    return {
        "sha256": found.sha256,
        "subject_O": found.attribute(ORGANIZATION),
        "subject_CN": found.attribute(COMMON_NAME),
        "C": found.attribute(COUNTRY),
        "organizationIdentifier": " ".join(identifier.text for identifier in found.organization_identifiers),
        "roles": " ".join(role.name for role in statement.roles),
        "role_oids": " ".join(role.oid.rpartition(".")[2] for role in statement.roles),
        "NCAName": statement.nca_name,
        "NCAId": statement.nca_id,
        "QcType": " ".join(found.qc.types),
        "QcCompliance": str(found.qc.compliance),
        "QcSSCD": str(found.qc.qscd),
        "QcPDS": str(len(found.qc.pds_urls)),
        "policies": " ".join(found.policies),
        "SAN_dns": "; ".join(found.dns_names),
        "key": f"RSA{key.bits}" if key.kind == "rsa" else f"EC{key.bits}",
        "notBefore": found.not_before_at.date().isoformat(),
        "notAfter": found.not_after_at.date().isoformat(),
    }


def test_real_certificates_are_read_as_catalogued(shared_data: Path) -> None:
    with (shared_data / "trust" / "certs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 109
    for row in rows:
        found = read((shared_data / "trust" / row["file"]).read_bytes())
        assert len(found.psd2) == 1
        assert found.psd2[0].shape == SHAPES[row["qc_shape"]], row["file"]
        differing = {column for column, text in _catalogued(found).items() if text != row[column]}
        assert differing == SEEN_OTHERWISE.get(Path(row["file"]).stem, set()), row["file"]


# Odd ones


def test_names_are_read_whatever_their_string_type() -> None:
    found = read(
        QWAC.named(
            (ORGANIZATION, tlv(0x1E, "Zażółć".encode("utf-16-be"))),
            (COMMON_NAME, tlv(0x14, "Müller".encode("latin-1"))),
            (ORGANIZATION_IDENTIFIER, tlv(0x1C, "PSDDE-BAFIN-1".encode("utf-32-be"))),
            ("2.5.4.7", tlv(0x16, b"Berlin")),
            ("2.5.4.17", tlv(0x12, b"10115")),
        )
    )
    assert [text for _, text in found.subject] == ["DE", "Zażółć", "Müller", "PSDDE-BAFIN-1", "Berlin", "10115"]
    assert found.organization_identifiers[0].number == "1"


def test_a_broken_string_is_read_with_replacement_characters() -> None:
    found = read(QWAC.named((ORGANIZATION, tlv(0x0C, b"caf\xe9")), (COMMON_NAME, tlv(0x1E, b"abc"))))
    assert found.attribute(ORGANIZATION) == "caf\ufffd"
    assert [word for word, _ in found.deviations if word == "name_attribute_malformed"] == ["name_attribute_malformed"] * 2


def test_several_attributes_in_one_rdn_are_all_read() -> None:
    subject = sequence(tlv(0x31, sequence(oid(COUNTRY), tlv(0x13, b"DE")), sequence(oid(ORGANIZATION), utf8("Two in one"))))
    assert read(QWAC.but(subject_der=subject)).subject == ((COUNTRY, "DE"), (ORGANIZATION, "Two in one"))


def test_an_empty_subject_is_read() -> None:
    found = read(QWAC.but(subject=()))
    assert (found.subject, found.organization_identifiers, found.deviations) == ((), (), ())


def test_two_identifiers_are_both_kept() -> None:
    found = read(DEFECTS["one_organization_identifier"]["two"])
    assert [identifier.text for identifier in found.organization_identifiers] == [NUMBER, "PSDDE-BAFIN-2"]


def test_repeated_extensions_are_noted_and_the_first_counts() -> None:
    found = read(QWAC.also_having(ext.KEY_USAGE, key_usage("keyCertSign")))
    assert found.key_usage == {"digitalSignature"}
    assert found.extensions.count(ext.KEY_USAGE) == 2
    assert ("extension_repeated", ext.KEY_USAGE) in found.deviations


def test_statements_of_a_repeated_extension_are_both_kept() -> None:
    found = read(DEFECTS["one_psd2_statement"]["two_extensions"])
    assert [role.name for statement in found.psd2 for role in statement.roles] == ["PSP_PI", "PSP_AI", "PSP_IC"]


@pytest.mark.parametrize(
    ("element", "instant", "word"),
    [
        (tlv(0x17, b"500101000000Z"), datetime(1950, 1, 1, tzinfo=UTC), ""),
        (tlv(0x17, b"491231235959Z"), datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), ""),
        (tlv(0x18, b"20500101000000Z"), datetime(2050, 1, 1, tzinfo=UTC), ""),
        (tlv(0x18, b"99991231235959Z"), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), ""),
        (tlv(0x18, b"20260101000000Z"), datetime(2026, 1, 1, tzinfo=UTC), "generalized_time_before_2050"),
        (tlv(0x17, b"2601010000Z"), datetime(2026, 1, 1, tzinfo=UTC), "time_without_seconds"),
        (tlv(0x17, b"260101020000+0200"), datetime(2026, 1, 1, tzinfo=UTC), "time_not_in_zulu"),
        (tlv(0x17, b"260101000000-0130"), datetime(2026, 1, 1, 1, 30, tzinfo=UTC), "time_not_in_zulu"),
        (tlv(0x17, b"260101000000"), datetime(2026, 1, 1, tzinfo=UTC), "time_not_in_zulu"),
        (tlv(0x18, b"20600101000000.25Z"), datetime(2060, 1, 1, tzinfo=UTC), "time_with_fraction"),
        (tlv(0x18, b"206001010000Z"), datetime(2060, 1, 1, tzinfo=UTC), "time_without_seconds"),
    ],
)
def test_instants_are_read_however_written(element: bytes, instant: datetime, word: str) -> None:
    found = read(QWAC.but(not_after=element))
    assert found.not_after_at == instant
    assert [noted for noted, _ in found.deviations] == ([word] if word else [])


@pytest.mark.parametrize(
    "element",
    [
        tlv(0x17, b"260230000000Z"),
        tlv(0x17, b"261301000000Z"),
        tlv(0x17, b"260101246000Z"),
        tlv(0x17, b"260101000060Z"),
        tlv(0x17, b"26010100000aZ"),
        tlv(0x17, b""),
        tlv(0x17, b"Z"),
        tlv(0x17, "٢٦٠١٠١٠٠٠٠٠٠Z".encode()),
        tlv(0x18, b"00000101000000Z"),
        tlv(0x18, b"99991231235959-0100"),
        tlv(0x18, b"00010101000000+0100"),
        tlv(0x18, b"20600101000000.xZ"),
        tlv(0x18, b"2" * 31),
        tlv(0x0C, b"260101000000Z"),
    ],
)
def test_a_certificate_without_a_readable_validity_is_none(element: bytes) -> None:
    assert "no time" in why(QWAC.but(not_before=element))


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"0",
        b"\x30\x00",
        b"\x30\x80\x00\x00",
        b"no certificate at all",
        QWAC.der()[:-1],
        QWAC.der()[:40],
        b"\x31" + QWAC.der()[1:],
        QWAC.but(version=b"\xa0\x03\x02\x01\x07").der(),
        QWAC.but(serial_number=b"\x02\x00").der(),
        QWAC.but(serial_number=tlv(0x02, b"\x01" * 65)).der(),
        QWAC.but(serial_number=utf8("1")).der(),
        QWAC.but(subject_der=utf8("nobody")).der(),
        QWAC.but(subject_der=sequence(utf8("nobody"))).der(),
        QWAC.but(subject_der=sequence(tlv(0x31, utf8("nobody")))).der(),
        QWAC.but(subject_der=sequence(tlv(0x31, sequence(utf8("kind"), utf8("nobody"))))).der(),
        QWAC.but(unique_identifiers=tlv(0xA5, b"")).der(),
        sequence(sequence(), sequence(), tlv(0x03, b"\0")),
        bytes(MAX_CERTIFICATE_BYTES + 1),
    ],
)
def test_what_is_no_certificate_says_why(der: bytes) -> None:
    assert why(der)


def test_a_signature_of_broken_octets_is_none() -> None:
    der = QWAC.der()
    at = len(der) - len(tlv(0x03, b"\0", QWAC.signature))
    assert why(der[: at + 2] + b"\x03" + der[at + 3 :]) == "the signature is no whole octets"


def test_critical_flags_are_read_as_der_has_them() -> None:
    for flag in (b"\x01\x02\xff\xff", b"\x01\x00"):
        assert "a boolean of" in why(QWAC.having(ext.KEY_USAGE, key_usage("digitalSignature"), critical=flag))


UNREADABLE_VALUES: list[tuple[str, bytes]] = [
    (ext.KEY_USAGE, b"\x03\x00"),
    (ext.KEY_USAGE, b"\x03\x02\x09\x80"),
    (ext.KEY_USAGE, b"\x03\x01\x03"),
    (ext.KEY_USAGE, b"\x03\x04\x00\x80\x00\x01"),
    (ext.EXTENDED_KEY_USAGE, sequence(utf8("serverAuth"))),
    (ext.CERTIFICATE_POLICIES, sequence(oid("1.2.3"))),
    (ext.BASIC_CONSTRAINTS, sequence(utf8("cA"))),
    (ext.AUTHORITY_KEY_ID, b"\x04\x02ab"),
    (ext.SUBJECT_KEY_ID, b"\x30\x00"),
    (ext.AUTHORITY_INFO_ACCESS, sequence(sequence(utf8("ocsp")))),
    (ext.AUTHORITY_INFO_ACCESS, sequence(tlv(0x31, oid(ext.OCSP_ACCESS), tlv(0x86, b"http://x")))),
    (ext.CRL_DISTRIBUTION_POINTS, b"\x30\x05\x30\x10"),
    (ext.SUBJECT_ALT_NAME, b"\x02\x01\x01"),
    (ext.SUBJECT_ALT_NAME, sequence(*(tlv(0x82, b"a") for _ in range(501)))),
    (ext.CERTIFICATE_POLICIES, policies(*("1.2.3" for _ in range(501)))),
    (ext.CRL_DISTRIBUTION_POINTS, sequence(sequence(tlv(0xA0, tlv(0xA0, *(tlv(0x86, b"a") for _ in range(501))))))),
    (ext.CRL_DISTRIBUTION_POINTS, sequence(*(sequence(tlv(0xA0, tlv(0xA0, *(tlv(0x86, b"a") for _ in range(300))))) for _ in range(2)))),
    (QC_STATEMENTS, b"\x05\x00"),
    (QC_STATEMENTS, sequence(*(sequence(oid("1.2.3")) for _ in range(61)))),
    (QC_STATEMENTS, b""),
]


@pytest.mark.parametrize(("name", "value"), UNREADABLE_VALUES)
def test_an_extension_that_cannot_be_read_spoils_no_other(name: str, value: bytes) -> None:
    found = read(QWAC.having(name, value))
    assert [word for word, _ in found.deviations] == ["extension_unreadable"]
    assert found.attribute(ORGANIZATION) == "Example Pay GmbH"


def test_addresses_of_other_kinds_are_passed_over() -> None:
    access = sequence(sequence(oid(ext.OCSP_ACCESS), tlv(0x82, b"host")), sequence(oid("1.2.3"), tlv(0x86, b"http://x")))
    points = sequence(sequence(tlv(0x81, b"\x06")), sequence(tlv(0xA0, tlv(0xA1, b""))))
    found = read(QWAC.having(ext.AUTHORITY_INFO_ACCESS, access).having(ext.CRL_DISTRIBUTION_POINTS, points))
    assert (found.ocsp_urls, found.issuer_urls, found.crl_urls, found.deviations) == ((), (), (), ())


def test_constraints_of_an_authority_are_read() -> None:
    found = read(QWAC.having(ext.BASIC_CONSTRAINTS, sequence(b"\x01\x01\x01", b"\x02\x01\x03"), critical=True))
    assert (found.is_ca, found.path_length) == (True, 3)
    assert [word for word, _ in found.deviations] == ["boolean_encoding"]


def test_a_pre_certificate_is_told() -> None:
    assert read(QWAC.having(ext.CT_POISON, b"\x05\x00", critical=True)).precertificate


def test_old_versions_are_read() -> None:
    found = read(QWAC.but(version=b"", extensions=()))
    assert (found.version, found.extensions, found.deviations) == (1, (), ())
    assert words(QWAC.but(version=b"\xa0\x03\x02\x01\x00")) == ["explicit_default", "extensions_in_old_version"]


def test_elements_where_none_belong_are_noted() -> None:
    assert words(QWAC.but(unique_identifiers=tlv(0x81, b"\0\x01") + tlv(0x82, b"\0\x01"))) == ["unique_identifier"] * 2
    assert "name_attribute_malformed" in words(QWAC.named((ORGANIZATION, utf8("a") + utf8("b"))))


def test_the_memory_of_what_issuers_repeat_is_emptied_when_full() -> None:
    """More issuers than are remembered: the first is read again as before."""
    first = read(QWAC.having(ext.AUTHORITY_KEY_ID, sequence(tlv(0x80, bytes(4)))))
    for n in range(2_100):
        key_id = n.to_bytes(4)
        statement = sequence(sequence(oid(f"1.2.3.{n}")))
        found = read(QWAC.having(ext.AUTHORITY_KEY_ID, sequence(tlv(0x80, key_id))).having(QC_STATEMENTS, statement))
        assert (found.authority_key_id, found.qc.statement_oids) == (key_id, (f"1.2.3.{n}",))
    assert read(first.der) == first


def test_long_names_and_broken_keys_are_read_as_far_as_they_go() -> None:
    long_issuer = (*ISSUER, ("2.5.4.11", utf8("x" * 2_000)))
    assert read(QWAC.but(issuer=long_issuer)).issuer[-1] == ("2.5.4.11", "x" * 2_000)
    pair = sequence(oid(ORGANIZATION), utf8("a"))
    assert "more than 200 attributes" in why(QWAC.but(subject_der=sequence(tlv(0x31, pair * 201))))
    no_curve = sequence(sequence(oid("1.2.840.10045.2.1"), b"\x05\x00"), tlv(0x03, b"\0\x04"))
    assert words(QWAC.but(key=no_curve)) == ["public_key_unreadable"]
    pss = sequence(sequence(oid("1.2.840.113549.1.1.10")), tlv(0x03, b"\0", sequence(integer(1 << 2_047 | 1), integer(65_537))))
    assert (read(QWAC.but(key=pss)).public_key.kind, words(QWAC.but(key=pss))) == ("rsa", [])


def test_octets_after_the_signature_are_noted() -> None:
    signed, rest = QWAC.der()[4:], b"\x05\x00"
    assert words(sequence(signed, rest)) == ["trailing_bytes"]


def test_elements_after_the_extensions_are_noted() -> None:
    der = QWAC.but(
        extensions=(),
        unique_identifiers=tlv(
            0xA3,
            sequence(sequence(oid("1.2.3"), tlv(0x04, b""))),
        )
        + b"\x05\x00",
    ).der()
    assert words(der) == ["trailing_bytes"]


# Hostile ones


def _hostile() -> dict[str, bytes]:
    """Inputs of at most 64 KiB that would hurt a careless reader."""
    room = MAX_CERTIFICATE_BYTES - 3_000
    nested = b""
    for _ in range(15_000):
        nested = sequence(nested) if len(nested) < 0x7F else b"\x30\x83" + len(nested).to_bytes(3) + nested
    long_oid, long_integer = tlv(0x06, b"\x81" * room + b"\x01"), integer(1 << 8 * room)

    def stating(*statements: bytes) -> bytes:
        return QWAC.having(QC_STATEMENTS, sequence(*statements)).der()

    def psd2(*information: bytes) -> bytes:
        return stating(sequence(oid("0.4.0.19495.2"), *information))

    many = QWAC
    for n in range(90):
        many = many.also_having(f"1.3.6.1.4.1.99999.{n}", bytes(500))
    return {
        "deep nesting": nested[:MAX_CERTIFICATE_BYTES],
        "deep nesting in an extension": QWAC.having("1.2.3", nested[:room]).der(),
        "deep nesting in the statements": psd2(nested[:room]),
        "object identifier of 60 KiB": QWAC.having(ext.EXTENDED_KEY_USAGE, sequence(long_oid)).der(),
        "attribute type of 60 KiB": QWAC.but(subject_der=sequence(tlv(0x31, sequence(long_oid, utf8("x"))))).der(),
        "statement identifier of 60 KiB": stating(sequence(long_oid)),
        "modulus of 60 KiB": QWAC.but(key=rsa_key(1 << 8 * room)).der(),
        "exponent of 60 KiB": QWAC.but(key=rsa_key(3, 1 << 8 * room)).der(),
        "path length of 60 KiB": QWAC.having(ext.BASIC_CONSTRAINTS, sequence(long_integer)).der(),
        "serial number of 60 KiB": QWAC.but(serial_number=long_integer).der(),
        "retention of 60 KiB": stating(sequence(oid("0.4.0.1862.1.3"), long_integer)),
        "name of 60 KiB of controls": QWAC.named((ORGANIZATION, utf8("\u202e" * (room // 3)))).der(),
        "identifier of 60 KiB": QWAC.identified("PSDDE-BAFIN-" + "1" * room).der(),
        "authority of 60 KiB": psd2(sequence(sequence(), utf8("Ä" * (room // 2)), utf8("A" * 900))),
        "30,000 empty alternative names": QWAC.having(ext.SUBJECT_ALT_NAME, sequence(b"\x82\x00" * 30_000)).der(),
        "4,000 attributes": QWAC.but(subject_der=sequence(b"\x31\x0b\x30\x09\x06\x03\x55\x04\x0a\x0c\x02ab" * 4_700)).der(),
        "30,000 empty RDNs": QWAC.but(subject_der=sequence(b"\x31\x00" * 30_000)).der(),
        "7,000 policies": QWAC.having(ext.CERTIFICATE_POLICIES, sequence(b"\x30\x06\x06\x04\x2a\x03\x04\x05" * 7_000)).der(),
        "10,000 roles": psd2(sequence(sequence(b"\x30\x04\x06\x00\x0c\x00" * 10_000), utf8("A"), utf8("B"))),
        "5,000 statements": stating(sequence(oid("0.4.0.1862.1.1")) * 5_000),
        "30,000 empty statements": stating(b"\x30\x00" * 30_000),
        "90 extensions of any kind": many.der(),
        "6,000 extensions": QWAC.but(extensions=(("1.2.3", b"", b""),) * 6_000).der(),
        "3,500 addresses": QWAC.having(
            ext.AUTHORITY_INFO_ACCESS, sequence(sequence(oid(ext.OCSP_ACCESS), tlv(0x86, b"h")) * 3_500)
        ).der(),
        "indefinite length": b"\x30\x80" + QWAC.der()[4:] + b"\0\0",
        "indefinite lengths all the way": b"\x30\x80" * 30_000,
        "length in four octets": b"\x30\x84\x00\x00\x00\x05hello",
        "length of 4 GiB": b"\x30\x84\xff\xff\xff\xff",
        "length in 127 octets": b"\x30\xff" + bytes(200),
        "zeros": bytes(MAX_CERTIFICATE_BYTES),
        "ones": b"\xff" * MAX_CERTIFICATE_BYTES,
    }  # fmt: skip


HOSTILE = _hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_neither_raises_nor_takes_long(name: str) -> None:
    der = HOSTILE[name]
    assert len(der) <= MAX_CERTIFICATE_BYTES
    spent: list[float] = []
    for _ in range(3):
        before = time.process_time()
        found = read_certificate(der)
        if isinstance(found, Certificate):
            profile_findings(found, at=AT)
        spent.append(time.process_time() - before)
    assert min(spent) < MOST_SECONDS


def _mutations(der: bytes, rng: random.Random) -> bytes:
    """One certificate with a few bytes flipped, dropped, doubled or cut out."""
    data = bytearray(der)
    for _ in range(rng.randint(1, 4)):
        kind, at = rng.randrange(5), rng.randrange(len(data))
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.choice((0x00, 0x01, 0x30, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xA0, 0xFF))
        elif kind == 2:
            del data[at : at + rng.randint(1, 8)]
        elif kind == 3:
            data[at:at] = data[at : at + rng.randint(1, 40)]
        else:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 6)))
    return bytes(data[:MAX_CERTIFICATE_BYTES])


def test_no_mutation_raises_or_takes_long(full: bool) -> None:
    """Every field and every finding of the mutated certificate is asked for."""
    rng = random.Random(2_026)
    sound = [draft.der() for draft in SOUND.values()]
    slowest = 0.0
    for n in range(100_000 if full else 4_000):
        der = _mutations(sound[n % len(sound)], rng)
        before = time.process_time()
        found = read_certificate(der)
        if isinstance(found, Certificate):
            assert found.der == der
            profile_findings(found, at=AT)
        slowest = max(slowest, time.process_time() - before)
    assert slowest < MOST_SECONDS


@given(st.binary(max_size=400))
def test_any_bytes_are_a_certificate_or_say_why(data: bytes) -> None:
    assert isinstance(read_certificate(data), Certificate | Unreadable)


def test_real_certificates_with_bytes_changed_never_raise(shared_data: Path, full: bool) -> None:
    rng = random.Random(7)
    for path in sorted((shared_data / "trust" / "certs").glob("*.der")):
        der = path.read_bytes()
        for _ in range(200 if full else 15):
            found = read_certificate(_mutations(der, rng))
            if isinstance(found, Certificate):
                profile_findings(found, at=AT)


def test_text_that_hides_something_is_noted() -> None:
    """NUL, right-to-left marks and the like reach nobody unseen."""
    for text in ("Bank\0.example", "Bank \u202ednab", "Bank\u200b", "Bank\r\nHost: x"):
        assert words(QWAC.named((ORGANIZATION, utf8(text)))) == ["hidden_characters"]
    for text in ("Société Générale", "Τράπεζα", "Bank\u00a0AG", "株式会社"):
        assert words(QWAC.named((ORGANIZATION, utf8(text)))) == []


# Files


def pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


LEAF, CHAIN = QWAC.der(), QSEALC.der()


def test_one_certificate_is_found_in_any_form() -> None:
    for content in (LEAF, pem(LEAF), b"subject=CN = x\n" + pem(LEAF) + b"\n", pem(LEAF).replace(b"\n", b"\r\n"), base64.b64encode(LEAF)):
        assert split_certificates(content) == (LEAF,)
    assert split_certificates(pem(LEAF, "X509 CERTIFICATE")) == (LEAF,)
    assert split_certificates(pem(LEAF + sequence(b""), "TRUSTED CERTIFICATE")) == (LEAF,)


def test_the_first_of_several_is_the_leaf() -> None:
    assert split_certificates(pem(LEAF) + b"\nissuer:\n" + pem(CHAIN)) == (LEAF, CHAIN)


def test_of_ten_thousand_the_first_few_are_taken() -> None:
    """A bundle is at most 64 KiB, and no more than a leaf and a chain are read of it."""
    tiny = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    many = tiny * (MAX_CERTIFICATE_BYTES // len(tiny))
    before = time.process_time()
    assert len(split_certificates(many)) == MAX_CERTIFICATES
    assert time.process_time() - before < MOST_SECONDS
    with pytest.raises(InvalidInput, match="64 KiB"):
        split_certificates(tiny * 10_000)


def test_what_is_no_certificate_comes_back_to_be_judged() -> None:
    armour = b"-----BEGIN CERTIFICATE-----"
    for content in (
        b"hello",
        b"\x30\x03abc",
        armour + b"\n***\n-----END CERTIFICATE-----\n",
        armour,
        b"MI" + b"*" * 90,
        b"\x30\x06\x02\x01",
    ):
        assert split_certificates(content) == (content,)
        assert isinstance(read_certificate(content), Unreadable)
    assert split_certificates(pem(b"\x30\x10abc", "TRUSTED CERTIFICATE")) == (b"\x30\x10abc",)


def test_a_pkcs7_file_may_hold_anything() -> None:
    held = sequence(oid("1.2.840.113549.1.7.2"), tlv(0xA0, sequence(integer(1), tlv(0xA0, sequence(b""), LEAF))))
    assert split_certificates(held) == (sequence(b""), LEAF)
    assert split_certificates(pem(sequence(oid("1.2.3")), "PKCS7")) == (sequence(oid("1.2.3")),)


def test_an_empty_file_is_refused() -> None:
    for content in (b"", b"\n \r\n\t\0"):
        with pytest.raises(InvalidInput, match="empty"):
            split_certificates(content)


@pytest.fixture(scope="module")
def issued() -> tuple[x509.Certificate, x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A leaf and its issuer, made by another library."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("issuer", "leaf")]
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    made = [
        x509.CertificateBuilder(names[0], names[n], keys[n].public_key(), n + 1, start, end).sign(keys[0], hashes.SHA256())
        for n in range(2)
    ]
    return made[1], made[0], keys[1]


def test_a_pkcs7_file_gives_the_leaf_first(issued: tuple[x509.Certificate, x509.Certificate, ec.EllipticCurvePrivateKey]) -> None:
    leaf, issuer, _ = issued
    expected = tuple(one.public_bytes(serialization.Encoding.DER) for one in (leaf, issuer))
    for order in ([issuer, leaf], [leaf, issuer]):
        for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM):
            assert split_certificates(pkcs7.serialize_certificates(order, encoding)) == expected


def test_a_broken_pkcs7_file_comes_back_to_be_judged() -> None:
    signed_data = oid("1.2.840.113549.1.7.2")
    for content in (
        sequence(signed_data),
        sequence(signed_data, tlv(0xA0, sequence())),
        sequence(signed_data, tlv(0xA0, sequence(tlv(0xA0, b"\x30")))),
    ):
        assert split_certificates(content) == (content,)


def test_private_keys_are_refused_unread(issued: tuple[x509.Certificate, x509.Certificate, ec.EllipticCurvePrivateKey]) -> None:
    """In any usual form, alone or beside a certificate; the message shows nothing of it."""
    leaf, _, key = issued
    none, locked = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"secret")
    der, text = serialization.Encoding.DER, serialization.Encoding.PEM
    pkcs8, traditional, openssh = (
        serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.OpenSSH
    )  # fmt: skip
    forms = [key.private_bytes(encoding, form, none) for encoding in (der, text) for form in (pkcs8, traditional)]
    forms += [key.private_bytes(encoding, pkcs8, locked) for encoding in (der, text)]
    forms += [key.private_bytes(text, openssh, none), pkcs12.serialize_key_and_certificates(b"x", key, leaf, None, none)]
    forms += [pem(key.private_bytes(der, pkcs8, none), "CERTIFICATE KEY"), base64.b64encode(key.private_bytes(der, pkcs8, none))]
    forms += [
        b'{"kty":"EC","crv":"P-256","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}',
        "-----BEGIN PRIVATE KEY-----".encode("utf-16"),
    ]
    rsa_private = rsa.generate_private_key(65_537, 1_024)
    forms += [rsa_private.private_bytes(der, form, none) for form in (pkcs8, traditional)]
    for secret in forms:
        for content in (secret, pem(LEAF) + secret):
            if content is not secret and not secret.startswith((b"-----", b"{")):
                continue
            with pytest.raises(InvalidInput) as refused:
                split_certificates(content)
            assert "private key" in str(refused.value)


def test_a_certificate_is_no_private_key(shared_data: Path) -> None:
    for path in sorted((shared_data / "trust").glob("*/*.der")):
        assert not holds_private_key(path.read_bytes())
        assert not holds_private_key(pem(path.read_bytes()))


def test_statements_of_the_test_authority_are_those_expected() -> None:
    """The drafts other tests build on say what they seem to say."""
    assert read(QWAC).qc.pds_urls == WEB.pds_urls
