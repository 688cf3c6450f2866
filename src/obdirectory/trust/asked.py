"""What trust asks of a certificate beside its profile (``requirements``): each with its clause, its reasons, and who can mend them.

The policy files say what each means for a verdict; docs/findings explains each on a page.
"""

from obdirectory.core.finding import Rank, Reason, Requirement, declare

_REFRESH = "Run obd trust refresh; obd doctor tells which lists were refused and why."
_ASK_QTSP = "Ask the QTSP for a new certificate."

CERTIFICATE_READABLE = declare(
    "certificate_readable",
    "The bytes are one certificate that can be read.",
    group="certificate",
    rank=Rank.FORGED,
    reasons=(Reason("unreadable_certificate", "no", "tpp", "Present the certificate itself, PEM or DER, as the QTSP delivered it."),),
)

NOT_A_PRECERTIFICATE = declare(
    "not_a_precertificate",
    "It is a certificate and not the pre-certificate made for transparency logs.",
    group="certificate",
    rank=Rank.FORGED,
    clause="IETF RFC 6962 3.1",
    reasons=(Reason("precertificate", "no", "tpp", "Present the final certificate; a pre-certificate is never valid."),),
)

NOT_SELF_SIGNED = declare(
    "not_self_signed",
    "Somebody else than its holder issued the certificate.",
    group="certificate",
    rank=Rank.FORGED,
    reasons=(Reason("self_signed", "no", "tpp", "Obtain a qualified certificate from a QTSP of the trusted lists."),),
)

SIGNATURE_VERIFIED = declare(
    "signature_verified",
    "The signature verifies under a listed key.",
    group="certificate",
    rank=Rank.FORGED,
    clause="IETF RFC 5280 6.1.3",
    reasons=(
        Reason("signature_broken", "no", "tpp", "Present the certificate as the QTSP delivered it: this one was altered or made up."),
        Reason("signature_algorithm_not_allowed", "no", "qtsp", "Have it issued with RSA or ECDSA and SHA-256 or better."),
        Reason("issuer_key_not_allowed", "no", "qtsp", "The issuer's key is too weak or too odd; obtain a certificate from another CA."),
    ),
)

NOT_A_TEST_CERTIFICATE = declare(
    "not_a_test_certificate",
    "Nothing marks the certificate as made for tests.",
    group="certificate",
    rank=Rank.UNTRUSTED,
    reasons=(Reason("test_certificate", "no", "tpp", "Present your production certificate; test certificates open the sandbox alone."),),
)

ISSUER_LISTED = declare(
    "issuer_listed",
    "The issuer is in an accepted trusted list.",
    group="issuer",
    rank=Rank.UNTRUSTED,
    reasons=(
        Reason("issuer_not_listed", "no", "tpp", "Obtain a qualified certificate from a QTSP of the trusted lists."),
        Reason("trusted_list_not_loaded", "unknown", "operator", _REFRESH),
        Reason("no_trusted_list_loaded", "unknown", "operator", _REFRESH),
    ),
)

ISSUER_MAY_ISSUE = declare(
    "issuer_may_issue",
    "Every authority between the certificate and the list was entitled to issue what hangs on it.",
    group="issuer",
    rank=Rank.UNTRUSTED,
    clause="IETF RFC 5280 6.1.4",
    reasons=(
        Reason("issuer_is_no_authority", "no", "tpp", "The chain runs over a certificate that may not issue any."),
        Reason("issuer_not_in_period", "no", "qtsp", "An authority on the chain had run out; obtain a certificate from its successor."),
        Reason("issuer_extension_unknown", "no", "qtsp", "An authority's certificate has a critical extension nobody here understands."),
        Reason("path_length_exceeded", "no", "qtsp", "An authority issued below the depth its own certificate allows."),
        Reason("name_constraints_violated", "no", "qtsp", "An authority issued for a name outside its constraints."),
    ),
)

LISTED_AS_ROOT = declare(
    "listed_as_root",
    "A listed service whose key stands above the issuer's is listed as a root for qualified certificates.",
    group="issuer",
    rank=Rank.UNTRUSTED,
    reasons=(Reason("service_not_listed_as_root", "no", "qtsp", "The scheme operator should list the issuing authority itself."),),
)


