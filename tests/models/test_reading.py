from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from dankmeme.models import reading
from dankmeme.models.caption import Caption, CaptionReader


class Blank:
    """A reader that finds no text."""

    def read(self, _: object) -> Caption:
        return Caption(())


def test_a_reader_gives_back_what_pictures_took_every_few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    run = reading._task(cast(CaptionReader, Blank()))
    for number in range(1, 41):
        monkeypatch.setattr(reading, "give_back", lambda number=number: given.append(number))
        assert run({}, {"pixels": np.zeros((8, 8, 3), dtype=np.uint8)}) == ({"lines": [], "complete": True}, {})
    assert given == [16, 32]
