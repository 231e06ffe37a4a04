"""The way out to the network, as the settings want it."""

from __future__ import annotations

from dankmeme.fetch import Fetcher
from dankmeme.settings import Settings


def make_fetcher(settings: Settings) -> Fetcher:
    """A fetcher for sources and pictures."""
    return Fetcher(seconds=settings.fetch_seconds, allow=settings.fetch_allow, per_second=settings.fetch_rate)
