"""Requirements on a certificate: each broken by a golden file, agreeing with files others named after their defects, and with pkilint."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from pkilint import etsi, loader
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate as pkilint_certificate
from pkilint.validation import ValidatorContainer
from tests.trust.defects import DEFECTS, SOUND
from tests.trust.golden_certificates import AT, FOLDER, describe, expected_files
from tests.trust.making import OBWAC, QSEALC, QWAC, WEB, Draft

from obdirectory.core.visible import visible
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.profile import profile_findings, profile_of
from obdirectory.trust.psd2 import psd2_statement
from obdirectory.trust.requirement import RULES

ROOT = FOLDER.parents[2]


def broken(draft_or_der: Draft | bytes, at: datetime = AT) -> dict[str, str]:
    """Code -> reason of what is not met or cannot be told."""
    certificate = read_certificate(draft_or_der.der() if isinstance(draft_or_der, Draft) else draft_or_der)
    assert isinstance(certificate, Certificate), certificate.why
    return {one.code: one.reason for one in profile_findings(certificate, at=at) if one.met in {"no", "unknown"}}


def test_every_requirement_is_broken_by_a_golden_certificate() -> None:
    assert {rule.requirement.code for rule in RULES} == set(DEFECTS)
    assert all(DEFECTS.values())


def test_golden_folder_holds_what_is_expected_and_nothing_else() -> None:
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == set(expected_files())


@pytest.mark.parametrize("path", sorted(expected_files()), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden_certificate_is_read_as_written_down(path: Path) -> None:
    der = expected_files()[path]
    assert json.loads(path.read_text()) == json.loads(json.dumps(describe(der)))
    codes = set(broken(der))
    assert codes == set() if path.parent.name == "sound" else path.parent.name in codes


@pytest.mark.parametrize("module", ["codes", "key", "psd2", "qualified", "structure"])
def test_findings_come_in_one_order_whichever_module_is_imported_first(module: str) -> None:
    """A verdict made in another process must be the same byte for byte."""
    script = (
        f"import obdirectory.trust.requirements.{module}, obdirectory.trust.requirement as r; print([x.requirement.code for x in r.RULES])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}, cwd=ROOT)
    assert shown.stdout.strip() == str([rule.requirement.code for rule in RULES])


def test_sound_certificates_of_a_kind_share_one_tuple() -> None:
    """Whoever judges findings may remember what the sound ones mean."""
    first, second = (read_certificate(SOUND[name].der()) for name in ("qwac", "qwac_lei"))
    assert isinstance(first, Certificate)
    assert isinstance(second, Certificate)
    assert profile_findings(first, at=AT) is profile_findings(second, at=AT)


def test_every_requirement_is_looked_at_in_every_profile() -> None:
    for draft in (QWAC, QSEALC, OBWAC, QWAC.stating(WEB)):
        certificate = read_certificate(draft.der())
        assert isinstance(certificate, Certificate)
        assert [one.code for one in profile_findings(certificate, at=AT)] == [rule.requirement.code for rule in RULES]


def test_messages_show_hidden_characters() -> None:
    for defects in DEFECTS.values():
        for draft in defects.values():
            certificate = read_certificate(draft.der())
            assert isinstance(certificate, Certificate)
            for one in profile_findings(certificate, at=AT):
                assert one.message == visible(one.message, most=5_000)
                assert len(one.message) < 2_000


def test_what_a_later_edition_requires_is_not_asked_of_an_earlier_instant() -> None:
    """TS 119 495 v1.8.1 of April 2026 introduced PSP_CB and the value NA."""
    draft = DEFECTS["nca_id_na_for_unsupervised"]["public_authority"]
    assert "nca_id_na_for_unsupervised" in broken(draft, AT)
    assert "nca_id_na_for_unsupervised" not in broken(draft, datetime(2026, 3, 31, tzinfo=UTC))


def test_what_is_remembered_of_an_issuer_does_not_reach_another_certificate() -> None:
    """The issuer's part is judged once and remembered by its value; the holder's is judged every time."""
    assert broken(QWAC) == {}
    assert set(broken(QWAC.identified("ABCDE-1"))) == {"organization_identifier_of_a_known_scheme"}
    assert set(broken(DEFECTS["client_authentication_allowed"]["server_only"])) == {"client_authentication_allowed"}
    assert broken(QWAC) == {}


@pytest.mark.parametrize(
    ("draft", "profile"),
    [
        (QWAC, "qwac"),
        (QSEALC, "qsealc"),
        (OBWAC, "obwac"),
        (DEFECTS["qc_type_stated"]["no_type"], "other"),
        (DEFECTS["one_qc_type"]["web_and_seal"], "qwac"),
        (DEFECTS["psd2_statement_present"]["no_statements_at_all"], "other"),
    ],
)
def test_profile_follows_the_statements(draft: Draft, profile: str) -> None:
    certificate = read_certificate(draft.der())
    assert isinstance(certificate, Certificate)
    assert profile_of(certificate) == profile


def test_authorities_known_under_two_names_agree() -> None:
    """PL-KNF is PL-PFSA, an underscore is a hyphen, and the UK scheme writes PSDGB-OB beside GB-FCA."""
    for number, nca_id in (("PSDPL-PFSA-1", "PL-KNF"), ("PSDDE-BAFIN-1", "DE_BAFIN"), ("PSDGB-OB-1", "GB-FCA")):
        statement = psd2_statement(("PSP_AI",), "Authority", nca_id)
        assert "identifiers_name_one_authority" not in broken(QWAC.identified(number).stating(WEB, statement))


def test_authorities_of_two_countries_disagree() -> None:
    """IE and IS share the abbreviation CBI."""
    statement = psd2_statement(("PSP_AI",), "Central Bank of Iceland", "IS-CBI")
    assert broken(QWAC.identified("PSDIE-CBI-1").stating(WEB, statement)) == {"identifiers_name_one_authority": "authorities_disagree"}


def test_documentation_lists_every_requirement_with_its_clause() -> None:
    page = (ROOT / "docs" / "requirements.md").read_text()
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    listed = {row[0].strip("| `"): (row[1], row[2].strip() or None) for row in rows}
    assert listed == {rule.requirement.code: (rule.requirement.title, rule.requirement.clause) for rule in RULES}


# Files that others made, each with one defect that its name tells


EXPECTED_OF_NAME: dict[str, set[str]] = {
    "WrongEncodingCert01": {"psd2_strings_are_utf8"},
    "02Psd2ExtInvNcaId": {"nca_id_well_formed"},
    "06Psd2ExtWrongNcaId": {"nca_id_well_formed"},
    "07MissingRoleName": {"psd2_statement_well_formed"},
    "08NcaNameMissing": {"psd2_statement_well_formed"},
    "09NcaNameZeroLength": {"nca_name_is_plain_text"},
    "10RoleNameMissing": {"psd2_statement_well_formed"},
    "11RoleNameZeroLength": {"psd2_role_names_match"},
    "12NcaIdInconsistent": {"identifiers_name_one_authority"},
    "13Psd2ExtNcaIdZeroLength": {"nca_id_well_formed"},
    "16RoleIdAndNameInconsistent": {"psd2_role_names_match"},
    "18Psd2ExtNcaIdInvalid": {"nca_id_well_formed"},
    "22NcaNameWrongStringType": {"psd2_strings_are_utf8"},
    "23Psd2ExtNcaIdWrongStringType": {"psd2_strings_are_utf8"},
    "24RoleNameIllegalChars": {"psd2_strings_are_utf8"},
    "27RoleNameNull": {"psd2_statement_well_formed"},
    "28NcaNameIa5Str": {"psd2_strings_are_utf8"},
    "29subjOrgIdMissing": {"organization_identifier_present"},
    "33LegalPersonSyntaxViolated": {"organization_identifier_of_a_known_scheme"},
    "35MalformedOrgId": {"organization_identifier_in_psd_form"},
    "36MalformedOrgId": {"organization_identifier_in_psd_form"},
    "38NcaIdLowerCase": {"nca_id_well_formed"},
    "42OrgIdInvalid": {"organization_identifier_in_legal_form"},
    "43LeiNotXg": {"organization_identifier_country_allowed"},
    "45LegalPersonSyntaxViolated": {"organization_identifier_of_a_known_scheme"},
    "46InvalidOrgIdNtr": {"organization_identifier_in_legal_form"},
    "47MissingUri": {"national_scheme_has_its_authority"},
}
"""The defect that a file's name tells -> the requirement that must be broken. Names with ``Valid`` tell that there is none."""

