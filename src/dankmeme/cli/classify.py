"""`dank classify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dankmeme.models.classifier import Classification, Failure

PROGRESS_FROM = 4
"""From this many inputs on a progress bar is shown."""


def classify(
    inputs: Annotated[list[str], typer.Argument(metavar="PATH_OR_URL...", help="Files, folders, URLs, or - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")] = False,
    model: Annotated[str, typer.Option(help="Whose forecast: verdict, cnn or automl.")] = "verdict",
    captions: Annotated[bool, typer.Option(help="Read captions (slower, better).")] = True,
    bundle: Annotated[Path | None, typer.Option(help="Folder of a model bundle instead of the one that ships.")] = None,
) -> None:
    """Say how dank memes are: a verdict with its interval, or "can't tell".

    Exits with 0 if every input got its verdict, 1 if some did not (each is named), 2 on wrong usage.
    """
    from dankmeme.errors import BundleError
    from dankmeme.settings import settings

    names = ("verdict", "cnn", "automl")
    if model not in names:
        raise typer.BadParameter(f"{model!r} is none of {', '.join(names)}", param_hint="--model")
    if model == "automl" and not captions:
        raise typer.BadParameter("the automl model needs captions", param_hint="--no-captions")
    try:
        failed = _run(inputs, as_json, model, captions and settings().captions, bundle or settings().bundle)
    except BundleError as error:
        typer.echo(f"dank: {error.message}", err=True)
        raise typer.Exit(2) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(1) from None
    raise typer.Exit(1 if failed else 0)


def _run(named: list[str], as_json: bool, model: str, captions: bool, bundle: Path | None) -> bool:
    """Classify and print; whether any input failed."""
    import threading

    from dankmeme.cli.inputs import expanded
    from dankmeme.cli.show import Printer, progress
    from dankmeme.fetch import BlockingFetcher
    from dankmeme.models.classifier import Classifier, Failure
    from dankmeme.settings import settings

    with Classifier(bundle, captions=captions and model != "cnn") as classifier:
        threading.Thread(target=classifier.warm, daemon=True).start()
        fetcher = BlockingFetcher(seconds=settings().fetch_seconds, private=settings().fetch_private)
        sources = list(expanded(named, fetcher.fetch))
        if not sources:
            typer.echo("dank: there is no picture in " + ", ".join(named), err=True)
            return True
        printer = Printer(as_json)
        failed = False
        with progress(len(sources), shown=len(sources) >= PROGRESS_FROM) as advance:
            result: Classification | Failure
            for result in classifier.classify_many(sources, model=model):  # type: ignore[arg-type]
                printer.show(result)
                failed |= isinstance(result, Failure)
                advance()
        printer.finish()
        fetcher.close()
    return failed
