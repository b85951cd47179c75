"""The fields of forms, each with and without a hint and a fault, for the page of components."""

import reflex as rx

from cmhub.components.asking import asking, filters
from cmhub.components.basics import button, link, surface
from cmhub.components.form import (
    check_box,
    combo_field,
    date_field,
    date_range,
    file_field,
    segment_field,
    select_field,
    text_area,
    text_field,
    time_field,
    toggle,
)
from cmhub.components.parts import UploadForm
from cmhub.components.text import t

_NAMES = ["Anna Lévesque", "Ben O’Neill", "Chloé"]


def forms() -> rx.Component:
    """Show them."""
    return rx.el.div(
        surface(*_fields(), class_name="p-4 grid gap-4 sm:grid-cols-2"),
        surface(*_filters(), class_name="p-4 mt-4"),
        surface(_upload(), class_name="p-4 mt-4"),
    )


def _fields() -> list[rx.Component]:
    name, hint = t("design.column.name"), t("design.hint")
    fault = t("error.invalid.name_missing")
    choices = [(str(place), words) for place, words in enumerate(_NAMES)]
    return [
        text_field("d-text", name, hint=hint, optional=True),
        text_field("d-text-wrong", name, error=fault),
        text_field("d-text-var", name, error=fault),
        text_field("d-text-off", name, disabled=True, default_value=_NAMES[0]),
        text_area("d-area", name, hint=hint, rows=3),
        select_field("d-select", name, choices),
        combo_field("d-combo", t("design.column.team"), _NAMES, hint=hint),
        date_field("d-date", t("app.chart.day")),
        time_field("d-time", t("design.time")),
        date_range("d-range", t("design.range"), first="2026-11-01", last="2026-11-30"),
        segment_field("d-segment", name, choices, value="1"),
        rx.el.div(
            toggle("d-toggle", t("design.toggle"), hint=hint, default_checked=True),
            toggle("d-toggle-off", t("design.toggle")),
            check_box("d-check", t("design.toggle")),
        ),
    ]


def _filters() -> list[rx.Component]:
    choices = [("", t("design.all")), ("open", t("design.tone.good"))]
    return [
        filters(
            text_field("q", t("design.search"), type="search"),
            select_field("state", t("design.column.state"), choices),
            link(t("design.clear"), to=asking(q="", state=""), class_name="btn btn-ghost"),
            label=t("design.search"),
        )
    ]


def _upload() -> rx.Component:
    return UploadForm.create(
        file_field("d-file", t("design.file"), accept=".csv", hint=t("design.hint")),
        button(t("design.send"), kind="primary", type="submit", class_name="self-start"),
        action="/design/",
        class_name="flex flex-col gap-3",
    )
