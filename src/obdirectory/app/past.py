"""Answers given before: found in the journal, packed with their evidence, decided again."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from obdirectory.app.application import App, clock
from obdirectory.check.journal import Record, find
from obdirectory.check.pack import VERDICT, Files, make_pack, needed, read_verdict, records_of
from obdirectory.check.policy import load_policies
from obdirectory.check.question import Environment
from obdirectory.check.receipt import TYPE, make_receipt
from obdirectory.check.replay import Replayed, replay
from obdirectory.check.verdict import Verdict
from obdirectory.check.worlds import ENVIRONMENTS
from obdirectory.core.errors import InvalidInput, NotFound, Unavailable
from obdirectory.core.instants import parse_instant
from obdirectory.platform.jws import key_id_of, verify_jws
from obdirectory.platform.keys import KeyRing
from obdirectory.registers.evidence import raw_rows


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A verdict to decide again, and what is to be said of where it came from."""

    verdict: bytes
    notes: tuple[str, ...]


_MOST_PACK_BYTES = 256 * 1024 * 1024
_MOST_RECEIPT_BYTES = 4 * 1024 * 1024


def recorded_answer(app: App, check_id: str) -> Record:
    """The answer of that id, from any journal file of this data folder.

    Raises InvalidInput for what is no check id, NotFound when it was not answered here.
    """
    try:
        UUID(check_id)
    except ValueError as error:
        raise InvalidInput(f"not a check id: {check_id!r}") from error
    found = find(app.settings.data_dir / "journal", check_id)
    if found is None:
        raise NotFound(f"no check {check_id} was answered here")
    return found


def receipt_of(app: App, verdict: bytes) -> str:
    """The receipt of a recorded verdict, the same for ever: signed by the key that signed when it was given."""
    echo = read_verdict(verdict)
    environment = _environment(echo)
    return make_receipt(verdict, app.rings[environment].signer(parse_instant(echo.checked_at)))


async def pack_evidence(app: App, check_id: str, folder: Path) -> list[str]:
    """Write the evidence pack of a check into a folder, which must be empty or not there. Returns the file names."""
    files = await evidence_of(app, recorded_answer(app, check_id).verdict)
    write_pack(files, folder)
    return sorted(files)


def write_pack(files: Files, folder: Path) -> None:
    """Write a pack. Raises InvalidInput if the folder has something in it or cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidInput(f"{folder} is not empty: name a new folder")
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written: {error.strerror}") from error


async def replay_recorded(app: App, what: str, *, evidence: Path | None, certificate: Path | None, jwks: Path | None) -> Replayed:
    """Decide again: a check id of this data folder, or a file with a receipt or a verdict, on archived or given evidence."""
    answer = (
        read_answer_file(Path(what), jwks, app.rings.values()) if is_file(what) else GivenAnswer(recorded_answer(app, what).verdict, ())
    )
    files = read_pack(evidence) if evidence else await evidence_of(app, answer.verdict)
    return replay_files(files, answer, certificate)


def replay_offline(what: str, *, evidence: Path, certificate: Path | None, jwks: Path | None, data_dir: Path) -> Replayed:
    """Decide a receipt or verdict file again on an evidence folder: no database, no network, nothing written."""
    rings = [KeyRing.open(data_dir, name, now=clock()) for name in ENVIRONMENTS] if (data_dir / "keys").is_dir() and jwks is None else []
    return replay_files(read_pack(evidence), read_answer_file(Path(what), jwks, rings), certificate)


def replay_files(files: Files, answer: GivenAnswer, certificate: Path | None) -> Replayed:
    """Decide the given answer again on the files of a pack."""
    leaf = None if certificate is None else App.read_certificate_file(certificate)[0]
    result = replay({**files, VERDICT: answer.verdict}, certificate=leaf)
    return dataclasses.replace(result, notes=(*answer.notes, *result.notes))


def is_file(what: str) -> bool:
    """Does the word name a file? A check id never does by accident."""
    return Path(what).is_file()


async def evidence_of(app: App, recorded: bytes) -> Files:
    """Everything a recorded verdict rests on, by digest: from the archive, and rows of registers from the database."""
    verdict = read_verdict(recorded)
    archived: dict[str, bytes] = {policy.sha256: policy.canonical for policy in load_policies().values()}
    for digest in needed(verdict):
        try:
            content = await app.objects.get(digest)
        except Unavailable:
            continue  # damaged: the replay names it as missing
        if content is not None:
            archived[digest] = content
    archived |= await raw_rows(app.database, _environment(verdict), records_of(verdict, archived))
    return make_pack(recorded, archived)


def _environment(verdict: Verdict) -> Environment:
    return "sandbox" if verdict.question.environment == "sandbox" else "live"


def read_answer_file(path: Path, jwks: Path | None, rings: Iterable[KeyRing]) -> GivenAnswer:
    """A file with a verdict, or with a receipt whose signature is verified here. Raises InvalidInput for anything else."""
    content = _read(path, _MOST_RECEIPT_BYTES).strip()
    if content.startswith(b"{"):
        return GivenAnswer(content, ("a verdict without a signature: the file proves nothing of who answered",))
    try:
        token = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise InvalidInput("not a receipt: a compact JWS is ASCII text") from error
    if jwks is not None:
        return GivenAnswer(verify_jws(token, _read_keys(jwks), typ=TYPE), ())
    own = [key for ring in rings for key in ring.jwks(clock())["keys"]]
    if not own:
        raise InvalidInput("a receipt needs the directory's public keys: save its /.well-known/jwks.json and name it with --jwks")
    verdict = verify_jws(token, {"keys": own}, typ=TYPE)
    return GivenAnswer(verdict, (f"signed by {key_id_of(token)}, a key of this data folder; pin the directory's keys with --jwks",))


def _read_keys(path: Path) -> Mapping[str, object]:
    try:
        return msgspec.json.decode(_read(path, _MOST_RECEIPT_BYTES), type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: not a JWK set: {error}") from error


def read_pack(folder: Path) -> Files:
    """The files of an evidence pack. Raises InvalidInput if the folder is not there or holds more than a pack can."""
    if not folder.is_dir():
        raise InvalidInput(f"no such folder: {folder}")
    files: Files = {}
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            size += path.stat().st_size
            if size > _MOST_PACK_BYTES:
                raise InvalidInput(f"{folder} holds more than an evidence pack can")
            files[str(path.relative_to(folder))] = path.read_bytes()
    return files


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror or 'cannot be read'}") from error
    if len(content) > most:
        raise InvalidInput(f"{path} is too large to be read here")
    return content
