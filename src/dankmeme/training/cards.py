"""The card of a bundle is made from an evaluation and from how it was trained, and put into it."""

from __future__ import annotations

import json
from typing import Any

from dankmeme.models.bundle import Bundle
from dankmeme.training.bundling import add_texts, read_facts
from dankmeme.training.card import Making, card, figures_file
from dankmeme.training.novelty import NEIGHBOURS, TOO_FAR
from dankmeme.training.report import Report


def add_card(bundle: Bundle, report: Report) -> None:
    """Write `card.md` and `figures.json` into a bundle."""
    making = making_of(bundle)
    figures = json.dumps(figures_file(report, making), indent=1, ensure_ascii=False) + "\n"
    add_texts(bundle, {"card.md": card(report, making), "figures.json": figures})


def making_of(bundle: Bundle) -> Making:
    """How a bundle was made, in sentences."""
    facts = read_facts(bundle)
    return Making(
        compared_with=bundle.manifest.compared_with,
        made_from=_made_from(facts),
        rule=_rule(bundle),
        limits=["Captions in Latin letters are read; other scripts are not"],
    )


def _made_from(facts: dict[str, Any]) -> list[str]:
    dataset, parts = facts.get("dataset", {}), facts.get("parts", {})
    counts = ", ".join(f"{count:,} {part}" for part, count in parts.items())
    said = [f"Dataset {dataset.get('name')}, version {dataset.get('version', '')[:12]}: {counts} memes."]
    if facts.get("data", {}).get("shuffled") is not None:
        said.append("All labels were shuffled: nothing was to be learnt.")
    if mixed := facts.get("data", {}).get("people"):
        said.append(f"What people think was mixed into the labels that were learnt from, with a share of {mixed[1]:g}.")
    if cnn := facts.get("cnn"):
        said.append(
            f"The cnn: {cnn['kept']}, of the backbone {cnn['backbone']} ({cnn['weights']}) at {cnn['side']} pixels; "
            f"ONNX differs from the original by {cnn['largest_difference_onnx']:.1e} at most."
        )
    if automl := facts.get("automl"):
        said.append(
            f"The automl model: {automl['settings']['family']} over {', '.join(automl['sets'])}, the best of "
            f"{automl['trials']} tries in {automl['seconds'] / 60:.0f} minutes (AUC {automl['auc_over_folds']:.3f} "
            "over folds of time)."
        )
        if more := automl["captions_without_pictures"]:
            said.append(f"Its caption head learnt from {more:,} captions without pictures as well.")
    if context := facts.get("context"):
        said.append(
            f"Beside the verdict stands a forecast with {' and '.join(context['reads'])}: a logistic regression "
            f"fitted on {context['memes']:,} memes that neither model learnt from."
        )
    return said


def _rule(bundle: Bundle) -> list[str]:
    manifest = bundle.manifest
    share = manifest.automl_share
    score = (
        f"raw score: {share:.2f} × the automl's log odds + {1 - share:.2f} × the cnn's (the cnn's alone where no "
        "caption was read)"
        if bundle.reads_captions
        else "raw score: the cnn's log odds"
    )
    context = (
        [f"beside it, and never in it: a forecast with {' and '.join(manifest.context)}, where that is told"]
        if manifest.context
        else []
    )
    return [
        score,
        "probability: merged inductive Venn–Abers probability of the raw score, fitted on the calibration memes",
        "percentile: the share of calibration forecasts with a lower raw score",
        f"dank from a probability of {manifest.dank_from:.3f}, the best balanced accuracy on the calibration memes",
        f"can't tell where the embedding lies farther than {manifest.novelty_limit:.3f} (mean cosine distance to the "
        f"{NEIGHBOURS} nearest references; {TOO_FAR:.0%} of memes of the time just after lie nearer), or where the two "
        f"models' probabilities differ by more than {manifest.disagreement_limit:.3f}",
        *context,
    ]
