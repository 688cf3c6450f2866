"""What ETSI EN 319 412 requires of qualified certificates: subject, issuer, statements, policies, where to ask about revocation."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from obdirectory.core.finding import Rank
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.extensions import (
    AUTHORITY_INFO_ACCESS,
    AUTHORITY_KEY_ID,
    CERTIFICATE_POLICIES,
    CRL_DISTRIBUTION_POINTS,
    SUBJECT_ALT_NAME,
)
from obdirectory.trust.names import COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER
from obdirectory.trust.qcstatements import SEMANTICS_EIDAS_LEGAL, SEMANTICS_LEGAL
from obdirectory.trust.requirement import (
    ANY,
    EN_319_412_1,
    EN_319_412_2,
    EN_319_412_3,
    EN_319_412_4,
    EN_319_412_5,
    OUR_READING,
    QSEALC,
    QUALIFIED,
    QWAC,
    Issuance,
    issuance_requirement,
    noted,
    requirement,
    spares,
)
from obdirectory.trust.requirements.codes import COUNTRIES, LANGUAGES

EN_319_412_5_V2_6_1 = datetime(2026, 5, 1, tzinfo=UTC)
SERVER_AUTH, CLIENT_AUTH, ANY_PURPOSE = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"

QUALIFIED_POLICIES: dict[str, str] = {
    "0.4.0.194112.1.0": "esign",
    "0.4.0.194112.1.1": "eseal",
    "0.4.0.194112.1.2": "esign",
    "0.4.0.194112.1.3": "eseal",
    "0.4.0.194112.1.4": "web",
    "0.4.0.194112.1.5": "web",
    "0.4.0.194112.1.6": "web",
}
"""Policy identifiers of EN 319 411-2 -> the QcType they go with."""
QCP_W_PSD2 = "0.4.0.19495.3.1"

_WEB_ATTRIBUTES = frozenset({COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER})
_SEAL_ATTRIBUTES = _WEB_ATTRIBUTES | {COMMON_NAME}
_ISSUER_ATTRIBUTES = frozenset({COUNTRY, ORGANIZATION, COMMON_NAME})
_ATTRIBUTE_NAMES = {
    COUNTRY: "countryName", ORGANIZATION: "organizationName", ORGANIZATION_IDENTIFIER: "organizationIdentifier", COMMON_NAME: "commonName"
}  # fmt: skip
_COUNTRIES_AND_WIDER = COUNTRIES | {"EU", "XG"}
_LEGAL_FORM = re.compile(r"(?P<scheme>NTR|VAT|PSD|LEI)(?P<country>[A-Z]{2})-.+", re.DOTALL)
_NATIONAL_FORM = re.compile(r"[A-Z]{2}:(?P<country>[A-Z]{2})-.+", re.DOTALL)
_KNOWN_STATEMENTS = frozenset(f"0.4.0.1862.1.{n}" for n in range(1, 10))
_REISSUE = "Have the certificate issued again by your trust service provider; it decides how the certificate is built."


# Subject and issuer


@requirement(EN_319_412_3, "LEG-4.2.1-2", no="subject_attribute_missing", applies=QUALIFIED, remedy=_REISSUE)
def subject_attributes_present(certificate: Certificate) -> Iterator[str]:
    """The subject has countryName, organizationName and organizationIdentifier, and a seal's has commonName.

    A missing organizationIdentifier is a finding of its own.
    """
    present = {kind for kind, _ in certificate.subject}
    needed = _SEAL_ATTRIBUTES if "eseal" in certificate.qc.types else _WEB_ATTRIBUTES
    if not needed <= present:
        missing = needed - present - {ORGANIZATION_IDENTIFIER}
        if missing:
            yield "no " + ", ".join(sorted(_ATTRIBUTE_NAMES[kind] for kind in missing))


@requirement(
    EN_319_412_3, "LEG-4.2.1-3", no="organization_identifiers_contradict", group="certificate", rank=Rank.UNTRUSTED,
    remedy="Have the certificate issued again with one organizationIdentifier.",
)  # fmt: skip
def one_organization_identifier(certificate: Certificate) -> Iterator[str]:
    """The subject has one organizationIdentifier and no second."""
    if len(certificate.organization_identifiers) > 1:
        yield ", ".join(repr(identifier.text) for identifier in certificate.organization_identifiers[:4])


@requirement(EN_319_412_3, "LEG-4.2.1-3", no="subject_attribute_repeated", applies=QUALIFIED, remedy=_REISSUE)
def subject_attributes_not_repeated(certificate: Certificate) -> Iterator[str]:
    """The subject has countryName, organizationName and commonName once each."""
    kinds = [kind for kind, _ in certificate.subject]
    if len(kinds) != len(set(kinds)):
        yield from (_ATTRIBUTE_NAMES[kind] for kind in (COUNTRY, ORGANIZATION, COMMON_NAME) if kinds.count(kind) > 1)


@requirement(EN_319_412_3, "LEG-4.2.1-6", no="organization_identifier_is_the_name", remedy=_REISSUE)
def organization_identifier_is_not_the_name(certificate: Certificate) -> Iterator[str]:
    """The organizationIdentifier is something else than the organisation's name."""
    for identifier in certificate.organization_identifiers:
        if identifier.text == certificate.attribute(ORGANIZATION):
            yield repr(identifier.text)


