"""Each stage after a picture was taken in, killed at random instants: the same command, or another process, goes on."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dankmeme.storage import registry
from dankmeme.storage.bucket import KINDS, key
from dankmeme.storage.database import Database
from tests.bundles import variant
from tests.conftest import free_port
from tests.drawing import encoded, texture
from tests.faults.posts import GROUP, Posts, served
from tests.faults.processes import Command, environment
from tests.faults.resting import Rest, SqliteFile, at_home
from tests.faults.running import finish, long, settings
from tests.faults.table import Tally, Tried, compared
from tests.faults.test_kill import KILLS, SEED
from tests.faults.waiting import wait_until
from tests.scraping.world import World, world
from tests.sources.fake_reddit import submission

COUNT = 300
DELAYED = "SELECT count(*) FROM workflow_status WHERE status = 'DELAYED'"
WAITS = "SELECT count(*) FROM posts WHERE source = 'upload' AND state = 'pending'"
HOUR = 3_600.0


def killed(command: list[str], env: dict[str, str], chance: random.Random, least: float, most: float) -> bool:
    """Begin a command and kill it after a while; whether it was there to be killed."""
    with Command(command, env) as victim:
        until = time.monotonic() + chance.uniform(least, most)
        while victim.code is None and time.monotonic() < until:
            time.sleep(0.01)
        assert "Traceback" not in victim.stderr, f"seed {SEED}: {victim.stderr}"
        lived = victim.code is None
        victim.kill()
    return lived


def ended(command: list[str], env: dict[str, str], code: int = 0, seconds: float = 180) -> float:
    """Run a command to its end; the seconds that it took."""
    began = time.monotonic()
    with Command(command, env) as last:
        assert last.wait(seconds) == code, f"seed {SEED}: {last.stdout}{last.stderr}"
        assert "Traceback" not in last.stderr, f"seed {SEED}: {last.stderr}"
    return time.monotonic() - began


@pytest.fixture
def taken_in(tmp_path: Path) -> Iterator[tuple[Posts, dict[str, str], Rest]]:
    """Posts whose pictures are stored and predicted by nobody yet, with the environment of commands there."""
    home = tmp_path / "home"
    with served(tmp_path / "posts", COUNT) as posts:
        env = settings(posts, home=str(home), captions="false", predict="false", decode_workers="1")
        ended(["ingest", str(posts.path)], env, 1)
        rest = at_home(home)
        posts.proven(rest)
        yield posts, env, rest


def forecasts(home: Path) -> dict[tuple[str, str, str], float]:
    """All that is predicted: by picture, model and version."""
    rows = at_home(home).rows("SELECT image, model, version, probability FROM predictions WHERE state = 'success'")
    return {(image, model, version): probability for image, model, version, probability in rows}


@long
def test_forecasts_are_made_once_and_are_the_same_however_often_it_is_killed(
    taken_in: tuple[Posts, dict[str, str], Rest], tmp_path: Path, tried: Tried
) -> None:
    posts, env, rest = taken_in
    whole, chance = tmp_path / "whole", random.Random(SEED)
    shutil.copytree(tmp_path / "home", whole)
    ended(["predict"], env | {"DANK_HOME": str(whole)})
    must = forecasts(whole)
    times = sum(killed(["predict"], env, chance, 0.5, 4) for _ in range(KILLS))
    took = ended(["predict"], env)
    rows = rest.rows("SELECT image, model, version FROM predictions WHERE state = 'success'")
    tally = compared(rows, must)
    assert {image for image, _, _ in must} == set(posts.hashes.values())
    assert forecasts(tmp_path / "home") == pytest.approx(must, abs=1e-5)
    tried("predict", "kill -9 at random instants", tally, times=times, seconds=took)


@long
def test_pictures_that_are_too_old_go_and_nothing_else_however_often_it_is_killed(
    taken_in: tuple[Posts, dict[str, str], Rest], tried: Tried
) -> None:
    posts, env, rest = taken_in
    script = """
import time
from dankmeme.settings import settings
from dankmeme.storage import open_storage, retention
with open_storage(settings()) as storage:
    while retention.drop_old(storage, 1, time.time() + 864_000, most=3): pass
