"""``obd golden``: writes every expected file again from what the code says now; the difference is reviewed like code."""

from tests.check.findings_pages import write_again
from tests.trust.golden_certificates import rewrite


def main() -> None:
    """Golden certificates, then the pages of findings."""
    rewrite()
    write_again()


if __name__ == "__main__":
    main()
