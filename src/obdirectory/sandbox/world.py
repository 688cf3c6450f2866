"""The make-believe world in a folder: anchors, list of lists, one trusted list, a CRL, a register and six firms' certificates.

Its keys are made afresh for each data folder and stay there. ``renew`` writes the signed files anew when they are due, so that a sandbox
that runs for months stays as fresh as a live directory. The files then go through the ordinary doors: ``trust refresh --from`` and
``collect --from``.
"""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from obdirectory.core.errors import Unavailable
from obdirectory.sandbox.firms import FIRMS, SandboxFirm
from obdirectory.sandbox.issuing import Issuer, Revoked, issue, make_ca, make_crl
from obdirectory.sandbox.lists import ListedProvider, ListedService, ListPointer, make_list_of_lists, make_trusted_list

REFERENCE = "sandbox anchors of this data folder"
TERRITORY = "DE"
LISTS_LAST = timedelta(days=90)
LISTS_RENEWED_AFTER = timedelta(days=30)
CRL_LASTS = timedelta(hours=24)
CRL_RENEWED_AFTER = timedelta(minutes=30)
REGISTER_RENEWED_AFTER = timedelta(hours=8)
_CERTIFICATES_LAST = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class SandboxWorld:
    """Where the world lies and what anchors it."""

    folder: Path
    anchor_der: bytes  # the certificate that signs its list of lists

    @property
    def lists(self) -> Path:
        return self.folder / "lists"

    @property
    def register(self) -> Path:
        return self.folder / "register"

    def certificate(self, firm: SandboxFirm) -> Path:
        """The firm's certificate, PEM."""
        return self.folder / "certificates" / f"{firm.file}.pem"


@dataclass(frozen=True, slots=True)
class Renewed:
    """What was written anew, so that only that is taken in again."""

    lists: bool
    register: bool


def open_world(folder: Path, *, now: datetime) -> SandboxWorld:
    """The world of this folder, made now if it is not there yet."""
    if not (folder / "keys" / "anchor.pem").exists():
        _found(folder, now)
    return SandboxWorld(folder, _read_issuer(folder, "anchor").der)


def renew(world: SandboxWorld, *, now: datetime) -> Renewed:
    """Write what is due: the CRL every half hour, the register three times a day, the lists every month."""
    issuer, anchor, operator = (_read_issuer(world.folder, name) for name in ("issuing", "anchor", "operator"))
    world.lists.mkdir(exist_ok=True)
    world.register.mkdir(exist_ok=True)
    lists_due = _older_than(world.lists / "lotl.xml", LISTS_RENEWED_AFTER, now)
    crl_due = _older_than(world.lists / "issuing.crl", CRL_RENEWED_AFTER, now)
    register_due = _older_than(world.register / "filemetadata.json", REGISTER_RENEWED_AFTER, now)
    if lists_due:
        _write_lists(world, issuer, anchor, operator, now)
    if crl_due:
        _replace(world.lists / "issuing.crl", _crl(world, issuer, now))
    if register_due:
        _write_register(world, now)
    return Renewed(lists_due or crl_due, register_due)


def _found(folder: Path, now: datetime) -> None:
    """Make keys and certificates once."""
    for name in ("keys", "certificates"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    since, until = now - timedelta(days=3650), now + timedelta(days=3650)
    life: dict[str, Any] = {"not_before": since, "not_after": until}
    issuing = make_ca(country=TERRITORY, organization="Sandbox Trust Services", common_name="Sandbox Issuing CA 1", key=_rsa(), **life)
    operator = make_ca(country=TERRITORY, organization="Sandbox List Operator", common_name="Sandbox List Signer", is_ca=False, **life)
    anchor = make_ca(country="BE", organization="Sandbox List of Lists", common_name="Sandbox Anchor", is_ca=False, **life)
    for firm in FIRMS:
        der, key = issue(
            issuing,
            organization=firm.name,
            country=firm.country,
            common_name=f"{firm.file}.sandbox.example",
            dns_names=(f"{firm.file}.sandbox.example",),
            organization_identifier=firm.organization_identifier,
            roles=firm.roles,
            nca_name=firm.nca_name,
            nca_id=firm.nca_id,
            not_before=now - timedelta(days=30),
            not_after=now + _CERTIFICATES_LAST,
            key=ec.generate_private_key(ec.SECP256R1()),
            crl_url="http://sandbox.example/issuing.crl",
            ocsp_url="",
        )
        _replace(folder / "certificates" / f"{firm.file}.pem", x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM))
        _replace(folder / "certificates" / f"{firm.file}.key", _private_pem(key), private=True)
    for name, made in (("issuing", issuing), ("operator", operator), ("anchor", anchor)):
        _replace(folder / "keys" / f"{name}.key", _private_pem(made.key), private=True)
        _replace(folder / "keys" / f"{name}.pem", made.certificate.public_bytes(serialization.Encoding.PEM))


