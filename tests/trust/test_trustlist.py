"""A trusted list says nothing until somebody announced for it has signed it, and then only what was signed."""

import copy
import csv
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from tests.trust.listmaker import DS, ISSUED, NEXT, TSL, Scheme, bytes_of, remove, tree, write

from obdirectory.sandbox.issuing import make_ca
from obdirectory.sandbox.lists import ListedCriteria, ListedInstance, ListedProvider, ListedService, make_trusted_list, sign
from obdirectory.trust.index import Criteria, ServiceInterval
from obdirectory.trust.trustlist import LIST_OF_LISTS, OpenedList, ReadList, open_list, verify_list
from obdirectory.trust.xmlread import MAX_LIST_BYTES, Element, Refused

SCHEME = Scheme()


def read(content: bytes, *, scheme: Scheme = SCHEME) -> ReadList | Refused:
    opened = open_list(content)
    return opened if isinstance(opened, Refused) else verify_list(opened, {scheme.national.der, scheme.lotl.der})


def accepted(content: bytes) -> ReadList:
    found = read(content)
    assert isinstance(found, ReadList), found
    return found


def reason(content: bytes) -> str:
    found = read(content)
    assert isinstance(found, Refused), "it was accepted"
    assert found.message
    return found.reason


# -- what a list says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [4, 5, 6])
def test_every_version_is_read(version: int) -> None:
    found = accepted(SCHEME.list_of("EL", 7, version=version))
    header = found.header
    assert (header.territory, header.version, header.sequence, header.issued_at, header.next_update_at) == ("EL", version, 7, ISSUED, NEXT)
    assert found.signer_der == SCHEME.national.der
    assert not header.is_list_of_lists
    [service] = found.services
    assert (service.provider, service.name, service.territory, service.list_sha256) == (
        "Example provider",
        "Issuing service",
        "EL",
        found.sha256,
    )
    assert (service.subject_der, service.spki_der) == (SCHEME.authority.name_der, SCHEME.authority.spki_der)


def test_a_closed_scheme_has_no_next_update() -> None:
    assert accepted(SCHEME.list_of(next_update_at=None)).header.next_update_at is None


def test_each_instance_ends_where_the_next_begins() -> None:
    days = [datetime(year, 7, 1, tzinfo=UTC) for year in (2020, 2018, 2016)]
    instances = tuple(ListedInstance(status, day) for status, day in zip(("withdrawn", "granted", "undersupervision"), days, strict=True))
    [service] = accepted(SCHEME.list_of(services=[ListedService("S", (SCHEME.authority.der,), instances)])).services
    assert [(one.status, one.from_at, one.to_at) for one in service.intervals] == [
        ("withdrawn", days[0], None),
        ("granted", days[1], days[0]),
        ("undersupervision", days[2], days[1]),
    ]


@pytest.mark.parametrize("wrong", [datetime(2021, 1, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=UTC)])
def test_a_history_that_begins_after_its_successor_never_was(wrong: datetime) -> None:
    """A withdrawn service must not come back to life because its past carries a wrong date."""
    instances = (ListedInstance("withdrawn", datetime(2020, 7, 1, tzinfo=UTC)), ListedInstance("granted", wrong))
    [service] = accepted(SCHEME.list_of(services=[ListedService("S", (SCHEME.authority.der,), instances)])).services
    assert [(one.status, one.to_at) for one in service.intervals] == [("withdrawn", None)]


def test_a_history_in_any_order_gives_the_same_intervals() -> None:
    instances = [ListedInstance("withdrawn", datetime(2020, 7, 1, tzinfo=UTC))]
    history = [ListedInstance("granted", datetime(2018, 7, 1, tzinfo=UTC)), ListedInstance("accredited", datetime(2010, 7, 1, tzinfo=UTC))]

    def intervals(order: list[ListedInstance]) -> tuple[ServiceInterval, ...]:
        return accepted(SCHEME.list_of(services=[ListedService("S", (SCHEME.authority.der,), tuple(order))])).services[0].intervals

    assert intervals([*instances, *history]) == intervals([*instances, *reversed(history)])


