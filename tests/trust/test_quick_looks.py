"""Quick looks spare requirements: whatever one says is in order, every requirement it spares finds in order too."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.trust.defects import DEFECTS, SOUND
from tests.trust.making import QSEALC, modulus, roca_modulus
from tests.trust.real_lists import certificates

from obdirectory.core.countries import EEA_MEMBERSHIP
from obdirectory.core.nca import BY_ID, NOT_APPLICABLE
from obdirectory.core.organization_identifier import OrganizationIdentifier
from obdirectory.core.payment_services import ROLE_NAMES
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.der import utf8
from obdirectory.trust.names import COMMON_NAME, COUNTRY, ORGANIZATION, ORGANIZATION_IDENTIFIER
from obdirectory.trust.profile import requirements
from obdirectory.trust.psd2 import Psd2Role, Psd2Statement
from obdirectory.trust.public_key import CURVES, PublicKey
from obdirectory.trust.qcstatements import SEMANTICS_EIDAS_LEGAL, SEMANTICS_LEGAL
from obdirectory.trust.requirement import RULES, SPARED

assert requirements


def read(der: bytes) -> Certificate:
    certificate = read_certificate(der)
    assert isinstance(certificate, Certificate), certificate
    return certificate


def with_exponent(key: PublicKey, exponent: int) -> PublicKey:
    return replace(key, exponent=exponent)


BASES = [read(SOUND["qwac"].der()), read(SOUND["qwac_rsa"].der()), read(QSEALC.named((COMMON_NAME, utf8("Example Pay 1.0"))).der())]
LISTED = [str(nca_id) for nca_id in BY_ID]
NCA_IDS = st.sampled_from([*LISTED, NOT_APPLICABLE, "GB-OB", "IT-ABI", "XX-BAFIN", "de-BAFIN", "DE-", "DEBAFIN", ""])
ROLES = st.sampled_from([*[Psd2Role(*pair) for pair in ROLE_NAMES.items()], Psd2Role("1.2.3", "PSP_AI"), Psd2Role("0.4.0.19495.1.3", "x")])
NAMES = st.sampled_from(["Authority", "", "Banco de España", "Банк", "x" * 256, "x" * 257, "a\nb", NOT_APPLICABLE])
STATEMENTS = st.builds(Psd2Statement, st.lists(ROLES, max_size=4).map(tuple), NAMES, NCA_IDS, st.just("standard"))
COUNTRIES = st.sampled_from([*EEA_MEMBERSHIP, "EL", "UK", "XX", "de", ""])
NUMBERS = st.sampled_from(["125314", "1 2", "", "x" * 300])
IDENTIFIERS = st.one_of(
    st.builds("PSD{}-{}".format, NCA_IDS, NUMBERS),
    st.builds("{}{}-{}".format, st.sampled_from(["VAT", "NTR", "LEI", "PSD", "ABC"]), COUNTRIES, NUMBERS),
    st.builds("{}:SE-{}".format, st.sampled_from(["EI", "x"]), NUMBERS),
)
ATTRIBUTES = st.one_of(
    st.tuples(st.just(COUNTRY), COUNTRIES),
    st.tuples(st.just(ORGANIZATION), IDENTIFIERS | st.just("Example Pay GmbH")),
    st.tuples(st.just(COMMON_NAME), st.sampled_from(["psd2.example-pay.example", "other.example", "Two words.", "word", ""])),
    st.tuples(st.just("2.5.4.11"), st.just("Unit")),
)
MODULI = [modulus(2048), modulus(3072), modulus(1024), modulus(8200), roca_modulus(), 3 * modulus(2040), 43 * modulus(2040), 0, -5]
RSA_KEYS = [PublicKey("rsa", max(number, 0).bit_length(), "", 65537, number) for number in MODULI]
EXPONENTS = st.sampled_from([65537, 3, 1, 65536, 1 << 300, -1, 65539])
KEYS = st.one_of(
    st.builds(with_exponent, st.sampled_from(RSA_KEYS), EXPONENTS),
    st.sampled_from([PublicKey("ec", bits, curve) for curve, bits in [*CURVES.values(), ("explicit", 0), ("1.2.3", 0)]]),
    st.sampled_from([PublicKey("", 0), PublicKey("1.2.840.10040.4.1", 0)]),
)


@st.composite
def changed(draw: st.DrawFn) -> Certificate:
    """A sound certificate with some of its parts changed, to sound and to odd ones."""
    base = draw(st.sampled_from(BASES))
    identifiers = draw(st.none() | st.lists(IDENTIFIERS, max_size=2))
    subject = draw(st.none() | st.lists(ATTRIBUTES, max_size=4).map(tuple))
    changes: dict[str, object] = {}
    if subject is not None:
        changes["subject"] = subject
    if identifiers is not None:
        kept = [one for one in changes.get("subject", base.subject) if one[0] != ORGANIZATION_IDENTIFIER]  # type: ignore[attr-defined]
        changes["subject"] = (*kept, *((ORGANIZATION_IDENTIFIER, text) for text in identifiers))
        changes["organization_identifiers"] = tuple(map(OrganizationIdentifier.parse, identifiers))
    for field, values in {
        "psd2": st.lists(STATEMENTS, max_size=2).map(tuple),
        "public_key": KEYS,
        "serial_number": st.sampled_from([1, 0, -1]),
        "serial_number_bytes": st.sampled_from([20, 21]),
        "not_after_at": st.just(base.not_before_at),
        "qc": st.sets(st.sampled_from([SEMANTICS_LEGAL, SEMANTICS_EIDAS_LEGAL])).map(lambda said: replace(base.qc, semantics=tuple(said))),
    }.items():
        if draw(st.booleans()):
            changes[field] = draw(values)
    return replace(base, **changes)


def overlooked(certificate: Certificate) -> list[str]:
    """Requirements that a quick look spared and that would have found something."""
    return [
        look.__name__
        for quick, looks in SPARED.items()
        if quick(certificate)
        for look in looks
        if [*look(certificate)]  # type: ignore[attr-defined]
    ]


@given(changed())
def test_a_quick_look_spares_nothing_that_would_be_found(certificate: Certificate) -> None:
    assert overlooked(certificate) == []


def test_no_golden_certificate_slips_through() -> None:
    for drafts in (SOUND, *DEFECTS.values()):
        for draft in drafts.values():
            assert overlooked(read(draft.der())) == []


def test_no_real_certificate_slips_through(shared_data: Path) -> None:
    for real in certificates(shared_data):
        certificate = read_certificate(real.der)
        assert not isinstance(certificate, Certificate) or overlooked(certificate) == []


@pytest.mark.parametrize("certificate", BASES)
def test_a_usual_certificate_is_spared_everything(certificate: Certificate) -> None:
    assert all(quick(certificate) for quick in SPARED)


def test_quick_looks_spare_each_requirement_once() -> None:
    looks = [look for spared in SPARED.values() for look in spared]
    assert len(looks) == len(set(looks))
    assert set(looks) == {rule.look for rule in RULES if rule.look is not None}
