"""The contact sheet of a dataset: one page with everything in it, that needs no script and nothing from elsewhere."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dankmeme.errors import DankError
from dankmeme.models.eyes import Eyes
from dankmeme.training.columns import KINDS, Column, bars, legend
from dankmeme.training.showing import Overview, Shown, moments_of, overview, sorts_of

ROWS, IN_ROW = 6, 10
SIDE = 160
"""A thumbnail's long side, in pixels."""
SPANS = 20
_QUALITY = 76
_LABELS = {
    "given": "ranks that stand in the data",
    "followed": "scores at a fixed age",
    "score": "scores, of whatever age",
    "class": "two classes",
    None: "none",
}


def page(shown: Shown, eyes: Eyes) -> str:
    """The whole page as HTML. What strangers wrote is escaped; what they drew is decoded in a process of its own."""
    told = overview(shown)
    style = "".join(
        files(package).joinpath(name).read_text(encoding="utf-8")
        for package, name in (("dankmeme.training.report", "style.css"), ("dankmeme.training", "sheet.css"))
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(told.name)}: contact sheet</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{_header(told)}<main>\n{_warnings(told)}{_facts(told)}{_charts(shown, told)}{_rows(shown, eyes)}</main>\n"
        f"<footer><p>Dank: percentile {told.dank_from:.2f} or more among neighbours in time of the same community; "
        f"not dank: {told.not_dank_to:.2f} or less. Below a thumbnail: its percentile, and its score.</p></footer>\n"
        "</body>\n</html>\n"
    )


def picked(shown: Shown) -> list[list[int]]:
    """Which posts are on the sheet, row by row: spread evenly from the lowest percentile to the highest, by class where
    there are no percentiles, and over time where there are no labels. Of near-duplicates there is one.
    """
    first = np.unique(shown.family, return_index=True)[1]
    if shown.labels is None:
        order = np.sort(first)
    else:
        target = shown.labels.target[first]
        known = ~np.isnan(target)
        order = first[known][target[known].argsort(kind="stable")]
    spread = np.unique(np.linspace(0, len(order) - 1, min(ROWS * IN_ROW, len(order))).round().astype(int))
    chosen = [int(row) for row in order[spread]]
    return [chosen[start : start + IN_ROW] for start in range(0, len(chosen), IN_ROW)]


def _header(told: Overview) -> str:
    days = [f'<span class="together">{_day(each)}</span>' for each in told.time or ()]
    span = f", {' to '.join(days)}" if days else ""
    return (
        '<header class="stage"><div class="inner">'
        f'<p class="kicker">Dataset <b>{escape(told.name)}</b> version {told.version[:12]}</p>'
        f"<h1>{told.posts:,} memes{span}</h1></div></header>\n"
    )


def _warnings(told: Overview) -> str:
    return "".join(f'<p class="warn">Training would refuse it: {escape(each)}</p>\n' for each in told.warnings)


def _facts(told: Overview) -> str:
    communities = ", ".join(f"{name} {count:,}" for name, count in told.communities.items())
    more = f", and {told.community_count - len(told.communities):,} more" if told.community_count > 10 else ""
    facts = [
        ("Pictures", f"{told.pictures:,} different ones"),
        ("Labels", f"{_LABELS[told.label]}: {told.dank:,} dank, {told.not_dank:,} not dank, {told.middle:,} between"),
        ("Communities", f"{communities}{more}"),
        ("Authors", f"{told.authors:,}; the busiest made {told.busiest_author:.1%}"),
        ("Near-duplicates", _families(told)),
        ("Marked NSFW", f"{told.nsfw:.1%}"),
        ("With a title", f"{told.titled:.0%}"),
        ("Default split", ", ".join(f"{count:,} {part}" for part, count in told.parts.items()) or "none"),
        ("Left out", ", ".join(f"{count:,} {why}" for why, count in told.left_out.items()) or "none"),
    ]
    listed = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(words)}</dd></div>" for term, words in facts)
    return f'<section><h2>What it holds</h2><dl class="facts">{listed}</dl></section>\n'


def _families(told: Overview) -> str:
    words = f"{told.in_families:,} memes in {told.families:,} families, {told.largest_family:,} at most"
    return words if told.families else "none"


