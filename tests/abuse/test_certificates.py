"""Abuse by certificates: cases 1 to 15. Each number of the catalogue is a test of its own, so that none can be missing unnoticed."""

import base64
import json
import time
import unicodedata
from datetime import datetime

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tests.abuse.asking import (
    DAY,
    FOUNDED,
    ISSUER,
    KITESHORE,
    NOW,
    SUBJECT,
    asked,
    certificate,
    entry,
    interval,
    never_permitted,
    reasons,
    refused_everywhere,
    world_with,
)
from tests.mutations.mutations import resigned
from tests.mutations.tree import Node, find, length, put, put_bytes, read

from obdirectory.check.decide import verdict_of
from obdirectory.core.errors import InvalidInput
from obdirectory.core.visible import visible
from obdirectory.sandbox.issuing import (
    Issuer,
    cached_key,
    integer,
    issue,
    make_ca,
    oid_der,
    psd2_statement,
    qc_statements,
    sequence,
    tlv,
)
from obdirectory.trust.bundle import split_certificates

SOUND = certificate()


def test_it_is_permitted_before_anybody_abuses_it() -> None:
    assert (asked(SOUND).word, asked(SOUND).reason) == ("permitted", "requirements_met")


def test_abuse_01_a_self_signed_look_alike_with_the_right_names() -> None:
    forger = cached_key("p256", "forger")
    under_the_listed_name = refused_everywhere(certificate(Issuer(ISSUER.der, forger)))
    assert under_the_listed_name.reason == "signature_broken"
    tree = read(SOUND)
    itself = refused_everywhere(resigned(put(tree, (0, 3), [find(tree, (0, 5))]).der(), forger))
    assert itself.reason == "self_signed"
    assert not itself.signature_verified
    copy_of_the_issuer = make_ca(country="DE", organization="Sandbox Trust Services", common_name="Sandbox p256 CA", key=forger)
    assert refused_everywhere(certificate(copy_of_the_issuer), chain=[copy_of_the_issuer.der]).reason in {
        "signature_broken",
        "issuer_not_listed",
    }


def test_abuse_02_a_real_chain_to_a_service_that_is_withdrawn() -> None:
    issued_at = datetime(2026, 1, 1, tzinfo=NOW.tzinfo)
    always = world_with(intervals=[interval("withdrawn", FOUNDED)])
    then = world_with(intervals=[interval("granted", issued_at + 30 * DAY), interval("withdrawn", FOUNDED, issued_at + 30 * DAY)])
    now = world_with(intervals=[interval("withdrawn", NOW - DAY), interval("granted", FOUNDED, NOW - DAY)])
    for world, at_issuance, today in ((always, "no", "no"), (then, "no", "yes"), (now, "yes", "no")):
        decided = refused_everywhere(SOUND, world=world)
        assert (decided.certificate.qualified_at_issuance, decided.certificate.qualified) == (at_issuance, today)
        assert decided.signature_verified
    assert asked(SOUND, world=now, at=NOW - 2 * DAY).word == "permitted"


def test_abuse_03_a_seal_presented_as_a_certificate_for_websites() -> None:
    seal = asked(certificate(purpose="seal"))
    assert seal.certificate.kind == "qsealc", "it is said what it is; whether a seal identifies is the bank's choice"
    assert asked(certificate(purpose="seal"), service="vop").word == "refused"
    for_seals_alone = world_with(intervals=[interval("granted", FOUNDED, None, "ForeSeals")])
    pretending = refused_everywhere(SOUND, world=for_seals_alone)
    assert (pretending.certificate.qualified, pretending.certificate.kind != "qsealc") == ("no", True)
    both = never_permitted(certificate(qc_types=("web", "eseal")), world=for_seals_alone)
    assert both.certificate.qualified != "yes"


def test_abuse_04_contradictory_or_repeated_psd2_statements() -> None:
    one, other = (psd2_statement((role,), "Bank of Lithuania", "LT-BL") for role in ("PSP_AI", "PSP_PI"))
    foreign = psd2_statement(("PSP_PI",), "Bank of Spain", "ES-BE")
    assert never_permitted(certificate(psd2=[one, other])).word in {"refused", "undetermined"}
    assert never_permitted(certificate(psd2=[one, foreign])).word in {"refused", "undetermined"}
    another = qc_statements(compliance=True, qc_types=("web",), qscd=False, legislation=(), pds_url="", psd2=other)
    twice = refused_everywhere(certificate(psd2=[one], extra_extensions=[("1.3.6.1.5.5.7.1.3", False, another)]))
    assert "extension_repeated" in reasons(twice)
    assert asked(certificate(roles=["PSP_PI", "PSP_PI", "PSP_AI"])).roles.in_certificate.count("PSP_PI") <= 2
    assert refused_everywhere(certificate(roles=["PSP_AI"])).reason == "role_not_in_certificate"
    renamed = refused_everywhere(certificate(roles=[("0.4.0.19495.1.3", "PSP_PI")]))
    assert renamed.reason == "role_not_in_certificate", "the object identifier counts, not what is written beside it"


