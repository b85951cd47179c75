"""Whether what CMHub needs is there."""

from dataclasses import dataclass
from functools import cache

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cmhub.db import doors
from cmhub.migrate import alembic_config


@dataclass(frozen=True, slots=True)
class Readiness:
    """What answers; ``migrations`` is whether the schema is the newest."""

    database: bool
    migrations: bool

    @property
    def ready(self) -> bool:
        """Whether requests can be served."""
        return self.database and self.migrations


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


async def check_readiness() -> Readiness:
    """Ask the database, and which revision it is at."""
    try:
        async with doors() as session:
            current = await session.scalar(text("select version_num from alembic_version"))
    except DBAPIError as error:
        return Readiness(
            database=not error.connection_invalidated and _answered(error), migrations=False
        )
    except OSError:
        return Readiness(database=False, migrations=False)
    return Readiness(database=True, migrations=current == _head())


def _answered(error: DBAPIError) -> bool:
    """Whether it was the database that refused: then it runs, without our schema."""
    return getattr(error.orig, "sqlstate", None) is not None
