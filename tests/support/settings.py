"""Another setting for one test, the way a host would set it."""

from typing import Protocol


class SetVariable(Protocol):
    """Sets a variable of the environment until the test ends."""

    def __call__(self, name: str, value: str) -> None: ...
