"""The connections' State: what is connected, how it is, and the way to connect more."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import reflex as rx

from cmhub.actor import Permission
from cmhub.db import unit_of_work
from cmhub.errors import CMHubError, Invalid
from cmhub.integrations.networks import network_names
from cmhub.integrations.networks.base import RemoteChannel
from cmhub.services import connecting, connections
from cmhub.services.connections import ConnectionView
from cmhub.state.asked import address, asked, asked_id, entered
from cmhub.state.base import SessionState, told
from cmhub.state.marks import requires
from cmhub.state.visit import current_actor, place


@dataclass(frozen=True, slots=True)
class Room:
    """A room to choose."""

    id: str
    name: str
    topic: str
    members: int
    joined: bool
    may_moderate: bool
    encrypted: bool
    chosen: bool


def rooms_of(found: tuple[RemoteChannel, ...], chosen: set[str]) -> list[Room]:
    """Rooms in the order of their names, those that can be read first."""
    rooms = [
        Room(
            one.external_id,
            one.name,
            one.topic,
            one.members or 0,
            one.joined,
            one.may_moderate,
            one.encrypted,
            one.external_id in chosen,
        )
        for one in found
    ]
    return sorted(rooms, key=lambda room: (room.encrypted, room.name.casefold()))


class ConnectionsState(rx.State):
    """What the connections page shows; the address says which panel is open."""

    connections: rx.Field[list[ConnectionView]] = rx.field(default_factory=list[ConnectionView])
    working: rx.Field[int] = rx.field(0)
    loaded: rx.Field[bool] = rx.field(False)
    panel: rx.Field[str] = rx.field("")
    network: rx.Field[str] = rx.field("")
    opened: rx.Field[str] = rx.field("")
    by_token: rx.Field[bool] = rx.field(False)
    busy: rx.Field[bool] = rx.field(False)
    error_key: rx.Field[str] = rx.field("")
    error_params: rx.Field[dict[str, str | int]] = rx.field(default_factory=dict[str, str | int])
    address: rx.Field[str] = rx.field("")
    user: rx.Field[str] = rx.field("")
    rooms: rx.Field[list[Room]] = rx.field(default_factory=list[Room])
    looking: rx.Field[bool] = rx.field(False)
    leaving: rx.Field[str] = rx.field("")
    leaving_name: rx.Field[str] = rx.field("")

    @rx.event
    @requires(Permission.CONNECTION_READ)
    @told
    async def load(self) -> AsyncGenerator[None, None]:
        """Load the connections and the panel that the address asks for."""
        given = asked(self)
        self.error_key = ""
        self.network = given.get("connect", "")
        self.panel = self.network and "sign_in"
        self.address, self.user = given.get("server", ""), given.get("user", "")
        self.opened = str(asked_id(given, "rooms") or "")
        await self._list()
        if self.opened:
            self.panel, self.rooms, self.looking = "rooms", [], True
            yield
            await self._look()

    @rx.event
    @requires(Permission.CONNECTION_READ)
    @told
    async def refresh(self) -> None:
        """Something changed: load the connections again."""
        await self._list()

    async def _list(self) -> None:
        actor = current_actor().within(place())
        async with unit_of_work(actor) as session:
            found = await connections.list_connections(session, actor, place())
        self.connections, self.loaded = list(found), True
        self.working = sum(1 for one in found if one.state in ("active", "trouble"))

    async def _look(self) -> None:
        opened = asked_id({"rooms": self.opened}, "rooms")
        actor = current_actor().within(place())
        try:
            if opened is None:
                raise Invalid("filter")
            found = await connecting.available_channels(actor, place(), opened)
            async with unit_of_work(actor) as session:
                known = await connections.open_connection(session, place(), opened)
            self.rooms = rooms_of(found, set(known.channels))
        except CMHubError as error:
            self._wrong(error)
        finally:
            self.looking = False

    def _wrong(self, error: CMHubError) -> None:
        self.error_key, self.error_params = error.key, error.params

    @rx.event
    @requires(Permission.CONNECTION_MANAGE)
    async def choose_way(self, by_token: bool) -> None:
        """Sign in by password, or by a token."""
        self.by_token, self.error_key = by_token, ""

    @rx.event
    @requires(Permission.CONNECTION_MANAGE)
    @told
    async def sign_in(
        self, form: dict[str, object]
    ) -> AsyncGenerator[rx.event.EventSpec | None, None]:
        """Connect with what the form says, and go on to the rooms."""
        self.busy, self.error_key = True, ""
        self.address, self.user = entered(form, "address").strip(), entered(form, "user").strip()
        yield
        try:
            made = await self._connect(form)
        except CMHubError as error:
            self._wrong(error)
            return
        finally:
            self.busy = False
        shell = await self.get_state(SessionState)
        shell._tell("done", "connections.connected.told")
        path = f"{shell.workspace_address}/connections/"
        yield rx.redirect(address(path, rooms=made))

    async def _connect(self, form: dict[str, object]) -> str:
        token, password = entered(form, "token").strip(), entered(form, "password")
        if not self.address:
            raise Invalid("address_missing")
        if not token and not (self.user and password):
            raise Invalid("sign_in_missing")
        if self.network not in {*network_names(), *(one.network for one in self.connections)}:
            raise Invalid("filter")
        actor = current_actor().within(place())
        made = await connecting.connect(
            actor,
            place(),
            self.network,
            self.address,
            user=self.user,
            password=password,
            token=token,
        )
        return str(made)

    @rx.event
    @requires(Permission.CONNECTION_MANAGE)
    @told
    async def look_again(self) -> AsyncGenerator[None, None]:
        """Ask the network again which rooms there are."""
        self.looking, self.error_key = True, ""
        yield
        await self._look()

    @rx.event
    @requires(Permission.CONNECTION_MANAGE)
    @told
    async def choose(
        self, form: dict[str, object]
    ) -> AsyncGenerator[rx.event.EventSpec | None, None]:
        """Read exactly the rooms that are ticked, and the one whose address is given."""
        self.busy, self.error_key = True, ""
        yield
        opened = asked_id({"rooms": self.opened}, "rooms")
        wanted = [room.id for room in self.rooms if form.get(f"room-{room.id}")]
        wanted += [added] if (added := entered(form, "added").strip()) else []
        try:
            if opened is None:
                raise Invalid("filter")
            actor = current_actor().within(place())
            await connecting.join_and_choose(actor, place(), opened, wanted)
        except CMHubError as error:
            self._wrong(error)
            return
        finally:
            self.busy = False
        shell = await self.get_state(SessionState)
        shell._tell("done", "connections.rooms.saved")
        yield rx.redirect(f"{shell.workspace_address}/connections/")

    @rx.event
    @requires(Permission.CONNECTION_MANAGE)
    async def ask_to_leave(self, connection_id: str, name: str) -> None:
        """Remember which connection the question is about."""
        self.leaving, self.leaving_name = connection_id, name

    @rx.event
    @requires(Permission.CONNECTION_MANAGE)
    @told
    async def disconnect(self) -> None:
        """Give the connection up."""
        leaving = asked_id({"leaving": self.leaving}, "leaving")
        if leaving is None:
            raise Invalid("filter")
        await connecting.disconnect(current_actor().within(place()), place(), leaving)
        (await self.get_state(SessionState))._tell("done", "connections.disconnect.told")
        await self._list()
