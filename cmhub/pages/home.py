"""Home of a workspace: since the last visit, what burns, what is due, what moved."""

from typing import Any

import reflex as rx
from reflex.vars import ArrayVar, ObjectVar, Var

from cmhub.actor import Permission
from cmhub.components.basics import button, link, new_arrivals, skeleton_card
from cmhub.components.form import text_area
from cmhub.components.home import block, faults, follow, lines, severity_mark
from cmhub.components.icons import icon
from cmhub.components.panels import drawer
from cmhub.components.shell import page
from cmhub.components.text import initial, moment, number, said, t
from cmhub.services.home.handover import MOST, Fact, NoteView
from cmhub.services.home.steps import Step
from cmhub.state.base import SessionState
from cmhub.state.home import HomeState

_BASE = SessionState.workspace_address
_HERE = _BASE + "/home/"
_ZONE = SessionState.workspace_zone
TOPICS = ("home", "inbox", "connections", "tasks")
_WRITES = SessionState.permissions.contains(Permission.TASK_WRITE.value)


def home() -> rx.Component:
    """Show Home."""
    return page(
        follow(TOPICS, HomeState.refresh, wait=2),
        new_arrivals(HomeState.arrivals, on_click=HomeState.load),
        rx.cond(HomeState.loaded, _parts(), _skeleton()),
        _write(),
        here="home",
        title=t("home.title"),
        line=rx.cond(HomeState.loaded, _summary(), ""),
        action=rx.cond(
            _WRITES,
            link(
                icon("arrow-right-left"), t("home.note.write"), to=_HERE + "?write=1",
                class_name="btn",
            ),
        ),
        on_undo=HomeState.undo,
    )  # fmt: skip


def _summary() -> Var[str]:
    return rx.cond(
        HomeState.count > 0,
        t("home.line.burning", n=HomeState.count),
        rx.cond(
            HomeState.due.length() > 0,
            t("home.line.due", n=HomeState.due.length()),
            rx.cond(HomeState.clear, t("home.line.clear"), t("home.line.unknown")),
        ),
    ).to(str)


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(skeleton_card("h-16"), skeleton_card("h-40"), class_name="home-main"),
        rx.el.div(skeleton_card("h-24"), class_name="home-side"),
        class_name="home-grid",
    )


def _parts() -> rx.Component:
    return rx.el.div(
        faults(HomeState.faults),
        rx.foreach(HomeState.notes, _note),
        rx.el.div(
            rx.el.div(
                _happened(),
                _burning(),
                _part("due", HomeState.due),
                _part("client", HomeState.client),
                class_name="home-main",
            ),
            rx.el.div(
                _steps(), _part("moved", HomeState.moved), _earlier(), class_name="home-side"
            ),
            class_name="home-grid",
        ),
        class_name="flex flex-col gap-4",
    )


def _part(name: str, rows: ArrayVar[Any]) -> rx.Component:
    return rx.cond(
        rows.length() > 0, block(t(f"home.{name}.title"), lines(rows, _BASE, _ZONE), name=name)
    )


def _happened() -> rx.Component:
    title = rx.cond(HomeState.first, t("home.happened.day"), t("home.happened.title"))
    return block(
        title,
        rx.cond(
            HomeState.happened.length() > 0,
            lines(HomeState.happened, _BASE, _ZONE),
            rx.el.p(t("home.happened.nothing"), class_name="text-muted"),
        ),
        aside=rx.cond(
            HomeState.first,
            rx.fragment(),
            rx.el.span(
                t("home.happened.since"), " ", moment(HomeState.since, _ZONE),
                class_name="text-sm text-muted",
            ),
        ),
        name="happened",
    )  # fmt: skip


def _burning() -> rx.Component:
    """What burns; or that all is clear, which is only said when everything could be looked at."""
    return rx.cond(
        HomeState.burning.length() > 0,
        block(
            t("home.burning.title"),
            lines(HomeState.burning, _BASE, _ZONE),
            aside=rx.el.span(number(HomeState.count), class_name="count"),
            name="burning",
        ),
        rx.cond(
            HomeState.clear,
            rx.el.section(
                icon("circle-check", 20),
                rx.el.div(
                    rx.el.h2(t("home.clear.title"), class_name="font-semibold"),
                    rx.el.p(t("home.clear.line"), class_name="text-muted"),
                ),
                class_name="surface home-clear",
            ),
        ),
    )


def _note(note: ObjectVar[NoteView]) -> rx.Component:
    return rx.el.article(
        rx.el.header(
            rx.el.span(initial(note.author), class_name="avatar", aria_hidden="true"),
            rx.el.div(
                rx.el.h2(
                    rx.cond(note.own, t("home.note.own"), t("home.note.of", name=note.author)),
                    class_name="font-semibold",
                ),
                rx.el.p(moment(note.left_at.to(str), _ZONE), class_name="text-sm text-muted"),
                class_name="min-w-0 grow",
            ),
            _note_action(note),
            class_name="flex flex-wrap items-center gap-3",
        ),
        _note_words(note),
        key=note.id.to(str),
        class_name="surface home-note",
    )


def _note_action(note: ObjectVar[NoteView]) -> rx.Component:
    return rx.cond(
        ~note.taken_at.is_none(),
        rx.el.span(t("home.note.gone"), class_name="text-sm text-muted"),
        rx.cond(
            _WRITES,
            rx.cond(
                note.own,
                button(
                    t("home.note.withdraw"), class_name="btn-sm",
                    on_click=HomeState.withdraw(note.id.to(str)),
                ),
                button(
                    t("home.note.take"), kind="primary", symbol="check", class_name="btn-sm",
                    on_click=HomeState.take_over(note.id.to(str)),
                ),
            ),
        ),
    )  # fmt: skip