ALSO_BROKEN: dict[str, set[str]] = {
    # The author's NCAId is DE-BAFINANCE while the organizationIdentifier names DE-BAFIN: not the same, and no authority we know.
    "06Psd2ExtWrongNcaId": {"identifiers_name_one_authority"},
    # The file also has the authority in lower case.
    "07MissingRoleName": {"nca_id_well_formed", "psd2_roles_present"},
    # What is left of nCAName and nCAId is one string, read as the name: the identifier is then empty.
    "08NcaNameMissing": {"nca_id_well_formed"},
    # An entry that is no role leaves the statement without any.
    "10RoleNameMissing": {"psd2_roles_present"},
    "27RoleNameNull": {"psd2_roles_present"},
    # The file's NCAId is DE alone.
    "11RoleNameZeroLength": {"nca_id_well_formed"},
    # The file's NCAId is DE-B: one letter is too short.
    "12NcaIdInconsistent": {"nca_id_well_formed"},
    # A lower-case country breaks both the PSD form and the form of legal person identifiers.
    "36MalformedOrgId": {"organization_identifier_in_legal_form"},
    # The same lower-case authority stands in the organizationIdentifier.
    "38NcaIdLowerCase": {"organization_identifier_in_psd_form"},
}

EXPECTED_OF_MUTATED: dict[str, set[str]] = {
    "badurl": {"pds_over_https"},
    "iso639": {"pds_language_known"},
    "semantics_info_nra_missing": {"national_scheme_has_its_authority"},
    "semantics_info_nra_uri_missing": {"national_scheme_has_its_authority"},
    "nca_id_badstructure": {"nca_id_well_formed"},
    # Germany's and Spain's authorities have accents in their names, and so may an invented one: Latin letters, accented or not.
    "nca_name_not_latin": set(),
    "nca_id_badiso": {"nca_country_assigned", "identifiers_name_one_authority"},
    "nca_id_invalidid": {"nca_id_well_formed"},
    "psp_invalid_role": {"psd2_role_names_match"},
    "psp_not_unspecified": {"psd2_role_names_match"},
    "psp_role_mismatch": {"psd2_role_names_match"},
    "psp_invalid_oid": {"psd2_role_names_match", "psd2_roles_known"},
    # Browser root programmes limit the validity and forbid a state in a VAT number without legal person semantics: no PSD2 rule does.
    "validity_period_too_long": set(),
    "validity_period_too_long_with_psd2_policy": set(),
    "subject_orgid_vat_with_state": set(),
}


