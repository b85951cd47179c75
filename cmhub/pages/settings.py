"""The general settings of a workspace: names, languages, zone, logo, colour with its preview."""

from typing import Any

import reflex as rx
from reflex.vars import ObjectVar, Var

from cmhub.components.basics import button, skeleton_card, surface
from cmhub.components.brand import picked_picture, tile
from cmhub.components.form import check_box, field, select_field, text_field
from cmhub.components.icons import icon
from cmhub.components.parts import PlainForm
from cmhub.components.shell import page
from cmhub.components.text import said, t
from cmhub.components.ways import tabs
from cmhub.services.zones import Zone
from cmhub.state.base import SessionState
from cmhub.state.settings import CMHUB, Fault, SettingsState, ZoneGroup

_LOGO = SessionState.workspace_logo


def settings() -> rx.Component:
    """Show the general settings."""
    state = SettingsState
    return page(
        tabs("general"),
        rx.cond(
            state.loaded,
            rx.el.div(
                _logo(),
                rx.el.form(
                    _facts(),
                    _brand(),
                    rx.el.div(
                        button(t("settings.save"), kind="primary", type="submit"),
                        class_name="form-foot",
                    ),
                    key=state.version.to(str),
                    on_submit=state.save,
                    class_name="contents",
                ),
                class_name="document",
            ),
            rx.el.div(skeleton_card("h-20"), skeleton_card("h-64"), class_name="document"),
        ),
        here="settings",
        title=t("settings.title"),
        line=rx.cond(state.loaded, t("settings.line", client=state.client), ""),
        on_undo=state.undo,
    )


def told_fault(fault: Var[Any]) -> Var[str]:
    """The sentence of a field's fault; empty while there is none."""
    one = fault.to(Fault)
    return rx.cond(one.key != "", said(one.key, one.params), "").to(str)


def part(title: Var[str], line: Var[str], *content: Any) -> rx.Component:
    """A sheet of a settings page with its name and what it is for."""
    return surface(
        rx.el.div(
            rx.el.h2(title, class_name="text-base font-semibold"),
            rx.el.p(line, class_name="text-sm text-muted max-w-[62ch]"),
        ),
        *content,
        class_name="p-5 flex flex-col gap-4",
    )


def logo_part(
    name: Var[Any],
    logo: Var[str],
    fault: Var[Any],
    address: Var[str],
    on_remove: Any,
    line: Var[str],
) -> rx.Component:
    """Show a logo, take another one by a form of the browser's own, or remove it."""
    wrong = told_fault(fault)
    return part(
        t("settings.logo.title"),
        line,
        PlainForm.create(
            rx.el.p(t("settings.logo.hint"), id="logo-hint", class_name="text-sm text-muted"),
            picked_picture("logo", logo, name, t("settings.logo.file")),
            rx.el.p(
                rx.cond(wrong != "", icon("circle-alert"), rx.fragment()),
                wrong,
                id="logo-error",
                role="alert",
                class_name="flex items-center gap-1 text-sm text-error",
            ),
            rx.el.div(
                rx.el.button(
                    rx.cond(logo != "", t("settings.logo.replace"), t("settings.logo.upload")),
                    type="submit",
                    class_name="btn",
                ),
                rx.cond(
                    logo != "",
                    button(t("settings.logo.remove"), kind="quiet", on_click=on_remove),
                ),
                class_name="flex flex-wrap gap-2",
            ),
            action=address,
            method="post",
            enc_type="multipart/form-data",
            class_name="flex flex-col gap-2",
        ),
    )


def zone_field(
    zones: Var[Any], chosen: Var[str], error: Var[str], hint: Var[str] | str = ""
) -> rx.Component:
    """Choose a time zone among all, by part of the world."""
    return select_field(
        "time_zone",
        t("settings.time_zone"),
        rx.foreach(zones.to(list[ZoneGroup]), _zone_group),
        hint=hint,
        error=error,
        default_value=chosen,
    )


def _zone_group(group: ObjectVar[ZoneGroup]) -> rx.Component:
    return rx.el.optgroup(
        rx.foreach(group.zones, _zone), label=group.name.to(str), key=group.name.to(str)
    )


def _zone(zone: ObjectVar[Zone]) -> rx.Component:
    return rx.el.option(zone.label, value=zone.name.to(str), key=zone.name.to(str))


def _logo() -> rx.Component:
    state = SettingsState
    return logo_part(
        SessionState.workspace_name,
        _LOGO,
        state.logo_fault,
        SessionState.workspace_address + "/logo",
        state.remove_logo,
        t("settings.logo.line"),
    )


