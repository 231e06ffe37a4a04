"""What `--help` says of every command, held against the command itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
import typer
from typer.testing import CliRunner

from dankmeme.cli import app

WIDE = {"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"}


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


ALL = dict(commands(typer.main.get_command(app)))


def help_of(path: tuple[str, ...]) -> str:
    run = CliRunner().invoke(app, [*path, "--help"], env=WIDE)
    assert run.exit_code == 0, run.output
    return run.output


def test_there_are_the_commands_that_were_promised() -> None:
    names = {" ".join(path) for path in ALL}
    assert names >= {
        "classify",
        "serve",
        "worker",
        "scrape",
        "ingest",
        "failures",
        "retry",
        "export",
        "doctor",
        *(f"queue {name}" for name in ("list", "pause", "resume")),
        *(f"schedule {name}" for name in ("list", "add", "pause", "resume", "remove", "run")),
        *(f"bank {name}" for name in ("list", "add", "import", "remove")),
        *(f"duplicates {name}" for name in ("list", "apart")),
        *(f"delete {name}" for name in ("post", "image")),
    }


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_help_of_a_command_is_complete(path: tuple[str, ...]) -> None:
    said, command = help_of(path), ALL[path]
    summary = (command.help or "").split("\n")[0]
    assert summary
    assert summary.replace("`", "") in said.replace("`", "")
    for each in command.params:
        if each.name == "help":
            continue
        explained = getattr(each, "help", None)
        assert explained, f"{each.name} is not explained"
        assert explained in re.sub(r"\s+", " ", said)
        for name in each.opts if each.param_type_name == "option" else []:
            assert name in said
    for name in getattr(command, "commands", {}):
        assert name in said


@pytest.mark.parametrize("path", [path for path, command in ALL.items() if hasattr(command, "commands")], ids=" ".join)
def test_a_group_of_commands_alone_shows_its_help(path: tuple[str, ...]) -> None:
    run = CliRunner().invoke(app, list(path), env=WIDE)
    assert run.exit_code == 2 or run.exit_code == 0
    assert "Usage:" in run.output