def _rows(shared_data: Path, cls: str) -> list[tuple[str, bytes]]:
    folder = shared_data / "trust"
    with (folder / "certs.csv").open() as file:
        return [(Path(row["path"]).stem, (folder / row["file"]).read_bytes()) for row in csv.DictReader(file) if row["cls"] == cls]


def test_findings_agree_with_the_defect_a_file_is_named_after(shared_data: Path) -> None:
    for stem, der in _rows(shared_data, "lint-synthetic"):
        name = stem.removeprefix("QcStmtPsd2Cert").removeprefix("QcStmtEtsiPsd2")
        expected = set[str]() if "Valid" in name else EXPECTED_OF_NAME[name]
        assert set(broken(der)) == expected | ALSO_BROKEN.get(name, set()), name


def test_findings_agree_with_the_field_that_was_edited(shared_data: Path) -> None:
    for stem, der in _rows(shared_data, "production-mutated"):
        assert set(broken(der)) == EXPECTED_OF_MUTATED[stem], stem


def test_production_certificates_break_nothing(shared_data: Path) -> None:
    for stem, der in _rows(shared_data, "production"):
        certificate = read_certificate(der)
        assert isinstance(certificate, Certificate)
        assert broken(der, certificate.not_before_at + timedelta(days=30)) == {}, stem


