"""The saved replies of a workspace, in French and English."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import button, empty_state, link, skeleton_card, surface
from cmhub.components.form import text_area, text_field
from cmhub.components.icons import icon
from cmhub.components.panels import menu, menu_item
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.text import said, t
from cmhub.components.ways import tabs
from cmhub.services.saved_replies import VARIABLES, SavedReplyView
from cmhub.state.base import SessionState
from cmhub.state.saved_replies import SavedRepliesState

_HERE = SessionState.workspace_address + "/settings/replies/"
_NAMES = " ".join(f"{{{name}}}" for name in VARIABLES)


def saved_replies() -> rx.Component:
    """Show the saved replies."""
    state = SavedRepliesState
    return page(
        tabs("replies"),
        reload_on("desk", state.refresh),
        rx.cond(state.edited != "", _form()),
        rx.cond(
            state.loaded,
            rx.cond(
                state.replies.length() > 0,
                surface(rx.el.ul(rx.foreach(state.replies, _reply), class_name="setting-rows")),
                rx.cond(state.edited == "", _nothing()),
            ),
            skeleton_card(),
        ),
        here="settings",
        title=t("saved.title"),
        line=rx.cond(
            state.loaded,
            rx.cond(
                state.replies.length() > 0,
                t("saved.line", n=state.replies.length()),
                t("saved.line.none"),
            ),
            "",
        ),
        action=rx.cond(
            state.edited == "",
            link(
                icon("plus"), t("saved.new"), to=_HERE + "?reply=new", class_name="btn btn-primary"
            ),
        ),
        on_undo=state.undo,
    )


def _nothing() -> rx.Component:
    return surface(
        empty_state(t("saved.empty.title"), t("saved.empty.line"), symbol="message-square-quote")
    )


def _error(name: str) -> Var[str]:
    key = SavedRepliesState.errors[name]
    return rx.cond(key != "", said(key, SavedRepliesState.error_params[name]), "").to(str)


def _form() -> rx.Component:
    state = SavedRepliesState

    def body(name: str, words: Var[str]) -> rx.Component:
        return text_area(
            name,
            words,
            error=_error(name),
            key=f"{name}-" + state.edited,
            default_value=state.values[name],
            rows=6,
            lang=name.removeprefix("body_"),
        )

    return surface(
        rx.el.form(
            text_field(
                "shortcut",
                t("saved.shortcut"),
                hint=t("saved.shortcut.hint"),
                error=_error("shortcut"),
                key="shortcut-" + state.edited,
                default_value=state.values["shortcut"],
                max_length=31,
                auto_focus=True,
            ),
            rx.el.div(
                body("body_fr", t("saved.fr")),
                body("body_en", t("saved.en")),
                class_name="grid gap-4 lg:grid-cols-2",
            ),
            rx.el.p(t("saved.variables", names=_NAMES), class_name="text-sm text-muted"),
            rx.el.footer(
                button(t("saved.save"), kind="primary", type="submit"),
                link(t("app.cancel"), to=_HERE, class_name="btn btn-ghost"),
                class_name="flex gap-2",
            ),
            on_submit=state.save,
            class_name="flex flex-col gap-4 p-4",
        ),
        class_name="mb-4",
    )


def _reply(one: ObjectVar[SavedReplyView]) -> rx.Component:
    reply_id = one.id.to(str)
    return rx.el.li(
        link(
            rx.el.span("/", one.shortcut, class_name="font-medium shrink-0 w-36 truncate"),
            rx.el.span(
                _body(one.body_fr.to(str), "fr"),
                _body(one.body_en.to(str), "en"),
                class_name="flex flex-col gap-1 min-w-0 grow",
            ),
            to=_HERE + "?reply=" + reply_id,
            class_name="flex flex-wrap gap-x-4 gap-y-1 min-w-0 grow",
        ),
        menu(
            menu_item(t("saved.edit"), symbol="pencil", to=_HERE + "?reply=" + reply_id),
            menu_item(
                t("saved.delete"),
                symbol="trash-2",
                danger=True,
                on_click=SavedRepliesState.delete(reply_id),
            ),
            menu_id="saved-" + reply_id,
            label=t("saved.actions", shortcut=one.shortcut),
        ),
        key=reply_id,
    )


def _body(words: Var[str], language: str) -> rx.Component:
    return rx.cond(
        words != "",
        rx.el.span(
            rx.el.span(language.upper(), class_name="text-xs text-muted shrink-0 w-6"),
            rx.el.span(words, class_name="opening", lang=language),
            class_name="flex items-baseline gap-2 min-w-0",
        ),
    )
