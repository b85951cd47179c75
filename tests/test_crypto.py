"""Secrets at rest open only where they were put, with the key they were closed with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from cmhub import crypto
from cmhub.errors import NotReady, WrongSetting
from cmhub.models import new_id
from tests.support.settings import SetVariable

AGENCY, WORKSPACE, ROW = new_id(), new_id(), new_id()
HERE = crypto.place(AGENCY, WORKSPACE, "connection", ROW, "secret")
PLAIN = "clé secrète".encode()


@pytest.fixture(autouse=True)
def keys(set_variable: SetVariable) -> Callable[[str], None]:
    """One master key, and the means to set others."""

    def change(value: str) -> None:
        set_variable("CMHUB_SECRET_KEYS", value)
        crypto.master.cache_clear()

    change(Fernet.generate_key().decode())
    return change


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No test leaves its master key to the next."""
    yield
    crypto.master.cache_clear()


def test_it_opens_what_it_sealed() -> None:
    key = crypto.new_data_key()
    sealed = crypto.seal(key, HERE, PLAIN)
    assert PLAIN not in sealed
    assert crypto.unseal(key, HERE, sealed) == PLAIN


def test_the_same_secret_twice_does_not_look_the_same() -> None:
    key = crypto.new_data_key()
    assert crypto.seal(key, HERE, PLAIN) != crypto.seal(key, HERE, PLAIN)


@pytest.mark.parametrize(
    "elsewhere",
    [
        crypto.place(new_id(), WORKSPACE, "connection", ROW, "secret"),
        crypto.place(AGENCY, new_id(), "connection", ROW, "secret"),
        crypto.place(AGENCY, None, "connection", ROW, "secret"),
        crypto.place(AGENCY, WORKSPACE, "channel", ROW, "secret"),
        crypto.place(AGENCY, WORKSPACE, "connection", new_id(), "secret"),
        crypto.place(AGENCY, WORKSPACE, "connection", ROW, "cursor"),
    ],
)
def test_it_does_not_open_what_was_moved(elsewhere: bytes) -> None:
    key = crypto.new_data_key()
    sealed = crypto.seal(key, HERE, PLAIN)
    with pytest.raises(NotReady):
        crypto.unseal(key, elsewhere, sealed)


@pytest.mark.parametrize("at", [0, 12, -1])
def test_it_does_not_open_what_was_changed(at: int) -> None:
    key = crypto.new_data_key()
    sealed = bytearray(crypto.seal(key, HERE, PLAIN))
    sealed[at] ^= 1
    with pytest.raises(NotReady):
        crypto.unseal(key, HERE, bytes(sealed))


def test_another_data_key_opens_nothing() -> None:
    sealed = crypto.seal(crypto.new_data_key(), HERE, PLAIN)
    with pytest.raises(NotReady):
        crypto.unseal(crypto.new_data_key(), HERE, sealed)


def test_a_new_master_key_in_front_leaves_old_secrets_readable(keys: Callable[[str], None]) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    keys(old)
    key = crypto.new_data_key()
    sealed = crypto.seal(key, HERE, PLAIN)
    keys(f"{new},{old}")
    assert crypto.unseal(key, HERE, sealed) == PLAIN
    keys(new)
    with pytest.raises(NotReady):
        crypto.unseal(key, HERE, sealed)


def test_a_key_that_is_none_is_named_without_being_told(keys: Callable[[str], None]) -> None:
    keys("my-secret")
    with pytest.raises(WrongSetting) as caught:
        crypto.master()
    assert "CMHUB_SECRET_KEYS" in str(caught.value)
    assert "my-secret" not in str(caught.value)


def test_an_external_database_needs_a_key(
    keys: Callable[[str], None], set_variable: SetVariable
) -> None:
    set_variable("CMHUB_DATABASE_URL", "postgresql://cmhub_app@db.example/cmhub")
    keys("")
    with pytest.raises(NotReady):
        crypto.master()


def test_the_embedded_database_keeps_a_key_that_only_its_owner_reads(
    keys: Callable[[str], None],
    set_variable: SetVariable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_variable("CMHUB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("CMHUB_DATABASE_URL", raising=False)
    keys("")
    sealed = crypto.new_data_key()
    crypto.master.cache_clear()
    assert crypto.master().decrypt(sealed)
    assert (tmp_path / "data" / "secret_keys").stat().st_mode & 0o777 == 0o600


def test_tokens_are_stored_as_digests() -> None:
    token = crypto.new_token()
    assert len(token) >= 43
    assert token != crypto.new_token()
    assert len(crypto.fingerprint(token)) == 32
    assert token.encode() not in crypto.fingerprint(token)
