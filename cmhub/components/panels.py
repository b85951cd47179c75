"""What pages are laid out with: list and detail, drawers, menus, tabs, segments."""

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex.vars import NumberVar, Var

from cmhub.components.basics import Words, icon_button, link
from cmhub.components.icons import icon
from cmhub.components.parts import Sheet
from cmhub.components.text import number, t


def list_and_detail(*listed: Any, detail: Any, is_open: Var[bool], label: Words) -> rx.Component:
    """Put a list left and what is open of it right; on a phone one after the other.

    ``is_open`` follows the address, so that Back works; ``label`` names the list. Give the page
    ``wide=True``, the detail a `detail_head`, and rows of the list ``data-row``.
    """
    return rx.el.div(
        rx.el.section(*listed, aria_label=label, class_name="list surface"),
        rx.el.div(detail, class_name="detail surface"),
        custom_attrs={"data-open": rx.cond(is_open, "true", "false")},
        class_name="split",
    )


def detail_head(
    title: Any, line: Any = "", *actions: rx.Component, back: Words, back_words: Words
) -> rx.Component:
    """Name what is open; on a phone ``back`` leads to the list again."""
    return rx.el.header(
        link(
            icon("arrow-left", 20),
            to=back,
            aria_label=back_words,
            class_name="btn btn-ghost btn-square back",
        ),
        rx.el.div(
            rx.el.h2(title, class_name="text-base font-semibold truncate"),
            rx.el.p(line, class_name="text-sm text-muted truncate empty:hidden"),
            class_name="min-w-0 grow",
        ),
        *actions,
        class_name="thread-head",
    )


def drawer(
    *content: Any,
    title: Words,
    drawer_id: str,
    is_open: Var[bool] | None = None,
    closes_to: Words = "",
    foot: rx.Component | None = None,
) -> rx.Component:
    """Slide something in from the side, over the page.

    Without ``is_open`` a button with `dialog.opens` opens it. With it the address does, and
    whoever closes it goes to ``closes_to``.
    """
    inside = (
        rx.el.header(
            rx.el.h2(title, class_name="text-lg font-semibold"),
            icon_button(t("app.close"), "x", "-me-2", custom_attrs={"data-closes": ""}),
            class_name="drawer-head",
        ),
        rx.el.div(*content, class_name="drawer-body"),
        rx.el.footer(foot, class_name="drawer-foot") if foot is not None else rx.fragment(),
    )
    given = {"id": drawer_id, "aria_label": title, "class_name": "drawer"}
    if is_open is None:
        return rx.el.dialog(*inside, **given)
    return Sheet.create(*inside, open=is_open, to=closes_to, **given)


def menu(
    *items: rx.Component, menu_id: Words, label: Words, words: Words = "", symbol: str = "ellipsis"
) -> rx.Component:
    """Offer actions under a button; arrows move, Escape closes.

    ``menu_id`` is unique on the page (in a list, made of the row's id), ``label`` says what the
    button opens; it shows ``words``, or the symbol alone.
    """
    named = isinstance(words, Var) or words
    return rx.fragment(
        rx.el.button(
            *([words, icon("chevron-down")] if named else [icon(symbol)]),
            type="button",
            aria_label=label,
            aria_haspopup="menu",
            title=label,
            custom_attrs={"popoverTarget": menu_id},
            class_name="btn btn-sm" if named else "btn btn-ghost btn-square btn-sm",
        ),
        rx.el.div(
            *items,
            id=menu_id,
            role="menu",
            aria_label=label,
            custom_attrs={"popover": "auto"},
            class_name="menu-list",
        ),
    )


def menu_item(
    words: Words, *, symbol: str = "", to: Words | None = None, danger: bool = False, **props: Any
) -> rx.Component:
    """Be one action of a menu: with ``to`` a way elsewhere, else give it ``on_click``."""
    inside = (icon(symbol) if symbol else rx.fragment(), words)
    tone = "way text-error" if danger else "way"
    if to is not None:
        return link(*inside, to=to, role="menuitem", tab_index=-1, class_name=tone, **props)
    return rx.el.button(
        *inside, type="button", role="menuitem", tab_index=-1, class_name=tone, **props
    )


def menu_line() -> rx.Component:
    """Part a menu in two."""
    return rx.el.hr(class_name="menu-line")


def tab_bar(tabs: Sequence[tuple[Words, Words, Any]], *, label: Words) -> rx.Component:
    """Lead to parts of a page: (words, address, whether it is the open one)."""
    return rx.el.nav(
        *[
            link(words, to=to, class_name="tab-way", custom_attrs=_here(current))
            for words, to, current in tabs
        ],
        aria_label=label,
        class_name="tabs-bar",
    )


def tab_links(
    tabs: Sequence[tuple[Words, Words, Any, NumberVar[Any] | None]], *, label: Words
) -> rx.Component:
    """Lead to lists of one kind: (words, address, whether it is the open one, how many)."""
    return rx.el.nav(
        *[
            link(
                words,
                rx.el.span(number(count), class_name="text-muted font-normal")
                if count is not None
                else rx.fragment(),
                to=to,
                class_name="tab-link",
                custom_attrs=_here(current),
            )
            for words, to, current, count in tabs
        ],
        aria_label=label,
        class_name="tab-links",
    )


def segments(choices: Sequence[tuple[Words, Words, Any]], *, label: Words) -> rx.Component:
    """Offer one of a few views of the same thing: (words, address, whether it is the open one)."""
    return rx.el.nav(
        *[
            link(words, to=to, class_name="segment whitespace-nowrap", custom_attrs=_here(current))
            for words, to, current in choices
        ],
        aria_label=label,
        class_name="segments",
    )


def _here(current: Any) -> dict[str, Any]:
    if isinstance(current, Var):
        return {"aria-current": rx.cond(current, "page", "false")}
    return {"aria-current": "page"} if current else {}
