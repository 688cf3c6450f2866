"""An evidence pack: all one verdict rests on, as named files from which it can be decided again without this directory.

Pure: ``needed`` says by digest what has to be fetched, ``make_pack`` puts it together, ``open_pack`` makes a ``World`` of it and names
every file that is not what the verdict says it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

import msgspec

from obdirectory.check.policy import Policy, read_canonical
from obdirectory.check.state import Extract, WorldState
from obdirectory.check.verdict import Verdict
from obdirectory.check.world import World
from obdirectory.core.errors import InvalidInput
from obdirectory.core.identifiers import sha256_hex
from obdirectory.core.instants import parse_instant
from obdirectory.directory.lookup import index_of
from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.index import AcceptedList, TrustIndex, TrustService, build_index
from obdirectory.trust.revocation import CrlView, OcspKey, Refusal, RevocationAnswer, RevocationIndex, judge_file
from obdirectory.trust.revoked import ISSUER_REVOKED
from obdirectory.trust.trustlist import ReadList, open_list, verify_list
from obdirectory.trust.xmlread import Refused

Files = dict[str, bytes]
T = TypeVar("T")

VERDICT, CERTIFICATE, POLICY, WORLD, FIRMS = "verdict.json", "certificate.der", "policy.json", "world.json", "register/firms.json"
README = """What a verdict of an Open Banking Directory rests on.

verdict.json     the answer, byte for byte as it was given; it names the SHA-256 of all the others
certificate.der  what was asked about; chain/ holds the issuers that were used
policy.json      the policy, canonical form
world.json       which lists, registers and revocation answers were accepted then
lists/           the signed trusted lists
register/        firms.json: the firms as they were known; records/: their rows as the registers published them
revocation/      CRLs and OCSP answers

