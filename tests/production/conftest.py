"""Two agencies on an external PostgreSQL, served by two web processes over Redis."""

import os
from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from tests.support.folders import open_folder
from tests.support.house import Houses, two_houses
from tests.support.served import Served, served


def _address(name: str, user: str | None = None) -> str:
    parts = urlsplit(os.environ["CMHUB_TEST_OWNER_URL"])
    login, _, place = parts.netloc.rpartition("@")
    netloc = f"{user or login}@{place}"
    return parts._replace(netloc=netloc, path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def houses() -> Iterator[Houses]:
    name = f"cmhub_shape_{token_hex(4)}"
    with psycopg.connect(os.environ["CMHUB_TEST_OWNER_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        with open_folder() as folder:
            yield two_houses(
                folder,
                CMHUB_DATABASE_URL=_address(name, "cmhub_app"),
                CMHUB_OWNER_DATABASE_URL=_address(name),
                CMHUB_REDIS_URL=os.environ["CMHUB_TEST_REDIS_URL"],
                CMHUB_SECRET_KEYS=Fernet.generate_key().decode(),
            )
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def app(houses: Houses) -> Iterator[Served]:
    settings = houses.environment
    with served(
        "",
        workers=2,
        CMHUB_DATABASE_URL=settings["CMHUB_DATABASE_URL"],
        CMHUB_OWNER_DATABASE_URL=settings["CMHUB_OWNER_DATABASE_URL"],
        CMHUB_REDIS_URL=settings["CMHUB_REDIS_URL"],
        CMHUB_SECRET_KEYS=settings["CMHUB_SECRET_KEYS"],
    ) as one:
        yield one
