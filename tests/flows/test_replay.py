"""Deciding again: every verdict comes out the same from its evidence, whatever came to be known since; what was changed is named."""

import asyncio
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.flows.replaying import BOTH, DAY, Asked, Past, certificates, collect, firms, found, take_lists

from obdirectory.app.application import App, clock, open_app
from obdirectory.app.past import evidence_of, receipt_of, replay_offline, replay_recorded, write_pack
from obdirectory.check.pack import CERTIFICATE, FIRMS, POLICY, VERDICT, WORLD, Files
from obdirectory.check.policy import load_policies
from obdirectory.check.replay import Replayed, replay
from obdirectory.check.verdict import Verdict
from obdirectory.core.errors import InvalidInput
from obdirectory.core.payment_services import PaymentService
from obdirectory.platform.jws import from_base64url, key_id_of, to_base64url, verify_jws
from obdirectory.platform.settings import Settings

POLICIES = sorted(load_policies())


@dataclass(frozen=True)
class Given:
    """An answer and the question it was given to."""

    id: str
    body: bytes
    what: str
    der: bytes

    @property
    def verdict(self) -> Verdict:
        return msgspec.json.decode(self.body, type=Verdict)


@dataclass(frozen=True)
class Story:
    """What was answered before the late evidence came, and after; and the packs of all, made at the very end."""

    data_dir: Path
    database_url: str
    given: list[Given]
    packs: dict[str, Files]
    by_id: dict[str, Replayed]
    receipts: dict[str, tuple[str, str]]  # two receipts of the same check, made at different times
    jwks: dict[str, Any]

    def one(self, **wanted: object) -> Given:
        """The first answer with these fields."""
        for given in self.given:
            verdict = given.verdict
            if all(getattr(verdict, name, None) == value for name, value in wanted.items()):
                return given
        raise AssertionError(f"no answer with {wanted}")


async def tell(folder: Path, database_url: str) -> Story:
    settings = Settings(data_dir=folder / "data", database_url=database_url)
    past = found(folder / "data" / "sandbox", clock())
    given: list[Given] = []
    async with open_app(settings, load=False) as app:
        await take_lists(app, past, folder / "lists", at=past.founded_at, late=True)
        await collect(app, folder / "register", firms(), at=past.founded_at, late=True)
        await collect(app, folder / "register", firms(ambergate={"services": (("DE", BOTH), ("LT", BOTH))}), at=past.now)
        await take_lists(app, past, folder / "lists", at=past.now - DAY / 96)
    async with open_app(settings, load=True) as app:
        asked = certificates(app, past)
        given += await ask_about_everything(app, past, asked)
        given += await ask_about_everything(app, past, asked[:6])  # once more: what is remembered is put together another way
        receipts = {one.id: receipt_of(app, one.body) for one in given[::17]}
    # Evidence that is of the time between, but came now: passports gone, a firm withdrawn, the issuer's status ended, a revocation.
    async with open_app(settings, load=False) as app:
        late = firms(
            kiteshore={"services": (("LT", BOTH),), "name": "Kiteshore under its old name"},
            fernbrook={"authorised_on": (date(2021, 5, 10), past.now.date() - 2 * DAY)},
        )
        await collect(app, folder / "register", late, at=past.now - 2 * DAY, late=True)
        await take_lists(app, past, folder / "lists", at=past.now - 2 * DAY, status="withdrawn", revoked=True, late=True)
    async with open_app(settings, load=True) as app:
        given += await ask_about_everything(app, past, asked[:8], only_past=True)
        # And what is new today.
        await collect(app, folder / "register", firms(kiteshore={"services": (("LT", ("PS_080",)),)}), at=clock())
        await take_lists(app, past, folder / "lists", at=clock(), status="withdrawn")
        await app.keep_current()
        given += await ask_about_everything(app, past, asked[:8])
        packs = {one.id: await evidence_of(app, one.body) for one in given}
        by_id = {one.id: await replay_recorded(app, one.id, evidence=None, certificate=None, jwks=None) for one in given[::23]}
        receipts_now = {one.id: receipt_of(app, one.body) for one in given[::17]}
        keys = [key for ring in app.rings.values() for key in ring.jwks(clock())["keys"]]
    pairs = {check_id: (receipt, receipts_now[check_id]) for check_id, receipt in receipts.items()}
    return Story(folder / "data", database_url, given, packs, by_id, pairs, {"keys": keys})