Decide again, offline:  obd replay verdict.json --evidence .
"""


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


def needed(verdict: Verdict) -> tuple[str, ...]:
    """Digests of all in the archive that the verdict rests on; the rows of registers come on top (``records_of``)."""
    evidence = verdict.evidence
    objects = [verdict.question.certificate_sha256, evidence.policy_sha256, evidence.world.sha256, *evidence.chain_sha256]
    objects += [found.sha256 for found in evidence.trust_lists]
    objects += [digest for digest in (evidence.extract_sha256,) if digest is not None]
    return tuple(dict.fromkeys([*objects, *(digest for digest, _ in _answers_named(verdict))]))


def records_of(verdict: Verdict, archived: Mapping[str, bytes]) -> tuple[str, ...]:
    """Digests of the rows the verdict names, and of the other rows of the same firms as far as they can be told."""
    named = [digest for register in verdict.evidence.registers for digest in register.record_sha256]
    extract = _decoded(archived.get(verdict.evidence.extract_sha256 or ""), Extract) or Extract()
    for firm in extract.firms:
        for entry in firm.authorisations:
            named += [entry.record_sha256, *(branch.record_sha256 for branch in entry.branches)]
    return tuple(dict.fromkeys(named))


def make_pack(recorded: bytes, archived: Mapping[str, bytes]) -> Files:
    """The pack of one verdict from what was fetched, by digest. What is not there is left out; ``open_pack`` says so."""
    verdict = read_verdict(recorded)
    evidence = verdict.evidence
    named = {
        CERTIFICATE: verdict.question.certificate_sha256,
        POLICY: evidence.policy_sha256,
        WORLD: evidence.world.sha256,
        **{f"chain/{digest}.der": digest for digest in evidence.chain_sha256},
        **{list_file(found.territory, found.sequence): found.sha256 for found in evidence.trust_lists},
        **{record_file(digest): digest for digest in records_of(verdict, archived)},
        **{answer_file(digest, method): digest for digest, method in _answers_named(verdict)},
    }
    if evidence.extract_sha256 is not None:
        named[FIRMS] = evidence.extract_sha256
    files: Files = {"README.txt": README.encode(), VERDICT: recorded}
    return files | {name: archived[digest] for name, digest in named.items() if digest in archived}


def open_pack(files: Mapping[str, bytes]) -> Opened:
    """Read a pack as a world, comparing every file with the digest the verdict names.

    Raises InvalidInput if it has no verdict.
    """
    if VERDICT not in files:
        raise InvalidInput(f"no {VERDICT} in the evidence: name the folder that obd evidence wrote")
    recorded = files[VERDICT]
    verdict = read_verdict(recorded)
    evidence = verdict.evidence
    found = _Findings()
    certificate = _named(files, CERTIFICATE, verdict.question.certificate_sha256)
    chain = tuple(
        content
        for digest in evidence.chain_sha256
        if (content := _same(found, "chain", digest, files.get(f"chain/{digest}.der"))) is not None
    )
    state = _decoded(_same(found, "world", evidence.world.sha256, files.get(WORLD)), WorldState) or WorldState()
    trust = _trust(verdict, state, files, found)
    extract = Extract()
    if evidence.extract_sha256 is not None:
        extract = _decoded(_same(found, "firms", evidence.extract_sha256, files.get(FIRMS)), Extract) or extract
    for register in evidence.registers:
        for digest in register.record_sha256:
            _same(found, "register_record", digest, files.get(record_file(digest)), register.source)
    world = World(
        environment="sandbox" if verdict.question.environment == "sandbox" else "live",
        version=evidence.world.version,
        sha256=evidence.world.sha256,
        known_at=_known_at(verdict),
        trust=trust,
        directory=index_of(extract.firms, {source.source: source for source in state.registers}),
        revocation=_revocation(verdict, files, trust, chain, found),
        agents=extract.agents,
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


def answer_file(digest: str, method: str) -> str:
    """The name of a revocation answer in a pack."""
    return f"revocation/{digest}.{method}"


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


def _trust(verdict: Verdict, state: WorldState, files: Mapping[str, bytes], found: _Findings) -> TrustIndex:
    """The lists that were loaded then; of those the verdict rests on, the services too."""
    rows = {row.territory: row for row in state.lists}
    lists: list[tuple[AcceptedList, tuple[TrustService, ...]]] = []
    announced: ReadList | None = None
    for named in sorted(verdict.evidence.trust_lists, key=lambda row: row.territory != "EU"):
        content = _same(
            found,
            "trusted_list",
            named.sha256,
            files.get(list_file(named.territory, named.sequence)),
            f"{named.territory} {named.sequence}",
        )
        row = rows.pop(named.territory, None)
        if content is None or row is None:
            continue
        read = _read_list(content, announced if named.territory != "EU" else None, found)
        if read is None:
            continue
        if named.territory == "EU":
            announced = read
        lists.append((row, read.services))
    return build_index([*lists, *((row, ()) for row in rows.values())])


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


def _answers_named(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """Digest and method of every revocation answer: about the certificate, or about an authority above it that was revoked."""
    named = verdict.evidence.revocation
    found: dict[str, str] = {} if named is None else {named.sha256: named.method}
    for finding in verdict.findings:
        if finding.reason == ISSUER_REVOKED:
            for digest in finding.evidence:
                found.setdefault(digest, "crl")  # authorities are revoked by CRL; an OCSP answer about one is told by its form
    return tuple(found.items())


def _revocation(
    verdict: Verdict, files: Mapping[str, bytes], trust: TrustIndex, chain: Iterable[bytes], found: _Findings
) -> RevocationIndex:
    authorities = [read for der in chain if isinstance(read := read_certificate(der), Certificate)]
    issuers = [(one.subject_der, one.spki_der) for one in authorities]
    crls: dict[tuple[bytes, bytes], tuple[CrlView, ...]] = {}
    answers: dict[OcspKey, tuple[RevocationAnswer, ...]] = {}
    used = verdict.evidence.revocation
    for digest, method in _answers_named(verdict):
        known_at = parse_instant(used.known_at) if used is not None and used.sha256 == digest and used.known_at else _known_at(verdict)
        content = _same(found, "revocation", digest, files.get(answer_file(digest, method)), method)
        if content is None:
            continue
        kinds: tuple[Literal["crl", "ocsp"], ...] = ("crl", "ocsp") if method == "crl" else ("ocsp",)
        tried = [judge_file(content, kind, trust, at=known_at, issuers=issuers) for kind in kinds]
        judged = next((one for one in tried if not isinstance(one, Refusal)), tried[0])
        if isinstance(judged, Refusal):
            found.notes.append(f"the {method} answer is not accepted: {judged.why}")
        elif isinstance(judged, CrlView):
            key = judged.issuer_der, judged.issuer_spki_der
            crls[key] = (*crls.get(key, ()), judged)
        else:
            answers |= {key: (answer,) for key, answer in judged}
    return RevocationIndex(crls, answers)


def _known_at(verdict: Verdict) -> datetime:
    return parse_instant(verdict.known_at)


def _decoded(content: bytes | None, kind: type[T]) -> T | None:
    """One of the pack's tables; None if it is not there or was changed so that it is none any more: its digest has been compared."""
    try:
        return None if content is None else msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
