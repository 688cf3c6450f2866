"""The trust services of a list: each with its provider, its certificates, its history as intervals and its qualifications. Pure."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeAlias

from obdirectory.core.errors import InvalidInput
from obdirectory.core.instants import parse_instant
from obdirectory.trust.index import Criteria, Qualification, ServiceInterval, TrustService
from obdirectory.trust.listedkey import read_listed_key
from obdirectory.trust.xmlread import (
    ADDITIONAL,
    LANGUAGE,
    QUALIFICATIONS,
    TSL,
    XADES,
    Element,
    Refused,
    decode_base64,
    elements,
    local_name,
    text_of,
)

_STATUS_PLACES: Final = (
    "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/",
    "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/Svcstatus/",
    "http://uri.etsi.org/TrstSvc/Svcstatus/eSigDir-1999-93-EC-TrustedList/",
)
_TYPE_PLACES: Final = ("http://uri.etsi.org/TrstSvc/Svctype/",)
_EXTENSION_PLACES: Final = (
    "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/",
    "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/SvcInfoExt/",
    "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/",
)
_UNDERSTOOD: Final = frozenset({f"{TSL}ExpiredCertsRevocationInfo", f"{ADDITIONAL}TakenOverBy"})  # neither changes who may issue what
_NESTED_CRITERIA: Final = 16

_Parts: TypeAlias = dict[str, Element]
_INFORMATION, _HISTORY, _HISTORY_INSTANCE = f"{TSL}ServiceInformation", f"{TSL}ServiceHistory", f"{TSL}ServiceHistoryInstance"
_NAME, _TYPE, _STATUS, _SINCE = (f"{TSL}{word}" for word in ("ServiceName", "ServiceTypeIdentifier", "ServiceStatus", "StatusStartingTime"))
_IDENTITY, _CERTIFICATE, _KEY_ID = f"{TSL}ServiceDigitalIdentity", f"{TSL}X509Certificate", f"{TSL}X509SKI"
_EXTENSIONS, _SUPPLY_POINTS = f"{TSL}ServiceInformationExtensions", f"{TSL}ServiceSupplyPoints"


def read_services(root: Element, *, territory: str, version: int, list_sha256: str) -> tuple[TrustService, ...] | Refused:
    """Every service of a signed list, in the list's order, or why the structure is not that of a trusted list.

    Clause: our reading (a list that lacks what TS 119 612 makes mandatory for every service is not used in part).
    """
    found: list[TrustService] = []
    for provider in root.iterfind(f"{TSL}TrustServiceProviderList/{TSL}TrustServiceProvider"):
        name = _english(provider.find(f"{TSL}TSPInformation/{TSL}TSPName"))
        for element in provider.iterfind(f"{TSL}TSPServices/{TSL}TSPService"):
            service = _service(element, territory=territory, provider=name, version=version, list_sha256=list_sha256)
            if isinstance(service, Refused):
                return service
            found.append(service)
    return tuple(found)


def _service(element: Element, *, territory: str, provider: str, version: int, list_sha256: str) -> TrustService | Refused:
    parts = _parts(element)
    if _INFORMATION not in parts:
        return Refused("no_service_information", f"a service of {provider!r} has no ServiceInformation")
    history = parts.get(_HISTORY)
    holders = [_parts(parts[_INFORMATION]), *(_parts(one) for one in (() if history is None else history.iterchildren(_HISTORY_INSTANCE)))]
    name = _english(holders[0].get(_NAME))
    if refusal := _refuse_supply_points(holders[0], version, name):
        return refusal
    instances = [instance for holder in holders if (instance := _instance(holder))]
    if len(instances) != len(holders):
        return Refused("service_incomplete", f"the service {name!r} of {provider!r} lacks type, status or starting time")
    certificates = next((found for holder in holders if (found := tuple(dict.fromkeys(_digital_ids(holder, _CERTIFICATE))))), ())
    key = next((key for der in certificates if (key := read_listed_key(der))), None)
    return TrustService(
        territory=territory,
        provider=provider,
        name=name,
        list_sha256=list_sha256,
        subject_der=key.subject_der if key else None,
        spki_der=key.spki_der if key else None,
        subject_key_id=key.subject_key_id if key else next(_digital_ids(holders[0], _KEY_ID), None),
        certificates=certificates,
        intervals=_intervals(instances),
    )


def _parts(element: Element) -> _Parts:
    """The children by their name; of several of one name, of which a trusted list has none here, the last."""
    return {str(child.tag): child for child in element.iterchildren("*")}


def _refuse_supply_points(information: _Parts, version: int, name: str) -> Refused | None:
    """Version 6 gives each supply point a type, earlier versions know none."""
    for point in information[_SUPPLY_POINTS].iterchildren(f"{TSL}ServiceSupplyPoint") if _SUPPLY_POINTS in information else ():
        if version >= 6 and not point.get("type"):
            return Refused("supply_point_without_type", f"a supply point of {name!r} has no type, which version 6 demands")
        if version < 6 and point.get("type") is not None:
            return Refused("supply_point_with_type", f"a supply point of {name!r} has a type, which version {version} does not know")
    return None


def _instance(parts: _Parts) -> ServiceInterval | None:
    """One instance of a service, still open at its end."""
    type_uri, status_uri = text_of(parts.get(_TYPE)), text_of(parts.get(_STATUS))
    from_at = _instant(text_of(parts.get(_SINCE)))
    if not type_uri or not status_uri or from_at is None:
        return None
    additional: set[str] = set()
    qualifications: list[Qualification] = []
    unknown: list[str] = []
    for extension in parts[_EXTENSIONS].iterchildren(f"{TSL}Extension") if _EXTENSIONS in parts else ():
        for content in elements(extension):
            if content.tag == f"{TSL}AdditionalServiceInformation":
                additional.add(_short(text_of(content.find(f"{TSL}URI")), _EXTENSION_PLACES))
            elif content.tag == f"{QUALIFICATIONS}Qualifications":
                qualifications += [_qualification(one) for one in content.iterchildren(f"{QUALIFICATIONS}QualificationElement")]
            elif content.tag not in _UNDERSTOOD and extension.get("Critical") in {"true", "1"}:
                unknown.append(local_name(content))
    return ServiceInterval(
        from_at=from_at,
        to_at=None,
        status=_short(status_uri, _STATUS_PLACES),
        type=_short(type_uri, _TYPE_PLACES),
        additional=frozenset(additional),
        qualifications=tuple(qualifications),
        unknown_critical=tuple(unknown),
    )


def _intervals(instances: list[ServiceInterval]) -> tuple[ServiceInterval, ...]:
    """The current instance without end, then the history, newest first, each ending where the next newer one begins.

    A history instance that would begin when its successor has already begun never was: some lists give two the same instant.
    """
    current, *history = instances
    found = [current]
    for instance in sorted(history, key=lambda instance: instance.from_at, reverse=True):
        if instance.from_at < found[-1].from_at:
            found.append(
                ServiceInterval(
                    instance.from_at,
                    found[-1].from_at,
                    instance.status,
                    instance.type,
                    instance.additional,
                    instance.qualifications,
                    instance.unknown_critical,
                )
            )
    return tuple(found)


def _digital_ids(parts: _Parts, kind: str) -> Iterator[bytes]:
    """What the digital identity gives of one kind, as bytes; what cannot be decoded is left out."""
    for holder in parts[_IDENTITY].iterchildren(f"{TSL}DigitalId") if _IDENTITY in parts else ():
        for found in holder.iterchildren(kind):
            if content := decode_base64(found.text):
                yield content


def _qualification(element: Element) -> Qualification:
    qualifiers = frozenset(
        _short(uri, _EXTENSION_PLACES)
        for qualifier in element.iterfind(f"{QUALIFICATIONS}Qualifiers/{QUALIFICATIONS}Qualifier")
        if (uri := qualifier.get("uri", "").strip())
    )
    criteria = element.find(f"{QUALIFICATIONS}CriteriaList")
    if criteria is None:
        return Qualification(qualifiers, Criteria("", unreadable=("CriteriaList missing",)))
    return Qualification(qualifiers, _criteria(criteria, depth=0))


def _criteria(element: Element, *, depth: int) -> Criteria:
    policies: list[frozenset[str]] = []
    key_usages: list[tuple[tuple[str, bool], ...]] = []
    extended: list[frozenset[str]] = []
    attributes: list[frozenset[str]] = []
    nested: list[Criteria] = []
    unreadable: list[str] = []
    for criterion in _criteria_of(element):
        match criterion.tag:
            case t if t == f"{QUALIFICATIONS}PolicySet":
                policies.append(_identifiers(criterion))
            case t if t == f"{QUALIFICATIONS}KeyUsage":
                key_usages.append(_key_usage(criterion))
            case t if t == f"{QUALIFICATIONS}CriteriaList" and depth < _NESTED_CRITERIA:
                nested.append(_criteria(criterion, depth=depth + 1))
            case t if t == f"{ADDITIONAL}ExtendedKeyUsage":
                extended.append(_identifiers(criterion))
            case t if t == f"{ADDITIONAL}CertSubjectDNAttribute":
                attributes.append(_identifiers(criterion))
            case t if t == f"{QUALIFICATIONS}Description":
                continue
            case _:
                unreadable.append(local_name(criterion))
    assertion = element.get("assert", "")
    if assertion not in {"all", "atLeastOne", "none"}:
        unreadable.append(f"assert {assertion!r}")
    return Criteria(assertion, tuple(policies), tuple(key_usages), tuple(extended), tuple(attributes), tuple(nested), tuple(unreadable))


def _criteria_of(element: Element) -> Iterator[Element]:
    """The criteria of a list, those of its ``otherCriteriaList`` among them."""
    for child in elements(element):
        if child.tag == f"{QUALIFICATIONS}otherCriteriaList":
            yield from elements(child)
        else:
            yield child


def _identifiers(element: Element) -> frozenset[str]:
    """Object identifiers, however they are written: plain or as ``urn:oid:``."""
    return frozenset(
        text[8:] if text[:8].lower() == "urn:oid:" else text
        for identifier in element.iter(f"{XADES}Identifier")
        if (text := text_of(identifier))
    )


def _key_usage(element: Element) -> tuple[tuple[str, bool], ...]:
    return tuple(
        (bit.get("name", ""), text_of(bit) in {"true", "1"}) for bit in element.iterfind(f"{QUALIFICATIONS}KeyUsageBit") if bit.get("name")
    )


def _english(names: Element | None) -> str:
    """The English form of a name, else the first."""
    if names is None:
        return ""
    forms = [(name.get(LANGUAGE, "").lower(), text_of(name)) for name in names.iterchildren(f"{TSL}Name")]
    return next((text for language, text in forms if language == "en"), forms[0][1] if forms else "")


@lru_cache(maxsize=1024)
def _short(uri: str, places: tuple[str, ...]) -> str:
    """The last part of a URI from one of the known places; any other URI whole, so that nobody else's word is taken for it."""
    return next((uri[len(place) :] for place in places if uri.startswith(place)), uri)


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime | None:
    try:
        return parse_instant(text)
    except InvalidInput:
        return None
