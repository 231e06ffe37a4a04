"""The files that take the project beyond one machine, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
KUBERNETES = DEPLOY / "kubernetes"
BASE, OVERLAYS = KUBERNETES / "base", KUBERNETES / "overlays"


class _Strict(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, of which YAML would keep the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"twice: {twice}", node.start_mark)
        return super().construct_mapping(node, deep)


def documents(path: Path) -> list[Any]:
    """What stands in a YAML file; `on:`, which YAML 1.1 takes for true, is `on` again."""
    found = [each for each in yaml.load_all(path.read_text(), Loader=_Strict) if each is not None]
    return [{("on" if key is True else key): value for key, value in each.items()} for each in found]


def document(path: Path) -> Any:
    """What stands in a YAML file of one document."""
    (found,) = documents(path)
    return found


@dataclass(frozen=True)
class Instruction:
    """A line of a Dockerfile, its continuations joined: `FROM`, `COPY`, …, and what stands behind it."""

    word: str
    rest: str


def dockerfile() -> list[list[Instruction]]:
    """The stages of the Dockerfile, each from its FROM on."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    stages: list[list[Instruction]] = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append(Instruction(word, " ".join(rest.split())))
    return stages


def manifests() -> list[Any]:
    """Every object of the Kubernetes base and its overlays, generators and patches not yet applied."""
    paths = [path for path in KUBERNETES.rglob("*.yaml") if path.name != "kustomization.yaml"]
    return [each for path in sorted(paths) for each in documents(path)]


def pod_specs() -> dict[str, Any]:
    """The pods' specifications of all that makes pods, by the name of what makes them."""
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in manifests()
        if each["kind"] in ("Deployment", "StatefulSet", "Job")
    }


def every_key(value: Any) -> Iterator[str]:
    """Every key of every mapping within a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from every_key(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_key(inner)
