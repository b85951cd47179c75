"""Charts of CSS and SVG: each says one message in its title, and its table is one click away.

A chart is pointed at, or walked through with the arrow keys; what it says of a day stands beside
the title. Their style sheet is asked for by the pages that draw, and by no other.
"""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx
from reflex.vars import NumberVar, ObjectVar, Var

from cmhub.components.basics import Words, styles, surface
from cmhub.components.text import number, t, when
from cmhub.state.charts import Line, Mark, Share

_DAY = {"weekday": "long", "day": "numeric", "month": "long"}
_SHORT = {"day": "numeric", "month": "short"}
Say = Callable[[Any], Words]


def chart_styles() -> rx.Component:
    """Bring the style sheet of charts, for a page that draws one of its own."""
    return styles("charts")


def bar_chart(
    days: Var[Any],
    *,
    name: str,
    title: Words,
    top: NumberVar[Any],
    say: Say = lambda mark: number(mark.value),
    table: rx.Component | None = None,
) -> rx.Component:
    """Draw a bar for each `Mark` of ``days``; a day that has not ended is hatched.

    ``name`` is unique on the page, ``title`` the message, ``top`` the value of the highest bar,
    ``say`` tells a value with its unit.
    """
    return _chart(
        rx.el.div(
            rx.el.span(number(top), class_name="axis-top"),
            _days(days, name, say, lambda mark: rx.el.span(
                class_name="bar", aria_hidden="true", custom_attrs=_style(height=mark.height)
            )),
            class_name="chart",
        ),
        name=name, title=title, table=table,
    )  # fmt: skip


def line_chart(
    drawn: Var[Line],
    *,
    name: str,
    title: Words,
    say: Say = lambda mark: number(mark.value),
    label: Words = "",
    table: rx.Component | None = None,
) -> rx.Component:
    """Draw a line over its baseline, a soft band; ``label`` stands at the end of the line."""
    one = drawn.to(ObjectVar)
    picture = rx.el.svg(
        rx.el.path(d=one.band.to(str), class_name="line-band"),
        rx.el.path(d=one.solid.to(str), class_name="line-solid"),
        rx.el.path(d=one.dashed.to(str), class_name="line-solid line-dashed"),
        view_box="0 0 100 100",
        custom_attrs={"preserveAspectRatio": "none"},
        aria_hidden="true",
        class_name="line-picture",
    )
    end = rx.el.span(
        label, aria_hidden="true", class_name="line-end empty:hidden",
        custom_attrs=_style(bottom=one.last_height.to(float)),
    )  # fmt: skip
    return _chart(
        rx.el.div(
            rx.el.span(number(one.top.to(float)), class_name="axis-top"),
            rx.el.div(picture, end, class_name="line-box"),
            _days(one.marks, name, say, lambda mark: rx.cond(mark.known, rx.el.span(
                class_name="line-dot", aria_hidden="true", custom_attrs=_style(bottom=mark.height)
            ))),
            class_name="chart",
        ),
        name=name, title=title, table=table,
        below=rx.cond(one.band != "", rx.el.p(
            rx.el.span(class_name="band-key", aria_hidden="true"), t("app.chart.baseline"),
            class_name="text-sm text-muted flex items-center gap-2 mt-2",
        )),
    )  # fmt: skip


def sparkline(path: Words, label: Words) -> rx.Component:
    """Draw the shape of a few values beside their number; ``label`` says it in words."""
    return rx.el.svg(
        rx.el.path(d=path, class_name="line-solid"),
        view_box="0 0 100 100",
        role="img",
        aria_label=label,
        custom_attrs={"preserveAspectRatio": "none"},
        class_name="spark",
    )


def share_chart(
    parts: Var[Any],
    *,
    name: str,
    title: Words,
    words: Say = lambda part: part.name,
    say: Say = lambda part: number(part.value),
) -> rx.Component:
    """Draw the `Share`s of a whole as one bar, each with a pattern of its own and its words."""
    bar = rx.el.div(
        rx.foreach(parts, lambda part: rx.el.span(
            custom_attrs={**_style(width=part.percent), "data-place": part.place}, key=part.name,
        )),
        aria_hidden="true", class_name="share-bar",
    )  # fmt: skip
    told = rx.el.ul(
        rx.foreach(parts, lambda part: _part(part, words, say)), class_name="share-list"
    )
    return _chart(rx.fragment(bar, told), name=name, title=title)


