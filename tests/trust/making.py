"""Certificates put together element by element, the same bytes every time: no key signs them, for reading asks for no signature."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import shake_256
from math import prod

from obdirectory.trust import extensions as ext
from obdirectory.trust.certificate import Psd2Statement, QcStatements
from obdirectory.trust.der import integer, oid, sequence, tlv, utf8
from obdirectory.trust.names import COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER
from obdirectory.trust.psd2 import psd2_statement
from obdirectory.trust.qcstatements import QC_STATEMENTS, SEMANTICS_LEGAL, encode_qc_statements
from obdirectory.trust.requirements.qualified import CLIENT_AUTH, SERVER_AUTH

Attribute = tuple[str, bytes]
"""A subject attribute: object identifier and the whole value element."""

RSA_SHA256 = sequence(oid("1.2.840.113549.1.1.11"), b"\x05\x00")
ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"))
AUTHORITY = "DE-BAFIN"
NUMBER = "PSDDE-BAFIN-100001"
PDS = ("https://trust.example/pds_en.pdf", "en")

# The base point of P-256: a public key that everybody knows.
_P256_POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


def ec_key(curve: str = "1.2.840.10045.3.1.7", point: bytes = _P256_POINT) -> bytes:
    """SubjectPublicKeyInfo of an elliptic curve key."""
    return sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve)), tlv(0x03, b"\0", point))


def rsa_key(modulus: int, exponent: int = 65537, parameters: bytes = b"\x05\x00") -> bytes:
    """SubjectPublicKeyInfo of an RSA key."""
    return sequence(sequence(oid("1.2.840.113549.1.1.1"), parameters), tlv(0x03, b"\0", sequence(integer(modulus), integer(exponent))))


def modulus(bits: int) -> int:
    """A number of that many bits without small factors: looks like a modulus, and is none."""
    found = int.from_bytes(shake_256(f"modulus {bits}".encode()).digest(bits // 8 + 1)) % (1 << (bits - 1)) | 1 << (bits - 1) | 1
    return _without_small_factors(found, 2)


def roca_modulus(bits: int = 2048) -> int:
    """A number with the mark of the flawed library: modulo each of its primes a power of 65537."""
    product = prod(ROCA_PRIMES)
    return _without_small_factors(pow(65537, 4711, product) + ((1 << (bits - 1)) // product + 1) * product, product)


def _without_small_factors(found: int, step: int) -> int:
    while any(found % p == 0 for p in (2, *range(3, 50, 2))):
        found += step
    return found


def name(attributes: Iterable[Attribute]) -> bytes:
    """A Name of one attribute an RDN."""
    return sequence(*(tlv(0x31, sequence(oid(kind), value)) for kind, value in attributes))


def printable(text: str) -> bytes:
    """A PrintableString."""
    return tlv(0x13, text.encode())


def key_usage(*names: str) -> bytes:
    """The value of keyUsage, as few octets as it takes."""
    bits = sum(0x8000 >> ext.KEY_USAGE_NAMES.index(one) for one in names)
    octets = bits.to_bytes(2).rstrip(b"\0")
    unused = (octets[-1] & -octets[-1]).bit_length() - 1 if octets else 0
    return tlv(0x03, bytes((unused,)), octets)


def uris(tag: int, *urls: str) -> bytes:
    """GeneralNames of addresses."""
    return b"".join(tlv(tag, url.encode()) for url in urls)


def distribution_points(*urls: str) -> bytes:
    """The value of cRLDistributionPoints."""
    return sequence(*(sequence(tlv(0xA0, tlv(0xA0, uris(0x86, url)))) for url in urls))


def info_access(ocsp: Iterable[str], issuers: Iterable[str]) -> bytes:
    """The value of authorityInfoAccess."""
    return sequence(
        *(sequence(oid(ext.OCSP_ACCESS), uris(0x86, url)) for url in ocsp),
        *(sequence(oid(ext.ISSUER_ACCESS), uris(0x86, url)) for url in issuers),
    )


def oids(*dotted: str) -> bytes:
    """A SEQUENCE OF OBJECT IDENTIFIER."""
    return sequence(*map(oid, dotted))


def policies(*dotted: str) -> bytes:
    """The value of certificatePolicies."""
    return sequence(*(sequence(oid(one)) for one in dotted))


SUBJECT: tuple[Attribute, ...] = (
    (COUNTRY, printable("DE")),
    (ORGANIZATION, utf8("Example Pay GmbH")),
    (ORGANIZATION_IDENTIFIER, utf8(NUMBER)),
    (COMMON_NAME, utf8("psd2.example-pay.example")),
)
ISSUER: tuple[Attribute, ...] = (
    (COUNTRY, printable("DE")),
    (ORGANIZATION, utf8("Example Trust AG")),
    (COMMON_NAME, utf8("Example Issuing CA 1")),
)
WEB = QcStatements(compliance=True, types=("web",), pds_urls=(PDS,), semantics=(SEMANTICS_LEGAL,))
SEAL = QcStatements(compliance=True, types=("eseal",), qscd=True, pds_urls=(PDS,), semantics=(SEMANTICS_LEGAL,))
SCHEME = QcStatements(types=("web",))
PSD2 = psd2_statement(("PSP_PI", "PSP_AI"), "Federal Financial Supervisory Authority", AUTHORITY)


@dataclass(frozen=True)
class Draft:
    """A certificate before it is written: every part can be replaced, by nonsense too."""

    version: bytes = tlv(0xA0, integer(2))
    serial_number: bytes = integer(0x4F1C2D3E5A6B7081)
    algorithm: bytes = RSA_SHA256
    outer_algorithm: bytes | None = None
    issuer: tuple[Attribute, ...] = ISSUER
    not_before: bytes = tlv(0x17, b"260101000000Z")
    not_after: bytes = tlv(0x17, b"280101000000Z")
    subject: tuple[Attribute, ...] = SUBJECT
    subject_der: bytes | None = None
    key: bytes = ec_key()
    unique_identifiers: bytes = b""
    extensions: tuple[tuple[str, bytes, bytes], ...] = ()  # object identifier, element of the critical flag, value
    signature: bytes = b"\x30\x06\x02\x01\x01\x02\x01\x01"
    beside: bytes = b""  # octets after the certificate

    def but(self, **changes: object) -> "Draft":
        """The same with parts replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def having(self, name: str, value: bytes, *, critical: bytes | bool = False) -> "Draft":
        """The same with an extension put in the place of the one of that name, or at the end."""
        flag = (b"\x01\x01\xff" if critical else b"") if isinstance(critical, bool) else critical
        kept = [one for one in self.extensions if one[0] != name]
        return replace(self, extensions=(*kept, (name, flag, value)))

    def also_having(self, name: str, value: bytes) -> "Draft":
        """The same with an extension added, one of the same name or not."""
        return replace(self, extensions=(*self.extensions, (name, b"", value)))

    def critical(self, name: str) -> "Draft":
        """The same with that extension critical."""
        return replace(
            self, extensions=tuple((one, b"\x01\x01\xff" if one == name else flag, value) for one, flag, value in self.extensions)
        )

    def without(self, *names: str) -> "Draft":
        """The same without those extensions."""
        return replace(self, extensions=tuple(one for one in self.extensions if one[0] not in names))

    def stating(self, qc: QcStatements, *psd2: Psd2Statement) -> "Draft":
        """The same with these statements."""
        return self.having(QC_STATEMENTS, encode_qc_statements(qc, psd2))

    def named(self, *attributes: Attribute) -> "Draft":
        """The same with these attributes in place of those of their types in the subject."""
        kinds = {kind for kind, _ in attributes}
        return replace(self, subject=(*(one for one in self.subject if one[0] not in kinds), *attributes))

    def identified(self, text: str) -> "Draft":
        """The same with another organizationIdentifier."""
        return self.named((ORGANIZATION_IDENTIFIER, utf8(text)))

    def unnamed(self, kind: str) -> "Draft":
        """The same without that subject attribute."""
        return replace(self, subject=tuple(one for one in self.subject if one[0] != kind))

    def der(self) -> bytes:
        """The certificate's bytes."""
        extensions = sequence(*(sequence(oid(one), flag, tlv(0x04, value)) for one, flag, value in self.extensions))
        signed = sequence(
            self.version,
            self.serial_number,
            self.algorithm,
            name(self.issuer),
            sequence(self.not_before, self.not_after),
            name(self.subject) if self.subject_der is None else self.subject_der,
            self.key,
            self.unique_identifiers,
            tlv(0xA3, extensions) if self.extensions else b"",
        )
        outer = self.algorithm if self.outer_algorithm is None else self.outer_algorithm
        return sequence(signed, outer, tlv(0x03, b"\0", self.signature)) + self.beside


