"""The client for outgoing requests."""

import asyncio
import gzip
import ipaddress
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from cmhub.integrations.addresses import is_named, is_public
from cmhub.integrations.http import REDIRECTS, Client, RequestFailed, Trouble
from tests.support.http_server import Request, response, self_signed, stand_in


def ok(_: Request) -> bytes:
    return response(b'{"ok": true}')


async def failing(client: Client, url: str, **options: float) -> RequestFailed:
    limit = int(options.get("limit", 1000))
    with pytest.raises(RequestFailed) as caught:
        await client.request("GET", url, limit=limit, seconds=options.get("seconds", 5.0))
    await client.aclose()
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_other_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_an_allowed_address_is_named_with_or_without_its_port() -> None:
    assert is_named(["localhost"], ["localhost"], 80)
    assert is_named(["localhost:8008"], ["localhost"], 8008)
    assert is_named(["[::1]:8008"], ["::1"], 8008)
    assert not is_named(["localhost:8008"], ["localhost"], 8009)
    assert not is_named(["localhost"], ["localhost.example.org"], 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0"])
async def test_it_refuses_private_addresses(host: str) -> None:
    async with stand_in(ok) as server:
        fault = await failing(Client(), f"http://{host}:{server.port}/")
    assert fault.trouble == Trouble.ADDRESS_REFUSED
    assert not fault.sent
    assert server.asked == []


async def test_it_reaches_what_the_settings_name() -> None:
    async with stand_in(ok) as server:
        client = Client(allowed=[server.authority])
        answer = await client.request("GET", server.url)
        await client.aclose()
    assert answer.json() == {"ok": True}
    assert server.asked[0].headers["user-agent"].startswith("CMHub")


def names(*answers: list[str]) -> tuple[Callable[[str, int], asyncio.Future[list[str]]], list[str]]:
    """Return a name server that gives another answer each time, and whom it was asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> asyncio.Future[list[str]]:
        found: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        found.set_result(answers[min(len(asked), len(answers) - 1)])
        asked.append(host)
        return found

    return resolve, asked


async def test_it_connects_to_the_address_it_checked() -> None:
    async with stand_in(ok) as server:
        resolve, asked = names(["127.0.0.1"], ["127.0.0.2"])
        name = f"rebinding.example:{server.port}"
        client = Client(allowed=[server.authority], resolve=resolve)
        await client.request("GET", f"http://{name}/")
        await client.aclose()
    assert asked == ["rebinding.example"]
    assert server.asked[0].headers["host"] == name


async def test_one_private_address_among_public_ones_is_refused() -> None:
    resolve, _ = names(["93.184.216.34", "10.0.0.1"])
    fault = await failing(Client(resolve=resolve), "https://both.example/")
    assert fault.trouble == Trouble.ADDRESS_REFUSED


async def test_it_tries_the_next_address() -> None:
    async with stand_in(ok) as server:
        resolve, _ = names(["127.0.0.9", "127.0.0.1"])
        client = Client(allowed=["two.example"], resolve=resolve)
        answer = await client.request("GET", f"http://two.example:{server.port}/")
        await client.aclose()
    assert answer.status == 200


def redirecting(to: Callable[[], str]) -> Callable[[Request], bytes]:
    return lambda _: response(status="302 Found", location=to())


async def test_it_refuses_a_redirect_to_a_private_address() -> None:
    async with stand_in(ok) as inside, stand_in(redirecting(lambda: inside.url)) as outside:
        fault = await failing(Client(allowed=[outside.authority]), outside.url)
    assert fault.trouble == Trouble.ADDRESS_REFUSED
    assert inside.asked == []


async def test_it_follows_only_so_many_redirects() -> None:
    async with stand_in(redirecting(lambda: "/again")) as server:
        fault = await failing(Client(allowed=[server.authority]), server.url)
    assert fault.trouble == Trouble.REDIRECTS
    assert len(server.asked) == REDIRECTS + 1


@pytest.mark.parametrize("location", ["ftp://example.org/", "file:///etc/passwd"])
async def test_it_follows_only_to_where_it_can_go(location: str) -> None:
    async with stand_in(redirecting(lambda: location)) as server:
        fault = await failing(Client(allowed=[server.authority]), server.url)
    assert fault.trouble == Trouble.REDIRECTS


async def test_a_redirect_elsewhere_does_not_carry_the_secret() -> None:
    async with stand_in(ok) as second, stand_in(redirecting(lambda: second.url)) as first:
        client = Client(allowed=[first.authority, second.authority])
        await client.request("GET", first.url, headers={"authorization": "Bearer secret"})
        await client.aclose()
    assert first.asked[0].headers["authorization"] == "Bearer secret"
    assert "authorization" not in second.asked[0].headers


async def test_what_changes_something_is_not_redirected() -> None:
    async with stand_in(redirecting(lambda: "/again")) as server:
        client = Client(allowed=[server.authority])
        answer = await client.request("POST", server.url, json={"password": "secret"})
        await client.aclose()
    assert answer.status == 302
    assert len(server.asked) == 1


async def test_it_keeps_no_cookies() -> None:
    async with stand_in(lambda _: response(set_cookie="a=b; Path=/")) as server:
        client = Client(allowed=[server.authority])
        for _ in range(2):
            await client.request("GET", server.url)
        await client.aclose()
    assert "cookie" not in server.asked[1].headers


async def test_it_refuses_a_body_that_is_too_large() -> None:
    async with stand_in(lambda _: response(b"x" * 1001)) as server:
        fault = await failing(Client(allowed=[server.authority]), server.url, limit=1000)
    assert fault.trouble == Trouble.TOO_LARGE


async def test_it_refuses_a_body_that_is_too_large_when_unpacked() -> None:
    packed = gzip.compress(b"x" * 50_000_000)
    async with stand_in(lambda _: response(packed, content_encoding="gzip")) as server:
        fault = await failing(Client(allowed=[server.authority]), server.url, limit=100_000)
    assert fault.trouble == Trouble.TOO_LARGE


async def test_it_unpacks() -> None:
    packed = gzip.compress(b'{"ok": true}')
    async with stand_in(lambda _: response(packed, content_encoding="gzip")) as server:
        client = Client(allowed=[server.authority])
        answer = await client.request("GET", server.url)
        await client.aclose()
    assert answer.json() == {"ok": True}


@pytest.mark.parametrize("coding", ["br", "gzip"])
async def test_it_says_when_a_body_cannot_be_unpacked(coding: str) -> None:
    async with stand_in(lambda _: response(b"rubbish", content_encoding=coding)) as server:
        fault = await failing(Client(allowed=[server.authority]), server.url)
    assert fault.trouble == Trouble.BROKEN


async def test_a_slow_body_runs_out_of_time() -> None:
    async def trickle(_: Request) -> bytes:
        await asyncio.sleep(2)
        return response()

    async with stand_in(trickle) as server:
        fault = await failing(Client(allowed=[server.authority]), server.url, seconds=0.3)
    assert fault.trouble == Trouble.TIMEOUT
    assert fault.sent


async def test_a_trickling_body_runs_out_of_time() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        try:
            for _ in range(100):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    authority = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    fault = await failing(Client(allowed=[authority]), f"http://{authority}", seconds=0.4)
    server.close()
    assert fault.trouble == Trouble.TIMEOUT


async def test_it_says_that_nobody_listens() -> None:
    async with stand_in(ok) as server:
        pass
    fault = await failing(Client(allowed=[server.authority]), server.url)
    assert (fault.trouble, fault.sent) == (Trouble.UNREACHABLE, False)


async def test_it_says_that_a_name_is_unknown() -> None:
    fault = await failing(Client(), "https://nowhere.invalid/")
    assert (fault.trouble, fault.sent) == (Trouble.NAME_UNKNOWN, False)


async def test_it_refuses_a_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    async with stand_in(ok, tls=self_signed(tmp_path)) as server:
        fault = await failing(Client(allowed=[server.authority]), f"https://{server.authority}/")
    assert (fault.trouble, fault.sent) == (Trouble.TLS, False)
    assert server.asked == []


async def test_a_handshake_that_never_ends_runs_out_of_time() -> None:
    async with stand_in(ok) as server:
        client = Client(allowed=[server.authority])
        fault = await failing(client, f"https://{server.authority}/", seconds=0.3)
    assert fault.trouble == Trouble.TIMEOUT


@pytest.mark.parametrize("url", ["ftp://example.org", "example.org", "https://"])
async def test_it_refuses_what_is_no_address(url: str) -> None:
    assert (await failing(Client(), url)).trouble == Trouble.WRONG_URL


async def test_it_says_when_the_answer_breaks_off() -> None:
    async with stand_in(lambda _: response(content_length=10)) as server:
        fault = await failing(Client(allowed=[server.authority]), server.url)
    assert (fault.trouble, fault.sent) == (Trouble.BROKEN, True)


async def test_it_logs_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with stand_in(ok) as server:
        client = Client(allowed=[server.authority])
        await client.request(
            "POST",
            f"{server.url}/path-secret",
            params={"token": "query-secret"},
            headers={"authorization": "header-secret"},
            json={"password": "body-secret"},
        )
        await client.aclose()
    written = "\n".join(r.getMessage() for r in caplog.records)
    assert "POST 127.0.0.1 200" in written
    assert "secret" not in written
