"""A small make-believe scheme for tests: a list-of-lists signer, national signers, authorities, and the lists they sign."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from obdirectory.sandbox.issuing import Issuer, make_ca
from obdirectory.sandbox.lists import (
    ListedInstance,
    ListedProvider,
    ListedService,
    ListPointer,
    make_list_of_lists,
    make_trusted_list,
)
from obdirectory.trust.anchors import Anchors, sandbox_anchors
from obdirectory.trust.candidates import Candidate
from obdirectory.trust.trustlist import open_list
from obdirectory.trust.xmlread import Element

ISSUED = datetime(2026, 6, 1, tzinfo=UTC)
NEXT = datetime(2026, 12, 1, tzinfo=UTC)
AT = datetime(2026, 7, 1, tzinfo=UTC)
TSL = "{http://uri.etsi.org/02231/v2#}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


@dataclass(frozen=True)
class Scheme:
    """Who signs what; the addresses are of no real host."""

    lotl: Issuer = field(default_factory=lambda: make_ca(common_name="List of lists signer"))
    national: Issuer = field(default_factory=lambda: make_ca(common_name="National signer"))
    authority: Issuer = field(default_factory=lambda: make_ca(common_name="Issuing authority"))
    stranger: Issuer = field(default_factory=lambda: make_ca(common_name="Stranger"))

    @property
    def anchors(self) -> Anchors:
        return sandbox_anchors([self.lotl.der])

    def list_of_lists(
        self,
        sequence: int = 10,
        *,
        issued_at: datetime = ISSUED,
        next_update_at: datetime | None = NEXT,
        signer: Issuer | None = None,
        own_signers: Sequence[bytes] = (),
        pointers: Sequence[ListPointer] | None = None,
        information_uris: Sequence[str] = ("https://lists.example/sandbox-anchors",),
    ) -> bytes:
        """A list of lists that announces the national signer for DE and FR."""
        signer = signer or self.lotl
        named = [ListPointer(territory, f"https://lists.example/{territory}.xml", (self.national.der,)) for territory in ("DE", "FR")]
        return make_list_of_lists(
            sequence=sequence,
            issued_at=issued_at,
            next_update_at=next_update_at,
            signer=signer,
            own_signers=own_signers,
            pointers=named if pointers is None else pointers,
            information_uris=information_uris,
        )

    def list_of(
        self,
        territory: str = "DE",
        sequence: int = 5,
        *,
        issued_at: datetime = ISSUED,
        next_update_at: datetime | None = NEXT,
        signer: Issuer | None = None,
        services: Sequence[ListedService] | None = None,
        version: int = 6,
        alter: Callable[[Element], object] | None = None,
    ) -> bytes:
        """A national list with one provider."""
        listed = [ListedService("Issuing service", (self.authority.der,), (ListedInstance(),))] if services is None else services
        return make_trusted_list(
            territory=territory,
            sequence=sequence,
            issued_at=issued_at,
            next_update_at=next_update_at,
            signer=signer or self.national,
            providers=[ListedProvider("Example provider", tuple(listed))],
            version=version,
            alter=alter,
        )


def candidate(content: bytes, address: str = "list.xml") -> Candidate:
    """A file as a refresh sees it after archiving."""
    import hashlib

    return Candidate(address, hashlib.sha256(content).hexdigest(), open_list(content))


def remove(path: str) -> Callable[[Element], None]:
    """An alteration that takes the first element of that name out."""

    def alter(root: Element) -> None:
        found = next(root.iter(f"{TSL}{path}"))
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)

    return alter


def write(path: str, text: str) -> Callable[[Element], None]:
    """An alteration that gives the first element of that name another text."""

    def alter(root: Element) -> None:
        next(root.iter(f"{TSL}{path}")).text = text

    return alter


def tree(content: bytes) -> Element:
    """The document as a tree to be tampered with after signing."""
    return etree.fromstring(content)


def bytes_of(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
