"""What a title and the time of posting add: a forecast that stands beside the verdict and never changes it.

A bundle may have a context model. It reads the verdict's raw score, the score of a head over the title's words, and the
clock. What it says is about one posting, where the verdict is about the meme.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import DankError
from dankmeme.models.bundle import Reading
from dankmeme.models.scoring import Floats, caption_scores

READINGS: tuple[Reading, ...] = get_args(Reading)
"""All that a context model may read, in the order of its columns."""
DAY, WEEK = 86_400.0, 604_800.0
CLOCK_COLUMNS = 6


@dataclass(frozen=True)
class Posting:
    """How a meme is posted, as far as it is known.

    Attributes:
        title: of the post.
        posted_utc: seconds since 1970, UTC.
    """

    title: str | None = None
    posted_utc: float | None = None

    def tells(self, reads: Sequence[Reading]) -> bool:
        """Whether all is known that a context model reads; a title without a letter or a sign is none."""
        known = {
            "title": self.title is not None and bool(self.title.strip()),
            "clock": self.posted_utc is not None and math.isfinite(self.posted_utc),
        }
        return all(known[reading] for reading in reads)


UNTOLD = Posting()
"""Nothing is known of it."""


def context_features(
    odds: NDArray[np.float64], postings: Sequence[Posting], reads: Sequence[Reading], titles: Any
) -> Floats:
    """What a context model looks at: one code path for training and serving.

    Args:
        odds: the verdict's raw scores `[n]`, log odds.
        postings: `[n]`, each telling what is read.
        reads: by the model.
        titles: session of the title head; None where titles are not read.

    Returns:
        float32 `[n, d]`: the raw score, the title's score, hour and weekday as in `circles`.
    """
    columns: list[NDArray[np.floating]] = [np.asarray(odds, dtype=np.float64)[:, None]]
    if "title" in reads:
        columns.append(np.stack([caption_scores(titles, posting.title or "") for posting in postings]))
    if "clock" in reads:
        times = [np.nan if posting.posted_utc is None else posting.posted_utc for posting in postings]
        columns.append(circles(np.array(times, dtype=np.float64)))
    return np.concatenate(columns, axis=1).astype(np.float32)


def circles(times: NDArray[np.floating]) -> NDArray[np.float64]:
    """Hour of day, the same twice as fast, and day of week as points on circles.

    Args:
        times: seconds since 1970, UTC, `[n]`.

    Returns:
        Sine and cosine of each, `[n, 6]`; NaN where the time is.
    """
    angles = [2 * np.pi * times / period for period in (DAY, DAY / 2, WEEK)]
    return np.column_stack([turn(angle) for angle in angles for turn in (np.sin, np.cos)])


def moment_of(text: str) -> float:
    """A day with its hour, as a person or a program writes it (ISO 8601), in seconds since 1970; UTC unless it says.

    Raises:
        DankError: `bad-time`: it is something else, or a day alone.
    """
    written = text.strip()
    try:
        moment = datetime.fromisoformat(written)
        if not any(sign in written for sign in "Tt :"):
            raise ValueError("a day without an hour")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise DankError(
            "bad-time", "give a day and an hour, such as 2026-11-23 18:00 or 2026-11-23T18:00:00+01:00"
        ) from None
