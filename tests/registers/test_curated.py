"""The operator's CSV: read exactly, or refused with the line and what is wrong in it."""

from datetime import date

import pytest

from obdirectory.core.errors import InvalidInput
from obdirectory.registers.row import Refusal, Row
from obdirectory.registers.sources import SOURCES, curated, find_source

HEAD = "authority,number,name,LEI,BIC,company number,roles,evidence,reviewed_by"
LINE = "SE-FINA,90006,Norrvik Sparbank AB,,NORRSESS,559001-0001,PSP_AS+PSP_PI PSP_AI,https://register.example/90006,K. Lind"


def rows(*lines: str, head: str = HEAD) -> list[bytes]:
    found = curated.split("\n".join((head, *lines)).encode())
    assert not isinstance(found, Refusal), found.message
    return [bytes(raw) for raw in found]


def message(*lines: str, head: str = HEAD) -> str:
    found = curated.split("\n".join((head, *lines)).encode())
    assert isinstance(found, Refusal)
    return found.message


def test_an_entry_is_read() -> None:
    [raw] = rows(LINE)
    record = curated.record(raw)
    assert (record.entity_type, record.entity_code, record.authority_code) == ("CURATED", "SE-FINA!90006", "SE_FINA")
    assert (record.national_number, record.names, record.country) == ("90006", ("Norrvik Sparbank AB",), "SE")
    assert (record.bic, record.company_number, record.lei) == ("NORRSESS", "559001-0001", None)
    assert record.roles == ("PSP_AS", "PSP_PI", "PSP_AI")
    assert record.authorised_on == (curated.ALWAYS,)
    row = curated.row(raw)
    assert isinstance(row, Row)
    assert row.live
    assert curated.properties(raw)["evidence"] == ("https://register.example/90006",)


def test_other_notations_are_the_same_entry() -> None:
    """Semicolons, a byte order mark, blank lines, quotes, the order of columns."""
    marked = b"\xef\xbb\xbf" + "\r\n".join((HEAD.replace(",", ";"), LINE.replace(",", ";"), "", ";;;;;;;;")).encode()
    assert list(curated.split(marked)) == rows(LINE)  # pyright: ignore[reportArgumentType]
    assert curated.record(rows(LINE.replace("Norrvik Sparbank AB", '"Norrvik, Sparbank AB"'))[0]).names == ("Norrvik, Sparbank AB",)


def test_dates_and_aliases_of_authorities_are_read() -> None:
    head = "authority,number,name,roles,evidence,reviewed_by,authorised_on,withdrawn_on,type"
    [raw] = rows("ES-BDE,1,X,PSP_AI,seen,me,2019-01-01,2020-01-01,PSD_AISP", head=head)
    record = curated.record(raw)
    assert record.entity_code == "ES-BE!1"
    assert record.authorised_on == (date(2019, 1, 1), date(2020, 1, 1))
    assert record.entity_type == "PSD_AISP"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (LINE.replace("SE-FINA", "SE_FINA"), "line 3: unknown authority"),
        (LINE.replace("SE-FINA", "XX-NONE"), "line 3: unknown authority"),
        (LINE.replace("90006,N", ",N"), "line 3: number is empty"),
        (LINE.replace("PSP_AS", "PSP_XX"), "line 3: unknown roles PSP_XX"),
        (LINE.replace("NORRSESS", "NORR"), "line 3: not a BIC"),
        (LINE.replace("AB,,", "AB,123,"), "line 3: not a LEI"),
        (LINE + ",more", "line 3: 10 columns, 9 are wanted"),
        (LINE.replace("K. Lind", ""), "line 3: reviewed_by is empty"),
        (LINE.replace("Norrvik", "N" * 3_000), "line 3: name is longer"),
    ],
)
def test_a_bad_line_is_named(line: str, fault: str) -> None:
    assert fault in message(LINE, line)


def test_dates_that_cannot_be_are_named() -> None:
    head = "authority,number,name,roles,evidence,reviewed_by,authorised_on,withdrawn_on"
    assert "authorised_on is not a day" in message("SE-FINA,1,X,PSP_AI,e,m,31/02/2019,", head=head)
    assert "withdrawn_on lies before" in message("SE-FINA,1,X,PSP_AI,e,m,2020-01-01,2019-01-01", head=head)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        f'{HEAD}\n"unbalanced'.encode(),
        HEAD.encode() + b"\n\0",
        f"{HEAD},{HEAD}".encode(),
        b"," * 200_000,
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    assert isinstance(curated.split(content), Refusal)


def test_many_bad_lines_are_counted() -> None:
    assert "(and 15 more)" in message(*[LINE.replace("SE-FINA", "nobody")] * 20)


def test_an_unknown_register_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="eu_eba, eu_eba_credit, curated"):
        find_source("eu_ebaa")
    assert {source.id for source in SOURCES.values()} == set(SOURCES)
