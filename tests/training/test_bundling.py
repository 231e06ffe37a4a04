from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dankmeme.errors import BundleError, TrainingError
from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.models.selftest import selftest
from dankmeme.training import bundling
from dankmeme.training.bundling import (
    EXAMPLES,
    Examples,
    add_texts,
    hidden,
    plain_name,
    read_examples,
    read_facts,
    write_bundle,
)
from dankmeme.training.ensemble import Decision, decide
from dankmeme.training.labels import Labels, ends
from dankmeme.training.place import Place
from tests.training.drawn import memes

FACTS = {"dataset": {"name": "drawn", "version": "v"}, "data": {"age_hours": 48.0}, "figure": np.float32(0.5)}
EXAMPLE = Examples(
    ids=np.array(["files:drawn:ä", "files:drawn:b", "files:drawn:c"]),
    cut=np.array(["fit", "calibrate", "test"]),
    parts=np.array(["fit", "calibrate", "test"]),
    keys=np.array(["1", "2", "3"]),
    pdq=np.arange(96, dtype=np.uint8).reshape(3, 32),
    times=np.array([1.0, 2.0, np.nan]),
    authors=hidden(np.array(["josé", "", "josé"])),
)


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    with closing(Eyes(captions=False, workers=1)) as eyes:
        yield eyes


def decision(*, automl: bool = False) -> Decision:
    chance = np.random.default_rng(1)
    percentile = chance.uniform(size=60)
    cnn = np.clip(percentile + chance.normal(0, 0.3, 60), 0.05, 0.95)
    return decide(cnn, cnn if automl else None, Labels(percentile, *ends(percentile), "given"))


CNN_ALONE, BOTH = decision(), decision(automl=True)


def written(folder: Path, eyes: Any, *, both: bool = False, version: str = "1", **facts: Any) -> Bundle:
    """A bundle of the graphs that ship."""
    default = Bundle.default()
    names = ["cnn.onnx", "novelty.onnx", *(["caption.onnx", "automl.onnx"] if both else [])]
    manifest = default.manifest.model_dump(include={"compared_with", "side", "base_rate", "novelty_limit"})
    manifest |= {"name": "drawn", "version": version, "feature_sets": default.manifest.feature_sets if both else []}
    graphs = {name: default.folder / name for name in names}
    return write_bundle(folder, graphs, BOTH if both else CNN_ALONE, EXAMPLE, FACTS | facts, manifest, eyes)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_fresh_bundle_is_whole_and_says_what_it_was_trained_on(tmp_path: Path, eyes: Eyes) -> None:
    bundle = written(tmp_path / "models" / "größer", eyes, data={"shuffled": None})
    assert left_in(tmp_path / "models") == ["größer"]
    assert bundle.manifest.models == ("cnn", "verdict")
    assert not bundle.reads_captions
    assert bundle.manifest.dank_from == CNN_ALONE.thresholds["verdict"]
    assert read_facts(bundle)["figure"] == 0.5
    kept = read_examples(bundle)
    assert kept is not None
    for name, column in vars(EXAMPLE).items():
        np.testing.assert_array_equal(vars(kept)[name], column)
    assert kept.learnt.tolist() == [True, True, False]
    assert set(bundle.manifest.files) == set(left_in(bundle.folder)) - {"manifest.json"}


def test_a_fresh_bundle_passes_its_own_test_in_the_processes_that_serve(tmp_path: Path, eyes: Eyes) -> None:
    bundle = written(tmp_path / "bundle", eyes)
    found = selftest(bundle.folder)
    assert [check.name for check in found] == ["model bundle", "picture decoded in a worker", "cnn"]
    assert all(check.passed for check in found), found
    said = json.loads((bundle.folder / "selftest.json").read_text())
    assert set(said) == {"cnn", "verdict"}
    (bundle.folder / "selftest.json").write_text(json.dumps(said | {"cnn": said["cnn"] + 1e-3}))
    add_texts(bundle, {})
    assert not all(check.passed for check in selftest(bundle.folder))


def test_nothing_but_a_bundle_is_replaced(tmp_path: Path, eyes: Eyes) -> None:
    holiday = tmp_path / "holiday"
    holiday.mkdir()
    (holiday / "beach.jpg").write_bytes(b"sand")
    (tmp_path / "letter").write_text("dear aunt")
    for folder in (holiday, tmp_path / "letter"):
        with pytest.raises(BundleError) as refused:
            written(folder, eyes)
        assert refused.value.code == "not-a-bundle"
    assert left_in(tmp_path) == ["holiday", "letter"]
    (tmp_path / "empty").mkdir()
    assert written(tmp_path / "empty", eyes).manifest.version == "1"
    assert written(tmp_path / "empty", eyes, version="2").manifest.version == "2"
    assert left_in(tmp_path) == ["empty", "holiday", "letter"]


