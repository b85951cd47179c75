"""Sign in to a homeserver, refresh, sign out."""

from datetime import UTC, datetime, timedelta

from cmhub.integrations.networks.base import (
    Credentials,
    Invalid,
    NotAllowed,
    ReauthoriseNeeded,
    RemoteAccount,
    TokenExpired,
)
from cmhub.integrations.networks.matrix.api import Api, route
from cmhub.integrations.networks.matrix.discovery import homeserver
from cmhub.integrations.networks.matrix.shape import as_number, as_objects, as_text

_DEVICE_NAME = "CMHub"
_EARLY_SECONDS = 300.0


class SignIn(Api):
    """Verbs of connecting."""

    async def connect_with_password(self, address: str, user: str, password: str) -> Credentials:
        """Sign in as a new device of the account; the password is not kept."""
        base = await homeserver(self, address, user)
        if not user.strip() or not password:
            raise Invalid("wrong_password")
        await self._require_password_flow(base)
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user.strip()},
            "password": password,
            "initial_device_display_name": _DEVICE_NAME,
            "refresh_token": True,
        }
        try:
            answer = await self.ask(base, "POST", route("login"), json=body)
        except (NotAllowed, ReauthoriseNeeded) as error:
            refused = error.code in {"not_allowed", "reauthorise"}
            raise Invalid("wrong_password" if refused else error.code) from error
        secret = {"obtained": "password", "device_id": as_text(answer.get("device_id"))}
        account = as_text(answer.get("user_id"))
        return Credentials(base, account, {**secret, **_tokens(answer, base)})

    async def _require_password_flow(self, base: str) -> None:
        answer = await self.ask(base, "GET", route("login"))
        flows = {as_text(flow.get("type")) for flow in as_objects(answer.get("flows"))}
        if "m.login.password" not in flows:
            raise Invalid("no_password_login")

    async def connect_with_token(self, address: str, token: str) -> Credentials:
        """Use an access token of the account; it is neither refreshed nor revoked."""
        base = await homeserver(self, address)
        try:
            answer = await self.ask(base, "GET", route("account", "whoami"), token=token.strip())
        except ReauthoriseNeeded as error:
            known = error.code != "reauthorise"
            raise Invalid(error.code if known else "wrong_token") from error
        secret = {
            "obtained": "token",
            "access_token": token.strip(),
            "device_id": as_text(answer.get("device_id")),
        }
        return Credentials(base, as_text(answer.get("user_id")), secret)

    async def verify(self, credentials: Credentials) -> RemoteAccount:
        """Return the account of the token; another one than before needs a new connection."""
        answer = await self.call(credentials, "GET", route("account", "whoami"))
        account = as_text(answer.get("user_id"))
        if account != credentials.account:
            raise ReauthoriseNeeded()
        profile = await self.call(credentials, "GET", route("profile", account))
        return RemoteAccount(account, as_text(profile.get("displayname")) or account)

    async def refresh(self, credentials: Credentials) -> Credentials | None:
        """Return credentials with a newer token, or None when the token does not expire.

        The server takes back the old pair only when the new one is first used: if the answer or
        what was to be stored is lost, the old credentials refresh again.
        """
        old = credentials.secret.get("refresh_token")
        if not old:
            return None
        body = {"refresh_token": old}
        try:
            answer = await self.ask(credentials.address, "POST", route("refresh"), json=body)
        except NotAllowed as error:
            raise ReauthoriseNeeded() from error
        secret = {**credentials.secret, **_tokens(answer, credentials.address)}
        return Credentials(credentials.address, credentials.account, secret)

    async def disconnect(self, credentials: Credentials) -> None:
        """Sign the device out, if it was us who signed it in; again does nothing."""
        if credentials.secret.get("obtained") != "password":
            return
        try:
            await self._sign_out(credentials)
        except ReauthoriseNeeded:
            return

    async def _sign_out(self, credentials: Credentials) -> None:
        try:
            await self.call(credentials, "POST", route("logout"), json={})
        except TokenExpired:
            newer = await self.refresh(credentials)
            if newer is not None:
                await self.call(newer, "POST", route("logout"), json={})


def _tokens(answer: dict[str, object], base: str) -> dict[str, str]:
    """Return what a sign-in or a refresh got us; what is not there replaces nothing."""
    found = {name: as_text(answer.get(name)) for name in ("access_token", "refresh_token")}
    if not found["access_token"]:
        raise Invalid("not_matrix", host=base)
    kept = {name: value for name, value in found.items() if value}
    life = as_number(answer.get("expires_in_ms"), 0) / 1000
    return kept | ({"refresh_at": _refresh_at(life)} if life > 0 else {})


def _refresh_at(life: float) -> str:
    """Return the moment 5 minutes before the end, or at 80 % of a shorter life."""
    wait = max(life * 0.8, life - _EARLY_SECONDS)
    return (datetime.now(UTC) + timedelta(seconds=min(wait, 10 * 365 * 86_400))).isoformat()
