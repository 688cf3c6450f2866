"""Makes certificates, CRLs and OCSP answers for the make-believe world and for tests: every field can be set, wrong values included.

Nothing here is used to issue anything real; ``certificates`` is the package that does. Certificates are put together from DER by hand,
so that one can be made which no careful library would write: SHA-1, a poisoned pre-certificate, a 512-bit key, a duplicate extension.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha1, sha256
from typing import Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from obdirectory.trust.der import integer, sequence, tlv, utf8
from obdirectory.trust.der import oid as oid_der
from obdirectory.trust.psd2 import Psd2Role, encode_psd2_statement
from obdirectory.trust.signature import key_digest

__all__ = [
    "Extension", "Issuer", "Key", "Revoked", "assemble", "cached_key", "integer", "issue", "make_ca", "make_crl", "make_ocsp",
    "make_ocsp_responder", "name", "new_key", "oid_der", "psd2_statement", "qc_statements", "sequence", "sign", "spki_of", "tlv", "utf8",
]  # fmt: skip

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Hash: TypeAlias = Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
Extension: TypeAlias = tuple[str, bool, bytes]  # object identifier, critical, DER of the value

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2028, 1, 1, tzinfo=UTC)

COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER = "2.5.4.3", "2.5.4.6", "2.5.4.10", "2.5.4.97"
QCP_W, QCP_L_QSCD, QCP_W_PSD2 = "0.4.0.194112.1.4", "0.4.0.194112.1.3", "0.4.0.19495.3.1"
SERVER_AUTH, CLIENT_AUTH, OCSP_SIGNING = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.9"
POISON = "1.3.6.1.4.1.11129.2.4.3"

_QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
_QC_TYPES = {"esign": "0.4.0.1862.1.6.1", "eseal": "0.4.0.1862.1.6.2", "web": "0.4.0.1862.1.6.3"}
_KEY_USAGE_BITS: tuple[str, ...] = (
    "digitalSignature",
    "contentCommitment",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
_HASHES: dict[Hash, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 - made in order to be refused
    "sha1": hashes.SHA1(),  # noqa: S303
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA_SIGNATURES: dict[Hash, str] = {
    "md5": "1.2.840.113549.1.1.4",
    "sha1": "1.2.840.113549.1.1.5",
    "sha224": "1.2.840.113549.1.1.14",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_EC_SIGNATURES: dict[Hash, str] = {
    "md5": "1.2.840.10045.4.1",
    "sha1": "1.2.840.10045.4.1",
    "sha224": "1.2.840.10045.4.3.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
_HASH_OIDS: dict[Hash, str] = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_REASON_NUMBERS = {
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "certificateHold": 6,
    "privilegeWithdrawn": 9,
}
_CURVES: dict[str, ec.EllipticCurve] = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certification authority of the make-believe world: its certificate and its key."""

    der: bytes
    key: Key

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @property
    def name_der(self) -> bytes:
        return self.certificate.subject.public_bytes()

    @property
    def spki_der(self) -> bytes:
        return spki_of(self.key)


def new_key(kind: str) -> Key:
    """A fresh key: ``p256``, ``p384``, ``p521`` or ``rsa`` with bits, such as ``rsa2048``."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind])
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa")))


@lru_cache(maxsize=256)
def cached_key(kind: str, slot: str = "") -> Key:
    """The key of that kind and slot, made once in this process: making an RSA key takes longer than most tests."""
    return new_key(kind)


def spki_of(key: Key) -> bytes:
    """SubjectPublicKeyInfo of a key, DER."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def instant(at: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5)."""
    at = at.astimezone(UTC)
    if 1950 <= at.year < 2050:
        return tlv(0x17, at.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, f"{at.year:04}{at:%m%d%H%M%S}Z".encode())


def name(attributes: Sequence[tuple[str, str]]) -> bytes:
    """A distinguished name, one attribute per relative name; a country is printable, all else UTF-8."""
    return sequence(
        *(
            tlv(0x31, sequence(oid_der(oid), tlv(0x13, value.encode("latin-1", "replace")) if oid == COUNTRY else utf8(value)))
            for oid, value in attributes
        )
    )


def psd2_statement(roles: Sequence[str | tuple[str, str]], nca_name: str, nca_id: str, *, shape: str = "standard") -> bytes:
    """The PSD2 statement; a role is its name or (object identifier, name as written). ``shape``: standard or flattened."""
    written = [role if isinstance(role, str) else Psd2Role(*role) for role in roles]
    return encode_psd2_statement(written, nca_name, nca_id, shape="standard" if shape == "unwrapped" else shape)


