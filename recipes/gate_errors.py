"""How often the gate is wrong: pairs of models of known worth, judged as `dank models promote` judges.

    python recipes/gate_errors.py [--pairs 200] [--posts 1000 4000]

Prints, for each true difference in AUC (measured on a million memes), what the gate said of so many pairs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from tests.training.rivals import Rivals, rivals
from tqdm import tqdm

from dankmeme.training.evaluate import auc
from dankmeme.training.gate import rule

STRENGTHS = (0.6, 0.85, 0.95, 1.0, 1.05, 1.15)
CODES = ("better", "as good", "unclear", "worse")


def main() -> None:
    """Judge the pairs and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200, help="of each kind")
    parser.add_argument("--posts", type=int, nargs="+", default=[1_000, 4_000], help="that both forecast")
    chosen = parser.parse_args()
    print("| posts | candidate | true difference in AUC | passed | " + " | ".join(CODES) + " |")
    print("|---|---|---|---|" + "---|" * len(CODES))
    for posts in chosen.posts:
        for strength in (None, *STRENGTHS):
            _row(posts, strength, chosen.pairs)


def _row(posts: int, strength: float | None, pairs: int) -> None:
    name = "shuffled labels" if strength is None else f"signal × {strength:g}"
    found = Counter[str]()
    for seed in tqdm(range(pairs), desc=f"{posts}, {name}", leave=False):
        found[rule(_drawn(posts, strength, seed).comparison(), "posts").code] += 1
    passed = found["better"] + found["as good"]
    shares = " | ".join(f"{found[code] / pairs:.1%}" for code in CODES)
    print(f"| {posts:,} | {name} | {_true_difference(strength):+.3f} | {passed / pairs:.1%} | {shares} |", flush=True)


def _drawn(posts: int, strength: float | None, seed: int) -> Rivals:
    found = rivals(posts, candidate=strength or 1.0, seed=seed)
    if strength is None:
        return replace(found, candidate=np.random.default_rng(seed).permutation(found.candidate))
    return found


def _true_difference(strength: float | None) -> float:
    found = _drawn(1_000_000, strength, 0)
    ends = (found.outcome >= 0.7) | (found.outcome <= 0.35)
    dank = found.outcome[ends] >= 0.7
    return auc(dank, found.candidate[ends]) - auc(dank, found.active[ends])


if __name__ == "__main__":
    main()