def _write_lists(world: SandboxWorld, issuing: Issuer, anchor: Issuer, operator: Issuer, now: datetime) -> None:
    sequence = int(now.timestamp()) // 60
    until = now + LISTS_LAST
    national = make_trusted_list(
        territory=TERRITORY,
        sequence=sequence,
        issued_at=now,
        next_update_at=until,
        signer=operator,
        providers=[ListedProvider("Sandbox Trust Services", (ListedService("Sandbox Issuing CA 1", (issuing.der,)),))],
    )
    of_lists = make_list_of_lists(
        sequence=sequence,
        issued_at=now,
        next_update_at=until,
        signer=anchor,
        pointers=(ListPointer(TERRITORY, "https://lists.example/sandbox.xml", (operator.der,)),),
    )
    _replace(world.lists / "sandbox.xml", national)
    _replace(world.lists / "lotl.xml", of_lists)


def _crl(world: SandboxWorld, issuing: Issuer, now: datetime) -> bytes:
    revoked = [
        Revoked(
            x509.load_pem_x509_certificate(world.certificate(firm).read_bytes()).serial_number, now - timedelta(days=7), "keyCompromise"
        )
        for firm in FIRMS
        if firm.revoked
    ]
    return make_crl(issuing, revoked, this_update_at=now, next_update_at=now + CRL_LASTS, number=int(now.timestamp()))


def _write_register(world: SandboxWorld, now: datetime) -> None:
    """The register in the form of the EBA's: zip, digests and ``filemetadata.json``."""
    stamp = now.strftime("%Y%m%d%H%M%S")
    name = f"download-PSDMD-{stamp[:12]}.json"
    disclaimer = {"__EBA_Disclaimer": {"text": "Make-believe data of the sandbox; every firm is invented."}}
    content = json.dumps([[disclaimer], [_entity(firm) for firm in FIRMS if firm.entity_type]], ensure_ascii=False).encode()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.writestr(f"{name}.sha256", f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    zip_name = name.replace(".json", ".zip")
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    for old in (*world.register.glob("*.zip"), *world.register.glob("*.sha256")):
        old.unlink()
    _replace(world.register / zip_name, packed.getvalue())
    metadata = {
        "latest_version_relative_zip_path": f"{stamp[:8]}/{zip_name}",
        "latest_version_relative_zip_size": str(len(packed.getvalue())),
        "latest_version_relative_sha256_path": f"{stamp[:8]}/{zip_name}.sha256",
        "sha256_hash": digest,
        "timestamp": now.astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y"),
        "golden_copy_path_context": "https://register.sandbox.example/downloads/",
    }
    _replace(world.register / f"{zip_name}.sha256", f"{digest}\n".encode())
    _replace(world.register / "filemetadata.json", json.dumps(metadata, indent=1).encode())


def _entity(firm: SandboxFirm) -> dict[str, Any]:
    return {
        "CA_OwnerID": firm.register_code,
        "EntityCode": f"{firm.register_code}!{firm.number}",
        "EntityType": firm.entity_type,
        "Properties": [
            {"ENT_NAT_REF_COD": firm.number},
            {"ENT_NAM": firm.name},
            {"ENT_ADD": "Sandbox Street 1"},
            {"ENT_COU_RES": firm.country},
            {"ENT_AUT": [day.isoformat() for day in firm.authorised_on]},
        ],
        "Services": [{country: list(codes)} for country, codes in firm.services],
        "__EBA_EntityVersion": "20260101000000000",
    }


def _read_issuer(folder: Path, name: str) -> Issuer:
    try:
        key = serialization.load_pem_private_key((folder / "keys" / f"{name}.key").read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate((folder / "keys" / f"{name}.pem").read_bytes())
    except (OSError, ValueError) as error:
        raise Unavailable(f"the sandbox in {folder} is incomplete; remove that folder and it is made anew") from error
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise Unavailable(f"the sandbox in {folder} has a key of an unknown kind; remove that folder and it is made anew")
    return Issuer(certificate.public_bytes(serialization.Encoding.DER), key)


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _private_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _older_than(path: Path, age: timedelta, now: datetime) -> bool:
    return not path.exists() or datetime.fromtimestamp(path.stat().st_mtime, UTC) + age <= now


def _replace(path: Path, content: bytes, *, private: bool = False) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600 if private else 0o644)
    draft.write_bytes(content)
    draft.rename(path)
