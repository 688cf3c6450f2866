"""Abuse by trusted lists: cases 28 to 34, through the door by which lists come in. Whatever comes, the last good list goes on counting."""

import copy
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from tests.trust.listmaker import AT, DS, ISSUED, NEXT, TSL, Scheme, bytes_of, tree

from obdirectory.platform.db import Database
from obdirectory.platform.objects import ObjectStore
from obdirectory.sandbox.lists import ListedService
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.refresh import load, refresh
from obdirectory.trust.xmlread import Element

SCHEME = Scheme()
DAY = timedelta(days=1)
GOOD = SCHEME.list_of("DE", 5)
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"


@dataclass
class Door:
    """Where lists come in, with a good list of lists and a good German list behind it already."""

    database: Database
    objects: ObjectStore
    folder: Path

    async def take(self, *contents: bytes | Path) -> list[tuple[str, str]]:
        """Bring files in a day later; outcome and reason of each, in the order of their territories and names."""
        for path in self.folder.iterdir():
            path.unlink()
        for number, content in enumerate(contents):
            path = self.folder / f"{number}.xml"
            if isinstance(content, Path):
                content.rename(path)
            else:
                path.write_bytes(content)
        rows = await refresh(
            self.database,
            self.objects,
            environment="sandbox",
            from_dir=self.folder,
            at=AT + DAY,
            now=AT + DAY,
            anchors=SCHEME.anchors,
            fetch=None,
        )
        return [(row.outcome, row.reason) for row in rows]

    async def index(self) -> TrustIndex:
        trust, _ = await load(self.database, self.objects, "sandbox", known_at=AT + 2 * DAY)
        return trust


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> Door:
    (tmp_path / "lists").mkdir()
    opened = Door(database, ObjectStore(tmp_path / "objects"), tmp_path / "lists")
    assert await opened.take(SCHEME.list_of_lists(), GOOD) == [("accepted", ""), ("accepted", "")]
    return opened


async def stands(door: Door) -> None:
    """The good list counts as before, and nothing else came in with what was refused."""
    trust = await door.index()
    assert {territory: found.sequence for territory, found in trust.loaded.items()} == {"EU": 10, "DE": 5}
    assert set(trust.services) == {(SCHEME.authority.name_der, SCHEME.authority.spki_der)}
    assert all(service.intervals[0].status == "granted" for services in trust.services.values() for service in services)


def changed(change: Callable[[Element], object], content: bytes | None = None) -> bytes:
    root = tree(content or SCHEME.list_of("DE", 6))
    change(root)
    return bytes_of(root)


def declared(doctype: str, text: str) -> bytes:
    """A list with a document type, the entity used in the name of its scheme."""
    body = changed(lambda root: setattr(next(root.iter(f"{TSL}SchemeTerritory")), "text", "DE"))
    start = body.index(b"?>") + 2
    return body[:start] + doctype.encode() + body[start:].replace(b">DE<", f">{text}<".encode(), 1)


