from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dankmeme.models.caption import READER
from dankmeme.models.spacing import Spacing, word_hash
from dankmeme.models.tolerance import OTHER_READER, TOLERANCE, tolerance

SHIPPED = Path(__file__).parents[2] / "src" / "dankmeme" / "assets" / "reader" / "words.npz"
_SHIPPED = Spacing(SHIPPED)


@pytest.fixture
def spacing() -> Spacing:
    return _SHIPPED


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("DOYOUWANT MORE PEOPLETO", "DO YOU WANT MORE PEOPLE TO"),
        ("ALWAYSVOTEFOR", "ALWAYS VOTE FOR"),
        ("CAN'TSTANDIT,", "CAN'T STAND IT,"),
        ("IAMAFEATURE,SIR", "I AM A FEATURE, SIR"),
        ("KEEPCALM!ANDCARRYON", "KEEP CALM! AND CARRY ON"),
    ],
)
def test_words_that_ran_together_are_put_apart(spacing: Spacing, read: str, meant: str) -> None:
    assert spacing.apart(read) == meant


@pytest.mark.parametrize(
    "text",
    [
        "ONE DOES NOT SIMPLY",
        "GRANDMOTHERS",
        "TARGARYEN",
        "notwithstanding",
        "colourized",
        "imgflip.com",
        "IMGFLIP.COM",
        "@SOMEUSERNAME",
        "U/GRUMPYCAT",
        "10,000",
        "U.S.A",
        "",
    ],
)
def test_words_names_and_addresses_stay_as_they_are(spacing: Spacing, text: str) -> None:
    assert spacing.apart(text) == text


@given(st.text(st.sampled_from("ABEIMNOTUW ',.!"), max_size=60))
def test_nothing_but_spaces_is_ever_added(text: str) -> None:
    assert _SHIPPED.apart(text).replace(" ", "") == text.replace(" ", "")


def test_the_likeliest_words_are_chosen_and_rare_ones_are_no_parts(tmp_path: Path) -> None:
    rarity = {"now": 3.0, "here": 3.0, "no": 2.5, "where": 3.0, "nowhere": 9.0, "zyzzyva": 20.0}
    path = tmp_path / "words.npz"
    np.savez(
        path,
        words=np.array([word_hash(word) for word in rarity], dtype=np.uint32),
        rarity=np.array(list(rarity.values()), dtype=np.float16),
        usual=np.float32(8.0),
    )
    few = Spacing(path)
    assert few.apart("NOWHERE") == "NOWHERE"  # a word by itself, if a rare one
    assert few.apart("HERENOWHERE") == "HERE NO WHERE"
    assert few.apart("NOWZYZZYVA") == "NOWZYZZYVA"


@pytest.mark.parametrize(
    ("reader", "model", "allowed"),
    [(READER, "automl", TOLERANCE), ("another", "automl", OTHER_READER), (None, "cnn", TOLERANCE)],
)
def test_what_another_reader_read_may_be_judged_a_little_differently(
    reader: str | None, model: str, allowed: float
) -> None:
    assert tolerance({"reader": reader} if reader else {}, model) == allowed
