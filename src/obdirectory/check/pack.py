"""An evidence pack: all one verdict rests on, as named files from which it can be decided again without this directory.

Pure: ``needed`` says by digest what has to be fetched, ``make_pack`` puts it together, ``open_pack`` makes a ``World`` of it and names
every file that is not what the verdict says it was.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from obdirectory.check.policy import Policy, read_canonical
from obdirectory.check.verdict import Verdict
from obdirectory.check.world import AgentHint, World
from obdirectory.core.errors import InvalidInput
from obdirectory.core.identifiers import sha256_hex
from obdirectory.core.instants import parse_instant
from obdirectory.directory.index import Authorisation, Firm, SourceState
from obdirectory.directory.lookup import index_of
from obdirectory.trust.crl import CrlView
from obdirectory.trust.index import AcceptedList, TrustIndex, build_index
from obdirectory.trust.revocation import RevocationAnswer, RevocationIndex, judge_file
from obdirectory.trust.trustlist import ReadList, open_list, verify_list
from obdirectory.trust.xmlread import Refused

Files = dict[str, bytes]

VERDICT, CERTIFICATE, POLICY, LISTS, FIRMS, SOURCES, STATE = (
    "verdict.json",
    "certificate.der",
    "policy.json",
    "lists.json",
    "register/firms.json",
    "register/sources.json",
    "state.json",
)
README = """What a verdict of an Open Banking Directory rests on.

verdict.json     the answer, byte for byte as it was given
certificate.der  what was asked about; chain/ holds the issuers that were used
policy.json      the policy, canonical form; its SHA-256 stands in the verdict
lists/           the signed trusted lists
register/        rows of the registers as they were published (records/), and the firm they were read as
revocation/      the CRL or OCSP answer

Decide again, offline:  obd replay verdict.json --evidence .
"""


class State(msgspec.Struct, frozen=True):
    """What the world said of itself when it decided."""

    degraded: tuple[str, ...] = ()
    agents: tuple[AgentHint, ...] = ()
    held_lists: tuple[str, ...] = ()  # territories that were loaded besides those in the pack


@dataclass(frozen=True, slots=True)
class Needed:
    """Digests to be fetched from the archive (``objects``) and from the register rows (``records``)."""

    objects: tuple[str, ...]
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A pack as a world to decide in; ``differences`` names what is not the evidence of then, ``notes`` what could not be verified here."""

    verdict: Verdict
    recorded: bytes
    certificate: bytes | None
    chain: tuple[bytes, ...]
    world: World
    differences: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Findings:
    differences: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    notes: list[str] = field(default_factory=list[str])

    def differs(self, what: str, name: str, then: str, found: str | None) -> None:
        self.differences.append({"evidence": what, "name": name, "then": then, "found": found})


def read_verdict(recorded: bytes) -> Verdict:
    """The verdict in its recorded bytes. Raises InvalidInput if they are none."""
    try:
        return msgspec.json.decode(recorded, type=Verdict)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"not a verdict of this directory: {error}") from error


def needed(verdict: Verdict) -> Needed:
    """Everything the verdict names by digest."""
    evidence = verdict.evidence
    objects = [verdict.question.certificate_sha256, *evidence.chain_sha256, *(found.sha256 for found in evidence.trust_lists)]
    objects += [evidence.policy_sha256] + ([evidence.revocation.sha256] if evidence.revocation else [])
    records = [digest for register in evidence.registers for digest in register.record_sha256]
    return Needed(tuple(dict.fromkeys(objects)), tuple(dict.fromkeys(records)))


