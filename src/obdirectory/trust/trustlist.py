"""A trusted list of TS 119 612, version 4, 5 or 6: from bytes to what it says, or to the word why it does not count. Pure.

``open_list`` reads what a file claims, so that files can be put in order; ``verify_list`` returns only what an announced signer signed.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from obdirectory.core.errors import InvalidInput
from obdirectory.core.instants import parse_instant
from obdirectory.trust.index import TrustService
from obdirectory.trust.listsignature import ClaimedSignature, claimed_signature, verify_signature
from obdirectory.trust.services import read_services
from obdirectory.trust.xmlread import ADDITIONAL, TSL, Element, Refused, decode_base64, parse_document, text_of

LIST_OF_LISTS_TYPE: Final = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists"
NATIONAL_TYPE: Final = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric"
XML_LIST: Final = "application/vnd.etsi.tsl+xml"
VERSIONS: Final = frozenset({4, 5, 6})
LIST_OF_LISTS: Final = "EU"

_TERRITORY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class ListHeader:
    """What a list says of itself; in an ``OpenedList`` it is a claim, in a ``ReadList`` it was signed."""

    territory: str  # as the list writes it: EL, UK, EU
    version: int
    sequence: int
    issued_at: datetime
    next_update_at: datetime | None  # None: the scheme is closed
    is_list_of_lists: bool


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the list of lists says another list is, and who may sign it."""

    territory: str
    location: str
    mime_type: str
    list_type: str
    signers: tuple[bytes, ...]  # DER, whole certificates

    @property
    def is_xml(self) -> bool:
        """The list for machines; the others point to the same list for people to read."""
        return self.mime_type == XML_LIST or (not self.mime_type and not self.location.lower().endswith(".pdf"))


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list whose signature verified: only signed content is in here."""

    header: ListHeader
    sha256: str  # of the file
    signer_der: bytes
    information_uris: tuple[str, ...]
    pointers: tuple[Pointer, ...]
    services: tuple[TrustService, ...]

    @property
    def web_services(self) -> int:
        """How many services may now issue qualified certificates for web sites."""
        return sum(
            service.intervals[0].status == "granted"
            and service.intervals[0].type == "CA/QC"
            and "ForWebSiteAuthentication" in service.intervals[0].additional
            for service in self.services
        )

    def signers_of(self, territory: str) -> frozenset[bytes]:
        """Every certificate that this list announces for the XML list of a territory."""
        return frozenset(der for pointer in self.pointers if pointer.territory == territory and pointer.is_xml for der in pointer.signers)


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A file that has the form of a signed list; nothing in it is to be believed yet."""

    content: bytes
    header: ListHeader
    information_uris: tuple[str, ...]
    signature: ClaimedSignature | Refused


def open_list(content: bytes) -> OpenedList | Refused:
    """Read what a file claims to be, so that files can be put in order and asked for their signer; verifies nothing."""
    root = parse_document(content)
    if isinstance(root, Refused):
        return root
    header = _header(root)
    if isinstance(header, Refused):
        return header
    return OpenedList(content, header, _information_uris(root), claimed_signature(root))


def verify_list(opened: OpenedList, signers: Collection[bytes]) -> ReadList | Refused:
    """The signed content of a list, if one of ``signers`` signed it and its structure is that of its version.

    Clause: our reading (signers are compared as whole certificates, as the list of lists announces them).
    """
    if isinstance(opened.signature, Refused):
        return opened.signature
    signed = verify_signature(opened.content, opened.signature, signers, issued_at=opened.header.issued_at)
    if isinstance(signed, Refused):
        return signed
    header = _header(signed.root)
    if isinstance(header, Refused):
        return header
    if header != opened.header:
        return Refused("altered_after_signing", "what was signed says another territory, number or date than the file")
    sha256 = hashlib.sha256(opened.content).hexdigest()
    services = read_services(signed.root, territory=header.territory, version=header.version, list_sha256=sha256)
    if isinstance(services, Refused):
        return services
    pointers = _pointers(signed.root)
    if header.is_list_of_lists and not pointers:
        return Refused("no_pointers", "a list of lists that points to no list")
    return ReadList(header, sha256, signed.signer_der, _information_uris(signed.root), pointers, services)


