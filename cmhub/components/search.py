"""The field that leads to the search page, and the words that were found."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.icons import icon
from cmhub.components.parts import PlainForm
from cmhub.components.text import t
from cmhub.services.search.excerpts import Piece
from cmhub.state.base import SessionState


def search_box() -> rx.Component:
    """Take words to look for in all messages of the workspace; `/` goes there."""
    return PlainForm.create(
        icon("search", class_name="text-muted"),
        rx.el.input(
            type="search",
            name="q",
            required=True,
            max_length=200,
            placeholder=t("search.box"),
            aria_label=t("search.box"),
            class_name="search-words",
            custom_attrs={"data-key": "/"},
        ),
        role="search",
        action=SessionState.workspace_address + "/search/",
        method="get",
        class_name="search-box",
    )


def marked(pieces: Var[Any]) -> rx.Component:
    """Show an excerpt with what was found marked; all of it is plain text."""
    return rx.el.span(rx.foreach(pieces.to(list[Piece]), _piece), dir="auto")


def _piece(piece: ObjectVar[Piece]) -> rx.Component:
    return rx.cond(piece.marked, rx.el.mark(piece.text.to(str)), rx.fragment(piece.text.to(str)))
