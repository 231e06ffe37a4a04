from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ASKING = """
import sys
from dankmeme import Classifier
with Classifier() as classifier:
    assert classifier.classify(sys.argv[1]).verdict.label
"""


def test_who_asks_for_a_verdict_gets_no_id_in_their_home_by_which_a_library_would_report_them(
    tmp_path: Path, examples: list[Path]
) -> None:
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-c", ASKING, str(examples[0])]

    subprocess.run(command, env=environment | {"HOME": str(tmp_path)}, check=True)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
