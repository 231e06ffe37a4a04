"""Posts to take in of which it is known what must become of each, and the proof that just that became of them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image

from dankmeme.storage.bucket import KINDS, ORIGINAL, key
from tests.drawing import encoded, texture
from tests.faults.resting import Rest
from tests.faults.table import Tally, compared

GROUP = 20
"""So many posts in a row hold one of each odd kind; the others are plain."""
ODD = {3: "alike", 7: "missing", 11: "no picture", 13: "busy once", 15: "file", 17: "copy", 19: "far copy"}
FAILING = {"missing": "not-found", "no picture": "not-an-image"}


@dataclass
class Posts:
    """A `posts.jsonl`, the server of its pictures, and what must become of each.

    Attributes:
        path: of the file.
        kinds: of each post's picture, by its id.
        bodies: what is at each path of the server.
        hashes: SHA-256 of what must be stored for a post, by its id.
        alike: pairs of hashes that are near-duplicates.
        asked: how often each path was asked for.
    """

    path: Path
    kinds: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    alike: set[tuple[str, str]] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    port: int = 0
    came: int = 0
    """Requests so far, those that wait for their answer too."""
    pause: float = 0.0
    """Seconds before the server answers: long enough, and one can see somebody in the middle of the work."""

    @property
    def allowed(self) -> str:
        """What `DANK_FETCH_ALLOW` takes."""
        return f"127.0.0.1:{self.port}"

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.kinds)

    @property
    def failing(self) -> int:
        """How many must fail."""
        return sum(kind in FAILING for kind in self.kinds.values())

    def expected(self, path: str) -> int:
        """How often a path of the server is asked for, if nothing is fetched twice."""
        return 2 if self.kind(path) == "busy once" else 1

    def kind(self, path: str) -> str:
        """Of the post whose picture is at a path."""
        name = path[1:].removesuffix(".png")
        return self.kinds.get(f"files:{self.path.parent.name}:{name}", "missing")

    def proven(self, rest: Rest) -> Tally:
        """Show that every post became what it must, once, and that nothing else is there; what was counted.

        Raises:
            AssertionError: saying what was lost or doubled.
        """
        self._each_post_has_its_state(rest)
        self._each_image_is_there_once(rest)
        self._each_pair_is_there_once(rest)
        return self.tally(rest)

    def tally(self, rest: Rest) -> Tally:
        """Posts with what became of them, and pictures in database and bucket, against what there must be."""
        became = {name: FAILING.get(kind, self.hashes.get(name)) for name, kind in self.kinds.items()}
        rows = rest.rows(
            "SELECT i.post_id, i.state, i.image, f.code FROM post_images i "
            "LEFT JOIN failures f ON f.post_id = i.post_id AND f.position = i.position"
        )
        found = [(post, code if state == "failed" else image) for post, state, image, code in rows]
        images = [row[0] for row in rest.rows("SELECT sha256 FROM images")]
        objects = [name for name in rest.objects() if "#" not in name]
        wanted = {key(name, kind) for name in self.hashes.values() for kind in KINDS}
        return compared(found, became.items()) + compared(images, self.hashes.values()) + compared(objects, wanted)

    def _each_post_has_its_state(self, rest: Rest) -> None:
        expected = {name: "failed" if kind in FAILING else "stored" for name, kind in self.kinds.items()}
        assert differing(dict(rest.rows("SELECT id, state FROM posts")), expected) == {}
        rows = rest.rows("SELECT post_id, state, image FROM post_images")
        assert len(rows) == len(expected)
        found = {name: (state, image) for name, state, image in rows}
        assert differing(found, {name: (state, self.hashes.get(name)) for name, state in expected.items()}) == {}
        failures = rest.rows("SELECT post_id, code FROM failures")
        reasons = {name: FAILING[kind] for name, kind in self.kinds.items() if kind in FAILING}
        assert differing(dict(failures), reasons) == {}
        assert len(failures) == len(reasons)

    def _each_image_is_there_once(self, rest: Rest) -> None:
        rows = rest.rows("SELECT sha256, place FROM images ORDER BY place")
        expected = sorted(set(self.hashes.values()))
        assert sorted(row[0] for row in rows) == expected
        assert [row[1] for row in rows] == list(range(len(rows)))
        objects, wanted = rest.objects(), {key(name, kind) for name in expected for kind in KINDS}
        assert wanted - set(objects) == set(), "not in the bucket"
        whole = {name for name in objects if "#" not in name}  # half-written ones, which the product sweeps up
        assert whole - wanted == set(), "orphans in the bucket"
        for name in expected[::25]:
            assert hashlib.sha256(rest.object(key(name, ORIGINAL))).hexdigest() == name

    def _each_pair_is_there_once(self, rest: Rest) -> None:
        pairs = rest.rows("SELECT a, b FROM near_duplicates")
        assert len({frozenset(pair) for pair in pairs}) == len(pairs)
        assert self.alike <= set(pairs)


def differing(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is not as expected: found and expected."""
    names = sorted(found.keys() | expected.keys())
    return {name: (found.get(name), expected.get(name)) for name in names if found.get(name) != expected.get(name)}


