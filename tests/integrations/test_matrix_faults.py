"""What Matrix does when a homeserver misbehaves, played by a stand-in."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from cmhub.integrations.http import Client
from cmhub.integrations.networks.base import (
    Credentials,
    Invalid,
    NetworkFault,
    NotAllowed,
    ReauthoriseNeeded,
    Retry,
    TokenExpired,
)
from cmhub.integrations.networks.matrix import Matrix
from tests.support.http_server import Request, StandIn, response, stand_in

WELL_KNOWN = "/.well-known/matrix/client"
VERSIONS = "/_matrix/client/versions"
WHOAMI = "/_matrix/client/v3/account/whoami"


def refusal(status: str, errcode: str, **fields: object) -> bytes:
    return response(json.dumps({"errcode": errcode, "error": "no", **fields}), status)


def answering(by_path: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return answers by path, those of a homeserver that works where none is given."""
    return {
        WELL_KNOWN: response("{}", "404 Not Found"),
        VERSIONS: response('{"versions": ["v1.11"]}'),
        WHOAMI: response('{"user_id": "@anna:example.org"}'),
        **by_path,
    }


async def connect(by_path: Mapping[str, bytes]) -> Credentials:
    answers = answering(by_path)
    async with stand_in(lambda asked: answers[asked.path]) as server:
        return await connect_to(server)


async def connect_to(server: StandIn) -> Credentials:
    client = Client(allowed=[server.authority])
    try:
        return await Matrix(lambda: client).connect_with_token(server.url, "token")
    finally:
        await client.aclose()


async def fault_of(answer: bytes, **secret: str) -> NetworkFault:
    async with stand_in(lambda _: answer) as server:
        client = Client(allowed=[server.authority])
        credentials = Credentials(server.url, "@anna:example.org", {"access_token": "a", **secret})
        with pytest.raises(NetworkFault) as caught:
            await Matrix(lambda: client).verify(credentials)
        await client.aclose()
    return caught.value


async def test_it_works_when_nothing_is_wrong() -> None:
    credentials = await connect({})
    assert credentials.account == "@anna:example.org"


async def test_it_follows_the_domain_to_its_homeserver() -> None:
    homeserver = answering({})
    async with stand_in(lambda asked: homeserver[asked.path]) as there:
        said = json.dumps({"m.homeserver": {"base_url": f"{there.url}/"}})
        async with stand_in(lambda _: response(said)) as domain:
            client = Client(allowed=[there.authority, domain.authority])
            credentials = await Matrix(lambda: client).connect_with_token(domain.url, "token")
            await client.aclose()
    assert credentials.address == there.url


async def test_a_site_that_answers_everything_with_a_page_may_still_be_a_homeserver() -> None:
    await connect({WELL_KNOWN: response("<html>Welcome</html>")})


@pytest.mark.parametrize(
    "answer",
    [
        response("<html>Welcome</html>", "404 Not Found"),
        response('{"versions": "none"}'),
        response("{}"),
        refusal("404 Not Found", "M_NOT_FOUND"),
    ],
)
async def test_it_says_that_it_is_no_homeserver(answer: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        await connect({VERSIONS: answer})
    assert caught.value.reason == "not_matrix"


async def test_a_domain_may_not_lead_it_out_of_the_encrypted_internet() -> None:
    said = '{"m.homeserver": {"base_url": "http://example.org"}}'
    with pytest.raises(Invalid) as caught:
        await connect({WELL_KNOWN: response(said)})
    assert caught.value.reason == "not_secure"


async def test_a_server_without_passwords_is_told() -> None:
    login = "/_matrix/client/v3/login"
    answers = answering({login: response('{"flows": [{"type": "m.login.sso"}]}')})
    async with stand_in(lambda asked: answers[asked.path]) as server:
        client = Client(allowed=[server.authority])
        with pytest.raises(Invalid) as caught:
            await Matrix(lambda: client).connect_with_password(server.url, "anna", "password")
        await client.aclose()
    assert caught.value.reason == "no_password_login"


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (refusal("429 Slow", "M_LIMIT_EXCEEDED", retry_after_ms=2500), 2.5),
        (refusal("429 Slow", "M_LIMIT_EXCEEDED"), 5),
        (response("{}", "429 Slow", retry_after=7), 7),
        (response("slow down", "429 Slow", retry_after=7), 7),
        (refusal("429 Slow", "M_LIMIT_EXCEEDED", retry_after_ms=10**12), 3600),
        (response("", "429 Slow", retry_after="Thu, 01 Jan 1970 00:00:00 GMT"), 0.1),
        (response("", "429 Slow", retry_after="soon"), 5),
    ],
)
async def test_it_waits_as_long_as_it_is_told(answer: bytes, seconds: float) -> None:
    fault = await fault_of(answer)
    assert isinstance(fault, Retry)
    assert (fault.code, fault.after_seconds) == ("busy", seconds)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (response("<html>Bad gateway</html>", "502 Bad Gateway"), "server_trouble"),
        (refusal("500 Oh", "M_UNKNOWN"), "server_trouble"),
        (response("not json"), "broken_answer"),
        (response("[]"), "broken_answer"),
        (response(b"\xff\xfe" * 9), "broken_answer"),
        (response("[" * 100_000), "broken_answer"),
        (response(content_length=9), "broken_answer"),
        (response(b"x" * 9_000_000), "answer_too_large"),
        (refusal("403 No", "M_RESOURCE_LIMIT_EXCEEDED"), "server_full"),
    ],
)
async def test_trouble_of_the_server_is_tried_again(answer: bytes, code: str) -> None:
    fault = await fault_of(answer)
    assert isinstance(fault, Retry)
    assert fault.code == code


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal("401 No", "M_UNKNOWN_TOKEN", soft_logout=False), "reauthorise"),
        (refusal("401 No", "M_UNKNOWN_TOKEN", soft_logout=True), "reauthorise"),
        (refusal("403 No", "M_USER_DEACTIVATED"), "account_deactivated"),
        (refusal("401 No", "M_USER_LOCKED", soft_logout=True), "account_locked"),
        (response('{"user_id": "@ben:example.org"}'), "reauthorise"),
    ],
)
async def test_lost_credentials_need_a_new_connection(answer: bytes, code: str) -> None:
    fault = await fault_of(answer)
    assert isinstance(fault, ReauthoriseNeeded)
    assert not isinstance(fault, TokenExpired)
    assert fault.code == code