async def ask_about_everything(app: App, past: Past, asked: list[Asked], *, only_past: bool = False) -> list[Given]:
    now, yesterday = clock(), past.now - DAY
    times: list[dict[str, Any]] = [{"at": yesterday}, {"known_at": yesterday}, {"at": past.now - 2 * DAY, "known_at": yesterday}]
    if not only_past:
        times += [{}, {"at": now}, {"at": past.now - 40 * DAY}, {"known_at": past.now - 30 * DAY}]
    given: list[Given] = []
    for place, one in enumerate(asked):
        for number, time in enumerate(times):
            for service in PaymentService if time == {} and place < 7 else (PaymentService.PIS, PaymentService.AIS)[number % 2 :][:1]:
                for policy in POLICIES if place < 3 else (POLICIES[(place + number) % len(POLICIES)],):
                    country = ("DE", "LT", "FR", "DE", "GB")[(place + number) % 5]
                    answer = await app.check_certificate(
                        one.der,
                        chain=one.chain,
                        environment="sandbox",
                        payment_service=service,
                        country=country,
                        at=time.get("at"),
                        known_at=time.get("known_at"),
                        policy=policy,
                        explain_all=(place + number) % 3 == 0,
                    )
                    given.append(Given(answer.id, answer.body, f"{one.name}, {service} {country} {policy} {time}", one.der))
    return given


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Story:
    return asyncio.run(tell(tmp_path_factory.mktemp("replay"), module_database_url))


# -- the same ----------------------------------------------------------------------------------------------------------------


def test_the_story_has_every_kind_of_answer(story: Story) -> None:
    words = Counter(given.verdict.verdict for given in story.given)
    reasons = {given.verdict.reason for given in story.given}
    print(f"\n{len(story.given)} verdicts: {dict(words)}; reasons: {', '.join(sorted(reasons))}")
    assert min(words["permitted"], words["refused"], words["undetermined"]) > 20
    assert {
        "requirements_met", "not_passported", "role_not_in_certificate", "authorisation_withdrawn", "certificate_revoked",
        "may_be_a_credit_institution", "signature_broken", "agents_have_no_own_authorisation", "ambiguous_number", "issuer_revoked",
    } <= reasons | {finding.reason for given in story.given for finding in given.verdict.findings}  # fmt: skip


def test_late_evidence_changes_what_is_answered_about_then(story: Story) -> None:
    """Or the next test would prove nothing."""
    told: dict[str, set[str]] = {}
    for given in story.given:
        told.setdefault(given.what, set()).add(given.verdict.reason)
    assert any(len(reasons) > 1 for what, reasons in told.items() if "known_at" in what)


def test_every_verdict_replays_the_same_whatever_came_to_be_known_since(story: Story) -> None:
    different = {
        f"{given.what}: {given.verdict.reason}": result.differences
        for given in story.given
        if not (result := replay(story.packs[given.id])).same
    }
    assert different == {}


def test_every_verdict_replays_the_same_by_its_id(story: Story) -> None:
    assert len(story.by_id) > 10
    assert [result for result in story.by_id.values() if not result.same] == []


def test_a_pack_replays_in_an_empty_folder_without_the_database(story: Story, tmp_path: Path) -> None:
    for number, given in enumerate(story.given[::29]):
        folder = tmp_path / str(number)
        write_pack(story.packs[given.id], folder)
        nothing = tmp_path / "nothing"
        result = replay_offline(str(folder / VERDICT), evidence=folder, certificate=None, jwks=None, data_dir=nothing)
        assert (result.same, result.check_id, result.verdict) == (True, given.id, given.verdict.verdict)
        assert not nothing.exists()


def test_the_authorities_on_the_way_are_in_the_pack(story: Story) -> None:
    for what, chain in {"under an authority between": 1, "under a revoked authority": 1, "its authority shown by key": 1}.items():
        files = [files for given in story.given if given.what.startswith(what) and (files := story.packs[given.id])]
        assert max(sum(name.startswith("chain/") for name in pack) for pack in files) == chain, what


def test_a_pack_holds_what_it_rests_on_and_says_so(story: Story) -> None:
    files = story.packs[story.one(verdict="permitted").id]
    assert {VERDICT, CERTIFICATE, POLICY, WORLD, FIRMS, "README.txt"} <= files.keys()
    assert {name.split("/")[0] for name in files if "/" in name} == {"lists", "register", "revocation"}
    assert sum(name.startswith("lists/") for name in files) == 2
    assert b"obd replay" in files["README.txt"]


# -- not the same -------------------------------------------------------------------------------------------------------------


def named(result: Replayed) -> list[str]:
    return [difference.get("evidence") or difference["field"] for difference in result.differences]


def edit_policy(content: bytes) -> bytes:
    policy = json.loads(content)
    policy["title"] += ", edited"
    return json.dumps(policy).encode()


