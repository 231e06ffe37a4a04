"""Places that live: a thousand communities with two workers, and an hour of the embedded default at 70 % load."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import psutil

import pack
import place
from figures import Figure, Goal
from life import Lived, Rates, Sample, growth, live
from pictures_server import PicturesServer
from town import Plan, Town
from visitors import KINDS, Visitors

Visit = Callable[[str], Visitors]
"""Sends visitors to an address."""

KEPT = Path(__file__).parent.parent / "build"
"""Where the samples of each run go."""

COMMUNITIES, LARGEST = 1_000, 10_000
"""Of the large place: how many there are, and posts a day of the largest; r/dankmemes had 9,859 on a day of 2019."""
BUSY_HOUR = 2.0
"""Times the average of the day."""
REDDIT_MINUTE = 100
"""Requests a minute that Reddit answers an app without charge."""
OLDER = 50 * 60.0
"""Posts say that they are 50 minutes old, so that their first score is due ten minutes later."""
LOAD = 0.7
"""Share of the cores that the soak keeps busy."""
_SOAKED = 40
"""Communities of the soak."""
_AT_FIRST = Rates(posts=0.5, pages=2.0, votes=1.0, verdicts=0.25)
"""Rates at which the soak looks how busy the machine gets."""


def a_days_posts() -> float:
    """Posts a day of all communities, whose sizes follow Zipf's law."""
    return LARGEST * sum(1 / number for number in range(1, COMMUNITIES + 1))


def thousand(home: Path, *, minutes: float = 10.0, workers: int = 2) -> list[Figure]:
    """The busy hour of a thousand communities: a server and two workers, PostgreSQL, S3, Reddit's limit of requests."""
    posts = BUSY_HOUR * a_days_posts() / 86_400
    rates = Rates(posts=posts, pages=6.7 * posts, votes=posts, verdicts=0.13 * posts)
    seconds = 60 * minutes
    with _site(rates, seconds, COMMUNITIES, adapted=True) as (town, visit):
        with place.shared(home / "thousand", town.settings("adaptive"), workers, town.adapt) as at_work:
            lived = live(at_work, town, partial(visit, at_work.url), seconds)
    lived.write(KEPT / "thousand.json")
    what = f"{COMMUNITIES:,} communities"
    return [
        Figure(
            f"{what}: posts",
            lived.told.made / seconds,
            "a second",
            note=f"the busy hour of {a_days_posts():,.0f} posts a day; {_told(rates)}",
        ),
        *_lived(lived, seconds / 2, seconds),
        Figure(
            "… memory of server and workers",
            lived.memory(seconds / 2, seconds),
            "MB",
            note=f"{workers} workers, a server",
        ),
        Figure(
            "… requests to Reddit", 60 * lived.told.requests / seconds, "a minute", note="those of the start included"
        ),
    ]


def soak(home: Path, *, minutes: float = 60.0, warm_up: float = 10.0, pilot: float = 2.0) -> list[Figure]:
    """An hour after warming up at 70 % load: memory, failures, lost work."""
    first, seconds = 60 * warm_up, 60 * (warm_up + minutes)
    rates = _AT_FIRST.times(LOAD / _busy(home, _AT_FIRST, 60 * pilot))
    with _site(rates, seconds, _SOAKED) as (town, visit):
        with place.embedded(home / "soak", town.settings("* * * * *")) as at_work:
            lived = live(at_work, town, partial(visit, at_work.url), seconds)
    lived.write(KEPT / "soak.json")
    return [
        Figure(
            f"soak of {minutes:.0f} minutes: memory grows by",
            lived.growth(first, seconds),
            "MB/h",
            goal=Goal("at most", 5),
            note=f"after {warm_up:.0f} minutes of warming up; {lived.memory(first, seconds):.0f} MB on average, "
            f"by ten minutes: {_course(lived, first, seconds)}; of the growth {_by_kind(lived, first, seconds)}",
        ),
        settled(lived.samples, (first + seconds) / 2, seconds),
        *_lived(lived, first, seconds),
    ]


def settled(samples: Sequence[Sample], since: float, until: float) -> Figure:
    """Growth once caches and heaps have their size, which takes longer than warming up."""
    return Figure(
        "… in the second half of it",
        growth(samples, since, until),
        "MB/h",
        goal=Goal("at most", 5),
        note="heaps and the databases' caches have their size by then",
    )


