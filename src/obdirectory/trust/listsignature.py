"""The signature of a trusted list: who made it, whether it covers the whole list, whether it verifies; only what it covers comes back.

The look at the document before the library's is deliberately narrow: one signature, a direct child of the list, over the whole list,
with the algorithms of our allow-list, made under a certificate that was announced for this list. Wrapped, doubled, detached and
re-keyed signatures fail there. What is read afterwards is only the tree that the library gives back as signed.

Clause: our reading (TS 119 612 asks for an enveloped XAdES signature over the whole list; the order of the steps is ours).
"""

import hashlib
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.verifier import VerifyResult
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from obdirectory.trust.xmlread import DS, TSL, XADES, Element, Refused, decode_base64, elements, local_name, new_parser

SIGNATURE_METHODS: Final = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGEST_ALGORITHMS: Final = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
RSA_BITS: Final = range(1900, 8193)
"""The Norwegian list was signed with 2,032 bits, so 2,048 would be too strict; catalogues of algorithms long called 1,900 the least."""

_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_CANONICAL = frozenset(
    {
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    }
)
_SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_BEARERS = etree.XPath("descendant::*[@Id=$identifier]")
_SIGNATURE_URIS = frozenset(method.value for method in SIGNATURE_METHODS)
_DIGEST_URIS = frozenset(algorithm.value for algorithm in DIGEST_ALGORITHMS)


@dataclass(frozen=True, slots=True)
class ClaimedSignature:
    """The one signature of a list, its form found in order; nothing about it has been verified."""

    certificates: tuple[bytes, ...]  # DER in KeyInfo, in order
    references: int


@dataclass(frozen=True, slots=True)
class SignedList:
    """The part of the document that the signature covers, and who made it."""

    root: Element
    signer_der: bytes


class _ListVerifier(XAdESVerifier):
    """The library's verifier without the two costs that make it slow on large documents; what it decides is untouched.

    It copies a document by writing it out and parsing it again: a whole document is copied as a tree. And it copies the whole document to
    find what a reference into the signature means: that is looked for in the signature alone.
    """

    def _tostring(self, xml_node: Any, **options: Any) -> Any:
        library: Any = super()
        return xml_node if xml_node.getparent() is None and not options else library._tostring(xml_node, **options)  # noqa: SLF001

    def _fromstring(self, xml_string: Any, **options: Any) -> Any:
        library: Any = super()
        return deepcopy(xml_string) if isinstance(xml_string, Element) else library._fromstring(xml_string, **options)  # noqa: SLF001

    def _verify_reference(
        self, reference: Any, index: Any, root: Any, uri_resolver: Any, c14n_algorithm: Any, signature: Any, signature_key_used: Any
    ) -> Any:
        library: Any = super()
        verify = library._verify_reference  # noqa: SLF001
        searched = root if reference.get("URI") in _whole(root) else signature
        return verify(reference, index, searched, uri_resolver, c14n_algorithm, signature, signature_key_used)


def claimed_signature(root: Element) -> ClaimedSignature | Refused:
    """The list's signature if its form is the one we accept; decides nothing about who made it."""
    found = list(root.iter(f"{DS}Signature"))
    if not found:
        return Refused("no_signature", "the list carries no signature")
    if len(found) > 1:
        return Refused("more_than_one_signature", f"the document carries {len(found)} signatures; a list carries one")
    signature = found[0]
    if signature.getparent() is not root:
        return Refused("signature_misplaced", "the signature is not a direct child of the list")
    signed_info = signature.find(f"{DS}SignedInfo")
    if signed_info is None:
        return Refused("signature_malformed", "the signature says nothing of what it signs")
    references = signed_info.findall(f"{DS}Reference")
    for refusal in (_refuse_algorithms(signed_info, references), _refuse_references(root, signature, references)):
        if refusal:
            return refusal
    certificates = tuple(
        der for element in signature.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate") if (der := decode_base64(element.text))
    )
    if not certificates:
        return Refused("no_signing_certificate", "the signature does not carry the certificate it was made under")
    return ClaimedSignature(certificates, len(references))


