"""Title and clock: what they add is learnt, told beside the verdict, and never in it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from typer.testing import CliRunner

from dankmeme import Classifier
from dankmeme.api.app import create_app
from dankmeme.api.serving import Serving
from dankmeme.cli import app
from dankmeme.errors import BundleError, DankError, TrainingError
from dankmeme.images.fingerprint import sha256
from dankmeme.models.bundle import Bundle, Reading
from dankmeme.models.caption import Caption
from dankmeme.models.classifier import Classification
from dankmeme.models.context import READINGS, Posting, circles, context_features, moment_of
from dankmeme.models.eyes import Eyes
from dankmeme.models.selftest import POSTING, checks
from dankmeme.settings import Settings
from dankmeme.training.automl_bundle import AutomlPlan, train_automl
from dankmeme.training.cards import add_card
from dankmeme.training.context import Context, Posted, check_context, fit_context, postings_of
from dankmeme.training.dataset import load_dataset
from dankmeme.training.evaluate import auc
from dankmeme.training.examination import Examined, examine
from dankmeme.training.labels import Labels, ends
from dankmeme.training.pictures import keep_captions
from dankmeme.training.report import as_json, page
from dankmeme.training.sights import session_of
from dankmeme.training.split import Shares
from dankmeme.training.workshop import Data, Made, material_of, open_workshop
from tests.faults.waiting import wait_until
from tests.training.folders import HOUR, START, class_folders, row, write

pytestmark = [
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
BOTH: tuple[Reading, ...] = ("title", "clock")
MEMES = 220
GOOD, BAD = "an absolute masterpiece", "my boring holiday"


@dataclass(frozen=True)
class World:
    """Memes of which the title's words, the hour and the verdict each tell something."""

    posted: Posted
    odds: np.ndarray


def world(count: int, seed: int, *, title: float = 1.0, hour: float = 1.0) -> World:
    chance = np.random.default_rng(seed)
    odds, good = chance.normal(size=count), chance.random(count) < 0.5
    times = START + 86_400 * 30 * chance.random(count)
    score = odds + 2 * title * good + 1.5 * hour * np.sin(2 * np.pi * times / 86_400) + chance.normal(size=count)
    percentile = score.argsort().argsort() / (count - 1)
    titles = [f"{GOOD if each else BAD} {number}" for number, each in enumerate(good)]
    postings = [Posting(name, time) for name, time in zip(titles, times.tolist(), strict=True)]
    return World(Posted(postings, Labels(percentile, *ends(percentile), "score")), odds)


def said(context: Context, asked: World, reads: tuple[Reading, ...]) -> np.ndarray:
    titles = session_of(context.graphs["title.onnx"]) if "title" in reads else None
    features = context_features(asked.odds, asked.posted.postings, reads, titles)
    found: np.ndarray = session_of(context.graphs["context.onnx"]).run(["probability"], {"features": features})[0]
    return found


def ranks(asked: World, score: np.ndarray) -> float:
    at = asked.posted.labels.ends
    return auc(asked.posted.labels.dank[at], score[at])


@pytest.mark.parametrize(("reads", "gain"), [(("title",), 0.05), (("clock",), 0.05), (BOTH, 0.12)])
def test_titles_and_hours_that_matter_rank_beyond_the_verdict(
    tmp_path: Path, reads: tuple[Reading, ...], gain: float
) -> None:
    learnt, calibrate, asked = world(250, 1), world(1_000, 2), world(1_000, 3)
    found = said(fit_context(reads, learnt.posted, calibrate.posted, calibrate.odds, tmp_path), asked, reads)
    assert ranks(asked, found) > ranks(asked, asked.odds) + gain
    assert found.mean() == pytest.approx(0.30, abs=0.04)