@requirement(EN_319_412_3, "LEG-4.2.1-4", no="subject_country_not_assigned", applies=QUALIFIED, remedy=_REISSUE)
def subject_country_assigned(certificate: Certificate) -> Iterator[str]:
    """The subject's countryName is an assigned country code."""
    country = certificate.attribute(COUNTRY)
    if country and country not in COUNTRIES:
        yield repr(country)


@issuance_requirement(EN_319_412_2, "GEN-4.2.3.1-2", no="issuer_attribute_missing", applies=QUALIFIED, remedy=_REISSUE)
def issuer_attributes_present(issuance: Issuance) -> Iterator[str]:
    """The issuer's name has countryName, organizationName and commonName."""
    present = {kind for kind, _ in issuance.issuer}
    if not present >= _ISSUER_ATTRIBUTES:
        yield "no " + ", ".join(sorted(_ATTRIBUTE_NAMES[kind] for kind in _ISSUER_ATTRIBUTES - present))


@issuance_requirement(EN_319_412_2, "GEN-4.2.3.1-5", no="issuer_attribute_repeated", applies=QUALIFIED, remedy=_REISSUE)
def issuer_attributes_not_repeated(issuance: Issuance) -> Iterator[str]:
    """The issuer's name has countryName, organizationName and commonName once each."""
    kinds = [kind for kind, _ in issuance.issuer]
    if len(kinds) != len(set(kinds)):
        yield from (_ATTRIBUTE_NAMES[kind] for kind in (COUNTRY, ORGANIZATION, COMMON_NAME) if kinds.count(kind) > 1)


@issuance_requirement(EN_319_412_2, "GEN-4.2.3.1-6", no="issuer_country_not_assigned", applies=QUALIFIED, remedy=_REISSUE)
def issuer_country_assigned(issuance: Issuance) -> Iterator[str]:
    """The issuer's countryName is an assigned country code."""
    for kind, text in issuance.issuer:
        if kind == COUNTRY and text not in _COUNTRIES_AND_WIDER:
            yield repr(text)


@requirement(EN_319_412_1, "LEG-5.1.4-03", no="organization_identifier_of_unknown_scheme", remedy=_REISSUE)
def organization_identifier_of_a_known_scheme(certificate: Certificate) -> Iterator[str]:
    """Under legal person semantics the organizationIdentifier begins with NTR, VAT, PSD, LEI or a national scheme."""
    if SEMANTICS_LEGAL in certificate.qc.semantics:
        for identifier in certificate.organization_identifiers:
            if identifier.text[:3] not in {"NTR", "VAT", "PSD", "LEI"} and not _NATIONAL_FORM.fullmatch(identifier.text):
                yield repr(identifier.text)


@requirement(EN_319_412_1, "LEG-5.1.4-02", no="organization_identifier_of_another_form", remedy=_REISSUE)
def organization_identifier_in_legal_form(certificate: Certificate) -> Iterator[str]:
    """Under legal person semantics the scheme is followed by a country code, a hyphen and a reference."""
    if SEMANTICS_LEGAL in certificate.qc.semantics:
        for identifier in certificate.organization_identifiers:
            if identifier.text[:3] in {"NTR", "VAT", "PSD", "LEI"} and not _LEGAL_FORM.fullmatch(identifier.text):
                yield repr(identifier.text)