async def test_abuse_28_an_external_entity_reads_no_file(door: Door, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of this machine")
    for doctype in (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>',
        f'<!DOCTYPE x SYSTEM "file://{secret}" [<!ENTITY e "DE">]>',
        f'<!DOCTYPE x [<!ENTITY % p SYSTEM "file://{secret}">%p;<!ENTITY e "DE">]>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]>',
        '<!DOCTYPE x PUBLIC "-//x" "http://127.0.0.1:9/x.dtd">',
    ):
        [(outcome, _)] = await door.take(declared(doctype, "&e;"))
        assert outcome == "refused"
    for path in (tmp_path / "objects").rglob("*"):
        assert not path.is_file() or b"the secret of this machine" not in path.read_bytes()
    await stands(door)


async def test_abuse_29_an_entity_bomb_costs_nothing(door: Door) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    quadratic = f'<!ENTITY q "{"x" * 100_000}">'
    deep = GOOD.replace(b"<SchemeInformation>", b"<a>" * 100_000, 1)
    many = GOOD.replace(b"<SchemeInformation>", b"<SchemeInformation " + b" ".join(b'a%d=""' % n for n in range(200_000)) + b">", 1)
    names = GOOD.replace(b"<SchemeInformation>", b"<SchemeInformation " + b" ".join(b'xmlns:a%d="u"' % n for n in range(50_000)) + b">", 1)
    nested = GOOD.replace(b"<SchemeInformation>", b"".join(b'<a xmlns:a%d="u">' % n for n in range(200)) * 100, 1)
    bombs = [
        declared(f"<!DOCTYPE x [{laughs}]>", "&l11;"),
        declared(f"<!DOCTYPE x [{quadratic}]>", "&q;" * 20_000),
        deep,
        many,
        names,
        nested,
    ]
    started = time.process_time()
    rows = await door.take(*bombs)
    assert len(rows) == len(bombs)
    assert {outcome for outcome, _ in rows} == {"refused"}
    assert time.process_time() - started < 3
    await stands(door)


def _second_root(root: Element) -> bytes:
    return bytes_of(root) + b"\n" + bytes_of(root).split(b"?>", 1)[1]


def _fake(root: Element) -> Element:
    """The list without its signature, its service withdrawn and its number raised."""
    fake = copy.deepcopy(root)
    fake.remove(fake[-1])
    next(fake.iter(f"{TSL}ServiceStatus")).text = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn"
    next(fake.iter(f"{TSL}TSLSequenceNumber")).text = "7"
    return fake


def _inside_another_of_its_name(root: Element) -> bytes:
    return _inside_another(root, "list")


def _inside_another(root: Element, identifier: str = "outer") -> bytes:
    """The signed list hidden inside a false one, to which the signature is moved."""
    outer, signature, inner = _fake(root), root[-1], copy.deepcopy(root)
    inner.remove(inner[-1])
    outer.set("Id", identifier)
    etree.SubElement(outer, f"{TSL}SchemeExtensions").append(inner)
    outer.append(signature)
    return bytes_of(outer)


def _in_the_signature(root: Element) -> bytes:
    """The signed list in an Object of the signature, which stands in a false list."""
    outer, signature, inner = _fake(root), root[-1], copy.deepcopy(root)
    inner.remove(inner[-1])
    etree.SubElement(signature, f"{DS}Object").append(inner)
    outer.append(signature)
    return bytes_of(outer)


def _signature_in_an_object(root: Element) -> bytes:
    etree.SubElement(root[-1], f"{DS}Object").append(copy.deepcopy(root[-1]))
    return bytes_of(root)


def _two_signatures(root: Element) -> bytes:
    root.append(copy.deepcopy(root[-1]))
    return bytes_of(root)


async def test_abuse_30_a_signature_wrapped_round_something_else(door: Door) -> None:
    signed = SCHEME.list_of("DE", 6)
    for wrap in (
        _second_root,
        _inside_another,
        _inside_another_of_its_name,
        _in_the_signature,
        _signature_in_an_object,
        _two_signatures,
    ):
        [(outcome, reason)] = await door.take(wrap(tree(signed)))
        assert (outcome, bool(reason)) == ("refused", True)
    await stands(door)


async def test_abuse_31_unsigned_properties_are_swapped(door: Door) -> None:
    """What the signature does not cover may say anything: it is not read. What it covers cannot be swapped."""

    def add_unsigned(root: Element) -> None:
        properties = next(root.iter(f"{XADES}QualifyingProperties"))
        unsigned = etree.SubElement(etree.SubElement(properties, f"{XADES}UnsignedProperties"), f"{XADES}UnsignedSignatureProperties")
        values = etree.SubElement(unsigned, f"{XADES}CertificateValues")
        etree.SubElement(values, f"{XADES}EncapsulatedX509Certificate").text = b64encode(SCHEME.stranger.der).decode()

    def swap_signed(root: Element) -> None:
        mine, theirs = (next(one.iter(f"{XADES}SignedProperties")) for one in (root, tree(SCHEME.list_of(signer=SCHEME.stranger))))
        parent = mine.getparent()
        assert parent is not None
        parent.replace(mine, theirs)

    def second_set(root: Element) -> None:
        properties = next(root.iter(f"{XADES}QualifyingProperties"))
        holder = properties.getparent()
        assert holder is not None
        holder.append(copy.deepcopy(next(tree(SCHEME.list_of(signer=SCHEME.stranger)).iter(f"{XADES}QualifyingProperties"))))

    [(outcome, _)] = await door.take(changed(swap_signed))
    assert outcome == "refused"
    await stands(door)
    for number, change in enumerate((add_unsigned, second_set)):
        await door.take(changed(change, SCHEME.list_of("DE", 6 + number)))
        assert set((await door.index()).services) == {(SCHEME.authority.name_der, SCHEME.authority.spki_der)}
    assert (await door.index()).loaded["DE"].sequence >= 6, "properties that say more are no fault of the list"


async def test_abuse_32_the_signer_is_not_the_one_that_is_pinned(door: Door) -> None:
    """Signed by a stranger under any disguise; and a list of lists that a stranger signs, pivots included."""

    def show_the_pinned(root: Element) -> None:
        next(root.iter(f"{DS}X509Certificate")).text = b64encode(SCHEME.national.der).decode()

    def show_both(root: Element) -> None:
        shown = next(root.iter(f"{DS}X509Certificate"))
        parent = shown.getparent()
        assert parent is not None
        etree.SubElement(parent, f"{DS}X509Certificate").text = b64encode(SCHEME.national.der).decode()

    false = SCHEME.list_of("DE", 6, signer=SCHEME.stranger, services=[ListedService("Mine", (SCHEME.stranger.der,))])
    of_lists = SCHEME.list_of_lists(11, signer=SCHEME.stranger, own_signers=(SCHEME.stranger.der,))
    disguised = [false, changed(show_the_pinned, false), changed(show_both, false), SCHEME.list_of("DE", 6, signer=SCHEME.lotl)]
    for content in (*disguised, of_lists):
        [(outcome, _)] = await door.take(content)
        assert outcome == "refused"
    assert {outcome for outcome, _ in await door.take(of_lists, false)} == {"refused"}
    assert await door.take(SCHEME.list_of_lists(11, own_signers=(SCHEME.stranger.der,)), false) == [
        ("accepted", ""),
        ("refused", "signer_not_named"),
    ]
    trust = await door.index()
    assert trust.loaded["DE"].sequence == 5


async def test_abuse_33_a_stale_list_and_a_lower_number(door: Door) -> None:
    stale = SCHEME.list_of("DE", 6, issued_at=ISSUED, next_update_at=AT - DAY)
    rolled_back = [
        SCHEME.list_of("DE", 4),
        SCHEME.list_of("DE", 4, issued_at=ISSUED + DAY),
        SCHEME.list_of("DE", 5, issued_at=ISSUED - DAY),
        SCHEME.list_of("DE", 9, issued_at=ISSUED - DAY),
    ]
    for number, content in enumerate(rolled_back):
        rows = await door.take(content)
        assert [outcome for outcome, _ in rows] == ["refused"], (number, rows)
        await stands(door)
    [(outcome, reason)] = await door.take(SCHEME.list_of_lists(9))
    assert (outcome, bool(reason)) == ("refused", True)
    assert await door.take(stale) == [("expired", "next_update_overdue")]
    trust = await door.index()
    assert trust.loaded["DE"].next_update_at == AT - DAY, "it counts, and its age is the policy's business"
    assert NEXT > AT


async def test_abuse_34_a_list_of_200_mb_is_not_read(door: Door, tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.write(GOOD[:2_000])
        file.truncate(200 * 1024 * 1024)
    before, started = resident_bytes(), time.process_time()
    [(outcome, reason)] = await door.take(huge)
    assert (outcome, reason) == ("refused", "too_large")
    assert time.process_time() - started < 1
    assert resident_bytes() - before < 64 * 1024 * 1024
    await stands(door)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
