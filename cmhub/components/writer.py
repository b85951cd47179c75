"""Fields to write in, from `assets/inbox.jsx`: they keep, propose, and tell who writes."""

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec, passthrough_event_spec
from reflex_components_core.el.elements.base import BaseHTML

_LIBRARY = "$/public/inbox"


class Writer(BaseHTML):
    """A field that proposes ``items`` after a ``sign``.

    An item has ``key``, ``title``, ``line`` and ``words``. With ``local`` they are filtered in the
    browser by their titles and put after an @; else ``on_ask`` is told what is sought. Children
    are what stands on a button that asks for all.
    """

    library = _LIBRARY
    tag = "Writer"
    sign: rx.Var[str]
    items: rx.Var[list[Any]]
    local: rx.Var[bool]
    proposing: rx.Var[str]
    name: rx.Var[str]
    default_value: rx.Var[str]
    placeholder: rx.Var[str]
    rows: rx.Var[int]
    required: rx.Var[bool]
    on_ask: rx.EventHandler[passthrough_event_spec(str)]
    on_keep: rx.EventHandler[passthrough_event_spec(str)]
    on_write: rx.EventHandler[no_args_event_spec]
    on_rest: rx.EventHandler[no_args_event_spec]


class Answer(BaseHTML):
    """Two ways to write, one of them shown; ``labels`` and ``keys`` are those of its buttons."""

    library = _LIBRARY
    tag = "Answer"
    labels: rx.Var[list[str]]
    keys: rx.Var[list[str]]
    label: rx.Var[str]


class Looking(rx.Component):
    """Says every 20 seconds, while the page is seen, that somebody looks at it."""

    library = _LIBRARY
    tag = "Looking"
    on_look: rx.EventHandler[no_args_event_spec]
