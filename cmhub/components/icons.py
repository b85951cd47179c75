"""Lucide icons in the two sizes that we use."""

from typing import Literal

import reflex as rx


def icon(name: str, size: Literal[16, 20] = 16, class_name: str = "") -> rx.Component:
    """Show an icon beside a word; hidden from screen readers, which read the word."""
    return rx.icon(
        name, size=size, class_name=f"shrink-0 {class_name}", custom_attrs={"aria-hidden": "true"}
    )