def test_qualifications_are_read_with_nested_criteria() -> None:
    criteria = ListedCriteria(
        "all",
        policies=("0.4.0.194112.1.4", "1.2.3"),
        key_usage=(("digitalSignature", True), ("nonRepudiation", False)),
        extended_key_usage=("1.3.6.1.5.5.7.3.1",),
        nested=(ListedCriteria("none", policies=("1.2.4",)),),
    )
    instance = ListedInstance(additional=("ForeSeals", "RootCA-QC"), qualifications=((("QCForWSA", "QCStatement"), criteria),))
    [service] = accepted(SCHEME.list_of(services=[ListedService("S", (SCHEME.authority.der,), (instance,))])).services
    [interval] = service.intervals
    [qualification] = interval.qualifications
    assert interval.additional == {"ForeSeals", "RootCA-QC"}
    assert qualification.qualifiers == {"QCForWSA", "QCStatement"}
    assert qualification.criteria == Criteria(
        "all",
        policy_sets=(frozenset({"0.4.0.194112.1.4", "1.2.3"}),),
        key_usages=((("digitalSignature", True), ("nonRepudiation", False)),),
        extended_key_usages=(frozenset({"1.3.6.1.5.5.7.3.1"}),),
        nested=(Criteria("none", policy_sets=(frozenset({"1.2.4"}),)),),
    )


def test_criteria_that_cannot_be_read_are_named() -> None:
    instance = ListedInstance(qualifications=((("NotQualified",), ListedCriteria("someday", policies=("1.2.3",))),))
    service = ListedService("S", (SCHEME.authority.der,), (instance,))
    found = accepted(SCHEME.list_of(services=[service])).services[0].intervals[0].qualifications[0].criteria
    assert found.unreadable == ("assert 'someday'",)


def test_unknown_critical_extensions_are_kept_by_name() -> None:
    service = ListedService("S", (SCHEME.authority.der,), (ListedInstance(unknown_critical=("SomethingNew",)),))
    assert accepted(SCHEME.list_of(services=[service])).services[0].intervals[0].unknown_critical == ("SomethingNew",)


def test_the_word_of_another_place_is_no_status() -> None:
    """``granted`` counts only as the scheme's own word."""
    found = accepted(SCHEME.list_of(alter=write("ServiceStatus", "https://elsewhere.example/Svcstatus/granted")))
    assert found.services[0].intervals[0].status == "https://elsewhere.example/Svcstatus/granted"


def test_a_service_may_be_known_by_its_key_identifier_alone() -> None:
    [service] = accepted(SCHEME.list_of(services=[ListedService("S", (), subject_key_id=b"\x01" * 20)])).services
    assert (service.certificates, service.subject_der, service.subject_key_id) == ((), None, b"\x01" * 20)


def test_a_list_of_lists_announces_whole_certificates() -> None:
    found = accepted(SCHEME.list_of_lists())
    assert found.header.is_list_of_lists
    assert found.signers_of("DE") == {SCHEME.national.der}
    assert found.signers_of(LIST_OF_LISTS) == {SCHEME.lotl.der}
    assert found.signers_of("IT") == frozenset()
    assert [pointer.location for pointer in found.pointers if pointer.territory == "DE"] == ["https://lists.example/DE.xml"]


# -- who signed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048", "rsa3072"])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_allowed_keys_and_hashes_verify(kind: str, hash_name: str) -> None:
    signer = make_ca(common_name=f"Signer {kind}", key=kind)
    content = make_trusted_list(
        territory="DE",
        sequence=1,
        issued_at=ISSUED,
        next_update_at=NEXT,
        signer=signer,
        hash_name=hash_name,  # pyright: ignore[reportArgumentType]
    )
    opened = open_list(content)
    assert isinstance(opened, OpenedList)
    assert isinstance(verify_list(opened, {signer.der}), ReadList)


def test_a_reference_to_the_whole_list_by_its_identifier_verifies() -> None:
    content = make_trusted_list(territory="DE", sequence=1, issued_at=ISSUED, next_update_at=NEXT, signer=SCHEME.national, reference="#id")
    assert isinstance(read(content), ReadList)


