"""A directory with a past: a sandbox and a register of three days ago, evidence that came since, and evidence that came late."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from obdirectory.app.application import App
from obdirectory.sandbox.firms import FIRMS
from obdirectory.sandbox.issuing import Issuer, Revoked, cached_key, issue, make_ca, make_crl
from obdirectory.sandbox.lists import ListedInstance, ListedProvider, ListedService, ListPointer, make_list_of_lists, make_trusted_list
from obdirectory.sandbox.registers import MakeBelieveRegister, golden_copy, published
from obdirectory.sandbox.world import SandboxWorld, _entity, _read_issuer, open_world, renew
from obdirectory.trust.signature import key_digest

DAY = timedelta(days=1)
AGENT_NUMBER = "ZZT00000001"
AMBIGUOUS_NUMBER = "LB900077"
BOTH = ("PS_070", "PS_080")


@dataclass(frozen=True)
class Past:
    """The folder of the sandbox, the instants of the story, and authorities beside the sandbox's own."""

    world: SandboxWorld
    now: datetime
    between: Issuer  # under the issuer, not listed
    revoked: Issuer  # the same, revoked
    by_key_id: Issuer  # listed by the identifier of its key alone

    @property
    def founded_at(self) -> datetime:
        return self.now - 3 * DAY

    @property
    def issuer(self) -> Issuer:
        return _read_issuer(self.world.folder, "issuing")


def found(folder: Path, now: datetime) -> Past:
    """Make the sandbox as of three days ago."""
    world = open_world(folder, now=now - 3 * DAY)
    renew(world, now=now - 3 * DAY)
    issuer = _read_issuer(folder, "issuing")
    names = ("Sandbox Sub CA", "Sandbox Revoked CA")
    between, revoked = (make_ca(common_name=name, organization="Sandbox Trust Services", issuer=issuer) for name in names)
    by_key_id = make_ca(common_name="Sandbox CA 2", organization="Sandbox Trust Services", issuer=make_ca(common_name="Sandbox Root"))
    return Past(world, now, between, revoked, by_key_id)


