"""Reading captions: the reader of now against its first version, in turns, on the same pictures.

The first version detected lines with the larger network and read every one with the larger recogniser, through the OCR
library's own pipeline; the few settings that make it are kept here. Both run as they serve: one thread a process. What
reading costs is worth nothing without what it gets wrong, so that both are also held against captions that are known.
Started as `captions.py VERSION PROCESSES FILE...`; prints `Readings` as JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pictures
from dankmeme.images.decode import decode
from dankmeme.models import caption
from dankmeme.models.caption import DETECTION_SIDE, MIN_SCORE, CaptionReader
from figures import Figure, Goal, matching
from floor import ONE_THREAD

READERS = 2
"""Processes that read captions, as in the server."""
FASTER = 2.0
_RESAMPLES = 2_000
_WARM_UP = 4


@dataclass(frozen=True)
class Readings:
    """What a reader made of the files.

    Attributes:
        texts: a caption a file.
        seconds: wall time.
        cpu_seconds: user and system time of all processes.
    """

    texts: list[str]
    seconds: float
    cpu_seconds: float

    @property
    def throughput(self) -> float:
        """Pictures a second."""
        return len(self.texts) / self.seconds

    @property
    def cpu_a_picture(self) -> float:
        """Milliseconds of CPU time."""
        return 1000 * self.cpu_seconds / len(self.texts)


class FirstFinder:
    """The lines of a picture as the first version found them: the library's own detector."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __call__(self, picture: NDArray[np.uint8], **_: object) -> Any:
        return self._engine(picture, use_det=True, use_rec=False)


class FirstRecogniser:
    """A line as the first version read it: the library's own recogniser, whatever the line."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def read(self, line: NDArray[np.uint8]) -> tuple[str, float]:
        output = self._engine(line, use_det=False, use_rec=True)
        return (output.txts[0], output.scores[0]) if output.txts else ("", 0.0)


class Unasked:
    """In place of the small network, which the first version did not have: it is sure of nothing, at no cost."""

    def read(self, line: NDArray[np.uint8]) -> tuple[str, float]:
        return "", 0.0


class FirstSpacing:
    """Words as they were read: the first version put none apart."""

    def apart(self, text: str) -> str:
        return text


def library() -> Any:
    """The OCR library by itself, with the settings of the first version."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.text_score": MIN_SCORE,
            "Global.use_cls": False,
            "Det.limit_side_len": DETECTION_SIDE,
            "Det.limit_type": "max",
            "Rec.rec_batch_num": 1,
            "Rec.rec_img_shape": [3, 48, 32],
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def first_version() -> CaptionReader:
    """The caption reader as it was first: tiles, cleaning and order are as they are now."""
    engine = library()
    parts: dict[str, Any] = {
        "_finder": FirstFinder(engine),
        "_quick": Unasked(),
        "_careful": FirstRecogniser(engine),
        "_spacing": FirstSpacing(),
    }
    reader = CaptionReader(threads=1)
    for name, part in parts.items():
        setattr(reader, name, part)
    return reader


VERSIONS: dict[str, Callable[[], CaptionReader]] = {"first": first_version, "now": lambda: CaptionReader(threads=1)}