def test_sha_1_is_never_accepted() -> None:
    content = make_trusted_list(territory="DE", sequence=1, issued_at=ISSUED, next_update_at=NEXT, signer=SCHEME.national, hash_name="sha1")
    assert reason(content) == "algorithm_not_allowed"


def test_a_short_key_is_never_accepted() -> None:
    signer = make_ca(common_name="Short", key="rsa1024")
    opened = open_list(make_trusted_list(territory="DE", sequence=1, issued_at=ISSUED, next_update_at=NEXT, signer=signer))
    assert isinstance(opened, OpenedList)
    found = verify_list(opened, {signer.der})
    assert isinstance(found, Refused)
    assert found.reason == "key_not_allowed"


def test_a_signer_is_compared_as_a_whole_certificate() -> None:
    """A second certificate for the same name and key is another certificate."""
    twin = make_ca(common_name="National signer", key=SCHEME.national.key)
    assert reason(SCHEME.list_of(signer=twin)) == "signer_not_named"
    assert reason(SCHEME.list_of(signer=SCHEME.stranger)) == "signer_not_named"


def test_an_announced_certificate_beside_a_strangers_signature_helps_nothing() -> None:
    root = tree(SCHEME.list_of(signer=SCHEME.stranger))
    data = next(root.iter(f"{DS}X509Data"))
    etree.SubElement(data, f"{DS}X509Certificate").text = b64encode(SCHEME.national.der).decode()
    assert reason(bytes_of(root)) in {"signature_does_not_verify", "altered_after_signing"}
    first = next(root.iter(f"{DS}X509Certificate"))
    data.append(first)
    assert reason(bytes_of(root)) in {"signature_does_not_verify", "altered_after_signing"}


def test_the_signer_is_judged_at_the_lists_issue_date() -> None:
    past = make_ca(common_name="Past signer", not_before=datetime(2016, 1, 1, tzinfo=UTC), not_after=datetime(2026, 6, 2, tzinfo=UTC))
    later = ISSUED + timedelta(days=30)
    for issued_at, expected in (
        (ISSUED, None),
        (later, "signer_not_in_period"),
        (datetime(2015, 12, 31, tzinfo=UTC), "signer_not_in_period"),
    ):
        opened = open_list(SCHEME.list_of(signer=past, issued_at=issued_at))
        assert isinstance(opened, OpenedList)
        found = verify_list(opened, {past.der})
        assert (found.reason if isinstance(found, Refused) else None) == expected


# -- what was signed -------------------------------------------------------------------------------------------------------


def tampered(change: Callable[[Element], object]) -> bytes:
    root = tree(SCHEME.list_of())
    change(root)
    return bytes_of(root)


def _signature(root: Element) -> Element:
    return root[-1]


def _fake(root: Element) -> Element:
    """A copy of the list without signature, saying something else."""
    fake = copy.deepcopy(root)
    fake.remove(fake[-1])
    write("ServiceStatus", "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn")(fake)
    return fake


def _double(root: Element) -> None:
    root.append(copy.deepcopy(_signature(root)))


def _hide_in_object(root: Element) -> None:
    holder = etree.SubElement(_signature(root), f"{DS}Object")
    holder.append(copy.deepcopy(_signature(root)))


def _move_down(root: Element) -> None:
    root[0].append(_signature(root))


def _unsign(root: Element) -> None:
    root.remove(_signature(root))


def _drop_last_of_scheme(root: Element) -> None:
    root[0].remove(root[0][-1])


def _spoil_value(root: Element) -> None:
    next(root.iter(f"{DS}SignatureValue")).text = "AAAA"


def _empty_signed_info(root: Element) -> None:
    next(root.iter(f"{DS}SignedInfo")).clear()


def _drop(name: str) -> Callable[[Element], None]:
    def drop(root: Element) -> None:
        _signature(root).remove(next(root.iter(f"{DS}{name}")))

    return drop


