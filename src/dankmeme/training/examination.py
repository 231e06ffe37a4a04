"""`dank evaluate`: a bundle is measured on what it never saw, with everything that could make the figures lie."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import TrainingError
from dankmeme.models.bundle import Bundle, Reading
from dankmeme.models.features import (
    COLOUR_STATISTICS,
    LAYOUT_STATISTICS,
    TEXT_STATISTICS,
    layout_statistics,
    text_statistics,
)
from dankmeme.models.scoring import log_odds
from dankmeme.training.audit import Audit, Case, Features, audit
from dankmeme.training.bundling import Examples, hidden, read_examples, read_facts
from dankmeme.training.ceiling import ceiling
from dankmeme.training.compare import Comparison, compare
from dankmeme.training.evaluate import Forecast, Rows, evaluate
from dankmeme.training.labels import AGE_HOURS
from dankmeme.training.ladder import Ladder, ladder
from dankmeme.training.material import Material
from dankmeme.training.relearning import relearning
from dankmeme.training.report import Contrast, Fact, InContext, Meme, Report, extremes
from dankmeme.training.rungs import Categories, Dense, Scores, Texts, clock
from dankmeme.training.rungs import Known as Knows
from dankmeme.training.sides import Placed, Side, placed, side_of, unlearnt
from dankmeme.training.split import TRAINING
from dankmeme.training.test_book import TestBook
from dankmeme.training.thumbnails import thumbnail_of
from dankmeme.training.workshop import Workshop, rows_of

FEWEST = 40
CHOSEN_ON = "memes that neither trained it nor are tested"
THUMBNAIL = 240
MEMES_EACH = 6
"""So many memes of each kind are shown."""


@dataclass(frozen=True)
class Examined:
    """What an examination found.

    Attributes:
        report: for people and machines.
        rows: the test rows, in order of time.
        forecasts: of those rows, by model.
        own: whether the data is the dataset that the bundle was trained on.
    """

    report: Report
    rows: Rows
    forecasts: dict[str, Forecast]
    own: bool


def examine(
    bundle: Bundle, path: Path, workshop: Workshop, *, learnt_from: Path | None = None, pictures: bool = True
) -> Examined:
    """Measure a bundle on a dataset: on its own test part, or on all of a dataset that it never saw.

    Args:
        bundle: what is measured.
        path: of the dataset.
        workshop: where.
        learnt_from: the dataset that it was trained on, where `path` is another: the ladder and the audit look at it.
        pictures: whether the report shows memes.

    Raises:
        TrainingError: `nothing-to-test`; `not-trained-on`: it was trained on another dataset than `learnt_from`.
    """
    examples, facts = read_examples(bundle), read_facts(bundle)
    there = placed(path, examples, facts, workshop)
    material = there.material
    tested = unlearnt(material, material.rows("test"), examples, workshop)
    if len(tested) < FEWEST:
        raise TrainingError(
            "nothing-to-test",
            f"{path}: only {len(tested)} memes are left to test {bundle.version} on; at least {FEWEST} are needed",
        )
    test = side_of(bundle, material, tested, workshop)
    source = material if learnt_from is None else _source(learnt_from, bundle, examples, facts, workshop)
    learnt = source.rows(*TRAINING)
    train = side_of(bundle, source, learnt, workshop) if len(learnt) else None
    report = _report(bundle, test, train, facts, there, workshop)
    book = TestBook(workshop.place.reports / "tests.jsonl")
    scored = book.enter(bundle.version, [material.keys[row] for row in tested])
    report = replace(report, facts=[*report.facts, Fact("Test part", scored.words)])
    if pictures:
        report = replace(report, memes=_memes(test, report.main, workshop))
    return Examined(report, test.rows, test.forecasts, there.own)


def _source(
    path: Path, bundle: Bundle, examples: Examples | None, facts: dict[str, Any], workshop: Workshop
) -> Material:
    there = placed(path, examples, facts, workshop)
    if not there.own:
        told = facts.get("dataset", {})
        name = f"{told['name']}, version {told['version'][:12]}" if told else "it does not say what"
        raise TrainingError("not-trained-on", f"{path} is not what {bundle.version} was trained on ({name})")
    return there.material


def face_to_face(bundles: tuple[Bundle, Bundle], model: str, path: Path, workshop: Workshop) -> Comparison:
    """Compare one model of two bundles on the memes of a dataset that neither has seen.

    Raises:
        TrainingError: `nothing-to-test`.
    """
    sides, labelled = [], 0
    for number, bundle in enumerate(bundles):
        examples = read_examples(bundle)
        there = placed(path, examples, read_facts(bundle), workshop)
        material = there.material
        labelled = number if there.own else labelled
        sides.append((bundle, material, unlearnt(material, material.rows("test"), examples, workshop)))
    tested = [{material.posts[row].id for row in rows} for _, material, rows in sides]
    both = tested[0] & tested[1]
    if len(both) < FEWEST:
        raise TrainingError(
            "nothing-to-test", f"{path}: only {len(both)} memes were seen by neither; {FEWEST} are needed"
        )
    found = []
    for bundle, material, rows in sides:
        picked = np.array([row for row in rows if material.posts[row].id in both], dtype=np.intp)
        found.append(side_of(bundle, material, picked, workshop))
    return compare(found[labelled].rows, found[0].forecasts[model], found[1].forecasts[model])


def _report(
    bundle: Bundle, test: Side, train: Side | None, facts: dict[str, Any], there: Placed, workshop: Workshop
) -> Report:
    main, material = "verdict", there.material
    could_not = list[str]()
    seen = None
    if train is not None:
        seen = np.isin(hidden(test.rows.author), hidden(train.rows.author)) & (test.rows.author != "")
    workshop.told("taking figures", 0, 1)
    evaluation = evaluate(test.rows, test.forecasts, seen_authors=seen)
    steps: Ladder | None = None
    found: Audit | None = None
    if train is None:
        could_not.append("the ladder and most of the audit: the memes that it learnt from were not given")
    else:
        workshop.told("climbing the ladder", 0, 1)
        steps = ladder(train.rows, test.rows, _rungs(test, train))
        workshop.told("auditing", 0, 1)
        found = audit(_case(test, train, main, facts, bundle.context_reads, workshop.threads))
    if "automl" not in test.forecasts:
        could_not.append("automl and the ensemble: the bundle has the cnn alone")
    context = _in_context(bundle, test, main, could_not)
    return Report(
        name=bundle.version,
        main=main,
        made_utc=time.time(),
        evaluation=evaluation,
        facts=_facts(bundle, test, facts, there),
        ladder=steps,
        audit=found,
        ceiling=ceiling(rows_of(material, np.flatnonzero(material.parts != "kept"))),
        comparisons=_contrasts(test),
        context=context,
        could_not=could_not,
    )


def _rungs(test: Side, train: Side) -> dict[str, Knows]:
    """What each rung knows; models are joined on the rows that they were not fitted on."""
    fitted = np.isin(train.material.parts[train.picked], ("fit", "choose"))

    def scores(model: str) -> Scores:
        return Scores(test.forecasts[model].ranking, np.where(fitted, np.nan, train.forecasts[model].ranking))

    looks = Dense(*(np.exp(side.known.seen.look.template) for side in (train, test)))
    rungs: dict[str, Knows] = {
        "clock and community": clock(train.rows, test.rows),
        "author": Categories(train.rows.author, test.rows.author),
        "title": Texts(train.titles, test.titles),
        "template-like cluster": looks,
        "caption": Texts(train.texts, test.texts),
        "image (cnn)": scores("cnn"),
    }
    if "automl" in test.forecasts:
        rungs["all (verdict)"] = scores("verdict")
    return rungs


def _case(test: Side, train: Side, main: str, facts: dict[str, Any], context: Sequence[Reading], threads: int) -> Case:
    timed = all(side.material.dataset.clock == "created_utc" for side in (test, train))
    hours = facts.get("data", {}).get("age_hours", 0.0) if test.material.labels.kind == "followed" else 0.0
    first, second = _numbers(train), _numbers(test)
    names = [*COLOUR_STATISTICS, *TEXT_STATISTICS, *LAYOUT_STATISTICS][: first.shape[1]]
    texts = {"caption": (train.texts, test.texts)}
    if "title" in context:
        texts["title"] = train.titles, test.titles
    some = {name: both for name, both in texts.items() if any(both[0])}
    return Case(
        train=train.rows,
        test=test.rows,
        model=test.forecasts[main],
        features=Features(names, first, second, some),
        gap=hours * 3_600 if timed else 0.0,
        relearnt=relearning(facts, train, test, threads),
    )


def _numbers(side: Side) -> NDArray[np.float32]:
    """Colours, and where captions are read, statistics of words and layout `[n, d]`; NaN where one was not read."""
    if side.known.captions is None:
        return side.known.seen.colour
    words = [
        np.concatenate([text_statistics(each.text), layout_statistics(each.caption, each.width, each.height)])
        if each is not None
        else np.full(len(TEXT_STATISTICS) + len(LAYOUT_STATISTICS), np.nan, dtype=np.float32)
        for each in side.known.captions
    ]
    return np.concatenate([side.known.seen.colour, np.stack(words)], axis=1)


def _contrasts(test: Side) -> list[Contrast]:
    pairs = [("automl", "cnn"), ("verdict", "cnn"), ("verdict", "automl")]
    return [
        Contrast(one, other, compare(test.rows, test.forecasts[one], test.forecasts[other]))
        for one, other in pairs
        if {one, other} <= set(test.forecasts) and "automl" in test.forecasts
    ]


def _in_context(bundle: Bundle, test: Side, main: str, could_not: list[str]) -> InContext | None:
    """The context model beside the main one, on the memes that tell what it reads."""
    if not bundle.context_reads:
        return None
    name = f"with {' and '.join(bundle.context_reads)}"
    told = np.flatnonzero(np.isfinite(test.context))
    if len(told) < FEWEST:
        could_not.append(f"{name}: only {len(told)} test memes tell that; {FEWEST} are needed")
        return None
    rows, said = test.rows[told], test.context[told]
    forecast = Forecast(said, log_odds(said))
    contrast = Contrast(name, main, compare(rows, forecast, test.forecasts[main][told]))
    return InContext(name, evaluate(rows, {name: forecast}), contrast)


def _facts(bundle: Bundle, test: Side, facts: dict[str, Any], there: Placed) -> list[Fact]:
    material, own = there.material, there.own
    age = facts.get("data", {}).get("age_hours", AGE_HOURS)
    kinds = {
        "given": "percentiles that stand in the data",
        "followed": f"rank of the score at {age:g} hours among neighbours in time of the same community",
        "score": "rank of the score (of no fixed age) among neighbours in time of the same community",
        "class": "two classes, as whoever made the data sorted them",
    }
    dataset = facts.get("dataset", {})
    trained = f"{dataset['name']}, version {dataset['version'][:12]}" if dataset else "not written down"
    if own and material.dataset.ordered:
        split = "by time: it learnt from what came before the test part"
    elif own:
        split = "by chance, since no time is known: near-duplicates are on one side"
    elif dataset:
        split = "none: it is measured on a dataset that it did not learn from"
    else:
        split = "unknown: the bundle does not say what it learnt from"
    return [
        Fact("Data", f"{material.dataset.name}, version {material.version[:12]}, {_of_it(test)}"),
        Fact("Trained on", trained),
        Fact("Split", split),
        Fact("Label", f"{kinds[material.labels.kind]}; dank from 0.70, not dank to 0.35"),
        Fact("Model", _model_words(facts)),
        Fact("Calls dank", f"what has a probability of {bundle.manifest.dank_from:.0%} or more: best on {CHOSEN_ON}"),
    ]


def _of_it(test: Side) -> str:
    """How many memes are tested, and how many are not since the bundle knows them."""
    left_out = int((test.material.parts == "test").sum()) - len(test.picked)
    words = f"{len(test.picked):,} memes of it"
    return f"{words}; {left_out:,} more are near-duplicates of what it learnt from: left out" if left_out else words


def _model_words(facts: dict[str, Any]) -> str:
    cnn, automl = facts.get("cnn"), facts.get("automl")
    words = [f"cnn: {cnn['kept']}, backbone {cnn['backbone']} ({cnn['weights']})"] if cnn else []
    words += [f"automl: {automl['settings']['family']} over {', '.join(automl['sets'])}"] if automl else []
    return "; ".join(words) or "not written down"


def _memes(test: Side, main: str, workshop: Workshop) -> list[Meme]:
    said, found = test.forecasts[main], []
    for kind, rows in extremes(test.rows, said, MEMES_EACH).items():
        for row in rows.tolist():
            post = test.material.posts[test.picked[row]]
            percentile = float(test.rows.percentile[row])
            found.append(
                Meme(
                    kind=kind,
                    caption=test.texts[row] or post.title,
                    probability=float(said.probability[row]),
                    percentile=percentile if np.isfinite(percentile) else None,
                    score=post.score,
                    community=post.community,
                    thumbnail=thumbnail_of(Path(str(post.images[0].file)), workshop.eyes, THUMBNAIL),
                )
            )
    return found
