"""The second factor: what turns it on, what it takes, and that nothing is good twice."""

import asyncio
import re

import pytest
from sqlalchemy import select, text

from cmhub import crypto
from cmhub.actor import Role
from cmhub.db import doors, unit_of_work
from cmhub.errors import CMHubError, Invalid, NotReady, TooMany
from cmhub.models import AuditEvent, new_id
from cmhub.services import accounts, factors, sessions
from cmhub.services.accounts import FactorNeeded
from cmhub.services.checks import InvalidForm
from cmhub.services.grants import Grant
from tests.support.agency import PASSWORD, NewAgency
from tests.support.mails import deliver, waiting_mails
from tests.support.people import Colleague, code_of, enrol, hire

pytestmark = pytest.mark.usefixtures("pool")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
async def ana(agency: NewAgency) -> Colleague:
    """Somebody without a second factor."""
    return await hire(agency, Grant(Role.MODERATOR, agency.workspace_id))


async def _step(ana: Colleague) -> str:
    with pytest.raises(FactorNeeded) as caught:
        await accounts.sign_in(ana.email, PASSWORD, AGENT, "")
    return caught.value.step


async def _fault(refused: object) -> str:
    with pytest.raises(CMHubError) as caught:
        await refused  # pyright: ignore[reportGeneralTypeIssues]
    error = caught.value
    return next(iter(error.faults)) if isinstance(error, InvalidForm) else error.code


async def test_it_counts_only_once_a_code_was_right(ana: Colleague) -> None:
    offer = factors.offer(ana.info)
    wrong = factors.turn_on(ana.info, offer.sealed, PASSWORD, "000000")
    assert await _fault(wrong) == "code"
    assert (await factors.read_factor(ana.info.user_id)).since is None
    assert await accounts.sign_in(ana.email, PASSWORD, AGENT, "")
    codes = await factors.turn_on(ana.info, offer.sealed, PASSWORD, code_of(offer.key))
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}", code) for code in codes)
    seen = await factors.read_factor(ana.info.user_id)
    assert seen.since is not None
    assert seen.codes == 10


async def test_it_takes_the_password_to_turn_on_or_off(ana: Colleague) -> None:
    offer = factors.offer(ana.info)
    on = factors.turn_on(ana.info, offer.sealed, "not this one", code_of(offer.key))
    assert await _fault(on) == "password"
    key, codes = await enrol(ana.info)
    for wrong, code in (("not this one", code_of(key)), ("", code_of(key)), (PASSWORD, "000000")):
        assert await _fault(factors.turn_off(ana.info, wrong, code)) in ("password", "code")
    assert (await factors.read_factor(ana.info.user_id)).codes == len(codes)


async def test_an_offer_is_for_one_user_and_half_an_hour(
    ana: Colleague, agency: NewAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = await hire(agency, Grant(Role.ADMIN))
    offer = factors.offer(ana.info)
    assert factors.offered(ben.info, offer.sealed) is None
    assert factors.offered(ana.info, offer.sealed) == offer
    with pytest.raises(Invalid):
        await factors.turn_on(ben.info, offer.sealed, PASSWORD, code_of(offer.key))
    made = crypto.master().extract_timestamp(offer.sealed.encode() + b"==")
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: made + 1801)
    assert factors.offered(ana.info, offer.sealed) is None


async def test_the_picture_holds_what_an_authenticator_reads(ana: Colleague) -> None:
    offer = factors.offer(ana.info)
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", offer.key)
    assert re.fullmatch(r"(M\d+ \d+h1v1h-1z)+", offer.path)
    assert offer.path.startswith("M0 0h1v1h-1zM1 0")
    assert offer.size % 4 == 1


async def test_signing_in_asks_for_a_code_and_opens_nothing_before(ana: Colleague) -> None:
    key, _ = await enrol(ana.info)
    step = await _step(ana)
    assert await sessions.resolve_session(step) is None
    for kind in ("confirm", "reset"):
        assert not await accounts.token_is_good(kind, step)
    token = await factors.pass_step(step, code_of(key), AGENT, "")
    info = await sessions.resolve_session(token)
    assert info is not None
    assert info.user_id == ana.info.user_id


async def test_no_code_is_good_twice(ana: Colleague) -> None:
    key, _ = await enrol(ana.info)
    code = code_of(key)
    assert await factors.pass_step(await _step(ana), code, AGENT, "")
    assert await _fault(factors.pass_step(await _step(ana), code, AGENT, "")) == "code"
    earlier = code_of(key, -1)
    assert await _fault(factors.pass_step(await _step(ana), earlier, AGENT, "")) == "code"


async def test_of_two_who_use_a_code_at_once_one_is_in(ana: Colleague) -> None:
    key, codes = await enrol(ana.info)
    for code in (code_of(key), codes[0]):
        steps = [await _step(ana) for _ in range(2)]
        done = await asyncio.gather(
            *(factors.pass_step(step, code, AGENT, "") for step in steps), return_exceptions=True
        )
        assert sorted(isinstance(one, InvalidForm) for one in done) == [False, True]


