"""How training grows with the data: datasets of which everything about the pictures is known already.

Pictures are looked at once and what was found is kept, so what counts on the second day is everything else: reading the
list, labels, split, near-duplicates, heads, words, the search, calibration, the bundle. The search is given the same
tries at every size (the first of each family), since under a budget of time it would take as long at any size.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from dankmeme.images.fingerprint import sha256
from dankmeme.models.caption import Caption, Line
from dankmeme.training.cache import Cache
from dankmeme.training.pictures import keep_captions
from figures import Figure, Goal, Point
from pictures import data_folder

SIZES = (3_000, 10_000, 30_000)
EMBEDDING = 1_280
SIDE = 224
TEMPLATES = 80
LIMIT_SECONDS = 600.0


@dataclass(frozen=True)
class Took:
    """Seconds that both commands took at one size."""

    count: int
    cnn: float
    automl: float

    @property
    def seconds(self) -> float:
        """Both together."""
        return self.cnn + self.automl


def training(sizes: Sequence[int] = SIZES, budget_minutes: float = 5.0) -> list[Figure]:
    """Train on each size with five tries, and on the largest with the search's usual budget as well."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        backbone = _backbone(home / "backbone.onnx")
        took = []
        for count in sizes:
            data = _dataset(home / f"memes-{count}", home, backbone, count)
            took.append(_train(data, home, backbone, count, ["--budget", "0"]))
            print(
                f"    {count:,}: cnn {took[-1].cnn:.0f} s, automl {took[-1].automl:.0f} s", file=sys.stderr, flush=True
            )
        whole = _train(data, home, backbone, sizes[-1], ["--budget", str(budget_minutes)], again=True)
    return [*_figures(took), _whole(took[-1], whole, budget_minutes), _memory(sizes[-1])]


def _figures(took: Sequence[Took]) -> list[Figure]:
    first, last = took[0], took[-1]
    growth = last.count / first.count
    name = f"training {last.count:,} memes, embeddings and captions kept"
    points = [Point("training", each.count) for each in took]
    smaller = [
        Figure(f"training {each.count:,} memes likewise", each.seconds, "s", point=point)
        for each, point in zip(took[:-1], points, strict=False)
    ]
    goal, note = Goal("at most", LIMIT_SECONDS), "cnn head and five tries of automl"
    return [
        *smaller,
        Figure(name, last.seconds, "s", goal=goal, note=note, point=points[-1]),
        Figure(
            f"the same against {first.count:,} memes",
            last.seconds,
            "s",
            f"{growth:.0f} times the time of {first.count:,}",
            growth * first.seconds,
            Goal("at most", 1.0, "ratio"),
        ),
    ]


def _whole(short: Took, whole: Took, budget: float) -> Figure:
    return Figure(
        f"training {short.count:,} memes with a search of {budget:g} minutes",
        short.cnn + whole.automl,
        "s",
        goal=Goal("at most", LIMIT_SECONDS),
    )


def _memory(count: int) -> Figure:
    """The most that any command held, which the largest size did."""
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_024
    return Figure(f"memory of training {count:,} memes, at most", most, "MB")


def _train(data: Path, home: Path, backbone: Path, count: int, options: list[str], *, again: bool = False) -> Took:
    cnn = home / f"cnn-{count}"
    seconds = 0.0
    if not again:
        seconds = _timed(home, ["cnn", "--data", data, "--backbone", backbone, "--fine-tune", "0", "--out", cnn])
    out = home / f"automl-{count}-{int(again)}"
    searched = _timed(home, ["automl", "--data", data, "--cnn", cnn, "--out", out, *options])
    return Took(count, seconds, searched)


def _timed(home: Path, options: Sequence[object]) -> float:
    command = [sys.executable, "-m", "dankmeme.cli", "train", *map(str, options)]
    started = time.perf_counter()
    done = subprocess.run(command, env=os.environ | {"DANK_HOME": str(home)}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2_000:])
    return time.perf_counter() - started


def _dataset(folder: Path, home: Path, backbone: Path, count: int) -> Path:
    """Memes of so many templates: small distinct pictures, with captions and embeddings in the cache."""
    from dankmeme.training.backbones import resolve

    folder.mkdir()
    found = resolve(str(backbone), folder=home)
    chance = np.random.default_rng(0)
    centres = chance.normal(0, 1, (TEMPLATES, EMBEDDING))
    texts = _texts(count)
    taste = chance.normal(0, 1, TEMPLATES)
    captions: dict[str, Caption] = {}
    embeddings: dict[str, bytes] = {}
    with (folder / "posts.jsonl").open("w") as file:
        for row, text in enumerate(texts):
            template = int(chance.integers(TEMPLATES))
            picture = folder / f"{row}.png"
            key = _picture(picture, row)
            score = int(np.exp(taste[template] + 0.02 * len(text) + chance.normal(0, 1.5)))
            post = {"id": str(row), "file": picture.name, "score": score, "order": row, "community": "bench"}
            file.write(json.dumps(post) + "\n")
            captions[key] = Caption((Line(text, 0.95, 0.1, 0.05, 0.9, 0.2),))
            seen = np.maximum(centres[template] + chance.normal(0, 1, EMBEDDING), 0)
            embeddings[key] = np.concatenate([chance.random(10), seen]).astype(np.float32).tobytes()
    with Cache(home / "cache" / "pictures.sqlite") as cache:
        keep_captions(captions, cache)
        cache.put(f"embedding:{found.key}:{found.side}", embeddings)
    return folder


def _texts(count: int) -> list[str]:
    """True captions where there are some, else words by chance."""
    lab = data_folder("imgflip")
    if lab is not None:
        import pandas as pd

        boxes = pd.read_parquet(lab / "captions.parquet", columns=["boxes"])["boxes"].iloc[-count:]
        return [" ".join(" ".join(each).split())[:300] for each in boxes]
    chance = np.random.default_rng(1)
    words = ["".join(chance.choice(list("abcdefghijklmnoprstuvwy"), chance.integers(2, 9))) for _ in range(4_000)]
    return [" ".join(chance.choice(words, chance.integers(4, 16))) for _ in range(count)]


def _picture(path: Path, row: int) -> str:
    """A small picture unlike all others; its SHA-256."""
    pixels = np.random.default_rng(row).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST).save(path)
    return sha256(path.read_bytes())


def _backbone(path: Path) -> Path:
    """A backbone of the size of real ones' embeddings; nobody asks it for any, they are kept."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(0, 1, (3, EMBEDDING)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["embedding"]),
        ],
        "backbone",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", EMBEDDING])],
        [numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path
