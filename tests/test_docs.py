from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from dankmeme import errors
from dankmeme.api.problems import STATUS
from dankmeme.cli import app
from dankmeme.models.scoring import FEATURE_SETS
from dankmeme.settings import Settings
from dankmeme.training.audit import CHECKS
from dankmeme.training.evaluate import MEASURES
from dankmeme.training.learners import FAMILIES
from dankmeme.training.pixels import SCALES
from dankmeme.training.split import PARTS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
COMMAND_PAGES = (DOCS / "classify.md", DOCS / "commands.md")


def _commands(group, name: str):  # type: ignore[no-untyped-def]
    """Every command that does something, those of groups too, by what a person types."""
    found = {}
    for each, command in group.commands.items():
        nested = getattr(command, "commands", None)
        found |= {f"{name} {each}": command} if nested is None else _commands(command, f"{name} {each}")
    return found


COMMANDS = _commands(get_command(app), "dank")


def test_every_setting_is_in_the_table_and_the_table_is_in_step() -> None:
    script = _script("settings_doc")
    page = (DOCS / "settings.md").read_text()

    assert page == script.rendered(page), "run `make docs`"
    for name in Settings.model_fields:
        assert f"| `DANK_{name.upper()}` |" in page


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_exactly_the_error_codes_that_exist_have_a_section() -> None:
    assert set(_error_sections()) == _raised_codes() | set(STATUS)


@pytest.mark.parametrize("code", STATUS)
def test_an_error_code_is_documented_with_its_http_status(code: str) -> None:
    assert _error_sections()[code].startswith(f"HTTP {STATUS[code]}. ")


def test_a_command_is_documented_in_one_place() -> None:
    found = [
        title for page in COMMAND_PAGES for title in re.findall(r"^### `(dank .+)`$", page.read_text(), re.MULTILINE)
    ]

    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_section_with_all_its_options_and_no_others(name: str) -> None:
    section = _command_sections()[name]
    options = {
        option
        for parameter in COMMANDS[name].params
        for option in [*parameter.opts, *parameter.secondary_opts]
        if option.startswith("-")
    }

    rows = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `--")]
    assert {option for row in rows for option in re.findall(r"`(--[a-z-]+)", row)} == options


def test_every_option_of_the_command_itself_is_documented() -> None:
    page = (DOCS / "commands.md").read_text()

    for parameter in get_command(app).params:
        for option in parameter.opts:
            assert f"`dank {option}`" in page or option == "--help"


def test_every_test_that_a_page_names_exists() -> None:
    named = {
        (path, test)
        for page in PAGES
        for test, path in re.findall(r"`(test_\w+)` in `(tests/[\w/]+\.py)`", page.read_text())
    }

    assert named
    there = {path for path, _ in named if (ROOT / path).exists()}
    assert {path for path, _ in named} == there
    missing = [test for path, test in sorted(named) if f"def {test}(" not in (ROOT / path).read_text()]
    assert missing == []


def test_every_route_is_documented() -> None:
    page = (DOCS / "classify.md").read_text()
    paths = json.loads((ROOT / "web" / "openapi.json").read_text())["paths"]

    for path, methods in paths.items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in page


def test_every_figure_and_every_check_of_the_audit_is_documented() -> None:
    page = (DOCS / "evaluation.md").read_text()

    assert [each.words for each in MEASURES.values() if f"| {each.words} |" not in page] == []
    assert [name for name in CHECKS if f"| {name} |" not in page] == []


def test_every_part_scale_feature_set_and_family_of_training_is_documented() -> None:
    page = (DOCS / "training.md").read_text()

    named = [*PARTS, "gap", "twin", *SCALES, *FEATURE_SETS]
    assert [name for name in named if f"| `{name}` |" not in page] == []
    words = {
        "boosting": "gradient boosting on the class",
        "network": "neural network",
        "logistic": "logistic regression",
    }
    assert [family for family in FAMILIES if words.get(family, family) not in page] == []


def test_every_make_target_is_documented() -> None:
    page = (DOCS / "development.md").read_text()
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert targets
    assert [target for target in targets if f"| `make {target}` |" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_relative_link_is_broken(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


def test_every_page_is_in_the_navigation() -> None:
    named = set(re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))

    assert named == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


def _script(name: str):  # type: ignore[no-untyped-def]
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _raised_codes() -> set[str]:
    """The codes that stand in the source as the first argument of an error, or in the table of problems."""
    source = "\n".join(path.read_text() for path in (ROOT / "src" / "dankmeme").rglob("*.py"))
    kinds = "|".join(name for name, each in vars(errors).items() if isinstance(each, type))
    raised = re.findall(rf'\b(?:{kinds}|Failed)\(\s*"([a-z-]+)"', source)
    raised += re.findall(r'\bcode="([a-z-]+)"', source)
    problems = (ROOT / "src" / "dankmeme" / "api" / "problems.py").read_text()
    return set(raised) | set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', problems))


def _command_sections() -> dict[str, str]:
    sections = [_sections(page.read_text(), 3) for page in COMMAND_PAGES]
    return {title.strip("`"): text for each in sections for title, text in each.items()}


def _error_sections() -> dict[str, str]:
    return {title.strip("`"): text.strip() for title, text in _sections((DOCS / "errors.md").read_text(), 3).items()}


def _sections(page: str, level: int) -> dict[str, str]:
    """What stands under each heading of a level, up to the next of that level or a higher one."""
    parts = re.split(rf"^(#{{1,{level}}}) (.+)$", _without_code(page), flags=re.MULTILINE)
    headings = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    return {title: text for marks, title, text in headings if len(marks) == level}


def _without_code(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def _links(page: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)\s]+)\)", _without_code(page.read_text())):
        if not re.match(r"[a-z]+:", link):
            yield link


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """The ids that headings get, from mkdocs as on GitHub."""
    headings = re.findall(r"^#+ (.+)$", _without_code(page.read_text()), re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}