def qc_statements(
    *, compliance: bool, qc_types: Sequence[str], qscd: bool, legislation: Sequence[str], pds_url: str, psd2: bytes, shape: str = "standard"
) -> bytes:
    """The value of the qcStatements extension (EN 319 412-5). ``shape`` unwrapped: the PSD2 statement alone, without its list."""
    if shape == "unwrapped":
        return psd2
    return sequence(
        sequence(oid_der("0.4.0.1862.1.1")) if compliance else b"",
        sequence(oid_der("0.4.0.1862.1.4")) if qscd else b"",
        sequence(oid_der("0.4.0.1862.1.5"), sequence(sequence(tlv(0x16, pds_url.encode()), tlv(0x13, b"en")))) if pds_url else b"",
        sequence(oid_der("0.4.0.1862.1.6"), sequence(*(oid_der(_QC_TYPES.get(kind, kind)) for kind in qc_types))) if qc_types else b"",
        sequence(oid_der("0.4.0.1862.1.7"), sequence(*(tlv(0x13, country.encode()) for country in legislation))) if legislation else b"",
        psd2,
    )


def assemble(
    issuer_key: Key,
    *,
    issuer_der: bytes,
    subject_der: bytes,
    spki_der: bytes,
    extensions: Sequence[Extension],
    not_before: datetime,
    not_after: datetime,
    serial_number: int,
    hash_name: Hash = "sha256",
    pss: bool = False,
) -> bytes:
    """Put a certificate together from its parts and sign it."""
    algorithm = signature_algorithm(issuer_key, hash_name, pss=pss)
    tbs = sequence(
        tlv(0xA0, integer(2)),
        integer(serial_number),
        algorithm,
        issuer_der,
        sequence(instant(not_before), instant(not_after)),
        subject_der,
        spki_der,
        tlv(0xA3, sequence(*(_extension(*extension) for extension in extensions))) if extensions else b"",
    )
    return sequence(tbs, algorithm, tlv(0x03, b"\0", sign(issuer_key, tbs, hash_name, pss=pss)))


