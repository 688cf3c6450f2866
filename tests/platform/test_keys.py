"""Signing keys: sealed, rotated with overlap, apart for each environment; receipts verified in one strict form."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obdirectory.core.errors import InvalidInput, Unavailable
from obdirectory.platform.jws import from_base64url, to_base64url, verify_jws
from obdirectory.platform.keys import ANNOUNCED_BEFORE, PUBLISHED_AFTER, SIGNS_FOR, KeyRing, Signer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TYP = "obd-verdict+jws"


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open(tmp_path_factory.mktemp("ring"), "live", now=NOW)


@pytest.fixture(scope="module")
def signer(ring: KeyRing) -> Signer:
    return ring.signer(NOW)


def test_the_same_bytes_give_the_same_receipt_ever_after(data_dir: Path) -> None:
    first = KeyRing.open(data_dir, "live", now=NOW).signer(NOW).sign_jws(b"{}", TYP)
    assert KeyRing.open(data_dir, "live", now=NOW + timedelta(days=1)).signer(NOW).sign_jws(b"{}", TYP) == first


@given(payload=st.binary(max_size=500))
def test_what_is_signed_verifies_and_comes_back(ring: KeyRing, signer: Signer, payload: bytes) -> None:
    assert verify_jws(signer.sign_jws(payload, TYP), ring.jwks(NOW), typ=TYP) == payload


@given(position=st.integers(min_value=0), replacement=st.sampled_from("AZaz09-_.="))
def test_one_changed_character_is_refused(ring: KeyRing, signer: Signer, position: int, replacement: str) -> None:
    token = signer.sign_jws(b'{"verdict":"permitted"}', TYP)
    position %= len(token)
    changed = token[:position] + replacement + token[position + 1 :]
    if changed != token:
        with pytest.raises(InvalidInput):
            verify_jws(changed, ring.jwks(NOW), typ=TYP)


def test_each_environment_signs_with_its_own_key(data_dir: Path) -> None:
    live, sandbox = (KeyRing.open(data_dir, "live", now=NOW), KeyRing.open(data_dir, "sandbox", now=NOW))
    token = sandbox.signer(NOW).sign_jws(b"{}", TYP)
    assert sandbox.signer(NOW).kid.startswith("sandbox-")
    assert live.signer(NOW).kid.startswith("live-")
    with pytest.raises(InvalidInput, match="no key sandbox-"):
        verify_jws(token, live.jwks(NOW), typ=TYP)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"typ": "JWT"},
        {"kid": "live-another"},
        {"crit": ["exp"]},
        {"jwk": {}},
        {"alg": None},
        {"kid": 1},
    ],
)
def test_any_other_header_is_refused(ring: KeyRing, signer: Signer, header: dict[str, object]) -> None:
    members = {"alg": "ES256", "kid": signer.kid, "typ": TYP} | header
    signing_input = to_base64url(json.dumps(members).encode()) + b"." + to_base64url(b"{}")
    token = (signing_input + b"." + to_base64url(signer.sign(signing_input))).decode()
    with pytest.raises(InvalidInput):
        verify_jws(token, ring.jwks(NOW), typ=TYP)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "ä.b.c", "..", "e30.e30.e30"])
def test_what_is_no_jws_is_refused(ring: KeyRing, token: str) -> None:
    with pytest.raises(InvalidInput):
        verify_jws(token, ring.jwks(NOW), typ=TYP)


@pytest.mark.parametrize("change", [{"kty": "RSA"}, {"crv": "P-384"}, {"alg": "none"}, {"x": "AA"}, {"x": None}, {"y": "!"}])
def test_a_key_of_another_kind_is_refused(ring: KeyRing, signer: Signer, change: dict[str, object]) -> None:
    jwks = {"keys": [signer.public_jwk() | change]}
    with pytest.raises(InvalidInput):
        verify_jws(signer.sign_jws(b"{}", TYP), jwks, typ=TYP)


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": "x"}, {"keys": [1, None]}])
def test_a_set_without_keys_is_refused(signer: Signer, jwks: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        verify_jws(signer.sign_jws(b"{}", TYP), jwks, typ=TYP)


def test_two_keys_of_one_name_are_refused(ring: KeyRing, signer: Signer) -> None:
    with pytest.raises(InvalidInput, match="2 key"):
        verify_jws(signer.sign_jws(b"{}", TYP), {"keys": [signer.public_jwk()] * 2}, typ=TYP)


def test_base64url_has_one_spelling() -> None:
    assert from_base64url("AA") == b"\0"
    for spelling in ("AB", "AA==", "A", "+/8"):
        with pytest.raises(InvalidInput):
            from_base64url(spelling)


def test_the_next_key_is_published_before_it_signs_and_the_last_one_after(data_dir: Path) -> None:
    first = KeyRing.open(data_dir, "live", now=NOW)
    [kid] = [key["kid"] for key in first.jwks(NOW)["keys"]]
    soon = NOW + SIGNS_FOR - ANNOUNCED_BEFORE / 2
    announced = KeyRing.open(data_dir, "live", now=soon)
    assert announced.signer(soon).kid == kid
    following = next(key["kid"] for key in announced.jwks(soon)["keys"] if key["kid"] != kid)
    later = NOW + SIGNS_FOR
    assert KeyRing.open(data_dir, "live", now=later).signer(later).kid == following
    token = first.signer(NOW).sign_jws(b"{}", TYP)
    assert verify_jws(token, KeyRing.open(data_dir, "live", now=later).jwks(later), typ=TYP) == b"{}"


def test_a_key_is_unpublished_when_it_expires(data_dir: Path) -> None:
    ring = KeyRing.open(data_dir, "live", now=NOW)
    [key] = ring.jwks(NOW)["keys"]
    assert datetime.fromtimestamp(key["exp"], UTC) - NOW == SIGNS_FOR + PUBLISHED_AFTER - timedelta(minutes=5)
    assert ring.jwks(NOW + SIGNS_FOR + PUBLISHED_AFTER) == {"keys": []}


def test_a_ring_that_slept_through_makes_a_key_at_once(data_dir: Path) -> None:
    KeyRing.open(data_dir, "live", now=NOW)
    much_later = NOW + timedelta(days=400)
    assert KeyRing.open(data_dir, "live", now=much_later).signer(much_later).sign(b"x")
    with pytest.raises(Unavailable):
        KeyRing.open(data_dir, "live", now=much_later).signer(much_later + SIGNS_FOR * 3)


def test_private_keys_are_sealed_and_closed_to_others(data_dir: Path) -> None:
    KeyRing.open(data_dir, "live", now=NOW, sealing_secret="correct horse")
    files = [path for path in (data_dir / "keys").iterdir() if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (data_dir / "keys").stat().st_mode & 0o777 == 0o700
    with pytest.raises(Unavailable, match="another secret"):
        KeyRing.open(data_dir, "live", now=NOW, sealing_secret="battery staple").signer(NOW)


def test_a_key_never_shows_itself(signer: Signer) -> None:
    assert "rivate" not in repr(signer)
    assert "d" not in signer.public_jwk()


def test_a_damaged_ring_is_said(data_dir: Path) -> None:
    KeyRing.open(data_dir, "live", now=NOW)
    (data_dir / "keys" / "live.json").write_text("[{}]")
    with pytest.raises(Unavailable, match="cannot be read"):
        KeyRing.open(data_dir, "live", now=NOW)
