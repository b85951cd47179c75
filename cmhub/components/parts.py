"""Pieces that need a little JavaScript of their own, from `assets/parts.jsx`."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.event import EventHandler, EventSpec, no_args_event_spec, passthrough_event_spec
from reflex_components_core.el.elements.base import BaseHTML

from cmhub.services.counts import topics
from cmhub.state.base import SessionState
from cmhub.state.counts import CountsState
from cmhub.state.live import LiveState
from cmhub.state.palette import Found, PaletteState

_LIBRARY = "$/public/parts"
_PALETTE = "$/public/palette"


class PlainLink(BaseHTML):
    """A link that the browser itself follows: out of the pages, or to the present one anew."""

    tag = "a"
    href: rx.Var[str]


class PlainForm(BaseHTML):
    """A form that the browser itself submits; `rx.el.form` never does."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]
    enc_type: rx.Var[str]


class FilterForm(BaseHTML):
    """A form whose fields go into the query of the page's address; see `asking.filters`."""

    library = _LIBRARY
    tag = "FilterForm"


class UploadForm(BaseHTML):
    """A form with files that says how far it is and goes to the address of the answer.

    A refusal of plain text is shown under it.
    """

    library = _LIBRARY
    tag = "UploadForm"
    action: rx.Var[str]


class Sheet(BaseHTML):
    """A native dialog that is open while ``open`` is true; who closes it goes to ``to``."""

    library = _LIBRARY
    tag = "Sheet"
    open: rx.Var[bool]
    to: rx.Var[str]


class ClosingDialog(BaseHTML):
    """A native dialog that begins at its first field and closes by itself when ``done`` changes.

    `dialog.opens` opens it.
    """

    library = _LIBRARY
    tag = "ClosingDialog"
    done: rx.Var[int]


class _Reloader(rx.Component):
    library = _LIBRARY
    tag = "Reloader"
    count: rx.Var[int]
    ready: rx.Var[bool]
    on_change: rx.EventHandler[no_args_event_spec]


class _Door(rx.Component):
    library = _LIBRARY
    tag = "Door"
    to: rx.Var[str]


class _Palette(rx.Component):
    library = _PALETTE
    tag = "Palette"
    found: rx.Var[list[Found]]
    asked: rx.Var[str]
    on_search: rx.EventHandler[passthrough_event_spec(str)]
    on_forget: rx.EventHandler[no_args_event_spec]


class _Counter(rx.Component):
    library = _PALETTE
    tag = "Counter"
    changes: rx.Var[dict[str, int]]
    topics: rx.Var[list[str]]
    ready: rx.Var[bool]
    on_change: rx.EventHandler[no_args_event_spec]


def palette() -> rx.Component:
    """Offer Ctrl-K: places, actions of the page, and whatever `services/palette.py` finds."""
    return _Palette.create(
        found=PaletteState.found,
        asked=PaletteState.asked,
        on_search=PaletteState.search,
        on_forget=PaletteState.forget,
    )


def counter() -> rx.Component:
    """Keep the counts of the menu right."""
    return _Counter.create(
        changes=LiveState.changes,
        topics=list(topics()),
        ready=rx.State.is_hydrated,
        on_change=CountsState.load,
    )


def reload_on(topic: str, handler: EventHandler | EventSpec | Callable[..., Any]) -> rx.Component:
    """Run the page's own load handler whenever the topic changes in the page's workspace.

    Topics are those that services announce, as ``messages`` and ``connections``.
    """
    count = LiveState.changes[topic].to(int)
    return _Reloader.create(count=count, ready=rx.State.is_hydrated, on_change=handler)


class _Arrival(rx.Component):
    library = _LIBRARY
    tag = "Arrival"
    of: rx.Var[str]


def arrival(of: rx.Var[str]) -> rx.Component:
    """Bring the message that the address names (``#m-…``) into view when ``of`` is loaded."""
    return _Arrival.create(of=of)


def door() -> rx.Component:
    """Take the browser to where the gate sends it: the sign-in page."""
    return _Door.create(to=SessionState.door)
