"""The command line's contract: exit codes, what stands on stdout and what does not, clear errors, and evidence that is missing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from tests.flows.commands import Done, obd, one_after_another

from obdirectory.platform.embedded import EmbeddedPostgres
from obdirectory.sandbox.issuing import cached_key, issue, make_ca

IN_SANDBOX = ("--environment", "sandbox")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with the sandbox world in it and PostgreSQL kept running, so that each command joins it."""
    data_dir = tmp_path_factory.mktemp("commands") / "var"
    server = EmbeddedPostgres.join(data_dir, durable=False)
    made = obd("sandbox", "--json", data_dir=data_dir)
    assert made.code == 0, made.err
    assert len(made.row["certificates"]) == 6
    yield data_dir
    server.leave()


@pytest.fixture(scope="module")
def files(place: Path) -> dict[str, Path]:
    """Certificates of the sandbox, and files that are none."""
    folder = place.parent / "files"
    folder.mkdir()
    found = {path.stem: path for path in (place / "sandbox" / "certificates").glob("*.pem")}
    private = cached_key("p256", "leaked").private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    unlisted, _ = issue(make_ca(country="DE", organization="Musterfrau Vertrauensdienste", common_name="Musterfrau CA"))
    pem = x509.load_der_x509_certificate(unlisted).public_bytes(serialization.Encoding.PEM)
    contents = {
        "empty": b"", "large": b"-----BEGIN CERTIFICATE-----\n" + b"QUFB" * 16_500, "key": private, "letter": b"Dear Sir or Madam",
        "der": x509.load_pem_x509_certificate(found["kiteshore"].read_bytes()).public_bytes(serialization.Encoding.DER),
        "unlisted": pem, "with key": found["kiteshore"].read_bytes() + private,
    }  # fmt: skip
    for name, content in contents.items():
        (folder / f"{name}.pem").write_bytes(content)
        found[name] = folder / f"{name}.pem"
    return {**found, "missing": folder / "missing.pem", "folder": folder}


@pytest.fixture(scope="module")
def told(place: Path, files: dict[str, Path]) -> dict[str, Done]:
    """What many commands said, run once: in one process, but for those whose streams and exit code are the point."""
    pis = ("--service", "pis", "--country", "DE")
    kiteshore = files["kiteshore"]
    unreadable = [files[name] for name in ("missing", "empty", "large", "key", "with key", "folder")]
    of_their_own = {
        "permitted": obd("check", kiteshore, files["der"], *pis, *IN_SANDBOX, "--json", data_dir=place),
        "mixed": obd("check", *unreadable, kiteshore, files["letter"], *pis, *IN_SANDBOX, "--json", data_dir=place),
    }
    return of_their_own | one_after_another(
        {
            "refused": ("check", kiteshore, files["ambergate"], files["norrvik"], *pis, *IN_SANDBOX, "--json"),
            "undetermined": ("check", kiteshore, files["norrvik"], *pis, *IN_SANDBOX, "--json"),
            "text": ("check", kiteshore, *pis, *IN_SANDBOX),
            "live": ("check", kiteshore, *pis, "--json"),
            "nothing loaded": ("check", files["unlisted"], *pis, "--json"),
            "sandbox lists, live": ("trust", "refresh", "--from", place / "sandbox" / "lists", "--json"),
            "country": ("check", kiteshore, "--service", "pis", "--country", "XZ", *IN_SANDBOX, "--json"),
            "no country": ("check", kiteshore, "--service", "pis", *IN_SANDBOX, "--json"),
            "service": ("check", kiteshore, "--service", "loans", "--country", "DE", *IN_SANDBOX, "--json"),
            "policy": ("check", kiteshore, *pis, *IN_SANDBOX, "--policy", "generous", "--json"),
            "future": ("check", kiteshore, *pis, *IN_SANDBOX, "--at", "2100-01-01T00:00:00Z", "--json"),
            "known in the future": ("check", kiteshore, *pis, *IN_SANDBOX, "--known-at", "2100-01-01T00:00:00Z", "--json"),
            "instant": ("check", kiteshore, *pis, *IN_SANDBOX, "--at", "yesterday", "--json"),
            "no folder": ("trust", "refresh", "--from", place / "nowhere", "--json"),
            "matrix": ("check", kiteshore, "--service", "any", "--matrix", *IN_SANDBOX, "--json"),
            "before anything": ("check", kiteshore, *pis, *IN_SANDBOX, "--known-at", "2026-01-01T00:00:00Z", "--json"),
            "unknown id": ("replay", "0190a000-0000-7000-8000-000000000000", "--json"),
            "no id": ("replay", "what-I-asked-yesterday", "--json"),
            "no source": ("collect", "eu_atlantis", "--from", files["letter"], "--json"),
            "number": ("entity", "LB900001", *IN_SANDBOX, "--json"),
            "no number": ("entity", "LB9999999", *IN_SANDBOX, "--json"),
        },
        data_dir=place,
    )  # fmt: skip