def signature_algorithm(key: Key, hash_name: Hash, *, pss: bool = False) -> bytes:
    """The AlgorithmIdentifier of what ``sign`` does."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return sequence(oid_der(_EC_SIGNATURES[hash_name]))
    if not pss:
        return sequence(oid_der(_RSA_SIGNATURES[hash_name]), tlv(0x05))
    hash_algorithm = sequence(oid_der(_HASH_OIDS[hash_name]), tlv(0x05))
    mask = sequence(oid_der("1.2.840.113549.1.1.8"), hash_algorithm)
    salt = integer(_HASHES[hash_name].digest_size)
    return sequence(oid_der("1.2.840.113549.1.1.10"), sequence(tlv(0xA0, hash_algorithm), tlv(0xA1, mask), tlv(0xA2, salt)))


def sign(key: Key, content: bytes, hash_name: Hash = "sha256", *, pss: bool = False) -> bytes:
    """Sign as ``signature_algorithm`` says."""
    algorithm = _HASHES[hash_name]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(content, ec.ECDSA(algorithm))
    if pss:
        return key.sign(content, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
    return key.sign(content, padding.PKCS1v15(), algorithm)


def make_ca(
    attributes: Sequence[tuple[str, str]] | None = None,
    *,
    issuer: Issuer | None = None,
    country: str = "DE",
    organization: str = "Example Trust Services",
    common_name: str = "Example Issuing CA",
    key: Key | str = "p256",
    path_length: int | None = None,
    is_ca: bool = True,
    key_usage: Sequence[str] = ("keyCertSign", "cRLSign"),
    permitted: Sequence[x509.GeneralName] = (),
    excluded: Sequence[x509.GeneralName] = (),
    not_before: datetime = datetime(2016, 1, 1, tzinfo=UTC),
    not_after: datetime = datetime(2040, 1, 1, tzinfo=UTC),
    extra_extensions: Sequence[Extension] = (),
    hash_name: Hash = "sha256",
) -> Issuer:
    """A certification authority: self-signed, or issued by another. ``attributes`` replaces the whole subject name."""
    own_key = cached_key(key, common_name) if isinstance(key, str) else key
    subject_der = name(attributes or ((COUNTRY, country), (ORGANIZATION, organization), (COMMON_NAME, common_name)))
    signer_key = issuer.key if issuer else own_key
    extensions: list[Extension] = [
        ("2.5.29.19", True, x509.BasicConstraints(ca=is_ca, path_length=path_length if is_ca else None).public_bytes()),
        ("2.5.29.15", True, key_usage_value(key_usage)),
        ("2.5.29.14", False, _subject_key_id(spki_of(own_key))),
        ("2.5.29.35", False, _authority_key_id(spki_of(signer_key))),
    ]
    if permitted or excluded:
        constraints = x509.NameConstraints(list(permitted) or None, list(excluded) or None)
        extensions.append(("2.5.29.30", True, constraints.public_bytes()))
    der = assemble(
        signer_key,
        issuer_der=issuer.name_der if issuer else subject_der,
        subject_der=subject_der,
        spki_der=spki_of(own_key),
        extensions=[*extensions, *extra_extensions],
        not_before=not_before,
        not_after=not_after,
        serial_number=x509.random_serial_number(),
        hash_name=hash_name,
    )
    return Issuer(der, own_key)


def issue(
    issuer: Issuer,
    *,
    purpose: Literal["web", "seal"] = "web",
    organization: str = "Example Pay GmbH",
    country: str = "DE",
    common_name: str = "psd2.example-pay.example",
    organization_identifier: str | Sequence[str] | None = "PSDDE-BAFIN-100001",
    subject: Sequence[tuple[str, str]] | None = None,
    extra_subject: Sequence[tuple[str, str]] = (),
    roles: Sequence[str | tuple[str, str]] | None = ("PSP_PI", "PSP_AI"),
    nca_name: str = "Federal Financial Supervisory Authority",
    nca_id: str = "DE-BAFIN",
    psd2: Sequence[bytes] | None = None,
    shape: str = "standard",
    compliance: bool = True,
    qc_types: Sequence[str] | None = None,
    qscd: bool | None = None,
    legislation: Sequence[str] = (),
    pds_url: str = "https://trust.example/pds_en.pdf",
    qualified_statements: bool = True,
    policies: Sequence[str] | None = None,
    key_usage: Sequence[str] | None = None,
    extended_key_usage: Sequence[str] | None = None,
    dns_names: Sequence[str] | None = None,
    ocsp_url: str = "http://ocsp.trust.example/",
    issuer_url: str = "http://trust.example/issuing.cer",
    crl_url: str = "http://trust.example/issuing.crl",
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
    key: Key | str = "p256",
    spki_der: bytes | None = None,
    serial_number: int | None = None,
    precertificate: bool = False,
    extra_extensions: Sequence[Extension] = (),
    hash_name: Hash = "sha256",
    pss: bool = False,
    issuer_der: bytes | None = None,
    authority_key_id: bytes | None = None,
) -> tuple[bytes, Key]:
    """A TPP's certificate and its key: by default a QWAC with two roles, with ``purpose`` seal a QSealC.

    Knobs that are None follow the purpose; an empty sequence leaves the field out. ``roles`` None leaves the PSD2 statement out;
    ``psd2`` gives ready-made statements instead (several, odd ones); ``qualified_statements`` False leaves the whole extension out;
    ``spki_der`` puts any public key in, whatever ``key`` is.
    """
    web = purpose == "web"
    qc_types = (("web",) if web else ("eseal",)) if qc_types is None else qc_types
    qscd = not web if qscd is None else qscd
    policies = ((QCP_W, QCP_W_PSD2) if web else (QCP_L_QSCD,)) if policies is None else policies
    key_usage = (("digitalSignature",) if web else ("contentCommitment",)) if key_usage is None else key_usage
    extended_key_usage = ((SERVER_AUTH, CLIENT_AUTH) if web else ()) if extended_key_usage is None else extended_key_usage
    dns_names = ((common_name,) if web else ()) if dns_names is None else dns_names
    own_key = cached_key(key, "holder") if isinstance(key, str) else key
    public = spki_der or spki_of(own_key)
    identifiers = (organization_identifier,) if isinstance(organization_identifier, str) else organization_identifier or ()
    attributes = subject or (
        (COUNTRY, country),
        (ORGANIZATION, organization),
        *((ORGANIZATION_IDENTIFIER, identifier) for identifier in identifiers),
        *extra_subject,
        (COMMON_NAME, common_name),
    )
    statements = psd2 if psd2 is not None else () if roles is None else (psd2_statement(roles, nca_name, nca_id, shape=shape),)
    extensions: list[Extension] = [
        ("2.5.29.35", False, authority_key_id or _authority_key_id(issuer.spki_der)),
        ("2.5.29.14", False, _subject_key_id(public)),
    ]
    if key_usage:
        extensions.append(("2.5.29.15", True, key_usage_value(key_usage)))
    if extended_key_usage:
        extensions.append(("2.5.29.37", False, sequence(*(oid_der(oid) for oid in extended_key_usage))))
    if policies:
        extensions.append(("2.5.29.32", False, sequence(*(sequence(oid_der(oid)) for oid in policies))))
    if dns_names:
        extensions.append(("2.5.29.17", False, sequence(*(tlv(0x82, dns.encode()) for dns in dns_names))))
    access = [("1.3.6.1.5.5.7.48.1", ocsp_url), ("1.3.6.1.5.5.7.48.2", issuer_url)]
    if ocsp_url or issuer_url:
        value = sequence(*(sequence(oid_der(method), tlv(0x86, url.encode())) for method, url in access if url))
        extensions.append(("1.3.6.1.5.5.7.1.1", False, value))
    if crl_url:
        extensions.append(("2.5.29.31", False, sequence(sequence(tlv(0xA0, tlv(0xA0, tlv(0x86, crl_url.encode())))))))
    if qualified_statements:
        value = qc_statements(
            compliance=compliance,
            qc_types=qc_types,
            qscd=qscd,
            legislation=legislation,
            pds_url=pds_url,
            psd2=b"".join(statements),
            shape=shape,
        )
        extensions.append((_QC_STATEMENTS, False, value))
    if precertificate:
        extensions.append((POISON, True, tlv(0x05)))
    der = assemble(
        issuer.key,
        issuer_der=issuer_der or issuer.name_der,
        subject_der=name(attributes),
        spki_der=public,
        extensions=[*extensions, *extra_extensions],
        not_before=not_before,
        not_after=not_after,
        serial_number=x509.random_serial_number() if serial_number is None else serial_number,
        hash_name=hash_name,
        pss=pss,
    )
    return der, own_key


@dataclass(frozen=True, slots=True)
class Revoked:
    """One entry of a CRL. ``reason`` is an RFC 5280 word such as keyCompromise or certificateHold."""

    serial_number: int
    revoked_at: datetime
    reason: str | None = None
    invalidity_at: datetime | None = None


def make_crl(
    issuer: Issuer,
    revoked: Sequence[Revoked] = (),
    *,
    this_update_at: datetime,
    next_update_at: datetime | None = None,
    number: int | None = 1,
    signer_key: Key | None = None,
    issuer_name: x509.Name | None = None,
    hash_name: Hash = "sha256",
    extra_extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
) -> bytes:
    """A CRL, valid for 7 days unless said otherwise; ``signer_key`` signs in place of the issuer's own key."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer_name or issuer.certificate.subject)
        .last_update(this_update_at)
        .next_update(next_update_at or this_update_at + timedelta(days=7))
    )
    for entry in revoked:
        row = x509.RevokedCertificateBuilder().serial_number(entry.serial_number).revocation_date(entry.revoked_at)
        if entry.reason:
            row = row.add_extension(x509.CRLReason(x509.ReasonFlags(entry.reason)), critical=False)
        if entry.invalidity_at:
            row = row.add_extension(x509.InvalidityDate(entry.invalidity_at), critical=False)
        builder = builder.add_revoked_certificate(row.build())
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    for extension, critical in extra_extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer_key or issuer.key, _HASHES[hash_name]).public_bytes(serialization.Encoding.DER)  # type: ignore[arg-type]


