"""How lists and revocation answers come in: gathered from a folder or their addresses, archived, judged, and written in one transaction."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from obdirectory.core.errors import InvalidInput, NotPermitted
from obdirectory.platform.objects import ObjectStore
from obdirectory.trust import store
from obdirectory.trust.anchors import Anchors, journal_not_carried
from obdirectory.trust.candidates import Judgement, KnownList, Outcome, judge_candidates, outcome_at
from obdirectory.trust.fetch import ListFetch
from obdirectory.trust.gather import AnswerFile, Gathered, Kind, Missing, Validators, gather_folder, gather_network
from obdirectory.trust.index import TrustIndex
from obdirectory.trust.load import accepted_list, index_of, load, read_kept, revocation_of
from obdirectory.trust.prepared import pack
from obdirectory.trust.revocation import CrlView, Refusal, RevocationIndex, judge_file
from obdirectory.trust.status import ListDetail, ListStatus, list_detail, list_status
from obdirectory.trust.trustlist import LIST_OF_LISTS, ReadList

__all__ = ["ListDetail", "ListStatus", "RefreshRow", "list_detail", "list_status", "load", "refresh"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RefreshRow:
    """What became of one file that was tried."""

    file: str  # a file name without its folder, or an address
    kind: Kind
    territory: str | None
    sequence: int | None  # of a list; the number of a CRL
    outcome: Outcome
    reason: str  # a word; empty when accepted
    message: str = ""


async def refresh(
    db: store.Database,
    objects: ObjectStore,
    *,
    environment: store.Environment,
    from_dir: Path | None,
    at: datetime | None,
    now: datetime,
    anchors: Anchors,
    fetch: ListFetch | None,
) -> list[RefreshRow]:
    """Take what is there and say of every file tried what became of it.

    With ``at`` as if today were then: only what was published by then counts, and it is recorded as known since then. Raises InvalidInput
    for an instant in the future, a folder that cannot be read, or a past instant without a folder; NotPermitted for another
    environment's anchors; Unavailable when the database or the object store is away.
    """
    if anchors.environment != environment:
        raise NotPermitted(f"anchors of the environment {anchors.environment} cannot decide what counts in {environment}")
    if at is not None and at > now:
        raise InvalidInput("this instant lies in the future")
    instant = now if at is None else at
    if from_dir is not None:
        gathered = await gather_folder(objects, from_dir)
    elif fetch is None:
        raise InvalidInput(f"the lists of the environment {environment} come from a folder")
    elif at is not None:
        raise InvalidInput("addresses serve today's lists alone: give a folder to go back to an instant")
    else:
        gathered = await _from_addresses(db, objects, environment, anchors=anchors, fetch=fetch, at=instant)
    async with db.transaction() as connection:
        await store.take_turns(connection, environment)
        rows, changed = await _judge_and_write(
            connection, objects, environment, gathered, anchors=anchors, at=instant, is_newest=at is None
        )
        if changed:
            await store.bump_world_version(connection, environment)
    await _warn_of_a_new_journal(db, objects, environment, anchors=anchors, at=instant)
    for row in rows:
        if row.outcome != "accepted":
            log.info(
                "trust_file_not_accepted",
                outcome=row.outcome,
                kind=row.kind,
                file=row.file,
                territory=row.territory,
                sequence=row.sequence,
                reason=row.reason,
            )
    log.info("trust_refreshed", environment=environment, files=len(rows), changed=changed)
    return rows


async def _warn_of_a_new_journal(
    db: store.Database, objects: ObjectStore, environment: store.Environment, *, anchors: Anchors, at: datetime
) -> None:
    """Say so when the list of lists that counts starts from an announcement that this release does not carry: the next one may not hold."""
    list_of_lists = await _list_of_lists(objects, await store.current_lists(db, environment, known_at=at))
    if list_of_lists and (address := journal_not_carried(list_of_lists.information_uris, anchors)):
        log.warning("official_journal_not_carried", environment=environment, sequence=list_of_lists.header.sequence, address=address)


async def _from_addresses(
    db: store.Database, objects: ObjectStore, environment: store.Environment, *, anchors: Anchors, fetch: ListFetch, at: datetime
) -> Gathered:
    current = await store.current_lists(db, environment, known_at=at)
    sources = await store.sources(db, environment)
    return await gather_network(
        objects,
        fetch,
        known=_known(current),
        known_list_of_lists=await _list_of_lists(objects, current),
        validators={row.address: Validators(row.etag, row.last_modified, row.sha256) for row in sources if row.sha256},
        anchors=anchors,
        at=at,
    )


async def _judge_and_write(
    connection: store.Connection,
    objects: ObjectStore,
    environment: store.Environment,
    gathered: Gathered,
    *,
    anchors: Anchors,
    at: datetime,
    is_newest: bool,
) -> tuple[list[RefreshRow], bool]:
    """The rows of everything that was tried, and whether anything that counts has changed."""
    current = await store.current_lists(connection, environment, known_at=at)
    judgements = await asyncio.to_thread(
        judge_candidates,
        gathered.candidates,
        known=_known(current),
        known_list_of_lists=await _list_of_lists(objects, current),
        anchors=anchors,
        at=at,
    )
    written = await asyncio.to_thread(lambda: [_row_to_write(objects, one) for one in judgements if not one.is_known])
    unheard = [_missing_list(one) for one in gathered.missing if one.kind == "list"]
    await store.add_lists(connection, environment, [*written, *unheard], known_at=at)
    rows = [_row(one) for one in judgements]
    rows += [_unchanged_row(row, address, at) for row in current if (address := gathered.unchanged.get(row.territory))]
    rows += [RefreshRow(one.address, one.kind, one.territory, None, "refused", one.reason, one.message) for one in gathered.missing]
    await _note_sources(connection, objects, environment, gathered, judgements, at=at, is_newest=is_newest)
    answer_rows, answers_changed = await _answers(connection, objects, environment, gathered.answers, judgements, at=at)
    return rows + answer_rows, answers_changed or any(one.outcome != "refused" for one in written)


def _known(current: Iterable[store.ListRow]) -> dict[str, KnownList]:
    return {row.territory: KnownList(accepted_list(row), row.signer_sha256) for row in current}


async def _list_of_lists(objects: ObjectStore, current: Iterable[store.ListRow]) -> ReadList | None:
    row = next((row for row in current if row.territory == LIST_OF_LISTS), None)
    return None if row is None else await asyncio.to_thread(read_kept, objects, row)


def _row_to_write(objects: ObjectStore, judgement: Judgement) -> store.NewList:
    header, read = judgement.candidate.header, judgement.read
    return store.NewList(
        territory=judgement.candidate.territory,
        sequence=header.sequence if header else None,
        version=header.version if header else None,
        issued_at=header.issued_at if header else None,
        next_update_at=header.next_update_at if header else None,
        sha256=judgement.candidate.sha256,
        prepared_sha256=objects.put_now(pack(read)) if read else None,
        signer_sha256=hashlib.sha256(read.signer_der).hexdigest() if read else None,
        address=judgement.candidate.address,
        outcome=judgement.outcome,
        reason=judgement.reason,
        message=judgement.message,
        services=len(read.services) if read else 0,
        web_services=read.web_services if read else 0,
    )


def _missing_list(missing: Missing) -> store.NewList:
    return store.NewList(
        missing.territory, None, None, None, None, None, None, None, missing.address, "refused", missing.reason, missing.message, 0, 0
    )


def _row(judgement: Judgement) -> RefreshRow:
    header, territory = judgement.candidate.header, judgement.candidate.territory
    sequence = header.sequence if header else None
    return RefreshRow(judgement.candidate.address, "list", territory, sequence, judgement.outcome, judgement.reason, judgement.message)


def _unchanged_row(row: store.ListRow, address: str, at: datetime) -> RefreshRow:
    outcome = outcome_at(row.next_update_at, at)
    return RefreshRow(address, "list", row.territory, row.sequence, outcome, "" if outcome == "accepted" else "next_update_overdue")


async def _note_sources(
    connection: store.Connection,
    objects: ObjectStore,
    environment: store.Environment,
    gathered: Gathered,
    judgements: Sequence[Judgement],
    *,
    at: datetime,
    is_newest: bool,
) -> None:
    """Where lists are, from the list of lists that counts; and how this look at each of them ended."""
    list_of_lists = await _list_of_lists(objects, await store.current_lists(connection, environment, known_at=at))
    if list_of_lists is not None:
        addresses = {pointer.territory: pointer.location for pointer in reversed(list_of_lists.pointers) if pointer.is_xml}
        if gathered.list_of_lists_address:
            addresses[LIST_OF_LISTS] = gathered.list_of_lists_address
        named = set[str]() if is_newest else {row.territory for row in await store.sources(connection, environment)}
        await store.name_sources(connection, environment, sorted((t, a) for t, a in addresses.items() if t not in named))
    looks: dict[str, store.SourceRow] = {}
    for one in judgements:
        territory, address = one.candidate.territory, one.candidate.address
        if territory and (territory not in looks or one.outcome != "refused"):
            seen = gathered.validators.get(address, Validators(None, None, one.candidate.sha256))
            looks[territory] = store.SourceRow(
                territory, address, seen.etag, seen.last_modified, seen.sha256, at, one.outcome, one.reason, one.message
            )
    for territory, address in gathered.unchanged.items():
        looks.setdefault(territory, store.SourceRow(territory, address, None, None, None, at, "accepted", "", ""))
    for missing in gathered.missing:
        if missing.territory:
            looks[missing.territory] = store.SourceRow(
                missing.territory, missing.address, None, None, None, at, "refused", missing.reason, missing.message
            )
    await store.note_sources(connection, environment, looks.values())


async def _answers(
    connection: store.Connection,
    objects: ObjectStore,
    environment: store.Environment,
    files: Sequence[AnswerFile],
    judgements: Sequence[Judgement],
    *,
    at: datetime,
) -> tuple[list[RefreshRow], bool]:
    """CRLs and OCSP answers, judged under the lists that count now; one that is known already is not written again."""
    if not files:
        return [], False
    current = await store.current_lists(connection, environment, known_at=at)
    fresh = {one.read.sha256: one.read for one in judgements if one.read}
    trust = await asyncio.to_thread(index_of, objects, current, fresh=fresh)
    held = await revocation_of(connection, objects, environment, trust, known_at=at)
    known = await store.known_answers(connection, environment, [file.sha256 for file in files], known_at=at)
    judged = await asyncio.to_thread(_judge_answers, files, trust, held, at)
    new = [answer for answer, _ in judged if answer.sha256 not in known]
    await store.add_answers(connection, environment, new, known_at=at)
    return [row for _, row in judged], any(answer.outcome != "refused" for answer in new)


def _judge_answers(
    files: Sequence[AnswerFile], trust: TrustIndex, held: RevocationIndex, at: datetime
) -> list[tuple[store.NewAnswer, RefreshRow]]:
    views = tuple(view for found in held.crls.values() for view in found)
    return [_judge_answer(file, trust, tuple(view for view in views if view.sha256 != file.sha256), at) for file in files]


def _judge_answer(file: AnswerFile, trust: TrustIndex, held: tuple[CrlView, ...], at: datetime) -> tuple[store.NewAnswer, RefreshRow]:
    judged = judge_file(file.content, file.kind, trust, at=at, held=held)
    if isinstance(judged, Refusal):
        new = store.NewAnswer(file.kind, file.sha256, file.address, None, None, None, None, None, "refused", judged.reason, judged.why)
        return new, RefreshRow(file.address, file.kind, None, None, "refused", judged.reason, judged.why)
    if isinstance(judged, CrlView):
        name, key, serial, answer = judged.issuer_der, judged.issuer_spki_der, None, judged
        number = judged.number
    else:
        [((name, key, serial_number), answer)] = judged
        serial, number = serial_number.to_bytes((serial_number.bit_length() + 7) // 8 or 1), None
    territory = next((service.territory for service in trust.services.get((name, key), ())), None)
    outcome = outcome_at(answer.next_update_at, at)
    reason = "" if outcome == "accepted" else "next_update_overdue"
    new = store.NewAnswer(
        file.kind, file.sha256, file.address, name, key, serial, answer.this_update_at, answer.next_update_at, outcome, reason, ""
    )
    return new, RefreshRow(file.address, file.kind, territory, number, outcome, reason)
