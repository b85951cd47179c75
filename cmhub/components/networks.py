"""What a network is called on screen, and that it is only simulated where it is."""

import reflex as rx
from reflex.vars import StringVar, Var

from cmhub.components.icons import icon
from cmhub.components.text import said_of, t
from cmhub.integrations.networks.simulated import PREFIX


def network_name(network: Var[str]) -> StringVar[str]:
    """Return the name of a network; that of a simulated one says so."""
    return said_of("inbox.network", network)


def in_channel(network: Var[str], channel: Var[str]) -> StringVar[str]:
    """Return where something was said, in the network's own word for a channel."""
    return said_of("network.in", network, {"channel": channel})


def is_simulated(network: Var[str]) -> Var[bool]:
    """Tell whether a network is only played by the demo."""
    return network.to(str).startswith(PREFIX)


def simulated_badge(network: Var[str], *, quiet: bool = False) -> rx.Component:
    """Say that a network is simulated, where it is; ``quiet`` in lists, nothing elsewhere."""
    return rx.cond(
        is_simulated(network),
        rx.el.span(
            icon("flask-conical"),
            t("network.simulated"),
            title=t("network.simulated.hint"),
            class_name="simulated simulated-quiet" if quiet else "simulated",
        ),
    )
