"""Persons: their picture, or the first letters of their name on a colour of their own."""

from typing import Any, Literal

import reflex as rx
from reflex.vars import ArrayVar, NumberVar, Var

from cmhub.components.basics import Words
from cmhub.components.text import call, number, t

Size = Literal["small", "normal", "large"]


def avatar(
    name: Words, picture: Words = "", *, size: Size = "normal", class_name: str = ""
) -> rx.Component:
    """Show who somebody is beside their name; read out by nobody, because the name is there.

    ``picture`` is the address of a picture of ours, or empty.
    """
    letters = rx.el.span(
        call("initials", name), custom_attrs={"data-hue": call("hue", name)}, class_name="face"
    )
    shown = rx.el.img(src=picture, alt="", loading="lazy", class_name="face")
    if isinstance(picture, Var):
        inside = rx.cond(picture != "", shown, letters)
    else:
        inside = shown if picture else letters
    return rx.el.span(
        inside,
        aria_hidden="true",
        custom_attrs={"data-size": size},
        class_name=f"avatar {class_name}",
    )


def avatar_group(
    names: ArrayVar[Any], *, more: NumberVar[int] | int = 0, label: Words
) -> rx.Component:
    """Show several persons in a row and how many more there are; ``label`` names them."""
    count = NumberVar.create(more) if isinstance(more, int) else more
    return rx.el.span(
        rx.foreach(names, lambda name: avatar(name.to(str), size="small")),
        rx.cond(count > 0, rx.el.span("+", number(count), class_name="avatar-more")),
        role="img",
        aria_label=label,
        class_name="avatars",
    )


def person(name: Words, below: Words = "", picture: Words = "") -> rx.Component:
    """Show a person with their name, and what else there is to say under it."""
    return rx.el.span(
        avatar(name, picture),
        rx.el.span(
            rx.el.span(name, class_name="truncate font-medium"),
            rx.el.span(below, class_name="truncate text-sm text-muted empty:hidden"),
            class_name="flex flex-col min-w-0",
        ),
        class_name="flex items-center gap-3 min-w-0",
    )


def unassigned() -> rx.Component:
    """Show that nobody has taken something."""
    return rx.el.span(
        rx.el.span("–", aria_hidden="true", class_name="avatar"),
        t("app.nobody"),
        class_name="flex items-center gap-3 text-muted",
    )
