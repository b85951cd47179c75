"""Every component in every state, for those who build pages; not there in production.

It holds no State and no data of anybody. `CMHUB_DESIGN_PAGE=true` opens it at `/design/`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import (
    HUES,
    badge,
    button,
    count,
    empty_state,
    icon_button,
    keys,
    label_chip,
    new_arrivals,
    progress_bar,
    skeleton_card,
    skeleton_rows,
    skeleton_table,
    surface,
    veil,
)
from cmhub.components.charts import bar_chart, day_table, line_chart, share_chart, sparkline
from cmhub.components.dialog import confirm, dialog, opens
from cmhub.components.panels import (
    detail_head,
    drawer,
    list_and_detail,
    menu,
    menu_item,
    menu_line,
    segments,
    tab_bar,
    tab_links,
)
from cmhub.components.people import avatar, avatar_group, person, unassigned
from cmhub.components.shell import preferences, shortcuts
from cmhub.components.table import Column, bulk_action, bulk_bar, data_table, pager, with_bulk
from cmhub.components.text import moment, number, percent, t
from cmhub.pages.design_forms import forms
from cmhub.state.charts import Point, line, marks, shares, spark

_LONG = "Anne-Charlotte de la Villemarqué-Kersauson"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table that is shown."""

    id: str
    name: str
    team: str
    messages: int
    seen: str
    state: str


_ROWS = [
    Row("1", "Anna Lévesque", "Lumen", 1204, "2026-11-20T09:12:00Z", "good"),
    Row("2", _LONG, "Harbor & Sons of the Northern Estuary", 7, "2026-11-26T18:00:00Z", "warn"),
    Row("3", "Ben O’Neill", "", 0, "2025-02-01T07:30:00Z", "bad"),
]


def _points() -> list[Point]:
    first = date(2026, 11, 1)
    heights = (12, 18, 9, 14, 22, 30, 28, 17, 15, 19, 24, None, 21, 26, 44, 39, 25, 12)
    return [
        Point(first + timedelta(days=place), height, place < len(heights) - 1, 10 + place / 3, 24)
        for place, height in enumerate(heights)
    ]


def design() -> rx.Component:
    """Show all of it on one page."""
    return rx.el.div(
        rx.el.main(
            rx.el.header(
                rx.el.h1(t("design.title"), class_name="text-xl font-semibold"),
                preferences(),
                class_name="page-header",
            ),
            rx.el.div(
                _part("text", _words()),
                _part("buttons", _buttons()),
                _part("marks", _marks()),
                _part("people", _people()),
                _part("forms", forms()),
                _part("navigation", _navigation()),
                _part("above", _above()),
                _part("table", _table()),
                _part("split", _split()),
                _part("charts", _charts()),
                _part("waiting", _waiting()),
                class_name="flex flex-col gap-8",
            ),
            id="content",
            class_name="content",
        ),
        shortcuts(),
    )


def _part(name: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(t(f"design.part.{name}"), class_name="text-lg font-semibold mb-3"),
        *content,
        id=name,
    )


def _line(*content: rx.Component) -> rx.Component:
    return rx.el.div(*content, class_name="flex flex-wrap items-center gap-3 mb-3")


def _words() -> rx.Component:
    sizes = ("text-xs", "text-sm", "text-base", "text-lg", "text-xl", "text-2xl")
    return surface(
        *[rx.el.p(f"{size} · {_LONG}", class_name=f"{size} truncate") for size in sizes],
        rx.el.p(t("app.broken.line"), class_name="text-muted"),
        rx.el.p(t("app.upload.failed"), class_name="text-error"),
        rx.el.p(number(1234567.5), " · ", percent(0.125), " · ", number(12345, compact=True), " · ",
                moment(_ROWS[0].seen, "Europe/Paris")),
        class_name="p-4 flex flex-col gap-2",
    )  # fmt: skip


def _buttons() -> rx.Component:
    return surface(
        _line(
            button(t("design.save"), kind="primary"),
            button(t("design.save"), symbol="plus"),
            button(t("design.save"), kind="quiet"),
            button(t("design.remove"), kind="danger", symbol="trash-2"),
            icon_button(t("app.close"), "x"),
        ),
        _line(
            button(t("design.save"), kind="primary", disabled=True),
            button(t("design.save"), disabled=True),
            button(t("design.save"), class_name="btn-sm"),
            button(_LONG, class_name="btn-sm truncate"),
        ),
        new_arrivals(Var.create(3)),
        class_name="p-4",
    )


def _marks() -> rx.Component:
    tones = ("plain", "info", "good", "warn", "bad")
    return surface(
        _line(*[badge(t(f"design.tone.{tone}"), tone) for tone in tones]),
        _line(*[label_chip(t(f"design.hue.{hue}"), hue) for hue in HUES]),
        _line(
            keys(t("app.keys.ctrl"), "K"), keys("G", "I"), keys("?"), count(Var.create(12), None)
        ),
        progress_bar(40, t("app.upload.sending"), "40 / 100"),
        progress_bar(None, t("app.loading")),
        veil(rx.el.p(_LONG), reason=t("design.severe")),
        class_name="p-4 flex flex-col gap-2",
    )


def _people() -> rx.Component:
    names = ["Anna Lévesque", "Ben O’Neill", "Chloé", _LONG]
    return surface(
        _line(*[avatar(name, size="large") for name in names], avatar("Logo", "/favicon.svg")),
        _line(
            *[avatar(name) for name in ("é", "42", "…", "李小龙", "@ana_b", "Zoë van der Berg")],
            avatar_group(Var.create(names), more=5, label=", ".join(names)),
        ),
        person(names[0], "anna@lumen.example"),
        unassigned(),
        class_name="p-4 flex flex-col gap-2",
    )


