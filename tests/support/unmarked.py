"""A State with a public method that nobody marked."""

import reflex as rx


class UnmarkedState(rx.State):
    """What the test of marks must find."""

    def helper(self) -> None:
        """Look harmless, and be a remote endpoint."""
