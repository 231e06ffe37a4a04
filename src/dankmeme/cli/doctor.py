"""`dank doctor`."""

from __future__ import annotations

import platform

import typer


def doctor() -> None:
    """Check that this installation works: versions, model bundle, workers, captions."""
    import dankmeme
    from dankmeme.errors import DankError
    from dankmeme.models.selftest import selftest
    from dankmeme.settings import settings

    typer.echo(f"dank {dankmeme.__version__} on Python {platform.python_version()}, {platform.machine()}")
    try:
        checks = selftest(settings().bundle)
    except DankError as error:
        typer.echo(f"  ✗ {error.message}")
        raise typer.Exit(1) from None
    for check in checks:
        typer.echo(f"  {'✓' if check.passed else '✗'} {check.name}: {check.detail}")
    raise typer.Exit(0 if all(check.passed for check in checks) else 1)
