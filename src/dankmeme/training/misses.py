"""Where a version is right and where it is wrong: its forecasts that met an outcome, by slice. Rows in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dankmeme.training.labels import ends
from dankmeme.training.ledger import Entry, Interval, Rows, auc_figure, outcome_percentiles, shortage

By = Literal["all", "community", "cluster", "text", "copies"]
Kind = Literal["right", "overrated", "underrated"]
HEADLINE = "verdict"
SURE = 0.5
"""From this probability on a picture belongs to a cluster."""
LEAST = 5
"""Clusters and communities of fewer posts are not shown by themselves."""
MOST = 12
"""So many of the largest communities, and of the largest clusters, are shown."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What kind of post it is.

    Attributes:
        words: whether something is written on its picture; None where nobody has read it.
        copies: whether other posts have its picture, or one that looks the same.
        cluster: of pictures that look alike to the version's image model; None where it is like none.
        near: probability of that cluster, 0–1.
    """

    words: bool | None = None
    copies: bool = False
    cluster: int | None = None
    near: float = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A post that a version forecast (a probability, 0–1), and what became of it (a percentile, 0–1)."""

    post: str
    community: str
    created: float
    forecast: float
    outcome: float
    looks: Looks


@dataclass(frozen=True)
class Slice:
    """Posts of one kind.

    Attributes:
        by: what they have in common; `all` for the one slice of everything.
        name: which: a community, `cluster 17`, `text` or `no text`, `copies` or `originals`; empty for all.
        auc: None where there is too little for it, and then `message` says so.
        typical: of a cluster, the post that is most like it.
    """

    by: By
    name: str
    posts: int
    auc: Interval | None
    message: str | None
    typical: str | None = None


def cluster_of(template: bytes) -> tuple[int, float] | None:
    """The cluster that a picture belongs to, and how probably; None where none is probable enough.

    Args:
        template: float32 vector of the clusters' log probabilities.
    """
    found = np.frombuffer(template, dtype="<f4")
    if not len(found):
        return None
    number = int(found.argmax())
    near = float(np.exp(found[number]))
    return (number, near) if near >= SURE else None


def judged(entries: Sequence[Entry], version: str, looks: Mapping[str, Looks], *, live: bool) -> list[Judged]:
    """The forecasts of a version that met an outcome, on one side of the ledger, in order of time.

    Args:
        entries: of the ledger, all versions': outcomes are ranked among them as the ledger does.
        version: whose headline is looked at.
        looks: of the posts that may be shown, by id; the others are left out.
        live: the side.
    """
    percentiles = outcome_percentiles(entries, live=live)
    found: dict[str, Judged] = {}
    for entry in entries:
        known = entry.post in percentiles and entry.post in looks
        if known and entry.version == version and entry.model == HEADLINE and entry.live == live:
            outcome = percentiles[entry.post]
            one = Judged(entry.post, entry.community, entry.created, entry.forecast, outcome, looks[entry.post])
            found.setdefault(entry.post, one)
    return sorted(found.values(), key=lambda each: (each.created, each.post))


def slices(rows: Sequence[Judged]) -> list[Slice]:
    """All slices: everything, with and without text, copies and originals, the largest communities and clusters."""
    parts: dict[tuple[By, str], list[Judged]] = {("all", ""): list(rows)}
    for by in _NAMES:
        for row in rows:
            if (name := _NAMES[by](row)) is not None:
                parts.setdefault((by, name), []).append(row)
    return [_slice(*key, parts[key]) for key in _shown(parts)]


def part(rows: Iterable[Judged], by: By, name: str) -> list[Judged]:
    """The rows of one slice."""
    return [row for row in rows if by == "all" or _NAMES[by](row) == name]


def striking(rows: Sequence[Judged], among: Sequence[Judged], kind: Kind, most: int) -> list[Judged]:
    """The rows that the version was most right or most wrong about, the most striking first.

    Args:
        rows: of a slice.
        among: all that the version forecast: what it said is high or low among these.
        kind: `right`: forecast high and turned out dank, or low and not dank; `overrated`: high and not dank;
            `underrated`: low and dank.
        most: so many.
    """
    dank, not_dank = ends(np.array([row.outcome for row in rows], dtype=np.float64))
    said = np.sort([row.forecast for row in among])
    mine = np.array([row.forecast for row in rows], dtype=np.float64)
    rank = (np.searchsorted(said, mine, "left") + np.searchsorted(said, mine, "right")) / (2 * max(1, len(said)))
    high, low = rank > 0.5, rank < 0.5
    wanted = {"right": (high & dank) | (low & not_dank), "overrated": high & not_dank, "underrated": low & dank}[kind]
    order = np.argsort(-np.abs(rank - 0.5), kind="stable")
    return [rows[number] for number in order[wanted[order]][:most]]


_NAMES: dict[By, Callable[[Judged], str | None]] = {
    "text": lambda row: None if row.looks.words is None else "text" if row.looks.words else "no text",
    "copies": lambda row: "copies" if row.looks.copies else "originals",
    "community": lambda row: row.community or None,
    "cluster": lambda row: None if row.looks.cluster is None else f"cluster {row.looks.cluster}",
}


def _shown(parts: Mapping[tuple[By, str], list[Judged]]) -> list[tuple[By, str]]:
    """Which slices are shown, in order: by kind, the largest first."""
    chosen: list[tuple[By, str]] = [("all", "")]
    for by in _NAMES:
        found = sorted((key for key in parts if key[0] == by), key=lambda key: (-len(parts[key]), key[1]))
        few = by in ("community", "cluster")
        chosen += [key for key in found if not few or len(parts[key]) >= LEAST][: MOST if few else None]
    return chosen


def _slice(by: By, name: str, rows: list[Judged]) -> Slice:
    numbers = Rows(
        created=np.array([row.created for row in rows], dtype=np.float64),
        forecast=np.array([row.forecast for row in rows], dtype=np.float64),
        outcome=np.array([row.outcome for row in rows], dtype=np.float64),
        group=np.zeros(len(rows), dtype=np.intp),
    )
    message = shortage(numbers)
    nearest = max(rows, key=lambda row: row.looks.near, default=None) if by == "cluster" else None
    return Slice(
        by=by,
        name=name,
        posts=len(rows),
        auc=None if message else auc_figure(numbers),
        message=message,
        typical=None if nearest is None else nearest.post,
    )
