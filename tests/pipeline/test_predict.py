"""Stored pictures are predicted by the real bundle, each version on its own, and what breaks breaks alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray

from dankmeme import Classifier
from dankmeme.images.keep import keep
from dankmeme.images.prepare import Prepared
from dankmeme.models.bundle import Bundle
from dankmeme.models.caption import Caption
from dankmeme.models.eyes import Eyes
from dankmeme.models.predictors import Place, Predictors
from dankmeme.pipeline import predict
from dankmeme.pipeline.forecasts import Forecasting
from dankmeme.pipeline.patience import Patience, Stopped
from dankmeme.pipeline.predict import Predictor
from dankmeme.storage import Storage, images, predictions, versions
from dankmeme.storage.bucket import ORIGINAL, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.images import ImageFacts
from dankmeme.storage.predictions import FAILED, SUCCESS
from dankmeme.storage.tables import captions, feed, near_duplicates
from dankmeme.storage.tables import predictions as table
from tests.pipeline.memes import captioned_over, jpeg, meme
from tests.storage.making import a_post, rows, show

VERSION = Bundle.default().version
MODELS = ("automl", "cnn", "verdict")


def at(*folders: Path | None) -> list[Place]:
    """The places of bundles; that of the one that ships where none is named."""
    found = [folder or Bundle.default_folder() for folder in folders or (None,)]
    return [Place(folder, str(folder)) for folder in found]


class Watched(Eyes):
    """Real processes that decode and read; it is counted what they do, and they can be blind to words for a while."""

    def __init__(self) -> None:
        super().__init__(workers=1, readers=1)
        self.decoded = self.read_ones = 0
        self.blind = False

    def prepare(self, data: bytes, side: int, *, keep_picture: bool) -> Prepared:
        self.decoded += 1
        return super().prepare(data, side, keep_picture=keep_picture)

    def read(self, pixels: NDArray[np.uint8]) -> Caption | None:
        self.read_ones += 1
        return None if self.blind else super().read(pixels)

    def forget(self) -> None:
        self.decoded = self.read_ones = 0
        self.blind = False


@pytest.fixture(scope="module")
def the_eyes() -> Iterator[Watched]:
    eyes = Watched()
    yield eyes
    eyes.close()


@pytest.fixture
def eyes(the_eyes: Watched) -> Watched:
    the_eyes.forget()
    return the_eyes


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    database = Database(f"sqlite:///{tmp_path / 'dank.db'}")
    database.migrate()
    with Storage(database, Bucket(str(tmp_path / "bucket"))) as storage:
        yield storage


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The bundle under another version."""
    folder = Path(shutil.copytree(Bundle.default().folder, tmp_path / "copy"))
    rewrite(folder, version="copy")
    return folder


