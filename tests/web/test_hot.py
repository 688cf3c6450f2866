"""The raw route of the check: who may ask, what is read, what is refused before anything is parsed."""

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.fake_doors import (
    BANK_KEY,
    BLIND_KEY,
    CHOOSER_KEY,
    DER,
    LIVE_KEY,
    NOW,
    PEM,
    SANDBOX_KEY,
    FakeDirectory,
    make_certificate,
    pem,
)

from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.web.hot import MAX_BODY_BYTES, read_ask, with_receipt

PATH = "/api/v1/checks"


async def ask(client: httpx.AsyncClient, key: str | None = LIVE_KEY, content: bytes | None = None, **changes: Any) -> httpx.Response:
    body = {"certificate": PEM, "payment_service": "ais", "country": "DE"} | changes
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    sent = content if content is not None else json.dumps({k: v for k, v in body.items() if v is not ...}).encode()
    return await client.post(PATH, content=sent, headers=headers)


def problem(answer: httpx.Response, status: int, name: str) -> str:
    """The detail of a problem, after its form was looked at."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["type"] == f"/api#{name}"
    assert found["status"] == status
    assert found["title"]
    assert found["request_id"]
    return str(found["detail"])


async def test_a_question_is_answered_with_the_recorded_bytes(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    answer = await ask(client)
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "permitted"
    (question,) = directory.questions
    assert (question.certificate, question.country, question.policy, question.environment) == (DER, "DE", "strict", "live")
    assert question.possession == "not_shown"
    assert answer.content == next(iter(directory.answers.values())).body
    assert answer.headers["cache-control"] == "no-store"


async def test_the_environment_is_that_of_the_key(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    await ask(client, SANDBOX_KEY)
    await ask(client, LIVE_KEY)
    assert [question.environment for question in directory.questions] == ["sandbox", "live"]
    assert "environment" in problem(await ask(client, environment="live"), 400, "invalid-input")


@pytest.mark.parametrize("key", [None, "", "obd_live_nobody", LIVE_KEY[:-1]])
async def test_an_unknown_key_is_not_heard(client: httpx.AsyncClient, directory: FakeDirectory, key: str | None) -> None:
    answer = await ask(client, key)
    problem(answer, 401, "not-authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert directory.questions == []


async def test_a_key_without_the_permission_may_not_ask(client: httpx.AsyncClient) -> None:
    assert "permission check" in problem(await ask(client, BLIND_KEY), 403, "not-permitted")


async def test_a_used_up_allowance_says_how_long_to_wait(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    directory.wait_seconds = 1.2
    answer = await ask(client)
    problem(answer, 429, "too-many-requests")
    assert answer.headers["retry-after"] == "2"


async def test_an_answer_that_cannot_be_recorded_is_503(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    directory.fail_with = Unavailable("the journal cannot be written", retry_after_seconds=3)
    answer = await ask(client)
    assert problem(answer, 503, "unavailable") == "the journal cannot be written"
    assert answer.headers["retry-after"] == "3"


async def test_what_nobody_foresaw_shows_nothing_of_itself(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    directory.fail_with = RuntimeError("secret inside")
    answer = await ask(client)
    problem(answer, 500, "unexpected")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b'{"certificate": "x"}', "payment_service"),
        (b'{"certificate": 1, "payment_service": "ais"}', "certificate"),
        (b'{"certificate": "x", "payment_service": "xis"}', "payment_service"),
        (b'{"certificate": "x", "payment_service": "ais", "counry": "DE"}', "counry"),
        (b'{"certificate": "x", "payment_service": "ais", "payment_service": "pis"}', "twice"),
        (b'{"certificate": "x", "payment_service": "ais", "payment_servic\\u0065": "pis"}', "twice"),
        (b'\xff\xfe{"certificate"', "JSON"),
        (b'{"certificate": "\xff", "payment_service": "ais"}', "UTF-8"),
        (b"[" * 100_000, "object"),
    ],
)
async def test_a_body_that_is_no_question_is_refused_by_name(client: httpx.AsyncClient, content: bytes, said: str) -> None:
    assert said.lower() in problem(await ask(client, content=content), 400, "invalid-input").lower()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"certificate": ""}, "empty"),
        ({"certificate": "not base64!"}, "neither PEM"),
        ({"certificate": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"}, "private key"),
        ({"country": "XX"}, "country"),
        ({"country": "Germany"}, "country"),
        ({"at": "yesterday"}, "instant"),
        ({"at": "2026-11-24T09:41:08Z"}, "future"),
        ({"known_at": "2027-01-01"}, "future"),
        ({"aspsp": "somebody"}, "aspsp"),
        ({"chain": ["AAAA"] * 11}, "chain"),
    ],
)
async def test_what_a_question_cannot_say(client: httpx.AsyncClient, directory: FakeDirectory, changes: dict[str, Any], said: str) -> None:
    assert said in problem(await ask(client, **changes), 400, "invalid-input")
    assert directory.questions == []


async def test_without_a_country_there_is_no_question(client: httpx.AsyncClient) -> None:
    """Never the home of the TPP: the question is where the account is held."""
    assert "country" in problem(await ask(client, SANDBOX_KEY, country=...), 400, "invalid-input")
    assert (await ask(client, LIVE_KEY, country=...)).json()["question"]["country"] == "DE"


async def test_a_banks_key_answers_for_the_banks_country_alone(client: httpx.AsyncClient) -> None:
    assert (await ask(client, BANK_KEY, country=...)).json()["question"]["country"] == "FR"
    assert (await ask(client, BANK_KEY, country="RE", aspsp="bank-1")).json()["question"]["aspsp"] == "bank-1"
    assert "FR" in problem(await ask(client, BANK_KEY), 400, "invalid-input")


async def test_another_policy_needs_the_permission(client: httpx.AsyncClient) -> None:
    assert "check:choose-policy" in problem(await ask(client, policy="lenient"), 403, "not-permitted")
    assert (await ask(client, policy="strict")).status_code == 200
    assert (await ask(client, CHOOSER_KEY, policy="lenient")).json()["question"]["policy"] == "lenient"
    assert "policy" in problem(await ask(client, CHOOSER_KEY, policy="kind"), 400, "invalid-input")


async def test_base64_of_der_is_the_same_question_as_pem(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    await ask(client, certificate=base64.b64encode(DER).decode())
    await ask(client, certificate=base64.encodebytes(DER).decode())
    await ask(client)
    assert {question.certificate for question in directory.questions} == {DER}


async def test_the_certificates_behind_the_first_are_its_chain(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    issuer, other = make_certificate("Issuer"), make_certificate("Other")
    await ask(client, certificate=PEM + pem(issuer), chain=[base64.b64encode(other).decode()])
    (question,) = directory.questions
    assert (question.certificate, question.chain) == (DER, (issuer, other))


async def test_bytes_that_are_no_certificate_are_a_question_all_the_same(client: httpx.AsyncClient) -> None:
    answer = await ask(client, certificate=base64.b64encode(b"\x30\x03abc").decode())
    assert (answer.json()["verdict"], answer.json()["certificate"]["kind"]) == ("refused", "other")


async def test_a_certificate_over_64_kib_is_cut_off_before_any_parser(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    """Abuse case 9."""
    problem(await ask(client, certificate=base64.b64encode(b"0" * 65_537).decode()), 413, "content-too-large")
    problem(await ask(client, certificate="A" * 100_000), 413, "content-too-large")
    problem(await ask(client, certificate=PEM * 10_000), 413, "content-too-large")
    assert directory.questions == []


async def test_a_body_is_not_read_past_its_limit(client: httpx.AsyncClient) -> None:
    """Whether its length is announced or not."""
    headers = {"authorization": f"Bearer {LIVE_KEY}", "content-type": "application/json"}
    served_parts = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal served_parts
        while True:
            served_parts += 1
            yield b" " * 65_536

    answer = await client.post(PATH, content=endless(), headers=headers)
    problem(answer, 413, "content-too-large")
    assert served_parts * 65_536 <= MAX_BODY_BYTES + 3 * 65_536
    problem(await client.post(PATH, content=b" " * (MAX_BODY_BYTES + 1), headers=headers), 413, "content-too-large")


async def test_only_json_is_read(client: httpx.AsyncClient) -> None:
    headers = {"authorization": f"Bearer {LIVE_KEY}", "content-type": "application/xml"}
    problem(await client.post(PATH, content=b"<x/>", headers=headers), 415, "unsupported-media-type")


async def test_a_receipt_comes_as_the_last_member_and_carries_the_verdict(client: httpx.AsyncClient) -> None:
    answer = (await ask(client, receipt=True)).json()
    receipt = answer.pop("receipt")
    payload = receipt.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) == answer


async def test_explain_all_shows_every_requirement(client: httpx.AsyncClient) -> None:
    few, all_ = (await ask(client)).json()["findings"], (await ask(client, explain="all")).json()["findings"]
    assert {finding["met"] for finding in few}.isdisjoint({"yes"})
    assert len(all_) > len(few)


async def test_the_callers_request_id_is_recorded_and_given_back(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    body = json.dumps({"certificate": PEM, "payment_service": "ais"}).encode()
    headers = {"authorization": f"Bearer {LIVE_KEY}", "x-request-id": "call-4711"}
    answer = await client.post(PATH, content=body, headers=headers)
    assert (answer.headers["x-request-id"], directory.questions[0].request_id) == ("call-4711", "call-4711")
    bad = await client.post(PATH, content=body, headers=headers | {"x-request-id": "a b\x7f"})
    assert "x-request-id" not in bad.headers
    assert directory.questions[1].request_id is None


async def test_the_same_bytes_from_another_client_are_another_question(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    """What was read is remembered by body and client, never by body alone."""
    for key in (LIVE_KEY, BANK_KEY, SANDBOX_KEY, LIVE_KEY):
        await ask(client, key, country="FR")
    assert [question.client for question in directory.questions] == ["live" * 4, "bank" * 4, "sand" * 4, "live" * 4]
    assert directory.questions[0] is directory.questions[3]


async def test_a_remembered_future_is_judged_anew(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    at = (NOW + timedelta(seconds=10)).isoformat()
    problem(await ask(client, at=at), 400, "invalid-input")
    directory.now = NOW + timedelta(seconds=20)
    assert (await ask(client, at=at)).status_code == 200


async def test_answers_are_read_again_by_the_key_that_asked(client: httpx.AsyncClient) -> None:
    """Abuse case 44: another key learns not even that there is such a check."""
    asked = await ask(client)
    path = f"{PATH}/{asked.json()['id']}"
    own, other = {"authorization": f"Bearer {LIVE_KEY}"}, {"authorization": f"Bearer {CHOOSER_KEY}"}
    assert (await client.get(path, headers=own)).content == asked.content
    receipts = [(await client.get(f"{path}/receipt", headers=own)).content for _ in range(2)]
    assert receipts[0] == receipts[1]
    assert receipts[0].count(b".") == 2
    problem(await client.get(path, headers=other), 404, "not-found")
    problem(await client.get(f"{path}/receipt", headers=other), 404, "not-found")
    problem(await client.get(path), 401, "not-authenticated")
    problem(await client.get(path, headers={"authorization": f"Bearer {BLIND_KEY}"}), 403, "not-permitted")


async def test_other_methods_are_told_what_there_is(client: httpx.AsyncClient) -> None:
    answer = await client.put(PATH)
    problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]
    assert (await client.options(PATH)).headers["allow"]


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_two_texts_survive_the_strict_reader(certificate: str, country: str) -> None:
    try:
        sent = json.dumps({"certificate": certificate, "payment_service": "ais", "country": country}).encode()
        found = read_ask(sent)
    except InvalidInput:
        assert any(0xD800 <= ord(character) < 0xE000 for character in certificate + country)
        return
    assert (found.certificate, found.country) == (certificate, country)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        read_ask(body)


def test_the_receipt_is_spliced_in_as_json() -> None:
    assert json.loads(with_receipt(b'{"id":"1"}', "a.b.c")) == {"id": "1", "receipt": "a.b.c"}


def test_the_fake_stands_at_one_instant() -> None:
    assert FakeDirectory().now == datetime(2026, 11, 24, 9, 41, 7, 318_000, tzinfo=UTC)
