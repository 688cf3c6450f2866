"""One way, or several, of breaking each requirement on a certificate: code -> name of the defect -> the draft that has it."""

from tests.trust.making import (
    AUTHORITY,
    ISSUER,
    NUMBER,
    OBWAC,
    PDS,
    PSD2,
    QSEALC,
    QWAC,
    SCHEME,
    SEAL,
    WEB,
    Draft,
    distribution_points,
    ec_key,
    info_access,
    key_usage,
    modulus,
    oids,
    policies,
    printable,
    roca_modulus,
    rsa_key,
)

from obdirectory.trust import extensions as ext
from obdirectory.trust.certificate import Psd2Role, Psd2Statement
from obdirectory.trust.der import oid, sequence, tlv, utf8
from obdirectory.trust.names import COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER
from obdirectory.trust.psd2 import PSD2_STATEMENT, encode_psd2_statement, psd2_statement
from obdirectory.trust.qcstatements import (
    QC_COMPLIANCE,
    QC_LEGISLATION,
    QC_PDS,
    QC_SSCD,
    QC_STATEMENTS,
    QC_TYPE,
    SEMANTICS_EIDAS_LEGAL,
    SEMANTICS_LEGAL,
    QcStatements,
    encode_qc_statements,
)
from obdirectory.trust.requirements.qualified import SERVER_AUTH

BAFIN = "Federal Financial Supervisory Authority"


def _psd2(
    roles: tuple[Psd2Role | str, ...] = ("PSP_PI",), nca_name: str = BAFIN, nca_id: str = AUTHORITY, shape: str = "standard"
) -> Draft:
    """A QWAC whose PSD2 statement says this, in this shape."""
    full = psd2_statement([], nca_name, nca_id).roles + tuple(
        role if isinstance(role, Psd2Role) else psd2_statement([role], "", "").roles[0] for role in roles
    )
    return QWAC.stating(WEB, Psd2Statement(full, nca_name, nca_id, shape))


def _raw_psd2(information: bytes) -> Draft:
    """A QWAC whose PSD2 statement holds these octets."""
    statements = encode_qc_statements(WEB)
    content = statements[2:] if statements[1] < 0x80 else statements[3:]
    return QWAC.having(QC_STATEMENTS, sequence(content, sequence(oid(PSD2_STATEMENT), information)))


def _statement(dotted: str, information: bytes, *, qc: QcStatements = WEB) -> Draft:
    """A QWAC with one more statement, or that one in place of its own."""
    kept = encode_qc_statements(qc)
    content = kept[2:] if kept[1] < 0x80 else kept[3:]
    psd2 = encode_psd2_statement(PSD2.roles, PSD2.nca_name, PSD2.nca_id)
    return QWAC.having(QC_STATEMENTS, sequence(content, sequence(oid(dotted), information), psd2))


def _web(**changes: object) -> QcStatements:
    fields = {"compliance": True, "types": ("web",), "pds_urls": (PDS,), "semantics": (SEMANTICS_LEGAL,)} | changes
    return QcStatements(**fields)  # type: ignore[arg-type]


_ROLES = sequence(sequence(oid("0.4.0.19495.1.3"), utf8("PSP_AI")))
_NAME, _ID = utf8(BAFIN), utf8(AUTHORITY)
_BMP = tlv(0x1E, "PSP_AI".encode("utf-16-be"))
_SECOND_NUMBER = (ORGANIZATION_IDENTIFIER, utf8("PSDDE-BAFIN-2"))
_HIDING_NAMES = sequence(tlv(0x82, b"psd2.example-pay.example"), tlv(0x82, b"bank.example\0.evil.example"))
_SOFTWARE_SEAL = QcStatements(compliance=True, types=("eseal",), pds_urls=(PDS,), semantics=(SEMANTICS_LEGAL,))
_RSA = QWAC.but(key=rsa_key(modulus(2048)))

