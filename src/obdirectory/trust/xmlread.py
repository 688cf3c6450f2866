"""XML of strangers parsed within bounds, without document type, entity or network; and the names that a trusted list uses."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the library has no other name for it

MAX_LIST_BYTES: Final = 64 * 1024 * 1024
MAX_ATTRIBUTES: Final = 64
MAX_NAMESPACE_DECLARATIONS: Final = 3_000
"""Of one element, and of a whole list: writing a list in its canonical form costs the square of these, and no list has a tenth of them."""

TSL: Final = "{http://uri.etsi.org/02231/v2#}"
ADDITIONAL: Final = "{http://uri.etsi.org/02231/v2/additionaltypes#}"
QUALIFICATIONS: Final = "{http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#}"
XADES: Final = "{http://uri.etsi.org/01903/v1.3.2#}"
DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"

_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file does not count: one word for programs, one sentence for people."""

    reason: str
    message: str


def new_parser() -> etree.XMLParser:
    """A parser that resolves no entity, loads no document type, calls nobody and keeps to the library's limits of depth and length."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, collect_ids=False)


def parse_document(content: bytes) -> Element | Refused:
    """The root element of a document in UTF-8, or why it is none."""
    if not content.strip():
        return Refused("empty_file", "the file is empty")
    if len(content) > MAX_LIST_BYTES:
        return Refused("too_large", f"{len(content)} bytes: a list may have {MAX_LIST_BYTES}")
    if _HTML.match(content[:4096]):
        return Refused("html_page", "a web page was served in place of the list")
    if b"<!DOCTYPE" in content:
        return Refused("document_type_declared", "the document declares a document type; a trusted list has none")
    if content.count(b"xmlns") > MAX_NAMESPACE_DECLARATIONS:
        return Refused("too_complex", f"more than {MAX_NAMESPACE_DECLARATIONS} namespace declarations")
    try:
        root = etree.fromstring(content, new_parser())
    except etree.XMLSyntaxError as error:
        if "depth" in str(error).lower():
            return Refused("too_deep", "elements are nested deeper than a trusted list ever is")
        return Refused("not_well_formed", f"the XML cannot be read: {error}")
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.externalDTD is not None or next(root.iter(etree.Entity), None) is not None:
        return Refused("document_type_declared", "the document declares a document type or an entity; a trusted list has none")
    if (document.encoding or "UTF-8").upper() not in {"UTF-8", "US-ASCII", "ASCII"}:
        return Refused("encoding_not_utf8", f"encoded as {document.encoding}; a trusted list is written in UTF-8")
    if max(len(element.attrib) for element in root.iter("*")) > MAX_ATTRIBUTES:
        return Refused("too_complex", f"an element has more than {MAX_ATTRIBUTES} attributes")
    return root


def text_of(element: Element | None) -> str:
    """The element's text, runs of white space as one blank; empty when the element is absent."""
    return "" if element is None else " ".join((element.text or "").split())


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def elements(parent: Element) -> Iterator[Element]:
    """The child elements, comments and processing instructions left out."""
    return parent.iterchildren("*")


def decode_base64(text: str | None) -> bytes:
    """Bytes written in base64 with white space anywhere; empty when they cannot be read."""
    try:
        return binascii.a2b_base64("".join((text or "").split()), strict_mode=True)
    except (ValueError, binascii.Error):
        return b""
