"""Every page in a real browser: no accessibility violation, both themes, wide and narrow; the pictures are kept to be looked at."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.web.fake_doors import PEM, FakeDirectory
from tests.web.serving import served

PAGES = {
    "home": "/",
    "sandbox-home": "/sandbox",
    "check": "/check",
    "sandbox-check": "/sandbox/check",
    "firms": "/firms",
    "firms-found": "/firms?q=pay",
    "firms-none": "/firms?q=nobody",
    "firm": "/firms/e1",
    "firm-past": "/firms/e1?at=2024-01-01&known_at=2024-06-01",
    "firm-unknown-then": "/firms/e1?known_at=2020-01-01",
    "registers": "/registers",
    "register": "/registers/eu_eba",
    "trusted-lists": "/trusted-lists",
    "trusted-list": "/trusted-lists/LT",
    "list-of-lists": "/trusted-lists/EU",
    "list-refused": "/trusted-lists/IT",
    "findings": "/findings",
    "finding": "/findings/right_in_country",
    "api": "/api",
    "not-found": "/nothing",
}
WIDTHS = (1440, 380)
THEMES = ("light", "dark")
VERDICTS = {"permitted": "ais", "refused": "pis", "undetermined": "cbpii"}


def open_page(browser: Browser, theme: str, width: int) -> tuple[Page, list[str]]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
    return page, wrong


def look(page: Page, axe: str, picture: Path, wrong: list[str]) -> None:
    """Keep a picture; nothing violates, nothing sticks out sideways, no script failed, the policy stopped nothing."""
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=picture, full_page=True)
    page.evaluate(axe)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    told = [f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary'][:200]}" for one in found["violations"]]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert wrong == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_no_page_violates(browser: Browser, axe: str, artefacts: Path, address: str, theme: str, width: int) -> None:
    page, wrong = open_page(browser, theme, width)
    for name, path in PAGES.items():
        page.goto(address + path)
        look(page, axe, artefacts / f"{name}-{theme}-{width}.png", wrong)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("word", VERDICTS)
def test_no_verdict_violates(browser: Browser, axe: str, artefacts: Path, address: str, word: str, theme: str, width: int) -> None:
    page, wrong = open_page(browser, theme, width)
    ask(page, address, VERDICTS[word])
    assert page.inner_text("#verdict").lower() == word
    page.click("[data-unfold]")
    look(page, axe, artefacts / f"verdict-{word}-{theme}-{width}.png", wrong)
    page.context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_loaded_is_a_page_that_says_what_to_do(browser: Browser, axe: str, artefacts: Path, theme: str) -> None:
    with served(FakeDirectory(empty_live=True).doors()) as address:
        page, wrong = open_page(browser, theme, 1440)
        for name in ("home", "registers", "trusted-lists"):
            page.goto(address + PAGES[name])
            assert "obd " in page.inner_text("main")
            look(page, axe, artefacts / f"empty-{name}-{theme}.png", wrong)
        page.context.close()


def ask(page: Page, address: str, service: str, *, environment: str = "") -> None:
    """Paste the certificate, choose service and country, ask."""
    page.goto(f"{address}{environment}/check")
    page.click("text=Or paste it as text")
    page.fill("#pem", PEM)
    page.check(f"input[value={service}]", force=True)
    page.select_option("#country", "DE")
    page.click("button.ask-go")


def test_a_certificate_is_checked_with_the_keyboard_alone(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, "light", 1440)
    page.goto(f"{address}/check")
    page.focus("details.paste summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text(PEM)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # Payments
    page.keyboard.press("Tab")
    page.keyboard.type("Lithuania")
    page.focus("button.ask-go")
    page.keyboard.press("Enter")
    page.wait_for_selector("#verdict")
    assert page.inner_text("#verdict") == "Permitted"
    page.context.close()


def test_a_file_is_dropped_and_checked(browser: Browser, address: str, tmp_path: Path) -> None:
    page, wrong = open_page(browser, "light", 1440)
    (tmp_path / "lumenpay.pem").write_text(PEM)
    page.goto(f"{address}/check")
    page.set_input_files("[data-file]", tmp_path / "lumenpay.pem")
    assert "lumenpay.pem" in page.inner_text(".drop")
    page.select_option("#country", "DE")
    page.click("button.ask-go")
    assert page.inner_text("#verdict") == "Permitted"
    page.click("text=Payments in DE")
    assert page.inner_text("#verdict") == "Refused"
    assert wrong == []
    page.context.close()


def test_hits_come_while_typing(browser: Browser, address: str) -> None:
    page, wrong = open_page(browser, "light", 1440)
    page.goto(f"{address}/firms")
    page.keyboard.press("/")
    page.keyboard.type("okto")
    page.wait_for_selector("#hits .hit")
    assert page.inner_text("#hits .hit .medium") == "Okto Payments B.V."
    assert page.url.endswith("/firms?q=okto")
    assert wrong == []
    page.context.close()


def test_everything_works_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    ask(page, address, "pis")
    assert page.inner_text("#verdict") == "Refused"
    page.goto(f"{address}/firms")
    page.fill("#q", "okto")
    page.press("#q", "Enter")
    assert page.inner_text("#hits .hit .medium") == "Okto Payments B.V."
    assert page.locator(".needs-js:visible").count() == 0
    context.close()


def test_an_example_of_the_sandbox_is_one_click_away(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, "light", 1440)
    page.goto(f"{address}/sandbox/check")
    page.click("text=Ambergate Finance UAB")
    assert page.inner_text("#verdict") == "Refused"
    assert "Sandbox" in page.inner_text(".verdict .meta")
    page.context.close()


def test_the_theme_is_kept(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, "light", 1440)
    page.goto(address)
    page.click("[data-theme-toggle]")
    page.goto(f"{address}/check")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.context.close()


def test_a_page_prints_with_everything_unfolded(browser: Browser, address: str, artefacts: Path) -> None:
    page, _ = open_page(browser, "dark", 1440)
    ask(page, address, "pis")
    page.emulate_media(media="print")
    assert page.locator("form#question").is_hidden()
    assert page.locator("header.top").is_hidden()
    page.screenshot(path=artefacts / "verdict-print.png", full_page=True)
    page.context.close()
