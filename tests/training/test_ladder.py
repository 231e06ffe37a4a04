from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dankmeme.training.ladder import PRIOR, Ladder, Rung, ladder
from dankmeme.training.rungs import Categories, Dense, Scores, Texts, category_scores, clock, stacked
from tests.training.memes import Made, made

TRAIN, TEST = slice(0, 1_500), slice(1_500, 2_000)


def words(quality: np.ndarray) -> list[str]:
    """Good memes speak of dogs, mostly."""
    chance = np.random.default_rng(9)
    dogs = quality + chance.normal(size=len(quality)) > 0
    rest = chance.choice(["when you see it", "nobody ever", "me at night"], len(quality))
    return [f"{'good dog' if dog else 'tax form'} {each}" for dog, each in zip(dogs, rest, strict=True)]


@pytest.fixture(scope="module")
def memes() -> Made:
    return made(2_000, strength=0.7)


@pytest.fixture(scope="module")
def climbed(memes: Made) -> Ladder:
    rows, quality = memes.rows, memes.quality
    texts = words(quality)
    look = (quality + np.random.default_rng(4).normal(size=2_000))[:, None]
    return ladder(
        rows[TRAIN],
        rows[TEST],
        {
            "clock and community": clock(rows[TRAIN], rows[TEST]),
            "author": Categories(rows.author[TRAIN], rows.author[TEST]),
            "title": Texts([""] * 1_500, [""] * 500),
            "caption": Texts(texts[TRAIN], texts[TEST]),
            "look": Dense(look[TRAIN], look[TEST]),
            "image": Scores(quality[TEST]),
            "all": Scores(quality[TEST], knows_all=True),
        },
    )


def rung(found: Ladder, name: str) -> Rung:
    return next(each for each in found.rungs if each.name == name)


def test_the_ladder_climbs_from_the_prior_to_everything(climbed: Ladder) -> None:
    assert [each.name for each in climbed.rungs] == [
        PRIOR,
        "clock and community",
        "author",
        "caption",
        "look",
        "image",
        "all",
    ]
    assert rung(climbed, PRIOR).alone.value == rung(climbed, PRIOR).joined.value == 0.5
    for name in ("clock and community", "author"):
        assert rung(climbed, name).joined.low < 0.55
    assert rung(climbed, "caption").alone.low > 0.6
    assert rung(climbed, "look").alone.low > 0.65
    assert rung(climbed, "look").joined.value > rung(climbed, "look").alone.value


def test_the_increment_is_what_a_rung_adds_to_those_below(climbed: Ladder) -> None:
    look, caption = rung(climbed, "look"), rung(climbed, "caption")
    assert look.increment.value == pytest.approx(look.joined.value - caption.joined.value)
    assert caption.increment.low > 0.05
    assert look.increment.low > 0
    assert look.increment_within.low > 0
    assert climbed.within == "group"


def test_what_nobody_knows_is_left_out_and_said(climbed: Ladder) -> None:
    assert "the rung title: no training row has a text" in climbed.could_not
    assert any(each.startswith("the rung image with those below: too few") for each in climbed.could_not)
    assert rung(climbed, "image").joined is None
    assert rung(climbed, "all").joined == rung(climbed, "all").alone
    assert rung(climbed, "all").increment.value == pytest.approx(
        rung(climbed, "all").joined.value - rung(climbed, "look").joined.value
    )


def test_a_category_that_tells_all_is_found_out(memes: Made) -> None:
    rows = memes.rows
    names = np.where(rows.dank, "lucky", "unlucky")
    found = ladder(rows[TRAIN], rows[TEST], {"author": Categories(names[TRAIN], names[TEST])})
    assert rung(found, "author").alone.value == 1


def test_names_within_a_template_tell_nothing_of_it(memes: Made) -> None:
    rows = replace(memes.rows, group=np.full(2_000, "r/memes"))
    known = {"template": Categories(rows.template[TRAIN], rows.template[TEST])}
    found = ladder(rows[TRAIN], rows[TEST], known)
    assert found.within == "template"
    assert rung(found, "template").alone_within.value == 0.5


def test_ready_scores_join_on_rows_that_their_model_had_not_seen(memes: Made) -> None:
    rows, quality = memes.rows, memes.quality
    texts = words(quality)
    image = quality + np.random.default_rng(2).normal(size=2_000)
    unseen = np.where(np.arange(1_500) >= 1_000, image[TRAIN], np.nan)
    known = {"caption": Texts(texts[TRAIN], texts[TEST]), "image": Scores(image[TEST], unseen)}
    found = rung(ladder(rows[TRAIN], rows[TEST], known), "image")
    assert found.joined.value > found.alone.value
    assert found.increment.low > 0


def test_too_few_rows_give_no_ladder_but_the_reason(memes: Made) -> None:
    found = ladder(memes.rows[TRAIN], memes.rows[1_500:1_512], {})
    assert found.rungs == []
    assert "it takes 10 of each" in found.could_not[0]


def test_columns_of_another_length_are_refused(memes: Made) -> None:
    rows = memes.rows
    with pytest.raises(ValueError, match="look has 3 and 500 rows, not 1500 and 500"):
        ladder(rows[TRAIN], rows[TEST], {"look": Dense(np.arange(3.0)[:, None], np.zeros((500, 1)))})
    with pytest.raises(ValueError, match="image has 3 scores of 500 test rows"):
        ladder(rows[TRAIN], rows[TEST], {"image": Scores(np.zeros(3))})


def test_a_category_is_drawn_to_the_average() -> None:
    names = np.array(["a", "a", "b", ""])
    outcome = np.array([1.0, 1.0, 0.0, 0.4])
    found = category_scores(names, outcome, np.array(["a", "b", "new", ""]))
    assert found == pytest.approx([(2 + 5 * 0.6) / 7, (0 + 5 * 0.6) / 6, 0.6, 0.6])


def test_the_clock_knows_hour_week_and_community(memes: Made) -> None:
    rows = memes.rows
    both = clock(rows[TRAIN], rows[TEST])
    assert (both.train.shape, both.test.shape) == ((1_500, 10), (500, 10))
    ordered = replace(rows, time=np.arange(2_000.0), group=np.full(2_000, "r/memes"))
    assert clock(ordered[TRAIN], ordered[TEST]).train.shape == (1_500, 0)


def test_a_clock_that_decides_is_found(memes: Made) -> None:
    rows = memes.rows
    night = (rows.time // 3600) % 24 < 10
    changed = replace(rows, percentile=np.where(night, 0.9, 0.1), dank=night, not_dank=~night)
    found = ladder(changed[TRAIN], changed[TEST], {"clock": clock(changed[TRAIN], changed[TEST])})
    assert rung(found, "clock").alone.low > 0.9


def test_what_knows_nothing_gets_no_weight() -> None:
    chance = np.random.default_rng(0)
    dank = chance.random(400) < 0.5
    columns = np.column_stack([dank + chance.normal(size=400), -1.0 * dank])
    found = stacked(columns, dank, np.array([[0.0, 0.0], [0.0, -1.0], [1.0, 0.0]]))
    assert found[0] == found[1] < found[2]
