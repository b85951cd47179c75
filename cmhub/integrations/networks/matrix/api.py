"""One request to a homeserver, and its refusals as faults."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import quote

from cmhub.integrations import http
from cmhub.integrations.http import Answer, Client, RequestFailed, Trouble
from cmhub.integrations.networks.base import (
    Credentials,
    Gone,
    Invalid,
    NetworkFault,
    NotAllowed,
    ReauthoriseNeeded,
    Retry,
    TokenExpired,
)
from cmhub.integrations.networks.matrix.shape import as_number, as_object, as_text

_RETRY_SECONDS: Mapping[Trouble, tuple[float, str]] = {
    Trouble.NAME_UNKNOWN: (60, "name_unknown"),
    Trouble.UNREACHABLE: (30, "unreachable"),
    Trouble.TLS: (300, "tls"),
    Trouble.TIMEOUT: (30, "timeout"),
    Trouble.BROKEN: (30, "broken_answer"),
    Trouble.TOO_LARGE: (300, "answer_too_large"),
}
_INVALID: Mapping[Trouble, str] = {
    Trouble.ADDRESS_REFUSED: "address_refused",
    Trouble.WRONG_URL: "wrong_address",
    Trouble.REDIRECTS: "redirects",
}
_REAUTHORISE = {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}
_DEFAULT_WAIT = 5.0
_LONGEST_WAIT = 3600.0


def route(*parts: str, version: str = "v3") -> str:
    """Return the path of an endpoint with its parts quoted."""
    return f"/_matrix/client/{version}/" + "/".join(quote(part, safe="") for part in parts)


class Api:
    """What every verb stands on."""

    def __init__(self, client: Callable[[], Client] = http.client) -> None:
        """Use the client of the running event loop, or another one."""
        self.client = client

    async def call(
        self,
        credentials: Credentials,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        seconds: float = http.TOTAL_SECONDS,
        limit: int = http.BODY_BYTES,
    ) -> dict[str, object]:
        """Ask as the account and return the object answered.

        Raises:
            TokenExpired: the token is refused, and there is one to refresh it with.
            NetworkFault: anything else that was not *200 OK*.
        """
        try:
            return await self.ask(
                credentials.address,
                method,
                path,
                token=credentials.secret.get("access_token", ""),
                params=params,
                json=json,
                seconds=seconds,
                limit=limit,
            )
        except ReauthoriseNeeded as error:
            if error.code == "reauthorise" and credentials.secret.get("refresh_token"):
                raise TokenExpired() from error
            raise

    async def ask(
        self,
        address: str,
        method: str,
        path: str,
        *,
        token: str | None = None,
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        seconds: float = http.TOTAL_SECONDS,
        limit: int = http.BODY_BYTES,
    ) -> dict[str, object]:
        """Ask a homeserver, with a token or without, and return the object answered.

        Raises:
            NetworkFault: anything that was not *200 OK*.
        """
        try:
            answer = await self.client().request(
                method,
                address + path,
                params=params,
                headers={} if token is None else {"authorization": f"Bearer {token}"},
                json=json,
                seconds=seconds,
                limit=limit,
            )
        except RequestFailed as error:
            raise transport_fault(error) from error
        return _content(answer)


def transport_fault(error: RequestFailed) -> NetworkFault:
    """Return the fault for a request without an answer."""
    if error.trouble in _INVALID:
        return Invalid(_INVALID[error.trouble], host=error.host)
    after, code = _RETRY_SECONDS[error.trouble]
    return Retry(after, code, host=error.host)


def _content(answer: Answer) -> dict[str, object]:
    try:
        content = as_object(answer.json())
    except ValueError:
        content = {}
    if not content and answer.body.strip() != b"{}":
        _raise_unreadable(answer)
    if answer.status != 200:
        raise _fault(answer, content)
    return content


def _raise_unreadable(answer: Answer) -> NoReturn:
    host = http.host_of(answer.url)
    if answer.status == 429:
        raise Retry(_wait(answer, {}))
    if 300 <= answer.status < 400:
        raise Invalid("redirects", host=host)
    if 400 <= answer.status < 500:
        raise Invalid("not_matrix", host=host)
    if answer.status >= 500:
        raise Retry(30, "server_trouble", host=host)
    raise Retry(60, "broken_answer", host=host)


def _fault(answer: Answer, content: dict[str, object]) -> NetworkFault:
    code = as_text(content.get("errcode"))
    host = http.host_of(answer.url)
    known: dict[str, NetworkFault] = {
        "M_LIMIT_EXCEEDED": Retry(_wait(answer, content)),
        "M_RESOURCE_LIMIT_EXCEEDED": Retry(_LONGEST_WAIT, "server_full", host=host),
        "M_USER_DEACTIVATED": ReauthoriseNeeded("account_deactivated"),
        "M_USER_LOCKED": ReauthoriseNeeded("account_locked"),
        "M_CONSENT_NOT_GIVEN": NotAllowed("consent", "consent", host=host),
        "M_FORBIDDEN": NotAllowed("forbidden"),
        "M_GUEST_ACCESS_FORBIDDEN": NotAllowed("forbidden"),
        "M_TOO_LARGE": Invalid("too_long"),
    }
    if code in _REAUTHORISE:
        return ReauthoriseNeeded()
    return known.get(code) or _by_status(answer, code, host)


def _by_status(answer: Answer, code: str, host: str) -> NetworkFault:
    by_status: dict[int, NetworkFault] = {
        401: ReauthoriseNeeded(),
        403: NotAllowed("forbidden"),
        413: Invalid("too_long"),
        429: Retry(_wait(answer, {})),
    }
    if answer.status >= 500:
        return Retry(30, "server_trouble", host=host)
    if code == "M_UNRECOGNIZED":
        return Invalid("not_supported", host=host)
    if answer.status == 404:
        return Gone()
    return by_status.get(answer.status) or Invalid("refused", host=host, detail=code)


def _wait(answer: Answer, content: dict[str, object]) -> float:
    """Return the seconds to wait: the header is the newer way, the field the older one."""
    header = _seconds_of(answer.headers.get("retry-after", ""))
    milliseconds = as_number(content.get("retry_after_ms"), -1)
    if header is None and milliseconds < 0:
        return _DEFAULT_WAIT
    asked = max(header or 0.0, milliseconds / 1000)
    return min(max(asked, 0.1), _LONGEST_WAIT)


def _seconds_of(header: str) -> float | None:
    if header.isdecimal() and len(header) < 10:
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()
