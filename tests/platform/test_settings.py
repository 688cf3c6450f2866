"""Settings: what is not understood stops the start, what is secret is never shown."""

from pathlib import Path

import pytest

from obdirectory.core.errors import InvalidInput
from obdirectory.platform.settings import Settings, load_settings


def test_nothing_set_is_the_defaults() -> None:
    assert load_settings({"PATH": "/bin", "HOME": "/"}) == Settings()


def test_values_are_read_into_their_types() -> None:
    settings = load_settings(
        {"OBD_PORT": "9000", "OBD_DATA_DIR": "elsewhere", "OBD_JOURNAL": "synced", "OBD_METRICS_ALLOW": "10.0.0.0/8, fd00::/8"}
    )
    assert (settings.port, settings.data_dir, settings.journal_mode) == (9000, Path("elsewhere"), "synced")
    assert [str(network) for network in settings.metrics_allow] == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("variable", "nearest"), [("OBD_PROT", "OBD_PORT"), ("OBD_JOURNALS", "OBD_JOURNAL"), ("DATABASE_URL_SERV", "DATABASE_URL_SERVE")]
)
def test_an_unknown_name_refuses_to_start_and_names_the_nearest(variable: str, nearest: str) -> None:
    with pytest.raises(InvalidInput, match=f"unknown setting {variable}; did you mean {nearest}\\?"):
        load_settings({variable: "1"})


def test_the_variable_of_the_tests_is_known() -> None:
    assert load_settings({"OBD_TEST_DATA": "/anywhere"}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OBD_PORT", "65536"),
        ("OBD_PORT", "٣"),
        ("OBD_JOURNAL", "never"),
        ("DATABASE_URL", "mysql://host/db"),
        ("OBD_LOTL_URL", "file:///etc/passwd"),
        ("OBD_METRICS_ALLOW", "everybody"),
        ("OBD_CHECK_ACQUIRE_SECONDS", "nan"),
        ("OBD_CHECK_ACQUIRE_SECONDS", "-1"),
    ],
)
def test_a_value_that_cannot_be_read_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=variable):
        load_settings({variable: value})


def test_a_secret_may_come_from_a_file_but_not_from_both(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://me:word@db/obd\n")
    assert load_settings({"DATABASE_URL_FILE": str(secret)}).database_url == "postgresql://me:word@db/obd"
    with pytest.raises(InvalidInput, match="both set"):
        load_settings({"DATABASE_URL_FILE": str(secret), "DATABASE_URL": "postgresql://db/obd"})
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_settings({"OBD_SEALING_SECRET_FILE": str(tmp_path / "absent")})
    with pytest.raises(InvalidInput, match="unknown setting"):
        load_settings({"OBD_PORT_FILE": str(secret)})


def test_what_is_secret_is_masked() -> None:
    settings = load_settings(
        {"DATABASE_URL": "postgresql://me:word@db.example/obd?password=word", "OBD_SEALING_SECRET": "word", "OBD_PORT": "9000"}
    )
    shown = settings.shown()
    assert shown["DATABASE_URL"] == "postgresql://…@db.example/obd"
    assert shown["OBD_PORT"] == "9000"
    assert "word" not in f"{shown} {settings!r}"


def test_each_process_may_have_its_own_database_account() -> None:
    settings = load_settings({"DATABASE_URL": "postgresql://db/a", "DATABASE_URL_WORK": "postgresql://db/b"})
    assert (settings.database_for("serve"), settings.database_for("work")) == ("postgresql://db/a", "postgresql://db/b")
