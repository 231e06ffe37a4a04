"""Labels go out and come in: JSON lines, a picture each, known by the SHA-256 of its bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from dankmeme.errors import SourceError
from dankmeme.sources import plain
from dankmeme.sources.lines import LineFile
from dankmeme.storage.answers import Elsewhere
from dankmeme.training.people.labels import PeopleLabel

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_ORIGIN = 64
_NOT_JSON = "not JSON"


@dataclass
class Read:
    """Labels of a file, and what is wrong with the lines that hold none."""

    labels: list[Elsewhere] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def lines(labels: Iterable[PeopleLabel], origin: str) -> Iterator[str]:
    """Labels as JSON, a line each without its end.

    Args:
        labels: to be written.
        origin: name of where they were made.
    """
    for label in labels:
        row = {
            "id": label.post,
            "sha256": label.image,
            "percentile": round(label.percentile, 4),
            "low": round(label.low, 4),
            "high": round(label.high, 4),
            "weight": round(label.weight, 4),
            "votes": label.votes,
            "pairs": label.pairs,
            "feedback": label.feedback,
            "origin": origin,
        }
        yield json.dumps(row, ensure_ascii=False)


def read(path: Path, origin: str | None, own: str) -> Read:
    """Read labels that were made elsewhere.

    Args:
        path: JSON lines with `sha256`, `percentile` and `weight`, and where they were made in `origin`.
        origin: where they were made, whatever the lines say; None for what these say, or else the file's name.
        own: the origin of what was made here, which is refused: it would count twice.

    Raises:
        SourceError: `bad-labels`: the file cannot be read, or none of its lines is JSON.
    """
    found = Read()
    with closing(LineFile(path, code="bad-labels")) as file:
        for number, (line, _) in enumerate(file.lines(), 1):
            if line is not None and not line.strip():
                continue
            label = _label(line or b"", path.stem)
            if isinstance(label, str):
                found.faults.append(f"line {number}: {label}")
            elif label.origin == own:
                found.faults.append(f"line {number}: was made here, and would count twice")
            else:
                found.labels.append(label if origin is None else replace(label, origin=origin))
    if found.faults and not found.labels and all(fault.endswith(_NOT_JSON) for fault in found.faults):
        raise SourceError(
            "bad-labels", f"{path} is not JSON lines, as `dank labels export` writes them: {found.faults[0]}"
        )
    return found


def _label(line: bytes, otherwise: str) -> Elsewhere | str:
    try:
        row = plain.mapping(plain.parsed(line))
    except ValueError:
        return _NOT_JSON
    image = row.get("sha256")
    if not isinstance(image, str) or not _SHA256.fullmatch(image):
        return "sha256 is not 64 hexadecimal digits"
    percentile, weight = (_share(row.get(name)) for name in ("percentile", "weight"))
    if percentile is None or weight is None:
        return "percentile and weight are not both numbers from 0 to 1"
    return Elsewhere(
        plain.text(row.get("origin"), _LONGEST_ORIGIN) or otherwise[:_LONGEST_ORIGIN], image, percentile, weight
    )


def _share(value: object) -> float | None:
    found = plain.number(value)
    return found if found is not None and 0 <= found <= 1 else None
