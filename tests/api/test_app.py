"""Over a real connection to a real `dank serve`."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Server
from tests.drawing import encoded, texture


def classify(server: Server, path: Path, **fields: str) -> dict[str, Any]:
    response = httpx.post(f"{server.url}/api/v1/classify", files={"file": path.read_bytes()}, data=fields, timeout=30)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "detail", "code"} == set(body)
    assert body["status"] == response.status_code
    return response.status_code, body["code"]


def test_an_upload_gets_the_full_answer(server: Server, examples: list[Path]) -> None:
    body = classify(server, examples[0])
    assert body["input"] == "upload"
    assert len(body["sha256"]) == len(body["pdq"]) == 64
    verdict = body["verdict"]
    assert 0 <= verdict["low"] <= verdict["probability"] <= verdict["high"] <= 1
    assert verdict["label"] in ("dank", "not dank", "can't tell")
    assert verdict["compared_with"]
    assert set(body["models"]) == {"cnn", "automl"}
    assert body["caption"]
    assert body["milliseconds"] > 0


def test_the_2018_route_answers_as_in_2018_with_the_same_probability(server: Server, examples: list[Path]) -> None:
    full = classify(server, examples[0])
    response = httpx.post(
        f"{server.url}/api/v1/memes/predictions/file", files={"file": examples[0].read_bytes()}, timeout=30
    )
    assert response.json() == {"status": "success", "prediction": full["verdict"]["probability"]}


def test_2018_errors_have_the_2018_shape(server: Server) -> None:
    url = f"{server.url}/api/v1/memes/predictions/file"
    for response in (httpx.post(url, files={"file": b"no picture"}), httpx.post(url), httpx.get(url)):
        assert response.status_code >= 400
        assert set(response.json()) == {"status", "message"}
        assert response.json()["status"] == "error"


def test_a_corrected_caption_is_scored_in_place_of_the_read_one(server: Server, examples: list[Path]) -> None:
    read = classify(server, examples[0])
    corrected = classify(server, examples[0], caption="something quite different\r\nover two lines")
    assert corrected["caption_source"] == "given"
    assert corrected["caption"] == "something quite different over two lines"
    assert corrected["models"]["cnn"] == read["models"]["cnn"]


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"file": b""}, 400, "empty"),
        ({"file": b"<svg/>"}, 415, "not-an-image"),
        ({"other": b"x"}, 400, "empty"),
        ({"file": b"\xff\xd8\xff\xe0 broken"}, 422, "broken-image"),
    ],
)
def test_bad_uploads_are_refused_with_a_problem(
    server: Server, files: dict[str, bytes], status: int, code: str
) -> None:
    assert problem(httpx.post(f"{server.url}/api/v1/classify", files=files)) == (status, code)


def test_an_upload_over_the_limit_is_refused_whatever_route_it_takes(server: Server) -> None:
    heavy = b"\xff\xd8\xff" + bytes(20_200_000)
    response = httpx.post(f"{server.url}/api/v1/classify", files={"file": heavy}, timeout=30)
    assert problem(response) == (413, "file-too-large")
    response = httpx.post(f"{server.url}/api/v1/memes/predictions/file", files={"file": heavy}, timeout=30)
    assert response.status_code == 413
    assert response.json()["status"] == "error"


def test_an_upload_without_a_declared_length_is_stopped_too(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(400):
            yield bytes(65_536)

    response = httpx.post(
        f"{server.url}/api/v1/classify",
        content=endless(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
        timeout=30,
    )
    assert problem(response) == (413, "file-too-large")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"url": "ftp://example.com/a.png"}', "bad-url"),
        ('{"url": ""}', "bad-url"),
        ("{}", "bad-url"),
        ("[", "invalid-request"),
        ('{"url": "http://a.example/", "more": 1}', "invalid-request"),
        (json.dumps({"url": "http://a.example/", "caption": "x" * 2_001}), "bad-caption"),
        ('{"url": "http://no-such-host.invalid/a.png"}', "host-unknown"),
    ],
)
def test_bad_urls_are_refused_with_a_problem(server: Server, body: str, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert problem(httpx.post(f"{server.url}/api/v1/classify", content=body, headers=headers))[1] == code


@pytest.fixture(scope="module")
def pictures(examples: list[Path]) -> Iterator[str]:
    """A host with one picture."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/meme.jpg"
            self.send_response(200 if found else 404)
            self.end_headers()
            if found:
                self.wfile.write(examples[0].read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{host.server_port}"
        host.shutdown()


def test_a_url_gets_the_verdict_of_its_bytes(server: Server, pictures: str, examples: list[Path]) -> None:
    url = f"{pictures}/meme.jpg"
    response = httpx.post(f"{server.url}/api/v1/classify", json={"url": url}, timeout=30)
    assert response.json()["input"] == url
    assert response.json()["verdict"] == classify(server, examples[0])["verdict"]
    gone = httpx.post(f"{server.url}/api/v1/classify", json={"url": f"{pictures}/gone.jpg"}, timeout=30)
    assert problem(gone) == (404, "not-found")


def test_many_clients_at_once_each_get_their_own_verdict(server: Server, examples: list[Path]) -> None:
    alone = {path: classify(server, path) for path in examples}
    with ThreadPoolExecutor(8) as clients:
        together = list(clients.map(lambda path: (path, classify(server, path)), examples * 4))
    for path, body in together:
        assert body["sha256"] == alone[path]["sha256"]
        assert body["verdict"]["probability"] == pytest.approx(alone[path]["verdict"]["probability"], abs=1e-4)


def in_bucket(server: Server) -> set[Path]:
    return {path for path in (server.home / "bucket").rglob("*") if path.is_file()}


def test_feedback_is_kept_without_the_picture(server: Server, tmp_path: Path) -> None:
    picture = tmp_path / "never-sent-before.png"
    picture.write_bytes(encoded(texture(90, 120, seed=171), "PNG"))
    before = in_bucket(server)
    body = classify(server, picture)
    feedback = {"sha256": body["sha256"], "verdict": body["verdict"], "models": body["models"], "opinion": "dank"}
    response = httpx.post(f"{server.url}/api/v1/feedback", json=feedback)
    assert (response.status_code, response.json()) == (201, {"status": "kept"})
    kept = json.loads((server.home / "feedback.jsonl").read_text().splitlines()[-1])
    assert kept["sha256"] == body["sha256"]
    assert in_bucket(server) == before
    bad = httpx.post(f"{server.url}/api/v1/feedback", json=feedback | {"sha256": "../../etc"})
    assert problem(bad) == (422, "invalid-request")


def test_the_model_says_what_it_compares_with_and_where_it_is_no_better_than_chance(server: Server) -> None:
    card = httpx.get(f"{server.url}/api/v1/model").json()
    assert "imgflip" in card["compared_with"]
    assert card["caveats"]
    assert all(figure["low"] <= figure["value"] <= figure["high"] for figure in card["figures"])


def test_every_answer_carries_the_security_headers(server: Server) -> None:
    for path in ("/", "/api/v1/health", "/no/such/page", "/docs"):
        headers = httpx.get(server.url + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers


def test_the_documentation_page_needs_no_other_site(server: Server) -> None:
    page = httpx.get(f"{server.url}/docs").text
    assert "http" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert httpx.get(f"{server.url}/docs-ui/{name}").status_code == 200
    assert "/api/v1/classify" in httpx.get(f"{server.url}/openapi.json").json()["paths"]


@pytest.mark.parametrize(
    ("taken", "encoding"),
    [("gzip", "gzip"), ("gzip, deflate, br", "br"), ("br;q=0.5, gzip;q=0", "br"), ("GZIP ; q=1.0, br; q=0.0", "gzip")],
)
def test_files_of_text_come_compressed_to_whoever_takes_that_and_are_the_same_files(
    server: Server, taken: str, encoding: str
) -> None:
    url = f"{server.url}/docs-ui/swagger-ui.css"
    plain = httpx.get(url, headers={"Accept-Encoding": "identity"})
    with httpx.stream("GET", url, headers={"Accept-Encoding": taken}) as small:
        packed = b"".join(small.iter_raw())
    assert "content-encoding" not in plain.headers
    assert small.headers["content-encoding"] == encoding
    assert (gzip.decompress(packed) if encoding == "gzip" else unpacked_by_node(packed)) == plain.content
    assert int(small.headers["content-length"]) == len(packed) < len(plain.content) / 3
    assert small.headers["content-type"] == plain.headers["content-type"]
    assert small.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    asked = httpx.get(url, headers={"Accept-Encoding": taken, "If-None-Match": small.headers["etag"]})
    assert (asked.status_code, asked.content) == (304, b"")


def unpacked_by_node(packed: bytes) -> bytes:
    """What a browser makes of it: Python has no reader of Brotli of its own."""
    node = shutil.which("node") or str(Path(sys.executable).with_name("node"))
    script = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(0)))"
    return subprocess.run([node, "-e", script], input=packed, stdout=subprocess.PIPE, check=True).stdout


def test_parts_of_files_and_pictures_come_as_they_are(server: Server) -> None:
    url = f"{server.url}/docs-ui/swagger-ui.css"
    part = httpx.get(url, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, httpx.get(url).content[:10])
    for way in ("gzip;q=0", "identity", "zstd", ""):
        assert "content-encoding" not in httpx.get(url, headers={"Accept-Encoding": way}).headers
    assert "content-encoding" not in httpx.get(f"{server.url}/examples/cat.jpg").headers


def test_every_error_code_has_a_place_to_read_about_it(server: Server) -> None:
    page = httpx.get(f"{server.url}/errors").text
    response = httpx.post(f"{server.url}/api/v1/classify", files={"file": b"x"})
    assert f'id="{response.json()["type"].partition("#")[2]}"' in page