def make_pack(recorded: bytes, world: World, archived: Mapping[str, bytes], agents: Sequence[AgentHint] = ()) -> Files:
    """The pack of one verdict. ``world`` is the world it was decided in, as the database remembers it; ``archived`` is what was fetched.

    What is not in the archive is left out; ``open_pack`` says so.
    """
    verdict = read_verdict(recorded)
    evidence = verdict.evidence
    files: Files = {"README.txt": README.encode(), VERDICT: recorded}
    if certificate := archived.get(verdict.question.certificate_sha256):
        files[CERTIFICATE] = certificate
    for digest in evidence.chain_sha256:
        if content := archived.get(digest):
            files[f"chain/{digest}.der"] = content
    if policy := archived.get(evidence.policy_sha256):
        files[POLICY] = policy
    accepted: list[AcceptedList] = []
    for named in evidence.trust_lists:
        found = world.trust.loaded.get(named.territory)
        if found is not None and found.sha256 == named.sha256:
            accepted.append(found)
        if content := archived.get(named.sha256):
            files[list_file(named.territory, named.sequence)] = content
    files[LISTS] = _json(accepted)
    records = {digest for register in evidence.registers for digest in register.record_sha256}
    firms = [firm for firm in world.directory.firms.values() if records & set(_records_of(firm))]
    files[FIRMS] = _json(firms)
    files[SOURCES] = _json(sorted(world.directory.sources.values(), key=lambda source: source.source))
    for digest in sorted({digest for firm in firms for digest in _records_of(firm)} | records):
        if content := archived.get(digest):
            files[record_file(digest)] = content
    if (revocation := evidence.revocation) and (content := archived.get(revocation.sha256)):
        files[f"revocation/{revocation.sha256}.{revocation.method}"] = content
    held = sorted(set(world.trust.loaded) - {named.territory for named in evidence.trust_lists})
    files[STATE] = _json(State(_degraded(verdict, world), tuple(agents), tuple(held)))
    return files


def open_pack(files: Mapping[str, bytes]) -> Opened:
    """Read a pack as a world, comparing every file with the digest the verdict names.

    Raises InvalidInput if it has no verdict or one of its own tables cannot be read.
    """
    if VERDICT not in files:
        raise InvalidInput(f"no {VERDICT} in the evidence: name the folder that obd evidence wrote")
    recorded = files[VERDICT]
    verdict = read_verdict(recorded)
    found = _Findings()
    certificate = _named(files, CERTIFICATE, verdict.question.certificate_sha256)
    chain = tuple(
        content
        for digest in verdict.evidence.chain_sha256
        if (content := _same(found, "chain", digest, files.get(f"chain/{digest}.der"))) is not None
    )
    trust = _trust(verdict, files, found)
    state = _table(files, STATE, State)
    world = World(
        environment="sandbox" if verdict.question.environment == "sandbox" else "live",
        version=verdict.evidence.world.version,
        sha256=verdict.evidence.world.sha256,
        known_at=parse_instant(verdict.known_at),
        trust=trust,
        directory=index_of(_firms(verdict, files, found), {source.source: source for source in _table(files, SOURCES, list[SourceState])}),
        revocation=_revocation(verdict, files, trust, found),
        agents=state.agents,
        degraded=state.degraded,
        policies=_policies(verdict, files, found),
    )
    return Opened(verdict, recorded, certificate, chain, world, tuple(found.differences), tuple(found.notes))


def list_file(territory: str, sequence: int) -> str:
    """The name of a list in a pack."""
    return f"lists/{territory}-{sequence}.xml"


def record_file(digest: str) -> str:
    """The name of a register row in a pack."""
    return f"register/records/{digest}.json"


def _named(files: Mapping[str, bytes], name: str, digest: str) -> bytes | None:
    """The certificate, only if it is the one the verdict is about: another one is another question."""
    content = files.get(name)
    return content if content is not None and sha256_hex(content) == digest else None


def _same(found: _Findings, what: str, digest: str, content: bytes | None, name: str = "") -> bytes | None:
    """The content as it is, its difference from the digest of then noted."""
    seen = None if content is None else sha256_hex(content)
    if seen != digest:
        found.differs(what, name or digest, digest, seen)
    return content


def _policies(verdict: Verdict, files: Mapping[str, bytes], found: _Findings) -> dict[str, Policy]:
    name = verdict.question.policy
    content = _same(found, "policy", verdict.evidence.policy_sha256, files.get(POLICY), name)
    if content is None:
        return {}
    try:
        policy = read_canonical(content)
    except InvalidInput:
        return {}
    return {name: policy}