def words(done: Done) -> list[tuple[str, str]]:
    return [(row["verdict"], row["reason"]) for row in done.rows]


def test_all_permitted_is_zero(told: dict[str, Done]) -> None:
    """PEM and DER of one certificate: one object a line, nothing else on stdout."""
    done = told["permitted"]
    assert (done.code, words(done)) == (0, [("permitted", "requirements_met")] * 2)
    first, second = done.rows
    assert first["question"]["certificate_sha256"] == second["question"]["certificate_sha256"]
    assert first["id"] != second["id"]


def test_one_refused_is_one(told: dict[str, Done]) -> None:
    assert (told["refused"].code, [word for word, _ in words(told["refused"])]) == (1, ["permitted", "refused", "undetermined"])


def test_undetermined_and_none_refused_is_three(told: dict[str, Done]) -> None:
    done = told["undetermined"]
    assert (done.code, words(done)) == (3, [("permitted", "requirements_met"), ("undetermined", "may_be_a_credit_institution")])


def test_without_json_it_is_for_people(told: dict[str, Done]) -> None:
    done = told["text"]
    assert done.code == 0
    assert done.out.startswith("PERMITTED")
    assert "obd replay" in done.out


def test_files_that_cannot_be_asked_about_are_two_after_the_others_were_answered(told: dict[str, Done], files: dict[str, Path]) -> None:
    done = told["mixed"]
    assert done.code == 2
    assert words(done) == [("permitted", "requirements_met"), ("refused", "unreadable_certificate")]
    assert done.rows[1]["certificate"]["kind"] == "other"
    lines = done.err.splitlines()
    assert len(lines) == 6, done.err
    for name, line in zip(("missing", "empty", "large", "key", "with key", "folder"), lines, strict=True):
        assert line.startswith("obd: "), line
        assert files[name].name in line, line


def test_a_private_key_is_refused_unread_and_kept_nowhere(told: dict[str, Done], files: dict[str, Path], place: Path) -> None:
    done = told["mixed"]
    assert done.err.count("private key") == 2
    secret = files["key"].read_bytes().splitlines()[1]
    der = cached_key("p256", "leaked").private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert secret.decode() not in done.out + done.err
    for folder in ("journal", "objects", "keys"):
        for path in (place / folder).rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert secret not in content, path
            assert der[-40:] not in content, path


@pytest.mark.parametrize(
    ("name", "hint"),
    [("country", "XZ"), ("no country", "--country"), ("service", "loans"), ("policy", "generous"), ("future", "future"),
     ("known in the future", "future"), ("unknown id", "0190a000"), ("no id", "what-I-asked"),
     ("no source", "eu_atlantis"), ("instant", "yesterday"), ("no folder", "nowhere"), ("no number", "LB9999999")],
)  # fmt: skip
def test_bad_input_is_one_clear_line_and_two(told: dict[str, Done], name: str, hint: str) -> None:
    done = told[name]
    assert (done.code, done.out) == (2, ""), done
    [line] = done.err.splitlines()
    assert line.startswith("obd: ")
    assert hint in line


def test_live_never_trusts_the_sandbox(told: dict[str, Done]) -> None:
    """The very certificate that is permitted in the sandbox; and its lists, offered to live, are refused one by one."""
    assert (told["live"].code, words(told["live"])[0][0]) == (1, "refused")
    assert told["live"].row["certificate"]["qualified"] != "yes"
    offered = told["sandbox lists, live"]
    assert offered.code == 1
    assert {row["outcome"] for row in offered.rows} == {"refused"}


