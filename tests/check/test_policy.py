"""Policies: every code has its consequence in each, ages are those of the rules, and what is not named is the worst it can be."""

from datetime import timedelta
from importlib import import_module
from importlib.resources import files

import pytest

from obdirectory.check.policy import Policy, load_policies, read_policy
from obdirectory.core.errors import InvalidInput
from obdirectory.core.finding import REQUIREMENTS, Finding
from obdirectory.core.payment_services import PaymentService

for declaring in ("obdirectory.check.requirements", "obdirectory.trust.assess", "obdirectory.trust.profile"):
    import_module(declaring)

POLICIES = load_policies()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Unknown is never a yes: these alone may be told apart from a gap, each because something else carries the yes.
MAY_BE_UNKNOWN = {
    ("revocation_known", "revocation_unknown", "eba"),  # soft revocation
    ("revocation_answer_recent", "revocation_too_old", "eba"),
    ("right_in_country", "passport_cannot_be_told", "eba"),  # eba asks the home authorisation alone
    ("right_in_country", "passport_cannot_be_told", "lenient"),  # a missing passport is a warning there
    ("right_observed_then", "right_first_seen_later", "lenient"),  # the authorisation is dated, its rights are not
    ("right_observed_then", "right_first_seen_later", "eba"),
}


def source(name: str) -> bytes:
    return files("obdirectory.check").joinpath("policies", f"{name}.toml").read_bytes()


def test_three_policies_are_shipped() -> None:
    assert set(POLICIES) == {"strict", "lenient", "eba"}
    assert len({policy.sha256 for policy in POLICIES.values()}) == 3
    assert all(policy.name == name for name, policy in POLICIES.items())


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_every_code_declared_anywhere_has_its_consequence(policy: Policy) -> None:
    missing = [
        (code, met)
        for code, requirement in REQUIREMENTS.items()
        for met in {reason.met for reason in requirement.reasons}
        if code not in policy.consequences or getattr(policy.consequences[code], met) is None
    ]
    assert missing == []


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_no_policy_names_a_code_or_reason_that_nobody_declares(policy: Policy) -> None:
    assert set(policy.consequences) - set(REQUIREMENTS) == set()
    for code, consequence in policy.consequences.items():
        assert set(consequence.reasons) <= {reason.word for reason in REQUIREMENTS[code].reasons}
        mets = {reason.met for reason in REQUIREMENTS[code].reasons}
        assert {name for name in ("no", "unknown") if getattr(consequence, name) is not None} == mets, code


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_unknown_is_never_a_yes(policy: Policy) -> None:
    """What cannot be told is a gap, but for a certificate's profile, which tells of form alone, and the exceptions named above."""
    opened = {
        (code, reason.word, policy.name)
        for code, requirement in REQUIREMENTS.items()
        if requirement.group != "profile"
        for reason in requirement.reasons
        if reason.met == "unknown" and policy.consequence(requirement.unknown("", reason=reason.word)) in {"warn", "info"}
    }
    assert opened <= MAY_BE_UNKNOWN


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_form_that_leaves_identity_unequivocal_is_never_more_than_a_warning(policy: Policy) -> None:
    lint = [code for code, requirement in REQUIREMENTS.items() if requirement.group == "profile"]
    assert len(lint) > 50
    for code in (*lint, "registered_name_shown", "found_by_authorisation_number"):
        consequence = policy.consequences[code]
        assert {consequence.no, consequence.unknown, *consequence.reasons.values()} <= {"warn", "info", None}, code


@pytest.mark.parametrize(
    ("name", "service", "fine", "warn"),
    [
        ("strict", "pis", 26 * HOUR, 72 * HOUR), ("strict", "cbpii", 26 * HOUR, 72 * HOUR), ("strict", "ais", 26 * HOUR, 7 * DAY),
        ("strict", "any", 26 * HOUR, 7 * DAY), ("lenient", "pis", 72 * HOUR, 14 * DAY), ("lenient", "ais", 72 * HOUR, 14 * DAY),
        ("eba", "pis", 72 * HOUR, 14 * DAY), ("eba", "any", 72 * HOUR, 14 * DAY),
    ],
)  # fmt: skip
def test_age_of_registers(name: str, service: str, fine: timedelta, warn: timedelta) -> None:
    limits = POLICIES[name].limits[PaymentService(service)]
    assert limits.source_age("payment") == limits.source_age("credit") == (fine, warn)
    assert limits.source_age("curated") == (92 * DAY, 366 * DAY)


@pytest.mark.parametrize(
    ("name", "service", "reuse", "stretch", "overdue"),
    [
        ("strict", "pis", HOUR, DAY, 3 * DAY), ("strict", "ais", 4 * HOUR, DAY, 3 * DAY), ("lenient", "pis", DAY, 3 * DAY, 30 * DAY),
        ("eba", "ais", DAY, 3 * DAY, 30 * DAY),
    ],
)  # fmt: skip
def test_age_of_answers_and_lists(name: str, service: str, reuse: timedelta, stretch: timedelta, overdue: timedelta) -> None:
    limits = POLICIES[name].limits[PaymentService(service)]
    assert (limits.revocation_reuse, limits.revocation_stretch, limits.list_overdue_warn) == (reuse, stretch, overdue)


def test_a_verdict_is_kept_a_quarter_of_an_hour_for_payments_and_an_hour_for_accounts() -> None:
    for policy in POLICIES.values():
        kept = {service.value: limits.valid_for // timedelta(minutes=1) for service, limits in policy.limits.items()}
        assert kept == {"pis": 15, "cbpii": 15, "vop": 15, "ais": 60, "any": 60}


def test_a_code_no_policy_names_is_the_worst_it_can_be() -> None:
    strict = POLICIES["strict"]
    assert strict.consequence(Finding("new_requirement", "no", "word")) == "refuse"
    assert strict.consequence(Finding("new_requirement", "unknown", "word")) == "gap"
    assert strict.consequence(Finding("role_in_certificate", "unknown", "word")) == "gap"  # named, but not for unknown
    assert strict.consequence(Finding("new_requirement", "yes")) == strict.consequence(Finding("new_requirement", "not_applicable")) == ""
    assert strict.judged(Finding("new_requirement", "yes")) == Finding("new_requirement", "yes")


def test_the_digest_is_of_what_a_policy_says_and_not_of_how_it_is_written() -> None:
    text = source("strict")
    assert read_policy(b"# another comment\n\n" + text).sha256 == POLICIES["strict"].sha256
    assert read_policy(text.replace(b"register_fine_hours = 26", b"register_fine_hours = 27")).sha256 != POLICIES["strict"].sha256


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[general]", b"[general"), (b'no = "refuse"', b'no = "forgive"'), (b"register_fine_hours", b"register_good_hours"),
        (b"[services.any]", b"[services.tea]"), (b"strict", b"\xff"), (b"valid_for_minutes = 15", b'valid_for_minutes = "15"'),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(before: bytes, after: bytes) -> None:
    with pytest.raises(InvalidInput, match="not a policy"):
        read_policy(source("strict").replace(before, after, 1))


def test_a_policy_that_forgets_a_service_is_refused() -> None:
    text = source("strict")
    start = text.index(b"[services.vop]")
    with pytest.raises(InvalidInput, match="says nothing of vop"):
        read_policy(text[:start] + text[text.index(b"[consequences]") :])