@contextmanager
def served(folder: Path, count: int, *, seed: int = 0, pause: float = 0.0) -> Iterator[Posts]:
    """Draw posts into a folder, with a server for their pictures.

    Args:
        folder: where `posts.jsonl` and the files go; made if there is none.
        count: how many posts.
        seed: of the pictures; no two seeds below 1,000 share one.
        pause: seconds before each answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    posts = Posts(folder / "posts.jsonl", pause=pause)
    with _Server(posts) as server:
        posts.port = server.server_address[1]
        drawn: list[bytes] = []
        with posts.path.open("w") as file:
            for number in range(count):
                file.write(json.dumps(_drawn(posts, drawn, number, seed)) + "\n")
        yield posts


def _drawn(posts: Posts, drawn: list[bytes], number: int, seed: int) -> dict[str, object]:
    """The row of a post, whose picture is drawn."""
    kind = ODD.get(number % GROUP, "plain")
    name = f"files:{posts.path.parent.name}:{seed}-{number}"
    path = f"/{seed}-{number}.png"
    body = _body(kind, drawn, number, seed)
    drawn.append(body)
    posts.kinds[name], posts.bodies[path] = kind, body
    if kind not in FAILING:
        posts.hashes[name] = hashlib.sha256(body).hexdigest()
    if kind == "alike":
        pair = sorted(hashlib.sha256(each).hexdigest() for each in drawn[-2:])
        posts.alike.add((pair[0], pair[1]))
    row: dict[str, object] = {"id": f"{seed}-{number}", "title": f"{kind} {number}", "score": number}
    if kind != "file":
        return row | {"url": f"http://127.0.0.1:{posts.port}{path}"}
    (posts.path.parent / path[1:]).write_bytes(body)
    return row | {"file": path[1:]}


def _body(kind: str, drawn: list[bytes], number: int, seed: int) -> bytes:
    if kind == "no picture":
        return f"<html>page {seed} {number}</html>".encode()
    if kind == "alike":
        return encoded(_picture(number - 1, seed), "JPEG", quality=80)
    if kind == "copy":
        return drawn[-1]
    if kind == "far copy":
        return drawn[number // 3 // GROUP * GROUP]
    return encoded(_picture(number, seed), "PNG", compress_level=1)


def _picture(number: int, seed: int) -> Image.Image:
    drawn: np.ndarray = texture(96, 128, seed * 100_000 + number)
    return Image.fromarray(drawn)


class _Server(ThreadingHTTPServer):
    """Hands out the pictures of posts: 404 for what is missing, and one 500 before what is busy."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, posts: Posts) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts = posts
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked was killed meanwhile: that is what these tests do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        posts = self.server.posts
        posts.came += 1
        self.server.ending.wait(posts.pause)
        with self.server.lock:
            posts.asked[self.path] += 1
            times = posts.asked[self.path]
        kind = posts.kind(self.path)
        status = 404 if kind == "missing" else 500 if kind == "busy once" and times == 1 else 200
        body = posts.bodies.get(self.path, b"") if status == 200 else b"no"
        self.send_response(status)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Not on our standard error."""
