"""Certificate revocation lists: read, and judged by issuer, signature, scope, time and number.

Delta and indirect CRLs, and those about some reasons only, are refused: their silence means too little. Clause: RFC 5280 section 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from cryptography import x509

from obdirectory.trust.answer import CLOCK_SKEW, CrlView, Refusal
from obdirectory.trust.signature import UNREADABLE, element, verify_signature

MAX_CRL_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Crl:
    """A CRL as read; nobody has looked at its signature yet."""

    content: bytes
    issuer_der: bytes
    number: int | None
    this_update_at: datetime
    next_update_at: datetime | None
    revoked: dict[int, tuple[datetime, str | None, datetime | None]]
    only: Literal["", "users", "authorities"]
    distribution_points: tuple[str, ...]
    signature_algorithm: str
    signature: bytes
    tbs_der: bytes


def read_crl(content: bytes) -> Crl | Refusal:
    """Read a CRL. Delta and indirect CRLs, and those about some reasons only, are refused: their silence means too little.

    Clause: RFC 5280 section 5.
    """
    if len(content) > MAX_CRL_BYTES:
        return Refusal("too_large", f"a CRL of {len(content)} bytes; at most {MAX_CRL_BYTES} are read")
    try:
        crl = x509.load_der_x509_crl(content)
        number, only, points = None, "", ()
        for extension in crl.extensions:
            match extension.value:
                case x509.CRLNumber() as found:
                    number = found.crl_number
                case x509.IssuingDistributionPoint() as scope:
                    if scope.indirect_crl or scope.only_contains_attribute_certs or scope.only_some_reasons:
                        return Refusal("scope_not_supported", "an indirect CRL, or one about some reasons or attribute certificates only")
                    only = "users" if scope.only_contains_user_certs else "authorities" if scope.only_contains_ca_certs else ""
                    points = tuple(n.value for n in scope.full_name or () if isinstance(n, x509.UniformResourceIdentifier))
                    if not points and (scope.full_name or scope.relative_name):
                        return Refusal("scope_not_supported", "a CRL whose distribution point is not a URL")
                case x509.DeltaCRLIndicator():
                    return Refusal("delta_crl", "a delta CRL says what changed, not what is")
                case x509.AuthorityKeyIdentifier() | x509.FreshestCRL() | x509.IssuerAlternativeName() | x509.AuthorityInformationAccess():
                    pass
                case _ if extension.critical:
                    return Refusal("unknown_critical_extension", f"critical CRL extension {extension.oid.dotted_string}")
                case _:
                    pass
        revoked: dict[int, tuple[datetime, str | None, datetime | None]] = {}
        for entry in crl:
            row = _read_entry(entry)
            if isinstance(row, Refusal):
                return row
            earlier = revoked.get(entry.serial_number)
            if earlier is None or row[0] < earlier[0]:
                revoked[entry.serial_number] = row
        tbs_der = crl.tbs_certlist_bytes
        if crl.next_update_utc is None:
            return Refusal("next_update_missing", "the CRL does not say until when it counts")
        return Crl(
            content, _crl_issuer(tbs_der), number, crl.last_update_utc, crl.next_update_utc, revoked, only, points,
            crl.signature_algorithm_oid.dotted_string, crl.signature, tbs_der,
        )  # fmt: skip
    except (*UNREADABLE, IndexError) as error:
        return Refusal("unreadable", f"not a CRL ({error})")


def _read_entry(entry: x509.RevokedCertificate) -> tuple[datetime, str | None, datetime | None] | Refusal:
    reason: str | None = None
    invalidity_at: datetime | None = None
    for extension in entry.extensions:
        match extension.value:
            case x509.CRLReason() as found:
                reason = found.reason.value
            case x509.InvalidityDate() as found:
                invalidity_at = found.invalidity_date_utc
            case x509.CertificateIssuer():
                return Refusal("scope_not_supported", "an indirect CRL: an entry names another issuer")
            case _ if extension.critical:
                return Refusal("unknown_critical_extension", f"critical CRL entry extension {extension.oid.dotted_string}")
            case _:
                pass
    return entry.revocation_date_utc, reason, invalidity_at


def _crl_issuer(tbs_der: bytes) -> bytes:
    """The issuer's name as written. Raises IndexError if the CRL is cut short."""
    _, content, _ = element(tbs_der, 0)
    position = element(content, 0)[2] if content[0] == 0x02 else 0  # a version, or none
    position = element(content, position)[2]  # the signature algorithm
    return content[position : element(content, position)[2]]


def judge_crl(crl: Crl, keys: Iterable[bytes], *, at: datetime, held: tuple[CrlView, ...] = ()) -> CrlView | Refusal:
    """Believe it if one of the issuer's listed keys signed it, it was made by now, and its number is not below what is held.

    A key is one of those listed under the CRL's own issuer name; an authority that keeps a separate key for its CRLs lists it.
    """
    if crl.this_update_at > at + CLOCK_SKEW:
        return Refusal("not_yet_published", f"made at {crl.this_update_at:%Y-%m-%d %H:%M}, after the instant it is judged at")
    if crl.next_update_at and crl.next_update_at < crl.this_update_at:
        return Refusal("unreadable", "its time ends before it begins")
    refused = Refusal("issuer_not_listed", "no authority in an accepted list has the CRL's issuer name")
    for spki_der in keys:
        broken = verify_signature(spki_der, crl.signature_algorithm, crl.signature, crl.tbs_der, within=crl.content)
        if broken:
            refused = Refusal(broken.word, f"under the listed key of its issuer: {broken.why}")
            continue
        for view in held:
            if _is_rollback(crl, spki_der, view):
                return Refusal("number_rollback", f"CRL number {crl.number} is below {view.number}, which was published before it")
        return CrlView(
            crl.issuer_der, spki_der, crl.number, crl.this_update_at, crl.next_update_at, sha256(crl.content).hexdigest(), at, crl.revoked,
            crl.only, crl.distribution_points,
        )  # fmt: skip
    return refused


def _is_rollback(crl: Crl, spki_der: bytes, view: CrlView) -> bool:
    same_series = (view.issuer_der, view.issuer_spki_der) == (crl.issuer_der, spki_der)
    same_scope = (view.only, view.distribution_points) == (crl.only, crl.distribution_points)
    if not (same_series and same_scope) or crl.number is None or view.number is None:
        return False
    return crl.number < view.number and crl.this_update_at >= view.this_update_at
