"""The agency's settings: its name and logo, and what new workspaces begin with."""

import reflex as rx

from cmhub.components.basics import button, skeleton_card
from cmhub.components.form import select_field, text_field
from cmhub.components.shell import page
from cmhub.components.text import t
from cmhub.pages.settings import logo_part, part, told_fault, zone_field
from cmhub.state.agency_settings import AgencySettingsState
from cmhub.state.base import SessionState


def agency_settings() -> rx.Component:
    """Show the agency's settings."""
    state = AgencySettingsState
    return page(
        rx.cond(
            state.loaded,
            rx.el.div(
                logo_part(
                    SessionState.agency_name,
                    SessionState.agency_logo,
                    state.logo_fault,
                    SessionState.agency_address + "/logo",
                    state.remove_logo,
                    t("settings.agency.logo.line"),
                ),
                rx.el.form(
                    _name(),
                    _beginnings(),
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
            rx.el.div(skeleton_card("h-20"), skeleton_card("h-40"), class_name="document"),
        ),
        frame="agency",
        here="agency_settings",
        title=t("settings.agency.title"),
        line=rx.cond(state.loaded, state.name, ""),
        on_undo=state.undo,
    )


def _name() -> rx.Component:
    state = AgencySettingsState
    return part(
        t("settings.agency.name.title"),
        t("settings.agency.name.line"),
        text_field(
            "name",
            t("settings.agency.name"),
            error=told_fault(state.faults["name"]),
            default_value=state.name,
            max_length=120,
            auto_complete="off",
        ),
    )


def _beginnings() -> rx.Component:
    state = AgencySettingsState
    return part(
        t("settings.agency.new.title"),
        t("settings.agency.new.line"),
        select_field(
            "language",
            t("settings.agency.language"),
            [("fr", t("app.language.fr")), ("en", t("app.language.en"))],
            error=told_fault(state.faults["language"]),
            default_value=state.language,
        ),
        zone_field(
            state.zones,
            state.time_zone,
            told_fault(state.faults["time_zone"]),
        ),
    )