# pkilint as oracle, where it looks at the same thing

PKILINT_TO_OURS: dict[str, set[str]] = {
    "etsi.ts_119_495.gen-5.2.2-1.roles_of_psp_empty": {"psd2_roles_present"},
    "etsi.ts_119_495.gen-5.2-2.invalid_psp_role": {"psd2_role_names_match"},
    "etsi.ts_119_495.gen-5.2-2.invalid_psp_oid": {"psd2_roles_known"},
    "etsi.ts_119_495.gen-5.2.2-5.psp_role_mismatch": {"psd2_role_names_match"},
    "etsi.ts_119_495.gen-5.2.3-1.nca_name_non_latin": {"nca_name_is_plain_text"},
    "etsi.ts_119_495.gen-5.2.3-2.invalid_structure": {"nca_id_well_formed"},
    "etsi.ts_119_495.gen-5.2.3-2.invalid_ca_identifier": {"nca_id_well_formed"},
    "etsi.ts_119_495.gen-5.2.3-2.invalid_iso_country": {"nca_country_assigned", "nca_id_well_formed"},
    "etsi.en_319_412_1.leg-5.1.4-02.invalid_format": {"organization_identifier_in_legal_form", "organization_identifier_of_a_known_scheme"},
    "etsi.en_319_412_1.leg-5.1.4-03.invalid_scheme": {"organization_identifier_of_a_known_scheme"},
    "etsi.en_319_412_1.leg-5.1.4-03.invalid_country": {"organization_identifier_country_allowed", "organization_identifier_in_legal_form"},
    "etsi.en_319_412_1.leg-5.1.4-05.national_id_scheme_name_registration_authorities_missing": {"national_scheme_has_its_authority"},
    "etsi.en_319_412_1.leg-5.1.4-05.national_id_scheme_name_registration_authorities_uri_missing": {"national_scheme_has_its_authority"},
    "etsi.en_319_412_1.leg-5.1.6-03.eidas_legal_person_identifier_whitespace_present": {"eidas_identifier_well_formed"},
    "etsi.en_319_412_1.leg-5.1.6-03.eidas_legal_person_identifier_too_long": {"eidas_identifier_well_formed"},
    "etsi.en_319_412_5.gen-4.3.4.url_scheme_not_https": {"pds_over_https"},
    "etsi.en_319_412_5.gen-4.3.4.iso_language_code_invalid": {"pds_language_known"},
    "etsi.en_319_412_5.gen-4.3.3.retention_period_years_not_positive": {"retention_period_positive"},
    "etsi.en_319_412_5.gen-4.3.2.amount_negative": {"limit_value_well_formed"},
    "etsi.en_319_412_5.gen-4.2.4.iso_country_code_invalid": {"legislation_countries_assigned"},
    "etsi.en_319_412_5.gen-4.2.4.iso_country_code_list_empty": {"qc_legislation_names_a_country"},
    "etsi.en_319_412_5.qcs-4.1-02.qcstatements_extension_is_critical": {"qc_statements_not_critical"},
    "etsi.en_319_412_3.leg-4.2.1-6.organization_id_and_organization_name_attribute_values_equal": {
        "organization_identifier_is_not_the_name"
    },
    "ts_119_312.8.4.rsa_small_modulus": {"rsa_key_long_enough"},
    "ts_119_312.6.2.2.1.rsa_exponent_of_range": {"rsa_exponent_in_range"},
    "etsi.en_319_412_2.gen-4.2.5-1.discouraged_public_key_type": {"key_type_recommended", "rsa_key_parameters_null"},
    "etsi.en_319_412_2.gen-4.2.2-1.discouraged_signature_algorithm": {"signature_algorithm_recommended"},
    "pkix.certificate_serial_number_out_of_range": {"serial_number_positive", "serial_number_within_20_octets"},
    "pkix.certificate_negative_validity_period": {"validity_in_order"},
    "pkix.duplicate_extension": {"extensions_not_repeated"},
    "pkix.certificate_signature_algorithm_mismatch": {"signature_algorithms_agree"},
    "pkix.no_ku_bits_set": {"key_usage_filled"},
    "pkix.duplicate_certificate_policy_oids": {"policies_not_repeated"},
    "pkix.authority_key_identifier_critical": {"authority_key_id_not_critical"},
    "pkix.subject_key_identifier_critical": {"subject_key_id_not_critical"},
    "pkix.authority_information_access_extension_critical": {"authority_info_access_not_critical"},
    "pkix.ee_certificate_keycertsign_keyusage_set": {"certificates_signed_only_by_authorities"},
    "pkix.basic_constraints_has_pathlen_for_non_ca": {"path_length_only_with_ca"},
    "pkix.key_usage_value_prohibited_for_ec": {"key_usage_fits_key"},
}
"""What pkilint says -> those of ours of which at least one must be broken then too."""

