"""One's security: the second factor, the signed-in browsers, the password."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import badge, button, skeleton_card
from cmhub.components.form import text_field
from cmhub.components.icons import icon
from cmhub.components.parts import PlainLink
from cmhub.components.shell import page
from cmhub.components.text import moment, t, when
from cmhub.pages.settings import part, told_fault
from cmhub.state.security import SecurityState, SessionRow

_FEW = 3


def security() -> rx.Component:
    """Show the security of one's account."""
    state = SecurityState
    return page(
        rx.cond(
            state.loaded,
            rx.el.div(_factor(), _sessions(), _password(), class_name="document"),
            rx.el.div(skeleton_card("h-20"), skeleton_card("h-40"), class_name="document"),
        ),
        frame="me",
        here="security",
        title=t("security.title"),
        line=rx.cond(
            state.loaded,
            rx.cond(
                state.factor_since != "",
                t("security.line.on", n=state.sessions.length()),
                t("security.line.off", n=state.sessions.length()),
            ),
            "",
        ),
    )


def _factor() -> rx.Component:
    state = SecurityState
    return part(
        t("security.factor.title"),
        t("security.factor.line"),
        rx.cond(
            state.factor_since != "",
            rx.el.div(
                badge(t("security.factor.on"), "good"),
                rx.el.span(
                    t(
                        "security.factor.since",
                        day=when(state.factor_since, "", dateStyle="medium"),
                    ),
                    " · ",
                    t("security.factor.codes", n=state.codes),
                    class_name="text-sm text-muted",
                ),
                class_name="flex flex-wrap items-center gap-3",
            ),
            rx.el.div(badge(t("security.factor.off"), "warn")),
        ),
        rx.cond(
            (state.factor_since != "") & (state.codes <= _FEW),
            rx.el.p(
                icon("circle-alert", class_name="mt-0.5 shrink-0"),
                t("security.factor.few"),
                class_name="told",
            ),
        ),
        rx.el.div(
            PlainLink.create(
                rx.cond(
                    state.factor_since != "",
                    t("security.factor.manage"),
                    t("security.factor.turn_on"),
                ),
                href="/me/second-factor/",
                class_name=rx.cond(state.factor_since != "", "btn", "btn btn-primary"),
            ),
            class_name="form-foot",
        ),
    )


def _sessions() -> rx.Component:
    state = SecurityState
    return part(
        t("security.sessions.title"),
        t("security.sessions.line"),
        rx.el.ul(rx.foreach(state.sessions, _session), class_name="flex flex-col"),
        rx.cond(
            state.sessions.length() > 1,
            rx.el.div(
                button(t("security.others"), on_click=state.end_others), class_name="form-foot"
            ),
        ),
    )


def _session(one: ObjectVar[SessionRow]) -> rx.Component:
    phone = (one.system == "iPhone") | (one.system == "Android") | (one.system == "iPad")
    return rx.el.li(
        rx.cond(
            phone,
            icon("smartphone", 20, class_name="text-muted shrink-0"),
            icon("monitor", 20, class_name="text-muted shrink-0"),
        ),
        rx.el.div(
            rx.el.p(_device(one), class_name="font-medium"),
            rx.el.p(
                rx.cond(one.address != "", t("security.from", address=one.address) + " · ", ""),
                t("security.seen"),
                " ",
                moment(one.seen_at),
                class_name="text-sm text-muted",
            ),
            class_name="min-w-0 grow",
        ),
        rx.cond(
            one.here,
            badge(t("security.here"), "info"),
            button(
                t("security.end"),
                class_name="btn-sm",
                on_click=SecurityState.end(one.id.to(str)),
                aria_label=t("security.end_of", device=_device(one)),
            ),
        ),
        key=one.id,
        class_name="belonging",
    )


def _device(one: ObjectVar[SessionRow]) -> Var[str]:
    both = (one.browser != "") & (one.system != "")
    either = one.browser.to(str) + one.system.to(str)
    return rx.cond(
        both,
        t("security.device", browser=one.browser, system=one.system),
        rx.cond(either != "", either, t("security.device.unknown")),
    ).to(str)


def _password() -> rx.Component:
    state = SecurityState
    return part(
        t("security.password.title"),
        t("security.password.line"),
        rx.el.form(
            text_field(
                "password",
                t("security.password.old"),
                error=told_fault(state.faults["password"]),
                type="password",
                auto_complete="current-password",
            ),
            text_field(
                "new",
                t("auth.password.new"),
                hint=t("auth.password.hint"),
                error=told_fault(state.faults["new"]),
                type="password",
                auto_complete="new-password",
            ),
            rx.el.div(button(t("security.password.button"), type="submit"), class_name="form-foot"),
            key="password" + state.version.to(str),
            on_submit=state.change_password,
            class_name="flex flex-col gap-4",
        ),
    )