def _qualification_reasons(suffix: str) -> tuple[Reason, ...]:
    return (
        Reason(f"service_not_granted{suffix}", "no", "qtsp", "The issuer's status was withdrawn; obtain a certificate from another QTSP."),
        Reason(f"no_service{suffix}", "no", "qtsp", "The issuer was not listed at that time; obtain a certificate from a listed QTSP."),
        Reason(f"service_not_for_qualified_certificates{suffix}", "no", "qtsp", "The issuer is listed for something else."),
        Reason(f"service_not_for_this_type{suffix}", "no", "qtsp", "The issuer is not listed for web site or seal certificates."),
        Reason(f"not_stated_qualified{suffix}", "no", "tpp", "Obtain a qualified certificate: this one does not say that it is."),
        Reason(f"not_qualified_by_list{suffix}", "no", "qtsp", "The trusted list says that such certificates are not qualified."),
        Reason(f"qualified_for_signatures_only{suffix}", "no", "tpp", "Obtain a certificate for web sites (QWAC) or seals (QSealC)."),
        Reason(f"qualified_under_another_law{suffix}", "no", "tpp", "Obtain a certificate qualified under the law that applies here."),
        Reason(f"services_contradict{suffix}", "unknown", "authority", "The scheme operator must resolve what its list says twice."),
        Reason(f"list_not_understood{suffix}", "unknown", "operator", "The list uses an extension or criterion that is not read yet."),
        Reason(f"several_types{suffix}", "unknown", "qtsp", "Have it re-issued with one type, or wait for the list to decide."),
    )


QUALIFIED_AT_ISSUANCE = declare(
    "qualified_at_issuance",
    "The certificate was qualified, for web sites or for seals, when it was issued.",
    group="issuer",
    rank=Rank.NOT_QUALIFIED,
    reasons=_qualification_reasons("_at_issuance"),
)

QUALIFIED_NOW = declare(
    "qualified_now",
    "The certificate is qualified, for web sites or for seals, at the instant asked about.",
    group="issuer",
    rank=Rank.NOT_QUALIFIED,
    reasons=_qualification_reasons(""),
)

LIST_CONSISTENT = declare(
    "list_consistent",
    "What the trusted list says of the certificate does not contradict itself.",
    group="issuer",
    reasons=(Reason("list_contradicts_itself", "no", "authority", "The scheme operator should correct the entry; the answer stands."),),
)

CERTIFICATE_IN_PERIOD = declare(
    "certificate_in_period",
    "The instant lies in the certificate's period, both ends included.",
    group="certificate",
    rank=Rank.NOT_IN_PERIOD,
    clause="IETF RFC 5280 4.1.2.5",
    reasons=(
        Reason("certificate_expired", "no", "tpp", "Present the certificate that replaced it."),
        Reason("certificate_not_yet_in_period", "no", "tpp", "Wait until its first instant, or correct the clock that asked."),
    ),
)

NOT_REVOKED = declare(
    "not_revoked",
    "The certificate was not revoked at the instant asked about.",
    group="revocation",
    rank=Rank.REVOKED,
    clause="IETF RFC 5280 6.3",
    reasons=(
        Reason("certificate_revoked", "no", "tpp", _ASK_QTSP),
        Reason("certificate_on_hold", "no", "tpp", "Ask the QTSP why it is suspended; it may come back."),
        Reason("issuer_revoked", "no", "qtsp", "An authority on the chain was revoked; obtain a certificate from another."),
    ),
)

REVOCATION_KNOWN = declare(
    "revocation_known",
    "An answer about the certificate's revocation is known.",
    group="revocation",
    reasons=(
        Reason("revocation_unknown", "unknown", "operator", "No CRL or OCSP answer of the issuer is here; it is fetched when possible."),
        Reason("not_known_to_responder", "unknown", "qtsp", "The issuer's responder does not know this certificate; ask the QTSP."),
    ),
)

QUALIFICATION: tuple[Requirement, Requirement] = (QUALIFIED_AT_ISSUANCE, QUALIFIED_NOW)
