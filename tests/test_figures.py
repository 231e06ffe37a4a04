from __future__ import annotations

import pytest

from dankmeme.cli.figures import say_list, say_table


def test_a_table_in_a_file_is_not_folded_however_long_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    say_table("Figures", ("", "cnn"), [("AUC", "x" * 150)])

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "",
        "Figures",
        "     cnn",
        f"AUC  {'x' * 150}",
    ]


def test_what_strangers_wrote_neither_steers_nor_formats_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    say_table("Figures", ("", "[red]\x1b[31mr/evil"), [("AUC", "[b]0.5")])

    assert "[red]\\x1b[31mr/evil" in (said := capsys.readouterr().out)
    assert "[b]0.5" in said


def test_a_list_without_lines_has_no_title(capsys: pytest.CaptureFixture[str]) -> None:
    say_list("Audit", [])
    say_list("Gaps", ["one", "two"])

    assert capsys.readouterr().out.splitlines() == ["", "Gaps", "  one", "  two"]
