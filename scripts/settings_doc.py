"""Write the table in `docs/settings.md` from `Settings`, or say with `--check` whether it is out of step."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic.fields import FieldInfo

from dankmeme.settings import Settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
START, END = "<!-- settings: start -->", "<!-- settings: end -->"
WORKED_OUT = {"home": "the user's data folder, on Linux `~/.local/share/dankmeme`"}
"""Defaults that differ from machine to machine, in words."""


def table() -> str:
    """All settings as a Markdown table."""
    prefix = Settings.model_config.get("env_prefix", "")
    rows = [
        f"| `{prefix}{name.upper()}` | {_default(name, field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | what it does |", "|---|---|---|", *rows])


def rendered(page: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


def _default(name: str, field: FieldInfo) -> str:
    if name in WORKED_OUT:
        return WORKED_OUT[name]
    value = field.default
    if value in (None, (), ""):
        return "not set"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main() -> int:
    """0 if the page is in step (or was written), 1 if not."""
    page = PAGE.read_text()
    if "--check" not in sys.argv:
        PAGE.write_text(rendered(page))
        return 0
    if page == rendered(page):
        return 0
    sys.stderr.write("docs/settings.md is out of step with the settings: run `make docs`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
