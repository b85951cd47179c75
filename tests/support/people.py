"""People of an agency, made the way they come: invited, and with a second factor."""

import base64
import time
from dataclasses import dataclass
from secrets import token_hex

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from cmhub.actor import Actor
from cmhub.services import factors, invitations, joining, sessions
from cmhub.services.grants import Grant
from cmhub.services.sessions import SessionInfo
from tests.support.agency import PASSWORD, NewAgency
from tests.support.mails import deliver, link_in


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody with an account: their cookie and what it stands for."""

    email: str
    token: str
    info: SessionInfo

    def actor(self, agency: NewAgency) -> Actor:
        """Them at work in the agency."""
        return sessions.actor_in(self.info, agency.slug)


def new_email() -> str:
    return f"{token_hex(6)}@exemple.example"


async def invited(agency: NewAgency, *wanted: Grant, email: str = "", language: str = "fr") -> str:
    """Invite an address and return the token of the mail that it gets."""
    email = email or new_email()
    await invitations.invite(agency.owner, email, wanted, language)
    return link_in((await deliver(email))[0]).rpartition("/")[2]


async def hire(agency: NewAgency, *wanted: Grant, name: str = "Ana") -> Colleague:
    """Somebody who made their account by an invitation."""
    email = new_email()
    token = await invited(agency, *wanted, email=email)
    session, _ = await joining.join(
        token, name, PASSWORD, language="fr", time_zone="Europe/Paris", device="tests"
    )
    return await colleague(email, session)


async def colleague(email: str, session: str) -> Colleague:
    """Whoever has this cookie, as they are now."""
    info = await sessions.resolve_session(session)
    assert info is not None
    return Colleague(email, session, info)


def code_of(key: str, steps: int = 0) -> str:
    """What an authenticator shows for a key, now or some half-minutes later."""
    secret = base64.b32decode(key.replace(" ", ""))
    at = (int(time.time()) // 30 + steps) * 30
    return TOTP(secret, 6, SHA1(), 30).generate(at).decode()


async def enrol(info: SessionInfo) -> tuple[str, tuple[str, ...]]:
    """Turn a second factor on by the code of half a minute ago; return its key and the codes."""
    offer = factors.offer(info)
    codes = await factors.turn_on(info, offer.sealed, PASSWORD, code_of(offer.key, -1))
    return offer.key, codes
