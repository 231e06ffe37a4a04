"""The lab file as examples: captions cleaned, parts by time, duplicates kept on one side, labels.

| part | share of the file by order | what it is for |
|---|---|---|
| `text` | 0–24 % | both captions joined in one box: caption head only, never drawn |
| `fit` | 24–64 % | cnn and caption head |
| `search` | 64–74 % | AutoML search, on captions read back from pixels |
| `calibrate` | 74–80 % | combination, calibration, thresholds, percentiles |
| `rehearsal` | 80–100 %, a sample | what the recipe was debugged on; its figures are not reported |
| `test` | 80–100 %, another sample | scored once; the rows in neither sample stay unseen for the next round |
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from dankmeme.training.labels import neighbour_percentile
from dankmeme.training.near_captions import caption_key

BOUNDS = {"text": 73_604 / 301_696, "fit": 0.64, "search": 0.74, "calibrate": 0.80, "test": 1.0}
DRAWN = {"fit": 36_000, "search": 12_000, "calibrate": 6_000, "rehearsal": 12_000, "test": 12_000}
"""How many memes of each part are drawn."""
READ = {"fit": 0, "search": 7_000, "calibrate": 6_000, "rehearsal": 4_400, "test": 4_400}
"""How many of the drawn ones have their captions read back by OCR (the first of each sample)."""

_TITLE = re.compile(r"\s*\S*.{0,60}\bMeme$")


def load_rows(data: Path) -> pd.DataFrame:
    """All usable rows in order of time.

    Columns: `id template votes order boxes (list of str) caption key part percentile within`, where
    `percentile` is the mid-rank of the votes among 4,000 neighbours in order and `within` among 300 of the
    same template, both taken inside one part.
    """
    frame = pd.read_parquet(data / "captions.parquet").sort_values("order", kind="stable").reset_index(drop=True)
    share = np.arange(len(frame)) / len(frame)
    frame["part"] = pd.cut(share, [-1, *BOUNDS.values()], labels=list(BOUNDS), right=False).astype(str)
    frame["boxes"] = [
        _boxes(boxes, title if part == "text" else None)
        for boxes, title, part in zip(frame["boxes"], frame["template"], frame["part"], strict=True)
    ]
    frame["caption"] = [" ".join(boxes) for boxes in frame["boxes"]]
    for part in BOUNDS:
        rows = np.flatnonzero(frame["part"] == part)
        votes = frame["votes"].to_numpy()[rows]
        templates = frame["template"].to_numpy(dtype=str)[rows]
        frame.loc[rows, "percentile"] = neighbour_percentile(votes, 4_000)
        frame.loc[rows, "within"] = neighbour_percentile(votes, 300, templates)
    return _one_side(frame)


def _boxes(boxes: np.ndarray, template: str | None) -> list[str]:
    cleaned = [" ".join(str(box).split())[:400] for box in boxes]
    if template is not None:
        title = template.replace("-", " ") + " Meme"
        cleaned = [re.sub(re.escape(title) + "$", "", box).strip() for box in cleaned]
    return [box for box in cleaned if box]


def _one_side(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop rows whose caption stands in a later part too: it stays on the side that is tested, not trained on.

    Within one template an equal caption is also a near-duplicate picture; an empty caption is a bare template.
    """
    frame["key"] = [caption_key(caption) for caption in frame["caption"]]
    rank = frame["part"].map({part: number for number, part in enumerate(BOUNDS)}).to_numpy()
    last = frame.groupby("key")["part"].transform(lambda parts: max(map(list(BOUNDS).index, set(parts)))).to_numpy()
    keep = (rank == last) & (frame["key"].str.len() > 0).to_numpy()
    kept = frame[keep].reset_index(drop=True)
    first = ~kept.duplicated(["key", "template"])
    return kept[first].reset_index(drop=True)


def drawn_sample(frame: pd.DataFrame, part: str) -> pd.DataFrame:
    """The rows of a part that are drawn, in a fixed random order: any prefix is a fair sample of the part."""
    rows = frame[frame["part"] == ("test" if part == "rehearsal" else part)]
    if part == "test":
        rows = rows.drop(drawn_sample(frame, "rehearsal").index)
    return rows.sample(n=min(DRAWN[part], len(rows)), random_state=20_261_122)