@pytest.mark.parametrize(
    "written",
    [
        "PSDLT-BL-L\u0412900001", "PSDLT-\u0412L-LB900001", "\u0420SDLT-BL-LB900001", "psdlt-bl-LB900001", "PSDlt-BL-LB900001",
        "PSDLT-bl-LB900001", "PSDLT-BL-PSDLT-BL-LB900001", "PSDLT--LB900001", "PSDLT-BL-", "PSDLT-BL-LB90000\u0661",
        "PSDLT-BL-LB900001\u200b1", "PSDLT-BL-B900001", "PSDLT-BL-900001", "PSDLT-BL-LB9000010", "PSDLV-BL-LB900001",
    ],
)  # fmt: skip
def test_abuse_05_an_identifier_that_only_looks_like_it(written: str) -> None:
    decided = never_permitted(certificate(organization_identifier=written))
    assert decided.tpp.entity_id is None or decided.word != "permitted"


def test_abuse_05_another_scheme_is_another_kind_of_number() -> None:
    """Registers give most firms their company number: found by that it is said, and never outside the authority."""
    decided = asked(certificate(organization_identifier="VATLT-LB900001"))
    assert "found_by_company_number" in reasons(decided)
    assert never_permitted(certificate(organization_identifier="VATLV-LB900001", nca_id="LV-FCMC", country="LV")).tpp.entity_id is None


def test_abuse_05_the_same_number_in_the_forms_registers_use() -> None:
    """The register writes 1234 where the certificate writes PSDDE-BAFIN-1234: the same number of the same authority, and no other's."""
    world = world_with(entry("DE_BAFIN!1234", {"DE": "070 080"}), entry("LT_BL!1234", {"LT": "070 080"}))
    mine = certificate(organization_identifier="PSDDE-BAFIN-1234", nca_id="DE-BAFIN", nca_name="BaFin")
    assert (asked(mine, world=world).word, asked(mine, world=world).tpp.name) == ("permitted", "Firm DE_BAFIN!1234")
    for written in ("PSDDE-BAFIN-BAFIN-1234", "PSDDE-BAFIN-PSDDE-BAFIN-1234", "PSDDE-BAFIN-12345", "PSDDE-BAFIN-12"):
        other = certificate(organization_identifier=written, nca_id="DE-BAFIN", nca_name="BaFin")
        assert never_permitted(other, world=world).tpp.entity_id is None


def test_abuse_06_the_number_of_another_firm_of_the_same_authority() -> None:
    """Changed by a stranger it is a broken signature; from the issuer it speaks for the other firm, under a name that is shown."""
    world = world_with(entry("LT_BL!LB900001", {"DE": "070"}), entry("LT_BL!LB900002", {"LT": "080"}))
    tree = read(SOUND)
    place = next(place for place in SUBJECT.places if find(tree, place).content == b"PSDLT-BL-LB900001")
    changed = put(tree, place, [Node(find(tree, place).tag, b"PSDLT-BL-LB900002")]).der()
    assert refused_everywhere(changed, world=world).reason == "signature_broken"
    issued = asked(certificate(organization_identifier="PSDLT-BL-LB900002"), world=world)
    assert issued.word != "permitted", "what the other firm may not do is not allowed under its number"
    assert issued.tpp.name == "Firm LT_BL!LB900002"
    assert "presented_under_another_name" in reasons(issued)


def test_abuse_07_two_organization_identifiers() -> None:
    for identifiers in (
        ("PSDLT-BL-LB900001", "PSDLT-BL-LB900002"),
        ("PSDLT-BL-LB900002", "PSDLT-BL-LB900001"),
        ("NTRLT-300000000", "PSDLT-BL-LB900001"),
        ("PSDLT-BL-LB900001", "VATLT-1"),
    ):
        assert "organization_identifiers_contradict" in reasons(never_permitted(certificate(organization_identifier=identifiers)))