def make_ocsp(
    issuer: Issuer,
    certificate_der: bytes,
    *,
    this_update_at: datetime,
    next_update_at: datetime | None = None,
    produced_at: datetime | None = None,
    status: Literal["good", "revoked", "unknown"] = "good",
    revoked_at: datetime | None = None,
    reason: str | None = None,
    responder: Issuer | None = None,
    signer_key: Key | None = None,
    cert_id_issuer: Issuer | None = None,
    cert_id_hash: Literal["sha1", "sha256"] = "sha1",
    nonce: bytes | None = None,
    hash_name: Hash = "sha256",
    pss: bool = False,
    responder_by_name: bool = False,
    single_extensions: Sequence[Extension] = (),
) -> bytes:
    """An OCSP answer about one certificate, valid for a day and produced at its thisUpdate unless said otherwise.

    ``responder`` is a delegated one whose certificate is enclosed; ``cert_id_issuer`` puts another issuer's hashes into the CertID.
    """
    named, signer = cert_id_issuer or issuer, responder or issuer
    digest = sha256 if cert_id_hash == "sha256" else sha1
    cert_id = sequence(
        sequence(oid_der(_HASH_OIDS[cert_id_hash]), tlv(0x05)),
        tlv(0x04, digest(named.name_der).digest()),
        tlv(0x04, digest(_key_bits(named.key)).digest()),
        integer(x509.load_der_x509_certificate(certificate_der).serial_number),
    )
    why = tlv(0xA0, tlv(0x0A, bytes((_REASON_NUMBERS[reason],)))) if reason else b""
    statuses = {
        "good": tlv(0x80),
        "revoked": tlv(0xA1, _generalized(revoked_at or this_update_at), why),
        "unknown": tlv(0x82),
    }
    until = tlv(0xA0, _generalized(next_update_at or this_update_at + timedelta(days=1)))
    about = tlv(0xA1, sequence(*(_extension(*extension) for extension in single_extensions))) if single_extensions else b""
    responder_id = tlv(0xA1, signer.name_der) if responder_by_name else tlv(0xA2, tlv(0x04, sha1(_key_bits(signer.key)).digest()))  # noqa: S324
    tbs = sequence(
        responder_id,
        _generalized(produced_at or this_update_at),
        sequence(sequence(cert_id, statuses[status], _generalized(this_update_at), until, about)),
        tlv(0xA1, sequence(_extension("1.3.6.1.5.5.7.48.1.2", False, tlv(0x04, nonce)))) if nonce is not None else b"",
    )
    key = signer_key or signer.key
    basic = sequence(
        tbs,
        signature_algorithm(key, hash_name, pss=pss),
        tlv(0x03, b"\0", sign(key, tbs, hash_name, pss=pss)),
        tlv(0xA0, sequence(responder.der)) if responder else b"",
    )
    return sequence(tlv(0x0A, b"\0"), tlv(0xA0, sequence(oid_der("1.3.6.1.5.5.7.48.1.1"), tlv(0x04, basic))))


