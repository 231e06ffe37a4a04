"""From a folder of memes to forecasts: the commands that train and measure, as people call them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from dankmeme.cli import app
from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.settings import settings
from dankmeme.training.bundling import read_facts
from dankmeme.training.forecasting import forecasts, look_through, raw_scores
from dankmeme.training.pictures import keep_captions
from dankmeme.training.place import Place
from dankmeme.training.workshop import Data, Workshop, material_of
from tests.conftest import free_port
from tests.faults.processes import Command, environment
from tests.faults.running import long
from tests.faults.waiting import wait_until
from tests.training.drawn import COUNT, SHARES, memes
from tests.training.folders import picture, row, write

SECONDS = 240
READ = tuple(memes()[COUNT - 4 :])
"""Memes of the test part whose captions are read for real; those of the others are known beforehand."""
NEAR = 1e-4
TESTED = 52
QUICK = ("--fine-tune", "0", "--epochs", "2", "--threads", "1", *SHARES)
BRIEF = ("--trials", "6", "--budget", "0.01", "--threads", "1", *SHARES)


@dataclass(frozen=True)
class Trained:
    """What training made: a bundle of the image model alone, and one of both."""

    home: Path
    data: Path
    cnn: Bundle
    both: Bundle


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, workers_find_the_code: None) -> Trained:
    """Trained by the commands, on memes whose makers have names in any script."""
    home, data = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("data") / "größte Мемы"
    write(data, [meme.row(author=f"作者 {meme.number % 9}") for meme in memes()], lambda place: memes()[place].picture)
    read_beforehand(home)
    dank(home, "train", "cnn", "--data", str(data), *QUICK)
    said = dank(home, "train", "automl", "--data", str(data), *BRIEF)
    assert "taking the image model of gr-te" in said
    bundles = [Bundle(path.parent) for path in (home / "models").glob("*/manifest.json")]
    (cnn,) = [bundle for bundle in bundles if not bundle.reads_captions]
    (both,) = [bundle for bundle in bundles if bundle.reads_captions]
    return Trained(home, data, cnn, both)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A home where nothing is yet, for commands in this process."""
    monkeypatch.setenv("DANK_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture
def at_home(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands in this process are at home where all was trained."""
    monkeypatch.setenv("DANK_HOME", str(trained.home))
    settings.cache_clear()
    yield
    settings.cache_clear()


def read_beforehand(home: Path) -> None:
    """Tell a home the captions of all but a few memes: to read one takes longer than all else."""
    with Place(home).cache() as cache:
        keep_captions({meme.key: meme.caption for meme in memes() if meme not in READ}, cache)


def dank(home: Path, *arguments: str, code: int = 0) -> str:
    """Call `dank` and wait for it; what it printed."""
    with Command(arguments, environment(home=str(home))) as command:
        assert command.wait(SECONDS) == code, command.stdout + command.stderr
        assert "Traceback" not in command.stderr
        return command.stdout


def known_by_training(trained: Trained, bundle: Bundle) -> dict[str, dict[str, float]]:
    """What the trainer's own code says of the memes that were read, by picture and model."""
    with Place(trained.home).cache() as cache, closing(Eyes(workers=1, readers=1)) as eyes:
        shop = Workshop(Place(trained.home), cache, eyes, lambda *_: None, lambda _: None)
        material = material_of(Data(trained.data), shop)
        last = material.at(material.rows("kept")[-len(READ) :])
        assert list(last.keys) == [meme.key for meme in READ]
        said = forecasts(bundle, raw_scores(bundle, look_through(bundle, read_facts(bundle)["trunk"], last, shop)))
    return {
        key: {model: float(found.probability[place]) for model, found in said.items()}
        for place, key in enumerate(last.keys)
    }


def said_by_command(trained: Trained, bundle: Bundle) -> dict[str, dict[str, float]]:
    """The same by `dank classify`, which also says of the bundle's own picture what was written into the bundle."""
    files = [str(trained.data / f"{meme.number}.jpg") for meme in READ]
    printed = dank(
        trained.home, "classify", "--json", "--bundle", str(bundle.folder), *files, str(bundle.folder / "selftest.jpg")
    )
    *said, own = map(json.loads, printed.splitlines())
    written = json.loads((bundle.folder / "selftest.json").read_text())
    assert flat(own) == pytest.approx({name: written[name] for name in flat(own)}, abs=NEAR)
    return {each["sha256"]: flat(each) for each in said}


def flat(said: dict[str, Any]) -> dict[str, float]:
    """Probabilities by model."""
    models = {name: each["probability"] for name, each in said["models"].items() if each}
    return models | {"verdict": said["verdict"]["probability"]}


def agree(one: dict[str, dict[str, float]], other: dict[str, dict[str, float]]) -> None:
    assert set(one) == set(other)
    for key, models in one.items():
        assert models == pytest.approx(other[key], abs=NEAR), key


def test_training_trainer_command_and_server_say_the_same(trained: Trained, tmp_path: Path) -> None:
    known = {bundle.version: known_by_training(trained, bundle) for bundle in (trained.cnn, trained.both)}
    for bundle, models in ((trained.cnn, {"cnn", "verdict"}), (trained.both, {"cnn", "automl", "verdict"})):
        assert set(known[bundle.version][READ[0].key]) == models
        agree(known[bundle.version], said_by_command(trained, bundle))
    own, port = tmp_path / "home", free_port()
    chosen = {"bundle": str(trained.cnn.folder), "bundles": str(trained.both.folder), "rate_limit": "0"}
    env = environment(home=str(own), caption_readers="1", decode_workers="1", **chosen)
    listed = write(tmp_path / "posts", [meme.row() for meme in READ], lambda place: READ[place].picture)
    with (
        Command(["serve", "--port", str(port)], env) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        server.until(lambda: ready(client), 120, "it is ready")
        asked = [client.post("/api/v1/classify", files={"file": meme.picture}).json() for meme in READ]
        agree(known[trained.cnn.version], {said["sha256"]: flat(said) for said in asked})
        about = client.get("/api/v1/model").json()
        assert about["name"] == trained.cnn.manifest.name
        assert about["figures"] == []
        dank_ingest(listed, env)
        for meme in READ:
            said = wait_until(
                lambda meme=meme: predicted(client, f"files:posts:m{meme.number}"), 60, "it is predicted", 0.2
            )
            for version, model in said:
                assert said[version, model] == pytest.approx(known[version][meme.key][model], abs=NEAR)
        assert client.get("/api/v1/status").json()["troubles"] == []
        assert client.get("/api/v1/ledger").status_code == 200


def dank_ingest(folder: Path, env: dict[str, str]) -> None:
    with Command(["ingest", "--queue-only", str(folder)], env) as command:
        assert command.wait(60) == 0, command.stderr


def ready(client: httpx.Client) -> bool:
    try:
        return client.get("/api/v1/ready").status_code == 200
    except httpx.TransportError:
        return False


def predicted(client: httpx.Client, post: str) -> dict[tuple[str, str], float]:
    """The probabilities of all versions, once all are there."""
    answer = client.get(f"/api/v1/posts/{post.replace(':', '%3A')}")
    found = answer.json()["predictions"] if answer.status_code == 200 else []
    done = {
        (each["version"], each["model"]): each["forecast"]["probability"]
        for each in found
        if each["state"] == "success"
    }
    return done if len(done) == 5 else {}


def test_evaluation_finds_what_was_learnt_and_writes_report_and_card(
    trained: Trained, tmp_path: Path, at_home: None
) -> None:
    for name, bundle in (("cnn", trained.cnn), ("both", trained.both)):
        folder = tmp_path / name
        report = evaluated(trained.data, bundle.folder, "--out", str(folder))
        assert report == json.loads((folder / "report.json").read_text())
        assert "<html" in (folder / "report.html").read_text()
        assert report["evaluation"]["rows"] == TESTED
        assert report["evaluation"]["models"]["verdict"]["figures"]["auc"]["value"] > 0.8
        audited = {each["name"]: each for each in report["audit"]["findings"]}
        shuffled = audited["learning from shuffled labels"]
        assert shuffled["passed"]
        assert float(shuffled["words"].rpartition(" gets ")[2]) > 0.8  # the same training does learn from true ones
        again = Bundle(bundle.folder)
        assert {"card.md", "figures.json"} <= set(again.manifest.files)
        assert again.figures()["shown"]
        assert again.version in (again.folder / "card.md").read_text()


def test_two_bundles_are_compared_on_memes_that_neither_has_seen(trained: Trained, at_home: None) -> None:
    command = ["compare", str(trained.both.folder), str(trained.cnn.folder), "--data", str(trained.data)]
    found = json.loads(done(*command, "--json", codes=(0, 1)))
    assert found["rows"] == TESTED
    assert {"one", "other"} <= set(found["figures"]["auc"])
    done(*command, "--model", "automl", codes=(2,))


@pytest.mark.parametrize("stop", ["kill", pytest.param("interrupt", marks=long)])
def test_a_search_that_was_stopped_goes_on(stop: str, trained: Trained) -> None:
    command = ["train", "automl", "--data", str(trained.data), "--cnn", str(trained.cnn.folder), "--name", stop]
    command += ["--trials", "9" if stop == "kill" else "10", "--budget", "5", "--threads", "1", *SHARES]
    env, before = environment(home=str(trained.home)), set((trained.home / "training").iterdir())

    def lines() -> list[str]:
        folders = [path for path in (trained.home / "training").iterdir() if path not in before]
        journals = [journal for path in folders for journal in path.glob("trials-*.jsonl")]
        return journals[0].read_text().splitlines() if journals else []

    with Command(command, env) as stopped:
        stopped.until(lambda: len(lines()) >= 3, SECONDS, "it searches")
        if stop == "kill":
            stopped.kill()
        else:
            stopped.interrupt()
            assert stopped.wait(30) == 130, stopped.stderr
            assert stopped.stderr.endswith("interrupted; the same command goes on where this stopped\n")
        assert "Traceback" not in stopped.stderr
    kept = [line for line in lines() if is_whole(line)]
    assert not list((trained.home / "models").glob(f"{stop}-*"))
    dank(trained.home, *command)
    whole = [line for line in lines() if is_whole(line)]
    assert whole[: len(kept)] == kept
    assert len(whole) == int(command[command.index("--trials") + 1])
    (made,) = (trained.home / "models").glob(f"{stop}-*")
    assert read_facts(Bundle(made))["automl"]["trials"] == len(whole)


def is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


@long
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_class_folders_are_trained_on_and_shuffled_labels_teach_nothing(
    trained: Trained, tmp_path: Path, at_home: None
) -> None:
    data = tmp_path / "two classes"
    for meme in memes():
        folder = data / ("dank" if meme.percentile > 0.5 else "not_dank")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{meme.number}.jpg").write_bytes(meme.picture)
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    done("train", "automl", "--data", str(data), *BRIEF, "--out", str(right))
    done("train", "cnn", "--data", str(data), *QUICK, "--out", str(wrong), "--shuffle-labels", "4")
    assert all(fold != 0.5 for fold in read_facts(Bundle(right))["automl"]["folds"])  # no fold has one class alone
    learnt, chance = (
        evaluated(data, bundle, "--no-pictures")["evaluation"]["models"]["verdict"]["figures"]["auc"]
        for bundle in (right, wrong)
    )
    assert learnt["value"] > 0.8
    assert chance["low"] <= 0.5 <= chance["high"] < learnt["value"]


def called(*arguments: str) -> Result:
    """What becomes of a command in this process."""
    run = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"})
    if run.exception is not None and not isinstance(run.exception, SystemExit):
        raise run.exception
    return run


def done(*arguments: str, codes: tuple[int, ...] = (0,)) -> str:
    """What a command prints that ends with one of these codes."""
    run = called(*arguments)
    assert run.exit_code in codes, run.output
    return run.stdout


def evaluated(data: Path, bundle: Path, *more: str) -> dict[str, Any]:
    """The report of `dank evaluate`; it ends with 1 where the audit found a leak."""
    run = called("evaluate", "--json", "--data", str(data), "--bundle", str(bundle), *more)
    report: dict[str, Any] = json.loads(run.stdout)
    leaks = [each for each in report["audit"]["findings"] if not each["passed"] and each["severity"] == "leak"]
    assert run.exit_code == (1 if leaks else 0), run.output
    return report


def refused(*arguments: str) -> tuple[str, str]:
    """Code and message of what a command says when it refuses."""
    run = called(*arguments)
    assert run.exit_code == 2, run.output
    said = re.search(r"^dank: (.*) \(([a-z-]+)\)$", run.stderr, re.MULTILINE)
    assert said, run.stderr
    return said[2], said[1]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("nowhere", "bad-posts-file"),
        ("ten", "too-few-images"),
        ("no scores", "no-scores"),
        ("one class", "one-class"),
        ("one score", "one-class"),
        ("broken", "broken-images"),
        ("addresses", "no-pictures"),
    ],
)
def test_a_dataset_that_nothing_can_be_learnt_from_is_refused_before_any_work(
    case: str, code: str, tmp_path: Path, fresh: Path
) -> None:
    data = tmp_path / case
    if case == "one class":
        for name, count in (("dank", 120), ("not_dank", 0)):
            (data / name).mkdir(parents=True)
            for number in range(count):
                (data / name / f"{number}.jpg").write_bytes(picture(number))
    elif case != "nowhere":
        some = {"no scores": {"score": None}, "one score": {"score": 1}}.get(case, {})
        more = {"url": "https://example.org/1.jpg", "file": None} if case == "addresses" else {}
        rows = [row(number, **some, **more) for number in range(10 if case == "ten" else 110)]
        write(data, rows, (lambda place: picture(place)[: 80 if place % 3 else None]) if case == "broken" else picture)
    found, message = refused("train", "automl", "--data", str(data))
    assert found == code
    assert str(data) in message
    assert not (fresh / "models").exists()
    assert not (fresh / "training").exists()


def test_a_place_for_a_bundle_that_holds_something_else_is_refused_before_any_work(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copied(trained, tmp_path, monkeypatch)
    before = sorted((home / "training").iterdir())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "beach.jpg").write_bytes(b"sand")
    command = ["train", "automl", "--data", str(trained.data), *SHARES, "--trials", "9"]
    assert refused(*command, "--out", str(tmp_path / "full"))[0] == "not-a-bundle"
    assert refused(*command, "--cnn", str(tmp_path / "full"))[0] == "bundle-missing"
    (tmp_path / "captions.jsonl").write_text("gibberish\n")
    assert refused(*command, "--captions", str(tmp_path / "captions.jsonl"))[0] == "bad-captions"
    assert sorted((home / "training").iterdir()) == before


def test_an_image_model_that_learnt_from_memes_that_are_kept_for_later_is_refused(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(trained, tmp_path, monkeypatch)
    command = ["train", "automl", "--data", str(trained.data), "--cnn", str(trained.cnn.folder)]
    code, message = refused(*command, "--test", "0.5", "--keep", "0")
    assert code == "leaking-cnn"
    assert trained.cnn.version in message


def test_a_cache_that_is_none_is_named(fresh: Path, tmp_path: Path) -> None:
    (fresh / "cache").mkdir(parents=True)
    (fresh / "cache" / "pictures.sqlite").write_text("a letter, and by no means short of words " * 40)
    assert refused("train", "automl", "--data", str(tmp_path))[0] == "bad-cache"


def copied(trained: Trained, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the home where all was trained, for commands in this process."""
    home = folder / "home"
    shutil.copytree(trained.home, home)
    monkeypatch.setenv("DANK_HOME", str(home))
    settings.cache_clear()
    return home
