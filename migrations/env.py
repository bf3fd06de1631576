"""What alembic runs: the pending steps, each in a transaction of its own.

The connection is handed over by `service.store.migrate`; there is no configuration file.
"""

from __future__ import annotations

from alembic import context


def apply() -> None:
    """Run the steps on the connection that was handed over."""
    handed = context.config.attributes
    context.configure(
        connection=handed["connection"],
        transaction_per_migration=True,
        on_version_apply=handed["on_version_apply"],
    )
    with context.begin_transaction():
        context.run_migrations()


apply()
