"""Who may issue is found by issuer name and key, as the lists say it, for certificates of every make."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from tests.trust.listmaker import Scheme

from obdirectory.sandbox.issuing import make_ca
from obdirectory.sandbox.lists import ListedInstance, ListedService
from obdirectory.trust.index import AcceptedList, TrustIndex, build_index
from obdirectory.trust.listedkey import read_listed_key
from obdirectory.trust.trustlist import OpenedList, ReadList, open_list, verify_list
from obdirectory.trust.xmlread import Refused

SCHEME = Scheme()


def accepted(content: bytes) -> tuple[AcceptedList, ReadList]:
    opened = open_list(content)
    assert isinstance(opened, OpenedList)
    assert not isinstance(opened.signature, Refused)
    read = verify_list(opened, opened.signature.certificates)
    assert isinstance(read, ReadList)
    header = read.header
    found = AcceptedList(
        header.territory, header.sequence, header.version, read.sha256, header.issued_at, header.next_update_at, header.issued_at
    )
    return found, read


def index(*contents: bytes) -> TrustIndex:
    return build_index((found, read.services) for found, read in map(accepted, contents))


def test_a_service_is_found_by_issuer_name_and_key() -> None:
    found = index(SCHEME.list_of("DE"), SCHEME.list_of("FR"))
    authority = SCHEME.authority
    assert {service.territory for service in found.services[authority.name_der, authority.spki_der]} == {"DE", "FR"}
    assert found.by_subject[authority.name_der] == (authority.spki_der,)
    assert sorted(found.loaded) == ["DE", "FR"]


def test_every_certificate_of_a_service_is_a_way_to_it() -> None:
    """One key under two names, and two keys under one name, are all the service's."""
    key = SCHEME.authority.key
    renamed = make_ca(common_name="Renamed authority", key=key)
    renewed = make_ca(common_name="Issuing authority", key="p384")
    service = ListedService("S", (SCHEME.authority.der, renamed.der, renewed.der))
    found = index(SCHEME.list_of(services=[service]))
    assert len({id(found.services[one.name_der, one.spki_der][0]) for one in (SCHEME.authority, renamed, renewed)}) == 1
    assert set(found.by_subject[SCHEME.authority.name_der]) == {SCHEME.authority.spki_der, renewed.spki_der}


def test_a_service_without_certificate_is_found_by_its_key_identifier_alone() -> None:
    found = index(SCHEME.list_of(services=[ListedService("S", (), subject_key_id=b"\x07" * 20)]))
    assert [service.name for service in found.by_key_id[b"\x07" * 20]] == ["S"]
    assert found.services == {}


def test_several_services_may_share_a_key() -> None:
    services = [
        ListedService("Web", (SCHEME.authority.der,)),
        ListedService("Stamps", (SCHEME.authority.der,), (ListedInstance(type="TSA/QTST"),)),
    ]
    found = index(SCHEME.list_of(services=services))
    [names] = [[service.name for service in shared] for shared in found.services.values()]
    assert names == ["Web", "Stamps"]


def test_nothing_loaded_is_an_empty_index() -> None:
    assert build_index([]) == TrustIndex()


def test_what_is_no_certificate_gives_no_key() -> None:
    for content in (b"", b"\x30", b"\x30\x03\x02\x01\x01", SCHEME.authority.der[:80], bytes(64)):
        assert read_listed_key(content) is None


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_the_key_cut_out_is_the_key_the_library_reads(shared_data: Path) -> None:
    """For every certificate in 58 real lists; the few that the library refuses have a subject and a key all the same."""
    refused = 0
    for path in sorted((shared_data / "trust" / "lists").glob("*_20*.xml")):
        opened = open_list(path.read_bytes())
        assert isinstance(opened, OpenedList)
        if isinstance(opened.signature, Refused):
            continue
        read = verify_list(opened, opened.signature.certificates)
        for service in read.services if isinstance(read, ReadList) else ():
            for der in service.certificates:
                key = read_listed_key(der)
                assert key is not None
                try:
                    certificate = x509.load_der_x509_certificate(der)
                    subject = certificate.subject.public_bytes()
                except ValueError:
                    refused += 1
                    continue
                assert subject
                assert certificate.tbs_certificate_bytes.find(key.spki_der) > 0
                assert certificate.tbs_certificate_bytes.find(key.subject_der) > 0
                assert len(key.subject_key_id) >= 4
    assert refused >= 8


def test_intervals_of_real_lists_never_overlap(shared_data: Path) -> None:
    for name in ("PT_42_2018-06-18_v5.xml", "PT_49_2019-09-03_v5.xml", "BE_81_2026-06-15_v6.xml", "ES_88_2019-08-08_v5.xml"):
        _, read = accepted((shared_data / "trust" / "lists" / name).read_bytes())
        for service in read.services:
            newest, *older = service.intervals
            assert newest.to_at is None
            ends = newest.from_at
            for interval in older:
                assert interval.to_at == ends
                assert interval.from_at < ends
                ends = interval.from_at


def test_the_granted_web_services_are_counted(shared_data: Path) -> None:
    _, read = accepted((shared_data / "trust" / "lists" / "BE_81_2026-06-15_v6.xml").read_bytes())
    now = [service.intervals[0] for service in read.services]
    expected = [one for one in now if one.status == "granted" and one.type == "CA/QC" and "ForWebSiteAuthentication" in one.additional]
    assert read.web_services == len(expected) > 0
    assert all(one.from_at < datetime(2026, 7, 1, tzinfo=UTC) for one in expected)
