"""The small pieces: buttons, badges, links, empty states, skeletons."""

from collections.abc import Mapping
from typing import Any, Literal, cast

import reflex as rx
from reflex.vars import NumberVar, Var
from reflex_components_core.react_router import ReactRouterLink

from cmhub.components.icons import icon
from cmhub.components.text import t

Words = str | Var[str]
Kind = Literal["primary", "plain", "quiet", "danger"]
HUES = (
    "grey", "red", "orange", "amber", "green", "teal", "blue", "violet", "pink",
)  # fmt: skip
"""The colours of labels and avatars, readable in both themes."""
_BUTTONS: dict[Kind, str] = {
    "primary": "btn btn-primary",
    "plain": "btn",
    "quiet": "btn btn-ghost",
    "danger": "btn btn-error",
}


def styles(name: str) -> rx.Component:
    """Bring one of our style sheets that not every page needs; React asks for it once."""
    return rx.el.link(rel="stylesheet", href=f"/{name}.css", custom_attrs={"precedence": "default"})


def link(*children: Any, to: Words, class_name: str = "", **props: Any) -> rx.Component:
    """Go to another page without loading the application anew."""
    return ReactRouterLink.create(*children, to=to, class_name=class_name, **props)


def button(
    words: Words | rx.Component,
    *,
    kind: Kind = "plain",
    symbol: str = "",
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """Show a button: a verb with its object; ``symbol`` is a Lucide name."""
    return rx.el.button(
        icon(symbol) if symbol else rx.fragment(),
        words,
        type=props.pop("type", "button"),
        class_name=f"{_BUTTONS[kind]} {class_name}",
        **_own(props),
    )


def icon_button(label: Words, symbol: str, class_name: str = "", **props: Any) -> rx.Component:
    """Show a square button with an icon only; ``label`` is read out and shown on hover."""
    return rx.el.button(
        icon(symbol),
        type="button",
        title=label,
        aria_label=label,
        class_name=f"btn btn-ghost btn-square {class_name}",
        **_own(props),
    )


def _own(props: dict[str, Any]) -> dict[str, Any]:
    """Copy the attributes that several share: Reflex writes `aria-label` into them."""
    return {**props, "custom_attrs": dict(props.get("custom_attrs", {}))}


def tone_of(state: Var[Any], tones: Mapping[str, str], other: str) -> Var[str]:
    """Return the tone of a badge: that of the state, or ``other`` for the rest of the states."""
    # Reflex cannot say that matching words with words gives no component.
    return cast("Var[str]", rx.match(state, *tones.items(), other))


def badge(words: Words, tone: Words = "plain", class_name: str = "") -> rx.Component:
    """Show a state as colour, dot and word; tones: plain, info, good, warn, bad."""
    return rx.el.span(
        rx.el.span(class_name="dot", custom_attrs={"aria-hidden": "true"}),
        words,
        custom_attrs={"data-tone": tone},
        class_name=f"state {class_name}",
    )


def count(value: NumberVar[int], label: Words | None = None) -> rx.Component:
    """Show a number where somebody must act; nothing when it is zero."""
    return rx.cond(
        value > 0,
        rx.el.span(
            rx.el.span(value, custom_attrs={"aria-hidden": "true"}),
            rx.el.span(
                label if label is not None else t("app.waiting", n=value), class_name="sr-only"
            ),
            class_name="count",
        ),
    )


def surface(*children: Any, class_name: str = "") -> rx.Component:
    """Hold what belongs together on one sheet with a hairline."""
    return rx.el.section(*children, class_name=f"surface {class_name}")


def empty_state(
    title: Words, line: Words, *actions: rx.Component, symbol: str = "inbox"
) -> rx.Component:
    """Say what will appear here, why it is worth it, and offer the first step."""
    return rx.el.div(
        rx.el.div(icon(symbol, 20), class_name="empty-symbol"),
        rx.el.h2(title, class_name="text-lg font-semibold"),
        rx.el.p(line, class_name="text-muted max-w-[46ch]"),
        rx.el.div(*actions, class_name="flex flex-wrap justify-center gap-2 mt-2")
        if actions
        else rx.fragment(),
        class_name="empty",
    )


def skeleton_rows(rows: int = 8) -> rx.Component:
    """Stand in for a list in the shape of what comes."""
    return rx.el.div(
        *[
            rx.el.div(
                rx.el.div(class_name="skeleton size-8 rounded-full shrink-0"),
                rx.el.div(
                    rx.el.div(class_name="skeleton h-3 w-1/3"),
                    rx.el.div(class_name="skeleton h-3 w-4/5"),
                    class_name="flex flex-col gap-2 grow",
                ),
                class_name="flex gap-3 p-4 border-b border-base-300",
            )
            for _ in range(rows)
        ],
        role="status",
        aria_label=t("app.loading"),
    )


def skeleton_card(class_name: str = "h-40") -> rx.Component:
    """Stand in for a card or a chart."""
    return rx.el.div(
        rx.el.div(class_name="skeleton h-3 w-1/4"),
        rx.el.div(class_name=f"skeleton mt-4 {class_name}"),
        class_name="surface p-4",
        role="status",
        aria_label=t("app.loading"),
    )


def new_arrivals(value: NumberVar[int], **props: Any) -> rx.Component:
    """Offer what arrived meanwhile, without moving what the person is reading."""
    return rx.cond(
        value > 0,
        rx.el.button(
            icon("arrow-up"), t("app.new", n=value), type="button", class_name="arrivals", **props
        ),
    )


def label_chip(words: Words, hue: Words = "grey", class_name: str = "") -> rx.Component:
    """Show a label: its word on its colour; ``hue`` is one of ``HUES``."""
    return rx.el.span(words, custom_attrs={"data-hue": hue}, class_name=f"label-chip {class_name}")


def keys(*pressed: Words) -> rx.Component:
    """Show keys to press together or one after the other."""
    return rx.el.span(
        *[rx.el.kbd(key, class_name="key") for key in pressed], class_name="inline-flex gap-1"
    )


def veil(*severe: Any, reason: Words) -> rx.Component:
    """Hide what may hurt until it is opened; ``reason`` says what it is about."""
    return rx.el.details(
        rx.el.summary(
            icon("eye-off"),
            rx.el.span(reason, class_name="grow"),
            rx.el.span(t("app.veil.show"), class_name="btn btn-sm veil-show"),
            rx.el.span(t("app.veil.hide"), class_name="btn btn-sm veil-hide"),
            class_name="veil-head",
        ),
        *severe,
        class_name="veil",
    )


def progress_bar(
    percent: NumberVar[Any] | float | None, label: Words, below: Words = ""
) -> rx.Component:
    """Show how far an operation is; without ``percent`` only that it runs."""
    value: dict[str, Any] = {} if percent is None else {"value": percent}
    return rx.el.div(
        rx.el.progress(max=100, aria_label=label, class_name="progress-bar", **value),
        rx.el.p(below, class_name="text-sm text-muted empty:hidden"),
        class_name="flex flex-col gap-1",
    )


def skeleton_table(rows: int = 8) -> rx.Component:
    """Stand in for a table in the shape of what comes."""
    return rx.el.div(
        *[
            rx.el.div(
                rx.el.div(class_name="skeleton h-3 grow"),
                rx.el.div(class_name="skeleton h-3 w-1/5"),
                rx.el.div(class_name="skeleton h-3 w-1/6"),
                class_name="flex gap-6 p-4 border-b border-base-300",
            )
            for _ in range(rows)
        ],
        role="status",
        aria_label=t("app.loading"),
        class_name="surface",
    )
