"""`dank classify`."""

from __future__ import annotations

import sys
import threading
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from dankmeme.cli.bundles import folder_of
from dankmeme.cli.saying import say, wrong

if TYPE_CHECKING:
    from dankmeme.fetch import BlockingFetcher
    from dankmeme.models.bundle import Bundle, ModelName
    from dankmeme.models.context import Posting


class Model(StrEnum):
    """Whose forecast the verdict is."""

    verdict = "verdict"
    cnn = "cnn"
    automl = "automl"


PROGRESS_FROM = 4
"""From this many inputs on a progress bar is shown."""


def classify(
    inputs: Annotated[
        list[str], typer.Argument(metavar="PATH_OR_URL...", help="Files, folders, URLs, or - for stdin.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")] = False,
    model: Annotated[Model, typer.Option(help="Whose forecast is the verdict; cnn reads no captions.")] = Model.verdict,
    captions: Annotated[bool, typer.Option(help="Read captions: slower, better.")] = True,
    bundle: Annotated[Path | None, typer.Option(help="Folder of a model bundle instead of the active one.")] = None,
    title: Annotated[
        str | None, typer.Option(help="Title of the post: what the bundle's context model says of it stands beside.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it is posted, such as 2026-11-23 18:00; UTC. Likewise.")
    ] = None,
) -> None:
    """Say how dank memes are: a verdict with its interval, or "can't tell".

    Exits with 0 if every input got its verdict, 1 if some did not (each is named), 2 on wrong usage.
    """
    from dankmeme.errors import DankError
    from dankmeme.models.active import chosen_bundle
    from dankmeme.models.context import Posting
    from dankmeme.settings import settings

    if "" in inputs:
        raise wrong("an input is empty", hint="PATH_OR_URL")
    if model == Model.automl and not captions:
        raise wrong("the automl model needs captions", hint="--no-captions")
    posting = Posting(title, _moment(at))
    try:
        read = captions and settings().captions
        failed = _run(inputs, as_json, model.value, read, bundle or chosen_bundle(settings()), posting)
    except DankError as error:
        say(f"dank: {error.message}", error=True)
        raise typer.Exit(2) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(1) from None
    raise typer.Exit(1 if failed else 0)


def _moment(text: str | None) -> float | None:
    from dankmeme.errors import DankError
    from dankmeme.models.context import moment_of

    try:
        return None if text is None else moment_of(text)
    except DankError as error:
        raise wrong(error.message, hint="--at") from None


def _run(
    named: list[str], as_json: bool, model: ModelName, captions: bool, bundle: Path | None, posting: Posting
) -> bool:
    """Classify and print; whether any input failed."""
    from dankmeme.cli.inputs import expanded
    from dankmeme.models.classifier import Classifier, Failure

    urls = _Urls()
    sources = list(expanded(named, urls.fetch))
    processes = 1 if len(sources) == 1 else None
    read = captions and model != "cnn"
    chosen = folder_of(bundle) if bundle is not None else None
    with Classifier(chosen, captions=read, workers=processes, readers=processes) as classifier, urls:
        threading.Thread(target=classifier.warm, daemon=True).start()  # while the imports below go on
        from dankmeme.cli.show import Printer, progress

        _note_unused(posting, classifier.bundle)
        printer = Printer(as_json)
        failed = False
        with progress(len(sources), shown=len(sources) >= PROGRESS_FROM) as advance:
            for result in classifier.classify_many(
                sources, model=model, title=posting.title, posted_utc=posting.posted_utc
            ):
                printer.show(result)
                failed |= isinstance(result, Failure)
                advance()
        printer.finish()
    return failed


def _note_unused(posting: Posting, bundle: Bundle) -> None:
    """Say so where a title or a time is given and nothing comes of it."""
    from dankmeme.models.context import UNTOLD

    reads = bundle.manifest.context
    if posting != UNTOLD and not (reads and posting.tells(reads)):
        wanted = f"reads {' and '.join(reads)}, and not all of it is given" if reads else "reads no title and no clock"
        say(f"{bundle.version} {wanted}: title and time change nothing", error=True)


class _Urls:
    """Fetches URLs; the network code is loaded when the first one comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fetcher: BlockingFetcher | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._fetcher is not None:
            self._fetcher.close()

    def fetch(self, url: str) -> bytes:
        """The bytes behind a URL."""
        with self._lock:
            if self._fetcher is None:
                from dankmeme.fetch import BlockingFetcher
                from dankmeme.settings import settings

                given = settings()
                self._fetcher = BlockingFetcher(
                    seconds=given.fetch_seconds, allow=given.fetch_allow, per_second=given.fetch_rate
                )
        return self._fetcher.fetch(url)