def signers_by_digest(opened: OpenedList, digests: Collection[str]) -> frozenset[bytes]:
    """The certificates a list carries whose SHA-256 is among ``digests``: named by digest, compared whole."""
    if isinstance(opened.signature, Refused):
        return frozenset()
    return frozenset(der for der in opened.signature.certificates if hashlib.sha256(der).hexdigest() in digests)


def _header(root: Element) -> ListHeader | Refused:
    if root.tag != f"{TSL}TrustServiceStatusList":
        return Refused("not_a_trusted_list", "the document is no trusted list")
    scheme = root.find(f"{TSL}SchemeInformation")
    if scheme is None:
        return Refused("no_scheme_information", "the list says nothing of its scheme")
    version, sequence = (_number(scheme, name) for name in ("TSLVersionIdentifier", "TSLSequenceNumber"))
    if version not in VERSIONS:
        return Refused(
            "unknown_version", f"version {text_of(scheme.find(f'{TSL}TSLVersionIdentifier')) or 'missing'}: versions 4, 5 and 6 are read"
        )
    if sequence is None:
        return Refused("no_sequence_number", "the list has no sequence number")
    territory = text_of(scheme.find(f"{TSL}SchemeTerritory")).upper()
    if not _TERRITORY.fullmatch(territory):
        return Refused("no_territory", "the list does not say whose territory it is for")
    list_type = text_of(scheme.find(f"{TSL}TSLType"))
    if list_type not in {LIST_OF_LISTS_TYPE, NATIONAL_TYPE} or (list_type == LIST_OF_LISTS_TYPE) != (territory == LIST_OF_LISTS):
        return Refused("unknown_list_type", f"type {list_type or 'missing'} for territory {territory}")
    issued_at = _instant(scheme.find(f"{TSL}ListIssueDateTime"))
    if issued_at is None:
        return Refused("no_issue_date", "the list does not say when it was issued")
    next_update = scheme.find(f"{TSL}NextUpdate/{TSL}dateTime")
    next_update_at = _instant(next_update)
    if next_update is not None and next_update_at is None:
        return Refused("no_next_update", "the instant of the next update cannot be read")
    return ListHeader(territory, version, sequence, issued_at, next_update_at, list_type == LIST_OF_LISTS_TYPE)


def _number(scheme: Element, name: str) -> int | None:
    text = text_of(scheme.find(f"{TSL}{name}"))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _instant(element: Element | None) -> datetime | None:
    try:
        return parse_instant(text_of(element))
    except InvalidInput:
        return None


def _information_uris(root: Element) -> tuple[str, ...]:
    return tuple(text for uri in root.iterfind(f"{TSL}SchemeInformation/{TSL}SchemeInformationURI/{TSL}URI") if (text := text_of(uri)))


def _pointers(root: Element) -> tuple[Pointer, ...]:
    found: list[Pointer] = []
    for element in root.iterfind(f"{TSL}SchemeInformation/{TSL}PointersToOtherTSL/{TSL}OtherTSLPointer"):
        certificates = element.iterfind(f"{TSL}ServiceDigitalIdentities/{TSL}ServiceDigitalIdentity/{TSL}DigitalId/{TSL}X509Certificate")
        information = f"{TSL}AdditionalInformation/{TSL}OtherInformation"
        found.append(
            Pointer(
                text_of(element.find(f"{information}/{TSL}SchemeTerritory")).upper(),
                text_of(element.find(f"{TSL}TSLLocation")),
                text_of(element.find(f"{information}/{ADDITIONAL}MimeType")),
                text_of(element.find(f"{information}/{TSL}TSLType")),
                tuple(dict.fromkeys(der for certificate in certificates if (der := decode_base64(certificate.text)))),
            )
        )
    return tuple(found)
