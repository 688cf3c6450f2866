"""``obd permissions``: the generator's own statement of who may do what, row by row."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.directory.firms import NOW, SEEN_AT, branch, entry, rights

from obdirectory.core.nca import of_register_code
from obdirectory.directory.export import csv_line
from obdirectory.directory.index import Authorisation, Right
from obdirectory.directory.lookup import organization_identifier
from obdirectory.directory.permissions import HEADER, PermissionRow, rows_of

HOME = "DE_BAFIN!10125314"


def rows(authorisation: Authorisation) -> list[PermissionRow]:
    return list(rows_of(authorisation, at=NOW, known_at=NOW))


@pytest.mark.parametrize(
    ("code", "number", "identifier"),
    [
        ("DE_BAFIN!10125314", "10125314", "PSDDE-BAFIN-125314"),
        ("DE_BAFIN!125314", "125314", "PSDDE-BAFIN-125314"),
        ("FR_ACPR!54167", "900000123", "PSDFR-ACPR-54167"),
        ("SE_FINA!44059", "559001-1234", "PSDSE-FINA-44059"),
        ("LT_BL!LB000417", "LB000417 ", "PSDLT-BL-LB000417"),
        ("MT_MFSA!C102960", "C 102960", "PSDMT-MFSA-C102960"),
        ("FI_FIN-FSA!01110279", "0111027-9", "PSDFI-FINFSA-0111027-9"),
        ("PL_PFSA!IP5_2014", "IP5/2014", "PSDPL-PFSA-IP5/2014"),
        ("LV_LV!40003009497", "40003009497", "PSDLV-BL-40003009497"),
        ("XX_YY!1", "1", ""),
    ],
)
def test_the_identifier_is_the_one_its_certificate_carries(code: str, number: str, identifier: str) -> None:
    assert organization_identifier(entry(code, number=number)) == identifier


def test_a_row_for_every_country_listed_with_roles_in_alphabetical_order() -> None:
    assert rows(entry(HOME, {"DE": "080 070 03A", "AT": "03A", "FR": "05A"})) == [
        ("PSD_PI", HOME, "DE", "authorised", "PSDDE-BAFIN-125314", "AT", ""),
        ("PSD_PI", HOME, "DE", "authorised", "PSDDE-BAFIN-125314", "DE", "PSP_AI+PSP_PI"),
        ("PSD_PI", HOME, "DE", "authorised", "PSDDE-BAFIN-125314", "FR", "PSP_IC"),
    ]


def test_withdrawn_entries_keep_their_rows_and_no_role() -> None:
    assert [(row.status, row.country, row.roles) for row in rows(entry(HOME, {"DE": "080"}, authorised="2019-01-01 2020-01-01"))] == [
        ("withdrawn", "DE", "")
    ]
    assert [row.status for row in rows(entry(HOME, {"DE": "080"}, authorised=""))] == ["unknown"]


def test_branches_excluded_firms_and_rows_that_vanished_are_left_out() -> None:
    assert rows(entry(HOME, {"DE": "080"}, kind="PSD_EXC")) == []
    assert rows(entry(HOME, {"DE": "080"}, missing_since_at=SEEN_AT)) == []
    assert [row.roles for row in rows(entry(HOME, {"ES": "05A"}, branches=(branch("ES", "070"),)))] == ["PSP_IC"]
    assert [row.country for row in rows(entry(HOME, {"DE": "080"}, more=rights({"ES": "080"}, missing_at=SEEN_AT)))] == ["DE"]


def test_a_bank_has_a_row_at_home() -> None:
    assert [(row.country, row.roles) for row in rows(entry(HOME, kind="CRD_CRE_INS"))] == [("DE", "PSP_AI+PSP_AS+PSP_IC+PSP_PI")]


def test_a_cell_that_a_spreadsheet_would_run_is_quoted() -> None:
    assert csv_line(["=1+1", "-2", "@x", "+y", "PSP_AI+PSP_PI", 'a "b", c']) == '\'=1+1,\'-2,\'@x,\'+y,PSP_AI+PSP_PI,"a ""b"", c"\r\n'


def generated(folder: Path, generator: Path, entities: int, seed: int, day: int) -> tuple[Path, set[tuple[str, ...]]]:
    register, truth = folder / "register.json", folder / "truth.csv"
    command = [
        sys.executable,
        str(generator),
        "-n",
        str(entities),
        "--seed",
        str(seed),
        "--day",
        str(day),
        "-o",
        str(register),
        "--truth",
        str(truth),
    ]
    subprocess.run(command, check=True, capture_output=True)
    header, *lines = csv.reader(io.StringIO(truth.read_text(encoding="utf-8")))
    assert tuple(header) == HEADER
    return register, {tuple(line) for line in lines}


def entries_of(register: Path) -> Iterator[Authorisation]:
    """The institutions of a register file, read here by hand: an oracle may not share the parser it judges."""
    for record in json.loads(register.read_text(encoding="utf-8"))[1]:
        if record["EntityType"] not in ("PSD_AG", "PSD_BR"):
            properties: dict[str, Any] = {key: value for pair in record["Properties"] for key, value in pair.items()}
            services = tuple(
                Right(country, code, SEEN_AT)
                for block in record.get("Services", [])
                for country, codes in block.items()
                for code in ([codes] if isinstance(codes, str) else codes)
            )
            found = entry(
                record["EntityCode"],
                kind=record["EntityType"],
                authorised=" ".join(properties["ENT_AUT"]),
                number=properties["ENT_NAT_REF_COD"],
                owner=record["CA_OwnerID"],
                more=services,
            )
            assert of_register_code(record["CA_OwnerID"]) is not None
            yield found


@pytest.mark.parametrize(("seed", "day"), [(20260824, 0), (7, 6)])
def test_they_are_the_generators_truth(shared_data: Path, tmp_path: Path, seed: int, day: int) -> None:
    register, truth = generated(tmp_path, shared_data / "registers" / "gen_eba.py", 20_000, seed, day)
    at = datetime(2026, 11, 24, tzinfo=UTC)
    found = {tuple(row) for authorisation in entries_of(register) for row in rows_of(authorisation, at=at, known_at=at)}
    assert found == truth
