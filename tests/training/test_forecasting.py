from __future__ import annotations

import numpy as np
import pytest

from dankmeme.models.bundle import Bundle, ModelName
from dankmeme.models.scoring import log_odds
from dankmeme.models.verdict import RawScores, judge
from dankmeme.training.forecasting import forecasts


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.default()


def at(bundle: Bundle, model: ModelName, share: float) -> float:
    """The raw log odds that so large a share of validation memes lies below."""
    quantiles = bundle.calibrators[model].quantiles
    return float(np.interp(share, np.linspace(0, 1, len(quantiles)), quantiles))


def unread(bundle: Bundle, share: float) -> RawScores:
    return RawScores(cnn=1 / (1 + np.exp(-at(bundle, "cnn", share))), automl=None, novelty=0.1)


@pytest.mark.parametrize("model", ["automl", "verdict"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_meme_without_a_caption_is_ranked_where_the_cnn_ranks_it(
    model: ModelName, share: float, bundle: Bundle
) -> None:
    (score,) = forecasts(bundle, [unread(bundle, share)])[model].ranking
    assert bundle.calibrators[model].percentile(np.array([score]))[0] == pytest.approx(share, abs=0.01)


def test_a_meme_without_a_caption_is_called_as_it_is_served(bundle: Bundle) -> None:
    raw = [unread(bundle, share) for share in np.linspace(0.02, 0.98, 60).tolist()]
    said = forecasts(bundle, raw)
    served = [judge(each, bundle.manifest, bundle.calibrators)[0] for each in raw]
    for model in ("cnn", "automl", "verdict"):
        found = said[model]
        assert found.label is not None
        told = [verdict.label for verdict in served if verdict.label != "can't tell"]
        sure = [verdict.label != "can't tell" for verdict in served]
        assert found.label[sure].tolist() == [label == "dank" for label in told]
        assert found.probability.tolist() == [verdict.probability for verdict in served]


def test_a_meme_with_a_caption_is_ranked_by_its_raw_score(bundle: Bundle) -> None:
    raw = RawScores(cnn=0.3, automl=0.6, novelty=0.1)
    said = forecasts(bundle, [raw])
    odds = {"cnn": log_odds(np.array([0.3]))[0], "automl": log_odds(np.array([0.6]))[0]}
    share = bundle.manifest.automl_share
    odds["verdict"] = share * odds["automl"] + (1 - share) * odds["cnn"]
    assert {name: found.ranking[0] for name, found in said.items()} == pytest.approx(odds)