"""
    times = run_killed(script, env)
    dropped = rest.rows("SELECT sha256 FROM images WHERE dropped_utc IS NOT NULL")
    tally = compared([row[0] for row in dropped], posts.hashes.values())
    stays = compared([row[0] for row in rest.rows("SELECT id FROM posts")], posts.kinds)
    left = [name for name in rest.objects() if "#" not in name]
    tried("retention", "kill -9 at random instants", tally + stays + Tally(0, 0, len(left)), times=times)


@long
def test_posts_that_are_deleted_go_wholly_and_others_stay_however_often_it_is_killed(
    taken_in: tuple[Posts, dict[str, str], Rest], tried: Tried
) -> None:
    posts, env, rest = taken_in
    gone = sorted(posts.kinds)[::2]
    script = f"""
from dankmeme.settings import settings
from dankmeme.storage import erase, open_storage
with open_storage(settings()) as storage:
    for post in {gone!r}:
        erase.delete_post(storage.database, post)
        erase.purge(storage.database, storage.bucket)
"""
    times = run_killed(script, env)
    stay = {post: image for post, image in posts.hashes.items() if post not in gone}
    objects = {key(image, kind) for image in stay.values() for kind in KINDS}
    tally = compared([row[0] for row in rest.rows("SELECT id FROM posts")], set(posts.kinds) - set(gone))
    tally += compared([row[0] for row in rest.rows("SELECT sha256 FROM images")], stay.values())
    tally += compared([name for name in rest.objects() if "#" not in name], objects)
    tried("deletion", "kill -9 at random instants", tally, times=times)


def run_killed(script: str, env: dict[str, str]) -> int:
    """Run a script that is killed again and again, and then to its end; how often it was killed."""
    chance, times = random.Random(SEED), 0
    for number in range(KILLS + 1):
        with Command([script], env, program=(sys.executable, "-c")) as command:
            if number == KILLS:
                assert command.wait(120) == 0, command.stderr
                break
            until = time.monotonic() + chance.uniform(0.8, 2.5)
            while command.code is None and time.monotonic() < until:
                time.sleep(0.005)
            times += command.code is None
            command.kill()
    return times


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "home") as servers:
        yield servers


@long
def test_a_scrape_that_is_killed_brings_every_post_once(here: World, tried: Tried) -> None:
    now = time.time()
    for number in range(COUNT):
        name = f"k{number:03}"
        post = submission(name, url=here.picture(name), created_utc=now - number, score=number)
        here.reddit.communities["dankmemes"].append(post)
        here.outcomes[f"reddit:{name}"] = (f"/{name}.jpg",)
    command = ["scrape", "reddit", "dankmemes", "--limit", str(COUNT)]
    env, chance = here.dank()._env, random.Random(SEED)
    times = sum(killed(command, env, chance, 1, 5) for _ in range(KILLS))
    took = ended(command, env)
    wait_until(here.settled, 60, "all is in")
    found = [(post, outcome) for post, outcome in here.found().items()]
    tried("scrape", "kill -9 at random instants", compared(found, here.outcomes.items()), times=times, seconds=took)


@long
def test_scores_are_taken_once_though_workers_are_killed(here: World, tried: Tried) -> None:
    now, names = time.time(), [f"s{number:03}" for number in range(COUNT)]
    for name in names:
        post = submission(name, url=here.picture("one") + f"?{name}", created_utc=now - HOUR - 120, score=1)
        here.reddit.communities["dankmemes"].append(post)
    env, chance = here.dank()._env, random.Random(SEED)
    ended(["scrape", "reddit", "dankmemes", "--limit", str(COUNT)], env)
    for number, name in enumerate(names):
        here.reddit.set_score(name, 1_000 + number)
    times = sum(killed(["worker"], env, chance, 2, 6) for _ in range(min(KILLS, 6)))
    query = "SELECT post_id, score FROM follow_ups WHERE state = 'taken'"
    began = time.monotonic()
    with here.dank("worker") as worker:
        worker.until(lambda: len(here.rest.rows(query)) >= COUNT, 120, "all scores are taken")
        took = time.monotonic() - began
    must = [(f"reddit:{name}", 1_000 + number) for number, name in enumerate(names)]
    tally = compared(map(tuple, here.rest.rows(query)), must)
    snapshots = here.rest.rows("SELECT post_id, score FROM score_snapshots WHERE score >= 1000")
    tried(
        "follow_up",
        "kill -9 at random instants",
        tally + compared(map(tuple, snapshots), must),
        times=times,
        seconds=took,
    )


class Strangers:
    """Send pictures, feedback and votes all the time, and remember what was accepted.

    Attributes:
        accepted: what the server said that it has: hashes of pictures, comments, and a comment for each vote.
    """

    def __init__(self, post: str) -> None:
        self.url, self.post = "", post
        self.accepted: dict[str, list[str]] = {"upload": [], "feedback": [], "vote": []}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._number = 0

    def __enter__(self) -> Strangers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(90)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._number += 1
            with contextlib.suppress(httpx.HTTPError), httpx.Client(base_url=self.url, timeout=20) as client:
                self._once(client)
            self._ending.wait(0.02)

    def _once(self, client: httpx.Client) -> None:
        picture = encoded(texture(60, 80, 9_000 + self._number), "PNG")
        answer = client.post("/api/v1/memes/image", files={"file": picture})
        if answer.status_code == 200:
            self.accepted["upload"].append(answer.json()["imageHash"])
        comment = f"comment {self._number}"
        if client.post("/api/v1/feedback", json=feedback(comment)).status_code == 201:
            self.accepted["feedback"].append(comment)
        if client.put(f"/api/v1/posts/{self.post}/vote", json={"vote": "dank"}).status_code == 200:
            self.accepted["vote"].append(comment)


@contextmanager
def serving(env: dict[str, str], strangers: Strangers) -> Iterator[Command]:
    """A server that is ready, to which the strangers send from then on."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Command(["serve", "--port", str(port)], env) as server:
        server.until(lambda: is_ready(url), 90, "it is ready")
        strangers.url = url
        yield server


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def feedback(comment: str) -> dict[str, Any]:
    verdict = dict.fromkeys(("probability", "low", "high", "percentile"), 0.5)
    verdict |= {"label": "dank", "reason": None, "compared_with": "x"}
    models = {"cnn": None, "automl": None}
    return {"sha256": "0" * 64, "verdict": verdict, "models": models, "opinion": "dank", "comment": comment}


