"""Put the bundled model's figures into README.md and docs/model.md; `--check` says whether they are out of step."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BUNDLE = ROOT / "src" / "dankmeme" / "assets" / "default"

START, END = "<!-- figures -->", "<!-- /figures -->"


def main() -> int:
    """0 if both files are in step (or were written), 1 if not."""
    stale = []
    for path, text in ((ROOT / "README.md", _summary()), (ROOT / "docs" / "model.md", _section())):
        old = path.read_text()
        before, _, rest = old.partition(START)
        new = f"{before}{START}\n{text}\n{END}{rest.partition(END)[2]}"
        if new != old:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new)
    if stale and "--check" in sys.argv:
        print(f"figures are out of step in {', '.join(stale)}: run `make docs`", file=sys.stderr)
        return 1
    return 0


def _section() -> str:
    """The card from its figures up to its limits, headings one level down."""
    card = (BUNDLE / "card.md").read_text()
    body = card[card.index("## Figures") + len("## Figures") : card.index("## Limits")]
    return re.sub(r"^## ", "### ", body.replace("### ", "#### "), flags=re.MULTILINE).strip()


def _summary() -> str:
    figures = json.loads((BUNDLE / "figures.json").read_text())["all"]
    verdict, real = figures["verdict"], figures["real"]["within_block_auc_verdict"]
    chance = "which includes chance" if real["low"] <= 0.5 <= real["high"] else "off chance"
    return "\n".join(
        [
            f"On imgflip memes from a later time than any it learnt from, it ranks a dank one above a not dank one "
            f"{_percent(verdict['auc'])} of the time,",
            f"{_percent(verdict['within_template_auc'])} among memes on one template, and is right about "
            f"{_percent(verdict['balanced_accuracy'])} of them; a coin gets 50 %. On real",
            f"Reddit memes within one listing: {_percent(real)}, {chance}.",
        ]
    )


def _percent(figure: dict[str, Any]) -> str:
    return f"{figure['value'] * 100:.0f} % ({figure['low'] * 100:.0f}–{figure['high'] * 100:.0f})"


if __name__ == "__main__":
    sys.exit(main())
