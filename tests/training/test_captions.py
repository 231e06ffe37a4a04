from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dankmeme.errors import SourceError, TrainingError
from dankmeme.models.features import BUCKETS
from dankmeme.models.scoring import caption_scores
from dankmeme.training.caption_head import apply_head, export_head, matrix
from dankmeme.training.captions import Captions, fit_caption_head, load_captions
from dankmeme.training.evaluate import auc
from dankmeme.training.labels import Labels, ends
from dankmeme.training.near_captions import resembling
from dankmeme.training.sights import session_of
from tests.training.drawn import memes

WORDS = [meme.words for meme in memes()]
PERCENTILE = np.array([meme.percentile for meme in memes()])
LABELS = Labels(PERCENTILE, *ends(PERCENTILE), "given")
CLASSES = Labels(np.full(len(WORDS), np.nan), LABELS.dank, ~LABELS.dank, "class")


def ranks(labels: Labels, scores: np.ndarray) -> float:
    return auc(labels.dank[labels.ends], scores[labels.ends])


@pytest.mark.parametrize("labels", [LABELS, CLASSES], ids=["percentiles", "classes"])
def test_words_are_learnt_and_what_is_said_of_a_row_comes_from_heads_that_never_saw_it(labels: Labels) -> None:
    head = fit_caption_head(WORDS, labels, Captions())
    assert ranks(labels, head.unseen[:, 0]) > 0.75
    by_chance = labels.at(np.random.default_rng(1).permutation(len(WORDS)))
    assert abs(ranks(by_chance, fit_caption_head(WORDS, by_chance, Captions()).unseen[:, 0]) - 0.5) < 0.12


def test_captions_without_pictures_are_learnt_from_too() -> None:
    few = np.arange(24)
    more = Captions(tuple(WORDS[24:]), PERCENTILE[24:])
    texts = [WORDS[row] for row in few]
    alone, helped = (fit_caption_head(texts, LABELS.at(few), some) for some in (Captions(), more))
    grams = matrix(WORDS)
    assert len(helped.unseen) == len(few)
    assert ranks(LABELS, apply_head(grams, helped.weights)[:, 0]) > ranks(
        LABELS, apply_head(grams, alone.weights)[:, 0]
    )


def test_memes_without_words_teach_nothing_and_break_nothing(tmp_path: Path) -> None:
    head = fit_caption_head([""] * len(WORDS), LABELS, Captions())
    assert head.weights.shape == (2 * BUCKETS + 1, 1)
    assert np.isfinite(head.unseen).all()
    assert np.ptp(head.unseen) < 0.2
    export_head(head.weights, tmp_path / "caption.onnx")
    assert np.isfinite(caption_scores(session_of(tmp_path / "caption.onnx"), "")).all()


def test_an_exported_head_says_the_same(tmp_path: Path) -> None:
    head = fit_caption_head(WORDS, LABELS, Captions())
    export_head(head.weights, tmp_path / "caption.onnx")
    running = session_of(tmp_path / "caption.onnx")
    want = apply_head(matrix(WORDS[:20]), head.weights)
    got = np.stack([caption_scores(running, text) for text in WORDS[:20]])
    np.testing.assert_allclose(got, want, atol=2e-4)  # its table is stored in half precision


def test_captions_of_held_memes_are_left_out_however_they_are_spelt() -> None:
    long = "brace yourselves the deadlines are coming and nobody has read the ticket"
    some = Captions(("One does not", "simply!", "walk in", long), np.array([0.1, 0.2, 0.3, 0.4]))
    misread = long.replace("deadlines", "deadl1nes").replace("ticket", "tlcket")
    kept = some.without(["ONE, DOES: NOT", "Simply", misread])
    assert kept.texts == ("walk in",)
    assert kept.percentile.tolist() == [0.3]


def test_captions_that_merely_share_a_phrase_are_not_the_same() -> None:
    phrase = "one does not simply "
    first = [phrase + "finish the report before the coffee is made", phrase + "park a bus there"]
    assert not resembling(first, [phrase + "walk into a server room without a jacket"]).any()
    assert not resembling([], first).any()
    assert not resembling(first, []).any()
    assert resembling(["", "Ok"], ["ok", "what a day this is"]).tolist() == [False, True]


def test_shuffled_captions_keep_their_words() -> None:
    some = Captions(tuple(WORDS), PERCENTILE)
    dealt_out = some.shuffled(3)
    assert dealt_out.texts == some.texts
    assert sorted(dealt_out.percentile) == sorted(PERCENTILE)
    assert (dealt_out.percentile != PERCENTILE).mean() > 0.9


def test_near_duplicates_are_unseen_together() -> None:
    """Every caption stands there twice, with the percentile of its twin and with a letter more."""
    chance = np.random.default_rng(2)
    words = ["".join(chance.choice(list("abcdefghijklmnop"), 12)) for _ in range(150)]
    rank = chance.random(150)
    twice = Labels(np.tile(rank, 2), *ends(np.tile(rank, 2)), "given")
    texts, families = [*words, *(f"{word}x" for word in words)], [*words, *words]
    flattering = fit_caption_head(texts, twice, Captions()).unseen[:, 0]
    honest = fit_caption_head(texts, twice, Captions(), families).unseen[:, 0]
    assert ranks(twice, flattering) > 0.8
    assert ranks(twice, honest) < 0.65


def test_captions_are_read_from_lines(tmp_path: Path) -> None:
    file = tmp_path / "captions.jsonl"
    file.write_text('{"caption": "so  much\\nwow", "percentile": 1}\n\n{"caption": "x", "percentile": 0.25, "id": 3}\n')
    found = load_captions(file)
    assert len(found.texts) == 2
    assert found.texts[1] == "x"
    assert found.percentile.tolist() == [1, 0.25]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '"text"',
        "{}",
        '{"caption": "x"}',
        '{"caption": "x", "percentile": 2}',
        '{"caption": "x", "percentile": null}',
        '{"caption": "x", "percentile": NaN}',
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
    ],
)
def test_a_line_that_is_no_caption_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "captions.jsonl"
    file.write_text('{"caption": "x", "percentile": 0.5}\n' + line + "\n", encoding="latin-1")
    with pytest.raises(TrainingError) as refused:
        load_captions(file)
    assert refused.value.code == "bad-captions"
    assert "line 2" in refused.value.message


def test_a_file_of_captions_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        load_captions(tmp_path / "nowhere.jsonl")
    assert refused.value.code == "bad-posts-file"
