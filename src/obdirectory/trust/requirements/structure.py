"""What IETF RFC 5280 requires of any certificate: its encoding, serial number, validity, names, extensions and key usage."""

from collections.abc import Iterator

from obdirectory.core.finding import Rank
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.extensions import (
    AUTHORITY_INFO_ACCESS,
    AUTHORITY_KEY_ID,
    BASIC_CONSTRAINTS,
    CERTIFICATE_POLICIES,
    CRL_DISTRIBUTION_POINTS,
    CT_POISON,
    EXTENDED_KEY_USAGE,
    INHIBIT_ANY_POLICY,
    ISSUER_ALT_NAME,
    KEY_USAGE,
    NAME_CONSTRAINTS,
    POLICY_CONSTRAINTS,
    POLICY_MAPPINGS,
    SUBJECT_ALT_NAME,
    SUBJECT_KEY_ID,
)
from obdirectory.trust.qcstatements import QC_STATEMENTS
from obdirectory.trust.requirement import (
    EN_319_412_2,
    OUR_READING,
    QUALIFIED,
    RFC_3279,
    RFC_5280,
    Issuance,
    issuance_requirement,
    noted,
    requirement,
    spares,
)
from obdirectory.trust.requirements.qualified import ANY_PURPOSE, CLIENT_AUTH, SERVER_AUTH

UNDERSTOOD = frozenset(
    {
        AUTHORITY_INFO_ACCESS,
        AUTHORITY_KEY_ID,
        BASIC_CONSTRAINTS,
        CERTIFICATE_POLICIES,
        CRL_DISTRIBUTION_POINTS,
        CT_POISON,  # a pre-certificate: judged with the chain
        EXTENDED_KEY_USAGE,
        INHIBIT_ANY_POLICY,
        ISSUER_ALT_NAME,
        KEY_USAGE,
        NAME_CONSTRAINTS,
        POLICY_CONSTRAINTS,
        POLICY_MAPPINGS,
        QC_STATEMENTS,
        SUBJECT_ALT_NAME,
        SUBJECT_KEY_ID,
    }
)
"""Extensions whose meaning we know; what is critical and not among them forbids the use of the certificate."""

_REISSUE = "Have the certificate issued again by your trust service provider; it decides how the certificate is built."
_UNALTERED = "Present the certificate exactly as your trust service provider issued it; if it is, have it issued again."

noted(
    "certificate_is_der", "Every value in the certificate is in its one DER form.", RFC_5280, "4.2",
    words=("integer_encoding", "boolean_encoding", "explicit_default", "key_usage_encoding", "extension_trailing_bytes"),
    no="not_der", remedy=_REISSUE,
)  # fmt: skip
noted(
    "nothing_beside_the_certificate", "The bytes are the certificate and nothing more.", OUR_READING,
    words=("trailing_bytes",), no="bytes_beside_the_certificate", group="certificate", rank=Rank.FORGED, actor="tpp", remedy=_UNALTERED,
)  # fmt: skip
noted(
    "signature_algorithms_agree", "The signature algorithm is the same inside and outside the signed part.", RFC_5280, "4.1.1.2",
    words=("signature_algorithms_differ",), no="signature_algorithms_differ", group="certificate", rank=Rank.FORGED, actor="tpp",
    remedy=_UNALTERED,
)  # fmt: skip
noted(
    "no_unique_identifiers", "The certificate has no unique identifiers beside its names.", RFC_5280, "4.1.2.8",
    words=("unique_identifier",), no="unique_identifier_present", remedy=_REISSUE,
)  # fmt: skip
noted(
    "validity_well_written", "The validity is in UTCTime until 2049, in Zulu, with seconds and without fractions.", RFC_5280, "4.1.2.5",
    words=("generalized_time_before_2050", "time_not_in_zulu", "time_with_fraction", "time_without_seconds"),
    no="validity_oddly_written", remedy=_REISSUE,
)  # fmt: skip
noted(
    "extensions_not_repeated", "No extension comes twice.", RFC_5280, "4.2",
    words=("extension_repeated",), no="extension_repeated", group="certificate", rank=Rank.UNTRUSTED, remedy=_REISSUE,
)  # fmt: skip
noted(
    "extensions_readable", "Every extension we look at can be read.", OUR_READING,
    words=("extension_unreadable",), unknown="extension_unreadable", remedy=_REISSUE,
)  # fmt: skip
noted(
    "names_readable", "Every attribute of the names is a string of the type it says.", OUR_READING,
    words=("name_attribute_malformed", "empty_rdn"), no="name_attribute_malformed", remedy=_REISSUE,
)  # fmt: skip
noted(
    "no_hidden_characters", "No name holds characters that cannot be seen or turn the reading direction.", OUR_READING,
    words=("hidden_characters",), no="hidden_characters", remedy=_REISSUE,
)  # fmt: skip
noted(
    "country_is_printable_string", "countryName is a PrintableString.", RFC_5280, "Appendix A",
    words=("country_not_printable_string",), no="country_of_another_string_type", remedy=_REISSUE,
)  # fmt: skip
noted(
    "authority_key_id_names_a_key", "authorityKeyIdentifier names the key.", RFC_5280, "4.2.1.1",
    words=("authority_key_id_without_key", "authority_key_id_incomplete"), no="authority_key_id_incomplete", remedy=_REISSUE,
)  # fmt: skip
noted(
    "alternative_names_filled", "subjectAltName, when present, holds names and none of them is empty.", RFC_5280, "4.2.1.6",
    words=("alternative_name_empty",), no="alternative_name_empty", remedy=_REISSUE,
)  # fmt: skip
for _code, _title, _number, _word in (
    ("authority_key_id_not_critical", "authorityKeyIdentifier is not critical.", "4.2.1.1", "authority_key_id_critical"),
    ("subject_key_id_not_critical", "subjectKeyIdentifier is not critical.", "4.2.1.2", "subject_key_id_critical"),
    ("authority_info_access_not_critical", "authorityInfoAccess is not critical.", "4.2.2.1", "authority_info_access_critical"),
):
    noted(_code, _title, RFC_5280, _number, words=(_word,), no=_word, remedy=_REISSUE)