@requirement(EN_319_412_1, "LEG-5.1.4-03", no="organization_identifier_country_not_allowed", remedy=_REISSUE)
def organization_identifier_country_allowed(certificate: Certificate) -> Iterator[str]:
    """Under legal person semantics the country is one the scheme allows: XG for LEI, EL and XI for VAT, ISO 3166-1 else."""
    if SEMANTICS_LEGAL in certificate.qc.semantics:
        for identifier in certificate.organization_identifiers:
            found = _LEGAL_FORM.fullmatch(identifier.text) or _NATIONAL_FORM.fullmatch(identifier.text)
            if found and not _country_allowed(found.groupdict().get("scheme") or "", found["country"]):
                yield repr(identifier.text)


def _country_allowed(scheme: str, country: str) -> bool:
    if scheme == "LEI":
        return country == "XG"
    return country in _COUNTRIES_AND_WIDER or (scheme == "VAT" and country in {"EL", "XI"})


@requirement(EN_319_412_1, "LEG-5.1.4-05", no="name_registration_authority_missing", remedy=_REISSUE)
def national_scheme_has_its_authority(certificate: Certificate) -> Iterator[str]:
    """A national scheme comes with the address of its name registration authority."""
    for identifier in certificate.organization_identifiers:
        if identifier.text[2:3] == ":" and SEMANTICS_LEGAL in certificate.qc.semantics:
            if certificate.qc.name_registration_authorities is None:
                yield f"{identifier.text!r} without nameRegistrationAuthorities"
            elif not certificate.qc.name_registration_authorities:
                yield f"{identifier.text!r} with nameRegistrationAuthorities that hold no address"


@requirement(EN_319_412_1, "LEG-5.1.6-03", no="eidas_identifier_malformed", remedy=_REISSUE)
def eidas_identifier_well_formed(certificate: Certificate) -> Iterator[str]:
    """Under eIDAS legal person semantics the organizationIdentifier has no blank and at most 256 characters."""
    if SEMANTICS_EIDAS_LEGAL in certificate.qc.semantics:
        for identifier in certificate.organization_identifiers:
            if len(identifier.text) > 256 or any(map(str.isspace, identifier.text)):
                yield repr(identifier.text)


# Statements


@issuance_requirement(EN_319_412_5, "QCS-5-01", no="qc_compliance_missing", applies=ANY - QUALIFIED, remedy=_REISSUE)
def qc_compliance_stated(issuance: Issuance) -> Iterator[str]:
    """A certificate with statements of EN 319 412-5 states that it is qualified."""
    if not issuance.qc.compliance and not _KNOWN_STATEMENTS.isdisjoint(issuance.qc.statement_oids):
        yield "no QcCompliance"


@issuance_requirement(EN_319_412_5, "QCS-5-01", no="qc_type_missing", applies=ANY - QUALIFIED, remedy=_REISSUE)
def qc_type_stated(issuance: Issuance) -> Iterator[str]:
    """A certificate that states it is qualified says for which purpose."""
    if issuance.qc.compliance and not issuance.qc.types:
        yield "no QcType"


@issuance_requirement(EN_319_412_5, "QCS-5-01", no="other_legislation_named", applies=QUALIFIED, remedy=_REISSUE)
def no_other_legislation(issuance: Issuance) -> Iterator[str]:
    """A certificate qualified in the EU names no other legislation."""
    if issuance.qc.legislation_countries:
        yield ", ".join(issuance.qc.legislation_countries[:10])


@issuance_requirement(EN_319_412_5, "4.2.3", no="several_qc_types", remedy=_REISSUE)
def one_qc_type(issuance: Issuance) -> Iterator[str]:
    """The certificate is issued for one purpose: signatures, seals or web sites."""
    if len(issuance.qc.types) > 1:
        yield ", ".join(issuance.qc.types[:6])


@issuance_requirement(EN_319_412_5, "4.2.3", no="unknown_qc_type", remedy=_REISSUE)
def qc_type_known(issuance: Issuance) -> Iterator[str]:
    """The purpose is one that the standard defines."""
    for kind in issuance.qc.types:
        if "." in kind:
            yield kind