def edit_record(content: bytes) -> bytes:
    return content.replace(b"Sandbox Street 1", b"Sandbox Street 2")


def edit_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes((content[middle] ^ 1,)) + content[middle + 1 :]


EDITS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a policy": (POLICY, edit_policy),
    "a policy made unreadable": (POLICY, lambda content: content[:-20]),
    "a list": ("lists/DE-", edit_middle),
    "the list of lists": ("lists/EU-", edit_middle),
    "a register record": ("register/records/", edit_record),
    "the firm": (FIRMS, lambda content: content.replace(b"PS_070", b"PS_080", 1)),
    "the firm made unreadable": (FIRMS, lambda content: content[:-3]),
    "the state of the world": (WORLD, lambda content: content.replace(b"eu_eba", b"eu_abe", 1)),
    "the revocation answer": ("revocation/", edit_middle),
}
NAMES = {
    POLICY: "policy",
    "lists": "trusted_list",
    FIRMS: "firms",
    "register": "register_record",
    WORLD: "world",
    "revocation": "revocation",
}


@pytest.mark.parametrize("what", EDITS)
@pytest.mark.parametrize("gone", [False, True], ids=["edited", "deleted"])
def test_what_was_changed_is_named_and_nothing_else(story: Story, what: str, gone: bool) -> None:
    start, edit = EDITS[what]
    files = dict(story.packs[story.one(verdict="permitted", reason="requirements_met").id])
    name = next(name for name in files if name.startswith(start))
    before = files.pop(name)
    if not gone:
        files[name] = edit(before)
        assert files[name] != before
    result = replay(files)
    assert not result.same
    assert named(result) == [NAMES.get(name) or NAMES[name.split("/")[0]]], result.differences


def test_the_list_and_the_register_are_named_as_people_know_them(story: Story) -> None:
    given = story.one(verdict="permitted", reason="requirements_met")
    files = dict(story.packs[given.id])
    name = next(name for name in files if name.startswith("lists/DE-"))
    files[name] = edit_middle(files[name])
    record = next(name for name in files if name.startswith("register/records/"))
    del files[record]
    differences = replay(files).differences
    assert [difference["name"] for difference in differences] == [
        name.removeprefix("lists/").removesuffix(".xml").replace("-", " "),
        "eu_eba",
    ]
    assert differences[1]["found"] is None


def test_a_certificate_that_was_not_kept_can_be_given(story: Story) -> None:
    given = story.one(verdict="permitted")
    files = dict(story.packs[given.id])
    del files[CERTIFICATE]
    result = replay(files)
    assert (result.same, result.reason, named(result)) == (False, "certificate_not_kept", ["certificate"])
    assert replay(files, certificate=given.der).same
    other = next(one.der for one in story.given if one.der != given.der)
    assert replay(files, certificate=other).reason == "certificate_not_kept"
    assert replay({**files, CERTIFICATE: other}).reason == "certificate_not_kept"
    assert replay({**files, CERTIFICATE: other}, certificate=given.der).same


@pytest.mark.parametrize(
    ("field", "value"),
    [("verdict", "refused"), ("reason", "certificate_revoked"), ("degraded", True), ("valid_until", "2036-01-01T00:00:00Z")],
)
def test_a_verdict_that_was_edited_is_not_the_same(story: Story, field: str, value: object) -> None:
    """A bare verdict file proves nothing of who wrote it; but it must come out of its evidence."""
    files = dict(story.packs[story.one(verdict="permitted").id])
    verdict = json.loads(files[VERDICT])
    files[VERDICT] = json.dumps({**verdict, field: value}).encode()
    result = replay(files)
    assert result.same is (field == "degraded")  # which says no more than that it could not be recorded
    assert field == "degraded" or field in named(result)


def test_a_policy_that_says_something_else_today_is_named(story: Story) -> None:
    given = story.one(verdict="permitted")
    files = dict(story.packs[given.id])
    old = json.loads(files[POLICY])
    old["title"] = "As it was before the edit"
    canonical = msgspec.json.encode(old)
    verdict = json.loads(files[VERDICT])
    verdict["evidence"]["policy_sha256"] = hashlib.sha256(canonical).hexdigest()
    result = replay({**files, POLICY: canonical, VERDICT: json.dumps(verdict).encode()})
    assert (result.same, named(result)) == (False, ["policy"])


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"id": 1}', b"null"])
def test_what_is_no_verdict_is_said_to_be_none(story: Story, content: bytes) -> None:
    files = story.packs[story.given[0].id]
    with pytest.raises(InvalidInput, match="not a verdict"):
        replay({**files, VERDICT: content})
    with pytest.raises(InvalidInput, match=VERDICT):
        replay({name: content for name, content in files.items() if name != VERDICT})


