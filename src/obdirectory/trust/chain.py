"""From a certificate to the listed service whose key it hangs on: directly, or through a few certificates the caller gave.

What a trusted list names is a key under a name. So the issuer is looked up by name and believed by its signature alone; the caller's
certificates are used only where the issuer itself is not listed, at most MAX_CHAIN of them, and each must be one that may issue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice

import msgspec

from obdirectory.core.visible import visible
from obdirectory.trust.certificate import Certificate, Unreadable, read_certificate
from obdirectory.trust.constraints import NAME_CONSTRAINTS, violated_constraint
from obdirectory.trust.index import TrustIndex, TrustService
from obdirectory.trust.names import COMMON_NAME
from obdirectory.trust.signature import SignatureRefusal, key_digest, verify_signature

MAX_CHAIN = 8
"""Certificates looked at of those the caller gave."""
MAX_DEPTH = 4
"""Authorities between the certificate and the listed key."""
MAX_SIGNATURES = 16
"""Signatures verified for one certificate, whatever the names in it suggest."""

CRITICAL_IN_AUTHORITIES = frozenset({"2.5.29.15", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.36", "2.5.29.37", "2.5.29.54"})
"""Critical extensions understood in an authority's certificate; the policy ones restrict policies, which here the list decides."""


class Path(msgspec.Struct, frozen=True, gc=False):
    """A certificate hangs on a listed key: every signature on the way verified."""

    services: tuple[TrustService, ...]  # listed under the key that ends the path
    issuer_spki_der: bytes  # of the key that signed the certificate itself
    authorities: tuple[Certificate, ...] = ()  # between the certificate and the listed key, its own issuer first
    anchor: tuple[bytes, bytes] = (b"", b"")  # name and key that are listed
    restricted: bool = False  # a listed certificate of the anchor constrains names or depth
    shown: tuple[Certificate, ...] = ()  # the certificate that shows the listed key, where the list has only its identifier


@dataclass(frozen=True, slots=True)
class NoPath:
    """No listed key signed it. ``broken`` tells of a listed issuer's name under a signature that is not its own."""

    broken: SignatureRefusal | None = None


@dataclass(frozen=True, slots=True)
class PathProblem:
    """An authority on the path was not entitled to issue this certificate: a word and why."""

    word: str
    why: str


def find_path(certificate: Certificate, chain: Iterable[bytes], trust: TrustIndex) -> Path | NoPath:
    """Find the listed key that signed the certificate, or an authority above it.

    Clause: IETF RFC 5280 section 6.1 for the signatures; that a listed key ends the path is our reading of TS 119 615.
    """
    budget = _Budget(MAX_SIGNATURES)
    direct = _listed_issuer(certificate, trust, budget)
    if isinstance(direct, Path):
        return direct
    given = _read_chain(chain)
    if given:
        found = _climb(certificate, (), given, trust, budget)
        if found:
            return found
    return NoPath(direct)


def path_problem(certificate: Certificate, path: Path, at: datetime) -> PathProblem | None:
    """Who on the path was not entitled to issue what hangs on it at that instant; None when everyone was.

    Clause: IETF RFC 5280 section 6.1.4.
    """
    below: list[Certificate] = [certificate]
    for authority in path.authorities:
        if problem := _authority_problem(authority, below, at):
            return problem
        below.append(authority)
    return _anchor_problem(path, below)


def _authority_problem(authority: Certificate, below: list[Certificate], at: datetime) -> PathProblem | None:
    name = repr(visible(authority.attribute(COMMON_NAME), most=80) or authority.sha256[:16])
    if not authority.is_ca or (authority.key_usage is not None and "keyCertSign" not in authority.key_usage):
        return PathProblem("issuer_is_no_authority", f"{name} may not issue certificates")
    if not authority.not_before_at <= at <= authority.not_after_at:
        return PathProblem("issuer_not_in_period", f"the certificate of {name} was not in its period")
    if unknown := [oid for oid in authority.critical_extensions if oid not in CRITICAL_IN_AUTHORITIES]:
        return PathProblem("issuer_extension_unknown", f"{name} carries the critical extension {unknown[0]}, which is not understood")
    return _overstepped(authority, below, name)


def _overstepped(authority: Certificate, below: list[Certificate], name: str) -> PathProblem | None:
    """What lies below it that it may not have there: too many authorities, or a name outside its constraints."""
    depth = sum(1 for one in below[1:] if one.subject_der != one.issuer_der)
    if authority.path_length is not None and authority.path_length < depth:
        return PathProblem("path_length_exceeded", f"{name} allows {authority.path_length} authorities below it; there are {depth}")
    for one in below:
        if why := violated_constraint(authority.der, one):
            return PathProblem("name_constraints_violated", f"{name} may not issue for {why}")
    return None


