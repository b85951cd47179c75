"""The application with a few handlers to attack; the same gate stands before them."""

import reflex as rx

from cmhub.actor import Permission
from cmhub.cmhub import app as app
from cmhub.state.base import told
from cmhub.state.marks import public, requires, signed_in
from cmhub.state.visit import current_place, current_visit


class PreyState(rx.State):
    """Holds a secret of whoever is signed in."""

    secret: str = ""
    runs: int = 0

    def undecorated(self) -> None:
        self.secret = "BREACH undecorated"

    @rx.event
    def unmarked(self) -> None:
        self.secret = "BREACH unmarked"

    @rx.event
    def set_secret(self, value: str) -> None:
        self.secret = value

    @rx.event
    @signed_in
    @told
    async def remember(self) -> None:
        self.secret = f"SECRET of {current_visit().info.email}"

    @rx.event
    @requires(Permission.MESSAGE_DELETE)
    @told
    async def delete(self) -> None:
        self.secret = f"DELETED in {current_place().workspace_slug}"

    @rx.event(background=True)
    @requires(Permission.MESSAGE_DELETE)
    async def delete_later(self) -> None:
        async with self:
            self.secret = "DELETED later"

    @rx.event
    @public
    async def count(self) -> None:
        self.runs += 1

    @rx.event
    @public
    async def fail(self) -> None:
        headers = dict(self.router_data["headers"])
        raise RuntimeError(f"broken with {headers}")