def _charts(shown: Shown, told: Overview) -> str:
    scores = [
        Column(_range(each.low, each.high), (each.not_dank, each.middle, each.dank, each.unlabelled))
        for each in told.scores
    ]
    figures = [
        ("Scores", "Score", scores),
        ("Over time", "Time" if told.time else "Place in the order", over_time(shown)),
    ]
    drawn = "".join(
        f'<figure class="card"><figcaption><h3>{title}</h3>{legend(columns)}</figcaption>'
        f"{bars(title, name, columns)}</figure>"
        for title, name, columns in figures
        if columns
    )
    return f'<section><h2>How it is spread</h2><div class="charts">{drawn}</div></section>\n' if drawn else ""


def over_time(shown: Shown) -> list[Column]:
    """How many posts there are in each of equal spans of time, by kind; none where no order in time is known."""
    times, sorts = moments_of(shown), np.array([each or "unlabelled" for each in sorts_of(shown)])
    known = ~np.isnan(times)
    if not shown.dataset.ordered or not known.any() or np.ptp(times[known]) == 0:
        return []
    edges = np.linspace(times[known].min(), times[known].max(), SPANS + 1)
    place = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, SPANS - 1)
    dated = any(post.created_utc is not None for post in shown.posts)
    return [
        Column(_day(edges[span]) if dated else _short(float(edges[span])), _counts(sorts[known & (place == span)]))
        for span in range(SPANS)
    ]


def _rows(shown: Shown, eyes: Eyes) -> str:
    sorts = sorts_of(shown)
    drawn = "".join(
        f'<div class="row"><h3>{_between(shown, row)}</h3>'
        f'<ul class="sheet">{"".join(_cell(shown, each, sorts[each], eyes) for each in row)}</ul></div>'
        for row in picked(shown)
    )
    return f"<section><h2>From the lowest to the highest</h2>{drawn}</section>\n"


def _between(shown: Shown, row: Sequence[int]) -> str:
    if shown.labels is None:
        return "No label"
    first, last = shown.labels.percentile[row[0]], shown.labels.percentile[row[-1]]
    if np.isnan(first) or np.isnan(last):
        return "By class"
    return f"Percentile {first:.2f} to {last:.2f}"


def _cell(shown: Shown, row: int, kind: str, eyes: Eyes) -> str:
    post, score = shown.posts[row], shown.scores[row]
    known = [] if shown.labels is None or np.isnan(shown.labels.percentile[row]) else [shown.labels.percentile[row]]
    facts = [f"<b>{each:.2f}</b>" for each in known] + ([] if np.isnan(score) else [f"{score:,.0f}"])
    hidden = ' nsfw" tabindex="0' if post.nsfw else ""
    title = f'<p class="title">{escape(post.title)}</p>' if post.title else ""
    return (
        f'<li class="{kind or "unlabelled"}"><div class="frame{hidden}">{_picture(shown, row, eyes)}</div>'
        f"<p>{' · '.join(facts) or {'dank': 'dank', 'not': 'not dank'}.get(kind, '')}</p>{title}</li>"
    )


def _picture(shown: Shown, row: int, eyes: Eyes) -> str:
    try:
        data = shown.dataset.folder.joinpath(str(shown.posts[row].images[0].file)).read_bytes()
        pixels = eyes.prepare(data, 32, keep_picture=True).picture.pixels
    except (DankError, OSError):
        return '<span class="blank">no picture</span>'
    return f'<img alt="" src="data:image/jpeg;base64,{b64encode(_thumbnail(pixels)).decode()}">'


def _thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    image, out = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((SIDE, SIDE))
    image.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _counts(sorts: NDArray[np.str_]) -> tuple[int, int, int, int]:
    not_dank, middle, dank, unlabelled = (int((sorts == kind).sum()) for kind, _ in KINDS)
    return not_dank, middle, dank, unlabelled


def _range(low: float, high: float) -> str:
    """`2–4`, or one number where both are the same; thousands as k."""
    return _short(low) if high <= low else f"{_short(low)}–{_short(high)}"


def _short(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:.1f}M"
    return f"{value / 1e3:.0f}k" if abs(value) >= 1e4 else f"{value:.0f}"


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
