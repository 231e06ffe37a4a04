"""The ledger: how forecasts met the scores that posts had at a fixed age. Rows in, figures out; nothing is read here.

The figures are those of `evaluate`, each with its 95 % interval by bootstrap over blocks of time. A draw only says how
often each block counts, so what a draw needs is summed up once per block or pair of blocks; no draw goes over the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate import Bools, Floats, bootstrapped
from dankmeme.training.labels import DANK_FROM, NEIGHBOURS, ends, neighbour_percentile

COMPARABLE = 20
"""A community with fewer posts gives no outcomes: too few to compare with."""
NEEDED = 50
"""How many posts with an outcome the figures of a version, or of a span of time, take."""
NEEDED_AT_ENDS = 10
"""How many of them must be dank, and how many not dank."""
NEEDED_PAIRS = 50
"""How many pairs the accuracy on pairs takes."""
MOST_SPANS = 12
BLOCKS, DRAWS = 40, 400


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredPost:
    """A post and its score at the fixed age; `live` where a forecast was made before that."""

    post: str
    community: str
    block: str | None
    created: float
    score: float
    live: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry(ScoredPost):
    """What one model version said of such a post: the probability, 0–1, that it is dank."""

    model: str
    version: str
    forecast: float


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval, which always holds it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Bin:
    """Posts of about one forecast: the share of them that turned out dank, with Wilson's 95 % interval."""

    forecast: float
    observed: float
    low: float
    high: float
    posts: int


@dataclass(frozen=True)
class Span:
    """The figures of a span of time, from its first post to its last."""

    from_utc: float
    until_utc: float
    posts: int
    auc: Interval | None
    pair_accuracy: Interval | None


@dataclass(frozen=True)
class LedgerVersion:
    """How one model version's forecasts met outcomes; where there is too little, a message in place of figures."""

    model: str
    version: str
    posts: int
    enough: bool
    needed: int = NEEDED
    message: str | None = None
    base_rate: float | None = None
    auc: Interval | None = None
    pair_accuracy: Interval | None = None
    brier: Interval | None = None
    calibration_error: Interval | None = None
    reliability: list[Bin] = field(default_factory=list)
    over_time: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class LedgerSide:
    """Live forecasts, or replayed ones; never both."""

    kind: Literal["live", "replayed"]
    versions: list[LedgerVersion]


@dataclass(frozen=True)
class Ledger:
    """Both sides, the live one first, each with its versions by model and version."""

    sides: list[LedgerSide]
    computed_utc: float


@dataclass(frozen=True)
class Rows:
    """Forecasts that met an outcome, in order of time; each column is `[n]`.

    `outcome` is the percentile, `group` a number for what is compared: a community, and its block where there is one.
    """

    created: NDArray[np.float64]
    forecast: NDArray[np.float64]
    outcome: NDArray[np.float64]
    group: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.created)

    def __getitem__(self, part: slice) -> Rows:
        return Rows(self.created[part], self.forecast[part], self.outcome[part], self.group[part])


def ledger(entries: Iterable[Entry], now: float) -> Ledger:
    """Compare forecasts with outcomes.

    Args:
        entries: one for each post that a version has a forecast of and whose score at the fixed age is known, in any
            order. Of several for one post, version and side, one counts. Rows with numbers that are not finite are
            left out.
        now: seconds since 1970, UTC; only passed on.
    """
    kept = [entry for entry in entries if math.isfinite(entry.forecast)]
    return Ledger([LedgerSide("live", _versions(kept, True)), LedgerSide("replayed", _versions(kept, False))], now)