def test_an_hour_of_another_day_of_the_week_is_not_thrown_far_out(tmp_path: Path) -> None:
    """The memes that the clock is fitted on may come from two days alone."""
    each = world(40, 2, title=0.0, hour=0.0)
    moments = np.linspace(START, START + 2 * 86_400, 40)
    posted = Posted([Posting(None, moment) for moment in moments.tolist()], each.posted.labels)
    later = Posted([Posting(None, moment + 4 * 86_400) for moment in moments.tolist()], each.posted.labels)
    context = fit_context(("clock",), posted, posted, np.zeros(40), tmp_path)
    found = said(context, World(later, np.zeros(40)), ("clock",))
    assert 0.05 < found.min() < found.max() < 0.8


def test_titles_and_hours_that_tell_nothing_cost_little(tmp_path: Path) -> None:
    nothing = {"title": 0.0, "hour": 0.0}
    learnt, calibrate, asked = (world(count, seed, **nothing) for count, seed in ((250, 1), (300, 2), (1_000, 3)))
    found = said(fit_context(BOTH, learnt.posted, calibrate.posted, calibrate.odds, tmp_path), asked, BOTH)
    assert ranks(asked, found) == pytest.approx(ranks(asked, asked.odds), abs=0.03)


def test_columns_stand_in_one_order_whatever_is_asked_for_first(tmp_path: Path) -> None:
    each = world(80, 1)
    titles = session_of(fit_context(BOTH, each.posted, each.posted, each.odds, tmp_path).graphs["title.onnx"])
    rows = context_features(each.odds, each.posted.postings, BOTH, titles)
    assert rows.shape == (80, 8)
    np.testing.assert_array_equal(rows, context_features(each.odds, each.posted.postings, ("clock", "title"), titles))
    np.testing.assert_allclose(rows[:, 0], each.odds, rtol=1e-6)
    assert rows[[GOOD in (posting.title or "") for posting in each.posted.postings], 1].min() > 0.3


def test_a_day_and_a_week_later_the_clock_stands_as_before() -> None:
    now, day, week = circles(np.array([START, START + 86_400, START + 7 * 86_400]))
    np.testing.assert_allclose(now, week, atol=1e-9)
    np.testing.assert_allclose(now[:4], day[:4], atol=1e-9)
    assert abs(now[4:] - day[4:]).max() > 0.3


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23 18:00", 1_795_456_800.0),
        ("2026-11-23T18:00:00Z", 1_795_456_800.0),
        (" 2026-11-23T19:00:00+01:00 ", 1_795_456_800.0),
    ],
)
def test_a_time_is_utc_unless_it_says(text: str, moment: float) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize("text", ["", "soon", "2026-11-23", "18:00", "2026-13-01 18:00"])
def test_a_time_that_is_none_is_refused_with_one_that_would_do(text: str) -> None:
    with pytest.raises(DankError, match="2026-11-23 18:00") as caught:
        moment_of(text)
    assert caught.value.code == "bad-time"


@pytest.mark.parametrize(("posting", "code"), [(Posting(" ", START), "no-titles"), (Posting("well", None), "no-times")])
def test_memes_that_do_not_tell_what_is_to_be_read_are_refused(posting: Posting, code: str) -> None:
    labels = world(90, 1).posted.labels
    parts = np.array(["fit", "choose", "calibrate"] * 30)
    with pytest.raises(TrainingError, match="leave out") as caught:
        check_context(BOTH, Posted([posting] * 90, labels), parts)
    assert caught.value.code == code
    check_context((), Posted([posting] * 90, labels), parts)


def test_names_of_files_are_no_titles(tmp_path: Path) -> None:
    posts = load_dataset(class_folders(tmp_path / "sorted", 3, 3)).posts
    assert {posting.title for posting in postings_of(posts)} == {None}


