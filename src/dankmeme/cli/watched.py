"""What long-running commands have in common: how they log, and where their spans go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dankmeme.settings import Settings


@contextmanager
def watched(settings: Settings, role: str) -> Iterator[None]:
    """Log and trace in here as the settings say.

    Args:
        settings: of this process.
        role: `serve` or `worker`.

    Raises:
        SettingError: `bad-setting`, where spans are wanted and what that takes is not installed.
    """
    from dankmeme import logs, traces

    logs.set_up(settings.log_format, settings.log_level)
    if settings.traces_url is None:
        yield
        return
    end = traces.set_up(settings.traces_url, role)
    try:
        yield
    finally:
        end()
