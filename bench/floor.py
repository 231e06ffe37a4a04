"""What we are measured against, each in processes of its own.

Started as `floor.py KIND PROCESSES FILE...`; prints a `Floor` as JSON. The kinds:

- `image`: the floor of the image model: Pillow decodes and resizes, ONNX Runtime runs a batch of one
- `reduced`: the same with JPEGs decoded at the smallest scale that serves the model, which leaves nothing to hash
- `prepared`: the same with our own decoding and fingerprints, still without workers, pipes and HTTP
- `ocr`: the OCR library alone, with the settings of our first version, on pictures decoded before the clock starts
- `reader`: our caption reader alone, likewise
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dankmeme.images.decode import decode
from dankmeme.images.prepare import prepare
from dankmeme.models.bundle import Bundle

_WARM_UP = 10
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Environment of every process that measures one core's work, as our workers have it."""

Step = Callable[[int], None]
"""Does what is measured to one picture, by its number."""


@dataclass(frozen=True)
class Floor:
    """What the loop took.

    Attributes:
        images: how many were done, all processes together.
        seconds: wall time.
        cpu_seconds: user and system time of all processes.
    """

    images: int
    seconds: float
    cpu_seconds: float

    @property
    def throughput(self) -> float:
        """Images per second."""
        return self.images / self.seconds

    @property
    def cpu_an_image(self) -> float:
        """Milliseconds of CPU time an image."""
        return 1000 * self.cpu_seconds / self.images


def measure(kind: str, files: Sequence[Path], *, processes: int = 1) -> Floor:
    """Run a floor over the files, shared out between so many processes."""
    command = [sys.executable, __file__, kind, str(processes), *map(str, files)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    return Floor(**json.loads(run.stdout))


def _image(files: Sequence[Path], *, reduced: bool = False) -> Callable[[], Step]:
    data = [path.read_bytes() for path in files]

    def start() -> Step:
        bundle = Bundle.default()
        side, session = bundle.manifest.side, _bare_session(bundle)

        def step(number: int) -> None:
            image = Image.open(io.BytesIO(data[number]))
            if reduced:
                image.draft("RGB", (side, side))
            square = image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
            session.run(None, {"image": np.asarray(square, dtype=np.float32)[None]})

        return step

    return start


def _prepared(files: Sequence[Path]) -> Callable[[], Step]:
    data = [path.read_bytes() for path in files]

    def start() -> Step:
        bundle = Bundle.default()
        side, session = bundle.manifest.side, _bare_session(bundle)

        def step(number: int) -> None:
            model_input = prepare(data[number], side, keep_picture=False).model_input
            session.run(None, {"image": model_input.astype(np.float32)[None]})

        return step

    return start


def _bare_session(bundle: Bundle) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(bundle.folder / "cnn.onnx"), options, providers=["CPUExecutionProvider"])


def _ocr(files: Sequence[Path]) -> Callable[[], Step]:
    pictures: list[NDArray[np.uint8]] = [
        np.ascontiguousarray(decode(path.read_bytes()).pixels[:, :, ::-1]) for path in files
    ]

    def start() -> Step:
        import captions

        engine = captions.library()

        def step(number: int) -> None:
            engine(pictures[number], use_det=True, use_cls=False, use_rec=True)

        return step

    return start


def _reader(files: Sequence[Path]) -> Callable[[], Step]:
    pictures = [decode(path.read_bytes()).pixels for path in files]

    def start() -> Step:
        from dankmeme.models.caption import CaptionReader

        reader = CaptionReader(threads=1)

        def step(number: int) -> None:
            reader.read(pictures[number])

        return step

    return start


_KINDS: dict[str, Callable[[Sequence[Path]], Callable[[], Step]]] = {
    "image": _image,
    "reduced": partial(_image, reduced=True),
    "prepared": _prepared,
    "ocr": _ocr,
    "reader": _reader,
}
_step: Step


def _start(start: Callable[[], Step], ready: Any) -> None:
    global _step
    _step = start()
    for number in range(_WARM_UP):
        _step(number)
    ready.wait()


def _timed(number: int) -> float:
    started = time.process_time()
    _step(number)
    return time.process_time() - started


def _main(kind: str, processes: str, *files: str) -> None:
    start = _KINDS[kind]([Path(file) for file in files])
    context = multiprocessing.get_context("fork")  # so that the pictures need no copies
    ready = context.Barrier(int(processes) + 1)
    with context.Pool(int(processes), _start, (start, ready)) as pool:
        ready.wait()
        started = time.perf_counter()
        cpu = sum(pool.imap_unordered(_timed, range(len(files))))
        seconds = time.perf_counter() - started
    print(json.dumps(asdict(Floor(len(files), seconds, cpu))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