DEFECTS: dict[str, dict[str, Draft]] = {
    # ETSI TS 119 495
    "psd2_statement_present": {
        "none": QWAC.stating(WEB),
        "no_statements_at_all": QWAC.without(QC_STATEMENTS),
        "unreadable": _raw_psd2(b"\x0c\x03abc"),
    },
    "one_psd2_statement": {
        "two_that_differ": QWAC.stating(WEB, PSD2, psd2_statement(("PSP_AS",), "Bank of Italy", "IT-BI")),
        "two_extensions": QWAC.also_having(QC_STATEMENTS, encode_qc_statements(WEB, (psd2_statement(("PSP_IC",), BAFIN, AUTHORITY),))),
    },
    "psd2_statement_in_list": {"unwrapped": QWAC.stating(WEB, Psd2Statement(PSD2.roles, BAFIN, AUTHORITY, "unwrapped"))},
    "psd2_statement_well_formed": {
        "flattened": _psd2(("PSP_PI", "PSP_AI"), shape="flattened"),
        "roles_beside_the_name": _psd2(("PSP_PI", "PSP_AI"), shape="odd"),
        "name_missing": _raw_psd2(sequence(_ROLES, _ID)),
        "role_without_name": _raw_psd2(sequence(sequence(sequence(oid("0.4.0.19495.1.3"))), _NAME, _ID)),
        "role_name_null": _raw_psd2(sequence(sequence(sequence(oid("0.4.0.19495.1.3"), b"\x05\x00")), _NAME, _ID)),
        "role_as_text": _raw_psd2(sequence(sequence(sequence(utf8("0.4.0.19495.1.3"), utf8("PSP_AI"))), _NAME, _ID)),
        "octets_after": _raw_psd2(sequence(_ROLES, _NAME, _ID) + b"\x05\x00"),
        "no_roles": _raw_psd2(sequence(_NAME, _ID)),
    },
    "psd2_strings_are_utf8": {
        "printable_name": _raw_psd2(sequence(_ROLES, printable(BAFIN), _ID)),
        "ia5_identifier": _raw_psd2(sequence(_ROLES, _NAME, tlv(0x16, b"DE-BAFIN"))),
        "bmp_role_name": _raw_psd2(sequence(sequence(sequence(oid("0.4.0.19495.1.3"), _BMP)), _NAME, _ID)),
        "broken_utf8": _raw_psd2(sequence(_ROLES, tlv(0x0C, b"Bank \xff"), _ID)),
    },
    "psd2_roles_present": {"empty": _raw_psd2(sequence(sequence(), _NAME, _ID))},
    "psd2_unspecified_role_alone": {"beside_another": _psd2(("Unspecified", "PSP_AI"))},
    "psd2_role_names_match": {
        "swapped": _psd2((Psd2Role("0.4.0.19495.1.3", "PSP_PI"),)),
        "free_text": _psd2((Psd2Role("0.4.0.19495.1.3", "Account Information"),)),
        "foreign_oid": _psd2((Psd2Role("1.3.6.1.4.1.99999.1", "PSP_AI"),)),
    },
    "psd2_roles_known": {"national": _psd2(("PSP_AI", Psd2Role("1.2.616.1.99999.1", "PSP_XX")))},
    "psd2_roles_not_repeated": {"twice": _psd2(("PSP_AI", "PSP_AI"))},
    "nca_name_is_plain_text": {
        "empty": _psd2(nca_name=""),
        "too_long": _psd2(nca_name="A" * 257),
        "greek": _psd2(nca_name="Τράπεζα της Ελλάδος"),
        "hidden": _psd2(nca_name="Federal\u202eAuthority"),
    },
    "nca_id_well_formed": {
        "lower_case": _psd2(nca_id="DE-bafin"),
        "underscore": _psd2(nca_id="DE_BAFIN"),
        "three_letter_country": _psd2(nca_id="DEU-BAFIN"),
        "empty": _psd2(nca_id=""),
    },
    "nca_country_assigned": {"reserved": _psd2(nca_id="XY-BAFIN").identified("VATDE-123456789")},
    "nca_id_as_listed": {
        "alias": _psd2(nca_id="PL-KNF").identified("PSDPL-PFSA-1234567890"),
        "unknown": _psd2(nca_id="DE-XYZ").identified("VATDE-123456789"),
    },
    "nca_name_na_for_unsupervised": {"central_bank": _psd2(("PSP_CB",), "Bundesbank", "NA").identified("VATDE-123456789")},
    "nca_id_na_for_unsupervised": {"public_authority": _psd2(("PSP_PA",), "NA", AUTHORITY)},
    "nca_id_na_only_for_unsupervised": {"account_information": _psd2(("PSP_AI",), "NA", "NA")},
    "organization_identifier_present": {"none": QWAC.unnamed(ORGANIZATION_IDENTIFIER)},
    "organization_identifier_in_psd_form": {
        "underscore": QWAC.identified("PSDDE-BAFIN_100001"),
        "lower_case_country": QWAC.identified("PSDde-BAFIN-100001"),
        "no_number": QWAC.identified("PSDDE-BAFIN-"),
        "cyrillic": QWAC.identified("PSDDE-\u0412AFIN-100001"),
    },
    "identifiers_name_one_authority": {
        "two_authorities": _psd2(nca_id="NL-DNB"),
        "unassigned_country": _psd2(nca_id="DE-ABCDEF"),
    },
    "psd2_policy_only_for_web": {"in_a_seal": QSEALC.having(ext.CERTIFICATE_POLICIES, policies("0.4.0.194112.1.3", "0.4.0.19495.3.1"))},
    # ETSI EN 319 412
    "subject_attributes_present": {"no_country": QWAC.unnamed(COUNTRY), "seal_without_common_name": QSEALC.unnamed(COMMON_NAME)},
    "one_organization_identifier": {"two": QWAC.named((ORGANIZATION_IDENTIFIER, utf8(NUMBER)), _SECOND_NUMBER)},
    "subject_attributes_not_repeated": {"two_names": QWAC.named((ORGANIZATION, utf8("One")), (ORGANIZATION, utf8("Two")))},
    "organization_identifier_is_not_the_name": {"same": QWAC.named((ORGANIZATION, utf8(NUMBER)))},
    "subject_country_assigned": {"uk": QWAC.named((COUNTRY, printable("UK")))},
    "issuer_attributes_present": {"no_country": QWAC.but(issuer=ISSUER[1:])},
    "issuer_attributes_not_repeated": {"two_names": QWAC.but(issuer=(*ISSUER, (ORGANIZATION, utf8("Another"))))},
    "issuer_country_assigned": {"uk": QWAC.but(issuer=((COUNTRY, printable("UK")), *ISSUER[1:]))},
    "organization_identifier_of_a_known_scheme": {"made_up": QWAC.identified("ABCDE-100001")},
    "organization_identifier_in_legal_form": {"no_country": QWAC.identified("VAT-0876866142"), "state": QWAC.identified("NTRUS+CA-1")},
    "organization_identifier_country_allowed": {
        "lei_of_a_country": QWAC.identified("LEIDE-529900T8BM49AURSDO55"),
        "xx": QWAC.identified("NTRXX-1"),
    },
    "national_scheme_has_its_authority": {
        "none": QWAC.identified("EI:SE-5567971433"),
        "no_address": QWAC.identified("EI:SE-5567971433").stating(_web(name_registration_authorities=()), PSD2),
    },
    "eidas_identifier_well_formed": {
        "blank": QWAC.identified("PSDDE-BAFIN-1 2").stating(_web(semantics=(SEMANTICS_EIDAS_LEGAL,)), PSD2),
        "too_long": QWAC.identified("PSDDE-BAFIN-" + "1" * 250).stating(_web(semantics=(SEMANTICS_EIDAS_LEGAL,)), PSD2),
    },
    "qc_compliance_stated": {"scheme": OBWAC},
    "qc_type_stated": {"no_type": QWAC.stating(_web(types=()), PSD2)},
    "no_other_legislation": {"gb": QWAC.stating(_web(legislation_countries=("GB",)), PSD2)},
    "one_qc_type": {"web_and_seal": QWAC.stating(_web(types=("web", "eseal")), PSD2)},
    "qc_type_known": {"foreign": QWAC.stating(_web(types=("web", "1.2.3.4.5")), PSD2)},
    "no_qscd_for_web": {"qscd": QWAC.stating(_web(qscd=True), PSD2)},
    "legislation_countries_assigned": {"uk": OBWAC.stating(QcStatements(types=("web",), legislation_countries=("UK",)), PSD2)},
    "pds_over_https": {"http": QWAC.stating(_web(pds_urls=(("http://trust.example/pds.pdf", "en"),)), PSD2)},
    "pds_language_known": {"xy": QWAC.stating(_web(pds_urls=((PDS[0], "xy"),)), PSD2)},
    "retention_period_positive": {"zero": QWAC.stating(_web(retention_years=0), PSD2)},
    "limit_value_well_formed": {
        "lower_case": QWAC.stating(_web(limit_value=("eur", 1, 0)), PSD2),
        "negative": QWAC.stating(_web(limit_value=("EUR", -1, 0)), PSD2),
    },
    "qc_statements_not_repeated": {"compliance_twice": _statement(QC_COMPLIANCE, b"")},
    "qc_statements_well_formed": {"type_is_text": _statement(QC_TYPE, utf8("web"), qc=_web(types=()))},
    "qc_compliance_says_nothing_more": {"null": _statement(QC_COMPLIANCE, b"\x05\x00", qc=_web(compliance=False))},
    "qc_sscd_says_nothing_more": {
        "null": QSEALC.having(
            QC_STATEMENTS,
            sequence(
                sequence(oid(QC_COMPLIANCE)),
                sequence(oid(QC_SSCD), b"\x05\x00"),
                sequence(oid(QC_TYPE), oids("0.4.0.1862.1.6.2")),
                encode_psd2_statement(PSD2.roles, BAFIN, AUTHORITY),
            ),
        )
    },
    "qc_type_inside_its_statement": {"statement_of_its_own": _statement("0.4.0.1862.1.6.3", b"")},
    "qc_pds_well_formed": {
        "utf8_address": _statement(QC_PDS, sequence(sequence(utf8(PDS[0]), printable("en"))), qc=_web(pds_urls=())),
        "empty": _statement(QC_PDS, sequence(), qc=_web(pds_urls=())),
    },
    "qc_legislation_names_a_country": {"empty": _statement(QC_LEGISLATION, sequence())},
    "policies_present": {"none": QWAC.without(ext.CERTIFICATE_POLICIES)},
    "qualified_policy_named": {"own_policy": QWAC.having(ext.CERTIFICATE_POLICIES, policies("1.3.6.1.4.1.99999.1"))},
    "one_qualified_policy": {"two": QWAC.having(ext.CERTIFICATE_POLICIES, policies("0.4.0.194112.1.4", "0.4.0.194112.1.5"))},
    "policy_fits_qc_type": {"seal_policy": QWAC.having(ext.CERTIFICATE_POLICIES, policies("0.4.0.194112.1.3"))},
    "authority_key_id_present": {"none": QWAC.without(ext.AUTHORITY_KEY_ID)},
    "authority_info_access_present": {"none": QWAC.without(ext.AUTHORITY_INFO_ACCESS)},
    "issuer_address_present": {"ocsp_only": QWAC.having(ext.AUTHORITY_INFO_ACCESS, info_access(["http://ocsp.trust.example/"], []))},
    "issuer_address_over_http": {
        "ldap": QWAC.having(ext.AUTHORITY_INFO_ACCESS, info_access(["http://ocsp.trust.example/"], ["ldap://trust.example/"]))
    },
    "revocation_can_be_asked": {
        "neither": QWAC.without(ext.CRL_DISTRIBUTION_POINTS).having(
            ext.AUTHORITY_INFO_ACCESS, info_access([], ["http://trust.example/i.cer"])
        )
    },
    "ocsp_over_http": {
        "ftp": QWAC.having(ext.AUTHORITY_INFO_ACCESS, info_access(["ftp://ocsp.trust.example/"], ["http://trust.example/issuing.cer"]))
    },
    "crl_over_http_or_ldap": {"ftp": QWAC.having(ext.CRL_DISTRIBUTION_POINTS, distribution_points("ftp://trust.example/issuing.crl"))},
    "alternative_name_present": {"none": QWAC.without(ext.SUBJECT_ALT_NAME).unnamed(COMMON_NAME)},
    "extended_key_usage_present": {"none": QWAC.without(ext.EXTENDED_KEY_USAGE)},
    "common_name_among_alternative_names": {"another": QWAC.named((COMMON_NAME, utf8("www.example-pay.example")))},
    "client_authentication_allowed": {"server_only": QWAC.having(ext.EXTENDED_KEY_USAGE, oids(SERVER_AUTH))},
    "key_usage_setting_known": {"signs_crls": QSEALC.having(ext.KEY_USAGE, key_usage("contentCommitment", "cRLSign"), critical=True)},
    "key_usage_for_commitment": {
        "signature_only": QSEALC.having(ext.KEY_USAGE, key_usage("digitalSignature"), critical=True),
        "agreement_only": QSEALC.having(ext.KEY_USAGE, key_usage("keyAgreement"), critical=True),
    },
    "key_usage_for_commitment_alone": {
        "both": QSEALC.having(ext.KEY_USAGE, key_usage("digitalSignature", "contentCommitment"), critical=True)
    },
    "policies_not_critical": {"critical": QWAC.critical(ext.CERTIFICATE_POLICIES)},
    "alternative_name_not_critical": {"critical": QWAC.critical(ext.SUBJECT_ALT_NAME)},
    "issuer_alternative_name_not_critical": {
        "critical": QWAC.having(ext.ISSUER_ALT_NAME, sequence(tlv(0x86, b"https://trust.example/")), critical=True)
    },
    "extended_key_usage_not_critical": {"critical": QWAC.critical(ext.EXTENDED_KEY_USAGE)},
    "crl_distribution_points_not_critical": {"critical": QWAC.critical(ext.CRL_DISTRIBUTION_POINTS)},
    "qc_statements_not_critical": {"critical": QWAC.critical(QC_STATEMENTS)},
    "no_policy_mappings": {"present": QWAC.having(ext.POLICY_MAPPINGS, sequence())},
    "no_name_constraints": {"present": QWAC.having(ext.NAME_CONSTRAINTS, sequence())},
    "no_policy_constraints": {"present": QWAC.having(ext.POLICY_CONSTRAINTS, sequence())},
    "no_inhibit_any_policy": {"present": QWAC.having(ext.INHIBIT_ANY_POLICY, b"\x02\x01\x00")},
    # IETF RFC 5280
    "certificate_is_der": {
        "explicit_false": QWAC.having(ext.SUBJECT_KEY_ID, tlv(0x04, b"12345678"), critical=b"\x01\x01\x00"),
        "truth_is_one": QWAC.having(ext.KEY_USAGE, key_usage("digitalSignature"), critical=b"\x01\x01\x01"),
        "padded_serial_number": QWAC.but(serial_number=tlv(0x02, b"\0\0\x01")),
        "key_usage_padded": QWAC.having(ext.KEY_USAGE, b"\x03\x02\x00\x80", critical=True),
        "octets_after_value": QWAC.having(ext.SUBJECT_KEY_ID, tlv(0x04, b"12345678") + b"\0\0"),
        "ca_false_written_out": QWAC.having(ext.BASIC_CONSTRAINTS, sequence(b"\x01\x01\x00"), critical=True),
    },
    "nothing_beside_the_certificate": {"zeros": QWAC.but(beside=b"\0\0\0\0")},
    "signature_algorithms_agree": {"another_outside": QWAC.but(outer_algorithm=sequence(oid("1.2.840.113549.1.1.12"), b"\x05\x00"))},
    "no_unique_identifiers": {"issuer": QWAC.but(unique_identifiers=tlv(0x81, b"\0\x01"))},
    "validity_well_written": {
        "generalized": QWAC.but(not_before=tlv(0x18, b"20260101000000Z")),
        "offset": QWAC.but(not_before=tlv(0x17, b"260101020000+0200")),
        "no_seconds": QWAC.but(not_before=tlv(0x17, b"2601010000Z")),
        "fraction": QWAC.but(not_after=tlv(0x18, b"20500101000000.5Z")),
    },
    "extensions_not_repeated": {"key_usage_twice": QWAC.also_having(ext.KEY_USAGE, key_usage("keyCertSign"))},
    "extensions_readable": {"alternative_name": QWAC.having(ext.SUBJECT_ALT_NAME, b"\x30\x05\x82\x10ab").unnamed(COMMON_NAME)},
    "names_readable": {
        "underscore_in_printable": QWAC.named((ORGANIZATION, printable("Example_Pay"))),
        "empty_rdn": QWAC.but(subject_der=sequence(tlv(0x31), *(tlv(0x31, sequence(oid(k), v)) for k, v in QWAC.subject))),
        "number_as_name": QWAC.named((ORGANIZATION, b"\x02\x01\x05")),
    },
    "no_hidden_characters": {
        "right_to_left": QWAC.named((ORGANIZATION, utf8("Example \u202eyaP"))),
        "nul": QWAC.named((ORGANIZATION, utf8("Example\0Pay"))),
        "dns_name": QWAC.having(ext.SUBJECT_ALT_NAME, _HIDING_NAMES),
    },
    "country_is_printable_string": {"utf8": QWAC.named((COUNTRY, utf8("DE")))},
    "authority_key_id_names_a_key": {"issuer_only": QWAC.having(ext.AUTHORITY_KEY_ID, sequence(tlv(0xA1, b"")))},
    "alternative_names_filled": {"none": QWAC.having(ext.SUBJECT_ALT_NAME, sequence()).unnamed(COMMON_NAME)},
    "authority_key_id_not_critical": {"critical": QWAC.critical(ext.AUTHORITY_KEY_ID)},
    "subject_key_id_not_critical": {"critical": QWAC.critical(ext.SUBJECT_KEY_ID)},
    "authority_info_access_not_critical": {"critical": QWAC.critical(ext.AUTHORITY_INFO_ACCESS)},
    "certificate_of_version_3": {"version_1": QWAC.but(version=b""), "version_2": QWAC.but(version=b"\xa0\x03\x02\x01\x01")},
    "serial_number_positive": {"negative": QWAC.but(serial_number=b"\x02\x01\x80"), "zero": QWAC.but(serial_number=b"\x02\x01\x00")},
    "serial_number_within_20_octets": {"21": QWAC.but(serial_number=tlv(0x02, b"\x01" * 21))},
    "validity_in_order": {"backwards": QWAC.but(not_after=tlv(0x17, b"250101000000Z"))},
    "subject_named": {"nobody": QWAC.but(subject=()).without(ext.SUBJECT_ALT_NAME)},
    "critical_extensions_understood": {"private": QWAC.having("1.3.6.1.4.1.99999.7", b"\x05\x00", critical=True)},
    "not_a_certification_authority": {
        "ca": QWAC.having(ext.BASIC_CONSTRAINTS, sequence(b"\x01\x01\xff"), critical=True).having(
            ext.KEY_USAGE, key_usage("digitalSignature", "keyCertSign"), critical=True
        )
    },
    "certificates_signed_only_by_authorities": {
        "key_cert_sign": QWAC.having(ext.KEY_USAGE, key_usage("digitalSignature", "keyCertSign"), critical=True)
    },
    "path_length_only_with_ca": {"zero": QWAC.having(ext.BASIC_CONSTRAINTS, sequence(b"\x02\x01\x00"), critical=True)},
    "key_usage_present": {"none": QWAC.without(ext.KEY_USAGE)},
    "key_usage_filled": {"no_bit": QWAC.having(ext.KEY_USAGE, b"\x03\x01\x00", critical=True)},
    "key_usage_critical": {"not_critical": QWAC.having(ext.KEY_USAGE, key_usage("digitalSignature"))},
    "key_usage_fits_key": {
        "ec_encipherment": QWAC.having(ext.KEY_USAGE, key_usage("digitalSignature", "keyEncipherment"), critical=True),
        "rsa_agreement": QWAC.but(key=rsa_key(modulus(2048))).having(
            ext.KEY_USAGE, key_usage("digitalSignature", "keyAgreement"), critical=True
        ),
    },
    "key_usage_fits_purposes": {"commitment_for_tls": QWAC.having(ext.KEY_USAGE, key_usage("contentCommitment"), critical=True)},
    "policies_not_repeated": {"twice": QWAC.having(ext.CERTIFICATE_POLICIES, policies("0.4.0.194112.1.4", "0.4.0.194112.1.4"))},
    # Keys and algorithms
    "public_key_readable": {
        "half_a_point": QWAC.but(key=ec_key(point=b"\x04" + bytes(40))),
        "no_key": QWAC.but(key=sequence(sequence(oid("1.2.840.113549.1.1.1"), b"\x05\x00"), tlv(0x03, b"\0"))),
        "negative_modulus": QWAC.but(key=rsa_key(-modulus(2048))),
        "huge_modulus": QWAC.but(key=rsa_key(1 << 20_000)),
    },
    "rsa_key_parameters_null": {"absent": QWAC.but(key=rsa_key(modulus(2048), parameters=b""))},
    "rsa_key_long_enough": {"1024": QWAC.but(key=rsa_key(modulus(1024))), "2047": QWAC.but(key=rsa_key(modulus(2047)))},
    "rsa_key_short_enough": {"10000": QWAC.but(key=rsa_key(modulus(10_000)))},
    "rsa_exponent_in_range": {"3": QWAC.but(key=rsa_key(modulus(2048), 3)), "huge": QWAC.but(key=rsa_key(modulus(2048), 1 << 256 | 1))},
    "rsa_key_not_broken": {
        "exponent_1": QWAC.but(key=rsa_key(modulus(2048), 1)),
        "even_exponent": QWAC.but(key=rsa_key(modulus(2048), 65538)),
        "small_factor": QWAC.but(key=rsa_key(modulus(2044) * 47)),
        "roca": QWAC.but(key=rsa_key(roca_modulus())),
    },
    "key_type_recommended": {
        "secp256k1": QWAC.but(key=ec_key("1.3.132.0.10")),
        "ed25519": QWAC.but(key=sequence(sequence(oid("1.3.101.112")), tlv(0x03, b"\0", bytes(32)))),
    },
    "curve_large_enough": {
        "p192": QWAC.but(key=ec_key("1.2.840.10045.3.1.1", b"\x04" + bytes(48))),
        "explicit": QWAC.but(key=sequence(sequence(oid("1.2.840.10045.2.1"), sequence(b"\x02\x01\x01")), tlv(0x03, b"\0", bytes(65)))),
    },
    "signature_algorithm_recommended": {"ed25519": QWAC.but(algorithm=sequence(oid("1.3.101.112")))},
    "signature_hash_not_broken": {"sha1": QWAC.but(algorithm=sequence(oid("1.2.840.113549.1.1.5"), b"\x05\x00"))},
}

