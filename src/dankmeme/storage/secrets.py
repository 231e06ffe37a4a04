"""Keys that all processes share, made by the first that needs one."""

from __future__ import annotations

import secrets as chance

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import secrets


def key(database: Database, name: str) -> bytes:
    """The key of this name, 32 bytes."""
    query = sa.select(secrets.c.value).where(secrets.c.name == name)
    with database.write() as connection:
        database.add_missing(connection, secrets, [{"name": name, "value": chance.token_hex(32)}])
        return bytes.fromhex(connection.scalar(query) or "")