async def test_a_token_that_can_be_refreshed_is_only_expired() -> None:
    answer = refusal("401 No", "M_UNKNOWN_TOKEN", soft_logout=True)
    assert isinstance(await fault_of(answer, refresh_token="r"), TokenExpired)


async def test_a_filter_the_server_forgot_is_stored_again() -> None:
    stored: list[str] = []

    def homeserver(asked: Request) -> bytes:
        if asked.path.endswith("/filter"):
            stored.append(asked.path)
            return response(json.dumps({"filter_id": str(len(stored))}))
        if len(stored) == 1 and "filter=1" in asked.path and "since=later" in asked.path:
            return refusal("400 No", "M_INVALID_PARAM")
        return response('{"next_batch": "later"}')

    async with stand_in(homeserver) as server:
        client = Client(allowed=[server.authority])
        matrix = Matrix(lambda: client)
        credentials = Credentials(server.url, "@anna:example.org", {"access_token": "a"})
        batch = await matrix.live(credentials, '{"since": "first"}', ["!room"], 0)
        again = await matrix.live(credentials, batch.cursor, ["!room"], 0)
        await client.aclose()
    assert len(stored) == 2
    assert json.loads(again.cursor)["since"] == "later"


async def test_terms_not_accepted_are_told() -> None:
    fault = await fault_of(refusal("403 No", "M_CONSENT_NOT_GIVEN"))
    assert isinstance(fault, NotAllowed)
    assert fault.scope == "consent"


async def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one() -> None:
    said = response('{"access_token": "new", "expires_in_ms": 300000}')
    async with stand_in(lambda _: said) as server:
        client = Client(allowed=[server.authority])
        old = Credentials(server.url, "@anna:example.org", {"refresh_token": "kept"})
        newer = await Matrix(lambda: client).refresh(old)
        await client.aclose()
    assert newer is not None
    assert newer.secret["refresh_token"] == "kept"
    assert newer.secret["access_token"] == "new"


async def test_an_empty_refresh_replaces_nothing() -> None:
    async with stand_in(lambda _: response('{"access_token": ""}')) as server:
        client = Client(allowed=[server.authority])
        old = Credentials(server.url, "@anna:example.org", {"refresh_token": "kept"})
        with pytest.raises(NetworkFault):
            await Matrix(lambda: client).refresh(old)
        await client.aclose()


async def test_an_answer_that_never_comes_is_asked_for_again() -> None:
    async def silent(_: Request) -> bytes:
        await asyncio.sleep(1)
        return b""

    async with stand_in(silent) as server:
        client = Client(allowed=[server.authority])
        with pytest.raises(Retry) as caught:
            await Matrix(lambda: client).ask(server.url, "GET", "/", seconds=0.2)
        await client.aclose()
    assert caught.value.code == "timeout"


async def test_nobody_listening_is_tried_again() -> None:
    async with stand_in(lambda _: b"") as server:
        pass
    with pytest.raises(Retry) as caught:
        await connect_to(server)
    assert caught.value.code == "unreachable"
