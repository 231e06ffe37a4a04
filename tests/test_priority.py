from __future__ import annotations

import pytest

from dankmeme import priority


class Kernel:
    """Hears only every so many-th time that it is told something."""

    def __init__(self, deaf: int) -> None:
        self.deaf = deaf
        self.heard: list[str] = []

    def write_text(self, text: str) -> None:
        if self.deaf:
            self.deaf -= 1
            raise BlockingIOError
        self.heard.append(text)


def test_a_kernel_that_wants_to_be_told_later_is_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(deaf=3)
    monkeypatch.setattr(priority, "_GROUP", kernel)
    monkeypatch.setattr(priority.time, "sleep", lambda _: None)
    priority._insist(5)
    assert kernel.heard == ["5"]


def test_a_kernel_that_never_hears_is_left_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(deaf=1_000)
    monkeypatch.setattr(priority, "_GROUP", kernel)
    monkeypatch.setattr(priority.time, "sleep", lambda _: None)
    priority._insist(5)
    assert kernel.heard == []
    assert kernel.deaf > 900