@issuance_requirement(EN_319_412_5, "QCS-5-01", no="qscd_in_web_certificate", applies=QWAC, remedy=_REISSUE)
def no_qscd_for_web(issuance: Issuance) -> Iterator[str]:
    """A certificate for web sites does not claim a signature creation device."""
    if issuance.qc.qscd:
        yield "QcSSCD"


@issuance_requirement(EN_319_412_5, "4.2.4", no="legislation_country_not_assigned", remedy=_REISSUE)
def legislation_countries_assigned(issuance: Issuance) -> Iterator[str]:
    """The countries whose legislation is named have assigned codes."""
    for country in issuance.qc.legislation_countries:
        if country not in COUNTRIES:
            yield repr(country)


@issuance_requirement(EN_319_412_5, "QCS-4.3.4-03", no="pds_not_over_https", remedy=_REISSUE)
def pds_over_https(issuance: Issuance) -> Iterator[str]:
    """The disclosure statements are at https addresses."""
    for url, _ in issuance.qc.pds_urls:
        if not url.startswith("https://") and not url.lower().startswith("https://"):
            yield url


@issuance_requirement(EN_319_412_5, "QCS-4.3.4-01", no="pds_language_unknown", remedy=_REISSUE)
def pds_language_known(issuance: Issuance) -> Iterator[str]:
    """The disclosure statements name their language by its ISO 639-1 code."""
    for _, language in issuance.qc.pds_urls:
        if language not in LANGUAGES and language.lower() not in LANGUAGES:
            yield repr(language)


@issuance_requirement(EN_319_412_5, "4.3.3", no="retention_period_not_positive", remedy=_REISSUE)
def retention_period_positive(issuance: Issuance) -> Iterator[str]:
    """The retention period is at least a year."""
    if issuance.qc.retention_years is not None and issuance.qc.retention_years <= 0:
        yield str(issuance.qc.retention_years)[:40]


@issuance_requirement(EN_319_412_5, "QCS-4.3.2-01", no="limit_value_malformed", remedy=_REISSUE)
def limit_value_well_formed(issuance: Issuance) -> Iterator[str]:
    """A limit on transactions has a currency code and amounts that are not negative."""
    if issuance.qc.limit_value is not None:
        currency, amount, exponent = issuance.qc.limit_value
        alphabetic = len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
        if not (alphabetic or currency.isdigit()) or amount < 0 or exponent < 0:
            yield f"{currency[:20]} {str(amount)[:40]} {str(exponent)[:40]}"


@issuance_requirement(EN_319_412_5, "QCS-4.1-02A", no="qc_statement_repeated", since=EN_319_412_5_V2_6_1, remedy=_REISSUE)
def qc_statements_not_repeated(issuance: Issuance) -> Iterator[str]:
    """No statement of EN 319 412-5 is made twice."""
    made = issuance.qc.statement_oids
    if len(made) != len(set(made)):
        yield from (oid for oid in dict.fromkeys(made) if oid in _KNOWN_STATEMENTS and made.count(oid) > 1)


noted(
    "qc_statements_well_formed", "The qualified certificate statements can be read.", OUR_READING,
    words=("qc_statement_malformed",), no="qc_statement_malformed", remedy=_REISSUE,
)  # fmt: skip
noted(
    "qc_compliance_says_nothing_more", "QcCompliance is its identifier alone.", EN_319_412_5, "4.2.1",
    words=("qc_compliance_form",), no="qc_compliance_malformed", remedy=_REISSUE,
)  # fmt: skip
noted(
    "qc_sscd_says_nothing_more", "QcSSCD is its identifier alone.", EN_319_412_5, "4.2.2",
    words=("qc_sscd_form",), no="qc_sscd_malformed", remedy=_REISSUE,
)  # fmt: skip
noted(
    "qc_type_inside_its_statement", "The purpose is named inside QcType and not as a statement of its own.", EN_319_412_5, "4.2.3",
    words=("qc_type_as_statement",), no="qc_type_outside_its_statement", remedy=_REISSUE,
)  # fmt: skip
noted(
    "qc_pds_well_formed", "QcPDS is a list of addresses (IA5String) with their languages (PrintableString).", EN_319_412_5, "4.3.4",
    words=("qc_pds_form",), no="qc_pds_malformed", remedy=_REISSUE,
)  # fmt: skip
noted(
    "qc_legislation_names_a_country", "QcCClegislation names at least one country.", EN_319_412_5, "4.2.4",
    words=("qc_legislation_form",), no="qc_legislation_empty", remedy=_REISSUE,
)  # fmt: skip

