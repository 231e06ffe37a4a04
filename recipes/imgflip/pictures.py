"""Stage `draw`: the sampled memes are drawn, decoded as the product decodes them, and kept small.

Resumable: a chunk of 1,000 memes is one file, written under another name first. A lost cache is drawn again in some
ten minutes on two cores.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from dankmeme.images.prepare import prepare
from draw import Template, draw, load_templates
from rows import drawn_sample

SIDE = 160
CHUNK = 1_000
RENDERING = {"search": "fit", "rehearsal": "test"}
"""Parts drawn with another part's fonts and qualities."""
PARTS = ("search", "calibrate", "rehearsal", "test", "fit")


def draw_parts(frame: pd.DataFrame, data: Path, fonts: Path, build: Path, workers: int) -> None:
    """Draw every part's sample; chunks that exist are left alone."""
    folder = build / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    chunks = []
    for part in PARTS:
        sample = drawn_sample(frame, part)
        for number, start in enumerate(range(0, len(sample), CHUNK)):
            path = folder / f"{part}-{number:03d}.npz"
            if not path.exists():
                chunks.append((path, part, sample.iloc[start : start + CHUNK], data, fonts))
    with ProcessPoolExecutor(workers) as pool:
        for _ in tqdm(pool.map(_draw_chunk, chunks), total=len(chunks), desc="draw", unit="k memes"):
            pass


def load_inputs(build: Path, part: str) -> tuple[NDArray[np.uint8], list[str], NDArray[np.str_]]:
    """Model inputs `[n, side, side, 3]`, ids and PDQ hashes of a part, in the order of its sample."""
    inputs, ids, hashes = [], [], []
    for path in sorted((build / "pictures").glob(f"{part}-*.npz")):
        with np.load(path, allow_pickle=False) as chunk:
            inputs.append(chunk["inputs"])
            ids.extend(chunk["ids"].tolist())
            hashes.append(chunk["pdq"])
    return np.concatenate(inputs), ids, np.concatenate(hashes)


def drawn_bytes(row: object, part: str, data: Path, fonts: Path) -> bytes:
    """The JPEG of one sampled row, drawn anew (the same every time)."""
    template = _templates(data)[row.template]  # type: ignore[attr-defined]
    return draw(row.boxes, template, RENDERING.get(part, part), row.id, fonts)  # type: ignore[attr-defined]


@cache
def _templates(data: Path) -> dict[str, Template]:
    return load_templates(data)


def _draw_chunk(job: tuple[Path, str, pd.DataFrame, Path, Path]) -> None:
    path, part, rows, data, fonts = job
    inputs, hashes = [], []
    for row in rows.itertuples():
        prepared = prepare(drawn_bytes(row, part, data, fonts), SIDE)
        inputs.append(prepared.model_input)
        hashes.append(prepared.pdq.hex)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, inputs=np.stack(inputs), ids=np.array(rows["id"].tolist()), pdq=np.array(hashes))
    partial.replace(path)