def _wrap(root: Element) -> Element:
    """The signed list inside an unsigned one, the signature moved out to the new root."""
    outer = _fake(root)
    outer.set("Id", "outer")
    signature = _signature(root)
    inner = copy.deepcopy(root)
    inner.remove(inner[-1])
    etree.SubElement(outer, f"{TSL}SchemeExtensions").append(inner)
    outer.append(signature)
    return outer


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_unsign, "no_signature"),
        (_double, "more_than_one_signature"),
        (_hide_in_object, "more_than_one_signature"),
        (_move_down, "signature_misplaced"),
        (write("ServiceStatus", "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn"), "altered_after_signing"),
        (write("TSLSequenceNumber", "66"), "altered_after_signing"),
        (write("SchemeTerritory", "FR"), "altered_after_signing"),
        (_drop_last_of_scheme, "altered_after_signing"),
        (_spoil_value, "signature_does_not_verify"),
        (_empty_signed_info, "algorithm_not_allowed"),
        (_drop("SignedInfo"), "signature_malformed"),
        (_drop("KeyInfo"), "reference_not_the_list"),
    ],
)  # fmt: skip
def test_a_tampered_list_is_refused(change: Callable[[Element], object], expected: str) -> None:
    assert reason(tampered(change)) == expected


@pytest.mark.parametrize("reference", ["", "#id"])
def test_a_wrapped_signature_is_refused(reference: str) -> None:
    """Case 30: the genuine signature over the genuine list, inside a list that says something else."""
    content = _by_identifier(reference)
    assert isinstance(read(content), ReadList)
    assert reason(bytes_of(_wrap(tree(content)))) in {"reference_not_the_list", "altered_after_signing"}


def test_two_elements_with_the_lists_identifier_are_refused() -> None:
    outer = _wrap(tree(_by_identifier()))
    outer.set("Id", "list")
    assert reason(bytes_of(outer)) == "signature_does_not_verify"


def _by_identifier(reference: str = "#id") -> bytes:
    provider = ListedProvider("P", (ListedService("S", (SCHEME.authority.der,)),))
    return make_trusted_list(
        territory="DE",
        sequence=5,
        issued_at=ISSUED,
        next_update_at=NEXT,
        signer=SCHEME.national,
        providers=[provider],
        reference=reference,  # pyright: ignore[reportArgumentType]
    )


def test_the_unsigned_properties_have_no_say() -> None:
    """Case 31: what is not covered by the signature may be there, and nothing is read from it."""
    root = tree(SCHEME.list_of())
    xades = "{http://uri.etsi.org/01903/v1.3.2#}"
    properties = next(root.iter(f"{xades}QualifyingProperties"))
    unsigned = etree.SubElement(etree.SubElement(properties, f"{xades}UnsignedProperties"), f"{xades}UnsignedSignatureProperties")
    values = etree.SubElement(unsigned, f"{xades}CertificateValues")
    etree.SubElement(values, f"{xades}EncapsulatedX509Certificate").text = b64encode(SCHEME.stranger.der).decode()
    found, honest = accepted(bytes_of(root)), accepted(SCHEME.list_of())
    assert (found.header, found.signer_der) == (honest.header, SCHEME.national.der)
    assert [service.intervals for service in found.services] == [service.intervals for service in honest.services]


def test_swapped_signed_properties_are_refused() -> None:
    other = tree(SCHEME.list_of("DE", 4))
    root = tree(SCHEME.list_of("DE", 5))
    xades = "{http://uri.etsi.org/01903/v1.3.2#}"
    ours, theirs = next(root.iter(f"{xades}SignedProperties")), next(other.iter(f"{xades}SignedProperties"))
    theirs.set("Id", ours.get("Id", ""))
    parent = ours.getparent()
    assert parent is not None
    parent.replace(ours, theirs)
    next(theirs.iter(f"{xades}SigningTime")).text = "2001-01-01T00:00:00Z"
    assert reason(bytes_of(root)) == "altered_after_signing"


def test_only_what_was_signed_is_read() -> None:
    """Comments are outside the signature; they neither break it nor are they heard."""
    root = tree(SCHEME.list_of())
    for status in list(root.iter(f"{TSL}ServiceStatus")):
        text = status.text or ""
        status.text = text[:-3]
        comment = etree.Comment("not signed")
        comment.tail = text[-3:]
        status.append(comment)
    assert accepted(bytes_of(root)).services[0].intervals[0].status == "granted"


