"""Run a file of plain SQL inside a step's transaction."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from alembic import op

if TYPE_CHECKING:
    import asyncpg


def run(name: str) -> None:
    """Execute `sql/<name>` as it is: many statements, dollar-quoted bodies included."""
    text = (resources.files("migrations") / "sql" / name).read_text(encoding="utf-8")

    async def execute(driver: asyncpg.Connection) -> None:
        await driver.execute(text)

    bind = op.get_bind()
    bind.exec_driver_sql("SELECT 1")  # the driver opens the transaction at the first statement
    bind.connection.dbapi_connection.run_async(execute)  # type: ignore[union-attr]  # set while connected
