"""Backbones from elsewhere: a file behind a URL, or a model on the Hugging Face hub. Both are kept once fetched."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Collection
from pathlib import Path

import onnx
from onnx.external_data_helper import ExternalDataInfo, uses_external_data
from yarl import URL

from dankmeme.errors import FetchError, TrainingError, first_line
from dankmeme.fetch import Fetcher
from dankmeme.training.pixels import CONFIG

FILES = ("onnx/vision_model.onnx", "onnx/model.onnx", "model.onnx")
"""Where a hub's models keep their ONNX graph, the best place first."""
MOST_BYTES = 1_500_000_000
SECONDS = 1_800.0


def from_url(url: str, folder: Path, allow: Collection[str] = ()) -> Path:
    """The file behind an https address, fetched once.

    Args:
        url: of an ONNX file.
        folder: where it is kept, with its checksum beside it.
        allow: hosts that may have a private address and may be asked without encryption, as for `Fetcher`.

    Raises:
        TrainingError: `download-failed`.
    """
    name = url.partition("?")[0].rpartition("/")[2] or "model.onnx"
    path = folder / "urls" / hashlib.sha256(url.encode()).hexdigest()[:16] / name
    checksum = path.with_name(path.name + ".sha256")
    if path.exists() and checksum.exists() and checksum.read_text() == _checksum(path.read_bytes()):
        return path
    try:
        data = asyncio.run(_fetched(url, allow))
    except FetchError as error:
        raise TrainingError(
            "download-failed", f"{url} cannot be fetched: {error.message}. Bring {name}, and name the file in its place"
        ) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)
    checksum.write_text(_checksum(data))
    return path


def from_hub(name: str, folder: Path) -> Path:
    """The ONNX graph of a model on the hub, with the file that says how pixels are scaled beside it or above it.

    Where `HF_HOME` or `HF_HUB_CACHE` is set the hub's own cache is asked first; `HF_ENDPOINT` and `HF_HUB_OFFLINE` hold
    too.

    Args:
        name: `owner/name`, or `owner/name:path/in/it.onnx`.
        folder: where it is kept otherwise.

    Raises:
        TrainingError: `download-failed`, with the file to bring.
    """
    from huggingface_hub.errors import RepositoryNotFoundError
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # what went wrong is said once, by us
    model, _, asked = name.partition(":")
    files = (asked,) if asked else FILES
    try:
        for file in files:
            path = _fetched_from_hub(model, file, folder)
            if path is not None:
                for other in [CONFIG, *(str(Path(file).parent / beside) for beside in _kept_beside(path))]:
                    _fetched_from_hub(model, other, folder)
                return path
    except RepositoryNotFoundError:
        raise _missing(name, files[0], "there is no such model, or it takes a login") from None
    except Exception as error:
        raise _missing(name, files[0], first_line(error)) from None
    raise TrainingError(
        "download-failed", f"{model} has none of {', '.join(files)} on the hub; name its file after a :"
    )


def config_of(path: Path) -> Path | None:
    """The file that says how a graph's pixels are scaled: beside the graph, or in the folder above."""
    return next((place / CONFIG for place in (path.parent, path.parent.parent) if (place / CONFIG).is_file()), None)


async def _fetched(url: str, allow: Collection[str]) -> bytes:
    async with Fetcher(seconds=SECONDS, allow=allow) as fetcher:
        parts = URL(url)
        if parts.scheme != "https" and not fetcher.allows(parts.host or "", parts.port or 0):
            raise FetchError("bad-url", "only https addresses are asked for backbones")
        return (await fetcher.get(url, accept="application/octet-stream", max_bytes=MOST_BYTES)).body


def _fetched_from_hub(model: str, file: str, folder: Path) -> Path | None:
    """One file of a model; None where the hub has none of that name, or had none when it was last asked."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    cache = None if {"HF_HOME", "HF_HUB_CACHE"} & set(os.environ) else folder / "hub"
    try:
        kept = hf_hub_download(model, file, cache_dir=cache, endpoint=os.environ.get("HF_ENDPOINT"))
    except LocalEntryNotFoundError:
        if try_to_load_from_cache(model, file, cache_dir=cache) is None:
            raise
        return None
    except EntryNotFoundError:
        return None
    return _laid_out(Path(kept), folder)


def _kept_beside(path: Path) -> list[str]:
    """Names of the files in which a graph keeps its weights."""
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except Exception:  # what is wrong with it is said when it is loaded
        return []
    return sorted({ExternalDataInfo(each).location for each in graph.initializer if uses_external_data(each)})


def _laid_out(kept: Path, folder: Path) -> Path:
    """A file of the hub's cache under its own name: the cache's are links, through which ONNX reads no weights."""
    place = kept.parts.index("snapshots")
    path = folder / Path(*kept.parts[place - 1 :])
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        shutil.copyfile(kept, partial)
        partial.replace(path)
    return path


def _missing(name: str, file: str, reason: str) -> TrainingError:
    return TrainingError(
        "download-failed",
        f"{name} cannot be had from the hub: {reason.rstrip('. ')}. Bring its file {file} (and {CONFIG} beside it), "
        "and name the file in its place; or choose the backbone bundled",
    )


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
