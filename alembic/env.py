"""Runs the migrations on the connection that ``cmhub.migrate`` gives."""

from alembic import context

from cmhub.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
