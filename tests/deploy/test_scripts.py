"""The scripts that deploy, with programs in place of docker and kubectl that write down what they are asked."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.deploy.files import dockerfile

PLAIN = "/usr/bin:/bin"
DIGEST = "sha256:" + "1" * 64
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: dank-app
  namespace: memes
spec: {{template: {{spec: {{containers: [
    {{name: app,
    image: {image}
    }}]}}}}}}
"""


@dataclass(frozen=True)
class Place:
    """A copy of the scripts, and programs of the test's own that are found first."""

    root: Path
    programs: Path

    def program(self, name: str, script: str) -> None:
        """A program that notes its arguments, and then does what the script says."""
        path = self.programs / name
        path.write_text(f'#!/bin/sh\necho "$*" >> "{self.asked_file(name)}"\n{script}\n')
        path.chmod(0o755)

    def asked_file(self, name: str) -> Path:
        return self.programs / f"{name}.asked"

    def asked(self, name: str) -> list[str]:
        """What a program was asked, a line each time."""
        file = self.asked_file(name)
        return file.read_text().splitlines() if file.exists() else []

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.programs}:{PLAIN}"
        return subprocess.run(
            [str(self.root / command[0]), *command[1:]],
            env={"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "env", "sh", "od", "tr", "cat", "mv", "rm", "mkdir", "dirname", "grep", "awk"):
        (programs / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is not here"))
    shutil.copytree(ROOT / "scripts", tmp_path / "here" / "scripts")
    (tmp_path / "here" / "deploy" / "kubernetes" / "overlays").mkdir(parents=True)
    return Place(tmp_path / "here", programs)


def test_where_docker_is_missing_it_says_so_and_what_does_without(place: Place) -> None:
    found = subprocess.run(
        [str(place.root / "scripts" / "stack"), "start"],
        env={"PATH": str(place.programs)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 1
    assert "docker is not installed" in found.stderr
    assert "make start" in found.stderr
    assert not (place.root / "deploy" / ".env").exists()


def test_a_docker_without_compose_or_without_its_service_is_told_apart(place: Place) -> None:
    place.program("docker", '[ "$1" != compose ]')
    assert "Compose plugin" in place.run("scripts/stack", "start").stderr
    place.program("docker", '[ "$1" != info ]')
    assert "does not answer" in place.run("scripts/stack", "start").stderr


def test_secrets_are_made_once_for_their_owner_alone_and_differ(place: Place) -> None:
    place.program("docker", 'case "$*" in *" port "*) echo 127.0.0.1:8000;; esac')

    first = place.run("scripts/stack", "start")
    env = place.root / "deploy" / ".env"
    made = env.read_text()
    assert first.returncode == 0, first.stderr
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    values = re.findall(r"^[A-Z_]+=([0-9a-f]{48})$", made, re.MULTILINE)
    assert len(values) == len(set(values)) == 4
    assert not any(value in first.stdout + first.stderr for value in values)

    place.run("scripts/stack", "stop")
    place.run("scripts/stack", "start")
    assert env.read_text() == made


def test_the_stack_is_waited_for_and_its_address_is_said(place: Place) -> None:
    place.program("docker", 'case "$*" in *" port "*) echo 127.0.0.1:8123;; esac')

    said = place.run("scripts/stack", "start", "--profile", "observe").stdout

    assert "http://127.0.0.1:8123" in said
    (up,) = [each for each in place.asked("docker") if " up " in each]
    assert up.startswith("compose --profile observe up ")
    assert "--wait" in up.split()


def test_stopping_leaves_the_volumes(place: Place) -> None:
    place.program("docker", "exit 0")
    place.run("scripts/stack", "start")

    assert place.run("scripts/stack", "stop").returncode == 0
    down = place.asked("docker")[-1]
    assert down == "compose --profile * down"


def test_a_stack_that_was_never_started_cannot_be_stopped(place: Place) -> None:
    place.program("docker", "exit 0")

    assert "never started" in place.run("scripts/stack", "stop").stderr


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "history"
    folder.mkdir()
    _git(folder, "init", "--quiet")
    _commit(folder, "README.md")
    return folder


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("src/dankmeme/cli/serve.py", {"image"}),
        ("web/src/main.tsx", {"image"}),
        ("requirements/serve.txt", {"image"}),
        ("Dockerfile", {"image"}),
        ("deploy/kubernetes/base/app.yaml", {"kubernetes"}),
        ("deploy/cloud-run/service.yaml", {"cloud_run"}),
        ("docs/deploy.md", {"docs"}),
        ("tests/deploy/test_scripts.py", set()),
        ("requirements/dev.txt", set()),
    ],
)
def test_what_a_push_changed_is_what_is_delivered(history: Path, file: str, parts: set[str]) -> None:
    _commit(history, file)

    assert _changed(history, "HEAD~1") == parts


def test_a_push_of_several_commits_is_looked_at_as_a_whole(history: Path) -> None:
    _commit(history, "docs/index.md")
    _commit(history, "tests/test_docs.py")

    assert _changed(history, "HEAD~2") == {"docs"}


@pytest.mark.parametrize("before", ["0" * 40, "1" * 40])
def test_where_nobody_knows_what_was_before_all_is_delivered(history: Path, before: str) -> None:
    assert _changed(history, before) == {"image", "kubernetes", "cloud_run", "docs"}


def test_whatever_the_image_is_made_of_counts_as_a_change_of_it(history: Path) -> None:
    sources = [
        part
        for stage in dockerfile()
        for each in stage
        if each.word == "COPY" and "--from=" not in each.rest
        for part in each.rest.split()[:-1]
    ]
    assert sources
    for number, source in enumerate(["Dockerfile", ".dockerignore", *sources]):
        _commit(history, source if "." in Path(source).name or not source.endswith("/") else f"{source}file{number}")
        assert _changed(history, "HEAD~1") == {"image"}, source


def test_a_roll_out_looks_whether_all_is_well_before_anybody_is_served_by_it(place: Place) -> None:
    _kubectl(place, MANIFEST.format(image=f"ghcr.io/me/dank@{DIGEST}"))

    done = place.run("scripts/roll-out", "deploy/kubernetes/overlays/mine", "ghcr.io/me/dank", DIGEST)

    assert done.returncode == 0, done.stderr
    asked = place.asked("kubectl")
    order = [
        next(number for number, each in enumerate(asked) if part in each)
        for part in ("delete job dank-migrate", "notin (app, worker)", "wait --for=condition=complete")
    ]
    everything = next(n for n, each in enumerate(asked) if each.startswith("apply") and "notin" not in each)
    assert order == sorted(order)
    assert everything > order[-1]
    assert all("--namespace memes" in each for each in asked if "job" in each or "rollout" in each)


def test_a_roll_out_whose_job_fails_changes_nothing_that_runs(place: Place) -> None:
    _kubectl(place, MANIFEST.format(image=f"ghcr.io/me/dank@{DIGEST}"), fails="wait")

    done = place.run("scripts/roll-out", "deploy/kubernetes/overlays/mine", "ghcr.io/me/dank", DIGEST)

    assert done.returncode == 1
    assert [each for each in place.asked("kubectl") if each.startswith("apply") and "notin" not in each] == []


def test_a_roll_out_that_does_not_come_up_goes_back(place: Place) -> None:
    _kubectl(place, MANIFEST.format(image=f"ghcr.io/me/dank@{DIGEST}"), fails="rollout status deployment")

    done = place.run("scripts/roll-out", "deploy/kubernetes/overlays/mine", "ghcr.io/me/dank", DIGEST)

    assert done.returncode == 1
    assert "rollout undo deployment/dank-app" in place.asked("kubectl")[-1]


def test_a_roll_out_of_an_overlay_with_another_image_is_refused(place: Place) -> None:
    _kubectl(place, MANIFEST.format(image="ghcr.io/somebody/else:main"))

    done = place.run("scripts/roll-out", "deploy/kubernetes/overlays/mine", "ghcr.io/me/dank", DIGEST)

    assert done.returncode == 1
    assert "does not use the image" in done.stderr
    assert [each for each in place.asked("kubectl") if "apply" in each] == []


def _kubectl(place: Place, manifest: str, fails: str = "nothing") -> None:
    built = place.programs / "built.yaml"
    built.write_text(manifest)
    place.program("kubectl", f'case "$*" in kustomize*) cat "{built}";; *"{fails}"*) exit 1;; esac')


def _git(folder: Path, *arguments: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "me", "GIT_AUTHOR_EMAIL": "me@example.org"}
    identity |= {"GIT_COMMITTER_NAME": "me", "GIT_COMMITTER_EMAIL": "me@example.org", "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *arguments], cwd=folder, env={"PATH": PLAIN, **identity}, check=True, capture_output=True)


def _commit(folder: Path, file: str) -> None:
    path = folder / file
    if file.endswith("/") or path.is_dir():
        path = path / f"file{len(list(folder.rglob('*')))}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as opened:
        opened.write("more\n")
    _git(folder, "add", "--all", "--force")
    _git(folder, "commit", "--quiet", "--message", file)


def _changed(folder: Path, before: str) -> set[str]:
    said = subprocess.run(
        [str(ROOT / "scripts" / "changed"), before, "HEAD"], cwd=folder, capture_output=True, text=True, check=True
    )
    told = dict(line.split("=") for line in said.stdout.splitlines())
    assert set(told) == {"image", "kubernetes", "cloud_run", "docs"}
    return {part for part, so in told.items() if so == "true"}
