"""Stages `heads`, `automl` and `bundle`, wired."""

from __future__ import annotations

import argparse
import json
import math
import pickle
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

import measure
from assemble import TOO_FAR, Read, caption_columns, look_at, read_part, table, write_bundle
from assemble import heads as fit_heads
from card import card, caveats, shown
from dankmeme.images.prepare import prepare
from dankmeme.models.caption import Caption
from dankmeme.models.scoring import Captioned, joined
from dankmeme.training.automl import Table, Trial, components_of, fit_best, folded_aucs, search
from dankmeme.training.automl_graph import export
from dankmeme.training.bundling import check_target, own_picture
from dankmeme.training.caption_head import export_head
from dankmeme.training.captions import caption_key
from dankmeme.training.ensemble import Decision, decide
from dankmeme.training.evaluate import auc
from dankmeme.training.evaluate.curves import calibration_by_chance
from dankmeme.training.novelty import REFERENCES, export_novelty
from dankmeme.training.sights import session_of
from noise import fit_noise
from pictures import SIDE, load_inputs
from read import load_readings, load_real_readings
from reddit import load_reddit

SHARES = tuple(np.linspace(0.5, 1.0, 11))
"""Weights of the automl model that the verdict chooses among: on these memes it ranks better than the cnn."""
CHANCES = 50
"""So often forecasts are drawn that are right, for the calibration error that chance alone gives."""


def heads(frame: pd.DataFrame, chosen: argparse.Namespace) -> None:
    """Fit the OCR noise on real readings, spoil the true captions with it, train the caption head."""
    build = chosen.build
    rows = frame.set_index("id")
    readings = {part: load_readings(build, part) for part in ("search", "calibrate")}
    pairs = [
        (rows.at[identity, "template"], rows.at[identity, "caption"], caption.text)
        for part in readings.values()
        for identity, caption in part.items()
    ]
    noise = fit_noise(pairs)
    final, unseen = fit_heads(frame, noise, set(readings["search"]))
    with (build / "heads.pkl").open("wb") as file:
        pickle.dump({"unseen": unseen, "final": export_head(final, build / "caption.onnx"), "pairs": len(pairs)}, file)
    print(json.dumps({"readings_for_noise": len(pairs), "lost_line": noise.lost_line, "inserted": noise.inserted[0]}))


def automl(frame: pd.DataFrame, chosen: argparse.Namespace) -> None:
    """Search on the memes that were read; fit the winner on all of them; export it."""
    build = chosen.build
    unseen = _heads(build)["unseen"]
    read = _unseen_outlook(_read(frame, "search", chosen, set(unseen)), build)
    scores = caption_columns(read.texts, [unseen[identity] for identity in read.rows["id"]])
    examples = table(read, scores)
    trials = _search(examples, chosen)
    best = trials[0]
    fitted = fit_best(examples, best, chosen.workers)
    apart = export(fitted, {name: block[:200] for name, block in examples.blocks.items()}, build / "automl.onnx")
    report = {
        "rows": len(read.rows),
        "readings_for_noise": _heads(build)["pairs"],
        "auc_over_folds": best.auc,
        "settings": best.settings,
        "sets": best.sets,
        "largest_difference_onnx": apart,
        "shuffled_labels_auc": _shuffled_auc(examples, best, chosen.workers),
        "leaderboard": [asdict(trial) for trial in trials[:20]],
    }
    (build / "automl.json").write_text(json.dumps(report, indent=1))
    print(json.dumps({name: value for name, value in report.items() if name != "leaderboard"}))


def _search(examples: Table, chosen: argparse.Namespace) -> list[Trial]:
    """So many trials as were asked for, however long they take; the best first."""
    with tqdm(total=chosen.trials, desc="search", mininterval=10) as bar:

        def told(trials: int, spent: float, best: float) -> None:
            bar.set_postfix(auc=f"{best:.3f}", refresh=False)
            bar.update(trials - bar.n)

        return search(examples, math.inf, chosen.build / "trials.jsonl", chosen.workers, told, chosen.trials)


def _shuffled_auc(examples: Table, trial: Trial, threads: int) -> float:
    """What the winner's settings find where there is nothing to be found: 0.5 but for chance."""
    order = np.random.default_rng(0).permutation(len(examples))
    shuffled = Table(examples.blocks, examples.labels.at(order))
    components = components_of(examples.blocks)
    return float(np.mean(folded_aucs(shuffled, trial.settings, trial.sets, components, threads)))


