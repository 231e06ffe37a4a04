"""Stage `read`: captions are read back from the drawn pixels, by the same code that serves.

Resumable: 200 readings are one file of JSON lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from dankmeme.images.decode import decode
from dankmeme.models.caption import Caption, CaptionReader, Line, is_watermark
from dankmeme.models.scoring import Captioned
from pictures import drawn_bytes
from reddit import load_reddit
from rows import READ, drawn_sample

CHUNK = 200


def read_parts(frame: pd.DataFrame, data: Path, fonts: Path, build: Path, workers: int) -> None:
    """Read the first memes of each part's sample; chunks that exist are left alone."""
    folder = build / "readings"
    folder.mkdir(parents=True, exist_ok=True)
    chunks = []
    for part, count in READ.items():
        sample = drawn_sample(frame, part).iloc[:count]
        for number, start in enumerate(range(0, len(sample), CHUNK)):
            path = folder / f"{part}-{number:03d}.jsonl"
            if not path.exists():
                chunks.append((start, path, part, sample.iloc[start : start + CHUNK], data, fonts))
    chunks.sort(key=lambda chunk: (chunk[0], chunk[2]))
    with ProcessPoolExecutor(workers) as pool:
        for _ in tqdm(pool.map(_read_chunk, chunks), total=len(chunks), desc="read", unit="×200"):
            pass


def read_real(data: Path, build: Path) -> None:
    """Read the real pictures that are held out of training, and the sample of originals as they were posted."""
    real = load_reddit(data, build)
    held = [identity for identity, part in zip(real.ids, real.part, strict=True) if part == "test"]
    posts = {post["id"]: post["file"] for post in map(json.loads, _lines(data / "reddit_memes_2018" / "posts.jsonl"))}
    originals = [post["file"] for post in map(json.loads, _lines(data / "reddit_originals_sample" / "posts.jsonl"))]
    jobs = [(identity, data / "reddit_memes_2018" / posts[identity], "reddit") for identity in held]
    jobs += [(name, data / "reddit_originals_sample" / name, "originals") for name in originals]
    done = set(load_readings(build, "reddit")) | set(load_readings(build, "originals"))
    for identity, path, kind in tqdm(jobs, desc="read real pictures", mininterval=10):
        if identity not in done:
            picture = decode(path.read_bytes())
            caption = asdict(_reader().read(picture.pixels))
            with (build / "readings" / f"{kind}-000.jsonl").open("a") as file:
                file.write(
                    json.dumps({"id": identity, "width": picture.width, "height": picture.height, **caption}) + "\n"
                )


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def load_readings(build: Path, part: str) -> dict[str, Caption]:
    """The captions read so far, by the meme's id."""
    return {
        identity: caption
        for path in sorted((build / "readings").glob(f"{part}-*.jsonl"))
        for identity, caption in _parse(path)
    }


def load_real_readings(build: Path, kind: str) -> dict[str, Captioned]:
    """Captions of real pictures (`reddit` or `originals`) with their sizes, by id or file name."""
    captions = load_readings(build, kind)
    sizes = {
        entry["id"]: entry
        for path in (build / "readings").glob(f"{kind}-*.jsonl")
        for entry in map(json.loads, _lines(path))
    }
    return {
        identity: Captioned(caption, caption.text, sizes[identity]["width"], sizes[identity]["height"])
        for identity, caption in captions.items()
    }


def _parse(path: Path) -> Iterator[tuple[str, Caption]]:
    for text in path.read_text().splitlines():
        entry = json.loads(text)
        lines = (Line(**line) for line in entry["lines"] if not is_watermark(line["text"]))
        yield entry["id"], Caption(tuple(lines), entry["complete"])


@cache
def _reader() -> CaptionReader:
    return CaptionReader(threads=1)


def _read_chunk(job: tuple[int, Path, str, pd.DataFrame, Path, Path]) -> None:
    _, path, part, rows, data, fonts = job
    out = []
    for row in rows.itertuples():
        caption = _reader().read(decode(drawn_bytes(row, part, data, fonts)).pixels)
        out.append(json.dumps({"id": row.id, **asdict(caption)}))
    partial = path.with_suffix(".partial")
    partial.write_text("\n".join(out) + "\n")
    partial.replace(path)
