"""The feat of 2018: the 30,000 pictures of a training set, best and worst of a community, gathered in minutes.

Two runs of `dank scrape archive` over a dump, into one home; then what they left is checked, picture by picture.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from PIL import Image

import dump
import ingest
import stored
from dump import Dump
from figures import Figure, Goal
from pictures_server import PicturesServer
from server import DANK

COUNT = 30_000
_MEGA = 1_000_000


def feat(*, count: int = COUNT) -> list[Figure]:
    """Gather `count` pictures, half of them the best and half the worst scored ones."""
    with PicturesServer(count) as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        written = dump.write(server.urls, Path(folder) / "RS_2018-01.zst")
        runs = [_scraped(server, home, written, which, count // 2) for which in ("--top", "--bottom")]
        kept = _bucket_bytes(home)
        check(home, written)
        started = time.monotonic()
        exported = export(server, home, Path(folder) / "dataset")
        exporting = time.monotonic() - started
        read(exported, count)
    seconds = sum(run.seconds for run in runs) + exporting
    goal = Goal("at most", 300 * count / COUNT)
    how = f"{written.lines:,} posts in a dump of {written.size / _MEGA:.0f} MB with a window of 2 GiB"
    speeds = " and ".join(f"{run.throughput:.0f}" for run in runs)
    return [
        Figure(f"the 2018 feat: {count:,} images", seconds, "s", goal=goal, note=f"{how}; {speeds} images/s"),
        Figure("… CPU an image", 1000 * sum(run.cpu_seconds for run in runs) / count, "ms"),
        Figure("… memory: peak", max(run.memory for run in runs), "MB"),
        Figure("… bucket and database", kept / _MEGA, "MB", note="pictures, thumbnails and database together"),
        Figure("… of it the export of the dataset", exporting, "s"),
    ]


def check(home: Path, written: Dump) -> None:
    """Compare what is stored with what the dump said.

    Raises:
        RuntimeError: if a post is missing, too many, not stored or has another score, or if images are missing.
    """
    told = {post.id: post.score for post in (*written.best, *written.worst)}
    with closing(sqlite3.connect(stored.embedded_database(home))) as connection:
        posts = connection.execute("SELECT id, state, score FROM posts").fetchall()
        (images,) = connection.execute("SELECT count(*) FROM images").fetchone()
    found = {str(name).rpartition(":")[2]: (state, score) for name, state, score in posts}
    wrong = [name for name, score in told.items() if found.get(name) != ("stored", score)]
    strangers = found.keys() - told.keys()
    if wrong or strangers or len(posts) != len(told):
        examples = {name: (told.get(name), found.get(name)) for name in [*wrong[:3], *sorted(strangers)[:3]]}
        raise RuntimeError(f"{len(wrong)} posts wrong, {len(strangers)} too many: dump, database {examples}")
    if images != len(told):
        raise RuntimeError(f"{images} images for {len(told)} posts, all of which differ")


def export(server: PicturesServer, home: Path, folder: Path) -> Path:
    """The dataset folder that training reads, written by `dank export`."""
    command = [str(DANK), "export", str(folder), "--community", dump.COMMUNITY]
    subprocess.run(command, env=ingest.settings(server, home), check=True, stdout=subprocess.DEVNULL)
    return folder


def read(folder: Path, count: int) -> None:
    """Read a dataset folder as training does.

    Raises:
        RuntimeError: if a row lacks its score, or a picture is missing or does not open.
    """
    rows = [json.loads(line) for line in (folder / "posts.jsonl").read_text().splitlines()]
    if len(rows) != count or any("score" not in row for row in rows):
        raise RuntimeError(f"the dataset has {len(rows)} of {count} posts with a score")
    files = {row["file"] for row in rows}
    if len(files) != count or not all((folder / file).stat().st_size for file in files):
        raise RuntimeError(f"the dataset has {len(files)} of {count} pictures")
    for row in rows[:: max(1, count // 200)]:
        with Image.open(folder / row["file"]) as picture:
            picture.load()


def _scraped(server: PicturesServer, home: Path, written: Dump, which: str, limit: int) -> ingest.Ingested:
    command = [str(DANK), "scrape", "archive", str(written.path), "--community", dump.COMMUNITY, which]
    return ingest.timed([*command, "--limit", str(limit)], ingest.settings(server, home), server, limit)


def _bucket_bytes(home: Path) -> int:
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
