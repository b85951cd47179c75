"""The link in a mail that ends mails of its kind, for whoever holds it, signed in or not."""

from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import InvalidToken

from cmhub.crypto import master
from cmhub.errors import NotFound
from cmhub.services.notices.kinds import DIGEST, KINDS
from cmhub.services.notices.preferences import choose_mail

_PURPOSE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """Whose mails of which kind a link ends; ``digest`` is the daily mail."""

    user_id: UUID
    kind: str


def unsubscribe_token(user_id: UUID, kind: str) -> str:
    """Return the secret of a link; only the host's keys make one, and it does nothing else."""
    return master().encrypt(f"{_PURPOSE} {user_id} {kind}".encode()).decode().rstrip("=")


def read_token(token: str) -> Unsubscription:
    """Return what a link is for; it holds for as long as the host keeps the key.

    Raises:
        NotFound: the host did not make it.
    """
    try:
        plain = master().decrypt((token + "=" * (-len(token) % 4)).encode()).decode()
        purpose, user, kind = plain.split(" ")
        wanted = Unsubscription(UUID(user), kind)
    except (InvalidToken, ValueError):
        raise NotFound from None
    if purpose != _PURPOSE or (kind not in KINDS and kind != DIGEST):
        raise NotFound
    return wanted


async def unsubscribe(token: str) -> Unsubscription:
    """End the mails of one kind; everything else stays as it was chosen.

    Raises:
        NotFound: the host did not make this link.
    """
    wanted = read_token(token)
    await choose_mail(wanted.user_id, wanted.kind, "never")
    return wanted
