"""A look at everything CMHub needs, with a sentence for each fault."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from cmhub import crypto
from cmhub.config import settings
from cmhub.db import DatabaseAway, doors, refuse_powerful_role
from cmhub.errors import CMHubError
from cmhub.integrations.mail.smtp import smtp_server
from cmhub.models import GLOBAL_TABLES, Base
from cmhub.services.readiness import check_readiness

LEAST_SPACE = 1 << 30
"""Bytes that should be free where data is kept."""

_OPEN = sa.text(
    "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = 'public' and c.relkind = 'r' and not c.relrowsecurity"
)


@dataclass(slots=True)
class Health:
    """What was found, by name, and the sentences of what is wrong."""

    checks: dict[str, str | bool | int | None] = field(
        default_factory=dict[str, str | bool | int | None]
    )
    faults: list[str] = field(default_factory=list[str])

    def note(self, name: str, value: str | bool | int | None, fault: str = "") -> None:
        """Write down one check; ``fault`` is empty when all is well."""
        self.checks[name] = value
        if fault:
            self.faults.append(fault)


async def examine() -> Health:
    """Look at database, tenants' walls, keys, worker, mail, Redis and disk.

    What is merely not set is no fault.
    """
    found = Health()
    for check in (_database, _walls, _keys, _mail, _disk):
        await _run(check, found)
    found.note("redis", settings().redis_url is not None)
    return found


async def _run(check: Callable[[Health], Awaitable[None]], found: Health) -> None:
    try:
        await check(found)
    except (CMHubError, DatabaseAway) as fault:
        found.note(check.__name__.strip("_"), False, str(fault) or "The database does not answer.")


async def _database(found: Health) -> None:
    await refuse_powerful_role()
    found.note("role", "cmhub_app")
    ready = await check_readiness()
    found.note("database", ready.database, "" if ready.database else "The database is not there.")
    found.note(
        "migrations",
        ready.migrations,
        "" if ready.migrations else "The schema is not the newest: run cmhub migrate.",
    )
    found.note(
        "worker",
        ready.worker,
        "" if ready.worker else "No worker asked for jobs lately: start cmhub worker.",
    )


async def _walls(found: Health) -> None:
    """Row-level security stands on every table of tenants."""
    async with doors() as session:
        bare = set(await session.scalars(_OPEN))
    tenants = Base.metadata.tables.keys() - GLOBAL_TABLES
    naked = sorted(tenants & bare)
    found.note(
        "row_level_security",
        len(tenants) - len(naked),
        f"Tables without row-level security: {', '.join(naked)}." if naked else "",
    )


async def _keys(found: Health) -> None:
    crypto.master()
    found.note("keys", len(settings().secret_keys) or 1)


async def _mail(found: Health) -> None:
    address = settings().smtp_url
    if address is not None:
        smtp_server(address)
    found.note("mail", address is not None)


async def _disk(found: Health) -> None:
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    fault = f"Less than 1 GiB is free in {folder}." if free < LEAST_SPACE else ""
    found.note("disk_free_bytes", free, fault)
