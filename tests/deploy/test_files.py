from __future__ import annotations

import re
from pathlib import Path

import pytest

from dankmeme.settings import Settings
from tests.conftest import ROOT
from tests.deploy.files import DEPLOY, KUBERNETES, WORKFLOWS, document, documents

YAML = [*sorted(path for kind in ("*.yml", "*.yaml") for path in DEPLOY.rglob(kind)), *WORKFLOWS]
TEXTS = [
    *sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".json" and path.name != ".env"),
    ROOT / "Dockerfile",
    ROOT / "docs" / "deploy.md",
    *WORKFLOWS,
]
SECRETS = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|gh[pousr]_[A-Za-z0-9]{36}|"
    r"(?i:password|secret|token)\w*[\"']?\s*[:=]\s*[\"']?(?=\S*\d)[A-Za-z0-9+/]{16,}"
)
OF_TESTS = {"PROVE", "REQUIRE_SERVICES"}
"""What tests are told by, and nobody else."""


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", YAML, ids=_name)
def test_a_file_is_yaml_and_no_key_stands_twice_in_it(path: Path) -> None:
    assert documents(path)


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_every_variable_that_a_file_sets_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bDANK_([A-Z_]+)\b", path.read_text()))

    assert {name.lower() for name in named - OF_TESTS} - set(Settings.model_fields) == set()


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_no_file_holds_a_secret(path: Path) -> None:
    assert SECRETS.search(path.read_text()) is None


def test_something_like_a_secret_is_noticed() -> None:
    assert SECRETS.search("POSTGRES_PASSWORD: 5f2b9c0e6d7a4f13")
    assert SECRETS.search("  token: 'hunter2hunter2hunter2'")
    assert SECRETS.search("POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?make start-stack makes it}") is None


@pytest.mark.parametrize("role", ["app", "worker", "demo", "cluster"])
def test_every_value_that_a_file_gives_a_setting_is_taken(role: str) -> None:
    if role == "demo":
        (container,) = document(DEPLOY / "cloud-run" / "service.yaml")["spec"]["template"]["spec"]["containers"]
        said = {each["name"]: each["value"] for each in container["env"]}
    elif role == "cluster":
        found = [document(path)["configMapGenerator"] for path in KUBERNETES.rglob("kustomization.yaml")]
        said = dict(line.split("=", 1) for (each,) in found for line in each["literals"])
    else:
        said = document(DEPLOY / "compose.yaml")["services"][role]["environment"]
    given = {name.removeprefix("DANK_").lower(): value for name, value in said.items() if name.startswith("DANK_")}
    plain = {name: value for name, value in given.items() if "${" not in value}

    settings = Settings(**plain)
    assert set(plain) <= settings.model_fields_set