# -- what is no list -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty_file"),
        (b" \n\t ", "empty_file"),
        (b"<!DOCTYPE html>\n<html><body>Service unavailable</body></html>", "html_page"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "html_page"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "document_type_declared"),
        (b'<!DOCTYPE x SYSTEM "http://lists.example/x.dtd"><x/>', "document_type_declared"),
        (b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>', "document_type_declared"),
        (b"\x00\x01\x02binary", "not_well_formed"),
        (b"<a><b></a>", "not_well_formed"),
        (b"<a>" * 2000 + b"</a>" * 2000, "too_deep"),
        (b"{}", "not_well_formed"),
        (b"<feed/>", "not_a_trusted_list"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "encoding_not_utf8"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "encoding_not_utf8"),
        (b'<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#"/>', "no_scheme_information"),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(content: bytes, expected: str) -> None:
    assert reason(content) == expected


def test_a_document_type_hidden_by_another_encoding_is_refused() -> None:
    content = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'.encode("utf-16")
    assert reason(content) in {"document_type_declared", "encoding_not_utf8"}


def test_a_huge_list_is_refused_unparsed() -> None:
    assert reason(b"<a>" + b" " * MAX_LIST_BYTES + b"</a>") == "too_large"


@pytest.mark.parametrize(
    ("alter", "expected"),
    [
        (write("TSLVersionIdentifier", "3"), "unknown_version"),
        (write("TSLVersionIdentifier", "7"), "unknown_version"),
        (write("TSLVersionIdentifier", "five"), "unknown_version"),
        (remove("TSLVersionIdentifier"), "unknown_version"),
        (write("TSLSequenceNumber", "-1"), "no_sequence_number"),
        (write("TSLSequenceNumber", "9" * 40), "no_sequence_number"),
        (remove("TSLSequenceNumber"), "no_sequence_number"),
        (write("SchemeTerritory", "Germany"), "no_territory"),
        (remove("SchemeTerritory"), "no_territory"),
        (write("SchemeTerritory", "EU"), "unknown_list_type"),
        (write("TSLType", "https://lists.example/other"), "unknown_list_type"),
        (remove("TSLType"), "unknown_list_type"),
        (write("ListIssueDateTime", "yesterday"), "no_issue_date"),
        (remove("ListIssueDateTime"), "no_issue_date"),
        (write("dateTime", "soon"), "no_next_update"),
        (remove("SchemeInformation"), "no_scheme_information"),
        (remove("ServiceInformation"), "no_service_information"),
        (remove("ServiceStatus"), "service_incomplete"),
        (remove("ServiceTypeIdentifier"), "service_incomplete"),
        (write("StatusStartingTime", "long ago"), "service_incomplete"),
    ],
)
def test_a_wrong_structure_is_refused_though_it_is_signed(alter: Callable[[Element], None], expected: str) -> None:
    assert reason(SCHEME.list_of(alter=alter)) == expected


@pytest.mark.parametrize(
    ("version", "kind", "expected"),
    [
        (6, "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/OCSP/QC", None),
        (6, None, "supply_point_without_type"),
        (5, None, None),
        (5, "http://uri.etsi.org/TrstSvc/Svctype/Certstatus/OCSP/QC", "supply_point_with_type"),
    ],
)
def test_supply_points_are_those_of_the_version(version: int, kind: str | None, expected: str | None) -> None:
    service = ListedService("S", (SCHEME.authority.der,), supply_points=((kind, "http://ocsp.example/"),))
    found = read(SCHEME.list_of(version=version, services=[service]))
    assert (found.reason if isinstance(found, Refused) else None) == expected


def test_a_list_of_lists_that_points_nowhere_is_refused() -> None:
    def unpoint(root: Element) -> None:
        remove("PointersToOtherTSL")(root)

    root = tree(SCHEME.list_of_lists())
    root.remove(_signature(root))
    unpoint(root)
    assert reason(sign(root, SCHEME.lotl, signed_at=ISSUED)) == "no_pointers"


def test_any_byte_changed_is_refused_or_says_the_same() -> None:
    """A sample over the whole file: nothing raises, and nothing else than the signed content is ever believed."""
    content = SCHEME.list_of()
    honest = accepted(content)
    for at in range(0, len(content), 97):
        changed = content[:at] + bytes([content[at] ^ 0x01]) + content[at + 1 :]
        found = read(changed)
        if isinstance(found, ReadList):
            assert (found.header, found.signer_der) == (honest.header, honest.signer_der)
            assert [service.intervals for service in found.services] == [service.intervals for service in honest.services]


# -- real lists ------------------------------------------------------------------------------------------------------------

UNVERIFIABLE = {
    "EU_172_2017-05-16_v5.xml": "key_not_allowed",  # signed with RSA of 1,024 bits
    "PT_20_2015-03-26_v4.xml": "transform_not_allowed",  # an XPath transform
}
NEGATIVE = {
    "CZ-broken-sig": "altered_after_signing",
    "dss-tl-pivot-191-mp-no-sig": "no_signature",
    "tl-pivot-191-mp-broken-sig": "altered_after_signing",
    "tl-pivot-247-mp-broken-sig": "altered_after_signing",
    "dss-tl-pivot-247-mp-no-sig": "no_signature",
    "eu-lotl-broken-sig": "altered_after_signing",
    "lotl-test-loc-01": "signer_not_in_period",  # their signers' certificates are younger than the lists
    "lotl-test-OJ-1-pivot-01": "signer_not_in_period",
    "lotl-test-OJ-1-pivot-03": "signer_not_in_period",
    "lotl-test-OJ-2-pivot-01": "signer_not_in_period",
    "lotl-test-OJ-2-reset-pivot": "signer_not_in_period",
    "fi-v5-invalid": "supply_point_with_type",
    "fi-v5-sig-cert-v2": None,  # well made, by a signer nobody announced
    "fi-v6-no-service-information": "altered_after_signing",
    "fi-v6-no-supply-points-type": "supply_point_without_type",
    "fi-v6-sig-cert": "supply_point_without_type",
    "fi-v6": None,
    "XSW-enveloped-fake-content-misplaced": "reference_not_the_list",
    "XSW-enveloped-fake-content": "reference_not_the_list",
    "sk-tl-altered-trust-service": "altered_after_signing",
    "brexit": "altered_after_signing",
}


def _under_its_own_signer(path: Path) -> ReadList | Refused:
    opened = open_list(path.read_bytes())
    if isinstance(opened, Refused) or isinstance(opened.signature, Refused):
        return opened if isinstance(opened, Refused) else verify_list(opened, ())
    return verify_list(opened, opened.signature.certificates)


def test_real_lists_are_read_as_their_index_says(shared_data: Path) -> None:
    """Sequence, version, dates and services of 58 official lists, each under the certificate it carries."""
    with (shared_data / "trust" / "lists.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith("lists/")]
    assert rows
    for row in rows:
        path = shared_data / "trust" / row["file"]
        found = _under_its_own_signer(path)
        if path.name in UNVERIFIABLE:
            assert isinstance(found, Refused)
            assert found.reason == UNVERIFIABLE[path.name]
            continue
        assert isinstance(found, ReadList), (path.name, found)
        header = found.header
        assert (header.territory, header.version, header.sequence) == (row["territory"], int(row["version"]), int(row["seq"]))
        assert f"{header.issued_at:%Y-%m-%d}" == row["issued"]
        assert header.next_update_at is not None
        assert f"{header.next_update_at:%Y-%m-%d}" == row["nextUpdate"]
        assert (found.sha256, len(found.services), len(found.pointers)) == (row["sha256"], int(row["services"]), int(row["pointers"]))


def test_negative_lists_are_refused_even_under_their_own_signer(shared_data: Path) -> None:
    paths = sorted((shared_data / "trust" / "lists-negative").glob("*.xml"))
    assert paths
    for path in paths:
        name = path.stem.split("__")[1].rpartition("_")[0]
        found = _under_its_own_signer(path)
        assert (found.reason if isinstance(found, Refused) else None) == NEGATIVE[name], path.name
