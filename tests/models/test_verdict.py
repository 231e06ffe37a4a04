from __future__ import annotations

import numpy as np
import pytest

from dankmeme.models.bundle import Bundle
from dankmeme.models.verdict import RawScores, combined, judge


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.default()


def test_the_interval_holds_the_probability_and_widens_with_disagreement(bundle: Bundle) -> None:
    calibrators = bundle.calibrators
    agreed, *_ = judge(RawScores(0.3, 0.3, 0.0), bundle.manifest, calibrators)
    torn, cnn, automl = judge(RawScores(0.2, 0.4, 0.0), bundle.manifest, calibrators)
    assert agreed.low <= agreed.probability <= agreed.high
    assert automl is not None
    assert torn.high - torn.low >= abs(cnn - automl) - 1e-9


def test_a_picture_unlike_everything_learnt_gets_no_verdict(bundle: Bundle) -> None:
    far = judge(RawScores(0.9, 0.9, bundle.manifest.novelty_limit + 0.01), bundle.manifest, bundle.calibrators)[0]
    near = judge(RawScores(0.9, 0.9, bundle.manifest.novelty_limit), bundle.manifest, bundle.calibrators)[0]
    assert far.label == "can't tell"
    assert "unlike" in (far.reason or "")
    assert near.label == "dank"
    assert near.reason is None


def test_two_models_that_disagree_widely_give_no_verdict(bundle: Bundle) -> None:
    strict = bundle.manifest.model_copy(update={"disagreement_limit": 0.01})
    verdict = judge(RawScores(0.05, 0.9, 0.0), strict, bundle.calibrators)[0]
    assert verdict.label == "can't tell"
    assert "disagree" in (verdict.reason or "")


def test_without_a_caption_the_cnn_alone_gives_the_verdict(bundle: Bundle) -> None:
    verdict, cnn, automl = judge(RawScores(0.4, None, 0.0), bundle.manifest, bundle.calibrators)
    assert automl is None
    assert verdict.probability == cnn
    assert combined(RawScores(0.4, None, 0.0), 0.7) == pytest.approx(np.log(0.4 / 0.6))


def test_probability_and_percentile_rise_with_the_raw_score(bundle: Bundle) -> None:
    verdicts = [judge(RawScores(p, p, 0.0), bundle.manifest, bundle.calibrators)[0] for p in np.linspace(0.02, 0.9, 40)]
    assert all(np.diff([verdict.probability for verdict in verdicts]) >= -1e-12)
    assert all(np.diff([verdict.percentile for verdict in verdicts]) >= 0)
    assert all(0 <= verdict.low <= verdict.high <= 1 for verdict in verdicts)
