"""Simulated networks lead to the sandbox of one's own machine, and nowhere else."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SANDBOX = r"^https?://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?/sandbox/"


def upgrade() -> None:
    op.create_check_constraint(
        op.f("connection_simulated_check"),
        "connection",
        f"not starts_with(network, 'simulated_') or address ~ '{SANDBOX}'",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("connection_simulated_check"), "connection")
