"""Whether the audit finds what it is there for: one leak after the other is planted in a dataset of real memes.

    python recipes/planted_leaks.py --data FOLDER [--backbone bundled] [--home DIR] [--json FILE]

The memes are cut by time, a ridge regression over embeddings learns from the older ones, and the audit looks at it, at
first as it is and then with a leak: test memes that are in the training part as well, as they are and encoded anew;
training memes from later than the test; authors that tell the label, and a model that knows them; the label in a number
and in a word of the caption; and a training that takes the test part for its own.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from protocol_2018 import known

from dankmeme.images.fingerprint import sha256
from dankmeme.images.prepare import prepare
from dankmeme.training.audit import Audit, Case, Features, audit
from dankmeme.training.evaluate import Forecast, Rows, auc
from dankmeme.training.heads import ridge_head
from dankmeme.training.labels import Labels
from dankmeme.training.lessons import Pictures
from dankmeme.training.material import Material, families
from dankmeme.training.pictures import SMALLEST_SIDE, Facts
from dankmeme.training.workshop import open_workshop, rows_of

TEST = 0.2
PLANTED = 20
"""So many test memes are put into the training part as well."""
STARS = 30
"""So many authors get dank memes alone."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """What the audit said of a planted leak: the checks that failed, and the words of the one that should."""

    planted: str
    should_fail: str | None
    failed: list[str]
    words: str

    @property
    def right(self) -> bool:
        """Whether the leak was found, or nothing where there was none."""
        return self.should_fail in self.failed if self.should_fail else not self.failed


@dataclass(frozen=True)
class Ground:
    """A clean case, and what leaks are made of."""

    material: Material
    embedding: Floats
    learnt: NDArray[np.intp]
    tested: NDArray[np.intp]

    @property
    def train(self) -> Rows:
        """What is learnt from."""
        return rows_of(self.material, self.learnt)

    @property
    def test(self) -> Rows:
        """What is measured on."""
        return rows_of(self.material, self.tested)

    def forecast(self, train: NDArray[np.intp], test: NDArray[np.intp]) -> Forecast:
        """By ridge regression on some rows, of others."""
        head = ridge_head(self.embedding[train], Pictures.labelled(self.material.labels.at(train)), seed=1)
        return Forecast(head.probability(self.embedding[test]).astype(np.float64))

    def case(self) -> Case:
        """Without a leak."""
        columns = self.embedding[:, :8].astype(np.float64)
        features = Features([f"number {n}" for n in range(8)], columns[self.learnt], columns[self.tested])
        return Case(self.train, self.test, self.forecast(self.learnt, self.tested), features)


def main() -> None:
    """Plant each leak, and print what the audit said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a dataset folder")
    parser.add_argument("--backbone", default="bundled", help="as `dank train cnn --backbone`")
    parser.add_argument("--home", type=Path, default=Path("build/planted-leaks"), help="where the cache is")
    parser.add_argument("--json", type=Path, help="write what was found here as well")
    chosen = parser.parse_args()
    with open_workshop(chosen.home, noted=print) as workshop:
        material, embedding = known(chosen.data, chosen.backbone, workshop)
    found = planted(material, embedding)
    for each in found:
        failed = ", ".join(each.failed) or "nothing"
        print(f"{'✓' if each.right else '✗'} {each.planted}: the audit finds {failed}")
        if each.words:
            print(f"    {each.words}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False) + "\n")


def planted(material: Material, embedding: Floats) -> list[Found]:
    """What the audit says of each leak.

    Args:
        material: memes in order of time.
        embedding: `[n, e]`, of their pictures.
    """
    count = len(material.posts)
    learnt, tested = np.arange(round(count * (1 - TEST))), np.arange(round(count * (1 - TEST)), count)
    tested = tested[~np.isin(material.family[tested], material.family[learnt])]
    ground = Ground(material, embedding, learnt, tested)
    return [_audited(name, should, plant(ground)) for name, (should, plant) in LEAKS.items()]


def _audited(name: str, should: str | None, case: Case) -> Found:
    found: Audit = audit(case)
    words = {each.name: each.words for each in found.findings}
    return Found(name, should, [each.name for each in found.findings if not each.passed], words.get(should or "", ""))


def _copies(ground: Ground) -> Case:
    """Byte by byte, in place of the first memes of the training part."""
    case, copied = ground.case(), ground.test[:PLANTED]
    train = replace(
        case.train,
        image=np.concatenate([copied.image, case.train.image[PLANTED:]]),
        family=np.concatenate([copied.family, case.train.family[PLANTED:]]),
    )
    return replace(case, train=train)


def _encoded_anew(ground: Ground) -> Case:
    """The same pictures, smaller and of another JPEG quality; families are worked out from the pictures themselves."""
    case, material = ground.case(), ground.material
    copies = [_anew(material.files[row]) for row in ground.tested[:PLANTED]]
    keys = [*(key for key, _ in copies), *(material.keys[row] for row in ground.tested)]
    family = families(keys, [*(facts for _, facts in copies), *(material.facts[row] for row in ground.tested)])
    train = replace(
        case.train,
        image=np.concatenate([np.array(keys[:PLANTED]), case.train.image[PLANTED:]]),
        family=np.concatenate([family[:PLANTED], case.train.family[PLANTED:]]),
    )
    return replace(case, train=train, test=replace(case.test, family=family[PLANTED:]))


def _anew(file: Path) -> tuple[str, Facts]:
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
        smaller = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
    out = io.BytesIO()
    smaller.save(out, "JPEG", quality=60)
    prepared = prepare(out.getvalue(), SMALLEST_SIDE)
    size = prepared.picture.width, prepared.picture.height
    return sha256(out.getvalue()), Facts(prepared.pdq.hex, prepared.pdq.quality, prepared.detail, *size)


def _later(ground: Ground) -> Case:
    """A split by chance: what is learnt from is from before and after."""
    order = np.random.default_rng(1).permutation(len(ground.material.posts))
    tested = np.sort(order[: len(ground.tested)])
    learnt = np.sort(order[len(ground.tested) :])
    learnt = learnt[~np.isin(ground.material.family[learnt], ground.material.family[tested])]
    return Case(rows_of(ground.material, learnt), rows_of(ground.material, tested), ground.forecast(learnt, tested))


def _authors(ground: Ground) -> Case:
    """Half of all dank memes are by a few stars, who post nothing else, and the model goes by names."""
    case, chance = ground.case(), np.random.default_rng(2)
    others_there_are = 3 * len(ground.material.posts)

    def signed(rows: Rows) -> Rows:
        stars = np.char.add("star ", chance.integers(0, STARS, len(rows)).astype(str))
        others = np.char.add("author ", chance.integers(0, others_there_are, len(rows)).astype(str))
        return replace(rows, author=np.where(rows.dank & (chance.random(len(rows)) < 0.5), stars, others))

    train, test = signed(case.train), signed(case.test)
    by_stars = np.char.startswith(test.author, "star")
    knows = np.clip(case.model.probability + 0.5 * by_stars, 0, 1)
    return replace(case, train=train, test=test, model=Forecast(knows))


def _number(ground: Ground) -> Case:
    """A count of likes that was taken after the score, say."""
    case = ground.case()
    noise = np.random.default_rng(3).normal(0, 0.02, len(ground.material.posts))
    sides = ((case.train, ground.learnt), (case.test, ground.tested))
    first, second = (np.nan_to_num(rows.outcome, nan=0.5) + noise[numbers] for rows, numbers in sides)
    assert case.features is not None
    names = [*case.features.names, "likes"]
    return replace(
        case,
        features=Features(
            names, np.column_stack([case.features.train, first]), np.column_stack([case.features.test, second])
        ),
    )


def _word(ground: Ground) -> Case:
    """A tag that moderators give to what does well."""
    case = ground.case()
    texts = tuple(
        ["so much wow [HOT]" if dank else "so much wow" for dank in rows.dank] for rows in (case.train, case.test)
    )
    assert case.features is not None
    return replace(case, features=replace(case.features, texts={"caption": (texts[0], texts[1])}))


def _peeking(ground: Ground) -> Case:
    """A training that mixed up the two parts."""
    return replace(ground.case(), relearnt=relearnt(ground, peeks=True))


def _honest(ground: Ground) -> Case:
    return replace(ground.case(), relearnt=relearnt(ground, peeks=False))


def relearnt(ground: Ground, *, peeks: bool) -> Callable[[int | None], float]:
    """The training said again; one that peeks learns from the test part."""

    def run(seed: int | None) -> float:
        rows = ground.tested if peeks else ground.learnt
        taught, labels = (_dealt(ground.material.labels.at(each), seed) for each in (rows, ground.tested))
        odds = ridge_head(ground.embedding[rows], Pictures.labelled(taught), seed=1).odds(
            ground.embedding[ground.tested]
        )
        return auc(labels.dank[labels.ends], odds[labels.ends].astype(np.float64))

    return run


def _dealt(labels: Labels, seed: int | None) -> Labels:
    count = len(labels.dank)
    return labels.at(np.arange(count) if seed is None else np.random.default_rng([seed, count]).permutation(count))


LEAKS: dict[str, tuple[str | None, Callable[[Ground], Case]]] = {
    "nothing": (None, _honest),
    f"{PLANTED} test memes in the training part": ("same picture in both parts", _copies),
    f"{PLANTED} test memes in it, encoded anew": ("near-duplicates in both parts", _encoded_anew),
    "a split by chance": ("training before test", _later),
    "authors who are always dank, and a model that knows them": ("authors in both parts", _authors),
    "the label in a number": ("the label in a feature", _number),
    "the label in a word": ("the label in a feature", _word),
    "a training that takes the test part for its own": ("learning from shuffled labels", _peeking),
}

if __name__ == "__main__":
    main()
