"""The golden certificates: one for each way of breaking a requirement that we thought of, beside the findings expected of it.

``python -m tests.trust.golden_certificates`` writes them anew; the difference is reviewed like code.
"""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path

from tests.trust.defects import DEFECTS, SOUND

from obdirectory.trust.certificate import Certificate, read_certificate
from obdirectory.trust.profile import profile_findings, profile_of

FOLDER = Path(__file__).parent.parent / "golden" / "certificates"
AT = datetime(2026, 11, 24, tzinfo=UTC)


def expected_files() -> dict[Path, bytes]:
    """Every golden certificate by its path: ``<code>/<defect>.json``, and ``sound/<name>.json`` for those that break nothing."""
    drafts = {FOLDER / code / f"{defect}.json": draft for code, defects in DEFECTS.items() for defect, draft in defects.items()}
    drafts |= {FOLDER / "sound" / f"{name}.json": draft for name, draft in SOUND.items()}
    return {path: draft.der() for path, draft in drafts.items()}


def describe(der: bytes) -> dict[str, object]:
    """A certificate and what is said of it, as a golden file has it."""
    certificate = read_certificate(der)
    if not isinstance(certificate, Certificate):
        return {"certificate": b64encode(der).decode(), "unreadable": certificate.why}
    broken = [finding for finding in profile_findings(certificate, at=AT) if finding.met in {"no", "unknown"}]
    return {
        "certificate": b64encode(der).decode(),
        "profile": profile_of(certificate),
        "deviations": [list(deviation) for deviation in certificate.deviations],
        "findings": [{"code": one.code, "met": one.met, "reason": one.reason, "message": one.message} for one in broken],
    }


def certificate_in(path: Path) -> bytes:
    """The certificate a golden file holds."""
    return b64decode(json.loads(path.read_text())["certificate"])


def rewrite() -> None:
    """Write every golden file, and remove those that are no longer expected."""
    wanted = expected_files()
    for path in FOLDER.rglob("*.json"):
        if path not in wanted:
            path.unlink()
    for path, der in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(describe(der), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    rewrite()
