"""The requirements the check itself looks at, declared with their clause, the words they give as reasons, and who can mend them.

What trust looks at is declared in ``trust``. The policy files say what each of these means, ``docs/findings`` explains each on a page.
"""

from obdirectory.core.finding import Rank, Reason, declare

_RTS_34_2 = "Reg. (EU) 2018/389 art. 34(2)"
_RTS_34_3 = "Reg. (EU) 2018/389 art. 34(3)(a)"

# The state of our own evidence.

EVIDENCE_CURRENT = declare(
    "evidence_current",
    "What is decided on is what is known now, not the last known good.",
    group="decision",
    reasons=(
        Reason(
            "last_known_good_in_use",
            "no",
            "operator",
            "Bring back what is away (database, network); checks are answered from the last known good evidence meanwhile.",
        ),
    ),
)

REGISTER_LOADED = declare(
    "register_loaded",
    "A register that covers the authority named in the certificate has been accepted.",
    group="register",
    reasons=(
        Reason("no_register_loaded", "unknown", "operator", "Run obd collect for the registers of your countries, eu_eba first."),
        Reason("register_of_authority_not_loaded", "unknown", "operator", "Collect a register that covers this authority."),
    ),
)

# How old the evidence is.

TRUSTED_LIST_IN_TIME = declare(
    "trusted_list_in_time",
    "The list of lists and the list of the issuer's territory are not past their next update.",
    group="issuer",
    reasons=(
        Reason(
            "trusted_list_overdue", "no", "operator", "Refresh the trusted lists; if none newer is published, the scheme operator is late."
        ),
        Reason("trusted_list_too_old", "unknown", "operator", "Refresh the trusted lists; nothing is permitted on one this long overdue."),
    ),
)

REGISTER_RECENT = declare(
    "register_recent",
    "The register this rests on is recent enough for the payment service.",
    group="register",
    reasons=(
        Reason("register_ageing", "no", "operator", "Collect the register again; look why its last collections were not accepted."),
        Reason("register_too_old", "unknown", "operator", "Collect the register again; what it says may have changed since."),
    ),
)

REVOCATION_ANSWER_RECENT = declare(
    "revocation_answer_recent",
    "The revocation answer this rests on may still be used.",
    group="revocation",
    reasons=(
        Reason("revocation_stale", "no", "qtsp", "The issuer's responder gave no newer answer; the last good one is used a little longer."),
        Reason(
            "revocation_too_old", "unknown", "qtsp", "Ask again once the issuer's responder or its newest revocation list can be reached."
        ),
    ),
)

# Whom the certificate speaks for.

CERTIFICATE_OF_THIS_JURISDICTION = declare(
    "certificate_of_this_jurisdiction",
    "The certificate's jurisdiction is that of the account.",
    group="certificate",
    rank=Rank.UNTRUSTED,
    reasons=(
        Reason(
            "certificate_not_valid_in_this_jurisdiction",
            "no",
            "tpp",
            "Present an eIDAS certificate of an EEA authorisation for EEA accounts, and what the other country's rules ask for its own.",
        ),
    ),
)

NUMBER_OF_A_REAL_AUTHORITY = declare(
    "number_of_a_real_authority",
    "The certificate names a country that exists, not one reserved for tests.",
    group="certificate",
    rank=Rank.UNTRUSTED,
    reasons=(Reason("test_number", "no", "tpp", "Present your production certificate; test certificates open the sandbox alone."),),
)

HOLDER_IDENTIFIED = declare(
    "holder_identified",
    "The certificate names a competent authority we know and a number it assigned.",
    group="certificate",
    rank=Rank.NOT_FOUND,
    clause=_RTS_34_2,
    reasons=(
        Reason(
            "no_authorisation_number", "no", "tpp", "Present a certificate that carries your authorisation number (organizationIdentifier)."
        ),
        Reason(
            "authority_unknown",
            "unknown",
            "qtsp",
            "The authority named is in no list we know; the issuer should name it as the EBA list does.",
        ),
    ),
)

SUPERVISED_BY_AN_AUTHORITY = declare(
    "supervised_by_an_authority",
    "A certificate for a supervised role names the authority that supervises it.",
    group="certificate",
    rank=Rank.NOT_FOUND,
    reasons=(
        Reason("no_authority_for_a_supervised_role", "no", "qtsp", "A supervised role needs the authority's name; have it re-issued."),
        Reason("no_competent_authority", "unknown", "operator", "Central and public bodies are granted access by a curated entry alone."),
    ),
)

# Found in a register.

