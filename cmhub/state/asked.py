"""What the page's address asks for: filters, selection, place in a list."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from cmhub.errors import Invalid

_PATH = frozenset({"agency_slug", "workspace_slug"})


def asked(state: rx.State) -> dict[str, str]:
    """The query of the page's address, without the parts of its path."""
    given = state.router.url.query_parameters
    return {name: str(value) for name, value in given.items() if name not in _PATH}


def asked_id(given: Mapping[str, str], name: str) -> UUID | None:
    """An id of the query; nothing when it is missing or is none."""
    try:
        return UUID(given.get(name, ""))
    except ValueError:
        return None


def given_id(value: str) -> UUID:
    """An id from the browser.

    Raises:
        Invalid: it is none.
    """
    try:
        return UUID(value)
    except ValueError:
        raise Invalid("filter") from None


def path_id(state: rx.State, name: str) -> UUID | None:
    """An id that is a part of the address's path; nothing when it is none."""
    return asked_id({name: str(state.router_data.get("query", {}).get(name, ""))}, name)


def address(path: str, **query: str) -> str:
    """A path with the parts of a query that are not empty."""
    filled = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(filled)}" if filled else path


def entered(form: Mapping[str, object], name: str) -> str:
    """What was entered in a field of a form; a field that is not on the screen is empty."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
