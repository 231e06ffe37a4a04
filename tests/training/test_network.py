from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from dankmeme.training import network
from dankmeme.training.backbones import resolve
from dankmeme.training.cnn import Options, train
from dankmeme.training.heads import Head, Scale
from dankmeme.training.recipes import KERAS, VGG16_2018
from tests.training.small_graphs import SIDE
from tests.training.test_cnn import FIT, OPTIONS, VALID, ranks, silent


def test_a_network_is_trained_from_scratch(tmp_path: Path) -> None:
    backbone = resolve("scratch", side=SIDE, folder=tmp_path)
    assert backbone.weights == "none: trained from scratch"
    trained = train(FIT, VALID, backbone, replace(OPTIONS, epochs=4), tmp_path / "run", silent)
    assert ranks(trained) > 0.8
    assert trained.largest_difference < 1e-4
    text = onnx.load(str(trained.graph)).SerializeToString()
    assert b"site-packages" not in text
    assert str(Path(__file__).parent.parent.parent).encode() not in text


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras 3.15 as it saves weights
def test_weights_can_come_from_a_file(tmp_path: Path) -> None:
    made = network.application("MobileNetV3Small", SIDE, None, pretrained=False)
    inner = next(layer for layer in made.layers if layer.name.startswith("MobileNet"))
    inner.save_weights(tmp_path / "mobile.weights.h5")
    backbone = resolve("keras:MobileNetV3Small", side=SIDE, weights=tmp_path / "mobile.weights.h5", folder=tmp_path)
    assert backbone.weights == "the file mobile.weights.h5"
    loaded = network.application("MobileNetV3Small", SIDE, backbone.path)
    assert network.content_key(loaded) == network.content_key(made)


def test_the_recipe_of_2018_keeps_to_its_own_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network that is small enough to be exported in a test; it is fine-tuned as Keras backbones are."""
    keras = network.keras()

    def small(name: str, side: int, weights: Path | None, *, pretrained: bool = True) -> object:
        assert (name, pretrained) == ("VGG16", True)
        keras.utils.set_random_seed(1)
        image = keras.Input((side, side, 3))
        seen = keras.layers.Conv2D(16, 8, strides=8, activation="relu")(keras.layers.Rescaling(1 / 128)(image))
        return keras.Model(image, keras.layers.GlobalAveragePooling2D()(seen))

    monkeypatch.setattr(network, "application", small)
    backbone = resolve("vgg16-2018", side=SIDE, folder=tmp_path)
    assert backbone.weights == "ImageNet, as they come with Keras"
    options = Options(epochs=6, fine_tune_epochs=2, batch=16, threads=1)
    trained = train(FIT, VALID, backbone, options, tmp_path / "run", silent)
    assert {note.partition(":")[0] for note in trained.notes if "AUC" in note} == {
        "a layer of 40 over the frozen backbone",
        "a layer of 40 over the fine-tuned backbone",
    }
    assert ranks(trained) > 0.8
    assert trained.largest_difference < 1e-3


def test_vgg16_sees_blue_green_red_about_the_mean_of_imagenet() -> None:
    """As its weights learnt it (Keras' `caffe` mode)."""
    made = network.application("VGG16", SIDE, None, pretrained=False)
    inner = next(layer for layer in made.layers if layer.name.startswith("vgg16"))
    image = FIT.inputs[:2].astype(np.float32)
    want = inner(image[..., ::-1] - np.array([103.939, 116.779, 123.68], dtype=np.float32), training=False)
    got = made(image, training=False)
    np.testing.assert_allclose(got.detach().numpy(), want.detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("recipe", [KERAS, VGG16_2018])
def test_a_heads_plain_weights_give_what_the_head_gives(recipe: network.Recipe) -> None:
    drawn = np.random.default_rng(0)
    embedding = drawn.normal(3, 2, (20, 6)).astype(np.float32)
    scale = Scale(embedding.mean(axis=0), embedding.std(axis=0)) if recipe.standardised else None
    made = network.head(6, recipe, scale)
    for variable in made.model.weights:
        if "seed" not in variable.path:
            variable.assign(drawn.normal(0, 1, variable.shape).astype(np.float32))
    answer = made.model(embedding, training=False).detach().numpy()
    want = answer[:, 1] - answer[:, 0] if recipe.classes else answer[:, 0]
    got = Head("", made.layers(lift=0.25), None).odds(embedding)
    np.testing.assert_allclose(got, want + 0.25, rtol=1e-3, atol=1e-4)


def test_the_head_of_2018_is_the_one_of_2018() -> None:
    made = network.head(512, VGG16_2018, None).model
    described = [(type(layer).__name__, layer.output.shape[1]) for layer in made.layers[1:]]
    assert described == [("Dense", 40), ("Dropout", 40), ("Dense", 2)]
    assert made.layers[2].rate == 0.5
    assert VGG16_2018.head_rate == 1e-4
