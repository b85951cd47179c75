"""Settings from the environment. No other module reads the environment."""

import os
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cmhub.errors import WrongSetting

PROJECT = Path(__file__).resolve().parent.parent
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")


class Settings(BaseSettings):
    """What a host may set; every field is a row of the README's table."""

    model_config = SettingsConfigDict(env_prefix="CMHUB_", env_file=None, extra="ignore")

    database_url: str | None = None
    owner_database_url: str | None = None
    redis_url: str | None = None
    base_url: str = "http://localhost:8000"
    secret_keys: Annotated[list[str], NoDecode] = Field(default_factory=list[str])
    data_dir: Path = PROJECT / ".data"
    storage_url: str | None = None
    smtp_url: str | None = None
    mail_from: str = "CMHub <no-reply@localhost>"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    design_page: bool = False
    publisher: str = ""
    publisher_contact: str = ""
    hosted_by: str = ""
    metrics_token: str | None = None
    otlp_url: str | None = None
    trusted_proxies: Annotated[list[str], NoDecode] = Field(default_factory=list[str])
    allowed_addresses: Annotated[list[str], NoDecode] = Field(default_factory=list[str])

    @field_validator("secret_keys", "allowed_addresses", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("otlp_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        return value

    @field_validator("base_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("storage_url")
    @classmethod
    def _is_bucket(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
            raise ValueError("it must be s3://bucket/prefix, credentials apart")
        return value

    @property
    def embedded(self) -> bool:
        """Whether the database is the one that CMHub runs itself."""
        return self.database_url is None

    @property
    def local(self) -> bool:
        """Whether this is an installation on one's own machine, for nobody else."""
        host = urlsplit(self.base_url).hostname or ""
        return self.embedded and _LOOPBACK.fullmatch(host) is not None

    @property
    def watched(self) -> bool:
        """Whether anybody may ask for figures of the processes, or gets their spans."""
        return self.local or self.metrics_token is not None or self.otlp_url is not None

    @property
    def reachable(self) -> list[str]:
        """Private addresses that outgoing requests may reach; on one's own machine also our own.

        There the network of the demo is a part of this application.
        """
        own = [urlsplit(self.base_url).netloc] if self.local else []
        return [*self.allowed_addresses, *own]

    @property
    def session_cookie(self) -> str:
        """The name of the session's cookie; with TLS one that browsers bind to host and TLS."""
        return "__Host-cmhub_session" if self.secure else "cmhub_session"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by TLS, so that cookies may demand it."""
        return self.base_url.startswith("https://")


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        WrongSetting: a value cannot be used; the sentence names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "CMHUB_" + "_".join(str(part) for part in first["loc"]).upper()
        raise WrongSetting(setting=name, reason=str(first["msg"])) from None


def shared_figures() -> Path | None:
    """Where the processes of one installation keep their figures together, if they do."""
    found = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(found) if found else None


def export_environment(values: dict[str, str]) -> None:
    """Set variables that Reflex and child processes read from the environment."""
    os.environ.update(values)