def make_ocsp_responder(
    issuer: Issuer,
    *,
    delegated: bool = True,
    key: Key | str = "p256",
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
    common_name: str = "Example OCSP Responder",
) -> Issuer:
    """A responder certificate under an issuer; ``delegated`` False leaves out the OCSPSigning purpose."""
    own_key = cached_key(key, common_name) if isinstance(key, str) else key
    der = assemble(
        issuer.key,
        issuer_der=issuer.name_der,
        subject_der=name(((COUNTRY, "DE"), (COMMON_NAME, common_name))),
        spki_der=spki_of(own_key),
        extensions=[
            ("2.5.29.15", True, key_usage_value(("digitalSignature",))),
            ("2.5.29.37", False, sequence(oid_der(OCSP_SIGNING if delegated else CLIENT_AUTH))),
            ("1.3.6.1.5.5.7.48.1.5", False, tlv(0x05)),
        ],
        not_before=not_before,
        not_after=not_after,
        serial_number=x509.random_serial_number(),
    )
    return Issuer(der, own_key)


def key_usage_value(bits: Sequence[str]) -> bytes:
    """The value of the key usage extension from the names of its bits."""
    value = sum(0x8000 >> _KEY_USAGE_BITS.index(bit) for bit in bits)
    content = value.to_bytes(2) if value & 0xFF else (value >> 8).to_bytes(1)
    unused = (content[-1] & -content[-1]).bit_length() - 1 if content[-1] else 0
    return tlv(0x03, bytes((unused,)), content) if value else tlv(0x03, b"\0")


def _extension(oid: str, critical: bool, value: bytes) -> bytes:
    return sequence(oid_der(oid), tlv(0x01, b"\xff") if critical else b"", tlv(0x04, value))


def _subject_key_id(spki_der: bytes) -> bytes:
    return tlv(0x04, key_digest(spki_der))


def _authority_key_id(spki_der: bytes) -> bytes:
    return sequence(tlv(0x80, key_digest(spki_der)))


def _generalized(at: datetime) -> bytes:
    return tlv(0x18, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def _key_bits(key: Key) -> bytes:
    """The bits of the public key that key hashes are taken over."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