FOUND_IN_REGISTER = declare(
    "found_in_register",
    "The number is in a register of the authority named.",
    group="register",
    rank=Rank.NOT_FOUND,
    clause=_RTS_34_2,
    reasons=(
        Reason("not_found_in_any_register", "no", "tpp", "Check the number in your certificate against your authority's register."),
        Reason(
            "may_be_a_credit_institution",
            "unknown",
            "operator",
            "Load the credit institutions of this authority, or add a curated entry: payment registers do not list banks.",
        ),
        Reason(
            "register_cannot_show_absence", "unknown", "operator", "Collect the register again: an old or partial one cannot show absence."
        ),
        Reason(
            "no_match_without_psd_number",
            "unknown",
            "qtsp",
            "The identifier is not of the PSD form and matches no firm; have it re-issued.",
        ),
    ),
)

NUMBER_UNAMBIGUOUS = declare(
    "number_unambiguous",
    "The number means one firm.",
    group="register",
    rank=Rank.CONFLICT,
    reasons=(
        Reason("ambiguous_number", "unknown", "operator", "Several firms answer to this number; a person must record which is meant."),
    ),
)

NUMBER_NOT_AN_AGENTS = declare(
    "number_not_an_agents",
    "The number is the firm's own authorisation, not an agent's registration.",
    group="register",
    rank=Rank.NOT_FOUND,
    reasons=(Reason("agents_have_no_own_authorisation", "no", "tpp", "An agent presents the certificate of its principal."),),
)

FOUND_BY_AUTHORISATION_NUMBER = declare(
    "found_by_authorisation_number",
    "The firm was found by its authorisation number and not by another identifier.",
    group="register",
    reasons=(
        Reason(
            "found_by_company_number", "no", "qtsp", "Have the next certificate issued with the PSD form of the organizationIdentifier."
        ),
        Reason("found_by_lei", "no", "qtsp", "Have the next certificate issued with the PSD form of the organizationIdentifier."),
    ),
)

LICENCE_OF_THE_NAMED_AUTHORITY = declare(
    "licence_of_the_named_authority",
    "What the firm may do rests on licences of the authority its certificate names.",
    group="register",
    reasons=(
        Reason(
            "licence_of_another_authority_not_counted",
            "no",
            "tpp",
            "Present the certificate that carries the number of the authority that granted this right.",
        ),
    ),
)

REGISTERED_NAME_SHOWN = declare(
    "registered_name_shown",
    "The certificate shows the name under which the firm is registered.",
    group="register",
    reasons=(
        Reason("presented_under_another_name", "no", "tpp", "Nothing to mend: brands and former names are normal; the number decides."),
    ),
)

# Status of the authorisation.

AUTHORISATION_IN_FORCE = declare(
    "authorisation_in_force",
    "The firm is authorised or registered at the instant asked about.",
    group="register",
    rank=Rank.WITHDRAWN,
    clause=_RTS_34_2,
    reasons=(
        Reason("authorisation_withdrawn", "no", "authority", "The authority withdrew it; only the authority can grant a new one."),
        Reason("authorisation_not_yet_in_force", "no", "authority", "Ask again from the day the authorisation begins."),
        Reason("authorisation_replaced", "no", "tpp", "Present the certificate of the successor named."),
        Reason(
            "authorisation_dates_unreadable",
            "unknown",
            "authority",
            "The register gives no readable date; the authority should correct it.",
        ),
    ),
)

AUTHORISATION_STILL_LISTED = declare(
    "authorisation_still_listed",
    "The firm's row is in the newest accepted register.",
    group="register",
    reasons=(
        Reason("register_row_missing", "no", "authority", "The row has gone without a withdrawal; ask the authority whether it was meant."),
        Reason(
            "register_row_missing_too_long", "unknown", "authority", "Ask the authority: the row is gone and no withdrawal was published."
        ),
    ),
)

NOT_SUSPENDED = declare(
    "not_suspended",
    "No suspension by an authority covers this payment service in this country.",
    group="register",
    rank=Rank.SUSPENDED,
    reasons=(Reason("suspended", "no", "authority", "The authority must lift the suspension."),),
)

NOT_RESTRICTED = declare(
    "not_restricted",
    "No restriction by an authority covers this payment service in this country.",
    group="register",
    rank=Rank.SUSPENDED,
    reasons=(
        Reason("restricted", "no", "authority", "The authority must lift the restriction."),
        Reason("restricted_in_words", "no", "operator", "A person must read the restriction and record its scope."),
    ),
)

