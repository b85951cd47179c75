"""How often a stranger may knock."""

import asyncio
from secrets import token_hex

import pytest

from cmhub.errors import TooMany
from cmhub.services.limits import Limit, network_of, take_attempt

pytestmark = pytest.mark.usefixtures("pool")


async def test_it_hears_who_waited_as_long_as_told() -> None:
    key, limit = token_hex(8), Limit(2, 0.9)
    for _ in range(2):
        await take_attempt("test", {key: limit})
    with pytest.raises(TooMany) as caught:
        await take_attempt("test", {key: limit})
    assert caught.value.params["seconds"] == 1
    await asyncio.sleep(1.05)
    await take_attempt("test", {key: limit})


async def test_knocking_at_a_closed_door_does_not_keep_it_closed() -> None:
    key, limit = token_hex(8), Limit(1, 0.5)
    heard = 0
    for _ in range(12):
        try:
            await take_attempt("test", {key: limit})
            heard += 1
        except TooMany:
            await asyncio.sleep(0.1)
    assert heard >= 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix:", "unix:"),
    ],
)
def test_it_counts_one_line_as_one_place(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
