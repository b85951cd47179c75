"""What failed in the agency, in plain words: since when, how often tried, and what can be done."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import button, empty_state, link, skeleton_rows, surface
from cmhub.components.shell import page
from cmhub.components.text import moment, said, said_of, t
from cmhub.services.failures import Failure
from cmhub.state.base import SessionState
from cmhub.state.failures import FailuresState, Group

_ZONE = SessionState.workspace_zone


def failures() -> rx.Component:
    """Show the failed operations."""
    state = FailuresState
    return page(
        rx.cond(
            state.loaded,
            rx.cond(
                state.groups.length() > 0,
                rx.el.div(rx.foreach(state.groups, _group), class_name="flex flex-col gap-6"),
                surface(
                    empty_state(
                        t("failures.empty.title"), t("failures.empty.line"), symbol="circle-check"
                    )
                ),
            ),
            surface(skeleton_rows(4)),
        ),
        frame="agency",
        here="jobs",
        title=t("failures.title"),
        line=rx.cond(
            state.loaded,
            rx.cond(state.total > 0, t("failures.line", n=state.total), t("failures.line.none")),
            "",
        ),
        on_undo=state.undo,
    )


def _group(group: ObjectVar[Group]) -> rx.Component:
    state = FailuresState
    return rx.el.section(
        rx.el.div(
            rx.el.h2(said_of("failures.kind", group.kind), class_name="text-base font-semibold"),
            rx.el.div(
                button(
                    t("failures.retry.all", n=group.count), class_name="btn-sm",
                    on_click=state.retry(group.kind, ""),
                ),
                button(
                    t("failures.dismiss.all", n=group.count), kind="quiet", class_name="btn-sm",
                    on_click=state.dismiss(group.kind, ""),
                ),
                class_name="flex flex-wrap gap-2",
            ),
            class_name="flex flex-wrap items-center justify-between gap-2 mb-2",
        ),
        rx.el.ul(rx.foreach(group.rows, _row), class_name="surface rows"),
        rx.cond(
            group.count > group.rows.length(),
            rx.el.p(
                t("failures.more", n=group.count - group.rows.length()),
                class_name="text-sm text-muted mt-2",
            ),
        ),
        key=group.kind.to(str),
    )  # fmt: skip


def _row(one: ObjectVar[Failure]) -> rx.Component:
    state = FailuresState
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.el.span(said(one.title), class_name="font-medium"),
                rx.cond(
                    one.detail != "",
                    rx.el.span(" ", one.detail, class_name="text-muted break-words"),
                ),
            ),
            rx.el.p(said(one.fault, one.fault_params), class_name="text-sm max-w-[75ch]"),
            rx.el.p(
                rx.cond(one.workspace != "", rx.el.span(one.workspace)),
                moment(one.since.to(str), _ZONE),
                rx.cond(
                    one.attempts.to(int) > 0,
                    rx.el.span(t("failures.attempts", n=one.attempts)),
                ),
                class_name="row-facts mt-1",
            ),
            class_name="min-w-0 grow basis-72",
        ),
        rx.el.div(
            rx.cond(
                one.again,
                button(
                    t("failures.retry"), class_name="btn-sm", on_click=state.retry(one.kind, one.id)
                ),
            ),
            rx.cond(
                one.leads != "",
                link(
                    _leads(one), to=state.base + one.leads.to(str), class_name="btn btn-sm"
                ),
            ),
            button(
                t("failures.dismiss"), kind="quiet", class_name="btn-sm",
                on_click=state.dismiss(one.kind, one.id),
            ),
            class_name="flex flex-wrap gap-2",
        ),
        key=one.id.to(str),
        class_name="flex flex-wrap items-start gap-3 p-4",
    )  # fmt: skip


def _leads(one: ObjectVar[Failure]) -> Var[str]:
    thread, connection = t("failures.open.thread"), t("failures.open.connection")
    return rx.cond(one.kind == "connection", connection, thread).to(str)
