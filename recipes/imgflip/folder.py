"""Dataset folders of drawn memes: what `dank train` and `dank evaluate` are measured on.

    python recipes/imgflip/folder.py --data DIR --fonts DIR --out DIR [--train 10000] [--test 6000]

Writes, below `--out`:

| folder | what is in it |
|---|---|
| `train/` | memes of the first 80 % by order: `posts.jsonl` with the pictures beside it |
| `test/` | memes of the last 20 % that no figure was taken on, in fonts and JPEG qualities that no other part has |
| `test-within/` | the same memes; each template is a community of its own |
| `captions.jsonl` | all captions of the first 80 % that are not drawn, with their percentiles, without pictures |

`percentile` is the rank of a meme's votes among its 4,000 neighbours by order (`test-within/`: among 300 of the same
template), taken over the whole file inside the part: among more memes than are drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pandas as pd
from tqdm import tqdm

from pictures import drawn_bytes
from rows import drawn_sample, load_rows

CHUNK = 250
SEED = 20_261_123


def main() -> None:
    """Draw the folders; pictures that are there already are left alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with imgflip/ in it")
    parser.add_argument("--fonts", type=Path, required=True, help="a node_modules folder with @fontsource packages")
    parser.add_argument("--out", type=Path, required=True, help="where the folders go")
    parser.add_argument("--train", type=int, default=10_000, help="memes of the first 80 %%")
    parser.add_argument("--test", type=int, default=6_000, help="memes of the last 20 %%")
    parser.add_argument("--skip", type=int, default=0, help="memes of those to leave out: they were tested on before")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    frame = load_rows(chosen.data / "imgflip")
    drawable = frame[frame["part"].isin(["fit", "search", "calibrate"])]
    train = drawable.sample(n=min(chosen.train, len(drawable)), random_state=SEED).sort_values("order")
    test = frame[frame["part"] == "test"]
    test = test.drop(drawn_sample(frame, "rehearsal").index).drop(drawn_sample(frame, "test").index)
    test = test.sample(n=min(chosen.skip + chosen.test, len(test)), random_state=SEED).iloc[chosen.skip :]
    test = test.sort_values("order")
    _draw(train, "fit", chosen.out / "train", chosen)
    _draw(test, "test", chosen.out / "test", chosen)
    within = chosen.out / "test-within"
    within.mkdir(parents=True, exist_ok=True)
    _list(within / "posts.jsonl", test, community="template", percentile="within")
    for row in test.itertuples():
        _link(chosen.out / "test" / f"{row.id}.jpg", within / f"{row.id}.jpg")
    rest = frame[frame["part"] != "test"].drop(train.index)
    _list(chosen.out / "captions.jsonl", rest, community=None, percentile="percentile", pictures=False)
    print(f"{len(train)} to train, {len(test)} to test, {len(rest)} captions")


def _draw(rows: pd.DataFrame, part: str, folder: Path, chosen: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (rows.iloc[start : start + CHUNK], part, folder, chosen.data / "imgflip", chosen.fonts)
        for start in range(0, len(rows), CHUNK)
    ]
    with ProcessPoolExecutor(chosen.workers) as pool:
        for _ in tqdm(pool.map(_draw_chunk, jobs), total=len(jobs), desc=folder.name, unit=f"×{CHUNK}"):
            pass
    _list(folder / "posts.jsonl", rows, community=None, percentile="percentile")


def _draw_chunk(job: tuple[pd.DataFrame, str, Path, Path, Path]) -> None:
    rows, part, folder, data, fonts = job
    for row in rows.itertuples():
        path = folder / f"{row.id}.jpg"
        if not path.exists():
            partial = path.with_suffix(".part")
            partial.write_bytes(drawn_bytes(row, part, data, fonts))
            partial.rename(path)


def _list(path: Path, rows: pd.DataFrame, *, community: str | None, percentile: str, pictures: bool = True) -> None:
    lines = []
    for row in rows.itertuples():
        post = {
            "id": row.id,
            "title": "",
            "author": row.author,
            "community": getattr(row, community) if community else "imgflip",
            "score": int(row.votes),
            "order": int(row.order),
            "percentile": round(float(getattr(row, percentile)), 4),
        }
        lines.append(json.dumps(post | ({"file": f"{row.id}.jpg"} if pictures else {"caption": row.caption})))
    path.write_text("\n".join(lines) + "\n")


def _link(source: Path, target: Path) -> None:
    if not target.exists():
        os.link(source, target)


if __name__ == "__main__":
    main()
