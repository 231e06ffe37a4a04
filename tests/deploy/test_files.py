from __future__ import annotations

import re
from pathlib import Path

import pytest

from dankmeme.settings import Settings
from tests.conftest import ROOT
from tests.deploy.files import DEPLOY, WORKFLOWS, documents

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


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", YAML, ids=_name)
def test_a_file_is_yaml_and_no_key_stands_twice_in_it(path: Path) -> None:
    assert documents(path)


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_every_variable_that_a_file_sets_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bDANK_([A-Z_]+)\b", path.read_text()))

    assert {name.lower() for name in named - OF_TESTS} - set(Settings.model_fields) - AWAITED == set()


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_no_file_holds_a_secret(path: Path) -> None:
    assert SECRETS.search(path.read_text()) is None


def test_something_like_a_secret_is_noticed() -> None:
    assert SECRETS.search("POSTGRES_PASSWORD: 5f2b9c0e6d7a4f13")
    assert SECRETS.search("  token: 'hunter2hunter2hunter2'")
    assert SECRETS.search("POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?make start-stack makes it}") is None


OF_TESTS = {"PROVE", "REQUIRE_SERVICES"}
"""What tests are told by, and nobody else."""
AWAITED = {"mode", "root_path", "metrics_port", "log_format", "log_level", "metrics_token", "traces_url"}
"""Settings that another change brings. Once they are there this goes, which the next test insists on."""


def test_no_setting_is_awaited_that_is_there() -> None:
    assert AWAITED & set(Settings.model_fields) == set(), "it is there now: take it out of AWAITED"
