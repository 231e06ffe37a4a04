from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from dankmeme.errors import TrainingError
from dankmeme.training.backbones import RANDOM, resolve
from dankmeme.training.cnn import embed
from dankmeme.training.pixels import CONFIG, SCALES, read_config
from tests.training.small_graphs import SIDE, convolutional, model, saved

IMAGES = np.random.default_rng(5).integers(0, 256, (40, 160, 160, 3)).astype(np.uint8)


def test_the_bundled_backbone_needs_nothing(tmp_path: Path) -> None:
    found = resolve("bundled", folder=tmp_path)
    assert (found.kind, found.side) == ("onnx", 160)
    told: list[int] = []
    embedding = embed(found, IMAGES, lambda progress: told.append(progress.done))
    assert embedding.shape == (40, 128)
    assert embedding.dtype == np.float32
    assert told == [32, 40]


def test_the_key_names_graph_scale_and_side(tmp_path: Path) -> None:
    free = saved(convolutional_of_any_size(), tmp_path / "free.onnx")
    kept = [
        resolve(str(free), folder=tmp_path),
        resolve(str(free), folder=tmp_path, pixels="clip"),
        resolve(str(free), folder=tmp_path, side=64),
        resolve(str(saved(convolutional(seed=1), tmp_path / "other.onnx")), folder=tmp_path),
    ]
    assert len({each.key for each in kept}) == 4
    assert resolve(str(free), folder=tmp_path).key == kept[0].key
    assert [each.side for each in kept] == [224, 224, 64, SIDE]


def convolutional_of_any_size() -> object:
    made = convolutional()
    for place, name in ((2, "h"), (3, "w")):
        made.graph.input[0].type.tensor_type.shape.dim[place].dim_param = name
    return made


def test_a_file_beside_the_graph_says_how_pixels_are_scaled(tmp_path: Path) -> None:
    path = saved(convolutional(), tmp_path / "eye.onnx")
    assert resolve(str(path), folder=tmp_path).pixels == SCALES["signed"]
    config = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "size": SIDE}
    (tmp_path / CONFIG).write_text(json.dumps(config))
    found = resolve(str(path), folder=tmp_path).pixels
    assert found is not None
    assert found.mean == pytest.approx(SCALES["imagenet"].mean)
    assert resolve(str(path), folder=tmp_path, pixels="unit").pixels == SCALES["unit"]


@pytest.mark.parametrize(
    ("config", "mean", "side"),
    [
        ({"do_normalize": False, "size": {"shortest_edge": 256}}, 0.0, 256),
        ({"do_rescale": False, "image_mean": [9, 9, 9], "image_std": [1, 1, 1]}, 9.0, None),
        ({"crop_size": {"height": 192, "width": 192}, "size": {"shortest_edge": 224}}, 127.5, 192),
    ],
)
def test_the_hubs_ways_of_saying_it_are_understood(
    tmp_path: Path, config: dict[str, object], mean: float, side: int | None
) -> None:
    (tmp_path / CONFIG).write_text(json.dumps(config))
    pixels, found = read_config(tmp_path / CONFIG)
    assert pixels.mean[0] == pytest.approx(mean)
    assert found == side


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nonsense", "unknown-backbone"),
        ("missing.onnx", "backbone-missing"),
        ("keras:NoSuchNet", "unknown-backbone"),
        ("keras:layers", "unknown-backbone"),
    ],
)
def test_a_backbone_that_is_not_there_is_a_plain_error(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(TrainingError) as caught:
        resolve(name, folder=tmp_path)
    assert caught.value.code == code


@pytest.mark.parametrize("given", [{"weights": Path("weights.h5")}, {"pixels": "clip"}])
def test_an_option_that_would_do_nothing_is_refused(tmp_path: Path, given: dict[str, object]) -> None:
    with pytest.raises(TrainingError) as caught:
        resolve("bundled", folder=tmp_path, **given)  # type: ignore[arg-type]
    assert caught.value.code == "unused-option"


def test_a_scale_that_is_not_known_is_refused(tmp_path: Path) -> None:
    path = saved(convolutional(), tmp_path / "eye.onnx")
    with pytest.raises(TrainingError, match="clip") as caught:
        resolve(str(path), folder=tmp_path, pixels="sepia")
    assert caught.value.code == "unknown-pixels"


def test_a_graph_of_another_side_or_that_does_not_run_is_refused(tmp_path: Path) -> None:
    path = saved(convolutional(), tmp_path / "eye.onnx")
    with pytest.raises(TrainingError, match="of 32 pixels, not of 64") as caught:
        resolve(str(path), folder=tmp_path, side=64)
    assert caught.value.code == "bad-backbone"
    one = numpy_helper.from_array(np.array([1, 3 * SIDE * SIDE], dtype=np.int64), "one")
    node = helper.make_node("Reshape", ["image", "one"], ["embedding"])
    stuck = model([node], [one], outputs={"embedding": ["n", 9]})
    with pytest.raises(TrainingError, match="does not run on two pictures") as caught:
        resolve(str(saved(stuck, tmp_path / "stuck.onnx")), folder=tmp_path)
    assert caught.value.code == "bad-backbone"


@pytest.fixture
def without_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras has kept nothing, and what it would download cannot be reached."""
    import keras

    monkeypatch.setattr(keras.config, "keras_home", lambda: str(tmp_path / "keras"), raising=False)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")


@pytest.mark.usefixtures("without_weights")
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("vgg16-2018", "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("keras:MobileNetV3Small", r"weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5"),
    ],
)
def test_weights_that_cannot_be_downloaded_are_named_and_never_replaced_by_random_ones(
    tmp_path: Path, name: str, file: str
) -> None:
    with pytest.raises(TrainingError) as caught:
        resolve(name, side=SIDE, folder=tmp_path)
    assert caught.value.code == "weights-missing"
    assert file in caught.value.message
    assert "--weights" in caught.value.message
    assert "--backbone bundled" in caught.value.message


def test_a_file_of_other_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        resolve("vgg16-2018", side=SIDE, weights=tmp_path / "none.h5", folder=tmp_path)
    assert caught.value.code == "weights-missing"
    odd = tmp_path / "odd.weights.h5"
    odd.write_bytes(b"these are no weights")
    with pytest.raises(TrainingError, match="does not hold the weights of MobileNetV3Small") as caught:
        resolve("keras:MobileNetV3Small", side=SIDE, weights=odd, folder=tmp_path)
    assert caught.value.code == "bad-weights"


def test_random_weights_are_called_random(tmp_path: Path) -> None:
    found = resolve("keras:MobileNetV3Small@random", side=SIDE, folder=tmp_path)
    assert found.weights == RANDOM
    with pytest.raises(TrainingError, match="leave @random"):
        resolve("keras:MobileNetV3Small@random", side=SIDE, weights=tmp_path / "a.h5", folder=tmp_path)
