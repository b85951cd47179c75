"""Import: history from a file, and how far each has come."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import (
    badge,
    button,
    empty_state,
    progress_bar,
    skeleton_rows,
    surface,
    tone_of,
)
from cmhub.components.form import check_box, file_field, select_field, text_field
from cmhub.components.icons import icon
from cmhub.components.parts import PlainLink, UploadForm, reload_on
from cmhub.components.shell import page
from cmhub.components.text import file_size, moment, said, said_of, t
from cmhub.components.ways import tabs
from cmhub.services.importing import Format
from cmhub.services.importing.runs import ImportView
from cmhub.state.base import SessionState
from cmhub.state.imports import ImportsState

_ACTION = SessionState.workspace_address.to(str).replace("/w/", "/imports/") + "/"
_FILES = SessionState.workspace_address.to(str).replace("/w/", "/files/") + "/"
_ZONE = SessionState.workspace_zone
_TONES = {"running": "info", "done": "good", "failed": "bad", "waiting": "plain"}
_ACCEPT = ".csv,.tsv,.txt,.json,.jsonl,.ndjson,.zip,.mbox,.mbx,.eml"


def imports() -> rx.Component:
    """Show the import page."""
    return page(
        reload_on("imports", ImportsState.load),
        tabs("import"),
        rx.el.div(
            _list(),
            _form(),
            class_name="grid gap-6 grid-cols-1 lg:grid-cols-[minmax(0,1fr)_380px] items-start",
        ),
        here="settings",
        title=t("imports.title"),
        line=rx.cond(
            ImportsState.running > 0,
            t("imports.line.running", n=ImportsState.running),
            t("imports.line"),
        ),
    )


def _form() -> rx.Component:
    return surface(
        rx.el.h2(t("imports.new.title"), class_name="text-base font-semibold"),
        rx.el.p(t("imports.new.line"), class_name="text-sm text-muted mt-1 mb-4"),
        UploadForm.create(
            file_field(
                "file",
                t("imports.file"),
                hint=t("imports.file.hint"),
                accept=_ACCEPT,
                required=True,
            ),
            select_field(
                "kind",
                t("imports.kind"),
                [
                    ("", t("imports.kind.guess")),
                    *((each.value, t(f"imports.kind.{each.value}")) for each in Format),
                ],
            ),
            rx.el.details(
                rx.el.summary(
                    icon("chevron-down"), t("imports.more"), class_name="btn btn-sm btn-ghost -ms-2"
                ),
                rx.el.div(
                    text_field(
                        "channel",
                        t("imports.channel"),
                        hint=t("imports.channel.hint"),
                        max_length=100,
                    ),
                    text_field(
                        "encoding",
                        t("imports.encoding"),
                        hint=t("imports.encoding.hint"),
                        max_length=40,
                        spell_check=False,
                    ),
                    check_box("keep_quotes", t("imports.keep_quotes")),
                    class_name="flex flex-col gap-4 pt-3",
                ),
            ),
            button(t("imports.begin"), kind="primary", type="submit", class_name="self-start"),
            action=_ACTION,
            class_name="flex flex-col gap-4",
        ),
        PlainLink.create(
            t("imports.help"),
            href="/help/import/",
            class_name="link text-sm inline-block mt-4",
        ),
        class_name="p-6 lg:order-2",
    )


def _list() -> rx.Component:
    return rx.el.section(
        rx.el.h2(t("imports.list"), class_name="sr-only"),
        rx.cond(
            ImportsState.loaded,
            rx.cond(
                ImportsState.runs.length() > 0,
                rx.el.ul(
                    rx.foreach(ImportsState.runs, _run), class_name="surface divide-y divide-line"
                ),
                surface(
                    empty_state(t("imports.empty.title"), t("imports.empty.line"), symbol="file-up")
                ),
            ),
            surface(skeleton_rows(3)),
        ),
        class_name="min-w-0",
    )


def _run(one: ObjectVar[ImportView]) -> rx.Component:
    going = (one.state == "waiting") | (one.state == "running")
    return rx.el.li(
        rx.el.div(
            rx.el.span(one.file_name, class_name="font-medium truncate grow", title=one.file_name),
            badge(said_of("imports.state", one.state), tone_of(one.state, _TONES, "warn")),
            class_name="flex items-center gap-3",
        ),
        rx.el.p(
            moment(one.created_at.to(str), _ZONE),
            " ",
            t("imports.by", name=one.user_name),
            " · ",
            file_size(one.size.to(int)),
            rx.cond(
                one.kind != "",
                rx.fragment(" · ", said_of("imports.kind", one.kind)),
            ),
            class_name="text-sm text-muted",
        ),
        rx.cond(
            going,
            rx.el.div(
                progress_bar(one.share.to(float) * 100, t("imports.progress", file=one.file_name)),
                button(
                    t("imports.stop"),
                    class_name="btn-sm",
                    on_click=ImportsState.stop(one.id.to(str)),
                ),
                class_name="flex items-center gap-3",
            ),
        ),
        rx.cond(one.lines.to(int) > 0, _counts(one)),
        rx.cond(
            one.fault != "",
            rx.el.p(
                icon("circle-alert", class_name="mt-0.5 shrink-0"),
                said(one.fault, one.fault_params),
                class_name="flex gap-2 text-error",
            ),
        ),
        key=one.id.to(str),
        class_name="p-4 flex flex-col gap-2",
    )


def _counts(one: ObjectVar[ImportView]) -> rx.Component:
    return rx.el.p(
        t("imports.added", n=one.added),
        rx.cond(one.known.to(int) > 0, rx.fragment(" · ", t("imports.known", n=one.known))),
        rx.cond(
            one.rejected.to(int) > 0,
            rx.fragment(
                " · ",
                t("imports.rejected", n=one.rejected),
                rx.cond(
                    one.rejected_file != "",
                    rx.fragment(" ", _rejected(one.rejected_file)),
                ),
            ),
        ),
        class_name="text-sm",
    )


def _rejected(name: Var[str]) -> rx.Component:
    return PlainLink.create(
        t("imports.rejected.fetch"), href=_FILES + name.to(str), class_name="link"
    )
