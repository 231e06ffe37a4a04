from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dankmeme.errors import BundleError
from dankmeme.models.bundle import Bundle


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Bundle.default().folder, tmp_path / "bundle"))


def refused(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        Bundle(folder)
    return caught.value.code


def test_the_bundle_that_ships_is_small_whole_and_holds_nothing_but_onnx_json_and_texts() -> None:
    folder = Bundle.default().folder
    files = [path for path in folder.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 15_000_000
    assert {path.suffix for path in files} <= {".onnx", ".json", ".md", ".jpg"}
    assert {path.name for path in files} == {*Bundle.default().manifest.files, "manifest.json"}


def test_a_flipped_bit_is_noticed(copy: Path) -> None:
    data = bytearray((copy / "cnn.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "cnn.onnx").write_bytes(data)
    assert refused(copy) == "bundle-damaged"


def test_a_missing_file_is_noticed(copy: Path) -> None:
    (copy / "caption.onnx").unlink()
    assert refused(copy) == "bundle-damaged"


def test_a_manifest_that_is_not_ours_is_refused(copy: Path) -> None:
    (copy / "manifest.json").write_text("[]")
    assert refused(copy) == "bundle-damaged"


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    assert refused(tmp_path) == "bundle-missing"


def test_a_bundle_of_a_later_format_says_so(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"format": 999}))
    assert refused(copy) == "bundle-too-new"


def test_a_manifest_cannot_leave_a_graph_unchecked(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["files"]["automl.onnx"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert refused(copy) == "bundle-damaged"


def test_the_card_names_its_rule_and_every_figure_has_an_interval() -> None:
    bundle = Bundle.default()
    card = (bundle.folder / "card.md").read_text()
    assert "Venn–Abers" in card
    assert "can't tell" in card
    for figure in bundle.figures()["shown"]:
        assert figure["low"] <= figure["value"] <= figure["high"]