def outcome_percentiles(posts: Iterable[ScoredPost], *, live: bool) -> dict[str, float]:
    """The outcome of each post of one side: its percentile, 0–1, by post id.

    A post is ranked among the `NEIGHBOURS` posts of its community, and of its block where it has one, that are closest
    in time and on the same side, as labels are; ties count half. Entries will do for posts: each post counts once.
    Where there are fewer than `COMPARABLE`, posts have no outcome and are left out.
    """
    compared: dict[tuple[str, str | None], dict[str, float]] = {}
    for each in _in_order(posts, live):
        compared.setdefault((each.community, each.block), {}).setdefault(each.post, each.score)
    percentiles: dict[str, float] = {}
    for scores in compared.values():
        if len(scores) >= COMPARABLE:
            found = neighbour_percentile(np.array(list(scores.values()), dtype=np.float64), NEIGHBOURS)
            percentiles.update(zip(scores, found.tolist(), strict=True))
    return percentiles


def auc_figure(rows: Rows) -> Interval | None:
    """AUC of the dank against the not dank rows; None where one of them is missing."""
    dank, not_dank = ends(rows.outcome)
    block, weights = _resampled(len(rows))
    blocks = weights.shape[1]
    values, level = np.unique(rows.forecast, return_inverse=True)
    won = np.empty((blocks, blocks))
    for number in range(blocks):
        losers = np.bincount(level[not_dank & (block == number)], minlength=len(values))
        beaten = np.cumsum(losers) - losers / 2
        won[:, number] = np.bincount(block[dank], weights=beaten[level[dank]], minlength=blocks)
    positives, negatives = (weights @ np.bincount(block[part], minlength=blocks) for part in (dank, not_dank))
    return _interval(_quadratic(won, weights), positives * negatives)


def pair_figure(rows: Rows, *, apart: int = 20, needed: int = 1) -> Interval | None:
    """How often the better of two posts of one community close in time has the higher forecast; ties count half.

    Args:
        rows: of any number of communities; with one, the value is that of `evaluate.pair_accuracy`.
        apart: how many of the community's rows two posts are apart at most.
        needed: None is given where fewer pairs have outcomes at least 0.2 apart.

    In a draw a pair counts as often as both its posts met: once for each copy of their block, or, across two blocks,
    once for each pair of copies.
    """
    first, second, won = _pairs(rows, apart)
    if len(won) < max(needed, 1):
        return None
    block, weights = _resampled(len(rows))
    shape = weights.shape[1], weights.shape[1]
    wins = _met(_table(block[first], block[second], shape, won), weights)
    return _interval(wins, _met(_table(block[first], block[second], shape), weights))


def brier_figure(rows: Rows) -> Interval | None:
    """Mean squared difference of forecast and outcome (dank or not), over all rows."""
    block, weights = _resampled(len(rows))
    squares = (rows.forecast - _dank(rows)) ** 2
    return _interval(weights @ np.bincount(block, weights=squares), weights @ np.bincount(block))


def calibration_figure(rows: Rows, bins: int = 15) -> Interval:
    """Expected calibration error as in `evaluate.calibration_error`, over all rows.

    A perfect model's is above nought too, by chance, the more so the fewer rows a bin has.
    """
    difference = rows.forecast - _dank(rows)
    values, rank = np.unique(rows.forecast, return_inverse=True)
    rank = rank.astype(np.min_scalar_type(len(values)))  # 16 bits are sorted by radix, many times as fast

    def error(drawn: NDArray[np.intp]) -> float:
        ordered = difference[drawn[np.argsort(rank[drawn], kind="stable")]]
        return float(np.abs(np.add.reduceat(ordered, _starts(len(drawn), bins))).sum() / len(drawn))

    figure = bootstrapped(error, len(rows), blocks=BLOCKS, draws=DRAWS)
    return Interval(figure.value, min(figure.low, figure.value), max(figure.high, figure.value))


