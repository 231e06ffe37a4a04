"""What the image's last stage runs, run without a container engine: a wheel in an environment of its own, as nobody in
particular, as process 1, on a file system that can be written to in `DANK_HOME` and `TMPDIR` alone.

Installing takes minutes and a package index, so all of it is long: `DANK_PROVE=1`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import ROOT, free_port
from tests.deploy.files import dockerfile
from tests.faults.processes import Command
from tests.faults.running import long

pytestmark = long
LAST = dockerfile()[-1]
END_SECONDS = 45
"""So long deploy/compose.yaml and the manifests give a process."""


@dataclass(frozen=True)
class Image:
    """A folder in place of an image.

    Attributes:
        root: where it is; all but `home` and `temporary` is read-only for what runs.
    """

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "data"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    def environment(self, **others: str) -> dict[str, str]:
        """What the Dockerfile's ENV lines say, and nothing from here; there is no HOME."""
        text = " ".join(each.rest for each in LAST if each.word == "ENV")
        said = dict(part.split("=", 1) for part in text.split())
        said["PATH"] = said["PATH"].replace("/opt/dank", f"{self.root}/opt/dank").replace("$PATH", "/usr/bin:/bin")
        return said | {"DANK_HOME": str(self.home), "TMPDIR": str(self.temporary)} | others

    def command(self, *arguments: str) -> list[str]:
        """A command as the image's user, without capabilities, as process 1, where nothing else can be written to."""
        (user,) = [each.rest for each in LAST if each.word == "USER"]
        number, group = user.split(":")
        fence = (
            'mount --make-rprivate / && mount --bind "$1" "$1" && mount --bind "$2" "$2" && '
            "mount -o remount,bind,ro / && mount -t tmpfs -o ro none /dev/shm && cd / && shift 2 && exec "
            f"setpriv --reuid {number} --regid {group} --clear-groups --no-new-privs --bounding-set=-all "
            '--inh-caps=-all "$@"'
        )
        unshared = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", fence, "sh"]
        return [*unshared, str(self.home), str(self.temporary), *arguments]


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Made as the Dockerfile makes it: from the lock and from wheels alone, then the package without what it needs."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can take the right to write from a process and a file system")
    assert (ROOT / "src/dankmeme/assets/web/index.html").exists(), "`make web` first"
    root = Path(tempfile.mkdtemp(prefix="dank-image-"))
    try:
        root.chmod(0o755)
        _install(root)
        (user,) = [each.rest for each in LAST if each.word == "USER"]
        for folder in (root / "data", root / "tmp"):
            folder.mkdir(mode=0o700)
            os.chown(folder, *map(int, user.split(":")))
        yield Image(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_it_serves_and_writes_nowhere_but_to_its_home_and_tmp(image: Image, examples: list[Path]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _run(image, ["dank", "serve", "--port", str(port)]) as server:
        server.until(lambda: _answers(f"{url}/api/v1/ready"), 120, "it is ready")
        answer = httpx.post(f"{url}/api/v1/classify", files={"file": examples[0].read_bytes()}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["models"]["automl"] is not None, "the caption was not read"
        page = httpx.get(f"{url}/latest")
        assert '<div id="root">' in page.text
        assert httpx.get(f"{url}/api/v1/posts").status_code == 200
        sent = httpx.post(f"{url}/api/v1/demo", timeout=60)
        assert sent.status_code < 300, sent.text
        server.until(lambda: httpx.get(f"{url}/api/v1/posts").json()["posts"], 120, "a sample meme is there")
        _end(server)
        assert "Traceback" not in server.stderr
        assert not re.search("Read-only|Permission denied|Failed to", server.stderr), server.stderr
    assert (image.home / "dank.db").exists()


def test_a_worker_works_and_ends_when_it_is_told(image: Image) -> None:
    with _run(image, ["dank", "worker"]) as worker:
        worker.until(lambda: "is at work" in worker.stdout, 120, "it is at work")
        _end(worker)
        assert "Traceback" not in worker.stderr


def test_the_job_that_migrates_ends_well(image: Image) -> None:
    with _run(image, ["dank", "migrate"]) as job:
        assert job.wait(60) == 0, job.stderr
        assert "the schema is up to date" in job.stdout


def test_the_health_check_of_a_server_is_answered(image: Image) -> None:
    port = str(free_port())
    with _run(image, ["dank", "serve"], DANK_PORT=port) as server:
        server.until(lambda: _is_healthy(image, DANK_PORT=port), 60, "it is healthy")
        _end(server)


def test_the_health_check_of_a_worker_is_answered(image: Image) -> None:
    port = str(free_port())
    with _run(image, ["dank", "worker"], DANK_METRICS_PORT=port) as worker:
        worker.until(lambda: _is_healthy(image, DANK_METRICS_PORT=port), 60, "it is healthy")
        _end(worker)


def test_the_demo_keeps_nothing(image: Image, examples: list[Path]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = image.temporary / "demo"
    with _run(image, ["dank", "serve", "--port", str(port)], DANK_MODE="demo", DANK_HOME=str(own)) as server:
        server.until(lambda: _answers(f"{url}/health/ready"), 120, "it is ready")
        assert httpx.post(f"{url}/api/v1/classify", files={"file": examples[0].read_bytes()}, timeout=60).is_success
        _end(server)
    assert [path for path in image.temporary.rglob("*") if path.is_file()] == []


def test_what_is_written_elsewhere_is_refused(image: Image) -> None:
    with _run(image, ["touch", f"{image.root}/elsewhere"]) as touch:
        assert touch.wait(10) != 0
        assert re.search("Read-only|Permission denied", touch.stderr)
    with _run(image, ["touch", f"{image.home}/here"]) as touch:
        assert touch.wait(10) == 0, touch.stderr


def _run(image: Image, arguments: Sequence[str], **environment: str) -> Command:
    return Command(image.command(*arguments), image.environment(**environment), program=())


def _end(command: Command) -> None:
    """Send SIGTERM to process 1 of its container, as an engine does."""
    (first,) = psutil.Process(command.id).children()
    first.send_signal(signal.SIGTERM)
    assert command.wait(END_SECONDS) == 0, command.stderr


def _is_healthy(image: Image, **environment: str) -> bool:
    """What HEALTHCHECK runs, with the same environment."""
    check = [str(image.root / "opt/dank/bin/python"), str(ROOT / "deploy" / "healthy.py")]
    return subprocess.run(check, env=environment, check=False).returncode == 0


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _install(root: Path) -> None:
    python = root / "opt/dank/bin/python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    _done([*pip, "wheel", "--no-deps", "--wheel-dir", str(root / "dist"), str(ROOT)])
    (wheel,) = (root / "dist").glob("*.whl")
    _done([_anybodys_python(), "-m", "venv", "--without-pip", str(root / "opt/dank")])
    into = [*pip, "--python", str(python), "install"]
    _done([*into, "--only-binary", ":all:", "--requirement", str(ROOT / "requirements/serve.txt")])
    _done([*into, "--no-deps", str(wheel)])


def _anybodys_python() -> str:
    """A Python that other users than root can run: one beneath root's home they cannot."""
    code = "import sys, os; print(sys.version_info >= (3, 11), os.__file__)"
    for python in (str(Path(sys.base_exec_prefix, "bin", "python3")), "/usr/local/bin/python3", "/usr/bin/python3"):
        if Path(python).exists():
            new, where = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
            if new == "True" and all(each.stat().st_mode & 0o001 for each in Path(where).resolve().parents):
                return python
    pytest.skip("NOT TESTED: no Python 3.11 or newer of this machine can be run by others than root")


def _done(command: Sequence[str]) -> None:
    environment: Mapping[str, str] = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
