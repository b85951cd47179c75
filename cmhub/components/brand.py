"""A client's own look: its logo in the menu, its colour on its pages."""

from typing import Any

import reflex as rx
from reflex.vars import Var

from cmhub.components.basics import Words
from cmhub.components.text import initial
from cmhub.state.base import SessionState

_LIBRARY = "$/public/brand"


class _Brand(rx.Component):
    library = _LIBRARY
    tag = "Brand"
    sheet: rx.Var[str]
    ready: rx.Var[bool]


class _PickedPicture(rx.Component):
    library = _LIBRARY
    tag = "PickedPicture"
    name: rx.Var[str]
    current: rx.Var[str]
    letter: rx.Var[str]
    words: rx.Var[str]


def brand() -> rx.Component:
    """Put the workspace's colour on the page; `/boot.js` did before the first paint."""
    return _Brand.create(sheet=SessionState.brand, ready=SessionState.signed_in)


def tile(name: Var[Any], logo: Words) -> rx.Component:
    """Show a logo, or the initial of a name that stands beside it."""
    letter = rx.el.span(initial(name), class_name="tile")
    if isinstance(logo, str):
        return letter
    return rx.cond(logo != "", rx.el.img(src=logo, alt="", class_name="tile tile-logo"), letter)


def picked_picture(name: str, current: Words, of: Var[Any], words: Words) -> rx.Component:
    """Choose a picture and see it before it is sent; until then ``current`` or the initial."""
    return _PickedPicture.create(name=name, current=current, letter=initial(of), words=words)
