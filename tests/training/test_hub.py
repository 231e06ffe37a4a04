from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import onnx
import pytest

from dankmeme.errors import TrainingError
from dankmeme.training.backbones import resolve
from dankmeme.training.pixels import CONFIG
from tests.training.small_graphs import SIDE, convolutional

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SCALE = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.5, 0.25], "size": {"height": SIDE, "width": SIDE}}


@dataclass
class Host:
    """A hub, or any host of files, on this machine."""

    files: dict[str, bytes]
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def host() -> Iterator[Host]:
    served = Host({})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            served.asked.append(path)
            data = served.files.get(path)
            self.send_response(404 if data is None else 200)
            if data is None:
                self.send_header("X-Error-Code", "RepoNotFound" if "nobody" in path else "EntryNotFound")
            else:
                self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if body and data:
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def hub(host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setenv("HF_ENDPOINT", host.url)
    for name in ("HF_HOME", "HF_HUB_CACHE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return host


def keep(host: Host, model: str, files: dict[str, bytes]) -> None:
    host.files |= {f"/{model}/resolve/main/{name}": data for name, data in files.items()}


def graph() -> bytes:
    return convolutional().SerializeToString()


def test_a_backbone_is_had_from_the_hub_with_its_scale_of_pixels(hub: Host, tmp_path: Path) -> None:
    keep(hub, "owner/eyes", {"onnx/model.onnx": graph(), CONFIG: json.dumps(SCALE).encode()})
    found = resolve("owner/eyes", folder=tmp_path)
    assert (found.name, found.kind, found.side) == ("owner/eyes", "onnx", SIDE)
    assert found.weights == "owner/eyes on the Hugging Face hub"
    assert found.pixels is not None
    assert found.pixels.mean == pytest.approx((25.5, 51.0, 76.5))
    assert found.pixels.deviation == pytest.approx((127.5, 127.5, 63.75))
    assert found.path is not None
    assert found.path.is_relative_to(tmp_path)


def test_the_part_that_sees_is_taken_before_the_whole(hub: Host, tmp_path: Path) -> None:
    keep(hub, "owner/clip", {"onnx/model.onnx": b"words too", "onnx/vision_model.onnx": graph()})
    assert (resolve("owner/clip", folder=tmp_path).path or Path()).name == "vision_model.onnx"


def test_a_file_on_the_hub_can_be_named(hub: Host, tmp_path: Path) -> None:
    keep(hub, "owner/eyes", {"small/eye.onnx": graph()})
    assert (resolve("owner/eyes:small/eye.onnx", folder=tmp_path).path or Path()).name == "eye.onnx"


def test_weights_in_a_file_of_their_own_are_fetched_too(hub: Host, tmp_path: Path) -> None:
    made = convolutional(width=16)
    path = str(tmp_path / "model.onnx")
    onnx.save(made, path, save_as_external_data=True, location="model.onnx_data", size_threshold=64)
    files = {f"onnx/{name}": (tmp_path / name).read_bytes() for name in ("model.onnx", "model.onnx_data")}
    keep(hub, "owner/large", files)
    assert resolve("owner/large", folder=tmp_path / "kept").side == SIDE


def test_what_is_not_on_the_hub_names_the_files_it_looked_for(hub: Host, tmp_path: Path) -> None:
    keep(hub, "owner/other", {"model.safetensors": b""})
    with pytest.raises(TrainingError, match=r"onnx/vision_model\.onnx, onnx/model\.onnx, model\.onnx") as caught:
        resolve("owner/other", folder=tmp_path)
    assert caught.value.code == "download-failed"


def test_a_hub_that_cannot_be_reached_names_the_file_to_bring(
    hub: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(TrainingError, match=r"Bring its file onnx/vision_model\.onnx") as caught:
        resolve("owner/eyes", folder=tmp_path)
    assert caught.value.code == "download-failed"
    assert hub.asked == []


def test_what_was_had_from_the_hub_is_there_without_it(
    hub: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep(hub, "owner/eyes", {"onnx/model.onnx": graph()})
    first = resolve("owner/eyes", folder=tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert resolve("owner/eyes", folder=tmp_path) == first


def test_a_model_that_the_hub_does_not_have_is_a_plain_error(hub: Host, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there is no such model") as caught:
        resolve("owner/nobody:model.onnx", folder=tmp_path)
    assert caught.value.code == "download-failed"
    assert hub.asked


def test_a_backbone_is_fetched_once_from_an_address(host: Host, tmp_path: Path) -> None:
    host.files["/models/eye.onnx"] = graph()
    url, allowed = f"{host.url}/models/eye.onnx", {f"127.0.0.1:{host.port}"}
    first = resolve(url, folder=tmp_path, pixels="unit", allow=allowed)
    again = resolve(url, folder=tmp_path, pixels="unit", allow=allowed)
    assert host.asked == ["/models/eye.onnx"]
    assert first == again
    assert (first.name, first.weights) == (url, f"fetched from {url}")
    assert first.path is not None
    first.path.write_bytes(b"damaged")
    assert resolve(url, folder=tmp_path, pixels="unit", allow=allowed).key == first.key
    assert len(host.asked) == 2


def test_an_address_with_nothing_behind_it_names_the_file_to_bring(host: Host, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"Bring eye\.onnx") as caught:
        resolve(f"{host.url}/eye.onnx", folder=tmp_path, allow={f"127.0.0.1:{host.port}"})
    assert caught.value.code == "download-failed"


def test_a_private_or_unencrypted_address_is_not_asked(host: Host, tmp_path: Path) -> None:
    host.files["/eye.onnx"] = graph()
    with pytest.raises(TrainingError, match="only https"):
        resolve(f"{host.url}/eye.onnx", folder=tmp_path)
    assert host.asked == []
