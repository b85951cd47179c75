"""The connections: how each is, which rooms it reads, and the way to connect more."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import (
    badge,
    button,
    empty_state,
    link,
    skeleton_card,
    surface,
    tone_of,
)
from cmhub.components.dialog import confirm, opens
from cmhub.components.form import text_field
from cmhub.components.icons import icon
from cmhub.components.networks import is_simulated, network_name, simulated_badge
from cmhub.components.parts import reload_on
from cmhub.components.shell import page
from cmhub.components.text import moment, said, said_of, t
from cmhub.services.connections import ChannelView, ConnectionView
from cmhub.state.base import SessionState
from cmhub.state.connections import ConnectionsState, Room

_HERE = SessionState.workspace_address + "/connections/"
_LEAVE = "leave"
_MAY_MANAGE = SessionState.permissions.contains("connection:manage")
_ZONE = SessionState.workspace_zone


def connections() -> rx.Component:
    """Show the connections."""
    state = ConnectionsState
    return page(
        reload_on("connections", state.refresh),
        rx.match(
            state.panel,
            ("sign_in", _sign_in()),
            ("rooms", _rooms()),
            rx.cond(
                state.loaded,
                rx.cond(
                    state.connections.length() > 0,
                    rx.el.ul(
                        rx.foreach(state.connections, _connection), class_name="flex flex-col gap-4"
                    ),
                    _nothing(),
                ),
                skeleton_card(),
            ),
        ),
        confirm(
            _LEAVE,
            title=t("connections.disconnect.title", account=state.leaving_name),
            line=t("connections.disconnect.line"),
            action=t("connections.disconnect"),
            on_confirm=state.disconnect,
        ),
        here="connections",
        title=t("connections.title"),
        line=rx.cond(
            state.loaded,
            rx.cond(
                state.working > 0,
                t("connections.line", n=state.working),
                t("connections.line.none"),
            ),
            "",
        ),
        action=rx.cond(
            _MAY_MANAGE & (state.panel == ""),
            link(
                icon("plus"),
                t("connections.add"),
                to=_HERE + "?connect=matrix",
                class_name="btn btn-primary",
            ),
        ),
    )


def _nothing() -> rx.Component:
    return surface(
        empty_state(t("connections.empty.title"), t("connections.empty.line"), symbol="plug")
    )


def _connection(one: ObjectVar[ConnectionView]) -> rx.Component:
    imported = one.network == "import"
    return rx.el.li(
        rx.el.div(
            rx.el.span(icon("plug", 20), class_name="empty-symbol !m-0 shrink-0"),
            rx.el.div(
                rx.el.h2(
                    rx.cond(imported, t("connections.import"), one.account_name),
                    class_name="text-base font-semibold truncate",
                ),
                rx.el.p(
                    rx.cond(
                        imported,
                        t("connections.import.line"),
                        network_name(one.network.to(str)) + " · " + one.label.to(str),
                    ),
                    class_name="text-sm text-muted truncate",
                ),
                class_name="min-w-0 grow",
            ),
            simulated_badge(one.network.to(str)),
            badge(
                said_of("connections.state", one.state),
                tone_of(
                    one.state, {"active": "good", "trouble": "warn", "reconnect": "bad"}, "plain"
                ),
            ),
            class_name="flex items-center gap-3",
        ),
        rx.cond(one.fault != "", _fault(one)),
        rx.cond(~imported, _freshness(one)),
        _channels(one),
        rx.cond(_MAY_MANAGE & ~imported, _steps(one)),
        key=one.id.to(str),
        class_name="surface p-4 flex flex-col gap-3",
    )


def _fault(one: ObjectVar[ConnectionView]) -> rx.Component:
    return rx.el.div(
        icon("circle-alert", class_name="mt-0.5"),
        rx.el.p(
            said_of("fault", one.fault, one.fault_params),
            " ",
            rx.cond(
                one.faulted_at,
                moment(one.faulted_at.to(str), _ZONE, "text-muted"),
            ),
        ),
        class_name="fault",
        role="status",
    )


def _freshness(one: ObjectVar[ConnectionView]) -> rx.Component:
    never = t("connections.never")
    return rx.el.dl(
        rx.el.div(
            rx.el.dt(t("connections.read"), class_name="text-muted"),
            rx.el.dd(rx.cond(one.synced_at, moment(one.synced_at.to(str), _ZONE), never)),
            class_name="flex gap-2",
        ),
        rx.el.div(
            rx.el.dt(t("connections.last"), class_name="text-muted"),
            rx.el.dd(
                rx.cond(one.last_message_at, moment(one.last_message_at.to(str), _ZONE), never)
            ),
            class_name="flex gap-2",
        ),
        class_name="flex flex-wrap gap-x-6 gap-y-1 text-sm",
    )


def _channels(one: ObjectVar[ConnectionView]) -> rx.Component:
    return rx.cond(
        one.channels.length() > 0,
        rx.el.ul(
            rx.foreach(one.channels, lambda channel: _channel(channel, one.network == "import")),
            aria_label=said_of("network.channels", one.network),
            class_name="channel-list",
        ),
        rx.el.p(t("connections.channels.none"), class_name="text-sm text-muted"),
    )


def _channel(one: ObjectVar[ChannelView], imported: Var[bool]) -> rx.Component:
    return rx.el.li(
        icon("hash", class_name="text-muted"),
        rx.el.span(one.name, class_name="truncate grow"),
        rx.cond(
            one.chosen,
            rx.cond(
                imported,
                rx.fragment(),
                _history(one),
            ),
            badge(t("connections.channel.left")),
        ),
        key=one.id.to(str),
    )


def _history(one: ObjectVar[ChannelView]) -> rx.Component:
    return rx.cond(
        one.history_done,
        badge(t("connections.channel.complete"), "good"),
        badge(t("connections.channel.history"), "info"),
    )


def _steps(one: ObjectVar[ConnectionView]) -> rx.Component:
    key, name = one.id.to(str), one.account_name
    again = link(
        t("connections.reconnect"),
        to=_HERE
        + "?connect="
        + one.network.to(str)
        + "&server="
        + one.address.to(str)
        + "&user="
        + one.account.to(str),
        class_name="btn",
    )
    return rx.el.div(
        rx.cond((one.state == "reconnect") | (one.state == "disconnected"), again),
        rx.cond(
            (one.state == "active") | (one.state == "trouble"),
            link(t("connections.rooms.choose"), to=_HERE + "?rooms=" + key, class_name="btn"),
        ),
        rx.cond(
            one.state != "disconnected",
            button(
                t("connections.disconnect"),
                kind="quiet",
                on_click=ConnectionsState.ask_to_leave(key, name),
                custom_attrs=opens(_LEAVE),
            ),
        ),
        class_name="flex flex-wrap gap-2",
    )


def _wrong() -> rx.Component:
    return rx.cond(
        ConnectionsState.error_key != "",
        rx.el.div(
            icon("circle-alert", class_name="mt-0.5"),
            rx.el.p(said(ConnectionsState.error_key, ConnectionsState.error_params)),
            class_name="fault",
            role="alert",
        ),
    )


def _panel(title: Var[str], line: Var[str], *content: rx.Component) -> rx.Component:
    return surface(
        rx.el.h2(title, class_name="text-base font-semibold"),
        rx.el.p(line, class_name="text-muted mb-4"),
        _wrong(),
        *content,
        class_name="p-6 max-w-[720px]",
    )


def _submit(words: Var[str], busy_words: Var[str]) -> rx.Component:
    busy = ConnectionsState.busy
    return rx.el.div(
        rx.el.button(
            rx.cond(busy, busy_words, words),
            type="submit",
            disabled=busy,
            class_name="btn btn-primary",
        ),
        link(t("app.cancel"), to=_HERE, class_name="btn btn-ghost"),
        class_name="flex flex-wrap gap-2 mt-2",
    )


def _sign_in() -> rx.Component:
    state = ConnectionsState
    plain = {"auto_complete": "off", "spell_check": False, "auto_capitalize": "none"}
    played = is_simulated(state.network)
    return _panel(
        rx.cond(
            played,
            t("connections.simulated.title", network=network_name(state.network)),
            t("connections.matrix.title"),
        ).to(str),
        rx.cond(played, t("connections.simulated.line"), t("connections.matrix.line")).to(str),
        rx.el.form(
            text_field(
                "address",
                t("connections.address"),
                hint=t("connections.address.hint"),
                default_value=state.address,
                required=True,
                **plain,
            ),
            rx.cond(
                state.by_token,
                text_field(
                    "token",
                    t("connections.token"),
                    hint=t("connections.token.hint"),
                    type="password",
                    **plain,
                ),
                rx.fragment(
                    text_field("user", t("connections.user"), default_value=state.user, **plain),
                    text_field(
                        "password",
                        t("connections.password"),
                        hint=t("connections.password.hint"),
                        type="password",
                        **plain,
                    ),
                ),
            ),
            rx.el.button(
                rx.cond(state.by_token, t("connections.password"), t("connections.token.instead")),
                type="button",
                on_click=state.choose_way(~state.by_token),
                class_name="btn btn-ghost btn-sm self-start -ms-3",
            ),
            _submit(t("connections.sign_in"), t("connections.signing_in")),
            on_submit=state.sign_in,
            class_name="flex flex-col gap-4",
        ),
    )


def _rooms() -> rx.Component:
    state = ConnectionsState
    return _panel(
        t("connections.rooms.title"),
        t("connections.rooms.line"),
        rx.el.form(
            rx.cond(
                state.looking,
                skeleton_card("h-24"),
                rx.cond(
                    state.rooms.length() > 0,
                    rx.el.fieldset(
                        rx.el.legend(t("connections.channels"), class_name="sr-only"),
                        rx.foreach(state.rooms, _room),
                        class_name="flex flex-col",
                    ),
                    rx.el.p(t("connections.rooms.none"), class_name="text-muted"),
                ),
            ),
            text_field(
                "added",
                t("connections.rooms.add"),
                hint=t("connections.rooms.add.hint"),
                optional=True,
                auto_complete="off",
                spell_check=False,
                auto_capitalize="none",
            ),
            button(
                t("connections.rooms.reload"),
                kind="quiet",
                symbol="refresh-cw",
                class_name="btn-sm self-start -ms-3",
                on_click=state.look_again,
            ),
            _submit(t("connections.rooms.save"), t("connections.rooms.saving")),
            on_submit=state.choose,
            class_name="flex flex-col gap-4",
        ),
    )


def _room(room: ObjectVar[Room]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name="room-" + room.id.to(str),
            default_checked=room.chosen,
            disabled=room.encrypted,
            class_name="checkbox checkbox-sm mt-0.5",
        ),
        rx.el.span(
            rx.el.span(room.name, class_name="font-medium"),
            rx.el.span(
                t("connections.rooms.members", n=room.members),
                " · ",
                rx.cond(
                    room.encrypted,
                    t("connections.rooms.encrypted"),
                    rx.cond(
                        room.joined,
                        rx.cond(
                            room.may_moderate,
                            t("connections.rooms.moderator"),
                            t("connections.rooms.no_moderator"),
                        ),
                        t("connections.rooms.invited"),
                    ),
                ),
                class_name="text-sm text-muted",
            ),
            class_name="flex flex-col min-w-0",
        ),
        key=room.id,
        class_name="room",
    )
