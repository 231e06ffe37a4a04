"""`dank doctor`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.saying import say

if TYPE_CHECKING:
    from dankmeme.pipeline.checkup import Finding
    from dankmeme.settings import Settings

_SIGNS = {"well": "✓", "note": "!", "fault": "✗"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, as it is found.")] = False,
) -> None:
    """Check that this installation works, and say how to mend what does not.

    Settings, machine, disks, model bundle (with a picture of its own, decoded and read), database, buckets, registered
    models, queues, processes, and the credentials of sources.
    """
    import dankmeme
    from dankmeme.errors import DankError
    from dankmeme.settings import settings

    if not as_json:
        say(f"dank {dankmeme.__version__} on Python {platform.python_version()}, {platform.machine()}")
    try:
        chosen = settings()
    except DankError as error:
        say(f"  ✗ settings: {error.message}")
        raise typer.Exit(1) from None
    well = True
    for found in _findings(chosen):
        well = well and found.state != "fault"
        if as_json:
            typer.echo(json.dumps(asdict(found)))
        else:
            say(f"  {_SIGNS[found.state]} {found.name}: {found.detail}")
            if found.mend:
                say(f"      → {found.mend}")
    raise typer.Exit(0 if well else 1)


def _findings(chosen: Settings) -> Iterator[Finding]:
    from dankmeme.pipeline.checkup import checkup

    yield from _of_the_bundle(chosen)
    yield from checkup(chosen, os.environ)


def _of_the_bundle(chosen: Settings) -> Iterator[Finding]:
    """Whether the bundle that answers is whole, and says of its own picture what training said."""
    from dankmeme.errors import DankError
    from dankmeme.models.active import chosen_bundle
    from dankmeme.models.selftest import selftest
    from dankmeme.pipeline.checkup import Finding

    mend = "install the package anew, or name another bundle: DANK_BUNDLE, dank models rollback"
    try:
        checks = selftest(chosen_bundle(chosen))
    except DankError as error:
        yield Finding("model bundle", "fault", error.message, mend)
        return
    for check in checks:
        yield Finding(check.name, "well" if check.passed else "fault", check.detail, "" if check.passed else mend)