def _anchor_problem(path: Path, below: list[Certificate]) -> PathProblem | None:
    """What the listed certificates of the anchor forbid; when a key has several certificates, one that allows it is enough.

    Whether a listed certificate is in its period is not asked: the list, not the certificate, says until when the service counts.
    """
    if not path.restricted:
        return None
    problem: PathProblem | None = None
    for der in dict.fromkeys(der for service in path.services for der in service.certificates):
        authority = _read_listed(der)
        if isinstance(authority, Unreadable) or authority.spki_der != path.anchor[1]:
            continue
        problem = _overstepped(authority, below, "the listed issuer")
        if problem is None:
            return None
    return problem


def _restricts(services: tuple[TrustService, ...]) -> bool:
    """Does a listed certificate of these services constrain the depth or the names below it? Most constrain neither."""
    found = _RESTRICTED.get(id(services))
    if found is None:
        if len(_RESTRICTED) >= _MOST_REMEMBERED:
            _RESTRICTED.clear()
        found = _RESTRICTED[id(services)] = services, any(_is_restricted(der) for service in services for der in service.certificates)
    return found[1]


# By identity of the services, which the value keeps alive, so that no identity is ever used again.
_RESTRICTED: dict[int, tuple[tuple[TrustService, ...], bool]] = {}
_MOST_REMEMBERED = 8192


def _is_restricted(der: bytes) -> bool:
    authority = _read_listed(der)
    return isinstance(authority, Certificate) and (authority.path_length is not None or NAME_CONSTRAINTS in authority.extensions)


@lru_cache(maxsize=2048)
def _read_listed(der: bytes) -> Certificate | Unreadable:
    return read_certificate(der)


class _Budget:
    """How many signatures may still be verified."""

    def __init__(self, left: int) -> None:
        self.left = left

    def verify(self, certificate: Certificate, spki_der: bytes) -> SignatureRefusal | None:
        """Is it signed by that key? Refused too when the budget is spent."""
        if self.left <= 0:
            return SignatureRefusal("signature_broken", "too many certificates of the same names: not all signatures were verified")
        self.left -= 1
        return verify_signature(
            spki_der, certificate.signature_algorithm, certificate.signature, certificate.tbs_der, within=certificate.der
        )


def _listed_issuer(certificate: Certificate, trust: TrustIndex, budget: _Budget) -> Path | SignatureRefusal | None:
    """The listed key that signed this certificate; why none did, if its issuer is listed; None if it is not.

    An issuer whose name is listed with other keys than the one the certificate points to is not listed: authorities change keys.
    """
    name_der = certificate.issuer_der
    keys = trust.by_subject.get(name_der, ())
    refusal: SignatureRefusal | None = None
    for spki_der in keys:
        refusal = budget.verify(certificate, spki_der)
        if refusal is None:
            services = trust.services.get((name_der, spki_der), ())
            return Path(services, spki_der, (), (name_der, spki_der), _restricts(services))
    return refusal if _points_to_one(certificate, keys, trust) else None


def _points_to_one(certificate: Certificate, keys: tuple[bytes, ...], trust: TrustIndex) -> bool:
    wanted = certificate.authority_key_id
    if wanted is None:
        return True
    listed = [service for spki_der in keys for service in trust.services.get((certificate.issuer_der, spki_der), ())]
    return not listed or any(service.subject_key_id in (wanted, None) for service in listed)


def _listed_by_key_id(authority: Certificate, trust: TrustIndex) -> tuple[TrustService, ...]:
    """Services that a list identifies by nothing but the SHA-1 of their key: a certificate that was given shows that key."""
    return trust.by_key_id.get(key_digest(authority.spki_der), ()) if trust.by_key_id else ()


def _climb(
    certificate: Certificate, above: tuple[Certificate, ...], given: tuple[Certificate, ...], trust: TrustIndex, budget: _Budget
) -> Path | None:
    """Depth first through the certificates given, none used twice, until an authority hangs on a listed key."""
    lower = above[-1] if above else certificate
    if len(above) >= MAX_DEPTH:
        return None
    for authority in given:
        if authority.subject_der != lower.issuer_der or any(authority.spki_der == used.spki_der for used in above):
            continue
        if budget.verify(lower, authority.spki_der):
            continue
        climbed = (*above, authority)
        if services := _listed_by_key_id(authority, trust):
            return Path(services, climbed[0].spki_der, above, (authority.subject_der, authority.spki_der), shown=(authority,))
        listed = _listed_issuer(authority, trust, budget)
        if isinstance(listed, Path):
            return Path(listed.services, climbed[0].spki_der, climbed, listed.anchor, listed.restricted)
        if found := _climb(certificate, climbed, given, trust, budget):
            return found
    return None


def _read_chain(chain: Iterable[bytes]) -> tuple[Certificate, ...]:
    read = (read_certificate(der) for der in islice(chain, MAX_CHAIN))
    return tuple(one for one in read if isinstance(one, Certificate) and one.subject_der != one.issuer_der)
