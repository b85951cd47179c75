"""What a handler asks of whoever calls it. A handler without a mark is never run.

@rx.event
@requires(Permission.MESSAGE_DELETE)
async def delete(self, message_id: str) -> None: ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cmhub.actor import Permission

_NAME = "_cmhub_mark"
_Handler = TypeVar("_Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether a session is needed, and which permission in the workspace of the address.

    ``somewhere``: any workspace of the agency will do, as on its own pages.
    """

    session: bool = True
    permission: Permission | None = None
    somewhere: bool = False


def public(handler: _Handler) -> _Handler:
    """Let anybody call it, signed in or not."""
    return _mark(handler, Mark(session=False))


def signed_in(handler: _Handler) -> _Handler:
    """Let any signed-in user call it: it shows or changes nothing but what is their own."""
    return _mark(handler, Mark())


def requires(permission: Permission) -> Callable[[_Handler], _Handler]:
    """Let those call it who hold the permission where the page's address is."""

    def decorate(handler: _Handler) -> _Handler:
        return _mark(handler, Mark(permission=permission))

    return decorate


def requires_somewhere(permission: Permission) -> Callable[[_Handler], _Handler]:
    """Let those call it who hold the permission in any workspace of the address's agency."""

    def decorate(handler: _Handler) -> _Handler:
        return _mark(handler, Mark(permission=permission, somewhere=True))

    return decorate


def mark_of(handler: Callable[..., Any]) -> Mark | None:
    """Return the mark of a handler's function, if it has one."""
    found = getattr(handler, _NAME, None)
    return found if isinstance(found, Mark) else None


def _mark(handler: _Handler, mark: Mark) -> _Handler:
    setattr(handler, _NAME, mark)
    return handler
