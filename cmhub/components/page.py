"""What a page is to the application."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.vars import Var


@dataclass(frozen=True, slots=True)
class Page:
    """A route, the function that shows it, its title and what is loaded when it opens."""

    route: str
    show: Callable[[], rx.Component]
    title: Var[str]
    on_load: Any = None
