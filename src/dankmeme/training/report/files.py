"""A report becomes `report.json` and `report.html`."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dankmeme.training.evaluate import MEASURES
from dankmeme.training.report.contents import Report
from dankmeme.training.report.page import page

FORMAT = 1


def write_report(report: Report, folder: Path) -> tuple[Path, Path]:
    """Write both files into a folder that is there; gives the paths of the page and of the JSON."""
    html, machine = folder / "report.html", folder / "report.json"
    html.write_text(page(report), encoding="utf-8")
    machine.write_text(json.dumps(as_json(report), indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    return html, machine


def as_json(report: Report) -> dict[str, Any]:
    """Everything but the pictures, as JSON; what is not a number is null.

    Keys: `format` (1; a reader refuses a higher one), `headline`, `could_not` (all gaps in one list), `measures` (what
    each name of a figure means), and the fields of `Report` and of what it is made of, by their names. A figure is
    `{"value", "low", "high"}` with its 95 % interval.
    """
    told = {
        "format": FORMAT,
        "headline": report.headline,
        "measures": {name: asdict(measure) for name, measure in MEASURES.items()},
        **_fields(report),
        "could_not": report.gaps,
    }
    plain: dict[str, Any] = plain_of(told)
    return plain


def _fields(each: Any) -> dict[str, Any]:
    return {one.name: getattr(each, one.name) for one in fields(each) if one.name != "thumbnail"}


def plain_of(value: Any) -> Any:
    """Anything that was measured, as JSON takes it; what is not a number is None."""
    if is_dataclass(value):
        return plain_of(_fields(value))
    if isinstance(value, dict):
        return {str(name): plain_of(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_of(each) for each in value]
    if isinstance(value, np.generic):
        return plain_of(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
