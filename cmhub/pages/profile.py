"""One's profile: name, language, time zone, address, agencies, and the end of the account."""

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import button, link, skeleton_card
from cmhub.components.dialog import CLOSES, confirm, dialog, opens
from cmhub.components.form import text_field
from cmhub.components.icons import icon
from cmhub.components.parts import PlainForm
from cmhub.components.roles import role_words
from cmhub.components.shell import page
from cmhub.components.text import t
from cmhub.pages.settings import part, told_fault, zone_field
from cmhub.services.profile import Belonging, Inside
from cmhub.state.profile import ProfileState

_LEAVE, _DELETE = "leave", "delete-account"


def profile() -> rx.Component:
    """Show the profile."""
    state = ProfileState
    return page(
        rx.cond(
            state.loaded,
            rx.el.div(_words(), _language(), _email(), _agencies(), _end(), class_name="document"),
            rx.el.div(skeleton_card("h-40"), skeleton_card("h-40"), class_name="document"),
        ),
        confirm(
            _LEAVE,
            title=t("profile.leave.title", agency=state.leaving_name),
            line=t("profile.leave.line"),
            action=t("profile.leave.confirm"),
            on_confirm=state.leave,
        ),
        frame="me",
        here="profile",
        title=t("profile.title"),
        line=rx.cond(state.loaded, t("profile.line", email=state.email), ""),
    )


def _words() -> rx.Component:
    state = ProfileState
    return part(
        t("profile.words.title"),
        t("profile.words.line"),
        rx.el.form(
            text_field(
                "name",
                t("profile.name"),
                error=told_fault(state.faults["name"]),
                default_value=state.name,
                auto_complete="name",
            ),
            zone_field(
                state.zones,
                state.time_zone,
                told_fault(state.faults["time_zone"]),
                t("profile.zone.hint"),
            ),
            rx.el.div(
                button(t("profile.save"), kind="primary", type="submit"), class_name="form-foot"
            ),
            key=state.version.to(str),
            on_submit=state.save,
            class_name="flex flex-col gap-4",
        ),
    )


def _language() -> rx.Component:
    chosen = Var("globalThis.cmhub?.language", _var_type=str)
    return part(
        t("profile.language.title"),
        t("profile.language.line"),
        PlainForm.create(
            rx.el.div(
                *[
                    rx.el.button(
                        t(f"app.language.{value}"),
                        type="submit",
                        name="language",
                        value=value,
                        lang=value,
                        aria_pressed=rx.cond(chosen == value, "true", "false"),
                        class_name="segment",
                    )
                    for value in ("fr", "en")
                ],
                role="group",
                aria_label=t("app.language"),
                class_name="segments w-fit",
            ),
            action="/preferences",
            method="post",
        ),
    )


def _email() -> rx.Component:
    state = ProfileState
    return part(
        t("profile.email.title"),
        t("profile.email.line", email=state.email),
        rx.cond(
            state.asked_email != "",
            rx.el.div(
                icon("mail", class_name="mt-0.5 shrink-0"),
                rx.el.p(t("profile.email.asked", email=state.asked_email), class_name="grow"),
                button(t("profile.email.keep"), class_name="btn-sm", on_click=state.forget_email),
                class_name="told",
            ),
        ),
        rx.el.form(
            text_field(
                "email",
                t("profile.email.new"),
                error=told_fault(state.faults["email"]),
                auto_complete="email",
                auto_capitalize="none",
                spell_check=False,
                input_mode="email",
            ),
            text_field(
                "email_password",
                t("profile.password"),
                error=told_fault(state.faults["email_password"]),
                type="password",
                auto_complete="current-password",
            ),
            rx.el.div(button(t("profile.email.send"), type="submit"), class_name="form-foot"),
            key="email" + state.version.to(str),
            on_submit=state.ask_email,
            class_name="flex flex-col gap-4",
        ),
    )


def _agencies() -> rx.Component:
    state = ProfileState
    return part(
        t("profile.agencies.title"),
        t("profile.agencies.line"),
        rx.cond(
            state.belongs.length() > 0,
            rx.el.ul(rx.foreach(state.belongs, _agency), class_name="flex flex-col"),
            rx.el.p(t("profile.agencies.none"), class_name="text-muted"),
        ),
    )


def _agency(one: ObjectVar[Belonging]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            link(one.name, to="/a/" + one.slug.to(str) + "/", class_name="font-medium"),
            rx.cond(
                one.role != "",
                rx.el.p(
                    role_words(one.role.to(str)), " · ", t("people.everywhere"),
                    class_name="text-sm text-muted",
                ),
                rx.el.ul(
                    rx.foreach(one.workspaces, _workspace), class_name="text-sm text-muted"
                ),
            ),
            class_name="min-w-0 grow",
        ),
        button(
            t("profile.leave"),
            class_name="btn-sm",
            on_click=ProfileState.ask_leave(one.slug.to(str), one.name.to(str)),
            custom_attrs=opens(_LEAVE),
            aria_label=t("profile.leave.title", agency=one.name),
        ),
        key=one.slug.to(str),
        class_name="belonging",
    )  # fmt: skip


def _workspace(held: ObjectVar[Inside]) -> rx.Component:
    return rx.el.li(role_words(held.role.to(str)), " · ", held.workspace)


def _end() -> rx.Component:
    state = ProfileState
    wrong = told_fault(state.faults["end"])
    return part(
        t("profile.end.title"),
        t("profile.end.line"),
        rx.el.div(
            button(t("profile.end.button"), custom_attrs=opens(_DELETE)), class_name="form-foot"
        ),
        dialog(
            rx.el.p(t("profile.end.ask"), class_name="mt-2 mb-4"),
            rx.el.form(
                text_field(
                    "end",
                    t("profile.password"),
                    error=wrong,
                    type="password",
                    auto_complete="current-password",
                ),
                rx.el.footer(
                    button(t("app.cancel"), custom_attrs=CLOSES),
                    button(t("profile.end.confirm"), kind="danger", type="submit"),
                    class_name="flex flex-wrap justify-end gap-2 mt-6",
                ),
                on_submit=state.delete,
            ),
            dialog_id=_DELETE,
            title=t("profile.end.title"),
            role="alertdialog",
        ),
    )
