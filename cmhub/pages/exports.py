"""Export: everything of the workspace in a file, and how far it has come."""

import reflex as rx
from reflex.vars import ObjectVar

from cmhub.components.basics import (
    badge,
    button,
    empty_state,
    progress_bar,
    skeleton_rows,
    surface,
    tone_of,
)
from cmhub.components.icons import icon
from cmhub.components.parts import PlainLink, reload_on
from cmhub.components.shell import page
from cmhub.components.text import file_size, moment, said_of, t, when
from cmhub.components.ways import tabs
from cmhub.services.exporting.runs import ExportView
from cmhub.state.base import SessionState
from cmhub.state.exports import ExportsState

_FILES = SessionState.workspace_address.to(str).replace("/w/", "/exports/") + "/"
_ZONE = SessionState.workspace_zone
_TONES = {"running": "info", "done": "good", "failed": "bad", "waiting": "plain"}
_CONTENT = ("messages", "tables", "files", "secrets")


def exports() -> rx.Component:
    """Show the export page."""
    return page(
        reload_on("exports", ExportsState.load),
        tabs("export"),
        rx.el.div(
            _list(),
            _content(),
            class_name="grid gap-6 grid-cols-1 lg:grid-cols-[minmax(0,1fr)_320px] items-start",
        ),
        here="settings",
        title=t("exports.title"),
        line=t("exports.line"),
        action=button(
            t("exports.make"),
            kind="primary",
            symbol="package",
            disabled=ExportsState.running | ~ExportsState.loaded,
            on_click=ExportsState.make,
        ),
    )


def _content() -> rx.Component:
    return surface(
        rx.el.h2(t("exports.what.title"), class_name="text-base font-semibold"),
        rx.el.ul(
            *[
                rx.el.li(
                    icon("lock" if part == "secrets" else "check", class_name="mt-0.5 shrink-0"),
                    rx.el.span(t(f"exports.what.{part}")),
                    class_name="flex gap-2",
                )
                for part in _CONTENT
            ],
            class_name="flex flex-col gap-3 mt-3",
        ),
        class_name="p-6",
    )


def _list() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("exports.list"), class_name="sr-only"),
        rx.cond(
            ExportsState.loaded,
            rx.cond(
                ExportsState.runs.length() > 0,
                rx.el.ul(
                    rx.foreach(ExportsState.runs, _run), class_name="surface divide-y divide-line"
                ),
                surface(
                    empty_state(t("exports.empty.title"), t("exports.empty.line"), symbol="package")
                ),
            ),
            surface(skeleton_rows(3)),
        ),
        class_name="min-w-0",
    )


def _run(one: ObjectVar[ExportView]) -> rx.Component:
    going = (one.state == "waiting") | (one.state == "running")
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                when(one.created_at.to(str), _ZONE, dateStyle="long", timeStyle="short"),
                class_name="font-medium grow",
            ),
            badge(said_of("exports.state", one.state), tone_of(one.state, _TONES, "plain")),
            class_name="flex items-center gap-3",
        ),
        rx.el.p(
            moment(one.created_at.to(str), _ZONE),
            " ",
            t("imports.by", name=one.user_name),
            class_name="text-sm text-muted",
        ),
        rx.cond(
            going,
            rx.el.div(
                progress_bar(one.share.to(float) * 100, t("exports.progress")),
                button(
                    t("exports.stop"),
                    class_name="btn-sm",
                    on_click=ExportsState.stop(one.id.to(str)),
                ),
                class_name="flex items-center gap-3",
            ),
        ),
        rx.cond(one.state == "done", _fetch(one)),
        rx.cond(one.state == "failed", rx.el.p(t("exports.failed"), class_name="text-error")),
        key=one.id.to(str),
        class_name="p-4 flex flex-col gap-2",
    )


def _fetch(one: ObjectVar[ExportView]) -> rx.Component:
    return rx.el.div(
        PlainLink.create(
            icon("download"),
            t("exports.fetch", size=file_size(one.size.to(int))),
            href=_FILES + one.id.to(str) + ".zip",
            class_name="btn btn-sm",
        ),
        rx.el.span(
            t("exports.kept", date=when(one.expires_at.to(str), _ZONE, dateStyle="long")),
            class_name="text-sm text-muted",
        ),
        class_name="flex flex-wrap items-center gap-3",
    )
