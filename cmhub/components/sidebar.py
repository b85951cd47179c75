"""The menu: where one is, where one can go, and oneself."""

from typing import Any

import reflex as rx
from reflex.vars import NumberVar, ObjectVar, Var

from cmhub.components.basics import Words, count, icon_button, keys, link
from cmhub.components.bell import bell, small_bell
from cmhub.components.brand import tile
from cmhub.components.icons import icon
from cmhub.components.parts import PlainForm, PlainLink
from cmhub.components.tasks import new_task
from cmhub.components.text import initial, t
from cmhub.components.ways import BOTTOM, Frame, Way, groups_of, ways_of
from cmhub.state.base import SessionState, SwitcherEntry
from cmhub.state.counts import CountsState

DRAWER = "menu"
_MANY = 8


def sidebar(here: str, frame: Frame) -> rx.Component:
    """Show the menu; under 900 pixels it is a drawer."""
    return rx.el.aside(
        rx.el.div(
            _switcher(frame),
            icon_button(
                t("app.menu.close"),
                "x",
                "drawer-only",
                custom_attrs={"popoverTarget": DRAWER, "popoverTargetAction": "hide"},
            ),
            class_name="flex items-center gap-1",
        ),
        _search(),
        rx.el.nav(
            *[_group(group, here, frame) for group in groups_of(frame)],
            aria_label=t("app.menu.label"),
            class_name="menu-ways",
        ),
        rx.el.div(
            new_task() if frame != "me" else rx.fragment(),
            bell(),
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
        id=DRAWER,
        custom_attrs={"popover": "auto"},
        aria_label=t("app.menu.label"),
        class_name="sidebar",
    )


def _search() -> rx.Component:
    return rx.el.button(
        icon("search"),
        rx.el.span(t("app.search"), class_name="word grow"),
        rx.el.span(keys(t("app.keys.ctrl"), "K"), class_name="word wide-only"),
        type="button",
        title=t("app.search"),
        aria_label=t("app.search"),
        custom_attrs={"data-palette": ""},
        class_name="way text-muted",
    )


def _group(group: str, here: str, frame: Frame) -> rx.Component:
    entries = [way for way in ways_of(frame) if way.group == group]
    some = entries[0].open
    for each in entries[1:]:
        some = some | each.open
    shown = rx.el.div(
        rx.el.h2(t(f"app.group.{group}"), class_name="word group-name") if group else rx.fragment(),
        rx.el.ul(*[_entry(way, here) for way in entries], class_name="ways"),
    )
    return rx.cond(some, shown)


def waiting_at(way: Way) -> NumberVar[int]:
    """How much waits for somebody behind an entry of the menu."""
    return CountsState.counts[way.name].to(int)


def _entry(way: Way, here: str) -> rx.Component:
    return rx.cond(
        way.open,
        rx.el.li(
            link(
                icon(way.symbol),
                rx.el.span(way.words, class_name="word"),
                count(waiting_at(way)),
                to=way.address,
                title=way.words,
                class_name="way",
                custom_attrs={
                    "data-go": way.letter,
                    "data-name": way.words,
                    **_current(way, here),
                },
            )
        ),
    )


def _current(way: Way, here: str) -> dict[str, str]:
    return {"aria-current": "page"} if way.name == here else {}


def _switcher(frame: Frame) -> rx.Component:
    name = name_of(frame)
    entries = SessionState.switcher
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
        rx.el.div(
            rx.cond(
                entries.length() > _MANY,
                rx.el.input(
                    type="search",
                    aria_label=t("app.workspace.search"),
                    placeholder=t("app.workspace.search"),
                    custom_attrs={"data-filters": ""},
                    class_name="input input-sm w-full mb-1",
                ),
            ),
            rx.el.ul(rx.foreach(entries, _choice)),
            class_name="floating",
        ),
        custom_attrs={"data-menu": ""},
        class_name="relative grow min-w-0",
    )


