"""From a certificate to a listed key: whose signature is believed, over which authorities, and at what cost."""

import time
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.trust.made_lists import AT, index, service

from obdirectory.sandbox.issuing import Issuer, cached_key, issue, make_ca, oid_der, sequence, tlv
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.chain import MAX_CHAIN, NoPath, Path, find_path, path_problem
from obdirectory.trust.index import TrustIndex


@pytest.fixture(scope="module")
def ca() -> Issuer:
    return make_ca(key="rsa2048")


def read(der: bytes) -> Certificate:
    found = read_certificate(der)
    assert isinstance(found, Certificate), found
    return found


def path_of(der: bytes, trust: TrustIndex, *chain: bytes) -> Path:
    found = find_path(read(der), chain, trust)
    assert isinstance(found, Path), found
    return found


def no_path(der: bytes, trust: TrustIndex, *chain: bytes) -> str:
    """The word for the broken signature under a listed name, or empty."""
    found = find_path(read(der), chain, trust)
    assert isinstance(found, NoPath), found
    return found.broken.word if found.broken else ""


def problem(der: bytes, trust: TrustIndex, *chain: bytes, at: datetime = AT) -> str:
    found = path_problem(read(der), path_of(der, trust, *chain), at)
    return found.word if found else ""


@pytest.mark.parametrize("key", ["rsa2048", "rsa3072", "p256", "p384", "p521"])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_a_listed_key_is_found_by_its_signature(key: str, hash_name: str) -> None:
    authority = make_ca(key=key, common_name=f"CA {key}")
    der, _ = issue(authority, hash_name=hash_name)  # type: ignore[arg-type]
    path = path_of(der, index(service(authority)))
    assert (path.issuer_spki_der, path.authorities) == (authority.spki_der, ())
    assert [one.name for one in path.services] == ["Example QC"]


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_pss_signatures_are_verified(ca: Issuer, hash_name: str) -> None:
    der, _ = issue(ca, pss=True, hash_name=hash_name)  # type: ignore[arg-type]
    assert path_of(der, index(service(ca))).authorities == ()


def test_of_several_keys_under_one_name_the_one_that_signed_is_found() -> None:
    """An authority that renewed its key is listed twice under one name."""
    older, newer = make_ca(key=cached_key("p256", "older")), make_ca(key=cached_key("p256", "newer"))
    trust = index(service(older, name="older"), service(newer, name="newer"))
    assert [one.name for one in path_of(issue(older)[0], trust).services] == ["older"]
    assert [one.name for one in path_of(issue(newer)[0], trust).services] == ["newer"]


def test_a_key_that_is_not_listed_is_not_a_broken_signature() -> None:
    """The certificate itself says that another key signed it: that issuer is not listed."""
    listed, other = make_ca(key=cached_key("p256", "listed")), make_ca(key=cached_key("p256", "other"))
    assert no_path(issue(other)[0], index(service(listed))) == ""


def test_signatures_that_are_not_believed(ca: Issuer) -> None:
    trust = index(service(ca))
    der, _ = issue(ca)
    flipped = bytearray(der)
    flipped[-1] ^= 1
    altered = der.replace(b"Example Pay GmbH", b"Example Pay AG  ")
    assert altered != der
    words = {
        "last bit": no_path(bytes(flipped), trust),
        "another name": no_path(altered, trust),
        "SHA-1": no_path(issue(ca, hash_name="sha1")[0], trust),
        "MD5": no_path(issue(ca, hash_name="md5")[0], trust),
        "SHA-224": no_path(issue(ca, hash_name="sha224")[0], trust),
    }
    assert words == {
        "last bit": "signature_broken",
        "another name": "signature_broken",
        "SHA-1": "signature_algorithm_not_allowed",
        "MD5": "signature_algorithm_not_allowed",
        "SHA-224": "signature_algorithm_not_allowed",
    }


