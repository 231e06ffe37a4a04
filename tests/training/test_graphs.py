from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from dankmeme.errors import TrainingError
from dankmeme.models.scoring import look
from dankmeme.training.anatomy import examine
from dankmeme.training.clusters import Clusters, find_clusters, unit
from dankmeme.training.graphs import body_of, load, served
from dankmeme.training.heads import Head, Layer
from dankmeme.training.pixels import SCALES
from dankmeme.training.torched import Torched, UnknownOperatorError
from tests.training.small_graphs import SIDE, convolutional, floats, model, quantised

IMAGES = np.random.default_rng(5).integers(0, 256, (3, SIDE, SIDE, 3)).astype(np.uint8)


def run(graph: onnx.ModelProto, feed: dict[str, Any], output: str) -> np.ndarray:
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run([output], feed)[0]


def scaled(scale: str) -> np.ndarray:
    pixels = SCALES[scale]
    x = (IMAGES.astype(np.float32) - np.float32(1) * np.array(pixels.mean)) / np.array(pixels.deviation)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2), dtype=np.float32)


@pytest.mark.parametrize("scale", sorted(SCALES))
def test_a_body_scales_pixels_and_gives_what_the_backbone_gives(scale: str) -> None:
    backbone = convolutional()
    body = body_of(backbone, "small", SCALES[scale], SIDE)
    got = run(body, {"image": IMAGES.astype(np.float32)}, "embedding")
    want = run(backbone, {"image": scaled(scale)}, "embedding")
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4)


def test_the_scales_are_those_of_their_families() -> None:
    seen = {name: (0 - np.array(each.mean)) / np.array(each.deviation) for name, each in SCALES.items()}
    full = {name: (255 - np.array(each.mean)) / np.array(each.deviation) for name, each in SCALES.items()}
    np.testing.assert_allclose(seen["signed"], -1)
    np.testing.assert_allclose(full["signed"], 1)
    np.testing.assert_allclose((seen["unit"], full["unit"]), ([0] * 3, [1] * 3))
    np.testing.assert_allclose(seen["imagenet"], [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225])
    np.testing.assert_allclose(full["raw"], 255)


def test_quantised_weights_become_floats_and_a_map_becomes_its_mean() -> None:
    backbone = quantised()
    body = body_of(backbone, "small", SCALES["signed"], SIDE)
    assert "DequantizeLinear" not in {node.op_type for node in body.graph.node}
    want = run(backbone, {"image": scaled("signed")}, "map").mean(axis=(2, 3))
    got = run(body, {"image": IMAGES.astype(np.float32)}, "embedding")
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)


def test_of_tokens_the_first_is_taken() -> None:
    shape = numpy_helper.from_array(np.array([0, 3, -1], dtype=np.int64), "shape")
    tokens = helper.make_node("Reshape", ["image", "shape"], ["last_hidden_state"])
    backbone = model([tokens], [shape], outputs={"last_hidden_state": ["n", 3, SIDE * SIDE]})
    got = run(body_of(backbone, "small", SCALES["raw"], SIDE), {"image": IMAGES.astype(np.float32)}, "embedding")
    np.testing.assert_array_equal(got, IMAGES[..., 0].reshape(3, -1))


def test_pictures_with_colours_last_are_understood() -> None:
    node = helper.make_node("Identity", ["image"], ["features"])
    backbone = model([node], [], image=["n", SIDE, SIDE, 3], outputs={"features": ["n", SIDE, SIDE, 3]})
    got = run(body_of(backbone, "small", SCALES["raw"], SIDE), {"image": IMAGES.astype(np.float32)}, "embedding")
    np.testing.assert_allclose(got, IMAGES.mean(axis=(1, 2)), rtol=1e-5)


