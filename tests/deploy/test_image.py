"""The Dockerfile's rules. No container engine is asked: that it builds is shown by the workflow `image` alone."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.conftest import ROOT, free_port
from tests.deploy.files import DEPLOY, Instruction, dockerfile

STAGES = dockerfile()
LAST = STAGES[-1]
HEALTHY = DEPLOY / "healthy.py"


def _of(stage: list[Instruction], word: str) -> list[str]:
    return [each.rest for each in stage if each.word == word]


def _copied() -> list[str]:
    """Sources of each COPY that come from the repository."""
    found = []
    for stage in STAGES:
        for rest in _of(stage, "COPY"):
            if "--from=" not in rest:
                found += [part for part in rest.split()[:-1] if not part.startswith("--")]
    return found


def test_unbuilt_the_last_stage_runs_as_a_numbered_user_that_is_not_root() -> None:
    (user,) = _of(LAST, "USER")

    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    positions = [each.word for each in LAST]
    assert "RUN" not in positions[positions.index("USER") :]


def test_unbuilt_every_stage_begins_with_an_image_of_a_named_version() -> None:
    for stage in STAGES:
        image = stage[0].rest.split()[0]
        assert re.fullmatch(r"[a-z]+:\d[\w.-]+", image), image
        assert "latest" not in image


def test_unbuilt_the_last_stage_installs_nothing_and_takes_the_package_ready_made() -> None:
    assert "--from=package" in " ".join(_of(LAST, "COPY"))
    for run in _of(LAST, "RUN"):
        assert re.search(r"\b(apt-get|pip|npm|gcc|curl)\b", run) is None


def test_unbuilt_the_package_comes_from_the_lock_and_from_wheels_alone() -> None:
    runs = " ".join(_of(STAGES[1], "RUN"))

    assert "--only-binary :all: --requirement requirements/serve.txt" in runs
    assert "install --no-deps ." in runs


def test_unbuilt_it_asks_for_its_health_and_says_what_it_is() -> None:
    (check,) = _of(LAST, "HEALTHCHECK")
    assert check.endswith('CMD ["python", "/opt/dank/healthy.py"]')
    assert any(rest.startswith("deploy/healthy.py ") for rest in _of(LAST, "COPY"))
    labels = " ".join(_of(LAST, "LABEL"))
    for name in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_unbuilt_it_begins_with_dank_and_serves_to_all() -> None:
    assert [json.loads(rest) for rest in _of(LAST, "ENTRYPOINT")] == [["dank"]]
    assert [json.loads(rest) for rest in _of(LAST, "CMD")] == [["serve", "--host", "0.0.0.0"]]


def test_unbuilt_what_it_writes_goes_to_a_volume() -> None:
    (volumes,) = (json.loads(rest) for rest in _of(LAST, "VOLUME"))

    assert f"DANK_HOME={volumes[0]}" in " ".join(_of(LAST, "ENV"))
    assert "PYTHONDONTWRITEBYTECODE=1" in " ".join(_of(LAST, "ENV"))


def test_unbuilt_no_secret_is_an_argument_or_in_its_environment() -> None:
    said = " ".join(each.rest for stage in STAGES for each in stage if each.word in ("ARG", "ENV"))

    assert re.search(r"(?i)token|secret|password|key", said) is None


@pytest.mark.parametrize("source", _copied())
def test_unbuilt_what_is_copied_is_there_and_is_let_in(source: str) -> None:
    path = ROOT / source
    assert path.exists()
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    let_in = [each for each in files if _is_let_in(each.relative_to(ROOT).as_posix())]
    assert let_in


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        "data/admin-token",
        "deploy/.env",
        "docs/log.md",
        "requirements/dev.txt",
        "src/dankmeme/__pycache__/cli.cpython-313.pyc",
        "src/dankmeme/assets/web/index.html",
        "tests/conftest.py",
        "web/node_modules/react/index.js",
    ],
)
def test_unbuilt_nothing_else_gets_to_the_builder(path: str) -> None:
    assert not _is_let_in(path)


def test_the_health_of_a_server_is_asked_at_its_port() -> None:
    with _answering(200) as port:
        assert _healthy(DANK_PORT=str(port)) == 0
    with _answering(503) as port:
        assert _healthy(DANK_PORT=str(port)) == 1
    assert _healthy(DANK_PORT=str(free_port())) == 1


def test_the_health_of_a_worker_is_asked_at_the_port_of_its_metrics() -> None:
    with _answering(200) as port:
        assert _healthy(DANK_PORT=str(free_port()), DANK_METRICS_PORT=str(port)) == 0
        assert _healthy(DANK_PORT=str(port), DANK_METRICS_PORT="") == 0


def test_no_proxy_of_the_environment_is_asked_for_the_health() -> None:
    with _answering(200) as port:
        assert _healthy(DANK_PORT=str(port), http_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9") == 0


def _healthy(**environment: str) -> int:
    return subprocess.run([sys.executable, "-S", str(HEALTHY)], env=environment, check=False).returncode


class _answering:  # noqa: N801
    """A server that answers `/health/live` with a status."""

    def __init__(self, status: int) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/health/live" else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> int:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self._server.server_port

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _is_let_in(path: str) -> bool:
    """Whether .dockerignore lets a path in: the last line that speaks of it, or of a folder above it, decides."""
    folders = [path, *(str(each) for each in Path(path).parents if str(each) != ".")]
    let_in = True
    for pattern in _patterns():
        if any(_matches(each, pattern.removeprefix("!")) for each in folders):
            let_in = pattern.startswith("!")
    return let_in


def _patterns() -> Iterator[str]:
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _matches(path: str, pattern: str) -> bool:
    """A pattern's `*` stays within one folder, and `**/` stands for any number of them."""
    if pattern.startswith("**/"):
        parts = path.split("/")
        return any(_matches("/".join(parts[start:]), pattern[3:]) for start in range(len(parts)))
    theirs, ours = path.split("/"), pattern.split("/")
    return len(theirs) == len(ours) and all(map(fnmatch.fnmatchcase, theirs, ours))