# Policies


@issuance_requirement(EN_319_412_2, "GEN-4.3.3-2", no="policies_missing", applies=QUALIFIED, remedy=_REISSUE)
def policies_present(issuance: Issuance) -> Iterator[str]:
    """The certificate names its policies."""
    if CERTIFICATE_POLICIES not in issuance.extensions:
        yield "no certificatePolicies"


@issuance_requirement(EN_319_412_2, "QCS-5.2-1", no="qualified_policy_missing", applies=QUALIFIED, remedy=_REISSUE)
def qualified_policy_named(issuance: Issuance) -> Iterator[str]:
    """One of the policies is that of a qualified certificate; the PSD2 policy counts, since it builds on one."""
    if QUALIFIED_POLICIES.keys().isdisjoint(issuance.policies) and QCP_W_PSD2 not in issuance.policies and issuance.policies:
        yield ", ".join(issuance.policies[:5])


@issuance_requirement(EN_319_412_2, "QCS-5.2-1", no="several_qualified_policies", applies=QUALIFIED, remedy=_REISSUE)
def one_qualified_policy(issuance: Issuance) -> Iterator[str]:
    """Only one of the policies is that of a qualified issuance."""
    named = {policy for policy in issuance.policies if policy in QUALIFIED_POLICIES}
    if len(named) > 1:
        yield ", ".join(sorted(named))


@issuance_requirement(EN_319_412_2, "QCS-5.2-2", no="policy_of_another_type", applies=QUALIFIED, remedy=_REISSUE)
def policy_fits_qc_type(issuance: Issuance) -> Iterator[str]:
    """The qualified policy is one for the purpose the certificate states."""
    for policy in issuance.policies:
        kind = QUALIFIED_POLICIES.get(policy)
        if kind is not None and kind not in issuance.qc.types:
            yield f"{policy} is for {kind}, the certificate for {', '.join(issuance.qc.types)}"


# Where to learn more


@issuance_requirement(EN_319_412_2, "GEN-4.3.1-1", no="authority_key_id_missing", applies=QUALIFIED, remedy=_REISSUE)
def authority_key_id_present(issuance: Issuance) -> Iterator[str]:
    """The certificate names the key of its issuer."""
    if AUTHORITY_KEY_ID not in issuance.extensions:
        yield "no authorityKeyIdentifier"


@issuance_requirement(EN_319_412_2, "GEN-4.4.1-2", no="authority_info_access_missing", applies=QUALIFIED, remedy=_REISSUE)
def authority_info_access_present(issuance: Issuance) -> Iterator[str]:
    """The certificate says where its issuer can be asked."""
    if AUTHORITY_INFO_ACCESS not in issuance.extensions:
        yield "no authorityInfoAccess"


@issuance_requirement(EN_319_412_2, "GEN-4.4.1-3", no="issuer_address_missing", applies=QUALIFIED, remedy=_REISSUE)
def issuer_address_present(issuance: Issuance) -> Iterator[str]:
    """The certificate says where the issuer's certificate can be fetched."""
    if not issuance.issuer_urls and AUTHORITY_INFO_ACCESS in issuance.extensions:
        yield "no caIssuers"


@issuance_requirement(EN_319_412_2, "GEN-4.4.1-4", no="issuer_address_not_http", applies=QUALIFIED, remedy=_REISSUE)
def issuer_address_over_http(issuance: Issuance) -> Iterator[str]:
    """The issuer's certificate can be fetched over http or https."""
    if issuance.issuer_urls and not any(map(_is_http, issuance.issuer_urls)):
        yield ", ".join(issuance.issuer_urls[:3])