# -- receipts -----------------------------------------------------------------------------------------------------------------


def test_a_receipt_is_the_same_for_ever_and_of_the_sandbox(story: Story) -> None:
    bodies = {given.id: given.body for given in story.given}
    for check_id, (then, now) in story.receipts.items():
        assert then == now
        assert key_id_of(now).startswith("sandbox-")
        assert verify_jws(now, story.jwks, typ="obd-verdict+jws") == bodies[check_id]


@pytest.fixture
def receipt(story: Story, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A receipt, the keys and the evidence as somebody else holds them."""
    check_id, (token, _) = next(iter(story.receipts.items()))
    write_pack(story.packs[check_id], tmp_path / "evidence")
    (tmp_path / "receipt.jws").write_text(token + "\n")
    (tmp_path / "jwks.json").write_text(json.dumps(story.jwks))
    return tmp_path / "receipt.jws", tmp_path / "jwks.json", tmp_path / "evidence"


def offline(receipt: Path, jwks: Path | None, evidence: Path) -> Replayed:
    return replay_offline(str(receipt), evidence=evidence, certificate=None, jwks=jwks, data_dir=evidence / "nothing")


def test_a_receipt_replays_with_pinned_keys(receipt: tuple[Path, Path, Path]) -> None:
    result = offline(*receipt)
    assert result.same
    assert not any("signed by" in note for note in result.notes if "list" not in note)


def test_a_receipt_without_keys_is_not_believed(receipt: tuple[Path, Path, Path]) -> None:
    with pytest.raises(InvalidInput, match="--jwks"):
        offline(receipt[0], None, receipt[2])


def test_a_key_of_the_data_folder_is_said_to_be_unpinned(story: Story, receipt: tuple[Path, Path, Path]) -> None:
    result = replay_offline(str(receipt[0]), evidence=receipt[2], certificate=None, jwks=None, data_dir=story.data_dir)
    assert result.same
    assert any("pin" in note for note in result.notes)


@pytest.mark.parametrize("part", ["payload", "signature", "type", "algorithm", "key", "form"])
def test_a_forged_receipt_is_refused(receipt: tuple[Path, Path, Path], part: str) -> None:
    head, payload, signature = receipt[0].read_text().strip().split(".")
    header = json.loads(from_base64url(head))
    match part:
        case "payload":
            payload = to_base64url(from_base64url(payload).replace(b'"verdict":"', b'"verdict":"x', 1)).decode()
        case "signature":
            signature = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
        case "type":
            head = to_base64url(json.dumps({**header, "typ": "JWT"}).encode()).decode()
        case "algorithm":
            head, signature = to_base64url(json.dumps({**header, "alg": "none"}).encode()).decode(), ""
        case "key":
            head = to_base64url(json.dumps({**header, "kid": "sandbox-unknown"}).encode()).decode()
        case _:
            payload += "."
    receipt[0].write_text(f"{head}.{payload}.{signature}")
    with pytest.raises(InvalidInput):
        offline(*receipt)


def test_keys_of_somebody_else_do_not_verify(receipt: tuple[Path, Path, Path]) -> None:
    keys = json.loads(receipt[1].read_text())
    first = next(key for key in keys["keys"] if key["kid"].startswith("sandbox-"))
    live = next(key for key in keys["keys"] if not key["kid"].startswith("sandbox-"))
    receipt[1].write_text(json.dumps({"keys": [{**live, "kid": first["kid"]}]}))
    with pytest.raises(InvalidInput, match="does not verify"):
        offline(*receipt)


def test_a_receipt_on_the_evidence_of_another_check_is_not_the_same(story: Story, receipt: tuple[Path, Path, Path], tmp_path: Path) -> None:
    mine = receipt[0].read_text()
    other = next(
        given for given in story.given if given.der != story.given[0].der and given.verdict.verdict == "permitted" and given.id not in mine
    )
    write_pack(story.packs[other.id], tmp_path / "other")
    result = offline(receipt[0], receipt[1], tmp_path / "other")
    assert not result.same
    assert "certificate" in named(result) or result.differences


def test_a_folder_that_is_no_pack_is_an_input_error(receipt: tuple[Path, Path, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match="no such folder"):
        offline(receipt[0], receipt[1], tmp_path / "nowhere")
    result = offline(receipt[0], receipt[1], tmp_path / "empty")
    assert (result.same, result.reason) == (False, "certificate_not_kept")
    shutil.rmtree(tmp_path / "empty")


async def test_evidence_is_not_written_over_something(story: Story, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="not empty"):
        write_pack(story.packs[story.given[0].id], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
