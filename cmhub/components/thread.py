"""One thread: its messages, what is on its way, and the field to answer in."""

from typing import Any

import reflex as rx
from reflex.event import EventType
from reflex.vars import ObjectVar, Var

from cmhub.components.answer import answer, note, who_looks
from cmhub.components.basics import badge, button, label_chip, link, tone_of
from cmhub.components.icons import icon
from cmhub.components.networks import in_channel, network_name, simulated_badge
from cmhub.components.parts import arrival
from cmhub.components.people import avatar
from cmhub.components.sorting import (
    MAY_ANSWER,
    assign_menu,
    exactly,
    label_menu,
    opener,
    snooze_menu,
)
from cmhub.components.text import moment, said_of, t
from cmhub.services.inbox import LabelMark
from cmhub.services.notes import NoteView
from cmhub.services.threads import AttachmentView, MessageView, ReactionView, ReplyView
from cmhub.state.base import SessionState
from cmhub.state.inbox import InboxState
from cmhub.state.sorting import SortingState

_ZONE = SessionState.workspace_zone


def thread_view(back: Var[str]) -> rx.Component:
    """Show the open thread; ``back`` leads to the list, for phones."""
    thread = InboxState.thread
    return rx.el.article(
        _head(back),
        arrival(thread.id.to(str)),
        _marks(),
        rx.el.div(
            rx.el.div(
                rx.cond(
                    thread.earlier.to(int) > 0,
                    rx.el.p(
                        t("inbox.earlier", n=thread.earlier),
                        class_name="text-sm text-muted text-center",
                    ),
                ),
                rx.el.ol(rx.foreach(thread.messages, _message_and_notes), class_name="messages"),
                rx.el.ol(rx.foreach(thread.replies, _reply), class_name="messages empty:hidden"),
                class_name="exchange",
            ),
            key=thread.id.to(str),
            class_name="scroll",
            tab_index=0,
            role="region",
            aria_label=t("inbox.exchange"),
        ),
        answer(),
        class_name="thread",
    )


def _head(back: Var[str]) -> rx.Component:
    thread = InboxState.thread
    first = thread.messages.to(list[MessageView])[0]
    return rx.el.header(
        link(
            icon("arrow-left", 20),
            to=back,
            aria_label=t("inbox.back"),
            class_name="btn btn-ghost btn-square back",
        ),
        rx.el.div(
            rx.el.h2(first.author, class_name="text-base font-semibold truncate"),
            rx.el.p(
                in_channel(thread.network.to(str), thread.channel.to(str)),
                " · ",
                network_name(thread.network.to(str)),
                class_name="text-sm text-muted truncate",
            ),
            class_name="min-w-0 grow",
        ),
        simulated_badge(thread.network.to(str)),
        rx.cond(MAY_ANSWER, _steps()),
        class_name="thread-head",
    )


def _ids() -> Var[list[str]]:
    """The open thread alone, as what is done with several threads wants it."""
    one = InboxState.thread.id.to(str)
    return Var(f"[{one!s}]", _var_type=list[str], _var_data=one._get_all_var_data())


def _steps() -> rx.Component:
    thread, ids = InboxState.thread, _ids()
    return rx.el.div(
        opener(
            t("inbox.assign"),
            "user-round-plus",
            "assign-one",
            "a",
            rx.cond(
                thread.assignee != "",
                avatar(thread.assignee.to(str), size="small"),
                icon("user-round-plus"),
            ),
        ),
        opener(t("inbox.label"), "tag", "label-one", "l"),
        opener(t("inbox.snooze"), "alarm-clock", "snooze-one", "h z"),
        rx.cond(
            (thread.state == "done") | (thread.state == "snoozed"),
            _step(
                t("inbox.reopen"),
                symbol="rotate-ccw",
                on_click=SortingState.move(ids, "open"),
                custom_attrs={"data-key": "e"},
            ),
            _step(
                t("inbox.done.short"),
                symbol="check",
                on_click=SortingState.move(ids, "done"),
                custom_attrs={"data-key": "e", "data-name": t("inbox.done")},
            ),
        ),
        assign_menu("assign-one", ids, thread.assignee_id),
        label_menu("label-one", ids, thread.label_ids),
        snooze_menu("snooze-one", ids, "snooze-date"),
        class_name="flex items-center gap-1",
    )


