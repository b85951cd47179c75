"""From what a person types to the address of a homeserver."""

from urllib.parse import SplitResult, urlsplit

from cmhub.integrations.http import Client, RequestFailed, Trouble
from cmhub.integrations.networks.base import Gone, Invalid
from cmhub.integrations.networks.matrix.api import Api, transport_fault
from cmhub.integrations.networks.matrix.shape import as_object, as_text


async def homeserver(api: Api, address: str, user: str = "") -> str:
    """Return the base address of the homeserver.

    Args:
        api: how to ask.
        address: a server name, an address with scheme, or a Matrix id.
        user: the Matrix id to take the server from when there is no address.

    Raises:
        Invalid: it is no address, it is not secure, or no homeserver is there.
        Retry: it could not be reached.
    """
    origin = _origin(api.client(), address.strip() or user.strip())
    base = await _well_known(api.client(), origin) or origin
    host = urlsplit(base).hostname or ""
    try:
        answer = await api.ask(base, "GET", "/_matrix/client/versions")
    except Gone as error:
        raise Invalid("not_matrix", host=host) from error
    if not isinstance(answer.get("versions"), list):
        raise Invalid("not_matrix", host=host)
    return base


def _origin(client: Client, typed: str) -> str:
    server = typed.partition(":")[2] if typed.startswith("@") else typed
    written = server if "://" in server else f"https://{server}"
    parts = _split(written)
    return _checked(client, f"{parts.scheme}://{parts.netloc}")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or 1)
    except ValueError:
        usable, parts = None, SplitResult("", "", "", "", "")
    if not usable or "@" in parts.netloc or any(map(str.isspace, parts.netloc)):
        raise Invalid("wrong_address")
    return parts


def _checked(client: Client, url: str) -> str:
    """Refuse to send passwords and tokens in the clear, except where the host's settings say so."""
    parts = _split(url)
    if parts.scheme == "http" and not client.may_be_plain(url):
        raise Invalid("not_secure", host=parts.hostname or "")
    return url.rstrip("/")


async def _well_known(client: Client, origin: str) -> str | None:
    """Return where the domain says its homeserver is.

    Many sites answer any path with a page of their own: what cannot be read says nothing, and
    whether the domain itself is a homeserver is asked next.
    """
    try:
        answer = await client.request("GET", f"{origin}/.well-known/matrix/client")
    except RequestFailed as error:
        if error.trouble in {Trouble.TOO_LARGE, Trouble.BROKEN, Trouble.REDIRECTS}:
            return None
        raise transport_fault(error) from error
    try:
        content = as_object(answer.json()) if answer.status == 200 else {}
    except ValueError:
        return None
    base = as_text(as_object(content.get("m.homeserver")).get("base_url"))
    return _checked(client, base) if base else None