QWAC = (
    Draft()
    .having(ext.AUTHORITY_KEY_ID, sequence(tlv(0x80, bytes(range(20)))))
    .having(ext.SUBJECT_KEY_ID, tlv(0x04, bytes(range(20, 40))))
    .having(ext.KEY_USAGE, key_usage("digitalSignature"), critical=True)
    .having(ext.EXTENDED_KEY_USAGE, oids(SERVER_AUTH, CLIENT_AUTH))
    .having(ext.CERTIFICATE_POLICIES, policies("0.4.0.194112.1.4", "0.4.0.19495.3.1"))
    .having(ext.SUBJECT_ALT_NAME, sequence(tlv(0x82, b"psd2.example-pay.example")))
    .having(ext.AUTHORITY_INFO_ACCESS, info_access(["http://ocsp.trust.example/"], ["http://trust.example/issuing.cer"]))
    .having(ext.CRL_DISTRIBUTION_POINTS, distribution_points("http://trust.example/issuing.crl"))
    .stating(WEB, PSD2)
)
"""A sound certificate for web sites: no requirement is broken."""

QSEALC = (
    QWAC.without(ext.EXTENDED_KEY_USAGE, ext.SUBJECT_ALT_NAME)
    .having(ext.KEY_USAGE, key_usage("contentCommitment"), critical=True)
    .having(ext.CERTIFICATE_POLICIES, policies("0.4.0.194112.1.3"))
    .stating(SEAL, PSD2)
)
"""A sound certificate for seals."""

OBWAC = QWAC.having(ext.CERTIFICATE_POLICIES, policies("1.3.6.1.4.1.99999.1.1")).stating(
    SCHEME, psd2_statement(("PSP_AI",), "Financial Conduct Authority", "GB-FCA")
).named((COUNTRY, printable("GB")), (ORGANIZATION_IDENTIFIER, utf8("PSDGB-OB-Unknown0015800001041REAAY")))  # fmt: skip
"""A certificate of a scheme: like one for web sites, and not qualified."""