def measure(version: str, files: Sequence[Path], *, processes: int = 1) -> Readings:
    """Read all files, shared out between so many processes; pictures are decoded before the clock starts."""
    command = [sys.executable, __file__, version, str(processes), *map(str, files)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    return Readings(**json.loads(run.stdout))


def reading(memes: Sequence[Path], *, count: int, rounds: int) -> list[Figure]:
    """Pictures a second of both versions in turns, in one process and in two, and their character errors."""
    files = list(memes)[:count]
    alone, shared = [], []
    for _ in range(rounds):
        alone.append((measure("first", files), measure("now", files)))
        shared.append((measure("first", files, processes=READERS), measure("now", files, processes=READERS)))
    first, now = alone[0]
    return [
        _faster("captions read, one process", alone),
        _cheaper(alone),
        _faster(f"captions read, {READERS} processes as in the server", shared),
        *_errors(count),
        Figure(
            "characters of captions that the two read alike",
            100 * (1 - _distance(first.texts, now.texts).sum() / max(1, sum(map(len, first.texts)))),
            "%",
            note="of what the first version read, on pictures whose captions nobody typed",
        ),
    ]


def _faster(name: str, rounds: Sequence[tuple[Readings, Readings]]) -> Figure:
    speed = statistics.median(now.throughput for _, now in rounds)
    rival = matching(speed, [now.throughput / first.throughput for first, now in rounds])
    return Figure(name, speed, "images/s", "first version", rival, Goal("at least", FASTER, of="ratio"))


def _cheaper(rounds: Sequence[tuple[Readings, Readings]]) -> Figure:
    """What does not depend on who else uses the machine."""
    cost = statistics.median(now.cpu_a_picture for _, now in rounds)
    rival = matching(cost, [now.cpu_a_picture / first.cpu_a_picture for first, now in rounds])
    goal = Goal("at most", 1 / FASTER, of="ratio")
    return Figure("captions read, one process: CPU a picture", cost, "ms", "first version", rival, goal)


def _errors(count: int) -> list[Figure]:
    """Character errors of both on drawn pictures, and what of the difference is chance."""
    with tempfile.TemporaryDirectory() as folder:
        known = [pictures.captioned(Path(folder) / f"{seed}.jpg", seed) for seed in range(count)]
        drawn, truths = [path for path, _ in known], [text for _, text in known]
        first, now = (_distance(truths, measure(version, drawn).texts) for version in ("first", "now"))
    letters = np.array([len(text) for text in truths], dtype=np.float64)
    picked = np.random.default_rng(0).integers(0, count, (_RESAMPLES, count))
    apart = 100 * (now[picked] - first[picked]).sum(axis=1) / letters[picked].sum(axis=1)
    low, high = np.quantile(apart, [0.025, 0.975])
    error, before = (100 * float(wrong.sum() / letters.sum()) for wrong in (now, first))
    note = f"{count} drawn pictures; now less first {error - before:+.2f} ({low:+.2f} to {high:+.2f})"
    return [
        Figure("character error of captions", error, "%", "first version", before, note=note),
        Figure("… at the least above the first version's", float(low), "%", goal=Goal("at most", 0)),
    ]


def _distance(truths: Sequence[str], texts: Sequence[str]) -> NDArray[np.float64]:
    """Edits between each caption and what was read, case and runs of spaces aside."""
    from rapidfuzz.distance import Levenshtein

    def plain(text: str) -> str:
        return " ".join(text.lower().split())

    return np.array([Levenshtein.distance(plain(a), plain(b)) for a, b in zip(truths, texts, strict=True)], dtype=float)


_reader: CaptionReader
_pictures: list[NDArray[np.uint8]]


def _start(version: str, ready: Any) -> None:
    global _reader
    import cv2

    cv2.setNumThreads(1)
    caption.READ_SECONDS = 60.0  # what is measured is how long it takes
    _reader = VERSIONS[version]()
    for number in range(min(_WARM_UP, len(_pictures))):
        _reader.read(_pictures[number])
    ready.wait()


def _read(number: int) -> tuple[str, float]:
    started = time.process_time()
    text = _reader.read(_pictures[number]).text
    return text, time.process_time() - started


def _main(version: str, processes: str, *files: str) -> None:
    global _pictures
    _pictures = [decode(Path(file).read_bytes()).pixels for file in files]
    context = multiprocessing.get_context("fork")  # so that the pictures need no copies
    ready = context.Barrier(int(processes) + 1)
    with context.Pool(int(processes), _start, (version, ready)) as pool:
        ready.wait()
        started = time.perf_counter()
        read = pool.map(_read, range(len(files)), chunksize=1)
        seconds = time.perf_counter() - started
    print(json.dumps(asdict(Readings([text for text, _ in read], seconds, sum(cpu for _, cpu in read)))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