async def test_a_step_is_good_for_one_session(ana: Colleague) -> None:
    key, codes = await enrol(ana.info)
    step = await _step(ana)
    assert await factors.pass_step(step, code_of(key), AGENT, "")
    assert not await factors.step_is_good(step)
    with pytest.raises(Invalid):
        await factors.pass_step(step, codes[0], AGENT, "")
    assert (await factors.read_factor(ana.info.user_id)).codes == 10


@pytest.mark.parametrize("typed", ["{}", " {} ", "{:.3} rest"])
async def test_codes_may_have_spaces_between(ana: Colleague, typed: str) -> None:
    key, _ = await enrol(ana.info)
    code = code_of(key)
    words = f"{code[:3]} {code[3:]}" if "rest" in typed else typed.format(code)
    assert await factors.pass_step(await _step(ana), words, AGENT, "")


async def test_a_recovery_code_is_good_once_and_told(ana: Colleague, agency: NewAgency) -> None:
    _, codes = await enrol(ana.info)
    typed = codes[3].lower().replace("-", " ")
    assert await factors.pass_step(await _step(ana), typed, AGENT, "")
    assert (await factors.read_factor(ana.info.user_id)).codes == 9
    assert await _fault(factors.pass_step(await _step(ana), codes[3], AGENT, "")) == "code"
    assert "mail.factor_recovery" in await waiting_mails(ana.info.user_id)
    async with unit_of_work(agency.owner) as session:
        tags = (await session.scalars(select(AuditEvent.tag))).all()
    assert tags.count("user:factor_recovery") == 1


async def test_codes_cannot_be_guessed(ana: Colleague) -> None:
    key, codes = await enrol(ana.info)
    step, refused = await _step(ana), 0
    for guess in range(10):
        with pytest.raises((InvalidForm, TooMany)) as caught:
            await factors.pass_step(step, f"{guess:06}", AGENT, "")
        refused += isinstance(caught.value, TooMany)
    assert refused
    # Neither the right code nor a recovery code is heard until the time has passed.
    for code in (code_of(key, 1), codes[0]):
        with pytest.raises(TooMany):
            await factors.pass_step(await _step(ana), code, AGENT, "")


async def test_new_recovery_codes_replace_the_old(ana: Colleague) -> None:
    key, old = await enrol(ana.info)
    new = await factors.renew_codes(ana.info, PASSWORD, code_of(key))
    assert not set(old) & set(new)
    assert await _fault(factors.pass_step(await _step(ana), old[0], AGENT, "")) == "code"
    assert await factors.pass_step(await _step(ana), new[0], AGENT, "")


async def test_turned_off_it_is_asked_for_no_more(ana: Colleague) -> None:
    _, codes = await enrol(ana.info)
    waiting = await _step(ana)
    await factors.turn_off(ana.info, PASSWORD, codes[0])
    assert await accounts.sign_in(ana.email, PASSWORD, AGENT, "")
    assert await _fault(factors.pass_step(waiting, codes[1], AGENT, "")) == "code"
    assert await waiting_mails(ana.info.user_id) == ["mail.factor_on", "mail.factor_off"]
    subjects = [mail.subject for mail in await deliver(ana.email)]
    assert subjects[:2] == ["Votre second facteur est désactivé", "Votre second facteur est activé"]


async def test_it_is_turned_on_once(ana: Colleague) -> None:
    await enrol(ana.info)
    offer = factors.offer(ana.info)
    with pytest.raises(Invalid) as caught:
        await factors.turn_on(ana.info, offer.sealed, PASSWORD, code_of(offer.key, 1))
    assert caught.value.params["reason"] == "factor_is_on"


async def test_turning_it_on_ends_the_other_sessions(ana: Colleague) -> None:
    other = await accounts.sign_in(ana.email, PASSWORD, AGENT, "")
    await enrol(ana.info)
    assert await sessions.resolve_session(other) is None
    assert await sessions.resolve_session(ana.token) is not None


async def test_a_link_of_a_mail_does_not_go_round_it(ana: Colleague) -> None:
    await enrol(ana.info)
    async with doors() as session:
        token = await accounts.issue_token(session, ana.info.user_id, "confirm")
    with pytest.raises(FactorNeeded):
        await accounts.confirm(token, AGENT, "")


async def test_the_secret_is_sealed_for_its_user(ana: Colleague, agency: NewAgency) -> None:
    ben = await hire(agency, Grant(Role.ADMIN))
    key, _ = await enrol(ana.info)
    async with doors() as session:
        row = (
            await session.execute(
                text("select sealed, wrapped from factor_of(:user)"), {"user": ana.info.user_id}
            )
        ).one()
        assert key.replace(" ", "").encode() not in row.sealed
        fresh = {"user": ben.info.user_id, "sealed": row.sealed}
        wrapped = await session.scalar(
            text("select user_key_of(:user, :key)"),
            {"user": ben.info.user_id, "key": row.wrapped},
        )
        assert wrapped == row.wrapped
        await session.execute(text("select keep_factor(:user, :sealed, 0)"), fresh)
    # Even under the same key: the ciphertext names whose it is.
    with pytest.raises(FactorNeeded) as caught:
        await accounts.sign_in(ben.email, PASSWORD, AGENT, "")
    with pytest.raises(NotReady):
        await factors.pass_step(caught.value.step, code_of(key), AGENT, "")


async def test_nobody_has_no_factor() -> None:
    assert await factors.read_factor(new_id()) == factors.FactorView(None, 0)