def _marks() -> rx.Component:
    """Where the thread stands: its state, who has it, its labels, who looks at it."""
    thread = InboxState.thread
    return rx.el.div(
        rx.cond(
            thread.state == "snoozed",
            badge(t("inbox.snoozed.until", at=exactly(thread.snoozed_until.to(str))), "info"),
            badge(
                said_of("inbox.is", thread.state),
                tone_of(thread.state, {"open": "warn", "done": "good"}, "info"),
            ),
        ),
        rx.cond(
            thread.assignee != "",
            rx.el.span(t("inbox.assigned.to", name=thread.assignee), class_name="truncate"),
        ),
        rx.foreach(
            thread.labels.to(list[LabelMark]),
            lambda one: label_chip(one.name.to(str), one.color.to(str)),
        ),
        who_looks(),
        class_name="thread-labels",
    )


def _step(words: Var[str], **props: Any) -> rx.Component:
    """A button that on a phone shows its icon only."""
    return button(
        rx.el.span(words, class_name="max-[600px]:sr-only"), class_name="btn-sm ms-1", **props
    )


def _message_and_notes(one: ObjectVar[MessageView]) -> rx.Component:
    return rx.fragment(
        _message(one), rx.foreach(one.notes.to(list[NoteView]), note), key=one.id.to(str)
    )


def _message(one: ObjectVar[MessageView]) -> rx.Component:
    return rx.el.li(
        avatar(one.author.to(str)),
        rx.el.div(
            _byline(one),
            rx.cond(
                one.deleted,
                rx.el.p(rx.el.em(t("inbox.deleted")), class_name="text-muted"),
                rx.cond(one.body != "", rx.el.p(one.body, class_name="words", dir="auto")),
            ),
            rx.el.ul(rx.foreach(one.attachments, _attachment), class_name="files empty:hidden"),
            rx.el.ul(rx.foreach(one.reactions, _reaction), class_name="reactions empty:hidden"),
            _measure(one),
            class_name="min-w-0 grow",
        ),
        _actions(one),
        key=one.id.to(str),
        id="m-" + one.id.to(str),
        class_name="message",
        custom_attrs={"data-team": rx.cond(one.from_team, "true", "false")},
    )


def _byline(one: ObjectVar[MessageView]) -> rx.Component:
    return rx.el.p(
        rx.el.span(
            rx.cond(
                one.sent_by != "",
                t("inbox.by", author=one.author, user=one.sent_by),
                one.author,
            ),
            class_name="font-semibold",
        ),
        rx.cond(one.from_team, rx.el.span(t("inbox.you"), class_name="team-mark")),
        rx.cond(
            one.member_standing != "",
            badge(said_of("inbox.standing", one.member_standing), "bad"),
        ),
        moment(one.posted_at.to(str), _ZONE, "text-xs text-muted"),
        rx.cond(
            one.edited & ~one.deleted,
            rx.el.span(t("inbox.edited"), class_name="text-xs text-muted"),
        ),
        class_name="byline",
    )


def _attachment(file: ObjectVar[AttachmentView]) -> rx.Component:
    name = rx.cond(file.name != "", t("inbox.file", name=file.name), t("inbox.file.unnamed"))
    return rx.el.li(icon("paperclip"), rx.el.span(name, class_name="truncate"))


def _reaction(one: ObjectVar[ReactionView]) -> rx.Component:
    return rx.el.li(
        rx.el.span(one.name, dir="auto"), rx.el.span(one.count, class_name="text-muted")
    )


