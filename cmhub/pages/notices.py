"""How one is told: by kind in the page and by mail, the daily summary, quiet hours."""

import reflex as rx
from reflex.vars import ObjectVar

from cmhub.components.basics import button, skeleton_table, surface
from cmhub.components.form import time_field, toggle
from cmhub.components.shell import page
from cmhub.components.tasks import fault
from cmhub.components.text import said_of, t
from cmhub.services.notices.kinds import MAIL_CHOICES
from cmhub.state.notice_settings import KindRow, NoticeSettingsState


def notices() -> rx.Component:
    """Show one's notification settings."""
    state = NoticeSettingsState
    return page(
        rx.cond(
            state.loaded,
            rx.el.div(
                _kinds(),
                _digest(),
                _quiet(),
                # Switches keep their own place, but for what was chosen elsewhere meanwhile.
                key=state.number.to(str),
                class_name="flex flex-col gap-6",
            ),
            skeleton_table(),
        ),
        here="notices",
        frame="me",
        title=t("notices.title"),
        line=rx.cond(state.loaded, t("notices.settings.line", email=state.email), ""),
    )


def _kinds() -> rx.Component:
    return surface(
        rx.el.table(
            rx.el.caption(t("notices.settings"), class_name="sr-only"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("notices.when"), scope="col"),
                    rx.el.th(t("notices.page"), scope="col", class_name="notice-choice"),
                    rx.el.th(t("notices.mail"), scope="col", class_name="notice-mail"),
                )
            ),
            rx.el.tbody(rx.foreach(NoticeSettingsState.kinds, _kind)),
            class_name="notice-table",
        ),
    )


def _kind(row: ObjectVar[KindRow]) -> rx.Component:
    words = said_of("notices.kind", row.kind)
    return rx.el.tr(
        rx.el.th(words, scope="row"),
        rx.el.td(
            rx.el.input(
                type="checkbox",
                role="switch",
                # Not held by the State: a switch moves at once, whenever the answer comes.
                default_checked=row.in_page.to(bool),
                on_change=lambda shown: NoticeSettingsState.show_in_page(
                    row.kind.to(str), shown.to(bool)
                ),
                aria_label=t("notices.page.of", kind=words),
                class_name="toggle toggle-sm",
            ),
            class_name="notice-choice",
        ),
        rx.el.td(
            rx.el.select(
                *[
                    rx.el.option(t(f"notices.mail.{choice}"), value=choice)
                    for choice in MAIL_CHOICES
                ],
                default_value=row.mail.to(str),
                on_change=lambda way: NoticeSettingsState.mail(row.kind.to(str), way),
                aria_label=t("notices.mail.of", kind=words),
                class_name="select select-sm w-full",
            ),
            class_name="notice-mail",
        ),
        key=row.kind.to(str),
    )


def _digest() -> rx.Component:
    return surface(
        toggle(
            "digest",
            t("notices.kind.digest"),
            hint=t("notices.digest.hint", zone=NoticeSettingsState.zone),
            default_checked=NoticeSettingsState.digest,
            on_change=NoticeSettingsState.send_digest,
        ),
        class_name="p-4",
    )


def _quiet() -> rx.Component:
    state = NoticeSettingsState
    return surface(
        rx.el.h2(t("notices.quiet"), class_name="font-semibold"),
        rx.el.p(t("notices.quiet.line", zone=state.zone), class_name="text-sm text-muted mt-1"),
        rx.el.form(
            time_field("quiet_from", t("notices.quiet.from"), default_value=state.quiet_from),
            time_field("quiet_until", t("notices.quiet.until"), default_value=state.quiet_until),
            button(t("notices.quiet.save"), type="submit"),
            key=state.quiet_from + state.quiet_until,
            on_submit=state.keep_quiet,
            class_name="flex flex-wrap items-end gap-3 mt-3",
        ),
        fault(state.fault, rx.Var.create({})),
        class_name="p-4",
    )
