"""The workflows' rules. None is run: they are compared with GitHub's schema and with what stands in the repository."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.deploy.files import WORKFLOWS, document, every_key

GITHUB = ROOT / ".github"
WRITES = {
    "image.yml": {"push": {"packages", "id-token", "attestations"}},
    "deploy.yml": {
        "image": {"packages", "id-token", "attestations"},
        "cloud-run": {"id-token"},
        "docs": {"pages", "id-token"},
    },
    "release.yml": {
        "image": {"packages", "id-token", "attestations"},
        "publish": {"contents", "id-token", "attestations"},
    },
}
"""What each job may change, and no other."""


def _jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = document(path)["jobs"]
    return found


def _steps(path: Path) -> list[Any]:
    return [step for job in _jobs(path).values() for step in job.get("steps", [])]


def _said(kind: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_a_workflow_is_as_github_has_it(path: Path) -> None:
    said = _said("github-workflows", path)

    assert said.returncode == 0, said.stdout + said.stderr


def test_unrun_what_watches_versions_is_as_github_has_it() -> None:
    said = _said("dependabot", GITHUB / "dependabot.yml")

    assert said.returncode == 0, said.stdout + said.stderr


def test_unrun_what_they_are_checked_against_notices_a_slip(tmp_path: Path) -> None:
    slip = tmp_path / "check.yml"
    slip.write_text((GITHUB / "workflows" / "check.yml").read_text().replace("runs-on:", "run-on:"))

    assert _said("github-workflows", slip).returncode == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_a_job_may_change_what_it_is_there_for_and_nothing_else(path: Path) -> None:
    assert document(path)["permissions"] == {"contents": "read"}
    for name, job in _jobs(path).items():
        may = {what for what, how in job.get("permissions", {}).items() if how == "write"}
        assert may == WRITES.get(path.name, {}).get(name, set())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_every_action_has_a_version_and_no_checkout_leaves_its_token(path: Path) -> None:
    for step in _steps(path):
        if "uses" in step:
            assert re.search(r"@(v\d|[0-9a-f]{40}$)", step["uses"])
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_no_command_has_words_of_strangers_pasted_into_it(path: Path) -> None:
    assert [step["run"] for step in _steps(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_every_job_that_runs_somewhere_ends_at_some_time(path: Path) -> None:
    for name, job in _jobs(path).items():
        assert "uses" in job or job["timeout-minutes"] <= 60, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_every_target_script_and_file_that_a_command_names_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runs = "\n".join(step["run"] for step in _steps(path) if "run" in step)

    assert set(re.findall(r"\bmake ([a-z-]+)", runs)) <= targets
    for named in re.findall(r"(?<![\w/$.-])(?:scripts|deploy|web|src)/[\w./-]*\w", runs):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_a_workflow_that_another_calls_can_be_called(path: Path) -> None:
    for name, job in _jobs(path).items():
        if "uses" in job:
            called = document(ROOT / job["uses"].removeprefix("./"))["on"]["workflow_call"] or {}
            wanted = {each for each, what in called.get("inputs", {}).items() if what.get("required")}
            assert wanted <= set(job.get("with", {})), name
            used = re.findall(rf"needs\.{name}\.outputs\.(\w+)", path.read_text())
            assert set(used) <= set(called.get("outputs", {}))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_unrun_what_a_job_needs_is_what_it_asks_for(path: Path) -> None:
    jobs = _jobs(path)
    for name, job in jobs.items():
        needs = job.get("needs", [])
        needs = {needs} if isinstance(needs, str) else set(needs)
        assert needs <= set(jobs)
        assert set(re.findall(r"needs\.([\w-]+)\.", str(job))) <= needs, name


def test_unrun_what_is_deployed_waits_for_somebodys_yes() -> None:
    jobs = _jobs(GITHUB / "workflows" / "deploy.yml")

    assert {name: job.get("environment") for name, job in jobs.items() if "steps" in job and name != "changed"} == {
        "kubernetes": "kubernetes",
        "cloud-run": "cloud-run",
        "docs": "github-pages",
    }
    for name in ("image", "kubernetes", "cloud-run", "docs"):
        assert "needs.changed.outputs." in jobs[name]["if"]


def test_unrun_a_release_is_checked_before_anything_of_it_is_published() -> None:
    jobs = _jobs(GITHUB / "workflows" / "release.yml")

    assert jobs["image"]["needs"] == "check"
    assert {"check", "package", "image"} <= set(jobs["publish"]["needs"])


def test_unrun_every_lock_is_audited_each_week() -> None:
    audit = document(GITHUB / "workflows" / "audit.yml")
    locks = {path.stem for path in (ROOT / "requirements").glob("*.txt")} - {"constraints"}

    assert set(audit["jobs"]["python"]["strategy"]["matrix"]["lock"]) == locks
    assert "schedule" in set(every_key(audit["on"]))
