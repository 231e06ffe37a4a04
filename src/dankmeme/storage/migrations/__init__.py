"""How the schema came to be: Alembic migrations, run by the app itself."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from dankmeme.errors import StorageError


def upgrade(connection: sa.Connection) -> None:
    """Run the migrations that are missing, in the transaction of this connection.

    Raises:
        StorageError: `bad-database`, if the database was made by a newer version.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError("bad-database", f"the database was made by a newer version ({error})") from None