def _facts() -> rx.Component:
    state = SettingsState
    return part(
        t("settings.facts.title"),
        t("settings.facts.line"),
        text_field(
            "name",
            t("settings.name"),
            error=told_fault(state.faults["name"]),
            default_value=state.name,
            max_length=120,
            auto_complete="off",
        ),
        text_field(
            "client",
            t("settings.client"),
            error=told_fault(state.faults["client"]),
            default_value=state.client,
            max_length=120,
            auto_complete="off",
        ),
        _languages(),
        zone_field(
            state.zones,
            state.time_zone,
            told_fault(state.faults["time_zone"]),
            t("settings.time_zone.hint"),
        ),
    )


def _languages() -> rx.Component:
    state = SettingsState
    wrong = told_fault(state.faults["languages"])
    return rx.el.fieldset(
        rx.el.legend(t("settings.languages"), class_name="font-medium"),
        rx.el.p(t("settings.languages.hint"), class_name="text-sm text-muted"),
        check_box("language-fr", t("app.language.fr"), default_checked=state.french),
        check_box("language-en", t("app.language.en"), default_checked=state.english),
        rx.cond(
            wrong != "",
            rx.el.p(
                icon("circle-alert"),
                wrong,
                role="alert",
                class_name="flex items-center gap-1 text-sm text-error",
            ),
        ),
        class_name="field",
    )


def _brand() -> rx.Component:
    state = SettingsState
    control = rx.el.div(
        rx.el.input(
            type="color",
            key=state.picked.to(str),
            default_value=state.picker,
            on_change=state.pick_colour.debounce(150),
            aria_label=t("settings.brand.pick"),
            class_name="colour",
        ),
        rx.el.input(
            id="brand",
            name="brand",
            key=state.written.to(str),
            default_value=state.brand,
            on_change=state.write_colour.debounce(250),
            placeholder=CMHUB,
            max_length=9,
            spell_check=False,
            auto_complete="off",
            aria_describedby="brand-hint brand-error",
            class_name="input w-32",
        ),
        rx.cond(
            state.brand != "",
            button(t("settings.brand.none"), kind="quiet", on_click=state.use_colour("")),
        ),
        class_name="flex flex-wrap items-center gap-2",
    )
    return part(
        t("settings.brand.title"),
        t("settings.brand.line"),
        field(
            "brand",
            t("settings.brand.label"),
            control,
            hint=t("settings.brand.hint"),
            error=rx.cond(state.poor, "", told_fault(state.faults["brand"])).to(str),
        ),
        rx.cond(state.poor, _poor()),
        rx.el.div(
            _sample(
                "cmhub", t("app.theme.light"), state.preview.light, state.preview.light_content
            ),
            _sample(
                "cmhub-dark", t("app.theme.dark"), state.preview.dark, state.preview.dark_content
            ),
            class_name="grid gap-3 sm:grid-cols-2",
        ),
    )


def _poor() -> rx.Component:
    state = SettingsState
    return rx.el.div(
        icon("circle-alert", class_name="mt-0.5 shrink-0"),
        rx.el.div(
            rx.el.p(t("settings.brand.poor", colour=state.picker, ratio=state.ratio)),
            rx.el.div(
                rx.el.span(class_name="swatch", style={"background": state.shade}),
                button(
                    t("settings.brand.use", shade=state.shade),
                    class_name="btn-sm",
                    on_click=state.use_colour(state.shade),
                ),
                class_name="flex items-center gap-2 mt-2",
            ),
        ),
        role="status",
        class_name="fault",
    )


def _sample(theme: str, name: Var[str], colour: Var[Any], content: Var[Any]) -> rx.Component:
    """A piece of the menu and a button as they look in a theme with the colour."""
    return rx.el.figure(
        rx.el.figcaption(name, class_name="text-xs text-muted"),
        rx.el.div(
            tile(SessionState.workspace_name, _LOGO),
            rx.el.span(SessionState.workspace_name, class_name="truncate font-semibold"),
            class_name="flex items-center gap-3 min-w-0 ps-1",
        ),
        rx.el.span(
            icon("inbox"),
            t("settings.brand.sample.way"),
            custom_attrs={"aria-current": "page"},
            class_name="way",
        ),
        rx.el.span(
            t("settings.brand.sample.button"), class_name="btn btn-primary btn-sm self-start"
        ),
        custom_attrs={"data-theme": theme},
        style={"--color-primary": colour, "--color-primary-content": content},
        class_name="sample",
    )
