"""What is written under a thread: the answer to the network, or a note for colleagues."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import button, icon_button
from cmhub.components.icons import icon
from cmhub.components.networks import network_name
from cmhub.components.sorting import MAY_ANSWER
from cmhub.components.text import moment, said, t
from cmhub.components.writer import Answer, Looking, Writer
from cmhub.services.notes import NotePart, NoteView
from cmhub.state.base import SessionState
from cmhub.state.inbox import InboxState
from cmhub.state.presence import Other
from cmhub.state.writing import WritingState


def answer() -> rx.Component:
    """Take an answer or a note; tell who else writes, and what stands against answering."""
    thread = InboxState.thread
    return rx.el.div(
        Looking.create(key=thread.id.to(str), on_look=_beat(writes=False)),
        _who_writes(),
        rx.cond(
            MAY_ANSWER,
            Answer.create(
                rx.cond(thread.closed != "", _closed(), _reply_form()),
                _note_form(),
                labels=[t("inbox.reply"), t("inbox.note")],
                keys=["r", "n"],
                label=t("inbox.answer.modes"),
                class_name="answer",
            ),
            rx.cond(thread.closed != "", _closed()),
        ),
        class_name="answer-box",
    )


def _beat(*, writes: bool) -> object:
    return WritingState.beat(InboxState.thread.id.to(str), writes)


def _closed() -> rx.Component:
    return rx.el.p(icon("lock"), said(InboxState.thread.closed), class_name="closed")


def _who_writes() -> rx.Component:
    return rx.el.div(
        rx.foreach(
            WritingState.others,
            lambda one: rx.cond(one.writes, rx.el.p(t("inbox.writes", name=one.name))),
        ),
        aria_live="polite",
        class_name="who-writes",
    )


def who_looks() -> rx.Component:
    """Name the colleagues who look at the thread."""

    def other(one: ObjectVar[Other]) -> rx.Component:
        return rx.el.span(icon("eye"), t("inbox.looks", name=one.name), class_name="looks")

    return rx.foreach(WritingState.others, other)


def _proposals() -> Var[list[object]]:
    """Saved replies as the field proposes them."""
    return Var(
        f"({WritingState.proposals!s} ?? []).map((one) => ({{key: one.shortcut, title: '/' +"
        " one.shortcut, line: one.words, words: one.words}))",
        _var_type=list[object],
        _var_data=WritingState.proposals._get_all_var_data(),
    )


def _colleagues() -> Var[list[object]]:
    return Var(
        f"({InboxState.people!s} ?? []).filter((one) => !one.me).map((one) => ({{key: one.id,"
        " title: one.name}))",
        _var_type=list[object],
        _var_data=InboxState.people._get_all_var_data(),
    )


def _reply_form() -> rx.Component:
    thread = InboxState.thread
    account = t(
        "inbox.reply.as",
        network=network_name(thread.network.to(str)),
        account=thread.account,
    )
    return rx.el.form(
        _faster(),
        rx.el.label(account, html_for="reply", class_name="text-sm text-muted"),
        Writer.create(
            icon("message-square-quote"),
            t("inbox.saved"),
            id="reply",
            name="reply",
            key=thread.id.to(str) + InboxState.draft_number.to_string(),
            default_value=InboxState.draft,
            placeholder=t("inbox.reply.hint"),
            rows=3,
            required=True,
            sign="/",
            items=_proposals(),
            local=False,
            proposing=t("inbox.saved"),
            on_ask=WritingState.propose,
            on_keep=lambda body: WritingState.keep(thread.id.to(str), body),
            on_write=_beat(writes=True),
            on_rest=_beat(writes=False),
            custom_attrs={"data-submits": ""},
        ),
        rx.el.div(
            rx.el.span(t("inbox.reply.keys"), class_name="text-xs text-muted wide-only"),
            button(t("inbox.reply.send"), kind="primary", symbol="send", type="submit"),
            class_name="flex items-center justify-end gap-3",
        ),
        on_submit=InboxState.send,
        class_name="answer-form",
    )


def _faster() -> rx.Component:
    return rx.cond(
        InboxState.faster != "",
        rx.el.div(
            icon("users"),
            rx.el.p(t("inbox.faster", name=InboxState.faster), class_name="grow"),
            button(t("inbox.faster.send"), class_name="btn-sm", on_click=InboxState.send_anyway),
            role="alert",
            class_name="faster",
        ),
    )


def _note_form() -> rx.Component:
    thread = InboxState.thread
    return rx.el.form(
        rx.el.label(
            icon("lock"),
            t("inbox.note.label"),
            html_for="note",
            class_name="flex items-center gap-1 text-sm",
        ),
        Writer.create(
            id="note",
            name="note",
            key=thread.id.to(str) + WritingState.note_number.to_string(),
            placeholder=t("inbox.note.hint"),
            rows=3,
            required=True,
            sign="@",
            items=_colleagues(),
            local=True,
            proposing=t("inbox.note.people"),
            custom_attrs={"data-submits": ""},
        ),
        rx.el.div(
            button(t("inbox.note.save"), kind="primary", type="submit"),
            class_name="flex items-center justify-end gap-3",
        ),
        on_submit=WritingState.write_note,
        class_name="answer-form note-form",
    )


def note(one: ObjectVar[NoteView]) -> rx.Component:
    """Show a note, clearly no message; its author may change it."""
    editing = WritingState.editing == one.id.to(str)
    return rx.el.li(
        icon("lock", class_name="mt-0.5"),
        rx.el.div(
            rx.el.p(
                rx.el.span(one.author, class_name="font-semibold"),
                rx.el.span(t("inbox.note.mark"), class_name="text-xs"),
                moment(one.created_at.to(str), SessionState.workspace_zone, "text-xs"),
                rx.cond(one.edited, rx.el.span(t("inbox.edited"), class_name="text-xs")),
                class_name="byline",
            ),
            rx.cond(editing, _edit_form(one), _words(one)),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            one.mine & ~editing & MAY_ANSWER,
            rx.el.span(
                icon_button(
                    t("inbox.note.edit"),
                    "pencil",
                    "btn-sm",
                    on_click=WritingState.edit(one.id.to(str)),
                ),
                icon_button(
                    t("inbox.note.delete"),
                    "trash-2",
                    "btn-sm",
                    on_click=WritingState.delete_note(one.id.to(str)),
                ),
                class_name="inline-flex shrink-0",
            ),
        ),
        key=one.id.to(str),
        class_name="note",
    )


def _words(one: ObjectVar[NoteView]) -> rx.Component:
    def part(each: ObjectVar[NotePart]) -> rx.Component:
        return rx.cond(
            each.mention, rx.el.strong(each.words, class_name="mention"), rx.fragment(each.words)
        )

    return rx.el.p(rx.foreach(one.parts, part), class_name="words", dir="auto")


def _edit_form(one: ObjectVar[NoteView]) -> rx.Component:
    return rx.el.form(
        Writer.create(
            name="edited",
            aria_label=t("inbox.note.edit"),
            default_value=one.body.to(str),
            rows=3,
            required=True,
            sign="@",
            items=_colleagues(),
            local=True,
            proposing=t("inbox.note.people"),
            custom_attrs={"data-submits": ""},
        ),
        rx.el.div(
            button(
                t("app.cancel"), kind="quiet", class_name="btn-sm", on_click=WritingState.edit("")
            ),
            button(t("inbox.note.save"), class_name="btn-sm", type="submit"),
            class_name="flex justify-end gap-2",
        ),
        on_submit=WritingState.save_note,
        class_name="flex flex-col gap-2",
    )
