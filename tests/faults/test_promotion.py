"""A model is promoted and rolled back on apps and workers that share no disk, while many clients ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest

from dankmeme.models.bundle import Bundle
from dankmeme.models.classifier import Classifier
from dankmeme.models.eyes import Eyes
from dankmeme.storage import answering, registry
from dankmeme.storage.database import Database
from dankmeme.storage.shelf import Shelf
from tests.bundles import variant
from tests.conftest import free_port
from tests.faults.postgres import Postgres
from tests.faults.processes import Command, environment
from tests.faults.running import PROVE
from tests.faults.s3 import S3Server
from tests.faults.table import Tally, Tried
from tests.faults.waiting import wait_until

EACH, CLIENTS = (2, 16) if PROVE else (1, 8)
"""So many apps, and as many workers, and clients."""
WITHIN_SECONDS = 30.0
SHIPPED = Bundle.default().version


@dataclass
class Load:
    """Clients that ask all the time.

    Attributes:
        answers: (version, probability) of each answer.
        asked: when the question of each answer was asked.
        faults: what else came back.
    """

    urls: list[str]
    picture: bytes
    answers: list[tuple[str, float]] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, number: int) -> None:
        with httpx.Client(base_url=self.urls[number % len(self.urls)], timeout=60) as client:
            while not self.stop.is_set():
                began = time.monotonic()
                try:
                    answer = client.post("/api/v1/classify", files={"file": self.picture})
                    self._keep(answer, began)
                except httpx.HTTPError as error:
                    self.faults.append(repr(error))

    def since(self, moment: float) -> list[str]:
        """The versions that answered what was asked after a moment."""
        found = zip(list(self.asked), list(self.answers), strict=False)
        return [version for began, (version, _) in found if began > moment]

    def _keep(self, answer: httpx.Response, began: float) -> None:
        if answer.status_code != 200:
            self.faults.append(answer.text)
            return
        said = answer.json()
        with self.lock:
            self.asked.append(began)
            self.answers.append((said["models"]["cnn"]["version"], said["verdict"]["probability"]))


@dataclass(frozen=True)
class Place:
    """Apps and workers on one PostgreSQL and one S3 server, each with a home of its own."""

    database: Database
    shelf: Shelf
    urls: list[str]
    env: Callable[[str], dict[str, str]]

    def dank(self, *arguments: str, code: int = 0) -> str:
        """Run a command to its end, and give what it said."""
        with Command(list(arguments), self.env("desk")) as command:
            assert command.wait(60) == code, (command.stdout, command.stderr)
            return command.stdout + command.stderr

    def all_use(self, version: str) -> bool:
        found = answering.now(self.database)
        return len(found) == 2 * EACH and all(each.version == version and each.settled for each in found)


@pytest.fixture
def place(tmp_path: Path, postgres: Postgres, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    models = f"{s3.url}/models"

    def env(name: str, **more: str) -> dict[str, str]:
        return environment(
            home=str(tmp_path / name),
            database_url=postgres.url,
            bucket_url=f"{s3.url}/pictures",
            models_url=models,
            captions="false",
            rate_limit="0",
            decode_workers="1",
            **more,
        )

    ports = [free_port() for _ in range(EACH)]
    with ExitStack() as running:
        for number, port in enumerate(ports):
            app = Command(["serve", "--port", str(port)], env(f"app{number}", work="false"))
            running.enter_context(app)
        for number in range(EACH):
            running.enter_context(Command(["worker"], env(f"worker{number}")))
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        for url in urls:
            wait_until(lambda url=url: ready(url), 60, "the app is ready", every=0.1)
        database = running.enter_context(closing(Database(postgres.url)))
        database.migrate()
        found = Place(database, Shelf(models, tmp_path / "desk" / "copies"), urls, env)
        wait_until(lambda: found.all_use(SHIPPED), 60, "all say what they use", every=0.1)
        yield found


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def test_promotion_and_rollback_reach_every_process_and_no_question_is_lost(
    place: Place, examples: list[Path], tmp_path: Path, tried: Tried
) -> None:
    waited: list[float] = []
    with closing(Eyes(captions=False, workers=1)) as eyes:
        other = variant(tmp_path / "other", "other", of=0.5, eyes=eyes)
        said = {bundle.version: verdict(bundle, eyes, examples[0]) for bundle in (Bundle.default(), other)}
    load = Load(place.urls, examples[0].read_bytes())
    place.dank("models", "add", str(other.folder))
    with ThreadPoolExecutor(CLIENTS) as threads:
        asking = [threads.submit(load.ask, number) for number in range(CLIENTS)]
        try:
            for command, version in (
                (("promote", other.version, "--force", "--no-wait"), other.version),
                (("rollback", "--no-wait"), SHIPPED),
            ):
                before = len(load.answers)
                wait_until(lambda before=before: len(load.answers) > before + 30, 60, "questions are answered")
                place.dank("models", *command)
                began = time.monotonic()
                wait_until(lambda version=version: place.all_use(version), 60, f"all use {version}", every=0.1)
                took = time.monotonic() - began
                waited.append(took)
                print(f"{command[0]}: all {2 * EACH} use {version} after {took:.1f} s")
                assert took < WITHIN_SECONDS
                now = time.monotonic()
                wait_until(lambda now=now: len(load.since(now)) > CLIENTS, 60, "more are asked and answered")
                assert set(load.since(now)) == {version}
        finally:
            load.stop.set()
        for each in asking:
            each.result()
    print(f"{len(load.answers):,} answers, {len(load.faults)} faults")
    assert load.faults == []
    assert {version for version, _ in load.answers} == set(said)
    wrong = [each for each in load.answers if each[1] != pytest.approx(said[each[0]], abs=1e-5)]
    assert wrong == []
    tally = Tally(len(load.answers) + len(load.faults), len(wrong) + len(load.faults))
    tried("classify", "another model takes the place, under load", tally, times=len(waited), seconds=max(waited))


def verdict(bundle: Bundle, eyes: Eyes, picture: Path) -> float:
    with closing(Classifier(bundle, eyes=eyes)) as classifier:
        return classifier.classify(picture).verdict.probability


def corrupt(place: Place, version: str) -> None:
    obstore.put(place.shelf._store, f"{version}/cnn.onnx", b"not a graph")


def half_uploaded(place: Place, version: str) -> None:
    obstore.delete(place.shelf._store, f"{version}/manifest.json")


def test_what_is_damaged_is_refused_and_the_last_good_one_serves(
    place: Place, examples: list[Path], tmp_path: Path, tried: Tried
) -> None:
    harmed = 0
    for harm in (corrupt, half_uploaded):
        harmed += 1
        version = place.dank("models", "add", str(variant(tmp_path / harm.__name__, harm.__name__).folder)).split()[0]
        harm(place, version)
        refused = place.dank("models", "promote", version, "--force", code=1)
        assert version in refused
        assert registry.get(place.database, version).state == "candidate"
        assert registry.history(place.database, version)[0].action == "refuse"
    registry.promote(place.database, version, "somebody", forced=True, why="as if it was damaged just afterwards")
    wait_until(lambda: all(each.fault for each in answering.now(place.database)), 60, "all say why not", every=0.1)
    served: list[str] = []
    for url in place.urls:
        answer = httpx.post(f"{url}/api/v1/classify", files={"file": examples[0].read_bytes()}, timeout=30)
        assert answer.status_code == 200
        served.append(answer.json()["models"]["cnn"]["version"])
        told = told_by(url)
        assert any(version in each and "goes on with imgflip-1" in each for each in told), told
    assert set(served) == {SHIPPED}
    tally = Tally(len(served), sum(version != SHIPPED for version in served))
    tried("promotion", "the bundle damaged or half there", tally, times=harmed)
    place.dank("models", "rollback")
    assert place.all_use(SHIPPED)


def told_by(url: str) -> list[Any]:
    """What the status page says is wrong."""
    found: list[Any] = httpx.get(f"{url}/api/v1/status").json()["troubles"]
    return found