def _measure(one: ObjectVar[MessageView]) -> rx.Component:
    failed = (one.measure_state == "failed") | (one.measure_state == "unknown")
    return rx.cond(
        (one.measure_state != "") & ~one.deleted,
        rx.el.div(
            badge(
                said_of("inbox.measure", one.measure_state),
                rx.cond(failed, "bad", "warn"),
            ),
            rx.cond(
                one.measure_fault != "",
                rx.el.p(
                    said_of("fault", one.measure_fault, one.measure_params), class_name="text-sm"
                ),
            ),
            rx.cond(
                failed,
                button(
                    t("inbox.measure.retry"),
                    class_name="btn-sm self-start",
                    on_click=InboxState.measure_again(one.measure_id.to(str)),
                ),
            ),
            class_name="flex flex-col gap-1 mt-1",
        ),
    )


def _actions(one: ObjectVar[MessageView]) -> rx.Component:
    thread, message = InboxState.thread, one.id.to(str)
    pending = (one.measure_state == "planned") | (one.measure_state == "sending")
    can = thread.can_delete | thread.can_mute | thread.can_ban
    return rx.cond(
        can & ~one.from_team & ~one.deleted & ~pending,
        rx.el.details(
            rx.el.summary(
                icon("ellipsis"),
                aria_label=t("inbox.actions", author=one.author),
                class_name="btn btn-ghost btn-square btn-sm",
            ),
            rx.el.div(
                rx.cond(
                    thread.can_delete,
                    _action("inbox.delete", "trash-2", InboxState.delete(message)),
                ),
                rx.cond(
                    thread.can_mute,
                    rx.cond(
                        one.member_standing == "muted",
                        _action("inbox.unmute", "mic", InboxState.measure("unmute", message)),
                        _action("inbox.mute", "mic-off", InboxState.measure("mute", message)),
                    ),
                ),
                rx.cond(
                    thread.can_ban,
                    rx.cond(
                        one.member_standing == "banned",
                        _action("inbox.unban", "user-check", InboxState.measure("unban", message)),
                        _action("inbox.ban", "user-x", InboxState.measure("ban", message)),
                    ),
                ),
                class_name="floating floating-end",
            ),
            custom_attrs={"data-menu": ""},
            class_name="relative shrink-0",
        ),
    )


def _action(key: str, symbol: str, event: EventType[()]) -> rx.Component:
    return rx.el.button(
        icon(symbol),
        t(key),
        type="button",
        class_name="way",
        on_click=event,
        custom_attrs={"data-chosen": ""},
    )


def _reply(one: ObjectVar[ReplyView]) -> rx.Component:
    stuck = (one.state == "failed") | (one.state == "unknown")
    return rx.el.li(
        avatar(one.user_name.to(str)),
        rx.el.div(
            rx.el.p(
                rx.el.span(one.user_name, class_name="font-semibold"),
                rx.el.span(t("inbox.you"), class_name="team-mark"),
                badge(said_of("inbox.reply", one.state), rx.cond(stuck, "bad", "info")),
                class_name="byline",
            ),
            rx.el.p(one.body, class_name="words", dir="auto"),
            rx.cond(
                one.fault != "",
                rx.el.p(
                    said_of("fault", one.fault, one.fault_params), class_name="text-sm text-error"
                ),
            ),
            rx.cond(
                stuck,
                rx.el.div(
                    button(
                        t("inbox.reply.retry"),
                        class_name="btn-sm",
                        on_click=InboxState.send_again(one.id.to(str)),
                    ),
                    button(
                        t("inbox.reply.discard"),
                        kind="quiet",
                        class_name="btn-sm",
                        on_click=InboxState.discard(one.id.to(str)),
                    ),
                    class_name="flex gap-2 mt-2",
                ),
            ),
            class_name="min-w-0 grow",
        ),
        key=one.id.to(str),
        class_name="message",
        custom_attrs={"data-team": "true"},
    )
