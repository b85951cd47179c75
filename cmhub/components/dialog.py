"""Native dialogs. They are opened and closed by attributes that `/boot.js` watches."""

from typing import Any

import reflex as rx
from reflex.vars import Var

from cmhub.components.basics import Kind, Words, button, icon_button
from cmhub.components.text import t

CLOSES = {"data-closes": ""}


def opens(dialog_id: str | Var[str]) -> dict[str, Any]:
    """Return the attributes for a button that opens a dialog: ``custom_attrs=opens("ask")``."""
    return {"data-opens": dialog_id, "aria-haspopup": "dialog"}


def dialog(
    *children: Any, dialog_id: str | Var[str], title: Words, class_name: str = "", **props: Any
) -> rx.Component:
    """Hold a form or a question above the page; Escape and a click beside it close it."""
    return rx.el.dialog(
        rx.el.header(
            rx.el.h2(title, class_name="text-lg font-semibold"),
            icon_button(t("app.close"), "x", "btn-sm -me-2", custom_attrs=CLOSES),
            class_name="flex items-center justify-between gap-4",
        ),
        *children,
        id=dialog_id,
        aria_label=title,
        class_name=f"dialog {class_name}",
        **props,
    )


def confirm(
    dialog_id: str | Var[str],
    *,
    title: Words,
    line: Words,
    action: Words,
    on_confirm: Any,
    kind: Kind = "danger",
) -> rx.Component:
    """Ask before what cannot be undone: ``line`` names what will happen and to how many."""
    return dialog(
        rx.el.p(line, class_name="mt-2"),
        rx.el.footer(
            button(t("app.cancel"), custom_attrs=CLOSES),
            button(action, kind=kind, on_click=on_confirm, custom_attrs=CLOSES),
            class_name="flex flex-wrap justify-end gap-2 mt-6",
        ),
        dialog_id=dialog_id,
        title=title,
        role="alertdialog",
    )