def firms(**changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the register: the sandbox's firms, changed as said, two of one number, and a make-believe crowd with agents."""
    rows = [_entity(replace(firm, **changes.get(firm.file, {}))) for firm in FIRMS if firm.entity_type]
    twin = next(firm for firm in FIRMS if firm.file == "kiteshore")
    for letter in ("A", "B"):
        rows.append(_entity(replace(twin, name=f"Twin {letter} UAB", number=AMBIGUOUS_NUMBER)))
        rows[-1]["EntityCode"] = f"LT_BL!TWIN{letter}"
    return [*rows, *MakeBelieveRegister(firms=42, agents=8).entities()]


async def collect(app: App, folder: Path, rows: list[dict[str, Any]], *, at: datetime, late: bool = False) -> None:
    """Bring a register file of that instant in; a late one as if today were then."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in published(golden_copy(rows), at).items():
        (folder / name).write_bytes(content)
    row = await app.collect("eu_eba", "sandbox", from_path=folder, at=at if late else None)
    assert row.outcome in {"accepted", "unchanged"}, row


async def take_lists(
    app: App, past: Past, folder: Path, *, at: datetime, status: str = "granted", late: bool = False, revoked: bool = False
) -> None:
    """Lists and a CRL of that instant: the issuer of that status from then on, the holder of the first certificate revoked or not."""
    folder.mkdir(parents=True, exist_ok=True)
    anchor, operator = (_read_issuer(past.world.folder, name) for name in ("anchor", "operator"))
    sequence, until = int(at.timestamp()) // 60, at + 90 * DAY
    instances = (ListedInstance(),) if status == "granted" else (ListedInstance(status=status, from_at=at), ListedInstance())
    known_by_key = ListedService("Sandbox CA 2", (), subject_key_id=key_digest(past.by_key_id.spki_der))
    provider = ListedProvider(
        "Sandbox Trust Services", (ListedService("Sandbox Issuing CA 1", (past.issuer.der,), instances), known_by_key)
    )
    dates: dict[str, Any] = {"sequence": sequence, "issued_at": at, "next_update_at": until}
    (folder / "national.xml").write_bytes(make_trusted_list(territory="DE", signer=operator, providers=[provider], **dates))
    pointers = (ListPointer("DE", "https://lists.example/sandbox.xml", (operator.der,)),)
    (folder / "lotl.xml").write_bytes(make_list_of_lists(signer=anchor, pointers=pointers, **dates))
    serials = [serial_of(app.read_certificate_file(past.world.certificate(firm))[0]) for firm in FIRMS if firm.revoked]
    serials.append(serial_of(past.revoked.der))
    if revoked:
        serials.append(serial_of(app.read_certificate_file(past.world.certificate(FIRMS[0]))[0]))
    entries = [Revoked(number, at - 7 * DAY, "keyCompromise") for number in serials]
    crl = make_crl(past.issuer, entries, this_update_at=at, next_update_at=at + DAY, number=int(at.timestamp()))
    (folder / "issuing.crl").write_bytes(crl)
    rows = await app.refresh_trust("sandbox", from_dir=folder, at=at if late else None)
    assert {row.outcome for row in rows} <= {"accepted", "expired"}, rows


def serial_of(der: bytes) -> int:
    """The serial number of a certificate."""
    return x509.load_der_x509_certificate(der).serial_number


@dataclass(frozen=True)
class Asked:
    """A certificate to ask about, with its chain."""

    name: str
    der: bytes
    chain: tuple[bytes, ...] = ()


def certificates(app: App, past: Past) -> list[Asked]:
    """The sandbox's six, and one of each kind of trouble."""
    six = [Asked(firm.file, app.read_certificate_file(past.world.certificate(firm))[0]) for firm in FIRMS]
    period: dict[str, Any] = {"not_before": past.now - 30 * DAY, "not_after": past.now + 300 * DAY}
    kiteshore: dict[str, Any] = {
        "organization": "Kiteshore Payments UAB", "country": "LT", "organization_identifier": "PSDLT-BL-LB900001",
        "nca_id": "LT-BL", "nca_name": "Bank of Lithuania", "common_name": "kiteshore.sandbox.example", "ocsp_url": "",
    }  # fmt: skip
    stranger = make_ca(common_name="Stranger CA", **period)
    sound = issue(past.issuer, **kiteshore, **period)[0]
    ambiguous = {**kiteshore, "organization_identifier": f"PSDLT-BL-{AMBIGUOUS_NUMBER}"}
    agents = {**kiteshore, "organization_identifier": f"PSDIE-CBI-{AGENT_NUMBER}", "nca_id": "IE-CBI", "country": "IE"}
    ended: dict[str, Any] = {"not_before": past.now - 60 * DAY, "not_after": past.now - DAY}
    return [
        *six,
        Asked("another of kiteshore", sound),
        Asked("seal", issue(past.issuer, purpose="seal", **kiteshore, **period)[0]),
        Asked("under an authority between", issue(past.between, **kiteshore, **period)[0], (past.between.der,)),
        Asked("its authority not shown", issue(past.between, **kiteshore, **period)[0]),
        Asked("under a revoked authority", issue(past.revoked, **kiteshore, **period)[0], (past.between.der, past.revoked.der)),
        Asked("its authority shown by key", issue(past.by_key_id, **kiteshore, **period)[0], (past.by_key_id.der,)),
        Asked("a stranger's", issue(stranger, **kiteshore, **period)[0], (stranger.der, past.between.der)),
        Asked("a stranger's under our name", issue(Issuer(past.issuer.der, stranger.key), **kiteshore, **period)[0]),
        Asked("broken", sound[:-1] + bytes((sound[-1] ^ 1,))),
        Asked("something behind it", sound + b"\0"),
        Asked("ended", issue(past.issuer, **kiteshore, **ended)[0]),
        Asked("pre-certificate", issue(past.issuer, precertificate=True, **kiteshore, **period)[0]),
        Asked("two firms of one number", issue(past.issuer, **ambiguous, **period)[0]),
        Asked("an agent's number", issue(past.issuer, **agents, **period)[0]),
        Asked("no number", issue(past.issuer, **{**kiteshore, "organization_identifier": None}, **period)[0]),
        Asked("two authorities", issue(past.issuer, **{**kiteshore, "nca_id": "DE-BAFIN"}, **period)[0]),
        Asked("text", b"Dear Sir or Madam"),
        Asked("self-signed", make_ca(common_name="kiteshore.sandbox.example", key=cached_key("p256", "self"), **period).der),
    ]