def test_nothing_loaded_is_undetermined_and_says_what_is_missing(told: dict[str, Done]) -> None:
    done = told["nothing loaded"]
    assert (done.code, words(done)) == (3, [("undetermined", "no_trusted_list_loaded")])
    assert {"no_trusted_list_loaded", "no_register_loaded"} <= {finding["reason"] for finding in done.row["findings"]}


def test_before_anything_was_known_is_undetermined_too(told: dict[str, Done]) -> None:
    done = told["before anything"]
    assert (done.code, words(done)) == (3, [("undetermined", "no_trusted_list_loaded")])
    assert "no_register_loaded" in {finding["reason"] for finding in done.row["findings"]}


def test_the_matrix_is_a_verdict_for_each_service_and_country(told: dict[str, Done]) -> None:
    done = told["matrix"]
    assert done.code == 1
    asked = {(row["question"]["payment_service"], row["question"]["country"]): row["verdict"] for row in done.rows}
    assert len(asked) == len(done.rows) == 3 * 30
    assert {country for (_, country), word in asked.items() if word == "permitted"} == {"DE", "FR", "LT"}


def test_what_the_directory_knows_of_a_number(told: dict[str, Done]) -> None:
    assert told["number"].code == 0
    assert "Kiteshore" in told["number"].out


def test_evidence_of_a_check_replays_in_an_empty_folder_without_the_directory(told: dict[str, Done], place: Path, tmp_path: Path) -> None:
    """The whole way: by id, packed, and offline from the pack alone; then with one policy changed, which it names."""
    check_id = told["permitted"].rows[0]["id"]
    pack = tmp_path / "pack"
    said = one_after_another(
        {"replay": ("replay", check_id, "--json"), "evidence": ("evidence", check_id, "-o", pack, "--json")}, data_dir=place
    )
    assert (said["replay"].code, said["replay"].row["same"], said["replay"].row["differences"]) == (0, True, [])
    assert said["evidence"].code == 0
    assert set(said["evidence"].row["files"]) == {str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file()}
    elsewhere = tmp_path / "elsewhere"
    offline = obd("replay", pack / "verdict.json", "--evidence", pack, "--json", data_dir=elsewhere)
    assert (offline.code, offline.row["same"], offline.row["verdict"]) == (0, True, "permitted")
    assert not elsewhere.exists()
    policy = json.loads((pack / "policy.json").read_text())
    (pack / "policy.json").write_text(json.dumps({**policy, "title": "edited"}))
    (pack / "certificate.der").unlink()
    certificate = place / "sandbox" / "certificates" / "kiteshore.pem"
    words = ("replay", pack / "verdict.json", "--evidence", pack, "--json")
    said = one_after_another({"without": words, "with": (*words, "--certificate", certificate)}, data_dir=elsewhere)
    assert (said["without"].code, said["without"].row["reason"]) == (1, "certificate_not_kept")
    assert said["with"].code == 1
    assert [difference["evidence"] for difference in said["with"].row["differences"]] == ["policy"]


def test_a_journal_that_cannot_be_written_stops_strict_and_is_said_by_lenient(place: Path, files: dict[str, Path]) -> None:
    """A file may grow to no byte: a full disk. What nobody could record strict does not answer."""
    full_disk = ("prlimit", "--fsize=0", "--")
    ask = ("check", files["kiteshore"], "--service", "pis", "--country", "DE", *IN_SANDBOX, "--json", "--policy")
    strict = obd(*ask, "strict", data_dir=place, before=full_disk)
    assert (strict.code, strict.out) == (3, ""), strict.err
    assert "journal" in strict.err
    lenient = obd(*ask, "lenient", data_dir=place, before=full_disk)
    assert (lenient.code, words(lenient)) == (0, [("permitted", "requirements_met")])
    assert lenient.row["degraded"] is True


def test_a_journal_folder_that_cannot_be_used_is_the_same(place: Path, files: dict[str, Path]) -> None:
    ask = ("check", files["kiteshore"], "--service", "pis", "--country", "DE", *IN_SANDBOX, "--json", "--policy")
    journal, aside = place / "journal", place / "journal-aside"
    journal.rename(aside)
    journal.write_text("a file stands in its way")
    try:
        strict, lenient = obd(*ask, "strict", data_dir=place), obd(*ask, "lenient", data_dir=place)
    finally:
        journal.unlink()
        aside.rename(journal)
    assert (strict.code, strict.out) == (3, ""), strict.err
    assert (lenient.code, lenient.row["degraded"]) == (0, True)