def bundle(frame: pd.DataFrame, chosen: argparse.Namespace) -> None:
    """Choose the combination, calibrate it, score the test part once, and write the bundle."""
    check_target(chosen.out)
    build = chosen.build
    report = json.loads((build / "automl.json").read_text())
    sets = tuple(report["sets"])
    calibrate = _read(frame, "calibrate", chosen)
    final = _heads(build)["final"]
    decision = decide(
        calibrate.seen.probability.astype(float),
        _automl(calibrate, final, sets, build),
        calibrate.labels,
        SHARES,
    )
    limit, distances = _novelty(build, chosen)
    results = _results(frame, chosen, decision, final, sets, limit, report)
    results["novelty_distances"] = distances
    (build / "results.json").write_text(json.dumps(measure.plain(results), indent=1))
    base_rate = float(calibrate.labels.dank.mean())
    plain = measure.plain(results)
    texts = {
        "card.md": card(plain, decision, limit, report),
        "figures.json": json.dumps({"shown": shown(plain), "caveats": caveats(plain), "all": plain}, indent=1) + "\n",
        "selftest.json": json.dumps(_selftest(decision, final, sets, build), indent=1) + "\n",
    }
    write_bundle(chosen.out, build, decision, sets, limit, SIDE, base_rate, texts)
    print((chosen.out / "card.md").read_text())


def _results(
    frame: pd.DataFrame,
    chosen: argparse.Namespace,
    decision: Decision,
    final: NDArray[np.float32],
    sets: tuple[str, ...],
    limit: float,
    report: dict[str, Any],
) -> dict[str, Any]:
    build = chosen.build
    inputs, ids, _ = load_inputs(build, "test")
    rows = frame.set_index("id", drop=False).loc[ids]
    order = np.argsort(rows["order"].to_numpy())
    rows, inputs = rows.iloc[order], inputs[order]
    seen = look_at(build / "cnn.onnx", inputs)
    pictured = measure.forecasts(decision, seen.probability.astype(float), None)["cnn"]
    read = _read(frame, "test", chosen)
    automl_raw = _automl(read, final, sets, build)
    forecasts = measure.forecasts(decision, read.seen.probability.astype(float), automl_raw)
    thresholds = decision.thresholds
    results: dict[str, Any] = {
        "rows": {"cnn": len(rows), "read": len(read.rows), "base_rate": float((rows["percentile"] >= 0.7).mean())},
        "cnn_all_drawn": measure.figures(rows, pictured, thresholds["cnn"]),
        **{
            name: measure.figures(read.rows, forecasts[name], thresholds[name]) for name in ("cnn", "automl", "verdict")
        },
        "automl_less_cnn_auc": measure.difference(read.rows, forecasts["automl"].scores, forecasts["cnn"].scores),
        "verdict_less_automl_auc": measure.difference(
            read.rows, forecasts["verdict"].scores, forecasts["automl"].scores
        ),
    }
    true = Read(
        read.rows,
        read.inputs,
        [
            Captioned(each.caption, text, each.width, each.height)
            for each, text in zip(read.captions, read.rows["caption"], strict=True)
        ],
        read.seen,
    )
    perfect = measure.forecasts(decision, read.seen.probability.astype(float), _automl(true, final, sets, build))[
        "verdict"
    ]
    results["calibration_noise"] = {
        name: calibration_by_chance(each.probabilities, CHANCES).mean
        for name, each in {"cnn_all_drawn": pictured, **forecasts}.items()
    }
    results["ocr_cost_auc"] = measure.difference(read.rows, perfect.scores, forecasts["verdict"].scores)
    before = frame[frame["part"].isin(["fit", "search"])]
    by_template = (
        read.rows["template"].map(before.groupby("template")["percentile"].mean()).fillna(0.5).to_numpy(dtype=float)
    )
    captions = caption_columns(read.texts, final)
    results["ladder"] = {
        "prior": measure.ranked(read.rows, np.zeros(len(read.rows))),
        "template (true)": measure.ranked(read.rows, by_template),
        "caption length (read)": measure.ranked(read.rows, np.array([float(len(text)) for text in read.texts])),
        "caption (read)": measure.ranked(read.rows, captions[:, 0].astype(float)),
        "caption (read, within-template head)": measure.ranked(read.rows, captions[:, 1].astype(float)),
        "caption (true)": measure.ranked(read.rows, caption_columns(true.texts, final)[:, 0].astype(float)),
        "image (cnn)": measure.ranked(read.rows, forecasts["cnn"].scores),
        "all (verdict)": measure.ranked(read.rows, forecasts["verdict"].scores),
        "all, true captions": measure.ranked(read.rows, perfect.scores),
    }
    known = read.rows["author"].isin(set(frame[frame["part"] != "test"]["author"])).to_numpy()
    results["authors"] = {
        "seen_share": float(known.mean()),
        "seen": measure.ranked(read.rows[known], forecasts["verdict"].scores[known])["auc"],
        "unseen": measure.ranked(read.rows[~known], forecasts["verdict"].scores[~known])["auc"],
    }
    results["audit"] = {
        "captions_on_both_sides": int(rows["key"].isin(set(frame[frame["part"] != "test"]["key"])).sum()),
        "shuffled_labels_auc": report["shuffled_labels_auc"],
    }
    results["abstention"] = _abstention(read, forecasts, decision, limit, build, thresholds["verdict"])
    results["real"] = _real(chosen, decision, final, sets, limit)
    results["character_error_drawn"] = _character_error(read)
    return results


