"""What a bundle's image graph says of pictures, from embeddings that are kept: no picture is looked at twice."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.images.fingerprint import sha256
from dankmeme.models.caption import Caption
from dankmeme.models.eyes import Eyes
from dankmeme.models.scorer import Sight
from dankmeme.models.scoring import Captioned, Look
from dankmeme.training.cache import Cache
from dankmeme.training.material import Material
from dankmeme.training.pictures import Inputs, Told, captioned, captions_of, embeddings_of

Floats = NDArray[np.float32]
HEADS = ("probability", "percentile", "template")
_BATCH = 512


@dataclass(frozen=True)
class Seen:
    """What is known of pictures before their captions are.

    Attributes:
        look: the image graph's answers.
        colour: `[n, 10]`.
    """

    look: Look
    colour: Floats

    def at(self, rows: NDArray[np.generic]) -> Seen:
        """Those of some rows (numbers, or a mask)."""
        look = self.look
        return Seen(
            Look(look.embedding[rows], look.probability[rows], look.percentile[rows], look.template[rows]),
            self.colour[rows],
        )

    def sights(self, novelty: Floats) -> list[Sight]:
        """As the scorer takes them.

        Args:
            novelty: `[n]`, distances from the examples.
        """
        look = self.look
        return [
            Sight(
                probability=float(look.probability[row]),
                percentile=float(look.percentile[row]),
                novelty=float(novelty[row]),
                embedding=look.embedding[row],
                template=look.template[row],
                colour=self.colour[row],
            )
            for row in range(len(novelty))
        ]


def session_of(graph: Path | bytes, threads: int = 1) -> Any:
    """An ONNX Runtime session of a graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def trunk_of(graph: Path) -> str:
    """Names what an image graph does up to its embedding: graphs of one trunk share what is kept of pictures."""
    return sha256(_part(graph, ["image"], ["embedding"]))


def see(
    material: Material, graph: Path, side: int, trunk: str, cache: Cache, eyes: Eyes, told: Told, threads: int = 2
) -> Seen:
    """What an image graph says of all pictures of a material.

    Args:
        material: whose pictures.
        graph: `cnn.onnx` of a bundle.
        side: of its input.
        trunk: names its trunk.
        cache: keeps embeddings.
        eyes: decodes.
        told: of progress.
        threads: of one inference call.
    """
    running = session_of(_part(graph, ["image"], ["embedding"]), threads)

    def embed(inputs: Inputs) -> Floats:
        found: Floats = running.run(["embedding"], {"image": inputs.astype(np.float32)})[0]
        return found

    embedding, colour = embeddings_of(material.files, material.keys, cache, eyes, trunk, side, embed, told)
    return Seen(heads(graph, embedding), colour)


def heads(graph: Path, embedding: Floats) -> Look:
    """What an image graph's heads say of embeddings `[n, e]`."""
    running = session_of(_part(graph, ["embedding"], list(HEADS)))
    parts = [
        running.run(list(HEADS), {"embedding": embedding[start : start + _BATCH]})
        for start in range(0, len(embedding), _BATCH)
    ]
    return Look(embedding, *(np.concatenate(each) for each in zip(*parts, strict=True)))


def read_captions(material: Material, cache: Cache, eyes: Eyes, told: Told) -> list[Captioned | None]:
    """The captions of a material's pictures, with their sizes; None where one could not be read."""
    captions: list[Caption | None] = captions_of(material.files, material.keys, cache, eyes, told)
    return [
        None if caption is None else captioned(facts, caption)
        for facts, caption in zip(material.facts, captions, strict=True)
    ]


def _part(graph: Path, inputs: list[str], outputs: list[str]) -> bytes:
    """The part of a graph that lies between some of its values."""
    import onnx
    from onnx.utils import Extractor

    model = onnx.load(str(graph))
    if inputs == ["embedding"] and not any(value.name == "embedding" for value in model.graph.value_info):
        model.graph.value_info.append(_value_of(model, "embedding"))
    part = Extractor(model).extract_model(inputs, outputs)
    out = io.BytesIO()
    onnx.save(part, out)
    return out.getvalue()


def _value_of(model: Any, name: str) -> Any:
    return next(value for value in model.graph.output if value.name == name)
