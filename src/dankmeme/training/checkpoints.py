"""What a stage of training has come to, in one file: arrays and JSON, nothing that is unpickled."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Checkpoint:
    """A stage after an epoch.

    Attributes:
        arrays: of network, best network and optimiser, by path.
        history: an entry for each epoch.
        finished: whether there is no epoch to come.
    """

    arrays: dict[str, NDArray[Any]]
    history: list[dict[str, float]]
    finished: bool


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write under another name, then rename: a kill leaves the old file or the new one."""
    note = json.dumps({"history": checkpoint.history, "finished": checkpoint.finished})
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        np.savez(file, note=np.frombuffer(note.encode(), dtype=np.uint8), **checkpoint.arrays)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load(path: Path) -> Checkpoint | None:
    """What was saved; None where there is nothing."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    note = json.loads(arrays.pop("note").tobytes())
    return Checkpoint(arrays, note["history"], note["finished"])


def packed(prefix: str, tensors: Iterable[torch.Tensor]) -> dict[str, NDArray[Any]]:
    """A network's tensors as arrays, numbered below a prefix."""
    return {f"{prefix}/{number}": tensor.detach().cpu().numpy() for number, tensor in enumerate(tensors)}


def unpacked(prefix: str, arrays: dict[str, NDArray[Any]]) -> list[torch.Tensor]:
    """The tensors below a prefix, in order."""
    count = sum(name.startswith(f"{prefix}/") for name in arrays)
    return [torch.from_numpy(arrays[f"{prefix}/{number}"]) for number in range(count)]


def packed_optimiser(optimiser: torch.optim.Optimizer) -> dict[str, NDArray[Any]]:
    """What the optimiser remembers of every weight."""
    remembered = optimiser.state_dict()["state"]
    return {
        f"optimiser/{number}/{name}": torch.as_tensor(value).detach().cpu().numpy()
        for number, values in remembered.items()
        for name, value in values.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, arrays: dict[str, NDArray[Any]]) -> None:
    """Give the optimiser its memory back."""
    remembered: dict[int, dict[str, torch.Tensor]] = {}
    for path, values in arrays.items():
        kind, number, *name = path.split("/")
        if kind == "optimiser":
            remembered.setdefault(int(number), {})[name[0]] = torch.from_numpy(values)
    optimiser.load_state_dict({"state": remembered, "param_groups": optimiser.state_dict()["param_groups"]})
