"""Tables: ordered, paged and filtered by the address; on a phone each row is a card."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.vars import ArrayVar, Var

from cmhub.components.asking import asking
from cmhub.components.basics import Words, button, link, skeleton_table, styles
from cmhub.components.icons import icon
from cmhub.components.text import t

SELECTED: ArrayVar[list[str]] = Var("(globalThis.cmhub?.selected() ?? [])", _var_type=list[str]).to(
    ArrayVar
)
"""The ids that are selected at the moment of a click: ``on_click=State.archive(SELECTED)``."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and what stands in it, a function of the row's Var.

    ``sort`` is what the address asks for to order by it; ``end`` is for figures, which stand
    at the end of the line; ``wide`` leaves it out on a phone; ``action`` is for the row's menu,
    whose heading is only read out.
    """

    label: Words
    cell: Callable[[Any], Any]
    sort: str = ""
    end: bool = False
    wide: bool = False
    action: bool = False


def data_table(
    rows: Var[Any],
    columns: Sequence[Column],
    *,
    label: Words,
    key: Callable[[Any], Var[Any]],
    to: Callable[[Any], Words] | None = None,
    sort: Words = "",
    select: Callable[[Any], Words] | None = None,
    loaded: Var[bool] | None = None,
    empty: rx.Component | None = None,
    foot: rx.Component | None = None,
) -> rx.Component:
    """Show rows in a table.

    ``label`` names the table for those who hear it, ``key`` is the id of a row, ``to`` opens one
    (its first column becomes the link), ``sort`` is the order that the address asks for
    (``name``, or ``-name`` downwards). With ``select`` rows can be chosen: it returns the name
    that is read out, and the page wraps table and `bulk_bar` in `with_bulk`. ``empty`` stands
    there when there are no rows, ``foot`` is the `pager`.
    """
    table = rx.el.div(
        styles("table"),
        rx.el.table(
            rx.el.caption(label, class_name="sr-only"),
            rx.el.thead(rx.el.tr(*_heads(columns, sort, selects=select is not None), role="row")),
            rx.el.tbody(
                rx.foreach(rows, lambda row: _row(row, columns, key, to, select)), role="rowgroup"
            ),
            role="table",
            class_name="rows-table",
        ),
        foot if foot is not None else rx.fragment(),
        class_name="surface table-box",
    )
    filled = rx.cond(rows.to(list).length() > 0, table, empty) if empty is not None else table
    return filled if loaded is None else rx.cond(loaded, filled, skeleton_table())


def _heads(columns: Sequence[Column], sort: Words, *, selects: bool) -> list[rx.Component]:
    heads = [_head(column, sort) for column in columns]
    if not selects:
        return heads
    box = rx.el.input(
        type="checkbox",
        aria_label=t("app.select.all"),
        class_name="checkbox checkbox-sm",
        custom_attrs={"data-select-all": ""},
    )
    return [rx.el.th(box, role="columnheader", scope="col", class_name="select-cell"), *heads]


def _head(column: Column, sort: Words) -> rx.Component:
    attributes = _places(column)
    if not column.sort:
        label = rx.el.span(column.label, class_name="sr-only") if column.action else column.label
        return rx.el.th(label, role="columnheader", scope="col", custom_attrs=attributes)
    up, down = column.sort, f"-{column.sort}"
    now = Var.create(sort).to(str)
    return rx.el.th(
        link(
            column.label,
            rx.match(
                now,
                (up, icon("arrow-up")),
                (down, icon("arrow-down")),
                icon("chevrons-up-down", class_name="sort-none"),
            ),
            to=asking(sort=rx.cond(now == up, down, up).to(str), after="", page=""),
            class_name="sort-way",
        ),
        role="columnheader",
        scope="col",
        aria_sort=rx.match(now, (up, "ascending"), (down, "descending"), "none"),
        custom_attrs=attributes,
    )


def _row(
    row: Any,
    columns: Sequence[Column],
    key: Callable[[Any], Var[Any]],
    to: Callable[[Any], Words] | None,
    select: Callable[[Any], Words] | None,
) -> rx.Component:
    cells = [_cell(row, column, to, first=place == 0) for place, column in enumerate(columns)]
    if select is not None:
        box = rx.el.input(
            type="checkbox",
            aria_label=t("app.select.one", name=select(row)),
            class_name="checkbox checkbox-sm",
            custom_attrs={"data-select": key(row)},
        )
        cells = [rx.el.td(box, role="cell", class_name="select-cell"), *cells]
    return rx.el.tr(*cells, key=key(row).to(str), role="row")


def _cell(
    row: Any, column: Column, to: Callable[[Any], Words] | None, *, first: bool
) -> rx.Component:
    inside = column.cell(row)
    if first and to is not None:
        inside = link(inside, to=to(row), class_name="row-way", custom_attrs={"data-row": ""})
    attributes: dict[str, Any] = _places(column)
    if first:
        attributes["data-first"] = ""
    elif not column.action:
        attributes["data-label"] = column.label
    return rx.el.td(inside, role="cell", custom_attrs=attributes)


def _places(column: Column) -> dict[str, Any]:
    said = {"data-end": column.end, "data-wide": column.wide, "data-action": column.action}
    return {name: "" for name, is_so in said.items() if is_so}


def pager(
    after: Words,
    paged: Var[bool] | bool = False,
    *,
    words: Words | None = None,
) -> rx.Component:
    """Lead to the next rows, and back to the first; nothing where neither is.

    ``after`` is the place of the last row, empty at the end; ``paged`` is true beyond the first
    page; ``words`` may say how many there are.
    """
    more, beyond = Var.create(after).to(str), Var.create(paged)
    return rx.el.nav(
        rx.el.p(words, class_name="text-sm text-muted me-auto") if words is not None else None,
        rx.cond(
            beyond,
            link(icon("chevrons-up"), t("app.pages.first"), to=asking(after=""),
                 class_name="btn btn-sm"),
        ),
        rx.cond(
            more != "",
            link(t("app.pages.next"), icon("chevron-right"), to=asking(after=more),
                 class_name="btn btn-sm"),
        ),
        aria_label=t("app.pages.label"),
        class_name="pager",
    )  # fmt: skip


def with_bulk(*content: Any) -> rx.Component:
    """Hold a table with selectable rows and its `bulk_bar`."""
    return rx.el.div(*content, custom_attrs={"data-bulk": ""}, class_name="with-bulk")


def bulk_bar(*actions: rx.Component) -> rx.Component:
    """Offer what can be done with the selected rows; it shows itself when some are.

    The actions are `bulk_action`. Space selects the row that has the focus, Shift with Space or
    a click selects up to it, Escape gives up.
    """
    return rx.el.div(
        rx.el.output(class_name="font-medium", custom_attrs={"data-selected": ""}),
        rx.el.div(*actions, class_name="flex flex-wrap gap-2 grow"),
        button(t("app.select.none"), kind="quiet", class_name="btn-sm",
               custom_attrs={"data-unselects": ""}),
        role="region",
        aria_label=t("app.select.actions"),
        class_name="bulk-bar",
    )  # fmt: skip


def bulk_action(words: Words, *, symbol: str = "", **props: Any) -> rx.Component:
    """Do something with all selected rows: ``on_click=State.archive(SELECTED)``.

    The selection ends with it, unless it opens a dialog first.
    """
    attributes = {"data-acts": "", **props.pop("custom_attrs", {})}
    return button(words, symbol=symbol, class_name="btn-sm", custom_attrs=attributes, **props)