PKILINT_SEES_MORE: dict[str, set[str]] = {
    # It asks for ASCII; the standard for the Latin alphabet, to which accented letters belong.
    "etsi.ts_119_495.gen-5.2.3-1.nca_name_non_latin": {"nca_name_not_latin", "QcStmtEtsiPsd2ValidCert01", "qwac_accented_name"},
    # It does not know the roles of version 1.8.1.
    "etsi.ts_119_495.gen-5.2-2.invalid_psp_oid": {
        "qwac_central_bank", "nca_name_na_for_unsupervised/central_bank", "nca_id_na_for_unsupervised/public_authority"
    },
    # NA is the identifier of those whom no authority supervises since that version; for others it is a finding of its own.
    "etsi.ts_119_495.gen-5.2.3-2.invalid_structure": {
        "qwac_central_bank", "nca_name_na_for_unsupervised/central_bank", "nca_id_na_only_for_unsupervised/account_information"
    },
    # Of an extension that comes twice we read the first; that it is repeated is refused.
    "pkix.ee_certificate_keycertsign_keyusage_set": {"extensions_not_repeated/key_usage_twice"},
}  # fmt: skip


def _pkilint(der: bytes) -> set[str] | None:
    """The codes pkilint gives, or None where it cannot decode the certificate and looks no further."""
    try:
        document = loader.RFC5280CertificateDocumentLoader().load_der_document(der, "certificate")
    except ValueError:
        return None
    results = _pkilint_validator(etsi.determine_certificate_type(document)).validate(document.root)
    return {found.finding.code for result in results for found in result.finding_descriptions}


@cache
def _pkilint_validator(kind: CertificateType) -> ValidatorContainer:
    return pkilint_certificate.create_pkix_certificate_validator_container(
        etsi.create_decoding_validators(kind), etsi.create_validators(kind)
    )


def _check_against_pkilint(name: str, der: bytes) -> int:
    """How many of pkilint's findings we share on this certificate; fails on one that we do not and cannot explain."""
    said = _pkilint(der)
    if said is None or "itu.invalid_asn1_syntax" in said:
        return 0
    ours = set(broken(der))
    shared = said & set(PKILINT_TO_OURS)
    unexplained = {code for code in shared if not PKILINT_TO_OURS[code] & ours and name not in PKILINT_SEES_MORE.get(code, set())}
    assert unexplained == set(), name
    return len(shared)


def test_pkilint_sees_nothing_in_real_certificates_that_we_overlook(shared_data: Path) -> None:
    with (shared_data / "trust" / "certs.csv").open() as file:
        rows = list(csv.DictReader(file))
    shared = sum(_check_against_pkilint(Path(row["path"]).stem, (shared_data / "trust" / row["file"]).read_bytes()) for row in rows)
    assert shared >= 20


def test_pkilint_sees_nothing_in_golden_certificates_that_we_overlook() -> None:
    shared = 0
    for path, der in expected_files().items():
        shared += _check_against_pkilint(path.stem if path.parent.name == "sound" else f"{path.parent.name}/{path.stem}", der)
    assert shared >= 25
