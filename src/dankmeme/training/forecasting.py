"""What a bundle says of a material's posts, through the code that serves: one path for training, evaluation and use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.bundle import Bundle, ModelName
from dankmeme.models.scorer import Scorer
from dankmeme.models.scoring import Captioned, log_odds
from dankmeme.models.verdict import RawScores, combined, judge
from dankmeme.training.context import postings_of
from dankmeme.training.evaluate import Forecast
from dankmeme.training.material import Material
from dankmeme.training.sights import Seen, read_captions, see, session_of
from dankmeme.training.workshop import Workshop

_BATCH = 256


@dataclass(frozen=True)
class Known:
    """What a bundle's graphs look at, for the rows of a material.

    Attributes:
        seen: the image graph's answers.
        captions: as read; None where one could not be read. None as a whole where the bundle has no use for them.
    """

    seen: Seen
    captions: Sequence[Captioned | None] | None

    def at(self, rows: NDArray[np.intp]) -> Known:
        """Those of some rows."""
        return Known(self.seen.at(rows), None if self.captions is None else [self.captions[row] for row in rows])


def look_through(bundle: Bundle, trunk: str, material: Material, workshop: Workshop) -> Known:
    """See and read all pictures of a material, with what is kept of them."""
    seen = see(
        material,
        bundle.folder / "cnn.onnx",
        bundle.manifest.side,
        trunk,
        workshop.cache,
        workshop.eyes,
        workshop.step("looking"),
        workshop.threads,
    )
    captions = None
    if bundle.reads_captions:
        captions = read_captions(material, workshop.cache, workshop.eyes, workshop.step("reading captions"))
    return Known(seen, captions)


def raw_scores(bundle: Bundle, known: Known) -> list[RawScores]:
    """What the graphs say, a row each."""
    novelty = session_of(bundle.folder / "novelty.onnx").run(["distance"], {"embedding": known.seen.look.embedding})[0]
    scorer, sights = Scorer(bundle), known.seen.sights(novelty)
    captions = known.captions or [None] * len(sights)
    return [
        raw
        for start in range(0, len(sights), _BATCH)
        for raw in scorer.score(sights[start : start + _BATCH], captions[start : start + _BATCH])
    ]


def forecasts(bundle: Bundle, raw: Sequence[RawScores]) -> dict[str, Forecast]:
    """The forecasts of all models of a bundle, as they would be served; a row without a caption gets the cnn's."""
    models: list[ModelName] = [name for name in ("cnn", "automl", "verdict") if name in bundle.manifest.models]
    return {name: _forecast(bundle, name, raw) for name in models}


def in_context(bundle: Bundle, raw: Sequence[RawScores], material: Material) -> NDArray[np.float64]:
    """What the context model says, `[n]`: NaN where the bundle has none, or a post does not tell what it reads."""
    said = Scorer(bundle).in_context(raw, postings_of(material.posts))
    return np.array([np.nan if each is None else each for each in said], dtype=np.float64)


def _forecast(bundle: Bundle, model: ModelName, raw: Sequence[RawScores]) -> Forecast:
    used: list[ModelName] = ["cnn" if each.automl is None else model for each in raw]
    verdicts = [judge(each, bundle.manifest, bundle.calibrators, name)[0] for each, name in zip(raw, used, strict=True)]
    probability = np.array([verdict.probability for verdict in verdicts])
    thresholds = {
        "cnn": bundle.manifest.dank_from_cnn,
        "automl": bundle.manifest.dank_from_automl,
        "verdict": bundle.manifest.dank_from,
    }
    abstained = np.array([verdict.label == "can't tell" for verdict in verdicts])
    return Forecast(
        probability=probability,
        score=np.array([_odds(bundle, model, each) for each in raw]),
        label=probability >= np.array([thresholds[name] for name in used]),
        abstained=abstained if model == "verdict" else None,
    )


def _odds(bundle: Bundle, model: ModelName, raw: RawScores) -> float:
    """What a model ranks by, log odds; without a caption, those at the percentile that the cnn alone gives the meme."""
    cnn = log_odds(np.array([raw.cnn]))
    if model == "cnn":
        return float(cnn[0])
    if raw.automl is None:
        calibrators = bundle.calibrators
        place = calibrators["cnn"].percentile(cnn)
        quantiles = calibrators[model].quantiles
        return float(np.interp(place, np.linspace(0, 1, len(quantiles)), quantiles)[0])
    return combined(raw, bundle.manifest.automl_share if model == "verdict" else 1.0)
