"""How the bundled model was made, start to end.

    python recipes/imgflip/run.py --data DIR --fonts DIR [--backbone FILE] [--stages draw,read,…]

`DIR` of `--data` holds `imgflip/` and, where there are real pictures, `reddit_memes_2018/` and
`reddit_originals_sample/`. `--fonts` is a `node_modules` folder with the packages that `fonts.txt` lists. Every stage
goes on where it stopped; a few hours on two cores in all.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
sys.path.insert(0, str(Path(__file__).parent))

import pandas as pd

from rows import load_rows

STAGES = ("rows", "draw", "read", "cnn", "heads", "automl", "bundle")
OUT = Path(__file__).parents[2] / "src" / "dankmeme" / "assets" / "default"


def main() -> None:
    """Run the stages asked for, in order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with imgflip/ in it")
    parser.add_argument("--fonts", type=Path, required=True, help="a node_modules folder with @fontsource packages")
    parser.add_argument("--backbone", type=Path, help="an ONNX image backbone to distil from (optional)")
    parser.add_argument("--build", type=Path, default=Path("build/imgflip"), help="where intermediate results go")
    parser.add_argument("--out", type=Path, default=OUT, help="where the bundle goes")
    parser.add_argument("--stages", default=",".join(STAGES), help=f"some of {','.join(STAGES)}")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes and threads")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--trials", type=int, default=60)
    chosen = parser.parse_args()
    chosen.build.mkdir(parents=True, exist_ok=True)
    for stage in STAGES:
        if stage in chosen.stages.split(","):
            print(f"── {stage}", flush=True)
            _run(stage, chosen)


def frame_of(build: Path, data: Path) -> pd.DataFrame:
    """The labelled rows, from the cache where there is one."""
    cache = build / "rows.pkl"
    if not cache.exists():
        load_rows(data / "imgflip").to_pickle(cache)
    return pd.read_pickle(cache)


def _run(stage: str, chosen: argparse.Namespace) -> None:
    frame = frame_of(chosen.build, chosen.data)
    imgflip, build, workers = chosen.data / "imgflip", chosen.build, chosen.workers
    if stage == "draw":
        from pictures import draw_parts

        draw_parts(frame, imgflip, chosen.fonts, build, workers)
    elif stage == "read":
        from read import read_parts, read_real

        read_parts(frame, imgflip, chosen.fonts, build, workers)
        read_real(chosen.data, build)
    elif stage == "cnn":
        from learn import finish_head, learn
        from reddit import load_reddit

        network = learn(frame, load_reddit(chosen.data, build), chosen.backbone, build, chosen.epochs, workers)
        finish_head(network, frame, build)
    elif stage in ("heads", "automl", "bundle"):
        import finish

        getattr(finish, stage)(frame, chosen)


if __name__ == "__main__":
    main()