def _navigation() -> rx.Component:
    words = [t("app.nav.inbox"), t("app.nav.members"), t("app.nav.activity")]
    return surface(
        tab_bar(
            [(one, f"?tab={i}", i == 0) for i, one in enumerate(words)], label=t("design.part.text")
        ),
        tab_links(
            [(one, f"?list={i}", i == 1, Var.create(i * 1200)) for i, one in enumerate(words)],
            label=t("design.part.marks"),
        ),
        rx.el.div(
            segments(
                [(one, f"?view={i}", i == 2) for i, one in enumerate(words)],
                label=t("design.part.buttons"),
            ),
            class_name="max-w-md mt-3",
        ),
        class_name="p-4",
    )


def _above() -> rx.Component:
    return surface(
        _line(
            menu(
                menu_item(t("design.save"), symbol="check", on_click=rx.noop()),
                menu_item(t("app.nav.inbox"), symbol="inbox", to="?menu=inbox"),
                menu_line(),
                menu_item(t("design.remove"), symbol="trash-2", danger=True, on_click=rx.noop()),
                menu_id="design-menu",
                label=t("design.actions"),
                words=t("design.actions"),
            ),
            button(t("design.dialog"), custom_attrs=opens("design-dialog")),
            button(t("design.drawer"), custom_attrs=opens("design-drawer")),
            button(t("design.remove"), kind="danger", custom_attrs=opens("design-confirm")),
            button(t("app.shortcuts"), custom_attrs={"data-opens": "keys", "data-key": "?"}),
        ),
        dialog(rx.el.p(t("app.broken.line")), dialog_id="design-dialog", title=t("design.dialog")),
        confirm(
            "design-confirm",
            title=t("design.remove"),
            line=t("design.confirm"),
            action=t("design.remove"),
            on_confirm=rx.noop(),
        ),
        drawer(
            person(_LONG, "anna@lumen.example"),
            title=t("design.drawer"),
            drawer_id="design-drawer",
            foot=button(t("design.save"), kind="primary"),
        ),
        class_name="p-4",
    )


def _table() -> rx.Component:
    def state(row: ObjectVar[Row]) -> rx.Component:
        return badge(row.state, row.state.to(str))

    def name(row: ObjectVar[Row]) -> rx.Component:
        return person(row.name.to(str), row.team.to(str))

    def actions(row: ObjectVar[Row]) -> rx.Component:
        return menu(
            menu_item(t("design.remove"), on_click=rx.noop()),
            menu_id="row-" + row.id.to(str),
            label=t("design.actions"),
        )

    return rx.el.div(
        with_bulk(
            data_table(
                Var.create(_ROWS),
                [
                    Column(t("design.column.name"), name, sort="name"),
                    Column(t("design.column.state"), state),
                    Column(
                        t("design.column.messages"),
                        lambda row: number(row.messages),
                        sort="messages",
                        end=True,
                    ),
                    Column(
                        t("design.column.seen"), lambda row: moment(row.seen.to(str)), wide=True
                    ),
                    Column(t("design.actions"), actions, end=True, action=True),
                ],
                label=t("design.part.table"),
                key=lambda row: row.id,
                to=lambda row: "?open=" + row.id.to(str),
                select=lambda row: row.name.to(str),
                sort="-messages",
                foot=pager("3", paged=True, words=number(3)),
            ),
            bulk_bar(bulk_action(t("design.save"), symbol="check", on_click=rx.noop())),
        ),
        class_name="flex flex-col gap-4",
    )


def _split() -> rx.Component:
    rows = rx.el.ul(
        *[
            rx.el.li(rx.el.a(person(row.name, row.team), href="?open=" + row.id, class_name="row",
                             custom_attrs={"data-row": ""}))
            for row in _ROWS
        ],
        class_name="rows",
    )  # fmt: skip
    detail = rx.el.article(
        detail_head(
            _ROWS[0].name, _ROWS[0].team, back="/design/", back_words=t("app.back")
        ),
        empty_state(t("app.not_found.title"), t("app.not_found.line"),
                    button(t("design.save"), kind="primary"), symbol="search-x"),
    )  # fmt: skip
    return list_and_detail(rows, detail=detail, is_open=Var.create(False), label=t("app.workspace"))


def _charts() -> rx.Component:
    points = _points()
    drawn = Var.create(line(points))
    bars = Var.create(list(marks(points)))
    parts = shares([("Matrix", 412), ("Discord", 230), ("Mastodon", 96), ("Slack", 41)])
    values = [one.value or 0 for one in points]
    return rx.el.div(
        bar_chart(
            bars,
            name="design-bars",
            title=t("design.message"),
            top=Var.create(44),
            table=day_table(
                bars,
                [(t("design.column.messages"), lambda row: number(row.value))],
                label=t("design.part.table"),
            ),
        ),
        line_chart(drawn, name="design-line", title=t("design.message"), label="12"),
        share_chart(Var.create(list(parts)), name="design-share", title=t("design.message")),
        surface(
            rx.el.p(number(12), class_name="text-xl font-semibold"),
            sparkline(spark(values), t("design.message")),
            class_name="p-4 flex items-center gap-4",
        ),
        class_name="flex flex-col gap-4",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        skeleton_rows(2),
        skeleton_table(2),
        skeleton_card("h-12"),
        surface(empty_state(t("app.not_found.title"), t("app.not_found.line"))),
        class_name="flex flex-col gap-4",
    )
