"""The model card that goes into a bundle, and the few figures that the web page shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dankmeme.training.evaluate import MEASURES, Evaluation, Figure
from dankmeme.training.report import InContext, Report, as_json
from dankmeme.training.words import sentence, share, told

LUCK = "Popularity is mostly luck, timing and audience: even a perfect reader of pictures could not know it"
SHOWN = {
    "auc": "Ranks a dank meme above a not dank one",
    "within_group_auc": "The same within one community",
    "within_template_auc": "The same among memes on one template",
    "pair_accuracy": "Tells which of two memes close in time did better",
    "balanced_accuracy": "Right about dank or not dank (a coin: 0.5)",
}


@dataclass(frozen=True)
class Making:
    """How a bundle was made.

    Attributes:
        compared_with: whom a verdict compares a meme with, such as "memes posted in r/memes in 2024".
        made_from: what it learnt from and how, a sentence each.
        rule: how scores become a verdict, a sentence's part each.
        limits: what else a person should know, a sentence's part each.
    """

    compared_with: str
    made_from: list[str] = field(default_factory=list)
    rule: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)


def figures_file(report: Report, making: Making) -> dict[str, Any]:
    """What `figures.json` holds: `shown` and `caveats` for the web page, and `all`, as in `report.json`."""
    return {"shown": shown(report), "caveats": caveats(report, making), "all": as_json(report)}


def shown(report: Report) -> list[dict[str, Any]]:
    """The figures of the web page: name, value, interval, and whether it includes chance."""
    main = report.model.figures
    picked = {words: main[name] for name, words in SHOWN.items() if name in main}
    for name, other in report.evaluation.models.items():
        if name != report.main and "auc" in other.figures:
            picked[f"The {name} alone"] = other.figures["auc"]
    return [_shown(name, figure) for name, figure in picked.items()]


def caveats(report: Report, making: Making) -> list[str]:
    """What a person should know before believing a verdict, a sentence's part each."""
    compares = f"It learnt from votes on {making.compared_with}; a verdict compares with those, not with your community"
    return [*_alarms(report), compares, *_weaknesses(report), LUCK]


def card(report: Report, making: Making) -> str:
    """The whole card as Markdown."""
    parts = [
        [f"# Model card: {report.name}", report.headline],
        ["## What it was made from", *making.made_from],
        ["## Figures", _measured_on(report), _table(report.evaluation), *_compared(report)],
        ["### " + report.context.name.capitalize(), *_in_context(report.context)] if report.context else [],
        ["### Ladder", _ladder(report)] if report.ladder and report.ladder.rungs else [],
        ["### Audit", _listed(_findings(report))] if report.audit else [],
        ["### Ceiling", _ceiling(report)] if report.ceiling else [],
        ["## The rule", _listed(making.rule)] if making.rule else [],
        ["## Limits", _listed([sentence(each) for each in [*caveats(report, making), *making.limits]])],
        ["## What could not be done", _listed([sentence(each) for each in report.gaps])] if report.gaps else [],
    ]
    return "\n\n".join(paragraph for part in parts for paragraph in part if paragraph) + "\n"


def _shown(name: str, figure: Figure) -> dict[str, Any]:
    value, low, high = (round(each, 4) for each in (figure.value, figure.low, figure.high))
    return {"name": name, "value": value, "low": low, "high": high, "includes_chance": low <= 0.5 <= high}


def _alarms(report: Report) -> Iterator[str]:
    """What makes its figures worthless."""
    for finding in report.audit.leaks if report.audit else []:
        yield f"Its figures can't be believed: {finding.name} ({finding.words})"
    auc = report.model.figures.get("auc")
    if auc is None:
        yield f"There were too few memes to say how well it ranks ({report.evaluation.rows:,})"
    elif auc.low <= 0.5 <= auc.high:
        yield (
            f"On {report.evaluation.rows:,} memes its ranking scored {auc.value:.2f} ({auc.low:.2f}–{auc.high:.2f}, "
            "0.5 is chance). That includes chance: it has not been shown to rank them at all"
        )


def _weaknesses(report: Report) -> Iterator[str]:
    model = report.model
    error, chance = model.figures.get("calibration_error"), model.calibration_by_chance
    if error and chance and error.value > chance.high:
        yield f"Its probabilities are off by {error.value * 100:.0f} points on average"
    if model.abstention:
        yield f"It can't tell about {share(model.abstention.share.value)} of such memes, and says so"
    seen, unseen = (_author_auc(report, name) for name in ("authors seen in training", "authors not seen in training"))
    if seen and unseen and unseen.high < seen.value:
        yield f"It knows authors: AUC {seen.value:.2f} on those it has seen before, {unseen.value:.2f} on the others"


def _author_auc(report: Report, name: str) -> Figure | None:
    return next((part.auc for part in report.model.slices if part.name == name), None)


def _measured_on(report: Report) -> str:
    measured = report.evaluation
    rate = "" if measured.base_rate is None else f" (base rate {measured.base_rate:.2f})"
    facts = " ".join(f"{each.term}: {sentence(each.words)}" for each in report.facts)
    return (
        f"On {measured.rows:,} test memes{rate}, scored once. {facts} 95 % intervals by bootstrap over blocks of time. "
        "AUC, precision, accuracy and pairs are taken on the two ends, Brier, calibration and Spearman on all memes."
    )


def _in_context(found: InContext) -> Iterator[str]:
    yield (
        f"A forecast of its own, on {found.evaluation.rows:,} memes that tell what it reads. Every other figure is of "
        "the meme alone."
    )
    yield _table(found.evaluation)
    yield sentence(f"Against the {found.contrast.other}: {found.contrast.comparison.words}")


def _table(measured: Evaluation) -> str:
    models = measured.models
    names = [name for name in MEASURES if any(name in each.figures for each in models.values())]
    body = [[MEASURES[name].words, *(told(each.figures.get(name)) for each in models.values())] for name in names]
    chances = (each.calibration_by_chance for each in models.values())
    by_chance = [f"{each.mean:.3f}" if each else "–" for each in chances]
    return _markdown(["figure", *models], [*body, ["Calibration error by chance alone", *by_chance]])


def _compared(report: Report) -> Iterator[str]:
    for each in report.comparisons:
        yield sentence(f"{each.one} and {each.other}: {each.comparison.words}")


def _ladder(report: Report) -> str:
    rungs = report.ladder.rungs if report.ladder else []
    rows = [
        [r.name, told(r.alone), told(r.joined), told(r.increment, signed=True), told(r.joined_within)] for r in rungs
    ]
    return _markdown(["what is known", "AUC alone", "with all below", "gain", "within"], rows)


def _findings(report: Report) -> list[str]:
    found = report.audit.findings if report.audit else []
    return [f"{each.name}: {'passed' if each.passed else each.severity}; {each.words}" for each in found]


def _ceiling(report: Report) -> str:
    found = report.ceiling
    if not found or found.could_not:
        return sentence(found.could_not or "") if found else ""
    return (
        f"{found.pictures:,} pictures were posted more than once. Ranked by how the earlier posting did, the later "
        f"ones have AUC {told(found.auc)}; Spearman {told(found.spearman)}."
    )


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(each.replace("|", "\\|") for each in line) + " |" for line in lines)
