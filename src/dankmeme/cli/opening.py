"""What the commands that train and measure have at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dankmeme.cli.saying import say
from dankmeme.cli.steps import steps

if TYPE_CHECKING:
    from dankmeme.training.workshop import Workshop


@contextmanager
def open_workshop(threads: int | None) -> Iterator[Workshop]:
    """A workshop below `DANK_HOME`, with progress on standard error.

    Raises:
        TrainingError: `no-training-library`.
    """
    from dankmeme.settings import settings
    from dankmeme.training import workshop

    with steps() as told:
        with workshop.open_workshop(settings().home, told, lambda text: say(text, error=True), threads) as opened:
            yield opened