@issuance_requirement(EN_319_412_2, "GEN-4.3.11-2", no="no_way_to_ask_for_revocation", applies=QUALIFIED, remedy=_REISSUE)
def revocation_can_be_asked(issuance: Issuance) -> Iterator[str]:
    """The certificate names an OCSP responder or a revocation list."""
    if not issuance.ocsp_urls and CRL_DISTRIBUTION_POINTS not in issuance.extensions:
        yield "neither"


@issuance_requirement(EN_319_412_2, "GEN-4.4.1-6", no="ocsp_address_not_http", applies=QUALIFIED, remedy=_REISSUE)
def ocsp_over_http(issuance: Issuance) -> Iterator[str]:
    """The OCSP responder is asked over http or https."""
    if issuance.ocsp_urls and not any(map(_is_http, issuance.ocsp_urls)):
        yield ", ".join(issuance.ocsp_urls[:3])


@issuance_requirement(EN_319_412_2, "GEN-4.3.11-4", no="crl_address_not_http_or_ldap", applies=QUALIFIED, remedy=_REISSUE)
def crl_over_http_or_ldap(issuance: Issuance) -> Iterator[str]:
    """One of the revocation list's addresses is http or ldap."""
    if CRL_DISTRIBUTION_POINTS in issuance.extensions and not any(url[:7].lower() in {"http://", "ldap://"} for url in issuance.crl_urls):
        yield ", ".join(issuance.crl_urls[:3]) or "no address"


def _is_http(url: str) -> bool:
    return url[:8].lower().startswith(("http://", "https://"))


# Web sites and seals


@issuance_requirement(EN_319_412_4, "WEB-4.1.3-4", no="alternative_name_missing", applies=QWAC, remedy=_REISSUE)
def alternative_name_present(issuance: Issuance) -> Iterator[str]:
    """A certificate for web sites has alternative names."""
    if SUBJECT_ALT_NAME not in issuance.extensions:
        yield "no subjectAltName"


@issuance_requirement(EN_319_412_4, "WEB-4.1.3-4", no="extended_key_usage_missing", applies=QWAC, remedy=_REISSUE)
def extended_key_usage_present(issuance: Issuance) -> Iterator[str]:
    """A certificate for web sites says for which purposes its key is."""
    if issuance.extended_key_usage is None:
        yield "no extKeyUsage"


@requirement(EN_319_412_4, "WEB-4.1.4-2", no="common_name_not_among_alternative_names", applies=QWAC, remedy=_REISSUE)
def common_name_among_alternative_names(certificate: Certificate) -> Iterator[str]:
    """A domain name in commonName is one of the alternative names."""
    name = certificate.attribute(COMMON_NAME)
    if name and name not in certificate.dns_names and "." in name and " " not in name:
        known = {dns.lower() for dns in certificate.dns_names}
        if name.lower() not in known:
            yield repr(name)


@spares(
    subject_attributes_present, one_organization_identifier, subject_attributes_not_repeated, organization_identifier_is_not_the_name,
    subject_country_assigned, organization_identifier_of_a_known_scheme, organization_identifier_in_legal_form,
    organization_identifier_country_allowed, national_scheme_has_its_authority, eidas_identifier_well_formed,
    common_name_among_alternative_names,
)  # fmt: skip
def usual_subject(certificate: Certificate) -> bool:
    """Every attribute once, those of a seal among them, one number of the PSD form, and a common name that is an alternative name."""
    subject, identifiers = dict(certificate.subject), certificate.organization_identifiers
    if len(identifiers) != 1 or len(subject) != len(certificate.subject) or not subject.keys() >= _SEAL_ATTRIBUTES:
        return False
    text, common_name = identifiers[0].text, subject[COMMON_NAME]
    return (
        identifiers[0].scheme == "PSD"
        and text[3:5] in COUNTRIES
        and subject[COUNTRY] in COUNTRIES
        and text != subject[ORGANIZATION]
        and (common_name in certificate.dns_names or "." not in common_name or " " in common_name)
        and SEMANTICS_EIDAS_LEGAL not in certificate.qc.semantics
    )


