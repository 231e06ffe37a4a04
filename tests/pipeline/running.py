"""`dank` as a person runs it, in a home of its own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dankmeme.storage.bucket import Bucket
from dankmeme.storage.database import Database
from tests.faults.processes import Command, environment


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Home:
    """Where everything is kept, and the settings."""

    path: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        quick = {"home": str(self.path), "decode_workers": "1", "tries": "2", "retry_seconds": "0.2"}
        return environment(**quick | self.settings) | {"COLUMNS": "100", "NO_COLOR": "1"}

    def dank(self, *arguments: str | Path, code: int = 0) -> Ran:
        """Run a command to its end; it must end with this code and never with a traceback."""
        with self.start(*map(str, arguments)) as run:
            ran = Ran(run.wait(60), run.stdout, run.stderr)
        said = f"{arguments} ended with {ran.code}:\n{ran.out}{ran.err}"
        assert ran.code == code, said
        assert "Traceback" not in ran.err, said
        return ran

    def start(self, *arguments: str) -> Command:
        """Start a command."""
        return Command(arguments, self.environment)

    def database(self) -> Database:
        return Database(self.settings.get("database_url", f"sqlite:///{self.path / 'dank.db'}"))

    def bucket(self) -> Bucket:
        return Bucket(str(self.path / "bucket"))

    def copy(self, to: Path, **settings: str) -> Home:
        """A home with the same in it; where it is changed, this one stays as it is."""
        shutil.copytree(self.path, to)
        return Home(to, self.settings | settings)