def with_text() -> onnx.ModelProto:
    """Like CLIP: one output needs the picture, one the words, one both."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["image_embeds"], axes=[2, 3], keepdims=0),
        helper.make_node("Mul", ["words", "two"], ["text_embeds"]),
        helper.make_node("Add", ["image_embeds", "text_embeds"], ["logits"]),
    ]
    words = helper.make_tensor_value_info("words", TensorProto.FLOAT, ["m", 3])
    outputs: dict[str, list[Any]] = {"logits": ["n", 3], "text_embeds": ["m", 3], "image_embeds": ["n", 3]}
    return model(nodes, [floats("two", 2)], outputs=outputs, inputs=[words])


def test_what_depends_on_words_is_cut_off() -> None:
    assert examine(with_text(), "clip").output == "image_embeds"
    body = body_of(with_text(), "clip", SCALES["raw"], SIDE)
    assert [node.op_type for node in body.graph.node if node.op_type in ("Mul", "Add")] == []
    got = run(body, {"image": IMAGES.astype(np.float32)}, "embedding")
    np.testing.assert_allclose(got, IMAGES.mean(axis=(1, 2)), rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ([1, 3, SIDE, SIDE], "takes 1 pictures at a time"),
        (["n", 3, SIDE, 2 * SIDE], "square pictures"),
        (["n", 4, SIDE, SIDE], "3 colours"),
        (["n", 3], "one input that is a picture"),
    ],
)
def test_a_graph_that_takes_no_pictures_is_refused(shape: list[Any], words: str) -> None:
    node = helper.make_node("Identity", ["image"], ["embedding"])
    with pytest.raises(TrainingError, match=words) as caught:
        examine(model([node], [], image=shape, outputs={"embedding": shape}), "odd.onnx")
    assert caught.value.code == "bad-backbone"
    assert "odd.onnx" in caught.value.message


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"\xff\xffnot a graph")
    with pytest.raises(TrainingError, match="is not an ONNX graph"):
        load(path)


HEAD = Head(
    "two layers",
    (
        Layer(np.float32([[1, -1]] * 8), np.float32([0.1, 0.2])),
        Layer(np.float32([[0.5], [0.25]]), np.float32([-0.3])),
    ),
    Layer(np.full((8, 1), 0.4, dtype=np.float32), np.float32([-2.0])),
)


def test_the_served_graph_gives_what_a_bundle_needs(tmp_path: Path) -> None:
    body = body_of(convolutional(), "small", SCALES["signed"], SIDE)
    centres = unit(np.random.default_rng(1).uniform(0, 1, (5, 8)).astype(np.float32))
    clusters = Clusters(centres, 4.0)
    served(body, HEAD, clusters, tmp_path / "cnn.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "cnn.onnx"), providers=["CPUExecutionProvider"])
    seen = look(session, list(IMAGES))
    embedding = run(body, {"image": IMAGES.astype(np.float32)}, "embedding")
    np.testing.assert_allclose(seen.embedding, embedding, rtol=1e-5)
    np.testing.assert_allclose(seen.probability, HEAD.probability(embedding), rtol=1e-5)
    assert HEAD.percentile is not None
    np.testing.assert_allclose(seen.percentile, np.clip(HEAD.percentile(embedding)[:, 0], 0, 1), atol=1e-5)
    np.testing.assert_allclose(np.exp(seen.template), clusters.probabilities(embedding), rtol=1e-4)
    assert {each.version for each in onnx.load(str(tmp_path / "cnn.onnx")).opset_import if not each.domain} == {17}


def test_without_percentiles_the_probability_stands_for_them(tmp_path: Path) -> None:
    body = body_of(convolutional(), "small", SCALES["signed"], SIDE)
    head = Head(HEAD.kind, HEAD.layers, None)
    served(body, head, Clusters(np.eye(2, 8, dtype=np.float32), 1.0), tmp_path / "cnn.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "cnn.onnx"), providers=["CPUExecutionProvider"])
    seen = look(session, list(IMAGES))
    np.testing.assert_array_equal(seen.percentile, seen.probability)


def test_clusters_are_as_sure_as_they_should_be() -> None:
    drawn = np.random.default_rng(0)
    kinds = drawn.normal(0, 1, (4, 16))
    embedding = (np.repeat(kinds, 120, axis=0) + drawn.normal(0, 0.4, (480, 16))).astype(np.float32)
    found = find_clusters(embedding, seed=1)
    assert found.centres.shape == (4, 16)
    shares = found.probabilities(embedding)
    assert shares.max(axis=1).mean() == pytest.approx(0.7, abs=0.02)
    assert len({tuple(np.unique(each)) for each in np.split(shares.argmax(axis=1), 4)}) == 4


def test_an_onnx_graph_runs_in_pytorch_as_it_does_in_onnx_runtime() -> None:
    for backbone in (convolutional(), quantised(), transformer()):
        body = body_of(backbone, "small", SCALES["signed"], SIDE)
        want = run(body, {"image": IMAGES.astype(np.float32)}, "embedding")
        with torch.no_grad():
            got = Torched(body)(torch.from_numpy(IMAGES.astype(np.float32))).numpy()
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)


def transformer() -> onnx.ModelProto:
    """Patches, one block of attention with the shapes worked out inside the graph, and a layer with Gelu's formula."""
    drawn, size = np.random.default_rng(9), 6

    def ints(name: str, *values: int) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(values, dtype=np.int64), name)

    nodes = [
        helper.make_node("Conv", ["image", "patches"], ["map"], strides=[8, 8]),
        helper.make_node("Shape", ["map"], ["size"]),
        helper.make_node("Slice", ["size", "zero", "two", "zero"], ["kept"]),
        helper.make_node("Concat", ["kept", "rest"], ["flat"], axis=0),
        helper.make_node("Reshape", ["map", "flat"], ["columns"]),
        helper.make_node("Transpose", ["columns"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("LayerNormalization", ["tokens", "gain", "lift"], ["even"], axis=-1),
        helper.make_node("MatMul", ["even", "all"], ["joined"]),
        helper.make_node("Split", ["joined", "thirds"], ["q", "k", "v"], axis=-1),
        helper.make_node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["q", "kt"], ["near"]),
        helper.make_node("Div", ["near", "root"], ["nearness"]),
        helper.make_node("Softmax", ["nearness"], ["share"], axis=-1),
        helper.make_node("MatMul", ["share", "v"], ["mixed"]),
        helper.make_node("Add", ["tokens", "mixed"], ["after"]),
        helper.make_node("Div", ["after", "root"], ["less"]),
        helper.make_node("Erf", ["less"], ["erf"]),
        helper.make_node("Add", ["erf", "one"], ["raised"]),
        helper.make_node("Mul", ["after", "raised"], ["last_hidden_state"]),
    ]
    constants = [
        floats("patches", drawn.normal(0, 0.2, (size, 3, 8, 8))),
        floats("gain", drawn.uniform(0.5, 1.5, size)),
        floats("lift", drawn.normal(0, 0.1, size)),
        floats("all", drawn.normal(0, 0.4, (size, 3 * size))),
        floats("root", 2.449),
        floats("one", 1),
        ints("zero", 0),
        ints("two", 2),
        ints("rest", -1),
        ints("thirds", size, size, size),
    ]
    return model(nodes, constants, outputs={"last_hidden_state": ["n", 16, size]})


def test_what_is_trained_in_pytorch_goes_back_into_the_graph() -> None:
    body = body_of(convolutional(), "small", SCALES["signed"], SIDE)
    module = Torched(body)
    images = torch.from_numpy(IMAGES.astype(np.float32))
    optimiser = torch.optim.SGD(module.parameters(), lr=0.05)
    module(images).square().mean().backward()
    optimiser.step()
    with torch.no_grad():
        want = module(images).numpy()
    got = run(module.graph(), {"image": images.numpy()}, "embedding")
    before = run(body, {"image": images.numpy()}, "embedding")
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)
    assert np.abs(got - before).max() > 1e-3


def test_pixels_and_batch_statistics_are_not_trained() -> None:
    module = Torched(body_of(convolutional(), "small", SCALES["signed"], SIDE))
    shapes = sorted(tuple(each.shape) for each in module.parameters())
    assert shapes == [(8,), (8,), (8,), (8, 1, 3, 3), (8, 3, 3, 3)]


def test_an_unknown_operator_is_named() -> None:
    nodes = [
        helper.make_node("Magic", ["image"], ["odd"], domain="com.example"),
        helper.make_node("ReduceMean", ["odd"], ["embedding"], axes=[2, 3], keepdims=0),
    ]
    body = body_of(model(nodes, [], outputs={"embedding": ["n", 3]}), "small", SCALES["raw"], SIDE)
    with pytest.raises(UnknownOperatorError, match=r"com\.example\.Magic"):
        Torched(body)