@pytest.mark.parametrize(
    "name", ["Kiteshore\0.evil", "\u202eBAU stnemyaP", "Kite\u200bshore", "Kite\rshore\nPERMITTED", "\x1b[31mred", "\U0001f600"]
)  # fmt: skip
def test_abuse_08_hidden_characters_in_the_subject(name: str) -> None:
    """They are said and made visible; nothing that a person reads contains them."""
    unknown = certificate(organization=name, organization_identifier="PSDLT-BL-LB123456")
    for der in (certificate(organization=name), unknown, certificate(common_name=name), certificate(nca_name=name)):
        decided = asked(der)
        for finding in decided.findings:
            assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs"} for letter in finding.message), finding
        verdict = verdict_of(decided, SUBJECT.question, verdict_id="id", now=NOW, explain_all=True)
        assert msgspec.json.decode(msgspec.json.encode(verdict)) == json.loads(msgspec.json.encode(verdict))
        assert visible(name).isprintable()
    if any(unicodedata.category(letter) in {"Cc", "Cf"} for letter in name):
        assert "hidden_characters" in reasons(asked(certificate(organization=name)))


def test_abuse_09_a_certificate_beyond_64_kib_and_a_huge_object_identifier() -> None:
    for count in (16, 64, 128, 256):
        huge = tlv(0x06, b"\x2a" + b"\x83" * count * 1024 + b"\x01")
        decided = refused_everywhere(put_bytes(read(SOUND), (0, 7, 0, 0, 0), huge))
        assert decided.reason == "unreadable_certificate"
    refused_everywhere(certificate(extra_extensions=[("1.2.3.4", False, b"\0" * 70_000)]))
    with pytest.raises(InvalidInput, match="64 KiB"):
        split_certificates(b"\x30" * 65_537)
    assert asked(certificate(policies=[f"1.2.{2**64 * number}" for number in range(1, 60)])).word in {"permitted", "refused"}


def test_abuse_10_deeply_nested_asn_1() -> None:
    for depth in (3_000, 15_000):
        inner = b"\x05\x00"
        for _ in range(depth):
            inner = b"\x30" + length(len(inner)) + inner
        refused_everywhere(inner)
        tree = read(SOUND)
        for place in ((0, 3), (0, 5), (0, 6), (0, 7), (0, 7, 0, 3, 1, 0), (1,)):
            refused_everywhere(put_bytes(tree, place, inner))
        asked(certificate(extra_extensions=[("1.2.3.4", False, inner)]))
        for oid in ("2.5.29.17", "2.5.29.32", "1.3.6.1.5.5.7.1.3", "1.3.6.1.5.5.7.1.1", "1.2.3.4.5"):
            never_permitted(certificate(extra_extensions=[(oid, True, inner)]))


def test_abuse_11_ber_trailing_bytes_and_repeated_extensions() -> None:
    tree = read(SOUND)
    content = tree.content_der()
    refused_everywhere(b"\x30\x80" + content + b"\0\0")
    refused_everywhere(b"\x30" + length(len(content), padded=1) + content)
    for behind in (b"\0", b"\n", b"\r\n", b"\0" * 4_000, SOUND):
        assert refused_everywhere(SOUND + behind).reason == "bytes_beside_the_certificate"
    refused_everywhere(sequence(*(child.der() for child in tree.children or ()), b"\x05\0"))
    for number in range(len(find(tree, (0, 7, 0)).children or ())):
        extensions = find(tree, (0, 7, 0)).children or ()
        twice = put(tree, (0, 7, 0), [Node(0x30, b"", (*extensions, extensions[number]))]).der()
        assert refused_everywhere(twice).reason == "signature_broken"
        assert "extension_repeated" in reasons(refused_everywhere(resigned(twice, ISSUER.key)))


def test_abuse_12_keys_that_are_too_weak_or_too_large() -> None:
    def with_modulus(modulus: int, exponent: int) -> bytes:
        bits = tlv(0x03, b"\0", sequence(integer(modulus), integer(exponent)))
        return certificate(spki_der=sequence(sequence(oid_der("1.2.840.113549.1.1.1"), tlv(0x05)), bits))

    honest = cached_key("rsa2048", "honest")
    assert isinstance(honest, rsa.RSAPrivateKey)
    modulus = honest.public_key().public_numbers().n
    for bits in (512, 768, 1023):
        never_permitted(with_modulus((1 << bits - 1) | (modulus & ((1 << bits - 2) - 1)) | 1, 65_537))
    for bits in (16_384, 32_768, 400_000):
        never_permitted(with_modulus((1 << bits - 1) | modulus, 65_537))
    for exponent in (1, 2, 0, 65_536):
        never_permitted(with_modulus(modulus, exponent))
    assert "rsa_key_broken" in reasons(never_permitted(with_modulus(roca_modulus(), 65_537)))
    weak = ec.generate_private_key(ec.SECP192R1()).public_key()
    spki = weak.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    never_permitted(certificate(spki_der=spki))
    assert asked(with_modulus(modulus, 65_537)).word == "permitted"


