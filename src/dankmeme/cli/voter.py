"""Whoever judges memes at a terminal: the same voter each time."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from pathlib import Path

from dankmeme.errors import StorageError

_LENGTH = 32


def voter(home: Path, name: str | None) -> str:
    """Who judges: of a name always the same, else whoever uses this folder.

    Args:
        home: `DANK_HOME`; a name by chance is made and kept there.
        name: what somebody calls themselves; it is not kept, only what it comes to.

    Raises:
        StorageError: `bad-home`: nothing can be kept there.
    """
    if name is not None:
        return "t" + hashlib.sha256(name.strip().casefold().encode()).hexdigest()[: _LENGTH - 1]
    path = home / "voter"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError), path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_hex(_LENGTH // 2))
        found = path.read_text().strip()
    except OSError as error:
        raise StorageError("bad-home", f"{path} cannot be used: {error.strerror}") from None
    if not found.isalnum() or len(found) > _LENGTH:
        raise StorageError("bad-home", f"{path} does not hold the name of a voter; delete it for a new one")
    return found
