"""Folders of posts and pictures as tests of training need them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from tests.drawing import encoded, texture

START = 1_700_000_000.0
HOUR = 3_600.0


@cache
def picture(seed: int, quality: int = 85, kind: str = "JPEG") -> bytes:
    """A small picture; no two seeds look alike, and another quality makes a near-duplicate."""
    return encoded(texture(64, 80, seed), kind, **({"quality": quality} if kind == "JPEG" else {}))


def row(number: int, **more: Any) -> dict[str, Any]:
    """A post of one an hour, with a score that says nothing."""
    fields = {"id": f"p{number}", "file": f"{number}.jpg", "title": f"Post {number}", "author": f"a{number % 7}"}
    fields |= {"created_utc": START + HOUR * number, "score": number * 37 % 1_009}
    return {name: value for name, value in (fields | more).items() if value is not None}


def write(folder: Path, rows: Iterable[dict[str, Any]], draw: Callable[[int], bytes] = picture) -> Path:
    """A `posts.jsonl` with the pictures that it names beside it, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = list(rows)
    (folder / "posts.jsonl").write_text("".join(json.dumps(each) + "\n" for each in listed))
    for number, each in enumerate(listed):
        if "file" in each and not (folder / each["file"]).exists():
            (folder / each["file"]).write_bytes(draw(number))
    return folder


def class_folders(folder: Path, dank: int, not_dank: int) -> Path:
    """Two folders of pictures."""
    for name, numbers in (("dank", range(dank)), ("not_dank", range(1_000, 1_000 + not_dank))):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in numbers:
            (folder / name / f"{number}.jpg").write_bytes(picture(number))
    return folder


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """What the `posts.jsonl` of a folder says."""
    return [json.loads(line) for line in (folder / "posts.jsonl").read_text().splitlines()]