def roca_modulus() -> int:
    """A product of two numbers of the form k * M + 65537 ** a mod M, as the broken generator made them (CVE-2017-15361)."""
    primes = [number for number in range(2, 702) if all(number % divisor for divisor in range(2, int(number**0.5) + 1))]
    product = 1
    for prime in primes[:126]:
        product *= prime
    half = product * ((1 << 1023) // product)
    factor = half + pow(65_537, 12_345, product)
    other = half + pow(65_537, 54_321, product)
    return factor * other | 1 << 2047


def test_abuse_13_out_of_its_period_by_a_second() -> None:
    second = DAY / 86_400
    begins, ends = NOW - 10 * DAY, NOW - 5 * DAY
    der = certificate(not_before=begins, not_after=ends)
    assert asked(der, at=ends, policy="eba").word == "permitted"
    assert asked(der, at=ends + second).reason == "certificate_expired"
    assert asked(der, at=begins - second).reason == "certificate_not_yet_in_period"
    assert refused_everywhere(der).reason == "certificate_expired"
    assert asked(certificate(not_before=NOW)).word == asked(certificate(not_after=NOW)).word == "permitted"
    assert refused_everywhere(certificate(not_before=NOW + second)).reason == "certificate_not_yet_in_period"
    assert refused_everywhere(certificate(not_after=NOW - second)).reason == "certificate_expired"
    assert refused_everywhere(certificate(not_before=ends, not_after=begins)).word == "refused"


def test_abuse_14_constraints_violated_loops_and_a_thousand_intermediates() -> None:
    root = world_with(intervals=[interval("granted", FOUNDED, None, "ForWebSiteAuthentication", "RootCA-QC")])
    between = make_ca(common_name="Between", issuer=ISSUER)
    assert asked(certificate(between), world=root, chain=[between.der]).signature_verified
    narrow = make_ca(common_name="Narrow", issuer=ISSUER, permitted=[x509.DNSName("elsewhere.example")])
    assert "name_constraints_violated" in reasons(refused_everywhere(certificate(narrow), world=root, chain=[narrow.der]))
    short = make_ca(common_name="Short", issuer=ISSUER, path_length=0)
    deep = make_ca(common_name="Deep", issuer=short)
    assert "path_length_exceeded" in reasons(refused_everywhere(certificate(deep), world=root, chain=[deep.der, short.der]))
    no_authority = issue(ISSUER, common_name="holder.example", key=cached_key("p256", "holder"))[0]
    below = certificate(Issuer(no_authority, cached_key("p256", "holder")))
    assert refused_everywhere(below, world=root, chain=[no_authority]).word == "refused"
    one, other = make_ca(common_name="One"), make_ca(common_name="Other")
    loop = [make_ca(common_name="One", issuer=other, key=one.key).der, make_ca(common_name="Other", issuer=one, key=other.key).der]
    assert not refused_everywhere(certificate(one), world=root, chain=loop).signature_verified
    crowd = [make_ca(common_name="Crowd", issuer=other, key=cached_key("p256", f"crowd {number % 20}")).der for number in range(1_000)]
    assert not never_permitted(certificate(make_ca(common_name="Crowd")), world=root, chain=crowd).signature_verified


def test_abuse_15_a_file_of_ten_thousand_certificates() -> None:
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(SOUND) + b"-----END CERTIFICATE-----\n"
    started = time.process_time()
    with pytest.raises(InvalidInput, match="64 KiB"):
        split_certificates(pem * 10_000)
    tiny = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    many = split_certificates((pem + tiny * 2_000)[:65_000])
    assert time.process_time() - started < 0.5
    assert (many[0], len(many)) == (SOUND, 10)
    assert asked(many[0], chain=many[1:]).word == "permitted"
    assert KITESHORE["organization_identifier"] in asked(SOUND).tpp.organization_identifier
