"""Files in a folder and in a bucket: the same behaviour."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cmhub.config import settings
from cmhub.errors import WrongSetting
from cmhub.integrations.storage import Missing, Storage, StorageAway, is_key, storage
from cmhub.integrations.storage.objects import ObjectStorage, bucket, folder
from tests.support.settings import SetVariable

KEY = "0190/0191/logo/a.png"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 that speaks HTTP, with one bucket."""
    one = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    one.start()
    host, port = one.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name="eu-west-3",
        aws_access_key_id="key", aws_secret_access_key="secret",
    )  # fmt: skip
    client.create_bucket(
        Bucket="cmhub", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    client.close()
    yield url
    one.stop()


@pytest.fixture(params=["folder", "bucket"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Storage:
    if request.param == "folder":
        return ObjectStorage(folder(str(tmp_path / "files é")))
    server = request.getfixturevalue("server")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return ObjectStorage(bucket(f"s3://cmhub/{tmp_path.name}/x?region=eu-west-3&endpoint={server}"))


async def _all(place: Storage, key: str) -> bytes:
    return b"".join([piece async for piece in place.open(key)])


async def test_what_is_put_comes_back(place: Storage) -> None:
    await place.put(KEY, b"one")
    await place.put(KEY, b"two")
    assert await _all(place, KEY) == b"two"
    found = await place.find(KEY)
    assert (found.key, found.size) == (KEY, 3)
    assert await place.exists(KEY)


async def test_a_stream_goes_in_and_out_in_pieces(place: Storage, tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(20):
            yield bytes([number]) * MEGABYTE

    await place.put(KEY, pieces())
    out = [piece async for piece in place.open(KEY)]
    assert len(out) > 10
    assert b"".join(out) == b"".join(bytes([n]) * MEGABYTE for n in range(20))
    await place.fetch(KEY, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_size == 20 * MEGABYTE
    await place.put("0190/0191/logo/again", tmp_path / "copy")
    assert (await place.find("0190/0191/logo/again")).size == 20 * MEGABYTE


async def test_a_stream_that_breaks_leaves_what_was_there(place: Storage) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * (9 * MEGABYTE)
        raise ValueError("the browser went away")

    await place.put(KEY, b"whole")
    with pytest.raises(ValueError, match="went away"):
        await place.put(KEY, pieces())
    assert await _all(place, KEY) == b"whole"


async def test_what_is_not_there_is_missing(place: Storage) -> None:
    assert not await place.exists(KEY)
    with pytest.raises(Missing):
        await _all(place, KEY)
    with pytest.raises(Missing):
        await place.find(KEY)
    await place.delete(KEY)


async def test_what_is_deleted_is_gone(place: Storage) -> None:
    await place.put(KEY, b"x")
    await place.delete(KEY)
    assert not await place.exists(KEY)


async def test_a_prefix_is_of_whole_parts(place: Storage) -> None:
    for key in ("a/b/logo/1", "a/b/logo/2", "a/bc/logo/3", "a/b/import/4"):
        await place.put(key, b"x")
    assert sorted([one.key async for one in place.list_prefix("a/b")]) == [
        "a/b/import/4",
        "a/b/logo/1",
        "a/b/logo/2",
    ]
    assert [one.key async for one in place.list_prefix("nothing")] == []


WRONG = ["", "/", "a/../b", "../a", "a//b", "/a", "a/", "a/.hidden", "a/é", "a/b c", "a\\b",
         "a/\x00", "x" * 700, "/".join("abcdefghi")]  # fmt: skip


@pytest.mark.parametrize("key", WRONG)
async def test_an_odd_key_reaches_no_store(place: Storage, key: str) -> None:
    assert not is_key(key)
    with pytest.raises(Missing):
        await place.put(key, b"x")
    with pytest.raises(Missing):
        await _all(place, key)


async def test_a_bucket_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-ours")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = bucket(f"s3://cmhub?endpoint=http://127.0.0.1:{taken.getsockname()[1]}", retries=0)
        with pytest.raises(StorageAway) as caught:
            await ObjectStorage(away).put(KEY, b"x")
    assert "secret-of-ours" not in str(caught.value)


async def test_the_settings_name_the_place(
    set_variable: SetVariable, tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variable("CMHUB_DATA_DIR", str(tmp_path))
    await storage().put(KEY, b"x")
    assert (tmp_path / "files" / KEY).read_bytes() == b"x"
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    set_variable("CMHUB_STORAGE_URL", f"s3://cmhub/deep?region=eu-west-3&endpoint={server}")
    assert not await storage().exists(KEY)
    await storage().put(KEY, b"y")
    assert await storage().exists(KEY)


@pytest.mark.parametrize("wrong", ["ftp://x", "s3://", "/srv/files", "s3://key:secret@bucket"])
def test_another_address_stops_the_start(set_variable: SetVariable, wrong: str) -> None:
    set_variable("CMHUB_STORAGE_URL", wrong)
    with pytest.raises(WrongSetting, match="CMHUB_STORAGE_URL"):
        settings()
