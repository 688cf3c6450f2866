"""The pages of docs/findings as they must be: made from the declared requirement and the policies around a meaning that a person wrote.

``python -m tests.check.findings_pages`` writes them again after a requirement or a policy changed; the diff is reviewed like code.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from obdirectory.check.policy import load_policies
from obdirectory.core.finding import REQUIREMENTS, Requirement

PAGES = Path(__file__).parent.parent.parent / "docs" / "findings"
POLICIES = [load_policies()[name] for name in ("strict", "lenient", "eba")]
GROUPS = {
    "decision": "Our own evidence",
    "certificate": "Certificate",
    "issuer": "Issuer and trusted lists",
    "revocation": "Revocation",
    "register": "Register",
    "role": "Role and right",
    "passport": "Country",
    "profile": "Profile of the certificate",
}
_INDEX_HEAD = "## "

for declaring in ("obdirectory.check.requirements", "obdirectory.trust.assess", "obdirectory.trust.profile"):
    import_module(declaring)


def page(requirement: Requirement, meaning: str) -> str:
    """One page: code, title, clause, meaning, and a row a reason with its consequence in every policy."""
    clause = f"Clause: {requirement.clause or 'our reading'}"
    table = ["| reason | met | strict | lenient | eba | who mends it | how |", "|---|---|---|---|---|---|---|", *_rows(requirement)]
    return "\n\n".join((f"# {requirement.code}", requirement.title, clause, meaning, "\n".join(table))) + "\n"


def index(introduction: str) -> str:
    """The index: every code once, by group, behind an introduction that a person wrote."""
    sections = [introduction]
    for group, title in GROUPS.items():
        lines = [
            f"| [{code}]({code}.md) | {requirement.title} | {', '.join(f'`{reason.word}`' for reason in requirement.reasons)} |"
            for code, requirement in sorted(REQUIREMENTS.items())  # declared in the order of imports, which differs
            if requirement.group == group
        ]
        sections += [f"{_INDEX_HEAD}{title}", "\n".join(["| code | requirement | reasons |", "|---|---|---|", *lines])]
    return "\n\n".join(sections) + "\n"


def meaning_on(text: str) -> str:
    """What a person wrote on a page: between the clause and the table; empty when nobody has yet."""
    parts = text.strip().split("\n\n")
    return "\n\n".join(parts[3:-1])


def introduction_of(text: str) -> str:
    """What a person wrote at the top of the index."""
    return text.split(f"\n\n{_INDEX_HEAD}", 1)[0]


def _rows(requirement: Requirement) -> Iterator[str]:
    for reason in requirement.reasons:
        finding = (requirement.unknown if reason.met == "unknown" else requirement.not_met)("", reason=reason.word)
        weights = " | ".join(policy.consequence(finding) for policy in POLICIES)
        yield f"| `{reason.word}` | {reason.met} | {weights} | {reason.actor} | {reason.remedy} |"


def write_again() -> None:
    """Write every page and the index; meanings and introduction stay, pages without a code go."""
    for found in PAGES.glob("*.md"):
        if found.stem not in REQUIREMENTS and found.name != "README.md":
            found.unlink()
    for code, requirement in REQUIREMENTS.items():
        place = PAGES / f"{code}.md"
        place.write_text(page(requirement, meaning_on(place.read_text()) if place.exists() else ""))
    readme = PAGES / "README.md"
    readme.write_text(index(introduction_of(readme.read_text())))


if __name__ == "__main__":
    write_again()