def _trust(verdict: Verdict, files: Mapping[str, bytes], found: _Findings) -> TrustIndex:
    accepted = {row.territory: row for row in _table(files, LISTS, list[AcceptedList])}
    lists: list[tuple[AcceptedList, ReadList]] = []
    announced: ReadList | None = None
    for named in sorted(verdict.evidence.trust_lists, key=lambda row: row.territory != "EU"):
        content = _same(
            found,
            "trusted_list",
            named.sha256,
            files.get(list_file(named.territory, named.sequence)),
            f"{named.territory} {named.sequence}",
        )
        row = accepted.get(named.territory)
        if content is None or row is None:
            continue
        read = _read_list(content, announced if named.territory != "EU" else None, found)
        if read is None:
            continue
        if named.territory == "EU":
            announced = read
        lists.append((row, read))
    return build_index((row, read.services) for row, read in lists)


def _read_list(content: bytes, of_lists: ReadList | None, found: _Findings) -> ReadList | None:
    """The signed part of a list. A national list must be signed as the list of lists of the pack announces.

    Who may sign the list of lists itself was decided when it was accepted; here its own signature is verified, and the note says so.
    """
    opened = open_list(content)
    if isinstance(opened, Refused):
        found.notes.append(f"a list cannot be read: {opened.message}")
        return None
    claimed = () if isinstance(opened.signature, Refused) else opened.signature.certificates
    signers = frozenset(claimed) if of_lists is None else of_lists.signers_of(opened.header.territory)
    read = verify_list(opened, signers)
    if isinstance(read, Refused):
        found.notes.append(f"list {opened.header.territory} {opened.header.sequence} is not accepted: {read.message}")
        return None
    if of_lists is None:
        found.notes.append(f"list {read.header.territory} is signed by {sha256_hex(read.signer_der)}; compare with its publication")
    return read


def _firms(verdict: Verdict, files: Mapping[str, bytes], found: _Findings) -> list[Firm]:
    firms = _table(files, FIRMS, list[Firm])
    for register in verdict.evidence.registers:
        for digest in register.record_sha256:
            _same(found, "register_record", digest, files.get(record_file(digest)), register.source)
    named = {digest for register in verdict.evidence.registers for digest in register.record_sha256}
    if strangers := sorted({digest for firm in firms for digest in _records_of(firm)} - named):
        for digest in strangers:
            content = files.get(record_file(digest))
            if content is None or sha256_hex(content) != digest:
                found.differs("register_record", digest, digest, None if content is None else sha256_hex(content))
    return firms


def _revocation(verdict: Verdict, files: Mapping[str, bytes], trust: TrustIndex, found: _Findings) -> RevocationIndex:
    named = verdict.evidence.revocation
    if named is None:
        return RevocationIndex()
    content = _same(found, "revocation", named.sha256, files.get(f"revocation/{named.sha256}.{named.method}"), named.method)
    if content is None:
        return RevocationIndex()
    kind: Literal["crl", "ocsp"] = "crl" if named.method == "crl" else "ocsp"
    judged = judge_file(content, kind, trust, at=_known_at(verdict))
    if isinstance(judged, CrlView):
        return RevocationIndex(crls={(judged.issuer_der, judged.issuer_spki_der): (judged,)})
    if isinstance(judged, tuple):
        return RevocationIndex(ocsp=_by_key(judged))
    found.notes.append(f"the {named.method} answer is not accepted: {judged.why}")
    return RevocationIndex()


def _by_key(
    answers: Iterable[tuple[tuple[bytes, bytes, int], RevocationAnswer]],
) -> dict[tuple[bytes, bytes, int], tuple[RevocationAnswer, ...]]:
    return {key: (answer,) for key, answer in answers}


def _known_at(verdict: Verdict) -> datetime:
    return parse_instant(verdict.known_at)


def _degraded(verdict: Verdict, world: World) -> tuple[str, ...]:
    return (world.degraded or ("last_known_good",)) if verdict.degraded else ()


def _records_of(firm: Firm) -> list[str]:
    return [digest for authorisation in firm.authorisations for digest in _records_of_entry(authorisation)]


def _records_of_entry(authorisation: Authorisation) -> list[str]:
    return [authorisation.record_sha256, *(branch.record_sha256 for branch in authorisation.branches)]


def _table(files: Mapping[str, bytes], name: str, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(files[name], type=kind)
    except KeyError as error:
        raise InvalidInput(f"the evidence lacks {name}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{name} in the evidence cannot be read: {error}") from error


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)


def digest_of(files: Mapping[str, bytes]) -> str:
    """One digest over a whole pack."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name} {sha256_hex(files[name])}\n".encode())
    return whole.hexdigest()
