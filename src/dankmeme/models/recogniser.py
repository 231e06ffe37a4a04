"""A network that reads one line of text: ONNX with a CTC head, as PaddleOCR's recognisers are exported.

A CTC head says for each step across the line which letter stands there, or none; equal neighbours are one letter
(Graves et al. 2006). The letters are in the model's own metadata.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEIGHT = 48
_LEAST_WIDTH = 8


class Recogniser:
    """Reads lines, one at a time: lines of different width are not padded to the widest.

    Args:
        model: the ONNX file.
        threads: for one line.
    """

    def __init__(self, model: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.enable_mem_pattern = False  # it keeps a plan for every width that a line ever had
        options.enable_cpu_mem_arena = False  # it keeps what the widest line took
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        letters = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._letters = ["", *letters, " "]

    def read(self, line: NDArray[np.uint8]) -> tuple[str, float]:
        """What a line says, and the mean confidence of its letters (0–1).

        Args:
            line: uint8 `[h, w, 3]`, BGR, upright.
        """
        (steps,) = self._session.run(None, {self._input: _prepared(line)})
        chosen = steps[0].argmax(axis=1)
        kept = chosen != 0
        kept[1:] &= chosen[1:] != chosen[:-1]
        places = np.flatnonzero(kept)
        if not len(places):
            return "", 0.0
        text = "".join(self._letters[letter] for letter in chosen[places])
        return text, float(steps[0, places, chosen[places]].mean())


def _prepared(line: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 `[1, 3, 48, w]` between -1 and 1."""
    import cv2

    height, width = line.shape[:2]
    size = max(_LEAST_WIDTH, math.ceil(_HEIGHT * width / height)), _HEIGHT
    return np.asarray(cv2.dnn.blobFromImage(cv2.resize(line, size), 1 / 127.5, mean=(127.5, 127.5, 127.5)))