def test_a_bundle_may_go_into_the_folder_where_one_is(
    tmp_path: Path, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert Bundle(written(Path(), eyes).folder).manifest.version == "1"


def test_a_bundle_that_was_not_finished_leaves_the_one_that_was_there(
    tmp_path: Path, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path)
    bundle = written(place.models / "bundle", eyes)
    monkeypatch.setattr(bundling, "_own_forecast", killed)
    with pytest.raises(KeyboardInterrupt):
        written(bundle.folder, eyes, version="2")
    assert Bundle(bundle.folder).manifest.version == "1"
    assert len(left_in(place.models)) == 2
    assert place.bundles_of("", FACTS["data"]) != []  # type: ignore[arg-type]
    assert {found.folder.name for found in place.bundles_of("", FACTS["data"])} == {"bundle"}  # type: ignore[arg-type]


def test_texts_are_added_with_their_checksums(tmp_path: Path, eyes: Eyes) -> None:
    bundle = written(tmp_path / "bundle", eyes)
    assert bundle.figures() == {"shown": [], "caveats": []}
    add_texts(bundle, {"card.md": "# Ä card\n", "figures.json": '{"shown": [], "caveats": ["few"]}'})
    add_texts(bundle, {"card.md": "# Another\n"})
    again = Bundle(bundle.folder)
    assert {"card.md", "figures.json"} <= set(again.manifest.files)
    assert again.figures()["caveats"] == ["few"]
    assert again.manifest.model_dump(exclude={"files"}) == bundle.manifest.model_dump(exclude={"files"})
    (bundle.folder / "card.md").write_text("# Forged\n")
    with pytest.raises(BundleError):
        Bundle(bundle.folder)


def test_a_kill_while_a_text_is_replaced_leaves_a_whole_bundle(
    tmp_path: Path, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = written(tmp_path / "bundle", eyes)
    add_texts(bundle, {"card.md": "# A card\n"})
    replaced, calls = bundling.replace_text, list[Path]()

    def interrupted(path: Path, text: str) -> None:
        calls.append(path)
        if len(calls) == 3:  # the card is another one, the manifest does not say so yet
            raise KeyboardInterrupt
        replaced(path, text)

    monkeypatch.setattr(bundling, "replace_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        add_texts(bundle, {"card.md": "# Another\n"})
    assert (bundle.folder / "card.md").read_text() == "# Another\n"
    assert Bundle(bundle.folder).version == bundle.version


def test_a_bundle_of_both_models_tells_what_they_say_of_its_picture(tmp_path: Path, eyes: Eyes) -> None:
    class Reading:
        def read(self, pixels: Any) -> Any:
            return memes()[0].caption

    bundle = written(tmp_path / "bundle", Reading(), both=True)
    assert bundle.reads_captions
    said = json.loads((bundle.folder / "selftest.json").read_text())
    assert said["caption"] == memes()[0].words
    assert {"cnn", "automl", "verdict"} < set(said)


def test_a_machine_that_cannot_read_captions_makes_no_bundle_that_needs_them(tmp_path: Path, eyes: Eyes) -> None:
    with pytest.raises(TrainingError) as refused:
        written(tmp_path / "bundle", eyes, both=True)
    assert refused.value.code == "captions-unread"
    assert not (tmp_path / "bundle").exists()


def test_bundles_that_say_nothing_of_their_training_are_read_all_the_same() -> None:
    assert read_facts(Bundle.default()) == {}
    assert read_examples(Bundle.default()) is None


def test_names_are_hidden_and_still_told_apart() -> None:
    names = hidden(np.array(["josé", "jose", "", "josé"]))
    assert names[0] == names[3] != names[1]
    assert names[2] == ""
    assert "jos" not in "".join(names.tolist())
    assert len(hidden(np.array([], dtype=str))) == 0


@pytest.mark.parametrize(
    ("name", "plain"), [("My Memes!", "my-memes"), ("日本", "model"), ("a" * 90, "a" * 40), ("--x--", "x")]
)
def test_a_bundle_has_a_name_that_files_can_have(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_examples_run_in_step_with_names_in_any_script(tmp_path: Path, eyes: Eyes) -> None:
    bundle = written(tmp_path / "bundle", eyes)
    np.savez_compressed(
        bundle.folder / EXAMPLES, **vars(replace(EXAMPLE, ids=np.array(["дank:1", "ミーム", "\N{OK HAND SIGN}"])))
    )
    add_texts(bundle, {})
    kept = read_examples(Bundle(bundle.folder))
    assert kept is not None
    assert kept.ids.tolist() == ["дank:1", "ミーム", "\N{OK HAND SIGN}"]


def killed(*_: Any) -> None:
    raise KeyboardInterrupt