@dataclass(frozen=True)
class Trained:
    """What came of a training in which titles decide, and of measuring it."""

    made: Made
    found: Examined
    folder: Path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    home = tmp_path_factory.mktemp("home")
    chance = np.random.default_rng(4)
    good = chance.random(MEMES) < 0.4
    rows = [
        row(number, title=GOOD if each else BAD, score=int(600 * each + 400 * chance.random()))
        for number, each in enumerate(good)
    ]
    folder = write(home / "memes", rows)
    with open_workshop(home, threads=2) as shop:
        pictures = (file.read_bytes() for file in folder.glob("*.jpg"))
        keep_captions({sha256(each): Caption(()) for each in pictures}, shop.cache)  # reading is for other tests
        data = Data(folder, Shares(test=0.25, kept=0.0))
        plan = AutomlPlan(data, Bundle.default(), trials=1, context=BOTH)
        made = train_automl(plan, material_of(data, shop), shop)
        yield Trained(made, examine(made.bundle, folder, shop, pictures=False), folder)


@pytest.fixture(scope="module")
def classifier(trained: Trained) -> Iterator[Classifier]:
    with Classifier(trained.made.bundle, workers=1, readers=1) as classifier:
        yield classifier


@pytest.fixture(scope="module")
def client(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Asks the app over a real connection."""
    home, bundle = tmp_path_factory.mktemp("served"), classifier.bundle.folder
    settings = Settings(home=home, bundle=bundle, work=False, rate_limit=0)
    served = create_app(settings, Serving(Eyes(captions=False, workers=1), classifier))
    server = uvicorn.Server(uvicorn.Config(served, port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, 20, "the app is served")
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield client
    server.should_exit = True
    thread.join(20)


def test_the_context_model_is_measured_apart_from_the_others(trained: Trained) -> None:
    report = trained.found.report
    assert report.context is not None
    assert report.context.name == "with title and clock"
    assert set(report.evaluation.models) == set(trained.found.forecasts) == {"cnn", "automl", "verdict"}
    assert set(report.context.evaluation.models) == {"with title and clock"}
    assert report.context.evaluation.models["with title and clock"].figures["auc"].value > 0.9
    assert report.context.contrast.comparison.better
    assert "with title" not in report.headline
    assert page(report).index("With title and clock") > page(report).index("<h2>Figures</h2>")
    assert as_json(report)["context"]["evaluation"]["rows"] == report.evaluation.rows


def test_its_card_tells_of_it_in_a_section_of_its_own(trained: Trained) -> None:
    add_card(trained.made.bundle, trained.found.report)
    card = (trained.made.bundle.folder / "card.md").read_text()
    assert "### With title and clock" in card
    assert "With title and clock" not in json.dumps(trained.made.bundle.figures()["shown"])


def test_the_bundle_says_what_it_reads_and_brings_no_graph_without_need(trained: Trained) -> None:
    bundle = trained.made.bundle
    assert bundle.manifest.context == bundle.context_reads == BOTH
    assert {"title.onnx", "context.onnx"} <= set(bundle.manifest.files)
    assert trained.made.facts["context"]["memes"] == int((trained.made.material.parts == "calibrate").sum())
    assert Bundle.default().context_reads == ()


def test_library_command_and_http_say_what_training_said(
    trained: Trained, classifier: Classifier, client: httpx.Client
) -> None:
    bundle = trained.made.bundle
    picture = bundle.folder / "selftest.jpg"
    want = json.loads((bundle.folder / "selftest.json").read_text())["context"]
    title, when = str(POSTING.title), "2026-11-20 18:00"
    library = classifier.classify(picture, title=title, posted_utc=POSTING.posted_utc)
    command = ["classify", "--json", "--bundle", str(bundle.folder), "--title", title, "--at", when, str(picture)]
    said = CliRunner().invoke(app, command)
    answers = [json.loads(said.stdout), ask(client, picture, title=title, posted_at=f"{when}Z").json()]
    assert library.context is not None
    assert library.context.probability == pytest.approx(want, abs=1e-4)
    for answer in answers:
        assert answer["context"] == {
            "probability": pytest.approx(want, abs=1e-4),
            "version": bundle.version,
            "reads": ["title", "clock"],
        }
        assert set(answer["models"]) == {"cnn", "automl"}
    passed = {check.name: check.passed for check in checks(classifier)}
    assert passed["context"]
    assert all(passed.values())


def test_title_and_time_move_the_context_and_never_the_verdict(trained: Trained, classifier: Classifier) -> None:
    picture = trained.made.bundle.folder / "selftest.jpg"
    plain = classifier.classify(picture)
    good = classifier.classify(picture, title=GOOD, posted_utc=START)
    bad = classifier.classify(picture, title=BAD, posted_utc=START)
    later = classifier.classify(picture, title=GOOD, posted_utc=START + 6 * HOUR)
    assert plain.context is None
    assert good.context is not None
    assert bad.context is not None
    assert later.context is not None
    assert good.context.probability > bad.context.probability + 0.2
    assert good.context.probability != later.context.probability
    for each in (good, bad, later):
        assert (each.verdict, each.cnn, each.automl) == (plain.verdict, plain.cnn, plain.automl)


def test_without_all_that_is_read_there_is_no_context(
    trained: Trained, classifier: Classifier, client: httpx.Client
) -> None:
    picture = trained.made.bundle.folder / "selftest.jpg"
    for title, moment in ((GOOD, None), (None, START), (" ", START)):
        (result,) = classifier.classify_many([picture], title=title, posted_utc=moment)
        assert isinstance(result, Classification)
        assert result.context is None
    assert ask(client, picture).json()["context"] is None


def test_a_bad_time_or_title_over_http_is_a_clear_problem(trained: Trained, client: httpx.Client) -> None:
    picture = trained.made.bundle.folder / "selftest.jpg"
    late = ask(client, picture, title=GOOD, posted_at="tomorrow")
    long = ask(client, picture, title="x" * 2_001)
    assert (late.status_code, late.json()["code"]) == (422, "bad-time")
    assert (long.status_code, long.json()["code"]) == (422, "invalid-request")


def test_the_table_has_one_more_line_only_where_there_is_a_context(trained: Trained) -> None:
    bundle, picture = trained.made.bundle, trained.made.bundle.folder / "selftest.jpg"
    command = ["classify", "--no-captions", "--bundle", str(bundle.folder), str(picture)]
    with_it = CliRunner().invoke(app, [*command, "--title", GOOD, "--at", "2026-11-23 18:00"])
    without = CliRunner().invoke(app, [*command, "--title", GOOD])
    assert "with title and clock:" in with_it.stdout
    assert "with title" not in without.stdout
    assert "not all of it is given: title and time change nothing" in without.stderr


def test_a_bad_time_on_the_command_line_is_wrong_usage() -> None:
    run = CliRunner().invoke(app, ["classify", "--at", "noon", "meme.jpg"])
    assert run.exit_code == 2
    assert "--at" in run.stderr


def test_damage_concerns_the_context_alone(trained: Trained, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained.made.bundle.folder, tmp_path / "bundle"))
    (copy / "title.onnx").unlink()
    with pytest.raises(BundleError):
        Bundle(copy)
    bundle = Bundle(copy, lenient=True)
    assert "title.onnx" in str(bundle.fault("context"))
    assert [bundle.fault(model) for model in ("cnn", "automl", "verdict")] == [None] * 3
    assert bundle.context_reads == ()
    bundle.load()


def test_a_manifest_cannot_leave_the_context_graph_unchecked(trained: Trained, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained.made.bundle.folder, tmp_path / "bundle"))
    manifest: dict[str, Any] = json.loads((copy / "manifest.json").read_text())
    del manifest["files"]["context.onnx"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="does not list"):
        Bundle(copy, lenient=True)


def test_everything_that_may_be_read_can_be_asked_for() -> None:
    from dankmeme.cli.train import Beside

    assert tuple(each.value for each in Beside) == READINGS


def ask(client: httpx.Client, picture: Path, **fields: str) -> httpx.Response:
    return client.post("/api/v1/classify", files={"file": picture.read_bytes()}, data=fields)
