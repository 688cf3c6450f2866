"""Makes signed trusted lists and lists of lists of TS 119 612, versions 4 to 6, for the make-believe world and for tests.

Every part can be set, wrong ones included: ``alter`` changes the tree before it is signed, ``sign`` signs any tree.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.xades.xades import XAdESSigner

from obdirectory.core.instants import print_instant
from obdirectory.sandbox.issuing import Issuer
from obdirectory.trust.xmlread import Element

TSL = "http://uri.etsi.org/02231/v2#"
TSLX = "http://uri.etsi.org/02231/v2/additionaltypes#"
SIE = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

_SINCE = datetime(2016, 7, 1, tzinfo=UTC)
_TYPES = "http://uri.etsi.org/TrstSvc/Svctype/"
_STATUSES = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
_EXTENSIONS = "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"
_LIST_TYPES = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/"
_XML_LIST = "application/vnd.etsi.tsl+xml"
_HASHES: dict[str, tuple[SignatureMethod, SignatureMethod, DigestAlgorithm]] = {
    "sha256": (SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256, DigestAlgorithm.SHA256),
    "sha384": (SignatureMethod.RSA_SHA384, SignatureMethod.ECDSA_SHA384, DigestAlgorithm.SHA384),
    "sha512": (SignatureMethod.RSA_SHA512, SignatureMethod.ECDSA_SHA512, DigestAlgorithm.SHA512),
    "sha1": (SignatureMethod.RSA_SHA1, SignatureMethod.ECDSA_SHA1, DigestAlgorithm.SHA1),
}

Alter = Callable[[Element], object]
Hash = Literal["sha256", "sha384", "sha512", "sha1"]


@dataclass(frozen=True, slots=True)
class ListedCriteria:
    """A criteria list: ``assertion`` over policy sets, key usages (bit, set or not) and nested lists."""

    assertion: str = "atLeastOne"
    policies: tuple[str, ...] = ()
    key_usage: tuple[tuple[str, bool], ...] = ()
    extended_key_usage: tuple[str, ...] = ()
    nested: tuple["ListedCriteria", ...] = ()


@dataclass(frozen=True, slots=True)
class ListedInstance:
    """What a service was from an instant on."""

    status: str = "granted"
    from_at: datetime = _SINCE
    type: str = "CA/QC"
    additional: tuple[str, ...] = ("ForWebSiteAuthentication", "ForeSeals")
    qualifications: tuple[tuple[tuple[str, ...], ListedCriteria], ...] = ()  # (qualifiers, for which certificates)
    unknown_critical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedService:
    """A trust service; ``instances`` newest first."""

    name: str
    certificates: tuple[bytes, ...]
    instances: tuple[ListedInstance, ...] = (ListedInstance(),)
    subject_key_id: bytes | None = None
    supply_points: tuple[tuple[str | None, str], ...] = ()  # (type, address)


@dataclass(frozen=True, slots=True)
class ListedProvider:
    """A trust service provider and its services."""

    name: str
    services: tuple[ListedService, ...]


@dataclass(frozen=True, slots=True)
class ListPointer:
    """Where another list is and who signs it."""

    territory: str
    location: str
    signers: tuple[bytes, ...]
    mime_type: str = _XML_LIST


def make_trusted_list(
    *,
    territory: str,
    sequence: int,
    issued_at: datetime,
    next_update_at: datetime | None,
    signer: Issuer,
    providers: Sequence[ListedProvider] = (),
    pointers: Sequence[ListPointer] = (),
    information_uris: Sequence[str] = ("https://lists.example/information",),
    version: int = 6,
    root_id: str = "list",
    reference: Literal["", "#id"] = "",
    hash_name: Hash = "sha256",
    alter: Alter | None = None,
) -> bytes:
    """A signed list as bytes; territory ``EU`` makes a list of lists. Signed under ``signer``, an RSA or EC certificate."""
    root = _list(
        territory=territory,
        sequence=sequence,
        issued_at=issued_at,
        next_update_at=next_update_at,
        providers=providers,
        pointers=pointers,
        information_uris=information_uris,
        version=version,
        root_id=root_id,
    )
    if alter:
        alter(root)
    return sign(root, signer, signed_at=issued_at, reference=f"#{root_id}" if reference else None, hash_name=hash_name)


def make_list_of_lists(
    *,
    sequence: int,
    issued_at: datetime,
    next_update_at: datetime | None,
    signer: Issuer,
    pointers: Sequence[ListPointer],
    own_signers: Sequence[bytes] = (),
    own_location: str = "https://lists.example/lotl.xml",
    information_uris: Sequence[str] = ("https://lists.example/sandbox-anchors",),
    version: int = 6,
    alter: Alter | None = None,
) -> bytes:
    """A signed list of lists that points to itself (``own_signers``, by default its signer alone) and to the national lists."""
    own = ListPointer("EU", own_location, tuple(own_signers) or (signer.der,))
    return make_trusted_list(
        territory="EU",
        sequence=sequence,
        issued_at=issued_at,
        next_update_at=next_update_at,
        signer=signer,
        pointers=(own, *pointers),
        information_uris=information_uris,
        version=version,
        alter=alter,
    )


def sign(root: Element, signer: Issuer, *, signed_at: datetime, reference: str | None = None, hash_name: Hash = "sha256") -> bytes:
    """The document with an enveloped XAdES signature as its last child."""
    rsa_method, ec_method, digest = _HASHES[hash_name]
    xades: Any = _DatedSigner(
        signed_at,
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=ec_method if isinstance(signer.key, ec.EllipticCurvePrivateKey) else rsa_method,
        digest_algorithm=digest,
    )
    signed: Element = xades.sign(root, key=signer.key, cert=[signer.certificate], reference_uri=reference, always_add_key_value=False)
    return etree.tostring(signed, xml_declaration=True, encoding="UTF-8")


class _DatedSigner(XAdESSigner):
    """Signs at an instant that is an argument."""

    def __init__(self, signed_at: datetime, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType]
        self._signed_at = signed_at

    def check_deprecated_methods(self) -> None:
        """SHA-1 is signed with on purpose, to be refused."""

    def add_signing_time(self, signed_signature_properties: Element, sig_root: Element, signing_settings: object) -> None:
        _add(signed_signature_properties, f"{{{XADES}}}SigningTime", print_instant(self._signed_at))


def _list(
    *,
    territory: str,
    sequence: int,
    issued_at: datetime,
    next_update_at: datetime | None,
    providers: Sequence[ListedProvider],
    pointers: Sequence[ListPointer],
    information_uris: Sequence[str],
    version: int,
    root_id: str,
) -> Element:
    root = etree.Element(_tsl("TrustServiceStatusList"), nsmap={None: TSL, "tslx": TSLX, "sie": SIE})
    root.set("TSLTag", "http://uri.etsi.org/19612/TSLTag")
    root.set("Id", root_id)
    scheme = _add(root, _tsl("SchemeInformation"))
    _add(scheme, _tsl("TSLVersionIdentifier"), str(version))
    _add(scheme, _tsl("TSLSequenceNumber"), str(sequence))
    _add(scheme, _tsl("TSLType"), _LIST_TYPES + ("EUlistofthelists" if territory == "EU" else "EUgeneric"))
    _names(scheme, "SchemeOperatorName", f"Make-believe scheme operator of {territory}")
    uris = _add(scheme, _tsl("SchemeInformationURI"))
    for uri in information_uris:
        _add(uris, _tsl("URI"), uri).set(LANGUAGE, "en")
    _add(scheme, _tsl("SchemeTerritory"), territory)
    if pointers:
        holder = _add(scheme, _tsl("PointersToOtherTSL"))
        for pointer in pointers:
            _pointer(holder, pointer)
    _add(scheme, _tsl("ListIssueDateTime"), print_instant(issued_at))
    next_update = _add(scheme, _tsl("NextUpdate"))
    if next_update_at is not None:
        _add(next_update, _tsl("dateTime"), print_instant(next_update_at))
    if providers:
        holder = _add(root, _tsl("TrustServiceProviderList"))
        for provider in providers:
            _provider(holder, provider)
    return root


def _pointer(parent: Element, pointer: ListPointer) -> None:
    element = _add(parent, _tsl("OtherTSLPointer"))
    identities = _add(element, _tsl("ServiceDigitalIdentities"))
    for der in pointer.signers:
        _certificate(_add(identities, _tsl("ServiceDigitalIdentity")), der)
    _add(element, _tsl("TSLLocation"), pointer.location)
    information = _add(element, _tsl("AdditionalInformation"))
    list_type = _LIST_TYPES + ("EUlistofthelists" if pointer.territory == "EU" else "EUgeneric")
    for tag, text in (
        (_tsl("TSLType"), list_type),
        (_tsl("SchemeTerritory"), pointer.territory),
        (f"{{{TSLX}}}MimeType", pointer.mime_type),
    ):
        _add(_add(information, _tsl("OtherInformation")), tag, text)


def _provider(parent: Element, provider: ListedProvider) -> None:
    element = _add(parent, _tsl("TrustServiceProvider"))
    _names(_add(element, _tsl("TSPInformation")), "TSPName", provider.name)
    services = _add(element, _tsl("TSPServices"))
    for service in provider.services:
        _service(_add(services, _tsl("TSPService")), service)


def _service(element: Element, service: ListedService) -> None:
    current, *history = service.instances
    information = _add(element, _tsl("ServiceInformation"))
    _instance(information, service, current)
    if service.supply_points:
        points = _add(information, _tsl("ServiceSupplyPoints"))
        for kind, address in service.supply_points:
            point = _add(points, _tsl("ServiceSupplyPoint"), address)
            if kind is not None:
                point.set("type", kind)
    if history:
        holder = _add(element, _tsl("ServiceHistory"))
        for instance in history:
            _instance(_add(holder, _tsl("ServiceHistoryInstance")), service, instance)


def _instance(element: Element, service: ListedService, instance: ListedInstance) -> None:
    _add(element, _tsl("ServiceTypeIdentifier"), _TYPES + instance.type)
    _names(element, "ServiceName", service.name)
    identity = _add(element, _tsl("ServiceDigitalIdentity"))
    for der in service.certificates:
        _certificate(identity, der)
    if service.subject_key_id is not None:
        _add(_add(identity, _tsl("DigitalId")), _tsl("X509SKI"), b64encode(service.subject_key_id).decode())
    _add(element, _tsl("ServiceStatus"), _STATUSES + instance.status)
    _add(element, _tsl("StatusStartingTime"), print_instant(instance.from_at))
    extensions = _add(element, _tsl("ServiceInformationExtensions"))
    for word in instance.additional:
        _add(_add(_extension(extensions), _tsl("AdditionalServiceInformation")), _tsl("URI"), _EXTENSIONS + word)
    if instance.qualifications:
        holder = _add(_extension(extensions), _sie("Qualifications"))
        for qualifiers, criteria in instance.qualifications:
            one = _add(holder, _sie("QualificationElement"))
            words = _add(one, _sie("Qualifiers"))
            for word in qualifiers:
                _add(words, _sie("Qualifier")).set("uri", _EXTENSIONS + word)
            _criteria(one, criteria)
    for word in instance.unknown_critical:
        _add(_extension(extensions), f"{{urn:example:extensions}}{word}")


def _criteria(parent: Element, criteria: ListedCriteria) -> None:
    element = _add(parent, _sie("CriteriaList"))
    element.set("assert", criteria.assertion)
    if criteria.key_usage:
        usage = _add(element, _sie("KeyUsage"))
        for bit, wanted in criteria.key_usage:
            _add(usage, _sie("KeyUsageBit"), "true" if wanted else "false").set("name", bit)
    if criteria.policies:
        _identifiers(_add(element, _sie("PolicySet")), _sie("PolicyIdentifier"), criteria.policies)
    for nested in criteria.nested:
        _criteria(element, nested)
    if criteria.extended_key_usage:
        others = _add(element, _sie("otherCriteriaList"))
        _identifiers(_add(others, f"{{{TSLX}}}ExtendedKeyUsage"), f"{{{TSLX}}}KeyPurposeId", criteria.extended_key_usage)


def _identifiers(parent: Element, tag: str, oids: Iterable[str]) -> None:
    for oid in oids:
        _add(_add(parent, tag), f"{{{XADES}}}Identifier", f"urn:oid:{oid}").set("Qualifier", "OIDAsURN")


def _extension(parent: Element) -> Element:
    element = _add(parent, _tsl("Extension"))
    element.set("Critical", "true")
    return element


def _names(parent: Element, tag: str, text: str) -> None:
    _add(_add(parent, _tsl(tag)), _tsl("Name"), text).set(LANGUAGE, "en")


def _certificate(parent: Element, der: bytes) -> None:
    _add(_add(parent, _tsl("DigitalId")), _tsl("X509Certificate"), b64encode(der).decode())


def _add(parent: Element, tag: str, text: str | None = None) -> Element:
    element = etree.SubElement(parent, tag)
    element.text = text
    return element


def _tsl(name: str) -> str:
    return f"{{{TSL}}}{name}"


def _sie(name: str) -> str:
    return f"{{{SIE}}}{name}"
