"""The recipe's parts at a small size. Needs the `train` extra; `make prove` runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")


def test_no_caption_stands_in_two_parts_and_every_label_is_a_rank(data: Path) -> None:
    from rows import load_rows

    frame = load_rows(data)
    assert (frame.groupby("key")["part"].nunique() == 1).all()
    assert frame["order"].is_monotonic_increasing
    assert frame["percentile"].between(0, 1).all()
    assert frame["within"].between(0, 1).all()


def test_the_rehearsal_and_the_test_share_no_meme(data: Path) -> None:
    import rows

    frame = rows.load_rows(data)
    small = dict.fromkeys(rows.DRAWN, 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "DRAWN", small)
        rehearsal, test = (set(rows.drawn_sample(frame, part)["id"]) for part in ("rehearsal", "test"))
    assert len(rehearsal) == len(test) == 100
    assert not rehearsal & test


def test_noise_fitted_on_readings_spoils_captions_alike() -> None:
    from noise import fit_noise, spoil

    chance = np.random.default_rng(4)
    captions = [" ".join("".join(chance.choice(list("aelmost"), 5)) for _ in range(4)) for _ in range(300)]
    pairs = [("Scroll", caption, caption.replace("l", "i") + " TRUTH") for caption in captions]
    noise = fit_noise(pairs)
    spoilt = [spoil("hello hello hello", "Scroll", noise, np.random.default_rng(n)) for n in range(50)]
    letters = "".join(spoilt)
    assert letters.count("i") > letters.count("l")
    assert sum("truth" in text for text in spoilt) > 45


def test_the_network_and_its_refitted_layer_say_the_same_as_a_graph(tmp_path: Path) -> None:
    import cnn

    network = cnn.build_network(5)
    inputs = np.random.default_rng(2).integers(0, 256, (64, cnn.SIDE, cnn.SIDE, 3), dtype=np.uint8)
    percentile = np.random.default_rng(3).random(64)
    head, unseen = cnn.refit(cnn.predict(network, inputs), percentile)
    assert unseen.shape == (64,)
    assert cnn.export(network, head, tmp_path / "cnn.onnx") < 1e-3
