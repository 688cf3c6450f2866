"""The trust side of a world: lists and revocation answers known at an instant, from what was read when they were accepted."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import structlog

from obdirectory.platform.objects import ObjectStore
from obdirectory.trust import store
from obdirectory.trust.index import AcceptedList, TrustIndex, build_index
from obdirectory.trust.prepared import unpack
from obdirectory.trust.revocation import CrlView, OcspKey, Refusal, RevocationAnswer, RevocationIndex, judge_file
from obdirectory.trust.trustlist import ReadList, open_list, signers_by_digest, verify_list
from obdirectory.trust.xmlread import Refused

NEWEST_ANSWERS = 8
"""Answers of one authority, or about one certificate, that a world holds: the nearest before and after an instant may both matter."""

_MOST_KEPT = 256
_kept: OrderedDict[str, ReadList] = OrderedDict()  # immutable values by the digest of their prepared form: a reload costs little

log = structlog.get_logger()


async def load(
    db: store.Database | store.Connection, objects: ObjectStore, environment: store.Environment, *, known_at: datetime
) -> tuple[TrustIndex, RevocationIndex]:
    """Everything of trust that counts in an environment as it was known at an instant.

    Raises Unavailable when the database or the object store is away.
    """
    lists = await store.current_lists(db, environment, known_at=known_at)
    trust = await asyncio.to_thread(index_of, objects, lists)
    return trust, await revocation_of(db, objects, environment, trust, known_at=known_at)


async def revocation_of(
    db: store.Database | store.Connection, objects: ObjectStore, environment: store.Environment, trust: TrustIndex, *, known_at: datetime
) -> RevocationIndex:
    """The revocation answers that were accepted by an instant, judged as they were then."""
    rows = await store.answers(db, environment, known_at=known_at, newest=NEWEST_ANSWERS)
    return await asyncio.to_thread(_revocation_of, objects, rows, trust)


def index_of(objects: ObjectStore, lists: Iterable[store.ListRow], *, fresh: Mapping[str, ReadList] | None = None) -> TrustIndex:
    """The index of stored lists; those in ``fresh``, by the digest of the file, have just been read."""
    found: list[tuple[AcceptedList, ReadList]] = []
    for row in lists:
        read = (fresh or {}).get(row.sha256) or read_kept(objects, row)
        if read is not None:
            found.append((accepted_list(row), read))
    return build_index((accepted, read.services) for accepted, read in found)


def read_kept(objects: ObjectStore, row: store.ListRow) -> ReadList | None:
    """A list as it was read when it was accepted; None when neither its prepared form nor its file is there any more.

    Raises Unavailable when what is stored is damaged.
    """
    if found := _kept.get(row.prepared_sha256):
        _kept.move_to_end(row.prepared_sha256)
        return found
    prepared = objects.get_now(row.prepared_sha256)
    read = (unpack(prepared) if prepared is not None else None) or _read_again(objects, row)
    if read is None:
        log.error("trusted_list_lost", territory=row.territory, sequence=row.sequence, sha256=row.sha256)
        return None
    _kept[row.prepared_sha256] = read
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return read


def accepted_list(row: store.ListRow) -> AcceptedList:
    """What an index says of a stored list."""
    return AcceptedList(row.territory, row.sequence, row.version, row.sha256, row.issued_at, row.next_update_at, row.known_at)


def _read_again(objects: ObjectStore, row: store.ListRow) -> ReadList | None:
    """From the archived file, signature included: the signer is the one under whom it was accepted."""
    content = objects.get_now(row.sha256)
    opened = None if content is None else open_list(content)
    if opened is None or isinstance(opened, Refused):
        return None
    read = verify_list(opened, signers_by_digest(opened, {row.signer_sha256}))
    return None if isinstance(read, Refused) else read


def _revocation_of(objects: ObjectStore, rows: Sequence[store.AnswerRow], trust: TrustIndex) -> RevocationIndex:
    crls: dict[tuple[bytes, bytes], list[CrlView]] = {}
    ocsp: dict[OcspKey, list[RevocationAnswer]] = {}
    for row in rows:
        content = objects.get_now(row.sha256)
        if content is None:
            log.error("revocation_answer_lost", kind=row.kind, sha256=row.sha256)
            continue
        # Whoever signed it then was listed then; the list may have dropped the key since, which is not for this index to judge.
        issuers = [(row.issuer_der, row.issuer_spki_der)]
        judged = judge_file(content, "crl" if row.kind == "crl" else "ocsp", trust, at=row.known_at, issuers=issuers)
        if isinstance(judged, Refusal):
            log.error("revocation_answer_refused", kind=row.kind, sha256=row.sha256, reason=judged.reason)
        elif isinstance(judged, CrlView):
            crls.setdefault((judged.issuer_der, judged.issuer_spki_der), []).insert(0, judged)
        else:
            for key, answer in judged:
                ocsp.setdefault(key, []).insert(0, answer)
    return RevocationIndex({key: tuple(found) for key, found in crls.items()}, {key: tuple(found) for key, found in ocsp.items()})
