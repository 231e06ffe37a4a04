"""One model takes another's place under load: every question is answered, and by one model alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from dankmeme.api.serving import Serving
from dankmeme.errors import BundleError
from dankmeme.models.bundle import Bundle
from dankmeme.models.classifier import Classifier
from dankmeme.models.eyes import Eyes
from tests.bundles import spoil, variant
from tests.faults.waiting import wait_until

CLIENTS = 16


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    with closing(Eyes(captions=False, workers=2)) as eyes:
        yield eyes


@pytest.fixture
def serving(eyes: Eyes) -> Iterator[Serving]:
    serving = Serving(eyes, Classifier(eyes=eyes))
    yield serving
    assert isinstance(serving.classifier, Classifier)
    serving.classifier.close()


def test_under_load_each_answer_is_of_one_model_and_none_is_lost(
    serving: Serving, eyes: Eyes, examples: list[Path], tmp_path: Path
) -> None:
    other = variant(tmp_path / "2", "2", of=0.5, eyes=eyes)
    said: dict[str, float] = {}
    for bundle in (Bundle.default(), other):
        with closing(Classifier(bundle, eyes=eyes)) as classifier:
            said[bundle.version] = classifier.classify(examples[0]).verdict.probability
    assert len({round(each, 3) for each in said.values()}) == 2
    stop, answers = threading.Event(), list[tuple[str, float]]()

    def ask() -> None:
        while not stop.is_set():
            with serving.asked() as classifier:
                found = classifier.classify(examples[0])
            answers.append((found.cnn.version, found.verdict.probability))

    with ThreadPoolExecutor(CLIENTS) as threads:
        asked = [threads.submit(ask) for _ in range(CLIENTS)]
        for bundle in (other, Bundle.default(), other):
            before = len(answers)
            wait_until(lambda before=before: len(answers) > before + 40, 60, "questions are answered")
            serving.take(bundle)
        wait_until(lambda: answers[-1][0] == "imgflip-2", 60, "the new one answers")
        time.sleep(0.2)
        stop.set()
        for each in asked:
            each.result()
    assert {version for version, _ in answers} == set(said)
    assert [each for each in answers if each[1] != pytest.approx(said[each[0]], abs=1e-6)] == []


def test_a_model_whose_place_was_taken_is_closed_after_its_last_question(serving: Serving, tmp_path: Path) -> None:
    with serving.asked() as before:
        serving.take(variant(tmp_path / "2", "2"))
        with serving.asked() as now:
            assert now is not before
        assert not before._batcher._closed
    wait_until(lambda: before._batcher._closed, 10, "it is closed")
    assert serving.is_proven


def test_a_model_that_was_proven_after_its_place_was_taken_makes_nobody_wait(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = variant(tmp_path / "2", "2")

    def slow(classifier: Classifier) -> None:
        if classifier is first:
            serving.take(other)

    first = serving.classifier
    monkeypatch.setattr("dankmeme.api.serving._prove", slow)
    serving.prove()
    assert serving.classifier is not first
    assert serving.is_proven


def test_a_model_that_fails_its_self_test_takes_nobodys_place(serving: Serving, tmp_path: Path) -> None:
    wrong = variant(tmp_path / "2", "2").folder
    (wrong / "selftest.json").write_text('{"caption": "", "cnn": 0.123, "automl": 0.123, "verdict": 0.123}')
    before = serving.classifier
    with pytest.raises(BundleError, match="self-test"):
        serving.take(Bundle(wrong, lenient=True))
    assert serving.classifier is before
    with serving.asked() as classifier:
        assert classifier is before


def test_without_a_model_questions_are_refused_until_one_is_there(eyes: Eyes, tmp_path: Path) -> None:
    serving = Serving(eyes, BundleError("bundle-missing", "there is none"))
    with pytest.raises(BundleError, match="there is none"), serving.asked():
        pass
    with pytest.raises(BundleError):
        serving.prove()
    assert not serving.is_proven
    serving.take(variant(tmp_path / "2", "2"))
    with serving.asked() as classifier:
        assert classifier.bundle.version == "imgflip-2"
    assert serving.is_proven
    classifier.close()


def test_a_damaged_bundle_cannot_even_be_opened(tmp_path: Path) -> None:
    folder = variant(tmp_path / "2", "2").folder
    spoil(folder / "cnn.onnx")
    with pytest.raises(BundleError) as caught:
        Bundle(folder)
    assert caught.value.code == "bundle-damaged"


def test_the_fault_of_a_model_whose_place_was_taken_is_nobodys(
    serving: Serving, eyes: Eyes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, first = variant(tmp_path / "2", "2", of=0.5, eyes=eyes), serving.classifier

    def prove(classifier: Classifier) -> None:
        if classifier is first:
            serving.take(other)  # the keeper is quicker than the self-test
            raise BundleError("bundle-damaged", "the bundle fails its self-test")

    monkeypatch.setattr("dankmeme.api.serving._prove", prove)
    with pytest.raises(BundleError):
        serving.prove()
    assert serving.is_proven
    assert serving.fault is None