def spki_of_rsa(bits: int, exponent: int) -> bytes:
    """A public key of any size and exponent; nobody has its private part."""
    modulus = (1 << bits) - 159
    key = sequence(tlv(2, b"\0", modulus.to_bytes(bits // 8)), tlv(2, exponent.to_bytes(exponent.bit_length() // 8 + 1)))
    return sequence(sequence(oid_der("1.2.840.113549.1.1.1"), tlv(5)), tlv(3, b"\0", key))


@pytest.mark.parametrize(("bits", "exponent"), [(512, 65537), (16384, 65537), (2048, 1), (2048, 2), (2048, (1 << 2000) + 1)])
def test_listed_keys_beyond_bounds_verify_nothing_and_cost_nothing(ca: Issuer, bits: int, exponent: int) -> None:
    odd = spki_of_rsa(bits, exponent)
    der, _ = issue(ca)
    trust = TrustIndex(by_subject={ca.name_der: (odd,)}, services={(ca.name_der, odd): ()})
    started = time.process_time()
    assert no_path(der, trust) == "issuer_key_not_allowed"
    assert time.process_time() - started < 0.05


def test_curves_nobody_uses_are_not_believed(ca: Issuer) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256K1())
    odd = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    der, _ = issue(ca)
    assert no_path(der, TrustIndex(by_subject={ca.name_der: (odd,)}, services={(ca.name_der, odd): ()})) == "issuer_key_not_allowed"


def test_an_authority_given_leads_to_a_listed_root() -> None:
    root, trust = listed_root()
    middle = make_ca(issuer=root, common_name="Middle CA")
    low = make_ca(issuer=middle, common_name="Low CA")
    der, _ = issue(low)
    assert no_path(der, trust) == ""
    assert no_path(der, trust, middle.der) == "", "a gap in the chain is not jumped"
    path = path_of(der, trust, middle.der, low.der, root.der)
    assert [one.der for one in path.authorities] == [low.der, middle.der]
    assert path.issuer_spki_der == low.spki_der
    assert problem(der, trust, low.der, middle.der) == ""


def listed_root() -> tuple[Issuer, TrustIndex]:
    root = make_ca(common_name="Root CA")
    return root, index(service(root))


def test_the_depth_is_bounded() -> None:
    root, trust = listed_root()
    chain = [root]
    for place in range(6):
        chain.append(make_ca(issuer=chain[-1], common_name=f"CA {place}"))
    assert len(path_of(issue(chain[4])[0], trust, *(one.der for one in chain[1:])).authorities) == 4
    assert no_path(issue(chain[5])[0], trust, *(one.der for one in chain[1:])) == ""


def test_authorities_that_may_not_issue() -> None:
    root, trust = listed_root()

    def judged(**knobs: object) -> str:
        middle = make_ca(issuer=root, common_name="Middle CA", **knobs)  # type: ignore[arg-type]
        return problem(issue(middle)[0], trust, middle.der)

    unknown = [("1.2.3.4", True, tlv(5))]
    words = {
        "none": judged(),
        "no CA": judged(is_ca=False),
        "no keyCertSign": judged(key_usage=("digitalSignature",)),
        "ran out": judged(not_after=AT - timedelta(seconds=1)),
        "not begun": judged(not_before=AT + timedelta(seconds=1)),
        "to the second": judged(not_before=AT, not_after=AT),
        "critical": judged(extra_extensions=unknown),
    }
    assert words == {
        "none": "",
        "no CA": "issuer_is_no_authority",
        "no keyCertSign": "issuer_is_no_authority",
        "ran out": "issuer_not_in_period",
        "not begun": "issuer_not_in_period",
        "to the second": "",
        "critical": "issuer_extension_unknown",
    }


def test_a_path_length_is_kept() -> None:
    root, trust = listed_root()
    short = make_ca(issuer=root, common_name="Short CA", path_length=0)
    below = make_ca(issuer=short, common_name="Below CA")
    assert problem(issue(short)[0], trust, short.der) == ""
    assert problem(issue(below)[0], trust, below.der, short.der) == "path_length_exceeded"
    flat = make_ca(common_name="Flat root", path_length=0)
    under = make_ca(issuer=flat, common_name="Under flat")
    assert problem(issue(under)[0], index(service(flat)), under.der) == "path_length_exceeded"


def dns(*names: str) -> list[x509.GeneralName]:
    return [x509.DNSName(name) for name in names]


@pytest.mark.parametrize(
    ("permitted", "excluded", "names", "word"),
    [
        (("example",), (), ("pay.example",), ""),
        (("other.example",), (), ("pay.example",), "name_constraints_violated"),
        ((), ("pay.example",), ("api.pay.example",), "name_constraints_violated"),
        ((), ("pay.example",), ("repay.example",), ""),
        (("example",), ("secret.pay.example",), ("*.pay.example",), "name_constraints_violated"),
        ((".pay.example",), (), ("pay.example",), "name_constraints_violated"),
        ((".pay.example",), (), ("a.pay.example",), ""),
        (("PAY.EXAMPLE",), (), ("Api.Pay.Example",), ""),
    ],
)
def test_name_constraints_on_web_names(permitted: tuple[str, ...], excluded: tuple[str, ...], names: tuple[str, ...], word: str) -> None:
    root, trust = listed_root()
    middle = make_ca(issuer=root, common_name="Middle CA", permitted=dns(*permitted), excluded=dns(*excluded))
    assert problem(issue(middle, dns_names=names)[0], trust, middle.der) == word
    constrained = make_ca(common_name="Constrained", permitted=dns(*permitted), excluded=dns(*excluded))
    assert problem(issue(constrained, dns_names=names)[0], index(service(constrained))) == word, "of the listed certificate too"


def directory(*pairs: tuple[x509.ObjectIdentifier, str]) -> list[x509.GeneralName]:
    return [x509.DirectoryName(x509.Name([x509.NameAttribute(kind, value) for kind, value in pairs]))]


def test_name_constraints_on_subjects_and_other_kinds() -> None:
    root, trust = listed_root()
    country, organization = x509.NameOID.COUNTRY_NAME, x509.NameOID.ORGANIZATION_NAME

    def judged(permitted: list[x509.GeneralName], excluded: list[x509.GeneralName]) -> str:
        middle = make_ca(issuer=root, common_name="Middle CA", permitted=permitted, excluded=excluded)
        return problem(issue(middle)[0], trust, middle.der)

    assert judged(directory((country, "DE")), []) == ""
    assert judged(directory((country, "FR")), []) == "name_constraints_violated"
    assert judged([], directory((country, "DE"), (organization, "example  PAY gmbh"))) == "name_constraints_violated"
    assert judged([x509.RFC822Name("example.com")], []) == "", "no address, nothing to constrain"


def test_cross_signed_authorities_end() -> None:
    """Two authorities that signed each other, neither listed: the search ends."""
    first_key, second_key = cached_key("p256", "first"), cached_key("p256", "second")
    first, second = make_ca(common_name="First", key=first_key), make_ca(common_name="Second", key=second_key)
    by_second = make_ca(common_name="First", key=first_key, issuer=second)
    by_first = make_ca(common_name="Second", key=second_key, issuer=first)
    der, _ = issue(first)
    _, trust = listed_root()
    assert no_path(der, trust, by_second.der, by_first.der, by_second.der, by_first.der) == ""
    root = make_ca(common_name="Root CA")
    way_out = make_ca(common_name="Second", key=second_key, issuer=root)
    path = path_of(der, index(service(root)), by_second.der, by_first.der, way_out.der)
    assert [one.der for one in path.authorities] == [by_second.der, way_out.der]


def test_a_thousand_authorities_cost_no_more_than_a_few() -> None:
    root, trust = listed_root()
    middle = make_ca(issuer=root, common_name="Middle CA")
    der, _ = issue(middle)
    crowd = [make_ca(issuer=root, common_name="Middle CA", key=cached_key("p256", f"crowd {place}")).der for place in range(20)] * 500
    find_path(read(der), crowd[:MAX_CHAIN], trust)
    started = time.process_time()
    assert no_path(der, trust, *crowd) == ""
    assert time.process_time() - started < 0.05


def test_a_service_listed_by_the_digest_of_its_key_alone() -> None:
    """Some lists identify a service by nothing but the identifier of its key; a certificate that was given shows the key."""
    authority, impostor = make_ca(common_name="Bare CA"), make_ca(common_name="Bare CA", key=cached_key("p256", "impostor"))
    trust = index(service(authority, bare=True))
    der, _ = issue(authority)
    root = make_ca(common_name="Root CA")
    shown = make_ca(common_name="Bare CA", key=authority.key, issuer=root)
    assert no_path(der, trust) == ""
    path = path_of(der, trust, shown.der)
    assert ([one.name for one in path.services], path.authorities) == (["Example QC"], ())
    forged, _ = issue(impostor)
    assert no_path(forged, trust, make_ca(common_name="Bare CA", key=impostor.key, issuer=root).der) == ""


def test_bytes_in_the_chain_that_are_no_certificates_are_passed_over() -> None:
    root, trust = listed_root()
    middle = make_ca(issuer=root, common_name="Middle CA")
    der, _ = issue(middle)
    assert path_of(der, trust, b"", b"<html>", middle.der[:-20], middle.der).authorities


def test_the_issuer_named_but_another_algorithm_written_outside(ca: Issuer) -> None:
    """The algorithm outside the signed part is changed to SHA-384: the signature does not verify."""
    der, _ = issue(ca)
    inside, outside = oid_der("1.2.840.113549.1.1.11"), oid_der("1.2.840.113549.1.1.12")
    place = der.rindex(inside)
    assert no_path(der[:place] + outside + der[place + len(inside) :], index(service(ca))) == "signature_broken"


def test_rsa_keys_of_a_list_are_loaded_once() -> None:
    authority = make_ca(key="rsa2048")
    assert isinstance(authority.key, rsa.RSAPrivateKey)
    der, _ = issue(authority)
    trust = index(service(authority))
    path_of(der, trust)
    started = time.process_time()
    for _ in range(20):
        path_of(der, trust)
    assert (time.process_time() - started) / 20 < 0.005