def _abstention(
    read: Read, forecasts: dict[str, measure.Forecasts], decision: Decision, limit: float, build: Path, threshold: float
) -> dict[str, Any]:
    far = _distance(read.seen.embedding, build) > limit
    differ = np.abs(forecasts["cnn"].probabilities - forecasts["automl"].probabilities) > decision.disagreement_limit
    silent = far | differ
    dank, either = read.labels.dank, read.labels.ends
    right = (forecasts["verdict"].probabilities >= threshold) == dank
    return {
        "share": float(silent.mean()),
        "too_far": float(far.mean()),
        "disagree": float(differ.mean()),
        "accuracy_all": float(right[either].mean()),
        "accuracy_without": float(right[either & ~silent].mean()),
        "auc_without": auc(dank[either & ~silent], forecasts["verdict"].scores[either & ~silent]),
    }


def _real(
    chosen: argparse.Namespace, decision: Decision, final: NDArray[np.float32], sets: tuple[str, ...], limit: float
) -> dict[str, Any]:
    """Real pictures held out of all training: ranking within their block, and how often the verdict is withheld."""
    build = chosen.build
    real = load_reddit(chosen.data, build)
    readings = load_real_readings(build, "reddit")
    places = [
        place
        for place, (identity, part) in enumerate(zip(real.ids, real.part, strict=True))
        if part == "test" and identity in readings
    ]
    captions = [readings[real.ids[place]] for place in places]
    forecasts, silent = _judged(real.inputs[places], captions, decision, final, sets, limit, build)
    percentile, block = real.percentile[places], real.block[places]
    originals = load_real_readings(build, "originals")
    folder = chosen.data / "reddit_originals_sample"
    inputs = np.stack([prepare((folder / name).read_bytes(), SIDE).model_input for name in originals])
    _, quiet = _judged(inputs, list(originals.values()), decision, final, sets, limit, build)
    return {
        "pictures": len(places),
        **{
            f"within_block_auc_{name}": measure.within_blocks(percentile, each.scores, block)
            for name, each in forecasts.items()
        },
        "abstention": float(silent["either"].mean()),
        "originals": len(originals),
        "originals_abstention": float(quiet["either"].mean()),
        "originals_too_far": float(quiet["far"].mean()),
        "originals_disagree": float(quiet["differ"].mean()),
    }


def _judged(
    inputs: NDArray[np.uint8],
    captions: list[Captioned],
    decision: Decision,
    final: NDArray[np.float32],
    sets: tuple[str, ...],
    limit: float,
    build: Path,
) -> tuple[dict[str, measure.Forecasts], dict[str, NDArray[np.bool_]]]:
    seen = look_at(build / "cnn.onnx", inputs)
    read = Read(pd.DataFrame({"percentile": np.zeros(len(inputs))}), inputs, captions, seen)
    forecasts = measure.forecasts(decision, seen.probability.astype(float), _automl(read, final, sets, build))
    far = _distance(seen.embedding, build) > limit
    differ = np.abs(forecasts["cnn"].probabilities - forecasts["automl"].probabilities) > decision.disagreement_limit
    return forecasts, {"far": far, "differ": differ, "either": far | differ}


