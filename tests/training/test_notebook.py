from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.running import long

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "train.ipynb"


def executed() -> list[str]:
    """What each cell of code printed or gave, in order."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(NOTEBOOK.parent))
    return [
        "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@long
@pytest.mark.filterwarnings("ignore")
def test_the_notebook_goes_the_whole_way() -> None:
    said = executed()

    assert "240 memes" in said[1]
    assert "ridge" in said[2] or "layer" in said[2]
    assert len(said[3].splitlines()) == 5
    assert "Ranks a dank meme above a not dank one" in said[4]
    assert "all (verdict)" in said[5]
    liked, not_liked = said[6].splitlines()[-2:]
    assert liked.startswith("MONDAY AGAIN")
    assert not_liked.startswith("NO MEETING")
    assert _percent(liked) > _percent(not_liked)


def test_the_notebook_is_kept_without_results() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]

    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def _percent(line: str) -> int:
    return int(line.partition("%")[0].rpartition(" ")[2])