def rewrite(folder: Path, **changed: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


COPY = f"{Bundle.default().manifest.name}-copy"


def put(storage: Storage, *numbers: int) -> list[str]:
    """Store drawn memes, each shown by a post; their hashes."""
    found = []
    for number in numbers:
        data = jpeg(meme(number))
        kept = keep(data)
        look = bytes.fromhex(kept.pdq.hex), kept.pdq.quality, kept.detail
        facts = ImageFacts(kept.sha256, *look, kept.format, kept.width, kept.height, kept.animated, len(data))
        storage.bucket.put(kept.sha256, {ORIGINAL: data})
        images.add(storage.database, [facts])
        show(storage.database, a_post(f"p{number}"), kept.sha256)
        found.append(kept.sha256)
    return found


class Process:
    """A process that predicts."""

    def __init__(self, storage: Storage, eyes: Eyes, *folders: Path | None) -> None:
        self._storage, self.patience = storage, Patience()
        self.predictors = Predictors(lambda: at(*folders), eyes)
        self._predictor = Predictor(storage.database, storage.bucket, self.predictors, self.patience, None)
        self.adopt = self._predictor.adopt

    def work(self) -> None:
        """Do all that is wanted."""
        try:
            for chunk in predictions.pending_chunks(self._storage.database):
                self._predictor.predict(chunk)
        finally:
            self._predictor.close()
            self._predictor = Predictor(
                self._storage.database, self._storage.bucket, self.predictors, self.patience, None
            )


def said(storage: Storage, image: str, version: str = VERSION) -> dict[str, float | str | None]:
    """What each model of a bundle says of an image: a probability, or why there is none."""
    with storage.database.read() as connection:
        found = predictions.of_images(connection, [image])
    mine = [each for each in found if each.version == version]
    return {each.model: each.probability if each.state == SUCCESS else each.code for each in mine}


def test_a_stored_meme_gets_what_the_classifier_says_of_its_bytes(storage: Storage, eyes: Watched) -> None:
    process = Process(storage, eyes)
    process.adopt()
    (image,) = put(storage, 1)
    process.work()
    classifier = Classifier(eyes=eyes)
    with storage.database.read() as connection:
        found = predictions.of_images(connection, [image])
    assert [each.model for each in found] == list(MODELS)
    for each in found:
        verdict = classifier.classify(jpeg(meme(1)), model=each.model).verdict  # type: ignore[arg-type]
        want = [verdict.probability, verdict.low, verdict.high, verdict.percentile]
        assert [each.probability, each.low, each.high, each.percentile] == pytest.approx(want, abs=1e-6)
        assert (each.state, each.label, each.reason) == (SUCCESS, verdict.label, verdict.reason)
        assert each.milliseconds is not None
        assert each.milliseconds > 0
        assert each.made_utc == pytest.approx(time.time(), abs=60)
    classifier.close()
    ((words, verdict_shown),) = rows(storage.database, sa.select(feed.c.words, feed.c.verdict))
    assert "passes" in str(words)
    assert verdict_shown == said(storage, image)["verdict"]


def test_another_version_looks_at_no_picture_again_and_reads_none(storage: Storage, eyes: Watched, copy: Path) -> None:
    hashes = put(storage, 1, 2)
    first = Process(storage, eyes)
    first.adopt()
    first.work()
    assert (eyes.decoded, eyes.read_ones) == (3, 3)  # the bundle's own picture is the third
    second = Process(storage, eyes, None, copy)
    second.adopt()
    eyes.forget()
    second.work()
    assert (eyes.decoded, eyes.read_ones) == (1, 1)
    for image in hashes:
        assert said(storage, image, COPY) == pytest.approx(said(storage, image))


def put_copy(storage: Storage, name: str, data: bytes, of: str, bits: int, difference: float) -> str:
    """Store a picture that was found to be a near-duplicate of another; its hash."""
    kept = keep(data)
    look = bytes.fromhex(kept.pdq.hex), kept.pdq.quality, kept.detail
    facts = ImageFacts(kept.sha256, *look, kept.format, kept.width, kept.height, kept.animated, len(data))
    storage.bucket.put(kept.sha256, {ORIGINAL: data})
    images.add(storage.database, [facts])
    show(storage.database, a_post(name), kept.sha256)
    a, b = sorted((kept.sha256, of))
    with storage.database.write() as connection:
        connection.execute(sa.insert(near_duplicates).values(a=a, b=b, distance=bits, difference=difference))
    return kept.sha256


def test_a_copy_of_a_picture_that_was_read_is_not_read_again(storage: Storage, eyes: Watched) -> None:
    process = Process(storage, eyes)
    process.adopt()
    (first,) = put(storage, 1)
    process.work()
    eyes.forget()
    again = put_copy(storage, "again", jpeg(meme(1), quality=60), first, predict.COPY_BITS, predict.COPY_DIFFERENCE)
    process.work()
    assert (eyes.decoded, eyes.read_ones) == (1, 0)
    assert said(storage, again)["automl"] == pytest.approx(said(storage, first)["automl"], abs=0.1)
    assert rows(storage.database, sa.select(captions.c.image)) == [
        (first,)
    ]  # a copy's copy is compared with what was read


@pytest.mark.parametrize(
    ("bits", "difference"),
    [(predict.COPY_BITS + 1, predict.COPY_DIFFERENCE), (predict.COPY_BITS, predict.COPY_DIFFERENCE + 0.1)],
)
def test_a_near_duplicate_that_is_no_copy_is_read(
    storage: Storage, eyes: Watched, bits: int, difference: float
) -> None:
    process = Process(storage, eyes)
    process.adopt()
    (first,) = put(storage, 1)
    process.work()
    eyes.forget()
    other = put_copy(storage, "other", captioned_over(1), first, bits, difference)
    process.work()
    assert eyes.read_ones == 1
    words = dict(rows(storage.database, sa.select(captions.c.image, captions.c.text)))
    assert "nobody" in words[other].lower()
    assert "nobody" not in words[first].lower()


def damage(folder: Path, name: str) -> bytes:
    """Flip a bit of a file; what was in it."""
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    return whole


def faults(storage: Storage) -> dict[str, bool]:
    return {each.model: each.fault is not None for each in versions.everyone(storage.database) if each.active}


def test_a_damaged_model_fails_alone_and_is_asked_again_once_it_is_mended(
    storage: Storage, eyes: Watched, copy: Path
) -> None:
    whole = damage(copy, "automl.onnx")
    process = Process(storage, eyes, copy)
    process.adopt()
    assert faults(storage) == {"automl": True, "cnn": False, "verdict": True}
    (image,) = put(storage, 1)
    process.work()
    found = said(storage, image, COPY)
    assert (found["automl"], found["verdict"]) == ("bundle-damaged", "bundle-damaged")
    assert isinstance(found["cnn"], float)
    assert process.adopt() == []
    (copy / "automl.onnx").write_bytes(whole)
    assert len(process.adopt()) == 1
    process.work()
    assert all(isinstance(each, float) for each in said(storage, image, COPY).values())
    assert faults(storage) == dict.fromkeys(MODELS, False)


def test_a_bundle_that_is_gone_says_so_until_it_is_back(storage: Storage, eyes: Watched, copy: Path) -> None:
    Process(storage, eyes, copy).adopt()
    away = copy.rename(copy.with_name("away"))
    process = Process(storage, eyes, copy)
    assert process.adopt() == []
    (image,) = put(storage, 1)
    process.work()
    assert said(storage, image, COPY) == dict.fromkeys(MODELS, "bundle-missing")
    away.rename(copy)
    process.adopt()
    process.work()
    assert all(isinstance(each, float) for each in said(storage, image, COPY).values())


def test_a_bundle_that_goes_while_it_is_used_goes_on_predicting(storage: Storage, eyes: Watched, copy: Path) -> None:
    process = Process(storage, eyes, copy)
    process.adopt()
    (first,) = put(storage, 1)
    process.work()
    shutil.rmtree(copy)
    process.adopt()
    assert faults(storage) == dict.fromkeys(MODELS, True)
    (second,) = put(storage, 2)
    process.work()
    for image in (first, second):
        assert all(isinstance(each, float) for each in said(storage, image, COPY).values())


def test_a_bundle_that_says_something_else_than_in_training_must_not_predict(
    storage: Storage, eyes: Watched, copy: Path
) -> None:
    whole = (copy / "selftest.json").read_bytes()
    manifest = json.loads((copy / "manifest.json").read_text())
    other = json.dumps(json.loads(whole) | {"cnn": 0.123}).encode()
    (copy / "selftest.json").write_bytes(other)
    rewrite(copy, files=manifest["files"] | {"selftest.json": hashlib.sha256(other).hexdigest()})
    process = Process(storage, eyes, copy)
    process.adopt()
    (image,) = put(storage, 1)
    process.work()
    assert said(storage, image, COPY) == dict.fromkeys(MODELS, "bundle-damaged")
    process.adopt()
    assert faults(storage) == dict.fromkeys(MODELS, True)
    (copy / "selftest.json").write_bytes(whole)
    rewrite(copy, files=manifest["files"])
    process.adopt()
    process.work()
    assert all(isinstance(each, float) for each in said(storage, image, COPY).values())


def test_a_caption_that_cannot_be_read_costs_only_what_needs_it_and_is_tried_once(
    storage: Storage, eyes: Watched
) -> None:
    process = Process(storage, eyes)
    process.adopt()
    (image,) = put(storage, 1)
    eyes.blind = True
    process.work()
    found = said(storage, image)
    assert (found["automl"], found["verdict"]) == ("caption-failed", "caption-failed")
    assert isinstance(found["cnn"], float)
    assert eyes.read_ones == 2  # of the bundle's own picture, and of this one
    assert rows(storage.database, sa.select(captions)) == []
    eyes.forget()
    predictions.retry(storage.database, "caption-failed")
    process.work()
    assert all(isinstance(each, float) for each in said(storage, image).values())
    assert said(storage, image)["cnn"] == found["cnn"]


def test_a_picture_that_is_not_in_the_bucket_fails_alone(storage: Storage, eyes: Watched) -> None:
    process = Process(storage, eyes)
    process.adopt()
    lost, fine = put(storage, 1, 2)
    storage.bucket.remove(lost)
    process.work()
    assert said(storage, lost) == dict.fromkeys(MODELS, "image-missing")
    assert all(isinstance(each, float) for each in said(storage, fine).values())


def test_a_picture_that_breaks_something_fails_alone(
    storage: Storage, eyes: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process(storage, eyes)
    process.adopt()
    bad, fine = put(storage, 1, 2)
    real = storage.bucket.get
    monkeypatch.setattr(Bucket, "get", lambda _, name, kind: real(name, kind) if name == fine else 1 // 0)
    process.work()
    assert {said(storage, bad)[model] for model in MODELS} <= {"internal-error", "model-failed"}
    assert all(isinstance(each, float) for each in said(storage, fine).values())


def test_work_that_was_interrupted_goes_on_where_it_was(
    storage: Storage, eyes: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "TOGETHER", 1)
    process = Process(storage, eyes)
    process.adopt()
    hashes = put(storage, 1, 2, 3)
    with storage.database.write() as connection:  # all in one piece of work
        connection.execute(sa.update(table).values(chunk="one"))
    real, asked = storage.bucket.get, []

    def get(_: Bucket, name: str, kind: str) -> bytes | None:
        asked.append(name)
        if len(asked) == 2:
            process.patience.stop()
        return real(name, kind)

    monkeypatch.setattr(Bucket, "get", get)
    with pytest.raises(Stopped):
        process.work()
    before = {image: said(storage, image) for image in hashes}
    done = [image for image, found in before.items() if all(isinstance(each, float) for each in found.values())]
    assert 1 <= len(done) < 3
    eyes.forget()
    again = Process(storage, eyes)
    again.adopt()
    again.work()
    assert eyes.decoded == 1 + 3 - len(done)
    for image in hashes:
        assert all(isinstance(each, float) for each in said(storage, image).values())


def test_without_captions_the_cnn_alone_predicts(storage: Storage) -> None:
    blind = Eyes(captions=False, workers=1)
    process = Process(storage, blind)
    process.adopt()
    (image,) = put(storage, 1)
    process.work()
    blind.close()
    assert list(said(storage, image)) == ["cnn"]
    assert isinstance(said(storage, image)["cnn"], float)


def test_a_person_can_have_made_what_was_not_said_yet(storage: Storage, eyes: Watched) -> None:
    hashes = put(storage, 1, 2)
    storage.bucket.remove(hashes[1])
    told: list[int] = []
    with Forecasting(storage, Predictors(at, eyes), None) as forecasting:
        assert forecasting.want() == 2
        assert forecasting.work(told.append) == (3, 3)
    assert told == [2]
    assert set(said(storage, hashes[1]).values()) == {"image-missing"}
    assert FAILED not in said(storage, hashes[0]).values()


def test_what_cannot_be_had_here_now_is_left_to_others_and_fails_nothing(
    storage: Storage, eyes: Watched, copy: Path
) -> None:
    here, there = Process(storage, eyes), Process(storage, eyes, None, copy)
    there.adopt()
    (image,) = put(storage, 1)

    def away(version: str) -> Bundle | None:
        raise OSError("the bucket is away")

    here.predictors._find = away
    here.predictors.offers()
    here.work()
    assert said(storage, image)["cnn"] is not None
    assert said(storage, image, COPY) == dict.fromkeys(MODELS)
    assert predictions.pending_chunks(storage.database)
    there.work()
    assert None not in said(storage, image, COPY).values()
    assert predictions.pending_chunks(storage.database) == []


def test_a_bundle_that_is_not_in_use_is_brought_for_work_of_its_time(
    storage: Storage, eyes: Watched, copy: Path
) -> None:
    both, one = Process(storage, eyes, None, copy), Process(storage, eyes)
    both.adopt()
    (image,) = put(storage, 1)
    one.predictors._find = lambda version: Bundle(copy) if version == COPY else None
    one.predictors.offers()
    one.work()
    assert None not in said(storage, image, COPY).values()
