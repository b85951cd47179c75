"""Form fields: a label, what is entered, a hint and what is wrong with it."""

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex.vars import Var

from cmhub.components.basics import Words
from cmhub.components.icons import icon
from cmhub.components.text import t


def text_field(
    name: str,
    label: Words,
    *,
    hint: Words = "",
    error: Words = "",
    optional: bool = False,
    **props: Any,
) -> rx.Component:
    """Take a line of text; ``error`` is empty while there is none."""
    control = rx.el.input(
        id=name, name=name, **_told(name, error), class_name="input w-full", **props
    )
    return field(name, label, control, hint=hint, error=error, optional=optional)


def text_area(
    name: str,
    label: Words,
    *,
    hint: Words = "",
    error: Words = "",
    optional: bool = False,
    **props: Any,
) -> rx.Component:
    """Take several lines of text."""
    control = rx.el.textarea(
        id=name, name=name, **_told(name, error), class_name="textarea w-full", **props
    )
    return field(name, label, control, hint=hint, error=error, optional=optional)


def select_field(
    name: str,
    label: Words,
    options: Sequence[tuple[str, Words]] | rx.Component,
    *,
    hint: Words = "",
    error: Words = "",
    **props: Any,
) -> rx.Component:
    """Take one of a few; ``options`` are (value, words) or an `rx.foreach` of options."""
    items = (
        [options]
        if isinstance(options, rx.Component)
        else [rx.el.option(words, value=value) for value, words in options]
    )
    control = rx.el.select(
        *items, id=name, name=name, **_told(name, error), class_name="select w-full", **props
    )
    return field(name, label, control, hint=hint, error=error)


def combo_field(
    name: str,
    label: Words,
    options: Sequence[Words] | rx.Component,
    *,
    hint: Words = "",
    error: Words = "",
    optional: bool = False,
    **props: Any,
) -> rx.Component:
    """Take a line of text with proposals; ``options`` are words or an `rx.foreach` of options."""
    items = (
        [options]
        if isinstance(options, rx.Component)
        else [rx.el.option(value=words) for words in options]
    )
    control = rx.fragment(
        rx.el.input(
            id=name,
            name=name,
            list=f"{name}-list",
            auto_complete="off",
            **_told(name, error),
            class_name="input w-full",
            **props,
        ),
        rx.el.datalist(*items, id=f"{name}-list"),
    )
    return field(name, label, control, hint=hint, error=error, optional=optional)


def date_field(name: str, label: Words, *, error: Words = "", **props: Any) -> rx.Component:
    """Take a day, as ``YYYY-MM-DD``."""
    return text_field(name, label, error=error, type="date", **props)


def time_field(name: str, label: Words, *, error: Words = "", **props: Any) -> rx.Component:
    """Take a time of day, as ``HH:MM``."""
    return text_field(name, label, error=error, type="time", **props)


def date_range(
    name: str, label: Words, *, first: Words = "", last: Words = "", error: Words = ""
) -> rx.Component:
    """Take two days, as ``<name>_from`` and ``<name>_to``; neither can be beyond the other."""
    return rx.el.fieldset(
        rx.el.legend(label, class_name="font-medium mb-1"),
        rx.el.div(
            date_field(f"{name}_from", t("app.date.from"), default_value=first, max=last),
            date_field(f"{name}_to", t("app.date.to"), default_value=last, min=first),
            custom_attrs={"data-range": ""},
            class_name="grid grid-cols-2 gap-2",
        ),
        _error(name, error),
        class_name="field",
    )


def file_field(
    name: str, label: Words, *, accept: str = "", hint: Words = "", error: Words = "", **props: Any
) -> rx.Component:
    """Take a file, chosen or dropped, in a `parts.UploadForm`, which says how far it is."""
    control = rx.el.input(
        id=name,
        name=name,
        type="file",
        accept=accept,
        **_told(name, error),
        class_name="file-input",
        **props,
    )
    return field(name, label, control, hint=hint, error=error)


def toggle(name: str, label: Words, *, hint: Words = "", **props: Any) -> rx.Component:
    """Switch something on or off; what it does happens at once."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            role="switch",
            id=name,
            name=name,
            class_name="toggle toggle-sm",
            **props,
        ),
        rx.el.span(
            rx.el.span(label, class_name="font-medium"),
            rx.el.span(hint, class_name="text-sm text-muted empty:hidden"),
            class_name="flex flex-col",
        ),
        html_for=name,
        class_name="flex items-start gap-3 py-1",
    )


def segment_field(
    name: str, label: Words, options: Sequence[tuple[str, Words]], *, value: Words
) -> rx.Component:
    """Take one of two to four; ``options`` are (value, words)."""
    chosen = Var.create(value).to(str)
    return rx.el.fieldset(
        rx.el.legend(label, class_name="font-medium mb-1"),
        rx.el.div(
            *[
                rx.el.label(
                    rx.el.input(
                        type="radio",
                        name=name,
                        value=each,
                        default_checked=chosen == each,
                        class_name="sr-only",
                    ),
                    words,
                    class_name="segment",
                )
                for each, words in options
            ],
            class_name="segments",
        ),
        class_name="field",
    )


def check_box(name: str, label: Words, **props: Any) -> rx.Component:
    """Take yes or no."""
    return rx.el.label(
        rx.el.input(
            type="checkbox", id=name, name=name, class_name="checkbox checkbox-sm", **props
        ),
        label,
        class_name="flex items-center gap-2 py-1",
        html_for=name,
    )


def field(
    name: str,
    label: Words,
    control: rx.Component,
    *,
    hint: Words = "",
    error: Words = "",
    optional: bool = False,
) -> rx.Component:
    """Put a control between its label and its hint or error."""
    return rx.el.div(
        rx.el.label(
            label,
            rx.el.span(" (", t("app.optional"), ")", class_name="text-muted font-normal")
            if optional
            else rx.fragment(),
            html_for=name,
            class_name="font-medium",
        ),
        rx.el.p(hint, id=f"{name}-hint", class_name="text-sm text-muted")
        if isinstance(hint, Var) or hint
        else rx.fragment(),
        control,
        _error(name, error),
        class_name="field",
    )


def _told(name: str, error: Words) -> dict[str, Any]:
    wrong = error != "" if isinstance(error, Var) else bool(error)
    return {
        "aria_invalid": rx.cond(wrong, "true", "false") if isinstance(wrong, Var) else wrong,
        "aria_describedby": f"{name}-hint {name}-error",
    }


def _error(name: str, error: Words) -> rx.Component:
    told = rx.el.p(
        icon("circle-alert"),
        error,
        id=f"{name}-error",
        class_name="flex items-center gap-1 text-sm text-error",
    )
    if isinstance(error, Var):
        return rx.cond(error != "", told)
    return told if error else rx.fragment()
