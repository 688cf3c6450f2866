"""What the pages say, read as HTML; hostile names among it."""

import re

import httpx
import pytest
from tests.web.fake_doors import DER, LIVE_KEY, NOW, PEM, FakeDirectory, make_certificate, pem, remedy_of

from obdirectory.core.finding import Finding
from obdirectory.core.visible import visible

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}"
BIDI = "Safe\u202eknaB\u2066 \u0000Bank\u200b"
HTML = {"accept": "text/html"}


async def post(client: httpx.AsyncClient, environment: str = "", **fields: str) -> httpx.Response:
    return await client.post(f"{environment}/check", data={"pem": PEM, "service": "ais", "country": "DE"} | fields, headers=HTML)


def word_of(page: str) -> str:
    found = re.search(r'id="verdict">(\w+)<', page)
    return found[1] if found else ""


@pytest.mark.parametrize(
    "path", ["/firms?q=%3Cscript%3E", "/firms/e1", "/api/v1/entities/e1", "/api/v1/entities?q=script", "/sandbox/firms?q=img"]
)
async def test_a_name_from_a_register_is_never_markup(client: httpx.AsyncClient, directory: FakeDirectory, path: str) -> None:
    """Abuse case 40: stored XSS in an entity name."""
    directory.firm_name = HOSTILE
    answer = await client.get(path, headers=HTML)
    assert answer.status_code == 200
    if answer.headers["content-type"].startswith("text/html"):
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text
        assert "49" not in answer.text.split("<main")[1].split("{{7*7}}")[0][-40:]
    else:
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_name_in_a_certificate_is_never_markup(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    """Abuse cases 8 and 40, through the certificate and through the verdict."""
    for name in (HOSTILE, BIDI.replace("\0", "")):
        directory.firm_name = name
        answer = await post(client, pem=pem(make_certificate(name)))
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "\u202e" not in answer.text
        assert "\u2066" not in answer.text


async def test_hidden_characters_become_visible(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    """Abuse case 8: right-to-left overrides and NUL bytes must not make one firm look like another."""
    directory.firm_name = BIDI
    for path in ("/firms?q=Bank", "/firms/e1", "/check"):
        text = (await post(client)).text if path == "/check" else (await client.get(path, headers=HTML)).text
        assert not any(character in text for character in "\u202e\u2066\u200b\0")
        if path != "/check" or "Safe" in text:
            assert "&lt;U+202E&gt;" in text
    assert visible(BIDI) == "Safe<U+202E>knaB<U+2066> <U+0000>Bank<U+200B>"


@pytest.mark.parametrize("query", ["%22%3E%3Cscript%3E", "javascript:alert(1)", "%E2%80%AE"])
async def test_what_is_typed_is_shown_as_text(client: httpx.AsyncClient, query: str) -> None:
    text = (await client.get(f"/firms?q={query}", headers=HTML)).text
    assert "<script>" not in text
    assert "\u202e" not in text
    assert 'href="javascript' not in text


async def test_the_answer_says_word_environment_policy_and_what_to_do(client: httpx.AsyncClient) -> None:
    for environment, shown in (("", "Live"), ("/sandbox", "Sandbox")):
        text = (await post(client, environment, service="pis")).text
        assert word_of(text) == "Refused"
        assert f"{shown}</span>" in text
        assert "policy strict" in text
        assert remedy_of(Finding("right_in_country", "no", "not_passported")) in text
        assert "decides the verdict" in text
        assert ('data-env="sandbox"' in text) == bool(environment)


async def test_the_page_asks_in_the_environment_of_its_address(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    await post(client)
    await post(client, "/sandbox")
    assert [question.environment for question in directory.questions] == ["live", "sandbox"]
    assert {(q.possession, q.client, q.keep_certificate) for q in directory.questions} == {("not_shown", None, False)}


async def test_a_file_is_read_as_pem_and_as_der(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    for content in (PEM.encode(), DER):
        answer = await client.post("/check", data={"service": "ais", "country": "DE"}, files={"file": ("c", content)}, headers=HTML)
        assert word_of(answer.text) == "Permitted"
        assert PEM.splitlines()[1][:60] in answer.text
    assert {question.certificate for question in directory.questions} == {DER}


async def test_what_is_shown_again_is_the_same_question(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    text = (await post(client)).text
    again = re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)
    assert again
    await post(client, pem=again[1], ask_service="pis")
    assert [question.certificate for question in directory.questions] == [DER, DER]
    assert [question.payment_service for question in directory.questions] == ["ais", "pis"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"pem": ""}, "drop a file"),
        ({"country": ""}, "choose the country"),
        ({"country": "XX"}, "unknown country"),
        ({"service": "xis"}, "unknown payment service"),
        ({"policy": "kind"}, "unknown policy"),
        ({"at": "yesterday"}, "not an instant"),
        ({"at": "2030-01-01"}, "future instant"),
        ({"pem": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"}, "private key"),
    ],
)
async def test_a_form_that_cannot_be_read_says_what_to_mend(
    client: httpx.AsyncClient, directory: FakeDirectory, fields: dict[str, str], said: str
) -> None:
    answer = await post(client, **fields)
    assert answer.status_code == 400
    assert said in answer.text.lower()
    assert 'role="alert"' in answer.text
    assert directory.questions == []


async def test_a_private_key_is_not_shown_again(client: httpx.AsyncClient) -> None:
    answer = await post(client, pem="-----BEGIN PRIVATE KEY-----\nMIIEsecret\n-----END PRIVATE KEY-----")
    assert "MIIEsecret" not in answer.text


async def test_bytes_that_are_no_certificate_are_refused_as_an_answer(client: httpx.AsyncClient) -> None:
    answer = await client.post("/check", data={"service": "ais", "country": "DE"}, files={"file": ("c", b"\x00\x01hello")}, headers=HTML)
    assert (answer.status_code, word_of(answer.text)) == (200, "Refused")


async def test_a_visitors_allowance_is_used_up(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    directory.address_wait_seconds = 7
    answer = await post(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert directory.questions == []
    assert (await client.get("/firms?q=x", headers=HTML)).status_code == 429
    assert (await client.get("/firms", headers=HTML)).status_code == 200


async def test_an_answer_has_an_address_and_a_receipt(client: httpx.AsyncClient) -> None:
    text = (await post(client, "/sandbox", service="pis")).text
    found = re.search(r'href="(/sandbox/check/[0-9a-f-]+)/receipt"', text)
    assert found
    again = await client.get(found[1], headers=HTML)
    assert word_of(again.text) == "Refused"
    receipt = await client.get(f"{found[1]}/receipt")
    assert receipt.headers["content-disposition"].endswith('.jws"')
    assert receipt.text.count(".") == 2
    assert (await client.get(found[1].removeprefix("/sandbox"), headers=HTML)).status_code == 404


async def test_an_answer_to_a_key_is_not_read_on_the_pages(client: httpx.AsyncClient) -> None:
    body = {"certificate": PEM, "payment_service": "ais"}
    asked = await client.post("/api/v1/checks", json=body, headers={"authorization": f"Bearer {LIVE_KEY}"})
    assert (await client.get(f"/check/{asked.json()['id']}", headers=HTML)).status_code == 404


async def test_the_first_page_of_an_empty_directory_says_what_to_run(client: httpx.AsyncClient, directory: FakeDirectory) -> None:
    directory.empty_live = True
    text = (await client.get("/", headers=HTML)).text
    assert "Nothing loaded yet" in text
    assert "obd trust refresh" in text
    assert "obd collect eu_eba" in text
    assert 'href="/sandbox/check"' in text


async def test_a_firm_at_a_past_day_says_so_twice_over(client: httpx.AsyncClient) -> None:
    text = (await client.get("/firms/e1?at=2024-01-01&known_at=2024-06-01", headers=HTML)).text
    assert "True at 1 Jan 2024, 00:00 UTC, with what was known by 1 Jun 2024, 00:00 UTC" in text
    assert "Restricted</strong>" not in text
    assert "Restricted</strong> from 5 Nov 2026 in Spain" in (await client.get("/firms/e1", headers=HTML)).text
    assert (await client.get("/firms/e1?at=2030-01-01", headers=HTML)).text.count('role="alert"') == 1


async def test_navigation_leads_only_to_pages_that_are_there(client: httpx.AsyncClient) -> None:
    seen: set[str] = set()
    waiting = ["/", "/sandbox"]
    while waiting:
        path = waiting.pop()
        answer = await client.get(path, headers=HTML)
        assert answer.status_code == 200, path
        for found in re.findall(r'href="(/[^"#]*)', answer.text):
            link = found.replace("&amp;", "&")
            if link not in seen and len(seen) < 250 and "/receipt" not in link:
                seen.add(link)
                if not link.startswith("/static/"):
                    waiting.append(link)
    assert {"/check", "/firms", "/registers", "/trusted-lists", "/findings", "/api", "/sandbox/check"} <= seen


def test_the_clock_of_these_tests_stands_still() -> None:
    assert FakeDirectory().doors().clock() == NOW
