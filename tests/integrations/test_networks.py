"""What every network promises: faults and capabilities are told in every language."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmhub.integrations import networks
from cmhub.integrations.networks.base import Network, OutcomeUnknown, Verb
from cmhub.locales import LANGUAGES, catalogue

FAULTS = {"Retry", "ReauthoriseNeeded", "NotAllowed", "Gone", "Invalid", "OutcomeUnknown"}
FOLDER = Path(networks.__file__).parent


def codes() -> Iterator[str]:
    """Yield the codes of every fault raised in the code, those of the defaults included."""
    yield from ("busy", "reauthorise", "not_allowed", "gone", OutcomeUnknown().code)
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from _codes_of(node, node.func.id)


def _codes_of(call: ast.Call, name: str) -> Iterator[str]:
    if name not in FAULTS:
        return
    at = 1 if name in {"Retry", "NotAllowed"} else 0
    for argument in call.args[at : at + 1]:
        for part in ast.walk(argument):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def test_every_fault_has_a_sentence() -> None:
    for language in LANGUAGES:
        told = {key for key in catalogue(language) if key.startswith("fault.")}
        missing = {code for code in codes() if f"fault.{code}" not in told}
        assert missing <= {"power_"}, language


@pytest.mark.parametrize("scope", ["write", "delete", "mute", "ban", "unban"])
def test_every_missing_power_has_a_sentence(scope: str) -> None:
    for language in LANGUAGES:
        assert f"fault.power_{scope}" in catalogue(language)


@pytest.mark.parametrize("name", [*networks.network_names(), *networks.simulated_names()])
def test_a_network_says_of_every_verb_whether_it_can(name: str) -> None:
    found: Network = networks.network(name)
    assert found.name == name
    assert set(found.capabilities) == set(Verb)
    for capability in found.capabilities.values():
        assert (capability.reason is None) == (capability.state == "yes")
        for language in LANGUAGES:
            assert capability.reason is None or capability.reason in catalogue(language)
