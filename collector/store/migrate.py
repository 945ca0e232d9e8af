"""Brings a database to this version's schema when the program starts; numbered steps are in ``migrations/versions``."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text

from collector.store.errors import StoreTooNew

HEAD = "0008"
"""The schema that this version's code is written for."""


def upgrade(connection: Connection, revision: str = HEAD) -> bool:
    """Bring the schema to ``revision`` inside the caller's transaction; tell whether anything had to be done.

    ``StoreTooNew`` when the database names a revision that this version does not have.
    """
    if _current(connection) == revision:
        return False
    try:
        command.upgrade(_config(connection), revision)
    except CommandError as error:
        raise StoreTooNew(str(error)) from error
    return True


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Take the schema back to ``revision``, losing what only newer ones can hold."""
    command.downgrade(_config(connection), revision)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
