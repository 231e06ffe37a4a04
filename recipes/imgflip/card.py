"""The model card, and the few figures the web page shows."""

from __future__ import annotations

from typing import Any

from assemble import COMPARED_WITH, TOO_FAR, VERSION
from dankmeme.training.ensemble import TOO_DIFFERENT, Decision
from dankmeme.training.novelty import NEIGHBOURS, REFERENCES

Results = dict[str, Any]


def shown(results: Results) -> list[dict[str, Any]]:
    """The figures of the web page: name, value, interval, and whether it includes chance."""
    picked = [
        ("Ranks a dank meme above a not dank one (imgflip)", results["verdict"]["auc"], 0.5),
        ("The same among memes on one template", results["verdict"]["within_template_auc"], 0.5),
        ("The picture alone", results["cnn_all_drawn"]["auc"], 0.5),
        ("Right about dank or not dank (a coin: 0.5)", results["verdict"]["balanced_accuracy"], 0.5),
        ("Ranks real Reddit memes within one listing", results["real"]["within_block_auc_verdict"], 0.5),
    ]
    return [
        {"name": name, **figure, "includes_chance": figure["low"] <= chance <= figure["high"]}
        for name, figure, chance in picked
    ]


def caveats(results: Results) -> list[str]:
    """What a person should know before believing a verdict."""
    real = results["real"]["within_block_auc_verdict"]
    chance = (
        " That includes chance: it has not been shown to rank them at all."
        if real["low"] <= 0.5 <= real["high"]
        else ""
    )
    return [
        f"It learnt from votes on {COMPARED_WITH}; a verdict compares with those, not with your community",
        f"On {results['real']['pictures']} real Reddit memes its ranking within a listing scored "
        f"{real['value']:.2f} ({real['low']:.2f}–{real['high']:.2f}, 0.5 is chance).{chance}",
        f"It can't tell about {results['real']['originals_abstention'] * 100:.0f} % of real Reddit memes and "
        f"{results['abstention']['share'] * 100:.0f} % of imgflip memes, and says so",
        "Popularity is mostly luck, timing and audience: even a perfect reader of pictures could not know it",
    ]