@long
def test_what_a_server_accepted_is_there_after_it_was_killed(tmp_path: Path, tried: Tried) -> None:
    home = tmp_path / "home"
    env = environment(home=str(home), captions="false", rate_limit="0", vote_rate_address="0", decode_workers="1")
    ended(["demo"], env)
    rest, chance = at_home(home), random.Random(SEED)
    post = rest.rows("SELECT post_id FROM feed WHERE visible LIMIT 1")[0][0]
    times, kills, waited = 0, min(KILLS, 6), 0.0
    with Strangers(post.replace("/", "%2F")) as strangers:
        for number in range(kills + 1):
            began = time.monotonic()
            with serving(env, strangers) as server:
                waited = max(waited, time.monotonic() - began)
                if number < kills:
                    time.sleep(chance.uniform(1, 4))
                    server.kill()
                    times += 1
                    continue
                strangers.__exit__()
                server.until(lambda: rest.rows(WAITS) == [(0,)], 120, "all that was sent is done")
    uploads = "SELECT image FROM post_images i JOIN posts p ON p.id = i.post_id WHERE p.source = 'upload'"
    stored = [row[0] for row in rest.rows(uploads)]
    lines = [json.loads(line)["comment"] for line in (home / "feedback.jsonl").read_text().splitlines()]
    votes = len(rest.rows(f"SELECT voter FROM votes WHERE post_id = '{post}'"))
    print({name: len(each) for name, each in strangers.accepted.items()}, len(stored), len(lines), votes)
    for name, found in (("upload", stored), ("feedback", lines)):
        must = set(strangers.accepted[name])
        tally = Tally(len(must), len(must - set(found)), len(found) - len(set(found)))
        tried(f"serve: {name}", "kill -9 while strangers send", tally, times=times, seconds=waited)
    voted = len(strangers.accepted["vote"])
    tried(
        "serve: votes", "kill -9 while strangers send", Tally(voted, max(0, voted - votes)), times=times, seconds=waited
    )


@long
def test_a_promotion_that_is_killed_leaves_one_active_model(tmp_path: Path, tried: Tried) -> None:
    home = tmp_path / "home"
    env, chance = environment(home=str(home), captions="false", decode_workers="1"), random.Random(SEED)
    other = variant(tmp_path / "other", "other")
    ended(["models", "add", str(other.folder)], env)
    command = ["models", "promote", other.version, "--force", "--no-wait"]
    times, actives = 0, []
    for _ in range(min(KILLS, 8)):
        times += killed(command, env, chance, 0.3, 4)
        actives.append(states(home)["active"])
        ended(["models", "rollback", "--no-wait"], env) if active(home) == other.version else None
    took = ended(command, env)
    actives.append(states(home)["active"])
    lost, doubled = sum(n < 1 for n in actives), sum(n > 1 for n in actives)
    assert active(home) == other.version
    tried("promotion", "kill -9 at random instants", Tally(len(actives), lost, doubled), times=times, seconds=took)