@issuance_requirement(
    OUR_READING, no="client_authentication_not_allowed", applies=QWAC,
    remedy="Ask your trust service provider for a certificate with the purpose clientAuth: gateways expect it of a client.",
)  # fmt: skip
def client_authentication_allowed(issuance: Issuance) -> Iterator[str]:
    """The certificate's key may be used by a TLS client."""
    purposes = issuance.extended_key_usage
    if purposes is not None and CLIENT_AUTH not in purposes and ANY_PURPOSE not in purposes:
        yield ", ".join(purposes[:6]) or "no purpose"


@issuance_requirement(EN_319_412_2, "NAT-4.3.2-1", no="key_usage_setting_unknown", applies=QSEALC, remedy=_REISSUE)
def key_usage_setting_known(issuance: Issuance) -> Iterator[str]:
    """The key usage of a seal is one of the settings A to F."""
    if issuance.key_usage is not None and not _setting(issuance.key_usage):
        yield ", ".join(sorted(issuance.key_usage)) or "no bit"


@issuance_requirement(EN_319_412_3, "LEG-4.3.1-3", no="key_usage_not_for_commitment", applies=QSEALC, remedy=_REISSUE)
def key_usage_for_commitment(issuance: Issuance) -> Iterator[str]:
    """The key of a seal that commits to content may be used for it (settings A, B or F)."""
    if issuance.key_usage is not None and _setting(issuance.key_usage) in {"C", "D", "E"}:
        yield ", ".join(sorted(issuance.key_usage))


@issuance_requirement(EN_319_412_3, "LEG-4.3.1-4", no="key_usage_mixed", applies=QSEALC, remedy=_REISSUE)
def key_usage_for_commitment_alone(issuance: Issuance) -> Iterator[str]:
    """The key of a seal serves nothing but commitment to content (setting A)."""
    if issuance.key_usage is not None and _setting(issuance.key_usage) in {"B", "F"}:
        yield ", ".join(sorted(issuance.key_usage))


def _setting(usage: frozenset[str]) -> str:
    """The setting of EN 319 412-2 table 1 that a key usage is, or empty."""
    exchange = usage & {"keyAgreement", "keyEncipherment"}
    signing = usage & {"contentCommitment", "digitalSignature"}
    if len(exchange) > 1 or usage - exchange - signing:
        return ""
    if len(signing) == 2:
        return "F" if exchange else "B"
    if "contentCommitment" in signing:
        return "" if exchange else "A"
    if signing:
        return "D" if exchange else "C"
    return "E" if exchange else ""


# Extensions that must not be critical, and those that only certification authorities have

for _code, _title, _document, _number, _word in (
    ("policies_not_critical", "certificatePolicies is not critical.", EN_319_412_2, "GEN-4.3.3-1", "policies_critical"),
    ("alternative_name_not_critical", "subjectAltName is not critical.", EN_319_412_2, "GEN-4.3.5-1", "alternative_name_critical"),
    (
        "issuer_alternative_name_not_critical",
        "issuerAltName is not critical.",
        EN_319_412_2,
        "GEN-4.3.6-1",
        "issuer_alternative_name_critical",
    ),
    ("extended_key_usage_not_critical", "extKeyUsage is not critical.", EN_319_412_2, "GEN-4.3.10-1", "extended_key_usage_critical"),
    (
        "crl_distribution_points_not_critical",
        "cRLDistributionPoints is not critical.",
        EN_319_412_2,
        "GEN-4.3.11-5",
        "crl_distribution_points_critical",
    ),
    ("qc_statements_not_critical", "qcStatements is not critical.", EN_319_412_5, "QCS-4.1-02", "qc_statements_critical"),
    ("no_policy_mappings", "The certificate maps no policies.", EN_319_412_2, "GEN-4.3.4-1", "policy_mappings_present"),
    ("no_name_constraints", "The certificate constrains no names.", EN_319_412_2, "GEN-4.3.8-1", "name_constraints_present"),
    ("no_policy_constraints", "The certificate constrains no policies.", EN_319_412_2, "GEN-4.3.9-1", "policy_constraints_present"),
    ("no_inhibit_any_policy", "The certificate inhibits no policy.", EN_319_412_2, "GEN-4.3.12-1", "inhibit_any_policy_present"),
):
    noted(
        _code, _title, _document, _number, words=(_word,), no=_word, applies=QUALIFIED if _code.startswith("no_") else ANY, remedy=_REISSUE
    )