@contextmanager
def _site(rates: Rates, seconds: float, communities: int, *, adapted: bool = False) -> Iterator[tuple[Town, Visit]]:
    """A town with its pictures, and how visitors are sent, with pictures of their own."""
    posts, own = round(1.3 * rates.posts * seconds) + 100, round(1.3 * rates.verdicts * seconds) + 10
    folder = pack.default_folder()
    pack.build(posts + own, folder)
    with PicturesServer(posts, folder) as pictures:
        plan = Plan(pictures.port, posts, communities, rates.posts, seconds, OLDER, REDDIT_MINUTE, adapted)
        with Town(plan) as town:
            yield (
                town,
                lambda url: Visitors(
                    url,
                    seconds=seconds,
                    pages=rates.pages,
                    votes=rates.votes,
                    verdicts=rates.verdicts,
                    first=posts,
                    folder=folder,
                ),
            )


def _busy(home: Path, rates: Rates, seconds: float) -> float:
    """The share of the cores that is busy at these rates, once it has got going."""
    with _site(rates, seconds, _SOAKED) as (town, visit):
        with place.embedded(home / "pilot", town.settings("* * * * *")) as at_work:
            lived = live(at_work, town, partial(visit, at_work.url), seconds)
    share = lived.machine(seconds / 2, seconds) / (psutil.cpu_count() or 1)
    print(f"    {share:.0%} of the cores busy at {_told(rates)}", file=sys.stderr, flush=True)
    return share


def _lived(lived: Lived, since: float, until: float) -> list[Figure]:
    """What both programs measure."""
    cores = psutil.cpu_count() or 1
    delays = lived.left.delays or [float("nan")]
    return [
        Figure(
            "… cores busy",
            lived.machine(since, until),
            "cores",
            note=f"of {cores}; of it {_by_process(lived, since, until)}, the rest are PostgreSQL and the bucket's "
            "server where there are such, the town, and its visitors",
        ),
        *(
            Figure(f"… a {kind}, p95", 1000 * _percentile(lived.visits.latencies[kind], 95), "ms")
            for kind in KINDS
            if lived.visits.latencies[kind]
        ),
        Figure(
            "… from a post seen to its verdict, median",
            statistics.median(delays),
            "s",
            note=f"p99 {_percentile(delays, 99):.0f} s",
        ),
        Figure("… until all was done after the last post", lived.drained, "s"),
        Figure("… database a post", lived.left.bytes / max(1, sum(lived.left.states.values())) / 1000, "kB"),
        Figure("… lost", lived.left.lost + lived.left.overdue, "", goal=Goal("at most", 0), note=_outcome(lived)),
        Figure(
            "… failures without a reason",
            _unexplained(lived),
            "",
            goal=Goal("at most", 0),
            note=f"people were answered {_answers(lived)}; pictures failed: {_counted(lived.left.failures)}; logged: "
            f"{_counted(lived.complaints)}",
        ),
    ]


def _unexplained(lived: Lived) -> int:
    """Answers that are neither good nor say why, pictures that failed for a fault of ours, votes that do not stand."""
    bare = sum(
        times
        for answers in lived.visits.answers.values()
        for answer, times in answers.items()
        if not (answer.startswith(("2", "3")) or " " in answer) or answer.startswith("500")
    )
    return bare + lived.left.failures.get("internal-error", 0) + abs(lived.visits.voted - lived.left.votes)


def _outcome(lived: Lived) -> str:
    """What became of what was listed."""
    left, told = lived.left, lived.told
    return (
        f"{told.made:,} posts came in that time; {len(told.listed):,} had been listed in the end, some from before; "
        f"all that are known: {_counted(left.states)}; "
        f"predictions: {_counted(left.predictions)}; scores at their hour: {_counted(left.outcomes)}; "
        f"{left.votes:,} votes; Reddit was asked {told.requests:,} times and refused {told.refused:,}"
    )


def _course(lived: Lived, since: float, until: float) -> str:
    """Average memory of each ten minutes."""
    starts = np.arange(since, until - 300, 600)
    return ", ".join(f"{lived.memory(start, min(start + 600, until)):.0f}" for start in starts)


def _by_process(lived: Lived, since: float, until: float) -> str:
    return ", ".join(f"{name} {cores:.2f}" for name, cores in lived.by_process(since, until).items())


def _by_kind(lived: Lived, since: float, until: float) -> str:
    return ", ".join(f"{name} {growth:+.1f}" for name, growth in lived.growth_by_kind(since, until).items())


def _told(rates: Rates) -> str:
    return ", ".join(f"{rate:.2g} {name} a second" for name, rate in asdict(rates).items())


def _answers(lived: Lived) -> str:
    return "; ".join(f"{kind} {_counted(answers)}" for kind, answers in lived.visits.answers.items() if answers)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items())) or "none"


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent))