def verify_signature(content: bytes, claimed: ClaimedSignature, signers: Collection[bytes], *, issued_at: datetime) -> SignedList | Refused:
    """The signed part of the list, if the signature verifies under one of the certificates in ``signers``, compared byte for byte.

    ``issued_at`` is the list's own issue date: the signer must have been in its period then, whatever became of it since.
    """
    signer_der = next((der for der in claimed.certificates if der in signers), None)
    if signer_der is None:
        return Refused("signer_not_named", f"the signer, {_shown(claimed.certificates[0])}, is not announced for this list")
    signer = _load(signer_der)
    if isinstance(signer, Refused):
        return signer
    if not signer.not_valid_before_utc <= issued_at <= signer.not_valid_after_utc:
        period = f"{signer.not_valid_before_utc:%Y-%m-%d} to {signer.not_valid_after_utc:%Y-%m-%d}"
        return Refused("signer_not_in_period", f"issued on {issued_at:%Y-%m-%d}, outside the period of the signer's certificate ({period})")
    expected = XAdESSignatureConfiguration(
        require_x509=True,
        location="./",
        expect_references=claimed.references,
        signature_methods=SIGNATURE_METHODS,
        digest_algorithms=DIGEST_ALGORITHMS,
        verification_time=issued_at,
    )
    try:
        verifier: Any = _ListVerifier()
        results: list[VerifyResult] = verifier.verify(
            content, x509_cert=signer, parser=new_parser(), id_attribute="Id", expect_config=expected
        )
    except InvalidDigest as error:
        return Refused("altered_after_signing", f"the content is not what was signed: {error}")
    except (SignXMLException, etree.LxmlError, ValueError, TypeError, KeyError, NotImplementedError, UnsupportedAlgorithm) as error:
        return Refused("signature_does_not_verify", f"the signature does not verify: {error}")
    roots = [
        result.signed_xml for result in results if result.signed_xml is not None and result.signed_xml.tag == f"{TSL}TrustServiceStatusList"
    ]
    if len(roots) != 1:
        return Refused("reference_not_the_list", "the signature does not cover the list")
    return SignedList(roots[0], signer_der)


def _refuse_algorithms(signed_info: Element, references: list[Element]) -> Refused | None:
    method = _algorithm(signed_info, "SignatureMethod")
    if method not in _SIGNATURE_URIS:
        return Refused("algorithm_not_allowed", f"signature algorithm {method or 'missing'} is not accepted")
    if (canonical := _algorithm(signed_info, "CanonicalizationMethod")) not in _CANONICAL:
        return Refused("algorithm_not_allowed", f"canonicalisation {canonical or 'missing'} is not accepted")
    for reference in references:
        if (digest := _algorithm(reference, "DigestMethod")) not in _DIGEST_URIS:
            return Refused("algorithm_not_allowed", f"digest algorithm {digest or 'missing'} is not accepted")
    return None


def _refuse_references(root: Element, signature: Element, references: list[Element]) -> Refused | None:
    """One reference is the whole list, one its signed properties; any other must point into the signature itself."""
    whole = [reference for reference in references if _is_the_list(root, reference)]
    if len(whole) != 1:
        return Refused("reference_not_the_list", "the signature does not cover the whole list, or covers it more than once")
    transforms = _transforms(whole[0])
    if transforms[:1] != [_ENVELOPED] or len(transforms) > 2 or not _CANONICAL.issuperset(transforms[1:]):
        return Refused(
            "transform_not_allowed", f"the list is signed through transforms we do not accept: {', '.join(transforms) or 'none'}"
        )
    others = [reference for reference in references if reference is not whole[0]]
    for reference in others:
        target = _within(signature, reference.get("URI", ""))
        if target is None:
            return Refused("reference_not_the_list", f"the signature refers to {reference.get('URI')!r}, which is no part of it")
        if len(transforms := _transforms(reference)) > 1 or not _CANONICAL.issuperset(transforms):
            return Refused("transform_not_allowed", f"{local_name(target)} is signed through transforms we do not accept")
    if sum(reference.get("Type") == _SIGNED_PROPERTIES for reference in others) != 1 or len(others) > 3:
        return Refused("no_signed_properties", "the signature does not cover its signed properties once, so it is no XAdES signature")
    return None


def _is_the_list(root: Element, reference: Element) -> bool:
    """Whether a reference means the whole document; that no second element bears the identifier is the library's check."""
    return reference.get("URI") in _whole(root)


def _whole(root: Element) -> set[str]:
    """The references that mean the document whose root this is."""
    identifier = root.get("Id")
    return {"", f"#{identifier}"} if identifier else {""}


def _within(signature: Element, uri: str) -> Element | None:
    """What a reference points to, if that is the signed properties or the key information of this very signature."""
    found = cast(list[Element], _BEARERS(signature, identifier=uri[1:])) if uri.startswith("#") else []
    return found[0] if len(found) == 1 and found[0].tag in {f"{XADES}SignedProperties", f"{DS}KeyInfo"} else None


def _transforms(reference: Element) -> list[str]:
    return [transform.get("Algorithm", "") for holder in reference.iterfind(f"{DS}Transforms") for transform in elements(holder)]


def _algorithm(parent: Element, name: str) -> str:
    found = parent.find(f"{DS}{name}")
    return "" if found is None else found.get("Algorithm", "")


@lru_cache(maxsize=256)
def _load(der: bytes) -> x509.Certificate | Refused:
    """The signer's certificate with a key we accept."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        return Refused("signer_certificate_unreadable", f"the signer's certificate cannot be read: {error}")
    if isinstance(key, rsa.RSAPublicKey):
        strong = key.key_size in RSA_BITS
    else:
        strong = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES
    return certificate if strong else Refused("key_not_allowed", "the signer's key is too short or of a kind we do not accept")


def _shown(der: bytes) -> str:
    """The signer's name as far as it can be read, and the digest of its certificate."""
    digest = f"certificate {hashlib.sha256(der).hexdigest()[:16]}…"
    try:
        return f"{x509.load_der_x509_certificate(der).subject.rfc4514_string()} ({digest})"
    except ValueError:
        return digest