SOUND: dict[str, Draft] = {
    "qwac": QWAC,
    "qsealc": QSEALC,
    "qwac_rsa": QWAC.but(key=rsa_key(modulus(3072))).having(ext.KEY_USAGE, key_usage("digitalSignature", "keyEncipherment"), critical=True),
    "qwac_central_bank": _psd2(("PSP_CB",), "NA", "NA").identified("VATDE-123456789"),
    "qwac_of_a_bank": _psd2(("PSP_AS", "PSP_PI", "PSP_AI", "PSP_IC")),
    "qwac_lei": QWAC.identified("LEIXG-529900T8BM49AURSDO55"),
    "qwac_national_scheme": QWAC.identified("EI:SE-5567971433").stating(
        _web(name_registration_authorities=("https://bolagsverket.example/",)), psd2_statement(("PSP_AI",), "Finansinspektionen", "SE-FINA")
    ),
    "qwac_greek_vat": QWAC.identified("VATEL-123456789"),
    "qwac_accented_name": _psd2(nca_name="Banco de España", nca_id="ES-BE").identified("PSDES-BE-1234"),
    "qwac_until_2060": QWAC.but(not_after=tlv(0x18, b"20600101000000Z")),
    "qsealc_in_software": QSEALC.stating(
        QcStatements(compliance=True, types=("eseal",), pds_urls=(PDS,), semantics=(SEMANTICS_LEGAL,)), PSD2
    ),
}
"""Certificates that break nothing, though each is a little unusual."""

__all__ = ["DEFECTS", "SCHEME", "SEAL", "SOUND"]