def name_of(frame: Frame) -> Var[str]:
    """The name of where one is; that of CMHub where there is no such place."""
    if frame == "me":
        return SessionState.user_name
    name = SessionState.workspace_name if frame == "workspace" else SessionState.agency_name
    return rx.cond(name != "", name, t("app.name")).to(str)


def _logo(frame: Frame) -> Words:
    if frame == "me":
        return ""
    return SessionState.workspace_logo if frame == "workspace" else SessionState.agency_logo


def _below(frame: Frame) -> Words:
    if frame == "workspace":
        return SessionState.agency_name
    return t("app.frame.agency") if frame == "agency" else t("app.frame.me")


def _choice(entry: ObjectVar[SwitcherEntry]) -> rx.Component:
    return rx.el.li(rx.cond(entry.whole, _agency(entry), _workspace(entry)))


def _agency(entry: ObjectVar[SwitcherEntry]) -> rx.Component:
    """An agency stands above its workspaces, and leads to its own pages for who may see them."""
    return rx.el.div(
        rx.cond(
            entry.opens != "",
            link(
                rx.el.span(entry.name, class_name="truncate grow font-semibold"),
                rx.cond(entry.current, icon("check")),
                to=entry.opens.to(str),
                class_name="way",
                custom_attrs=_way(entry, t("app.frame.agency")),
            ),
            rx.el.span(entry.name, class_name="way font-semibold truncate"),
        ),
        rx.cond(
            entry.new != "",
            PlainLink.create(
                icon("plus"),
                href=entry.new.to(str),
                title=t("app.workspace.new"),
                aria_label=t("app.workspace.new_in", agency=entry.name),
                class_name="btn btn-ghost btn-square btn-sm",
            ),
        ),
        class_name="flex items-center",
    )


def _workspace(entry: ObjectVar[SwitcherEntry]) -> rx.Component:
    return link(
        tile(entry.name, entry.logo),
        rx.el.span(entry.name, class_name="truncate grow"),
        rx.cond(entry.current, icon("check")),
        to=entry.opens.to(str),
        class_name="way",
        custom_attrs=_way(entry, entry.agency.to(str)),
    )


def _way(entry: ObjectVar[SwitcherEntry], line: Var[str]) -> dict[str, Any]:
    return {
        "data-way": "workspaces",
        "data-name": entry.name,
        "data-line": line,
        "aria-current": rx.cond(entry.current, "true", "false"),
    }


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
            *[
                link(
                    icon(way.symbol),
                    way.words,
                    to=way.address,
                    class_name="way",
                    custom_attrs={"data-way": "account", "data-name": way.words},
                )
                for way in ways_of("me")
            ],
            PlainForm.create(
                rx.el.button(
                    icon("log-out"),
                    t("app.sign_out"),
                    type="submit",
                    class_name="way",
                    custom_attrs={"data-way": "account", "data-name": t("app.sign_out")},
                ),
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


def top_bar(frame: Frame) -> rx.Component:
    """Say on a small screen where one is, and open the menu and the palette."""
    return rx.el.header(
        icon_button(
            t("app.menu.open"), "menu", custom_attrs={"popoverTarget": DRAWER}, class_name="-ms-2"
        ),
        rx.el.span(name_of(frame), class_name="truncate font-semibold grow"),
        icon_button(t("app.search"), "search", custom_attrs={"data-palette": ""}),
        small_bell(),
        class_name="top-bar",
    )


def bottom_bar(here: str, frame: Frame) -> rx.Component:
    """Lead on a phone to what is used most, and to the rest of the menu."""
    return rx.el.nav(
        *[
            rx.cond(
                way.open,
                link(
                    rx.el.span(icon(way.symbol, 20), count(waiting_at(way)), class_name="relative"),
                    way.short_words,
                    to=way.address,
                    custom_attrs=_current(way, here),
                ),
            )
            for way in ways_of(frame)
            if way.name in BOTTOM
        ],
        rx.el.button(
            icon("menu", 20), t("app.more"), type="button", custom_attrs={"popoverTarget": DRAWER}
        ),
        aria_label=t("app.menu.short"),
        class_name="bottom-bar",
    )