def card(results: Results, decision: Decision, limit: float, report: dict[str, Any]) -> str:
    """The whole card as Markdown."""
    models = {"cnn, all drawn": "cnn_all_drawn", "cnn": "cnn", "automl": "automl", "verdict": "verdict"}
    names = list(results["verdict"])
    rows = results["rows"]
    real, silent = results["real"], results["abstention"]
    lines = [
        f"# Model card: imgflip-{VERSION}",
        "",
        f"Says how likely a meme is to be among the best-liked 30 % of {COMPARED_WITH}.",
        "Two models and their combination: **cnn** looks at the picture alone; **automl** looks at what the cnn says, at the",
        "caption read back by OCR, and at statistics of text, layout and colour (which of them, a search decided); the",
        "**verdict** combines both.",
        "",
        "## What it was made from",
        "",
        "301,696 imgflip captions with votes, in order of time. Captions were drawn on their templates; fonts and JPEG",
        "qualities of the test part were used nowhere else. Split by time: training up to 74 %, calibration 74–80 % (its",
        "newest half, since forecasts lose strength with time), test 80–100 %. A caption that occurs on two sides was",
        "removed from the earlier one. Real pictures from Reddit joined the cnn's training, ranked within their listing.",
        "Made by `recipes/imgflip/`. The caption head trained on true captions spoilt with OCR noise that was fitted on",
        f"{report['readings_for_noise']:,} real readings; the automl search ran on {report['rows']:,} memes read from pixels, and",
        f"its winner is *{report['settings']['family']}* over {', '.join(report['sets'])}.",
        "",
        "## Figures",
        "",
        f"On the last 20 % by order, from pixels alone, scored once: {rows['cnn']:,} drawn memes for the cnn,",
        f"{rows['read']:,} of them read by OCR for the rest. The recipe was debugged, and its way of calibrating",
        "chosen, on another sample of the same time, so the calibration error is a little flattered (`docs/log.md` has both). 95 % intervals by bootstrap over blocks of time. Dank is a",
        f"percentile of 0.70 or more among neighbours in time (base rate {rows['base_rate']:.2f}), not dank 0.35 or less; AUC,",
        "accuracy and pairs are taken on the two ends, Brier, calibration error and Spearman on all rows.",
        "",
        "| figure | " + " | ".join(models) + " |",
        "|---|" + "---|" * len(models),
        *(
            f"| {_words(name)} | " + " | ".join(_figure(results[key][name]) for key in models.values()) + " |"
            for name in names
        ),
        "",
        "`within template auc` counts pairs of memes on the same template; `pooled` compares memes across templates by their",
        "rank within their own one, which punishes a forecast for knowing templates.",
        "",
        f"- automl less cnn, AUC on the same rows: {_figure(results['automl_less_cnn_auc'])}",
        f"- verdict less automl: {_figure(results['verdict_less_automl_auc'])}",
        "- calibration error (15 bins of equally many rows) that forecasts without any fault would get from chance alone on as",
        "  many rows: "
        + ", ".join(f"{label} {results['calibration_noise'][key]:.3f}" for label, key in models.items()),
        f"- what OCR errors cost the verdict (AUC with true captions less AUC as read): {_figure(results['ocr_cost_auc'])}",
        f"- character error on the drawn test captions: {results['character_error_drawn']['overall'] * 100:.1f} % overall, text that",
        f"  is part of a template counted as error; median {results['character_error_drawn']['median'] * 100:.1f} %",
        "",
        "### Ladder",
        "",
        "| what is known | AUC | within template |",
        "|---|---|---|",
        *(
            f"| {name} | {_figure(rung['auc'])} | {_figure(rung['within_template_auc'])} |"
            for name, rung in results["ladder"].items()
        ),
        "",
        "### Audit",
        "",
        f"- captions on both sides of the split: {results['audit']['captions_on_both_sides']}",
        f"- automl on shuffled labels: AUC {results['audit']['shuffled_labels_auc']:.3f}",
        f"- authors: {results['authors']['seen_share'] * 100:.0f} % of the test memes are by authors seen before; AUC",
        f"  {_figure(results['authors']['seen'])} on those, {_figure(results['authors']['unseen'])} on the others",
        "",
        "### Real pictures",
        "",
        f"{real['pictures']:,} Reddit memes of 2018 held out of all training, ranked within their listing block (all of them were",
        "popular, so this is hard):",
        "",
        *(
            f"- {name}: AUC {_figure(real[f'within_block_auc_{name}'])}"
            + (
                " — includes chance"
                if real[f"within_block_auc_{name}"]["low"] <= 0.5 <= real[f"within_block_auc_{name}"]["high"]
                else ""
            )
            for name in ("cnn", "automl", "verdict")
        ),
        "",
        "A community deserves a model of its own.",
        "",
        "## The rule",
        "",
        f"- raw score: {decision.automl_share:.2f} × the automl's log odds + {1 - decision.automl_share:.2f} × the cnn's (the cnn's alone",
        "  where no caption was read)",
        "- probability: the merged inductive Venn–Abers probability p1 / (1 − p0 + p1) of the raw score, where p0 and p1 are means",
        "  over ten predictors, each fitted on two thirds of the calibration memes and read off between the middles of its",
        "  steps; every model's own probability is calibrated the same way",
        "- interval: p0 to p1, widened at each end by half the difference of the two models' probabilities",
        "- percentile: the share of validation forecasts with a lower raw score",
        f"- dank from a probability of {decision.thresholds['verdict']:.3f}, the best balanced accuracy on validation rows",
        f"- can't tell where the embedding lies farther than {limit:.3f} (mean cosine distance to the {NEIGHBOURS} nearest of {REFERENCES:,}",
        f"  references; {TOO_FAR * 100:.0f} % of unseen real memes lie nearer), or where the two models' probabilities differ by more than",
        f"  {decision.disagreement_limit:.3f} ({TOO_DIFFERENT * 100:.0f} % of validation memes differ less)",
        f"- abstention: {silent['share'] * 100:.1f} % of the test memes ({silent['too_far'] * 100:.1f} % too far, {silent['disagree'] * 100:.1f} % disagree); accuracy on the",
        f"  two ends {silent['accuracy_all']:.3f} with them, {silent['accuracy_without']:.3f} without; {real['originals_abstention'] * 100:.1f} % of {real['originals']} Reddit originals",
        f"  ({real['originals_too_far'] * 100:.1f} % too far, {real['originals_disagree'] * 100:.1f} % disagree)",
        "",
        "## Limits",
        "",
        *(f"- {text.rstrip('.')}." for text in caveats(results)),
        "- The drawn memes are ours; a real imgflip meme differs in font and compression.",
        "- English captions in Latin letters; other scripts are not read.",
        "",
    ]
    return "\n".join(lines)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _figure(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"