@issuance_requirement(RFC_5280, "4.1.2.9", no="older_version", remedy=_REISSUE)
def certificate_of_version_3(issuance: Issuance) -> Iterator[str]:
    """A certificate with extensions is of version 3."""
    if issuance.version != 3:
        yield f"version {issuance.version} with {len(issuance.extensions)} extensions"


@requirement(RFC_5280, "4.1.2.2", no="serial_number_not_positive", remedy=_REISSUE)
def serial_number_positive(certificate: Certificate) -> Iterator[str]:
    """The serial number is positive."""
    if certificate.serial_number <= 0:
        yield "zero" if certificate.serial_number == 0 else "negative"


@requirement(RFC_5280, "4.1.2.2", no="serial_number_too_long", remedy=_REISSUE)
def serial_number_within_20_octets(certificate: Certificate) -> Iterator[str]:
    """The serial number has at most 20 octets."""
    if certificate.serial_number_bytes > 20:
        yield f"{certificate.serial_number_bytes} octets"


@requirement(OUR_READING, no="validity_ends_before_it_begins", remedy=_REISSUE)
def validity_in_order(certificate: Certificate) -> Iterator[str]:
    """The validity ends after it begins."""
    if certificate.not_after_at <= certificate.not_before_at:
        yield f"{certificate.not_before_at:%Y-%m-%d %H:%M} to {certificate.not_after_at:%Y-%m-%d %H:%M}"


@requirement(RFC_5280, "4.2.1.6", no="subject_empty", remedy=_REISSUE)
def subject_named(certificate: Certificate) -> Iterator[str]:
    """An empty subject comes with alternative names."""
    if not certificate.subject and SUBJECT_ALT_NAME not in certificate.extensions:
        yield "neither subject nor subjectAltName"


@spares(serial_number_positive, serial_number_within_20_octets, validity_in_order, subject_named)
def usual_structure(certificate: Certificate) -> bool:
    """A positive serial number of at most 20 octets, a validity that ends after it begins, a subject with a name."""
    serial_number_fits = certificate.serial_number > 0 and certificate.serial_number_bytes <= 20
    return serial_number_fits and certificate.not_after_at > certificate.not_before_at and bool(certificate.subject)


@issuance_requirement(
    OUR_READING, no="critical_extension_unknown", group="certificate", rank=Rank.UNTRUSTED,
    remedy="Present a certificate without extensions that only its issuer understands.",
)  # fmt: skip
def critical_extensions_understood(issuance: Issuance) -> Iterator[str]:
    """Every extension marked critical is one whose meaning we know."""
    for name in issuance.critical_extensions:
        if name not in UNDERSTOOD:
            yield name


