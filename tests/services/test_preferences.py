"""The appearance belongs to the user, and only their own session reaches it."""

import pytest
from sqlalchemy import text

from cmhub.crypto import fingerprint
from cmhub.db import doors
from cmhub.services import accounts
from tests.support.agency import PASSWORD
from tests.support.tenants import Tenant, make_tenant


@pytest.fixture(scope="module")
async def ours(pool: None) -> Tenant:
    return await make_tenant()


async def _sign_in(tenant: Tenant) -> str:
    return await accounts.sign_in(tenant.email, PASSWORD, "tests", "192.0.2.9")


async def test_a_choice_follows_the_user_to_another_session(ours: Tenant) -> None:
    first, second = await _sign_in(ours), await _sign_in(ours)
    await accounts.keep_theme(first, "dark")
    await accounts.keep_language(first, "en")
    found = await accounts.find_preferences(second)
    assert found == accounts.Preferences("en", "dark")


async def test_a_look_that_there_is_not_is_not_kept(ours: Tenant) -> None:
    token = await _sign_in(ours)
    await accounts.keep_theme(token, "light")
    await accounts.keep_theme(token, "pink")
    found = await accounts.find_preferences(token)
    assert found is not None
    assert found.theme == "light"


async def test_a_wrong_token_reaches_nobodys_choice(ours: Tenant) -> None:
    token = await _sign_in(ours)
    await accounts.keep_theme(token, "light")
    await accounts.keep_theme("wrong", "dark")
    assert await accounts.find_preferences("wrong") is None
    found = await accounts.find_preferences(token)
    assert found is not None
    assert found.theme == "light"


async def test_an_ended_session_reaches_nothing(ours: Tenant) -> None:
    token = await _sign_in(ours)
    await accounts.sign_out(token)
    async with doors() as session:
        rows = await session.execute(
            text("select * from preferences_of(:hash)"), {"hash": fingerprint(token)}
        )
    assert rows.all() == []
