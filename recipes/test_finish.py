"""The last stages of the recipe at a small size. Needs the `train` extra; `make prove` runs it."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import finish
import pictures
import rows
from assemble import write_bundle
from dankmeme.errors import BundleError
from dankmeme.models.bundle import FORMAT, Bundle
from dankmeme.models.caption import Caption, Line
from dankmeme.models.selftest import selftest
from dankmeme.training.ensemble import decide
from dankmeme.training.labels import Labels, ends

pytestmark = pytest.mark.filterwarnings("ignore")
DRAWN = {"fit": 40, "search": 120, "calibrate": 80, "rehearsal": 1, "test": 60}
REAL = 60


@pytest.fixture(scope="module")
def frame(data: Path) -> pd.DataFrame:
    return rows.load_rows(data)


@pytest.fixture(scope="module")
def made(data: Path, fonts: Path, frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> argparse.Namespace:
    """What the stages make of what those before them leave, the bundled image model among it."""
    build = tmp_path_factory.mktemp("build")
    chosen = argparse.Namespace(build=build, data=data.parent, out=build / "bundle", trials=6, workers=1)
    shutil.copyfile(Bundle.default().folder / "cnn.onnx", build / "cnn.onnx")
    (build / "readings").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "DRAWN", DRAWN)
        pictures.draw_parts(frame, data, fonts, build, 1)
    captions = frame.set_index("id")["caption"]
    for part in ("search", "calibrate", "test"):
        ids = pictures.load_inputs(build, part)[1]
        _write(build / "readings" / f"{part}-000.jsonl", [_reading(name, captions[name]) for name in ids])
    ids = pictures.load_inputs(build, "search")[1]
    np.savez(build / "outlook.npz", ids=np.array(ids), probability=np.random.default_rng(0).uniform(0.2, 0.4, len(ids)))
    _real_pictures(data, fonts, build)
    for stage in (finish.heads, finish.automl, finish.bundle):
        stage(frame, chosen)
    return chosen


def _reading(name: str, text: str) -> dict[str, object]:
    line = Line(text.upper().replace("O", "0"), 0.9, 0.1, 0.1, 0.9, 0.2)
    return {"id": name, "width": 320, "height": 240, **asdict(Caption((line,)))}


def _real_pictures(data: Path, fonts: Path, build: Path) -> None:
    """Two listings, the sample of originals, and what was read in both."""
    posts = [
        {
            "id": f"r{number}",
            "file": f"r{number}.jpg",
            "near_dup_group": number // 2,
            "ups_pct_in_block": number % 10 / 10,
            "listing_block": f"block {number % 2}",
        }
        for number in range(REAL)
    ]
    for name, some in (("reddit_memes_2018", posts), ("reddit_originals_sample", posts[:6])):
        folder = data.parent / name
        folder.mkdir()
        for post in some:
            row = SimpleNamespace(id=post["id"], template="Dog-Asks", boxes=[str(post["id"]), "really"])
            (folder / str(post["file"])).write_bytes(pictures.drawn_bytes(row, "fit", data, fonts))
        _write(folder / "posts.jsonl", some)
    _write(build / "readings" / "reddit-000.jsonl", [_reading(str(post["id"]), "really") for post in posts])
    _write(build / "readings" / "originals-000.jsonl", [_reading(str(post["file"]), "really") for post in posts[:6]])


def _write(path: Path, entries: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def test_the_bundle_opens_strictly_and_lists_all_its_files(made: argparse.Namespace) -> None:
    bundle = Bundle(made.out)
    assert bundle.manifest.format <= FORMAT
    assert bundle.version == "imgflip-1"
    assert bundle.manifest.files.keys() == {path.name for path in made.out.iterdir()} - {"manifest.json"}
    assert bundle.manifest.files.keys() == Bundle.default().manifest.files.keys()
    assert not list(made.build.glob(".*"))


def test_serving_says_of_the_bundles_picture_what_the_recipe_said(made: argparse.Namespace) -> None:
    assert [check.name for check in selftest(made.out) if not check.passed] == []


def test_figures_and_card_are_those_of_the_bundled_model(made: argparse.Namespace) -> None:
    figures, bundled = Bundle(made.out).figures(), Bundle.default().figures()
    assert figures.keys() == bundled.keys()
    assert figures["all"].keys() == bundled["all"].keys()
    assert [each["name"] for each in figures["shown"]] == [each["name"] for each in bundled["shown"]]
    headings = [
        [line for line in (folder / "card.md").read_text().splitlines() if line.startswith("#")]
        for folder in (made.out, Bundle.default().folder)
    ]
    assert headings[0] == headings[1]


def test_a_search_that_ended_is_not_made_again(made: argparse.Namespace, frame: pd.DataFrame) -> None:
    journal, graph = made.build / "trials.jsonl", made.build / "automl.onnx"
    before = journal.read_bytes(), graph.read_bytes()
    assert len(before[0].splitlines()) == made.trials
    finish.automl(frame, made)
    assert (journal.read_bytes(), graph.read_bytes()) == before


def test_what_is_no_bundle_is_not_replaced(made: argparse.Namespace, frame: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="no model bundle"):
        finish.bundle(frame, argparse.Namespace(**vars(made) | {"out": tmp_path}))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_bundle_that_is_there_is_replaced_whole(made: argparse.Namespace, tmp_path: Path) -> None:
    chance, percentile = np.random.default_rng(0), np.linspace(0, 1, 200)
    labels = Labels(percentile, *ends(percentile), "given")
    decision = decide(chance.random(200), chance.random(200), labels, finish.SHARES)
    for texts in ({"card.md": "one", "old.txt": "from before"}, {"card.md": "other"}):
        bundle = write_bundle(tmp_path / "out", made.build, decision, ("outlook",), 0.2, pictures.SIDE, 0.3, texts)
    assert "old.txt" not in bundle.manifest.files
    assert (bundle.folder / "card.md").read_text() == "other"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
