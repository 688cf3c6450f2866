"""What marks a certificate as made for tests: words in names, countries kept for tests, policies kept for tests.

Clause: our reading. A word counts when it stands alone, so that ``Testbank`` is a bank; the common name of a web site is not looked at,
since real firms run ``sandbox.example.com`` under real certificates.
"""

import re
from functools import lru_cache

from obdirectory.core.visible import visible
from obdirectory.trust.certificate import Certificate
from obdirectory.trust.names import COMMON_NAME, COUNTRY, ORGANIZATION

TEST_COUNTRIES = frozenset({"XX", "XY"})
"""Codes that ISO 3166-1 leaves to users: nobody sits there."""

TEST_POLICIES = ("2.16.840.1.101.3.2.1.48.",)
"""Arcs of certificate policies that exist for tests (NIST's)."""

TEST_EXTENSION = "2.23.140.2.1"
"""The critical extension which the CA/Browser Forum keeps for test certificates."""

_ORGANIZATIONAL_UNIT = "2.5.4.11"
_WORD = re.compile(r"\b(?:test|tests|testing|fake|dummy|fictional|fictitious|sandbox|pre-?prod(?:uction)?)\b")


def made_for_tests(certificate: Certificate) -> str:
    """What marks it as made for tests, in words; empty when nothing does."""
    if mark := _issuer_mark(certificate.issuer):
        return mark
    for kind, value in certificate.subject:
        if kind in {ORGANIZATION, _ORGANIZATIONAL_UNIT} or (kind == COMMON_NAME and ("." not in value or " " in value)):
            if _says_test(value):
                return f"its holder is called {visible(value, most=80)}"
        elif kind == COUNTRY and value in TEST_COUNTRIES:
            return f"its holder's country is {value}"
    for identifier in certificate.organization_identifiers:
        if identifier.country in TEST_COUNTRIES:
            return f"its identifier is of {identifier.country}, a country kept for tests"
    for statement in certificate.psd2:
        if statement.nca_id[:2] in TEST_COUNTRIES:
            return f"its authority is {visible(statement.nca_id, most=40)}, of a country kept for tests"
    for policy in certificate.policies:
        if policy.startswith(TEST_POLICIES):
            return f"its policy {policy} is kept for tests"
    return f"it carries the extension {TEST_EXTENSION}" if TEST_EXTENSION in certificate.extensions else ""


def _says_test(text: str) -> bool:
    text = text.lower()
    # What every one of the words contains is looked for first: hardly any name has it.
    if "test" in text or "fake" in text or "dummy" in text or "fict" in text or "sandbox" in text or "prod" in text:
        return _WORD.search(text) is not None
    return False


@lru_cache(maxsize=1024)
def _issuer_mark(issuer: tuple[tuple[str, str], ...]) -> str:
    for kind, value in issuer:
        if kind in {ORGANIZATION, _ORGANIZATIONAL_UNIT, COMMON_NAME} and _says_test(value):
            return f"its issuer is called {visible(value, most=80)}"
        if kind == COUNTRY and value in TEST_COUNTRIES:
            return f"its issuer's country is {value}"
    return ""
