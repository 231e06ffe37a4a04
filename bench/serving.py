"""Verdicts over HTTP: what they cost, how many a second, how long the slowest wait, what the server holds."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import floor
import load
import tree
from figures import Figure, Goal, matching
from floor import Floor
from load import Load
from server import Server

CLIENTS = 16
WARM_UP = 100
READERS = 2
"""Processes that read captions, in the server and in the rival."""


@dataclass(frozen=True)
class _Round:
    """Floor, ours and the other floors, one after the other, so that all see the machine in the same mood."""

    bare: Floor
    crowded: Floor
    prepared: Floor
    reduced: Floor
    ours: Load
    cpu_an_image: float


_OTHER_LOOPS: tuple[tuple[str, str, Callable[[_Round], Floor], str], ...] = (
    (
        "… against loops on all cores",
        f"that loop in {READERS} processes",
        lambda each: each.crowded,
        "as many loops as cores: what the cores cost each other is in both",
    ),
    (
        "… against a loop at reduced scale",
        "the loop with draft decoding, no hash",
        lambda each: each.reduced,
        "it decodes JPEGs down to an eighth; a PDQ hash needs 512 pixels",
    ),
    (
        "… against prepare() and the cnn alone",
        f"our prepare() in {READERS} processes",
        lambda each: each.prepared,
        "the rest is pipes, threads, novelty and HTTP",
    ),
)
"""Other loops that the CPU time an image is compared with: what it is called, the rival, where it is, what to know."""


def image_model(memes: Sequence[Path], home: Path, *, count: int, rounds: int) -> list[Figure]:
    """The image model alone at 16 clients, against a bare ONNX Runtime loop with decoding.

    About `count` requests a round: whole rotations of the memes, so that the loop sees the same mix.
    """
    memes = memes[:count]
    count = len(memes) * round(count / len(memes))
    with Server(home, captions="false") as server:
        server.until("/api/v1/ready")
        _checked(load.generate(server.url, memes, count=WARM_UP, clients=CLIENTS), "200 caption none")
        with tree.MemoryPeak(server.root, every=0.5) as memory:
            seen = [_round(server, memes, count) for _ in range(rounds)]
    throughput = statistics.median(each.ours.throughput for each in seen)
    slowest = statistics.median(_percentile(each.ours.latencies, 0.99) for each in seen)
    cost = statistics.median(each.cpu_an_image for each in seen)
    return [
        Figure(
            "image model, 16 clients: CPU an image",
            cost,
            "ms",
            "bare ONNX Runtime loop",
            matching(cost, [each.cpu_an_image / each.bare.cpu_an_image for each in seen]),
            Goal("at most", 1.4, of="ratio"),
        ),
        *(
            Figure(
                name,
                cost,
                "ms",
                rival,
                matching(cost, [each.cpu_an_image / of(each).cpu_an_image for each in seen]),
                note=note,
            )
            for name, rival, of, note in _OTHER_LOOPS
        ),
        Figure(
            "image model, 16 clients: throughput",
            throughput,
            "images/s",
            f"that loop in {READERS} processes",
            statistics.median(each.crowded.throughput for each in seen),
            note="the load generator shares the cores with the server",
        ),
        Figure(
            "image model, 16 clients: p99",
            1000 * slowest,
            "ms",
            "2 × 16 / throughput",
            1000 * 2 * CLIENTS / throughput,
            Goal("at most", 1, of="ratio"),
        ),
        Figure("server memory, captions off: peak", memory.peak, "MB", goal=Goal("at most", 400)),
    ]


def captions(memes: Sequence[Path], home: Path, *, count: int, clients: int, rounds: int) -> list[Figure]:
    """Whole verdicts with captions read, against the OCR library alone on pictures that are decoded already."""
    pictures = (list(memes) * (count // len(memes) + 1))[:count]
    rivals, readers, ours, costs = [], [], [], []
    with Server(home, captions="true", caption_readers=str(READERS)) as server:
        server.until("/api/v1/ready")
        with tree.MemoryPeak(server.root, every=0.5) as memory:
            load.generate(server.url, pictures, count=min(20, count), clients=clients)
            for _ in range(rounds):
                rivals.append(floor.measure("ocr", pictures, processes=READERS))
                readers.append(floor.measure("reader", pictures, processes=READERS))
                before = tree.cpu_seconds(server.root)
                ours.append(load.generate(server.url, pictures, count=count, clients=clients))
                costs.append(1000 * (tree.cpu_seconds(server.root) - before) / count)
    throughput = statistics.median(each.throughput for each in ours)
    ratios = [mine.throughput / rival.throughput for mine, rival in zip(ours, rivals, strict=True)]
    bare = [mine.throughput / reader.throughput for mine, reader in zip(ours, readers, strict=True)]
    kinds = sum((Counter(each.answers) for each in ours), Counter())
    return [
        Figure(
            f"verdict with caption, {clients} clients: throughput",
            throughput,
            "images/s",
            f"OCR library alone, {READERS} processes",
            matching(throughput, ratios),
            Goal("at least", 0.8, of="ratio"),
            note=f"answers: {', '.join(f'{number} × {kind}' for kind, number in sorted(kinds.items()))}",
        ),
        Figure(
            "… against our reader alone",
            throughput,
            "images/s",
            f"our caption reader alone, {READERS} processes",
            matching(throughput, bare),
            note="the rest is decoding, the models, pipes, threads and HTTP",
        ),
        Figure(
            f"verdict with caption, {clients} clients: CPU an image",
            statistics.median(costs),
            "ms",
            "OCR library alone",
            statistics.median(each.cpu_an_image for each in rivals),
        ),
        Figure(
            f"verdict with caption, {clients} clients: median wait",
            statistics.median(statistics.median(each.latencies) for each in ours),
            "s",
        ),
        Figure("server memory, captions on: peak", memory.peak, "MB", goal=Goal("at most", 1200)),
    ]


def _round(server: Server, memes: Sequence[Path], count: int) -> _Round:
    bare = floor.measure("image", memes)
    crowded = floor.measure("image", memes, processes=READERS)
    prepared = floor.measure("prepared", memes, processes=READERS)
    reduced = floor.measure("reduced", memes)
    before = tree.cpu_seconds(server.root)
    ours = load.generate(server.url, memes, count=count, clients=CLIENTS)
    used = tree.cpu_seconds(server.root) - before
    _checked(ours, "200 caption none")
    return _Round(bare, crowded, prepared, reduced, ours, 1000 * used / count)


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _checked(seen: Load, wanted: str) -> None:
    """Refuse to report on answers that were not what is measured."""
    if set(seen.answers) != {wanted}:
        raise RuntimeError(f"wanted only answers '{wanted}', got {seen.answers}")
