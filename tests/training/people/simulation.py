"""The simulated raters of `recipes/`, to be run small."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _loaded() -> ModuleType:
    path = Path(__file__).parents[3] / "recipes" / "simulated_raters.py"
    spec = importlib.util.spec_from_file_location("simulated_raters", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


raters = _loaded()