def _part(part: ObjectVar[Share], words: Say, say: Say) -> rx.Component:
    percent = number(part.percent.to(float), fraction=0)
    return rx.el.li(
        rx.el.span(
            aria_hidden="true", class_name="share-key", custom_attrs={"data-place": part.place}
        ),
        rx.el.span(words(part), class_name="font-medium"),
        rx.el.span(
            say(part), " · ", t("app.chart.percent", share=percent), class_name="text-muted"
        ),
        key=part.name,
    )


def day_table(
    rows: Var[Any], columns: Sequence[tuple[Words, Callable[[Any], Words]]], *, label: Words
) -> rx.Component:
    """List the days of a chart, behind a click: columns are (heading, value of a row).

    A row has ``day`` and ``complete``, as a `Mark` has.
    """
    return rx.el.details(
        rx.el.summary(t("app.chart.table"), class_name="btn btn-sm"),
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("app.chart.day"), scope="col"),
                        *[rx.el.th(words, scope="col") for words, _ in columns],
                    )
                ),
                rx.el.tbody(rx.foreach(rows, lambda row: _line(row, columns))),
                class_name="figures",
            ),
            class_name="surface mt-2 overflow-x-auto",
            tab_index=0,
            role="region",
            aria_label=label,
        ),
        class_name="mt-3",
    )


def _line(row: Any, columns: Sequence[tuple[Words, Callable[[Any], Words]]]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(_full(row), scope="row", class_name="font-normal"),
        *[rx.el.td(value(row)) for _, value in columns],
        key=row.day,
    )


def _chart(
    body: rx.Component,
    *,
    name: str,
    title: Words,
    table: rx.Component | None = None,
    below: rx.Component | None = None,
) -> rx.Component:
    return surface(
        styles("charts"),
        rx.el.div(
            rx.el.h2(title, id=f"{name}-title", class_name="font-semibold"),
            rx.el.output(class_name="text-sm text-muted", custom_attrs={"data-said": ""}),
            class_name="flex flex-wrap items-baseline justify-between gap-x-4 min-h-6",
        ),
        body,
        below if below is not None else rx.fragment(),
        table if table is not None else rx.fragment(),
        class_name="p-4",
    )


def _days(days: Var[Any], name: str, say: Say, draw: Callable[[Any], Any]) -> rx.Component:
    return rx.el.div(
        rx.foreach(days, lambda mark: _slot(mark, say, draw(mark))),
        class_name="bars",
        tab_index=0,
        role="group",
        aria_labelledby=f"{name}-title",
        aria_description=t("app.chart.keys"),
        custom_attrs={"data-bars": ""},
    )


def _slot(mark: ObjectVar[Mark], say: Say, drawn: Any) -> rx.Component:
    value = rx.cond(mark.known, say(mark), t("app.chart.unknown"))
    return rx.el.span(
        drawn,
        rx.cond(
            mark.labelled != "",
            rx.el.span(
                when(_noon(mark), "UTC", **_SHORT),
                class_name="axis-day",
                custom_attrs={"data-label": mark.labelled},
                aria_hidden="true",
            ),
        ),
        key=mark.day,
        class_name="slot",
        custom_attrs={
            "data-tip": rx.cond(
                mark.high.to(float) > 0,
                t("app.chart.tip_usual", day=_full(mark), value=value,
                  low=number(mark.low.to(float)), high=number(mark.high.to(float))),
                t("app.chart.tip", day=_full(mark), value=value),
            ),
            "data-complete": rx.cond(mark.complete, "true", "false"),
        },
    )  # fmt: skip


def _full(mark: Any) -> Var[str]:
    day = when(_noon(mark), "UTC", **_DAY)
    return rx.cond(mark.complete, day, day + " (" + t("app.chart.not_ended") + ")").to(str)


def _noon(mark: Any) -> Var[str]:
    return mark.day.to(str) + "T12:00:00Z"


def _style(**percent: NumberVar[Any]) -> dict[str, Any]:
    """Set lengths on the element itself, so that no rule is made for each of them."""
    return {"style": {name: value.to_string() + "%" for name, value in percent.items()}}
