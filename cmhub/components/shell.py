"""The frame around every signed-in page: sidebar, drawer, bottom bar, header."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import Words, icon_button, link
from cmhub.components.brand import tile
from cmhub.components.dialog import dialog
from cmhub.components.icons import icon
from cmhub.components.notice import notice
from cmhub.components.parts import PlainForm
from cmhub.components.text import initial, t
from cmhub.components.ways import BOTTOM, Frame, Way, groups_of, ways_of
from cmhub.state.base import SessionState, SwitcherEntry

_DRAWER = "menu"


def page(
    *content: Any,
    here: str,
    frame: Frame = "workspace",
    title: Words,
    line: Any = "",
    action: rx.Component | None = None,
    on_undo: Any = None,
    wide: bool = False,
) -> rx.Component:
    """Frame a page.

    ``here`` is the name of its Way in the menu of ``frame``, ``line`` says what is going on
    now, ``action`` is the one primary action, ``on_undo`` takes back what the last notice told;
    ``wide`` is for lists.
    """
    return rx.el.div(
        rx.el.a(t("app.skip"), href="#content", class_name="skip"),
        _sidebar(here, frame),
        rx.el.div(
            _top_bar(frame),
            rx.el.main(
                _header(title, line, action),
                *content,
                id="content",
                tab_index=-1,
                class_name="content content-wide" if wide else "content",
            ),
            class_name="main",
        ),
        _bottom_bar(here, frame),
        notice(on_undo),
        shortcuts(),
        class_name="shell",
    )


def shortcuts() -> rx.Component:
    """Hold the list of keys, which `/boot.js` fills in from what is on the page."""
    return dialog(
        rx.el.div(custom_attrs={"data-keys": ""}, class_name="keys-list"),
        dialog_id="keys",
        title=t("app.shortcuts"),
        class_name="dialog-wide",
    )


def plain_page(*content: Any, title: Words, line: Words = "") -> rx.Component:
    """Frame a page outside of any workspace: one narrow column, no menu."""
    return rx.el.div(
        rx.el.main(
            _brand(),
            rx.el.h1(title, class_name="text-2xl font-semibold mt-8"),
            rx.el.p(line, class_name="text-muted mt-1"),
            *content,
            id="content",
            class_name="plain",
        ),
        notice(),
    )


def _header(title: Words, line: Any, action: rx.Component | None) -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.h1(title, class_name="text-xl font-semibold"),
            rx.el.p(line, class_name="text-muted min-h-5"),
            class_name="min-w-0",
        ),
        action if action is not None else rx.fragment(),
        class_name="page-header",
    )


def _sidebar(here: str, frame: Frame) -> rx.Component:
    return rx.el.aside(
        rx.el.div(
            _switcher(frame),
            icon_button(
                t("app.menu.close"),
                "x",
                "drawer-only",
                custom_attrs={"popoverTarget": _DRAWER, "popoverTargetAction": "hide"},
            ),
            class_name="flex items-center gap-1",
        ),
        rx.el.nav(
            *[_group(group, here, frame) for group in groups_of(frame)],
            aria_label=t("app.menu.label"),
            class_name="flex flex-col gap-4 overflow-y-auto",
        ),
        rx.el.div(
            rx.el.button(
                icon("panel-left"),
                rx.el.span(t("app.menu.collapse"), class_name="word"),
                type="button",
                title=t("app.menu.collapse"),
                custom_attrs={"data-collapses": ""},
                class_name="way wide-only",
            ),
            _account(),
            class_name="mt-auto flex flex-col gap-1",
        ),
        id=_DRAWER,
        custom_attrs={"popover": "auto"},
        aria_label=t("app.menu.label"),
        class_name="sidebar",
    )


def _group(group: str, here: str, frame: Frame) -> rx.Component:
    entries = [way for way in ways_of(frame) if way.group == group]
    permissions = [way.open for way in entries]
    some = permissions[0]
    for each in permissions[1:]:
        some = some | each
    shown = rx.el.div(
        rx.el.h2(t(f"app.group.{group}"), class_name="word group-name") if group else rx.fragment(),
        rx.el.ul(*[_entry(way, here) for way in entries], class_name="ways"),
    )
    return rx.cond(some, shown)


def _entry(way: Way, here: str) -> rx.Component:
    current = {"aria-current": "page"} if way.name == here else {}
    return rx.cond(
        way.open,
        rx.el.li(
            link(
                icon(way.symbol),
                rx.el.span(way.words, class_name="word"),
                to=way.address,
                title=way.words,
                class_name="way",
                custom_attrs={"data-go": way.letter, **current},
            )
        ),
    )


def _switcher(frame: Frame) -> rx.Component:
    name = _name(frame)
    return rx.el.details(
        rx.el.summary(
            tile(name, _logo(frame)),
            rx.el.span(
                rx.el.span(name, class_name="truncate font-semibold"),
                rx.el.span(_below(frame), class_name="truncate text-xs text-muted"),
                class_name="word flex flex-col min-w-0 grow",
            ),
            icon("chevrons-up-down", class_name="word text-muted"),
            aria_label=t("app.workspace.switch"),
            class_name="way switch",
        ),
        rx.el.ul(rx.foreach(SessionState.switcher, _choice), class_name="floating"),
        custom_attrs={"data-menu": ""},
        class_name="relative grow min-w-0",
    )


def _name(frame: Frame) -> Var[str]:
    if frame == "me":
        return SessionState.user_name
    return SessionState.workspace_name if frame == "workspace" else SessionState.agency_name


def _logo(frame: Frame) -> Words:
    if frame == "me":
        return ""
    return SessionState.workspace_logo if frame == "workspace" else SessionState.agency_logo


def _below(frame: Frame) -> Words:
    if frame == "workspace":
        return SessionState.agency_name
    return t("app.frame.agency") if frame == "agency" else t("app.frame.me")


def _choice(entry: ObjectVar[SwitcherEntry]) -> rx.Component:
    return rx.el.li(
        link(
            tile(entry.name, entry.logo),
            rx.el.span(
                rx.el.span(entry.name, class_name="truncate"),
                rx.el.span(
                    rx.cond(entry.whole, t("app.frame.agency"), entry.agency),
                    class_name="truncate text-xs text-muted",
                ),
                class_name="flex flex-col min-w-0 grow",
            ),
            rx.cond(entry.current, icon("check")),
            to=entry.opens.to(str),
            class_name="way",
            custom_attrs={"aria-current": rx.cond(entry.current, "true", "false")},
        )
    )


def _account() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.el.span(initial(SessionState.user_name), class_name="tile tile-round"),
            rx.el.span(SessionState.user_name, class_name="word truncate grow"),
            aria_label=t("app.account"),
            class_name="way",
        ),
        rx.el.div(
            rx.el.p(SessionState.user_email, class_name="truncate text-sm text-muted px-2 py-1"),
            preferences(),
            link(icon("user-round"), t("app.nav.profile"), to="/me/", class_name="way"),
            PlainForm.create(
                rx.el.button(icon("log-out"), t("app.sign_out"), type="submit", class_name="way"),
                action="/auth/sign-out/",
                method="post",
            ),
            class_name="floating floating-up",
        ),
        custom_attrs={"data-menu": ""},
        class_name="relative",
    )


def preferences() -> rx.Component:
    """Offer the languages and the appearances; the choice loads the page anew."""
    return PlainForm.create(
        _choices("language", t("app.language"), ("en", "fr")),
        _choices("theme", t("app.theme"), ("light", "dark", "system")),
        action="/preferences",
        method="post",
        class_name="flex flex-col gap-2 p-2",
    )


def _choices(name: str, label: Words, values: tuple[str, ...]) -> rx.Component:
    chosen = Var(f"globalThis.cmhub?.{name}", _var_type=str)
    return rx.el.fieldset(
        rx.el.legend(label, class_name="text-xs text-muted mb-1"),
        rx.el.div(
            *[
                rx.el.button(
                    t(f"app.{name}.{value}"),
                    type="submit",
                    name=name,
                    value=value,
                    aria_pressed=rx.cond(chosen == value, "true", "false"),
                    class_name="segment",
                )
                for value in values
            ],
            class_name="segments",
        ),
    )


def _top_bar(frame: Frame) -> rx.Component:
    return rx.el.header(
        icon_button(
            t("app.menu.open"), "menu", custom_attrs={"popoverTarget": _DRAWER}, class_name="-ms-2"
        ),
        rx.el.span(_name(frame), class_name="truncate font-semibold"),
        class_name="top-bar",
    )


def _bottom_bar(here: str, frame: Frame) -> rx.Component:
    return rx.el.nav(
        *[
            rx.cond(
                way.open,
                link(
                    icon(way.symbol, 20),
                    way.short_words,
                    to=way.address,
                    custom_attrs={"aria-current": "page"} if way.name == here else {},
                ),
            )
            for way in ways_of(frame)
            if way.name in BOTTOM
        ],
        rx.el.button(
            icon("menu", 20), t("app.more"), type="button", custom_attrs={"popoverTarget": _DRAWER}
        ),
        aria_label=t("app.menu.short"),
        class_name="bottom-bar",
    )


def _brand() -> rx.Component:
    return rx.el.span(
        rx.el.span(class_name="mark", custom_attrs={"aria-hidden": "true"}),
        t("app.name"),
        class_name="brand",
    )