def reliability(rows: Rows, bins: int = 10, least: int = 5) -> list[Bin]:
    """Bins of about equally many posts, by forecast, with at least `least` each; equal forecasts share a bin."""
    order = np.argsort(rows.forecast, kind="stable")
    forecast, dank = rows.forecast[order], _dank(rows)[order]
    starts = _starts(len(rows), bins)
    before, after = (np.searchsorted(forecast, forecast[starts], side) for side in ("left", "right"))
    edges = [0]
    for edge in np.where(starts - before <= after - starts, before, after).tolist():
        if edge - edges[-1] >= least and len(rows) - edge >= least:
            edges.append(edge)
    return [_bin(forecast[low:high], dank[low:high]) for low, high in zip(edges, [*edges[1:], len(rows)], strict=True)]


def over_time(rows: Rows) -> list[Span]:
    """Up to 12 spans of equally many posts, at least 50 each, in order of time."""
    if len(rows) < NEEDED:
        return []
    starts = _starts(len(rows), min(MOST_SPANS, len(rows) // NEEDED)).tolist()
    parts = (rows[low:high] for low, high in zip(starts, [*starts[1:], len(rows)], strict=True))
    return [
        Span(
            from_utc=float(part.created[0]),
            until_utc=float(part.created[-1]),
            posts=len(part),
            auc=auc_figure(part) if min(_at_ends(part)) >= NEEDED_AT_ENDS else None,
            pair_accuracy=pair_figure(part, needed=NEEDED_PAIRS),
        )
        for part in parts
    ]


def shortage(rows: Rows, alone: int = 0) -> str | None:
    """Why there is too little for figures, in words; `alone` posts have a score but too few to compare it with."""
    dank, not_dank = _at_ends(rows)
    if len(rows) < NEEDED:
        message = f"{len(rows)} of {NEEDED} posts {'has' if len(rows) == 1 else 'have'} an outcome"
    elif min(dank, not_dank) < NEEDED_AT_ENDS:
        message = (
            f"of {len(rows)} posts with an outcome {dank} turned out dank and {not_dank} not dank; "
            f"it takes {NEEDED_AT_ENDS} of each"
        )
    else:
        return None
    if alone:
        message += f"; {alone} more can't have one, as their communities have fewer than {COMPARABLE} posts to compare"
    return message


Post = TypeVar("Post", bound=ScoredPost)


def _in_order(posts: Iterable[Post], live: bool) -> list[Post]:
    """The posts of one side in order of time; those of one moment by their id, so that the order given is no matter."""
    kept = (each for each in posts if bool(each.live) == live and math.isfinite(each.created + each.score))
    return sorted(kept, key=lambda each: (each.created, each.post))


def _versions(entries: list[Entry], live: bool) -> list[LedgerVersion]:
    ordered = _in_order(entries, live)
    percentiles = outcome_percentiles(ordered, live=live)
    versions: dict[tuple[str, str], dict[str, Entry]] = {}
    for entry in ordered:
        versions.setdefault((entry.model, entry.version), {}).setdefault(entry.post, entry)
    return [_version(*name, list(versions[name].values()), percentiles) for name in sorted(versions)]


def _version(model: str, version: str, entries: list[Entry], percentiles: dict[str, float]) -> LedgerVersion:
    rows = _rows([entry for entry in entries if entry.post in percentiles], percentiles)
    message = shortage(rows, len(entries) - len(rows))
    if message:
        return LedgerVersion(model, version, posts=len(rows), enough=False, message=message)
    return LedgerVersion(
        model,
        version,
        posts=len(rows),
        enough=True,
        base_rate=float(_dank(rows).mean()),
        auc=auc_figure(rows),
        pair_accuracy=pair_figure(rows, needed=NEEDED_PAIRS),
        brier=brier_figure(rows),
        calibration_error=calibration_figure(rows),
        reliability=reliability(rows),
        over_time=over_time(rows),
    )


def _rows(entries: list[Entry], percentiles: dict[str, float]) -> Rows:
    numbers: dict[tuple[str, str | None], int] = {}
    return Rows(
        created=np.array([entry.created for entry in entries], dtype=np.float64),
        forecast=np.array([entry.forecast for entry in entries], dtype=np.float64),
        outcome=np.array([percentiles[entry.post] for entry in entries], dtype=np.float64),
        group=np.array([numbers.setdefault((e.community, e.block), len(numbers)) for e in entries], dtype=np.intp),
    )


def _dank(rows: Rows) -> Bools:
    return rows.outcome >= DANK_FROM


def _at_ends(rows: Rows) -> tuple[int, int]:
    dank, not_dank = ends(rows.outcome)
    return int(dank.sum()), int(not_dank.sum())


def _starts(count: int, parts: int) -> NDArray[np.intp]:
    """Where `np.array_split` would start each part that is not empty."""
    parts = max(1, min(parts, count))
    return np.arange(parts) * (count // parts) + np.minimum(np.arange(parts), count % parts)


def _resampled(count: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The block `[count]` of each row, and how often each block counts, `[1 + draws, blocks]`: first each once.

    Blocks and draws are those of `bootstrapped`.
    """
    blocks = min(BLOCKS, count)
    block = np.repeat(np.arange(blocks), np.diff([*_starts(count, blocks), count]))
    picked = np.random.default_rng(0).integers(0, blocks, (DRAWS, blocks))
    drawn = _table(np.repeat(np.arange(DRAWS), blocks), picked.ravel(), (DRAWS, blocks))
    return block, np.vstack([np.ones(blocks), drawn])


def _table(
    row: NDArray[np.intp], column: NDArray[np.intp], shape: tuple[int, int], weights: Floats | None = None
) -> NDArray[np.float64]:
    """How many (or what sum of weights) fall into each cell."""
    cells = np.bincount(row * shape[1] + column, weights=weights, minlength=shape[0] * shape[1])
    return cells.reshape(shape).astype(np.float64)


def _pairs(rows: Rows, apart: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """The earlier and the later row of each clear pair, and 1, ½ or 0 for the forecasts' order."""
    order = np.argsort(rows.group, kind="stable")
    first = np.concatenate([order[:-step] for step in range(1, apart + 1)])
    second = np.concatenate([order[step:] for step in range(1, apart + 1)])
    gap = rows.outcome[second] - rows.outcome[first]
    kept = (rows.group[first] == rows.group[second]) & (np.abs(gap) >= 0.2)
    first, second = first[kept], second[kept]
    return first, second, (np.sign(gap[kept]) * np.sign(rows.forecast[second] - rows.forecast[first]) + 1) / 2


def _met(table: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of a `[blocks, blocks]` table of pairs in each draw: posts of two copies of one block never met."""
    within = np.diag(table)
    total: NDArray[np.float64] = weights @ within + _quadratic(table - np.diag(within), weights)
    return total


def _quadratic(table: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of a `[blocks, blocks]` table over all pairs of blocks in each draw."""
    # Not `@`: its threads wait for each other, which on a busy machine takes many times as long as so small a product.
    total: NDArray[np.float64] = (np.einsum("da,ab->db", weights, table) * weights).sum(axis=1)
    return total


def _interval(sums: NDArray[np.float64], counts: NDArray[np.float64]) -> Interval | None:
    """Quotients, first of all rows, then of each draw; draws that have no count say nothing."""
    if not counts[0]:
        return None
    kept = counts > 0
    value, *drawn = (sums[kept] / counts[kept]).tolist()
    low, high = np.quantile(drawn or [value], [0.025, 0.975]).tolist()
    return Interval(value, min(low, value), max(high, value))


def _bin(forecast: Floats, dank: Bools) -> Bin:
    """Interval: Wilson, "Probable inference, the law of succession, and statistical inference", 1927."""
    posts, hits, squared = len(dank), int(dank.sum()), 1.959964**2
    centre = (hits + squared / 2) / (posts + squared)
    half = math.sqrt(squared * (hits * (posts - hits) / posts + squared / 4)) / (posts + squared)
    return Bin(float(forecast.mean()), hits / posts, max(0.0, centre - half), min(1.0, centre + half), posts)
