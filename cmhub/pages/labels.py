"""The labels of a workspace: made, renamed, merged, deleted."""

import reflex as rx
from reflex.vars import ObjectVar

from cmhub.components.basics import (
    button,
    empty_state,
    label_chip,
    link,
    skeleton_card,
    surface,
)
from cmhub.components.dialog import CLOSES, confirm, dialog, opens
from cmhub.components.form import text_field
from cmhub.components.icons import icon
from cmhub.components.panels import menu, menu_item
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.text import said, t
from cmhub.components.ways import tabs
from cmhub.services.labels import COLORS, LONGEST, LabelView
from cmhub.state.base import SessionState
from cmhub.state.labels import LabelsState

_HERE = SessionState.workspace_address + "/settings/labels/"


def labels() -> rx.Component:
    """Show the labels."""
    state = LabelsState
    return page(
        tabs("labels"),
        reload_on("desk", state.refresh),
        rx.cond(state.edited != "", _form()),
        rx.cond(
            state.loaded,
            rx.cond(
                state.labels.length() > 0,
                surface(
                    rx.el.ul(rx.foreach(state.labels, _label), class_name="setting-rows"),
                ),
                rx.cond(state.edited == "", _nothing()),
            ),
            skeleton_card(),
        ),
        _merge(),
        confirm(
            "delete-label",
            title=t("labels.delete.title", name=state.asked_name),
            line=t("labels.delete.line", n=state.asked_threads),
            action=t("labels.delete.do"),
            on_confirm=state.delete,
        ),
        here="settings",
        title=t("labels.title"),
        line=rx.cond(
            state.loaded,
            rx.cond(
                state.labels.length() > 0,
                t("labels.line", n=state.labels.length()),
                t("labels.line.none"),
            ),
            "",
        ),
        action=rx.cond(state.edited == "", _new()),
    )


def _new() -> rx.Component:
    return link(
        icon("plus"), t("labels.new"), to=_HERE + "?label=new", class_name="btn btn-primary"
    )


def _nothing() -> rx.Component:
    return surface(empty_state(t("labels.empty.title"), t("labels.empty.line"), symbol="tag"))


def _form() -> rx.Component:
    state = LabelsState
    return surface(
        rx.el.form(
            text_field(
                "name",
                t("labels.name"),
                error=rx.cond(state.error_key != "", said(state.error_key, state.error_params), ""),
                key="name-" + state.edited,
                default_value=state.name,
                max_length=LONGEST,
                auto_focus=True,
            ),
            rx.el.fieldset(
                rx.el.legend(t("labels.color"), class_name="font-medium mb-1"),
                rx.el.div(*[_color(color) for color in COLORS], class_name="label-choices"),
            ),
            rx.el.footer(
                button(
                    rx.cond(state.edited == "new", t("labels.create"), t("labels.save")),
                    kind="primary",
                    type="submit",
                ),
                link(t("app.cancel"), to=_HERE, class_name="btn btn-ghost"),
                class_name="flex gap-2",
            ),
            on_submit=state.save,
            class_name="flex flex-col gap-4 p-4 max-w-xl",
        ),
        class_name="mb-4",
    )


def _color(color: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="color",
            value=color,
            key=f"{color}-" + LabelsState.edited,
            default_checked=LabelsState.color == color,
            class_name="sr-only",
        ),
        label_chip(t(f"labels.color.{color}"), color),
        class_name="label-choice",
    )


def _label(one: ObjectVar[LabelView]) -> rx.Component:
    label_id = one.id.to(str)
    return rx.el.li(
        label_chip(one.name.to(str), one.color.to(str)),
        rx.el.span(t("labels.threads", n=one.threads), class_name="text-muted ms-auto"),
        menu(
            menu_item(t("labels.edit"), symbol="pencil", to=_HERE + "?label=" + label_id),
            menu_item(
                t("labels.merge"),
                symbol="merge",
                on_click=LabelsState.ask(label_id),
                custom_attrs=opens("merge-label"),
            ),
            menu_item(
                t("labels.delete"),
                symbol="trash-2",
                danger=True,
                on_click=LabelsState.ask(label_id),
                custom_attrs=opens("delete-label"),
            ),
            menu_id="label-" + label_id,
            label=t("labels.actions", name=one.name),
        ),
        key=label_id,
    )


def _merge() -> rx.Component:
    state = LabelsState

    def other(one: ObjectVar[LabelView]) -> rx.Component:
        return rx.cond(
            one.id.to(str) == state.asked_id,
            rx.fragment(),
            rx.el.option(one.name.to(str), value=one.id.to(str)),
        )

    return dialog(
        rx.el.p(
            t("labels.merge.line", n=state.asked_threads, name=state.asked_name),
            class_name="mt-2",
        ),
        rx.el.form(
            rx.el.label(t("labels.merge.into"), html_for="into", class_name="font-medium"),
            rx.el.select(
                rx.foreach(state.labels, other), id="into", name="into", class_name="select w-full"
            ),
            rx.el.footer(
                button(t("app.cancel"), custom_attrs=CLOSES),
                button(t("labels.merge.do"), kind="danger", type="submit"),
                class_name="flex flex-wrap justify-end gap-2 mt-4",
            ),
            on_submit=state.merge,
            custom_attrs={"data-closes-after": ""},
            class_name="flex flex-col gap-1 mt-4",
        ),
        dialog_id="merge-label",
        title=t("labels.merge.title", name=state.asked_name),
    )
