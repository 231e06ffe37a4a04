from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from dankmeme import Classifier, Failure
from dankmeme.errors import ImageError
from dankmeme.models.classifier import Classification, Named
from dankmeme.models.selftest import checks


@pytest.fixture(scope="module")
def classifier() -> Iterator[Classifier]:
    with Classifier(workers=1, readers=1) as made:
        yield made


def test_the_bundle_says_here_what_it_said_in_training(classifier: Classifier) -> None:
    found = checks(classifier)
    assert [check.name for check in found if not check.passed] == []
    assert len(found) == 5


def test_path_bytes_and_picture_give_the_same_verdict(classifier: Classifier, examples: list[Path]) -> None:
    by_path = classifier.classify(examples[0])
    by_bytes = classifier.classify(examples[0].read_bytes())
    with Image.open(examples[0]) as picture:
        by_picture = classifier.classify(picture)
    assert by_bytes.verdict == by_path.verdict
    assert by_picture.verdict.probability == pytest.approx(by_path.verdict.probability, abs=0.1)
    assert by_bytes.sha256 == by_path.sha256


def test_many_come_back_in_order_with_failures_in_their_place(classifier: Classifier, examples: list[Path]) -> None:
    inputs = [examples[0], b"no picture", examples[1], Path("nowhere.png"), examples[2]]
    results = list(classifier.classify_many(inputs))
    assert [result.input for result in results] == [
        str(examples[0]),
        "bytes",
        str(examples[1]),
        "nowhere.png",
        str(examples[2]),
    ]
    assert [result.code for result in results if isinstance(result, Failure)] == ["not-an-image", "file-missing"]


def test_a_batch_says_the_same_as_one_at_a_time(classifier: Classifier, examples: list[Path]) -> None:
    alone = [classifier.classify(path) for path in examples]
    together = list(classifier.classify_many(examples * 3))
    for one, other in zip(alone * 3, together, strict=True):
        assert isinstance(other, Classification)
        assert other.verdict.probability == pytest.approx(one.verdict.probability, abs=1e-4)
        assert other.cnn.probability == pytest.approx(one.cnn.probability, abs=1e-4)


def test_giving_the_caption_as_it_was_read_changes_nothing_and_another_one_does(
    classifier: Classifier, examples: list[Path]
) -> None:
    read = classifier.classify(examples[0])
    assert read.caption_source == "read"
    same = classifier.classify(examples[0], caption=read.caption)
    other = classifier.classify(examples[0], caption="you and my wife and the democrats walk into a bar " * 4)
    assert same.verdict == read.verdict
    assert same.caption_source == "given"
    assert other.automl is not None
    assert read.automl is not None
    assert other.automl.probability != read.automl.probability
    assert other.cnn == read.cnn


def test_the_cnn_can_answer_alone(classifier: Classifier, examples: list[Path]) -> None:
    result = classifier.classify(examples[0], model="cnn")
    assert result.automl is None
    assert result.caption is None
    assert result.verdict.probability == result.cnn.probability


def test_a_classifier_without_captions_starts_no_reader_and_refuses_the_automl_model(examples: list[Path]) -> None:
    with Classifier(captions=False, workers=1) as classifier:
        assert classifier.classify(examples[0]).caption_source == "none"
        with pytest.raises(ImageError) as caught:
            classifier.classify(examples[0], model="automl")
    assert caught.value.code == "no-caption-reader"


def test_a_named_input_is_loaded_when_its_turn_comes_and_may_fail(classifier: Classifier, examples: list[Path]) -> None:
    def refuse() -> bytes:
        raise ImageError("empty", "there is nothing")

    good, bad = classifier.classify_many([Named("good", examples[0].read_bytes), Named("bad", refuse)])
    assert (good.input, bad.input) == ("good", "bad")
    assert isinstance(bad, Failure)


def test_a_picture_without_text_still_gets_a_verdict(classifier: Classifier) -> None:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((400, 300)).save(out, "PNG")
    result = classifier.classify(out.getvalue())
    assert result.caption == ""
    assert result.automl is not None
