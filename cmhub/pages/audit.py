"""The audit: who did what, when, on what and from where; filtered by the address."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.asking import filters
from cmhub.components.basics import Words, empty_state, link, surface
from cmhub.components.form import field, select_field
from cmhub.components.icons import icon
from cmhub.components.parts import PlainLink
from cmhub.components.shell import page
from cmhub.components.table import Column, data_table, pager
from cmhub.components.text import ago, moment, said, t
from cmhub.locales import DEFAULT_LANGUAGE, catalogue
from cmhub.services.auditing import Change, kinds
from cmhub.state.audit import AuditState, Event, Option
from cmhub.state.base import SessionState

_ZONE = SessionState.workspace_zone
_HERE = SessionState.agency_address + "/audit/"


def audit() -> rx.Component:
    """Show the audit."""
    state = AuditState
    return page(
        rx.cond(state.loaded, _filters()),
        data_table(
            state.rows,
            _COLUMNS,
            label=t("audit.title"),
            key=lambda row: row.id,
            loaded=state.loaded,
            empty=surface(_nothing()),
            foot=pager(state.after, state.paged),
        ),
        frame="agency",
        here="audit",
        title=t("audit.title"),
        line=rx.cond(
            state.rows.length() > 0,
            rx.cond(
                state.filtered | state.paged,
                t("audit.line.filtered"),
                t("audit.line", time=ago(state.rows[0].at)),
            ),
            "",
        ),
        action=_exports(),
        wide=True,
    )


def _exports() -> rx.Component:
    base = SessionState.agency_address + "/audit."
    return rx.el.div(
        *[
            PlainLink.create(
                icon("download"),
                t(f"audit.export.{form}"),
                href=base + form + "?" + AuditState.query,
                class_name="btn",
            )
            for form in ("csv", "jsonl")
        ],
        class_name="flex flex-wrap gap-2",
    )


def _filters() -> rx.Component:
    given = AuditState.given
    return filters(
        _search(given["q"]),
        _select("person", t("audit.filter.person"), AuditState.people),
        _select("workspace", t("audit.filter.workspace"), AuditState.workspaces),
        select_field(
            "kind",
            t("audit.filter.kind"),
            [("", t("audit.filter.all")), *[(kind, _kind(kind)) for kind in kinds()]],
            default_value=given["kind"],
        ),
        _date("from", t("audit.filter.from"), given["from"]),
        _date("to", t("audit.filter.to"), given["to"]),
        rx.cond(
            AuditState.filtered,
            link(t("audit.filter.none"), to=_HERE, class_name="btn btn-ghost"),
        ),
        label=t("audit.filter.label"),
        class_name="audit-filters",
    )


def _kind(kind: str) -> Words:
    key = f"audit.kind.{kind}"
    return t(key) if key in catalogue(DEFAULT_LANGUAGE) else kind


def _search(value: Var[Any]) -> rx.Component:
    box = rx.el.input(
        id="q", name="q", type="search", default_value=value, auto_complete="off",
        placeholder=t("audit.filter.words.example"), class_name="input w-full",
    )  # fmt: skip
    return field("q", t("audit.filter.words"), box)


def _date(name: str, label: Var[str], value: Var[Any]) -> rx.Component:
    box = rx.el.input(
        id=name, name=name, type="date", default_value=value, class_name="input w-full"
    )
    return field(name, label, box)


def _select(name: str, label: Var[str], options: Var[Any]) -> rx.Component:
    box = rx.el.select(
        rx.el.option(t("audit.filter.all"), value=""),
        rx.foreach(
            options.to(list[Option]),
            lambda one: rx.el.option(one.name, value=one.value, key=one.value),
        ),
        id=name,
        name=name,
        default_value=AuditState.given[name],
        class_name="select w-full",
    )
    return field(name, label, box)


def _what(row: ObjectVar[Event]) -> rx.Component:
    return rx.el.div(
        rx.el.p(
            said(row.sentence, {"actor": row.actor}),
            rx.cond(row.what != "", rx.el.span(" · ", row.what, class_name="text-muted")),
        ),
        rx.cond(
            row.changes.length() > 0,
            rx.el.details(
                rx.el.summary(
                    icon("chevron-right"),
                    t("audit.changes", n=row.changes.length()),
                    class_name="changes-way",
                ),
                rx.el.dl(rx.foreach(row.changes, _change), class_name="changes"),
            ),
        ),
        class_name="min-w-0",
    )


def _change(change: ObjectVar[Change]) -> rx.Component:
    empty = rx.el.span(t("audit.nothing"), class_name="text-muted")
    return rx.el.div(
        rx.el.dt(rx.cond(change.label != "", said(change.label), t("audit.value"))),
        rx.el.dd(
            rx.cond(change.before != "", rx.el.del_(change.before), empty),
            icon("arrow-right", class_name="text-muted"),
            rx.cond(change.after != "", rx.el.ins(change.after), empty),
        ),
        key=change.label,
    )


def _or_dash(value: Var[Any]) -> rx.Component:
    return rx.el.span(rx.cond(value != "", value, "–"), class_name="text-muted")


_COLUMNS = (
    Column(t("audit.what"), _what),
    Column(t("audit.workspace"), lambda row: _or_dash(row.workspace)),
    Column(t("audit.address"), lambda row: _or_dash(row.address)),
    Column(t("audit.at"), lambda row: moment(row.at, _ZONE), end=True),
)


def _nothing() -> rx.Component:
    return rx.cond(
        AuditState.filtered,
        empty_state(
            t("audit.empty.filtered.title"),
            t("audit.empty.filtered.line"),
            link(t("audit.filter.none"), to=_HERE, class_name="btn"),
            symbol="search-x",
        ),
        empty_state(t("audit.empty.title"), t("audit.empty.line"), symbol="scroll-text"),
    )