def states(home: Path) -> Counter[str]:
    with closing(Database(f"sqlite:///{home / 'dank.db'}")) as database:
        return Counter(each.state for each in registry.everyone(database))


def active(home: Path) -> str:
    with closing(Database(f"sqlite:///{home / 'dank.db'}")) as database:
        (found,) = (each.version for each in registry.everyone(database) if each.state == "active")
    return found


@long
def test_a_retraining_that_is_killed_proposes_one_candidate(tmp_path: Path, tried: Tried) -> None:
    from dankmeme.training.pictures import keep_captions
    from dankmeme.training.place import Place
    from tests.training.drawn import memes
    from tests.training.folders import write

    home, count, chance = tmp_path / "home", 300, random.Random(SEED)
    rows = [meme.row(percentile=None, score=round(1_000 * meme.percentile), community="memes") for meme in memes(count)]
    data = write(tmp_path / "data", rows, lambda place: memes(count)[place].picture)
    (home / "cache").mkdir(parents=True)
    with Place(home).cache() as cache:
        keep_captions({meme.key: meme.caption for meme in memes(count)}, cache)
    env = environment(home=str(home), predict="false", captions="false")
    ended(["ingest", str(data)], env)
    plan = ["retrain", "--any-age", "--budget", "3", "--threads", "1", "--share", "0.5"]
    times = sum(killed(plan, env, chance, 3, 40) for _ in range(3))
    took = ended(plan, env, seconds=400)
    found = states(home)
    own = found["shadow"] + found["candidate"]
    tally = Tally(1, max(0, 1 - found["shadow"]), max(0, own - 1))
    tried("retrain", "kill -9 at random instants", tally, times=times, seconds=took)
    assert found["active"] == 1


@long
def test_a_clock_that_jumps_loses_and_doubles_nothing(tmp_path: Path, tried: Tried) -> None:
    """The wall clock of every process of ours jumps days ahead and back while two workers take posts in."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    rest = at_home(tmp_path / "home")
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts, ExitStack() as running:
        env = settings(posts, home=str(tmp_path / "home"), predict="false")
        folder = str(Path(__file__).parent / "clock")
        env |= {"CLOCK_OFFSET": str(offset), "PYTHONPATH": f"{folder}:{env['PYTHONPATH']}"}
        ended(["ingest", "--queue-only", str(posts.path)], env)
        workers = [running.enter_context(Command(["worker"], env)) for _ in range(2)]
        jumps = 0
        for share, to in ((0.1, 86_400), (0.3, -86_400), (0.5, 40 * 86_400), (0.7, -3_600), (0.9, 0)):
            workers[0].until(lambda share=share: rest.done >= share * posts.count, 120, f"{share:.0%} is done")
            offset.with_suffix(".new").write_text(str(to))
            offset.with_suffix(".new").replace(offset)
            jumps += 1
        began = time.monotonic()
        workers[0].until(rest.settled, 120, "they end it all")
        took = time.monotonic() - began
        for each in workers:
            assert "Traceback" not in each.stderr, each.stderr
        tried(
            "ingest by two workers",
            "the clock jumps by days, to and fro",
            posts.proven(rest),
            times=jumps,
            seconds=took,
        )


def test_work_that_a_wrong_clock_put_off_for_weeks_is_done_now(tmp_path: Path) -> None:
    home = tmp_path / "home"
    rest, queues = at_home(home), SqliteFile(home / "dank.queues.db")
    with served(tmp_path / "posts", GROUP) as posts:
        env = settings(posts, home=str(home), predict="false") | {"DANK_RETRY_SECONDS": "3600"}
        ended(["ingest", "--queue-only", str(posts.path)], env)
        with Command(["worker"], env) as worker:
            worker.until(lambda: rest.done == GROUP - 1, 60, "all but the picture of the busy host is in")
            worker.until(lambda: queues.rows(DELAYED) == [(1,)], 10, "that one waits for an hour")
            finish(worker)
        later = int(1_000 * (time.time() + 40 * 86_400))
        with closing(sqlite3.connect(home / "dank.queues.db")) as connection, connection:
            connection.execute("UPDATE workflow_status SET delay_until_epoch_ms = ? WHERE status = 'DELAYED'", [later])
        with Command(["worker"], env) as worker:
            worker.until(rest.settled, 60, "it is done")
            finish(worker)
        posts.proven(rest)