def _novelty(build: Path, chosen: argparse.Namespace) -> tuple[float, dict[str, float]]:
    """Write the references; how far an unseen picture may lie from them."""
    real = load_reddit(chosen.data, build)
    drawn = load_inputs(build, "fit")[0]
    picked = np.random.default_rng(2).permutation(len(drawn))[: REFERENCES - int((real.part == "fit").sum())]
    references = look_at(build / "cnn.onnx", np.concatenate([drawn[picked], real.inputs[real.part == "fit"]])).embedding
    export_novelty(references, build / "novelty.onnx")
    watched = _distance(look_at(build / "cnn.onnx", real.inputs[real.part == "watch"]).embedding, build)
    unseen = _distance(look_at(build / "cnn.onnx", load_inputs(build, "calibrate")[0][:2_000]).embedding, build)
    limit = max(float(np.quantile(watched, TOO_FAR)), float(np.quantile(unseen, TOO_FAR)))
    quantiles = {
        f"{name}_{q}": round(float(np.quantile(values, q)), 4)
        for name, values in (("real", watched), ("drawn", unseen))
        for q in (0.5, 0.9, 0.97)
    }
    noise = np.random.default_rng(0).integers(0, 256, (64, SIDE, SIDE, 3), dtype=np.uint8)
    quantiles["white_noise_median"] = float(np.median(_distance(look_at(build / "cnn.onnx", noise).embedding, build)))
    return limit, quantiles


def _distance(embedding: NDArray[np.float32], build: Path) -> NDArray[np.float32]:
    distance: NDArray[np.float32] = session_of(build / "novelty.onnx").run(["distance"], {"embedding": embedding})[0]
    return distance


def _read(frame: pd.DataFrame, part: str, chosen: argparse.Namespace, only: set[str] | None = None) -> Read:
    """A part's memes that were read; `only` leaves out those read after the caption head was fitted."""
    templates = json.loads((chosen.data / "imgflip" / "templates.json").read_text())
    sizes = {name: (entry["width"], entry["height"]) for name, entry in templates.items()}
    readings = load_readings(chosen.build, part)
    kept = {identity: caption for identity, caption in readings.items() if only is None or identity in only}
    return read_part(frame, part, kept, sizes, chosen.build / "cnn.onnx", chosen.build)


def _unseen_outlook(read: Read, build: Path) -> Read:
    """The search part with the probabilities of heads that had not seen each row."""
    with np.load(build / "outlook.npz") as kept:
        probability = dict(zip(kept["ids"].tolist(), kept["probability"].tolist(), strict=True))
    outlook = np.array([probability[identity] for identity in read.rows["id"]], dtype=np.float32)
    return replace(read, seen=replace(read.seen, probability=outlook))


def _heads(build: Path) -> dict[str, Any]:
    with (build / "heads.pkl").open("rb") as file:
        loaded: dict[str, Any] = pickle.load(file)
    return loaded


def _automl(read: Read, final: NDArray[np.float32], sets: tuple[str, ...], build: Path) -> NDArray[np.float64]:
    examples = table(read, caption_columns(read.texts, final))
    features = joined(examples.blocks, sets)
    probability: NDArray[np.float32] = session_of(build / "automl.onnx").run(["probability"], {"features": features})[0]
    return probability.astype(np.float64)


def _selftest(decision: Decision, final: NDArray[np.float32], sets: tuple[str, ...], build: Path) -> dict[str, Any]:
    """What this recipe says of the bundle's picture: every way to ask must say the same."""
    from dankmeme.models.caption import READER, CaptionReader

    prepared = prepare(own_picture(), SIDE)
    caption: Caption = CaptionReader().read(prepared.picture.pixels)
    captioned = Captioned(caption, caption.text, prepared.picture.width, prepared.picture.height)
    forecasts, _ = _judged(prepared.model_input[None], [captioned], decision, final, sets, 1.0, build)
    read = {"caption": caption.text, "reader": READER}
    return {**read, **{name: float(each.probabilities[0]) for name, each in forecasts.items()}}


def _character_error(read: Read) -> dict[str, Any]:
    """Edits a character between the drawn caption and its reading, letters and digits alone."""
    from rapidfuzz.distance import Levenshtein

    errors = np.array(
        [
            Levenshtein.distance(caption_key(true), caption_key(text))
            for true, text in zip(read.rows["caption"], read.texts, strict=True)
        ]
    )
    lengths = np.array([len(caption_key(true)) for true in read.rows["caption"]])
    return {"overall": float(errors.sum() / lengths.sum()), "median": float(np.median(errors / lengths))}