def _note_words(note: ObjectVar[NoteView]) -> rx.Component:
    return rx.fragment(
        rx.cond(note.body != "", rx.el.p(note.body, dir="auto", class_name="words mt-2")),
        rx.cond(
            note.facts.length() > 0,
            rx.el.ul(rx.foreach(note.facts, _fact), class_name="home-facts"),
        ),
    )


def _fact(fact: ObjectVar[Fact]) -> rx.Component:
    return rx.el.li(
        link(
            severity_mark(fact.severity),
            said(fact.key, fact.params),
            to=_BASE + "/" + fact.address.to(str),
            class_name="home-fact",
        ),
        key=fact.key,
    )


def _write() -> rx.Component:
    return drawer(
        rx.el.form(
            rx.el.p(t("home.note.line"), class_name="text-muted"),
            rx.el.h3(t("home.note.facts"), class_name="font-medium mt-4"),
            rx.cond(
                HomeState.facts.length() > 0,
                rx.el.ul(rx.foreach(HomeState.facts, _fact), class_name="home-facts"),
                rx.el.p(t("home.note.nothing"), class_name="text-muted mt-1"),
            ),
            rx.el.div(
                text_area(
                    "note",
                    t("home.note.label"),
                    hint=t("home.note.hint"),
                    error=rx.cond(
                        HomeState.fault_key != "",
                        said(HomeState.fault_key, HomeState.fault_params),
                        "",
                    ).to(str),
                    key=HomeState.drafts.to_string(),
                    default_value=HomeState.draft,
                    rows=8,
                    max_length=MOST,
                    custom_attrs={"data-submits": ""},
                ),
                class_name="mt-4",
            ),
            rx.el.footer(
                rx.el.span(t("home.note.keys"), class_name="text-xs text-muted wide-only grow"),
                button(t("home.note.leave"), kind="primary", type="submit"),
                class_name="flex items-center justify-end gap-3 mt-4",
            ),
            on_submit=HomeState.leave,
        ),
        title=t("home.note.title"),
        drawer_id="handover",
        is_open=HomeState.writing,
        closes_to=_HERE,
    )


def _earlier() -> rx.Component:
    shown = rx.fragment(
        rx.cond(
            HomeState.history.length() > 0,
            rx.el.ol(rx.foreach(HomeState.history, _past), class_name="home-past"),
            rx.el.p(t("home.note.none"), class_name="text-muted mt-2"),
        ),
        rx.el.div(
            rx.cond(
                HomeState.history_after != "",
                link(
                    t("home.note.older"), to=_HERE + "?notes=1&after=" + HomeState.history_after,
                    class_name="btn btn-sm",
                ),
            ),
            rx.cond(
                HomeState.history_paged,
                link(t("home.note.newest"), to=_HERE + "?notes=1", class_name="btn btn-sm"),
            ),
            class_name="flex flex-wrap gap-2 mt-3 empty:hidden",
        ),
    )  # fmt: skip
    return block(
        t("home.note.history"),
        rx.cond(
            HomeState.history_open,
            shown,
            rx.el.p(t("home.note.history.line"), class_name="text-muted"),
        ),
        aside=rx.cond(
            HomeState.history_open,
            link(t("home.note.hide"), to=_HERE, class_name="btn btn-sm"),
            link(t("home.note.show"), to=_HERE + "?notes=1", class_name="btn btn-sm"),
        ),
        name="earlier",
    )


def _past(note: ObjectVar[NoteView]) -> rx.Component:
    return rx.el.li(
        rx.el.p(
            rx.el.span(note.author, class_name="font-medium"),
            moment(note.left_at.to(str), _ZONE, "text-sm text-muted"),
            class_name="byline",
        ),
        _note_words(note),
        rx.el.p(
            rx.cond(
                note.taken_at.is_none(),
                t("home.note.waits"),
                t("home.note.taken", name=note.taken_name),
            ),
            class_name="text-sm text-muted mt-1",
        ),
        key=note.id.to(str),
    )


def _steps() -> rx.Component:
    return rx.cond(
        HomeState.steps.length() > 0,
        block(
            t("home.steps.title"),
            rx.el.p(t("home.steps.left", n=HomeState.steps_left), class_name="text-muted"),
            rx.el.ol(rx.foreach(HomeState.steps, _step), class_name="home-steps"),
            aside=button(
                t("home.steps.away"),
                kind="quiet",
                class_name="btn-sm",
                on_click=HomeState.put_steps_away,
            ),
            name="steps",
        ),
    )


def _step(step: ObjectVar[Step]) -> rx.Component:
    words = said("home.step." + step.name.to(str))
    to = rx.cond(
        step.name == "invite",
        SessionState.agency_address + "/people/",
        _BASE + "/" + step.address.to(str),
    ).to(str)
    return rx.el.li(
        rx.cond(
            step.done,
            rx.el.span(
                icon("circle-check"),
                rx.el.span(words),
                rx.el.span(t("home.step.done"), class_name="sr-only"),
                class_name="home-step",
                custom_attrs={"data-done": "true"},
            ),
            link(icon("circle"), rx.el.span(words), to=to, class_name="home-step"),
        ),
        key=step.name,
    )