@issuance_requirement(
    OUR_READING, no="certificate_of_an_authority", group="certificate", rank=Rank.UNTRUSTED,
    remedy="Present the TPP's own certificate, not that of a certification authority.",
)  # fmt: skip
def not_a_certification_authority(issuance: Issuance) -> Iterator[str]:
    """The certificate is not that of a certification authority."""
    if issuance.is_ca:
        yield "basicConstraints: cA"


@issuance_requirement(RFC_5280, "4.2.1.9", no="key_cert_sign_without_ca", remedy=_REISSUE)
def certificates_signed_only_by_authorities(issuance: Issuance) -> Iterator[str]:
    """Only the key of a certification authority may sign certificates."""
    if issuance.key_usage is not None and "keyCertSign" in issuance.key_usage and not issuance.is_ca:
        yield "keyCertSign without cA"


@issuance_requirement(RFC_5280, "4.2.1.9", no="path_length_without_ca", remedy=_REISSUE)
def path_length_only_with_ca(issuance: Issuance) -> Iterator[str]:
    """Only a certification authority has a path length."""
    if issuance.path_length is not None and not issuance.is_ca:
        yield f"pathLenConstraint {str(issuance.path_length)[:40]}"


@issuance_requirement(EN_319_412_2, "NAT-4.3.2-1", no="key_usage_missing", applies=QUALIFIED, remedy=_REISSUE)
def key_usage_present(issuance: Issuance) -> Iterator[str]:
    """The certificate says for what its key may be used."""
    if KEY_USAGE not in issuance.extensions:
        yield "no keyUsage"


@issuance_requirement(RFC_5280, "4.2.1.3", no="key_usage_empty", remedy=_REISSUE)
def key_usage_filled(issuance: Issuance) -> Iterator[str]:
    """keyUsage, when present, allows something."""
    if issuance.key_usage is not None and not issuance.key_usage:
        yield "no bit set"


@issuance_requirement(RFC_5280, "4.2.1.3", no="key_usage_not_critical", applies=QUALIFIED, remedy=_REISSUE)
def key_usage_critical(issuance: Issuance) -> Iterator[str]:
    """KeyUsage is critical."""
    if issuance.key_usage is not None and KEY_USAGE not in issuance.critical_extensions:
        yield "not critical"


_NOT_FOR = {
    "rsa": frozenset({"keyAgreement", "encipherOnly", "decipherOnly"}),
    "ec": frozenset({"keyEncipherment", "dataEncipherment"}),
}


@issuance_requirement(RFC_3279, "2.3.1", no="key_usage_impossible_for_this_key", remedy=_REISSUE)
def key_usage_fits_key(issuance: Issuance) -> Iterator[str]:
    """The key can do what keyUsage allows. RFC 5480 section 3 says the same of elliptic curve keys."""
    impossible = _NOT_FOR.get(issuance.key_kind, frozenset()) & (issuance.key_usage or frozenset())
    if impossible:
        yield f"{issuance.key_kind.upper()} with {', '.join(sorted(impossible))}"


_TLS_USAGES = frozenset({"digitalSignature", "keyEncipherment", "keyAgreement"})


@issuance_requirement(RFC_5280, "4.2.1.12", no="key_usage_and_purposes_contradict", remedy=_REISSUE)
def key_usage_fits_purposes(issuance: Issuance) -> Iterator[str]:
    """What keyUsage allows serves the purposes the certificate names."""
    usage, purposes = issuance.key_usage, issuance.extended_key_usage
    for_tls = purposes is not None and ANY_PURPOSE not in purposes and not {SERVER_AUTH, CLIENT_AUTH}.isdisjoint(purposes)
    if usage and for_tls and usage.isdisjoint(_TLS_USAGES):
        yield f"TLS with {', '.join(sorted(usage))}"


@issuance_requirement(RFC_5280, "4.2.1.4", no="policy_repeated", remedy=_REISSUE)
def policies_not_repeated(issuance: Issuance) -> Iterator[str]:
    """No policy is named twice."""
    if len(set(issuance.policies)) != len(issuance.policies):
        yield ", ".join(sorted({policy for policy in issuance.policies if issuance.policies.count(policy) > 1}))
