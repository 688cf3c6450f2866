"""Abuse by what a register or a certificate calls itself: case 40, through collection to the page a person opens."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.abuse.asking import certificate
from tests.directory.registers import NOW, institution, take

from obdirectory.app.application import open_app
from obdirectory.app.doors import open_doors
from obdirectory.core.payment_services import PaymentService
from obdirectory.core.visible import visible
from obdirectory.platform.settings import Settings
from obdirectory.web.site import SiteSettings, make_site

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{% raw %}",
    "</title><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "Kite \u202eshore\u0000 UAB",
)


@pytest.mark.parametrize("environment", ["live", "sandbox"])
async def test_abuse_40_a_name_from_a_register_or_certificate_is_never_markup(database_url: str, tmp_path: Path, environment: str) -> None:
    settings = Settings(data_dir=tmp_path / "var", database_url=database_url)
    rows = [institution(f"LT_BL!LB8000{place}", {"LT": "070"}, name=f"Hostile {name}") for place, name in enumerate(HOSTILE)]
    async with open_app(settings, load=False) as app:
        row = await take(app.database, tmp_path, rows, at=NOW - timedelta(hours=1), environment=environment)
        assert row.outcome == "accepted", row
    async with open_app(settings, load=True) as app:
        site = make_site(open_doors(app), SiteSettings())
        start = "" if environment == "live" else "/sandbox"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site), base_url="http://localhost", follow_redirects=True) as client:
            query = "" if environment == "live" else "&environment=sandbox"
            found = await client.get(f"{start}/firms", params={"q": "Hostile"})
            found = found if found.status_code == 200 else await client.get(f"/firms?q=Hostile{query}")
            assert found.status_code == 200, found.text[:300]
            assert "Hostile" in found.text
            pages = [found]
            pages += [await client.get(link) for link in sorted(set(re.findall(r'href="([^"]*/firms/[^"?]+[^"]*)"', found.text)))]
            assert len(pages) > len(HOSTILE)
            for name in HOSTILE:
                der = certificate(organization=name, common_name=name, nca_name=name, organization_identifier="PSDLT-BL-LB80009")
                answer = await client.post(
                    f"{start}/check", data={"service": "pis", "country": "LT"}, files={"file": ("x.der", der, "application/octet-stream")}
                )
                assert answer.status_code < 500, answer.text
                pages.append(answer)
                pages.append(await client.get(f"{start}/firms", params={"q": name}))
                pages.append(await client.get(f"{start}/firms/{quote(name, safe='')}"))
            for page in pages:
                assert page.status_code < 500, page.url
                assert "script-src" in page.headers["content-security-policy"] or "default-src" in page.headers["content-security-policy"]
                assert "unsafe-inline" not in page.headers["content-security-policy"]
                for name in HOSTILE[:2] + HOSTILE[3:4]:
                    assert name not in page.text, page.url
                assert 'href="javascript:' not in page.text
                assert "\u202e" not in page.text
                assert "\0" not in page.text
                assert "Hostile 49" not in page.text
        # A number that no database can hold: looked for among the agents, and answered like any other.
        for number in ("PSDLT-BL-LB8\0", "PSDLT-BL-\0", "PSDLT-BL-\ufffe", "NTRLT-\0"):
            der = certificate(organization_identifier=number)
            asked: dict[str, Any] = {
                "payment_service": PaymentService.PIS,
                "country": "LT",
                "at": None,
                "known_at": None,
                "policy": "strict",
                "explain_all": True,
            }
            answered = await app.check_certificate(der, chain=(), environment="live", **asked)
            assert answered.word != "permitted"
    assert visible(HOSTILE[-1]) == "Kite <U+202E>shore<U+0000> UAB"