NO_END_ANNOUNCED = declare(
    "no_end_announced",
    "No end of the authorisation has been announced.",
    group="register",
    reasons=(Reason("authorisation_ending", "no", "authority", "Prepare for the day named; from then on it is withdrawn."),),
)

NO_WARNING_PUBLISHED = declare(
    "no_warning_published",
    "No authority has published a warning about the firm.",
    group="register",
    reasons=(Reason("warning_published", "no", "operator", "Read the authority's warning; a block is the bank's own decision."),),
)

SOURCES_AGREE = declare(
    "sources_agree",
    "Every complete source that covers the authority says the same of the right asked for.",
    group="register",
    rank=Rank.CONFLICT,
    reasons=(
        Reason("sources_disagree", "unknown", "authority", "The authority must bring its registers into agreement; a case is opened."),
    ),
)

# Roles and rights.

ROLE_IN_CERTIFICATE = declare(
    "role_in_certificate",
    "The certificate carries the PSP role that opens the payment service.",
    group="role",
    rank=Rank.ROLE_IN_CERTIFICATE,
    clause=_RTS_34_3,
    reasons=(
        Reason("role_not_in_certificate", "no", "tpp", "Ask your QTSP for a certificate with this role, if your authorisation covers it."),
    ),
)

RIGHT_IN_REGISTER = declare(
    "right_in_register",
    "The register grants the firm the payment service.",
    group="role",
    rank=Rank.RIGHT_IN_REGISTER,
    clause=_RTS_34_2,
    reasons=(
        Reason("right_not_in_register", "no", "tpp", "Have your authorisation extended, or the register corrected, by your authority."),
        Reason(
            "registered_for_account_information_only",
            "no",
            "tpp",
            "An account information service provider may read accounts; anything else needs an authorisation as payment institution.",
        ),
        Reason(
            "excluded_from_authorisation", "no", "tpp", "A firm under an exclusion holds no authorisation; apply for one to act as TPP."
        ),
        Reason(
            "right_cannot_be_told",
            "unknown",
            "operator",
            "Collect the register again: an old or partial one cannot show that a right is absent.",
        ),
        Reason(
            "service_not_possible_for_type",
            "unknown",
            "authority",
            "This kind of firm cannot hold the service listed; the register must be corrected.",
        ),
    ),
)

RIGHT_OBSERVED_THEN = declare(
    "right_observed_then",
    "The right was seen in the register at the instant asked about or before.",
    group="role",
    reasons=(
        Reason(
            "right_first_seen_later", "unknown", "operator", "Load a register of that time: registers give rights no date of their own."
        ),
    ),
)

SERVICE_CODE_DIVIDED = declare(
    "service_code_divided",
    "The register says which part of payment service 5 is meant.",
    group="role",
    reasons=(
        Reason(
            "undivided_service_code", "no", "authority", "The register lists service 5 undivided; read as issuing of payment instruments."
        ),
    ),
)

RIGHT_IN_COUNTRY = declare(
    "right_in_country",
    "The right reaches the country where the account is held.",
    group="passport",
    rank=Rank.PASSPORT,
    reasons=(
        Reason(
            "not_passported", "no", "tpp", "Notify your home authority of services in this country; the register shows it when it is done."
        ),
        Reason("home_country_only", "no", "tpp", "This kind of firm may act in its home country alone."),
        Reason(
            "passport_cannot_be_told",
            "unknown",
            "operator",
            "Collect the register again: an old or partial one cannot show that a passport is absent.",
        ),
    ),
)

CRD_NOTIFICATION_SEEN = declare(
    "crd_notification_seen",
    "The credit institution's notification for this country can be seen in a public register.",
    group="passport",
    clause=_RTS_34_2,
    reasons=(
        Reason(
            "crd_notification_not_public",
            "no",
            "authority",
            "Nothing to mend: notifications of credit institutions are public in no one place.",
        ),
    ),
)

# Verification of payee.

QWAC_FOR_PAYEE_VERIFICATION = declare(
    "qwac_for_payee_verification",
    "Verification of payee is asked with a qualified website authentication certificate.",
    group="certificate",
    rank=Rank.NOT_QUALIFIED,
    reasons=(Reason("qwac_needed", "no", "tpp", "Present a qualified website authentication certificate."),),
)

IN_SCHEME_DIRECTORY = declare(
    "in_scheme_directory",
    "The number is that of a participant in the scheme's directory.",
    group="register",
    rank=Rank.NOT_FOUND,
    reasons=(
        Reason(
            "scheme_directory_not_loaded", "unknown", "operator", "No directory of the scheme is loaded, so participation cannot be told."
        ),
    ),
)
