"""What can go wrong and is expected: each with a code and a sentence for the user.

The sentence is the text ``error.<code>`` of the locales, filled with ``params``.
"""

from typing import ClassVar


class CMHubError(Exception):
    """An expected failure, told to the user in their language."""

    code: ClassVar[str] = "unforeseen"

    def __init__(self, **params: str | int) -> None:
        super().__init__(self.code, params)
        self.params = params

    @property
    def key(self) -> str:
        """The text that tells it."""
        return f"error.{self.code}"

    def __str__(self) -> str:
        from cmhub.locales import text

        return text(self.key, "en", **self.params)


class NotFound(CMHubError):
    """There is no such thing in the scope of the actor."""

    code = "not_found"


class Forbidden(CMHubError):
    """The actor's role does not allow it; ``permission`` names what was asked."""

    code = "forbidden"

    def __init__(self, permission: str) -> None:
        super().__init__(permission=permission)

    @property
    def key(self) -> str:
        """Every permission has its own sentence."""
        return f"denied.{str(self.params['permission']).replace(':', '.')}"


class SignedOut(CMHubError):
    """Nobody is signed in, or the session has ended."""

    code = "signed_out"


class Invalid(CMHubError):
    """A value cannot be used; ``reason`` is the rest of the text's key."""

    code = "invalid"

    def __init__(self, reason: str, **params: str | int) -> None:
        super().__init__(reason=reason, **params)

    @property
    def key(self) -> str:
        """Every reason has its own sentence."""
        return f"error.invalid.{self.params['reason']}"


class Conflict(CMHubError):
    """The thing changed meanwhile; ``reason`` is the rest of the text's key."""

    code = "conflict"

    def __init__(self, reason: str, **params: str | int) -> None:
        super().__init__(reason=reason, **params)

    @property
    def key(self) -> str:
        """Every reason has its own sentence."""
        return f"error.conflict.{self.params['reason']}"


class TooMany(CMHubError):
    """Too many attempts; ``seconds`` until the next one is heard."""

    code = "too_many"


class WrongSetting(CMHubError):
    """A setting of the environment cannot be used."""

    code = "wrong_setting"


class WrongRole(CMHubError):
    """The process would run with a database role that can see every agency."""

    code = "wrong_role"


class NotReady(CMHubError):
    """Something CMHub needs does not run or is not up to date."""

    code = "not_ready"

    def __init__(self, reason: str, **params: str | int) -> None:
        super().__init__(reason=reason, **params)

    @property
    def key(self) -> str:
        """Every reason has its own sentence."""
        return f"error.not_ready.{self.params['reason']}"
