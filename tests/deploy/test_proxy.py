"""The reverse proxy: its limits against the app's, and nginx itself, where there is one, in front of the app itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from dankmeme.api.bodies import MAX_BODY
from tests.conftest import Server, free_port
from tests.deploy.files import DEPLOY

PROXY = DEPLOY / "proxy"
SITES = ("root.conf", "sub-path.conf")
OURS = "/etc/nginx/dank/"
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
Proxied = Callable[[str, int], str]


def test_a_body_is_refused_by_the_proxy_only_a_little_above_where_the_app_refuses_it() -> None:
    (limit,) = re.findall(r"client_max_body_size (\d+);", (PROXY / "site.conf").read_text())

    assert MAX_BODY < int(limit) < 1.01 * MAX_BODY


@pytest.mark.parametrize("site", SITES)
def test_every_file_that_a_site_includes_is_there(site: str) -> None:
    named = re.findall(rf"include {OURS}([\w.-]+);", (PROXY / site).read_text())

    assert set(named) == {"site.conf", "to-app.conf", "to-events.conf"}
    assert all((PROXY / name).exists() for name in named)


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Proxied]:
    """Starts nginx with one of the sites in front of a port; gives its address."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin")
    if nginx is None:
        pytest.skip("NOT TESTED: nginx is not installed, so the configuration was read by nobody")
    with ExitStack() as stack:
        yield lambda site, port: stack.enter_context(_nginx(nginx, tmp_path / site, site, port))


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that answers with what it was asked; its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}}
            body = json.dumps(asked).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_app_is_told_who_asks_whatever_they_say_of_themselves(proxied: Proxied, echo: int) -> None:
    headers = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http", "X-Request-ID": "forged00"}

    asked = _get(proxied("root.conf", echo) + "/latest?page=2", headers=headers).json()

    assert asked["path"] == "/latest?page=2"
    assert asked["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert asked["headers"]["x-forwarded-proto"] == "https"
    assert re.fullmatch(r"[0-9a-f]{32}", asked["headers"]["x-request-id"])


def test_nobody_outside_is_told_how_it_goes(proxied: Proxied, echo: int) -> None:
    assert _get(proxied("root.conf", echo) + "/metrics").status_code == 404
    assert _get(proxied("sub-path.conf", echo) + "/memes/metrics").status_code == 404


def test_beneath_a_path_the_app_sees_the_whole_of_it_and_all_else_is_somebody_elses(
    proxied: Proxied, echo: int
) -> None:
    url = proxied("sub-path.conf", echo)

    assert _get(url + "/memes").headers["location"].endswith("/memes/")
    assert _get(url + "/memes/latest").json()["path"] == "/memes/latest"
    assert _get(url + "/latest").status_code == 404


def test_it_is_the_app_that_says_that_a_picture_is_too_large(proxied: Proxied, server: Server) -> None:
    url = proxied("root.conf", int(server.url.rpartition(":")[2])) + "/api/v1/classify"

    little = _post(url, MAX_BODY + 10_000)
    assert (little.status_code, little.headers["content-type"]) == (413, "application/problem+json")
    much = _post(url, MAX_BODY + 1_000_000)
    assert (much.status_code, much.headers["server"].partition("/")[0]) == (413, "nginx")


def test_a_picture_is_classified_by_way_of_the_proxy(proxied: Proxied, server: Server, examples: list[Path]) -> None:
    url = proxied("root.conf", int(server.url.rpartition(":")[2])) + "/api/v1/classify"

    answer = httpx.post(url, files={"file": examples[0].read_bytes()}, verify=False, timeout=30)

    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"]


def test_news_come_at_once_by_way_of_the_proxy(proxied: Proxied, server: Server) -> None:
    url = proxied("root.conf", int(server.url.rpartition(":")[2])) + "/api/v1/events"
    began = time.monotonic()

    with httpx.stream("GET", url, verify=False, timeout=10) as stream:
        first = next(stream.iter_lines())

    assert first == ": listening"
    assert time.monotonic() - began < 5


def test_who_is_slow_is_hung_up_on(proxied: Proxied, echo: int) -> None:
    port = int(proxied("root.conf", echo).rpartition(":")[2])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: memes.example.org\r\nX-Slow: ")
        assert slow.recv(1_000) == b""


@contextmanager
def _nginx(nginx: str, folder: Path, site: str, port: int) -> Iterator[str]:
    """nginx with a site as it stands in the repository, but for addresses, certificates and seconds."""
    folder.mkdir()
    listens = free_port()
    _certify(folder)
    changes = {
        OURS: f"{folder}/",
        "127.0.0.1:8000": f"127.0.0.1:{port}",
        "/run/dank-proxy": f"{folder}/bodies",
        "client_header_timeout 10s": "client_header_timeout 1s",
    }
    for name in ("limits.conf", "site.conf", "to-app.conf", "to-events.conf", site):
        text = (PROXY / name).read_text()
        for old, new in changes.items():
            text = text.replace(old, new)
        text = re.sub(r"listen \[::\]:\d+( ssl http2)?;", "", text)
        text = text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{listens} ssl http2;")
        text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        text = re.sub(r"ssl_certificate(_key)? .*/(\w+\.pem);", rf"ssl_certificate\1 {folder}/\2;", text)
        (folder / name).write_text(text)
    temporary = "".join(f"{each}_temp_path {folder}/{each}; " for each in KINDS)
    user = "user root; " if os.geteuid() == 0 else ""  # whoever else cannot reach the folder of a test
    (folder / "nginx.conf").write_text(
        f"{user}daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors; events {{ }}\n"
        f"http {{ access_log off; {temporary} include {folder}/limits.conf; include {folder}/{site}; }}\n"
    )
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            _wait(listens, process)
            yield f"https://127.0.0.1:{listens}"
        finally:
            process.terminate()


def _certify(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(command, check=True, capture_output=True)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"nginx ended: {process.communicate()[0].decode()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def _get(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.get(url, headers=headers, verify=False, timeout=10)


def _post(url: str, size: int) -> httpx.Response:
    return httpx.post(url, files={"file": b"0" * size}, verify=False, timeout=30)
