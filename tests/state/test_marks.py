"""Every remote endpoint says who may call it."""

import pytest
from reflex.state import BaseState, State
from reflex_base.registry import RegistrationContext

import cmhub.cmhub
from cmhub.state.gate import _OPENING
from cmhub.state.marks import mark_of
from tests.support.unmarked import UnmarkedState


def _states(kind: type[BaseState]) -> list[type[BaseState]]:
    return [kind, *(found for each in kind.get_substates() for found in _states(each))]


def _unmarked() -> set[str]:
    return {
        name
        for name, found in RegistrationContext.get().event_handlers.items()
        if mark_of(found.handler.fn) is None
    }


def test_every_handler_of_ours_has_a_mark() -> None:
    ours = {name for name in _unmarked() if ".cmhub___" in name and not name.endswith(".setvar")}
    assert ours == set(), "mark them @public, @signed_in or @requires, or begin their names with _"


def test_it_would_find_one_without() -> None:
    assert f"{UnmarkedState.get_full_name()}.helper" in _unmarked()


def test_only_what_opens_a_page_passes_without_a_mark() -> None:
    assert {name.rsplit(".", 1)[1] for name in _OPENING} == {
        "hydrate",
        "hydrate_and_load",
        "set_is_hydrated",
        "on_load_internal",
    }


def test_no_state_keeps_anything_in_the_browser() -> None:
    for state in _states(State):
        kept = [name for name in state.get_fields() if state._is_client_storage(name)]
        assert kept == [], state


@pytest.mark.parametrize("name", ["app"])
def test_the_gate_stands_before_every_event(name: str) -> None:
    middlewares = getattr(cmhub.cmhub, name)._middlewares
    assert [type(each).__name__ for each in middlewares] == ["Gate"]
