"""The frame around every signed-in page: sidebar, drawer, bottom bar, header."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.actor import Permission
from cmhub.components.basics import Words, icon_button, link
from cmhub.components.icons import icon
from cmhub.components.notice import notice
from cmhub.components.parts import PlainForm
from cmhub.components.text import initial, t
from cmhub.state.base import SessionState, SwitcherEntry

_DRAWER = "menu"


@dataclass(frozen=True, slots=True)
class Way:
    """An entry of the menu: ``name`` is the last part of the address and of its text's key."""

    name: str
    symbol: str
    permission: Permission

    @property
    def address(self) -> Var[str]:
        """Where it leads, in the workspace of the page."""
        return SessionState.workspace_address + f"/{self.name}/"

    @property
    def words(self) -> Var[str]:
        """What it is called."""
        return t(f"app.nav.{self.name}")

    @property
    def short_words(self) -> Var[str]:
        """What it is called where there is little room."""
        return t(f"app.nav.short.{self.name}")

    @property
    def open(self) -> Var[bool]:
        """Whether the user may go there."""
        return SessionState.permissions.contains(self.permission.value)


WAYS = (
    Way("inbox", "inbox", Permission.INBOX_READ),
    Way("activity", "chart-column", Permission.ACTIVITY_READ),
    Way("connections", "plug", Permission.CONNECTION_READ),
)


def page(
    *content: Any,
    here: str,
    title: Words,
    line: Any = "",
    action: rx.Component | None = None,
    on_undo: Any = None,
    wide: bool = False,
) -> rx.Component:
    """Frame a page.

    ``here`` is the name of its Way, ``line`` says what is going on now, ``action`` is the one
    primary action, ``on_undo`` takes back what the last notice told; ``wide`` is for lists.
    """
    return rx.el.div(
        rx.el.a(t("app.skip"), href="#content", class_name="skip"),
        _sidebar(here),
        rx.el.div(
            _top_bar(),
            rx.el.main(
                _header(title, line, action),
                *content,
                id="content",
                tab_index=-1,
                class_name="content content-wide" if wide else "content",
            ),
            class_name="main",
        ),
        _bottom_bar(here),
        notice(on_undo),
        class_name="shell",
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


def _sidebar(here: str) -> rx.Component:
    return rx.el.aside(
        rx.el.div(
            _switcher(),
            icon_button(
                t("app.menu.close"),
                "x",
                "drawer-only",
                custom_attrs={"popoverTarget": _DRAWER, "popoverTargetAction": "hide"},
            ),
            class_name="flex items-center gap-1",
        ),
        rx.el.nav(
            rx.el.ul(*[_entry(way, here) for way in WAYS], class_name="ways"),
            aria_label=t("app.menu.label"),
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
                custom_attrs=current,
            )
        ),
    )


def _switcher() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.el.span(initial(SessionState.workspace_name), class_name="tile"),
            rx.el.span(
                rx.el.span(SessionState.workspace_name, class_name="truncate font-semibold"),
                rx.el.span(SessionState.agency_name, class_name="truncate text-xs text-muted"),
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


def _choice(entry: ObjectVar[SwitcherEntry]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(initial(entry.name), class_name="tile"),
            rx.el.span(
                rx.el.span(entry.name, class_name="truncate"),
                rx.el.span(entry.agency, class_name="truncate text-xs text-muted"),
                class_name="flex flex-col min-w-0 grow",
            ),
            rx.cond(entry.current, icon("check")),
            to=entry.address.to(str) + "/inbox/",
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


def _top_bar() -> rx.Component:
    return rx.el.header(
        icon_button(
            t("app.menu.open"), "menu", custom_attrs={"popoverTarget": _DRAWER}, class_name="-ms-2"
        ),
        rx.el.span(SessionState.workspace_name, class_name="truncate font-semibold"),
        class_name="top-bar",
    )


def _bottom_bar(here: str) -> rx.Component:
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
            for way in WAYS
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
