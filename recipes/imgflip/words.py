"""Which words captions are made of, for `models/spacing.py`: hashes alone, of the first 80 % by order.

    python recipes/imgflip/words.py --data DIR [--out FILE]

A word that is said at least `KNOWN` times is known, and is never cut; one that is said `USUAL` times may be a part of
what is.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np

from dankmeme.models.spacing import word_hash
from rows import load_rows

KNOWN, USUAL = 4, 30
OUT = Path(__file__).parents[2] / "src" / "dankmeme" / "assets" / "reader" / "words.npz"


def counted(captions: Iterable[str]) -> Counter[str]:
    """How often each word is said, in lower case and without the signs around it."""
    tokens = (re.sub(r"^[^a-z]+|[^a-z]+$", "", token) for caption in captions for token in caption.lower().split())
    return Counter(token for token in tokens if token)


def write(counts: Counter[str], path: Path) -> None:
    """The file that `Spacing` reads."""
    total = sum(counts.values())
    kept = sorted((word_hash(word), -math.log(count / total)) for word, count in counts.items() if count >= KNOWN)
    np.savez_compressed(
        path,
        words=np.array([word for word, _ in kept], dtype=np.uint32),
        rarity=np.array([rarity for _, rarity in kept], dtype=np.float16),
        usual=np.float32(-math.log((USUAL - 0.5) / total)),
    )


def main() -> None:
    """Count the captions of all parts but the tested one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with imgflip/ in it")
    parser.add_argument("--out", type=Path, default=OUT, help="the file to write")
    chosen = parser.parse_args()
    frame = load_rows(chosen.data / "imgflip")
    write(counted(frame[frame["part"] != "test"]["caption"]), chosen.out)


if __name__ == "__main__":
    main()
