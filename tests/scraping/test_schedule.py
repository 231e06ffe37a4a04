"""`dank serve` scrapes by schedule, from servers that are as bad as real ones."""

from __future__ import annotations

import time

import pytest

from dankmeme.pipeline.work import SCRAPE
from tests.conftest import free_port
from tests.faults.processes import Command
from tests.faults.waiting import wait_until
from tests.scraping.world import BUSY, World, add_lemmy_posts, add_reddit_posts
from tests.sources.fake_reddit import Bad, submission
from tests.sources.serving import LoopbackServer

PAUSE = 6
"""Seconds that both sites ask for with a 429: more than we would wait of our own accord."""
REDDIT = "reddit dankmemes new"


def times(server: LoopbackServer, path: str) -> list[float]:
    """When a path was asked for."""
    return [each.at for each in server.asked if each.path.startswith(path)]


def snapshots(here: World, post: str) -> list[int]:
    """The scores of a post, the oldest first."""
    rows = here.rest.rows(f"SELECT score FROM score_snapshots WHERE post_id = '{post}' ORDER BY taken_utc")
    return [row[0] for row in rows]


def scores(here: World) -> dict[str, int]:
    return dict(here.rest.rows("SELECT id, score FROM posts"))


def run_now(here: World, *names: str) -> None:
    """Let schedules be due now, as a person does."""
    assert [said.code for said in here.said(*(("schedule", "run", name) for name in names))] == [0] * len(names)


def test_two_communities_come_in_on_schedule_with_all_that_is_wrong_with_them(here: World) -> None:
    left_out, left_out_there = add_reddit_posts(here), add_lemmy_posts(here)
    here.reddit.next.append(Bad(429, {"retry-after": str(PAUSE)}))
    here.lemmy.next.append((429, {"Retry-After": str(PAUSE)}))
    lemmy = f"lemmy {here.memes} new"
    schedules = f"reddit dankmemes adaptive; lemmy {here.memes} adaptive"
    with here.dank("serve", "--port", str(free_port()), schedules=schedules) as server:
        server.until(lambda: here.settled() and here.runs("reddit") and here.runs("lemmy"), 60, "all is in")
        assert here.found() == here.outcomes
        assert here.hidden.asked == []
        _first_runs_brought_all(here, left_out, left_out_there)
        _pauses_were_kept(here)
        asked = {path: here.host.count(path) for path in here.host.pages}
        assert asked["/busy.jpg"] == BUSY + 1
        _later_runs_bring_what_is_new(here, server, lemmy)
        assert {path: here.host.count(path) for path in asked} == asked, "nothing is fetched twice"
    (listed,) = here.said(("schedule", "list"))
    assert f"{REDDIT}  [adaptive, every 34 min now]  due 20" in listed.out
    assert "12 posts, 1 new, left out: 2 removed, 2 no image: ended" in listed.out


def _first_runs_brought_all(here: World, left_out: dict[str, int], left_out_there: dict[str, int]) -> None:
    (run,), (there,) = here.runs("reddit"), here.runs("lemmy")
    assert (run["found"], run["fresh"], run["skipped"], run["error"]) == (11, 11, left_out, None)
    assert (there["found"], there["fresh"], there["skipped"], there["error"]) == (6, 6, left_out_there, None)
    posts = {f"reddit:{post['id']}": post["score"] for post in here.reddit.communities["dankmemes"]}
    assert scores(here).items() >= {name: score for name, score in posts.items() if name in here.outcomes}.items()
    assert all(set(snapshots(here, name)) == {score} for name, score in scores(here).items())
    states = dict(here.rest.rows("SELECT id, state FROM posts"))
    kept = {name for name, outcome in here.outcomes.items() if any(each.startswith("/") for each in outcome)}
    assert {name for name, state in states.items() if state == "stored"} == kept
    assert {state for name, state in states.items() if name not in kept} == {"failed"}


def _pauses_were_kept(here: World) -> None:
    for server, path in ((here.reddit, "/r/dankmemes"), (here.lemmy, "/api/v3/post/list")):
        busy, again = times(server, path)
        assert again - busy >= PAUSE
        assert not [each for each in server.asked if busy < each.at < busy + PAUSE], "not even for a token"


def _later_runs_bring_what_is_new(here: World, server: Command, lemmy: str) -> None:
    before = here.schedule(REDDIT)["interval"]
    now = time.time()
    here.reddit.communities["dankmemes"] += [
        submission("late", url=here.picture("r-late"), created_utc=now, score=5),
    ]
    here.lemmy.communities["memes"].append(here.lemmy.post(9_000, url=here.picture("l-late"), published=now, score=7))
    here.outcomes |= {"reddit:late": ("/r-late.jpg",), f"lemmy:{here.lemmy.place}:9000": ("/l-late.jpg",)}
    here.reddit.set_score("plain", 5_000)
    here.lemmy.set_score(1, -3)
    run_now(here, REDDIT, lemmy)
    server.until(lambda: len(here.runs("reddit")) == len(here.runs("lemmy")) == 2 and here.settled(), 30, "the second")
    assert here.found() == here.outcomes
    assert [(run["found"], run["fresh"]) for run in (here.runs("reddit")[1], here.runs("lemmy")[1])] == [
        (12, 1),
        (7, 1),
    ]
    assert snapshots(here, "reddit:plain") == [10, 5_000]
    assert snapshots(here, f"lemmy:{here.lemmy.place}:1") == [1, -3]
    assert scores(here)["reddit:plain"] == 5_000
    after = wait_until(lambda: (found := here.schedule(REDDIT))["interval"] > before and found, 10, "it is adapted")
    assert after["interval"] == pytest.approx(before * 1.5)
    assert after["next_utc"] == pytest.approx(here.runs("reddit")[1]["started_utc"] + after["interval"])


def test_a_run_whose_worker_is_killed_in_the_middle_is_ended_by_another(here: World) -> None:
    names = [f"p{n:03}" for n in range(130)]
    here.outcomes = {f"reddit:{name}": ("/one.jpg",) for name in names}
    url, now = here.picture("one"), time.time()
    here.reddit.communities["dankmemes"] = [
        submission(name, url=f"{url}?{name}", created_utc=now - place) for place, name in enumerate(names)
    ]
    here.reddit.hold()
    assert here.said(("schedule", "add", "reddit", "dankmemes", "--limit", "500"))[0].code == 0
    with here.dank("worker") as one, here.dank("worker") as other:
        one.until(lambda: here.reddit.waiting == 1 and here.rest.done == 100, 60, "one waits for the second page")
        other.until(lambda: "is at work" in one.stdout and "is at work" in other.stdout)
        victim, heir = (one, other) if here.rest.held(one.stdout.split()[1], SCRAPE) else (other, one)
        victim.kill()
        here.reddit.release()
        heir.until(lambda: here.settled() and here.runs("reddit"), 60, "the other one ends it")
    (run,) = here.runs("reddit")
    assert (run["found"], run["fresh"], run["skipped"], run["error"]) == (130, 130, {}, None)
    assert here.found() == here.outcomes
    pages = [each.query.get("after") for each in here.reddit.asked if each.path == "/r/dankmemes/new"]
    assert pages == [None, "t3_p099", "t3_p099"], "the first page is not read again"
    assert here.schedule(REDDIT)["cron"] is None, "what a person added outlives the default of the settings"


def test_a_schedule_does_not_begin_anew_while_its_run_waits_for_a_pause_to_end(here: World) -> None:
    here.reddit.next.append(Bad(429, {"retry-after": "3600"}))
    lemmy = f"lemmy {here.memes} new"
    with here.dank("worker", schedules=f"reddit dankmemes adaptive; lemmy {here.memes} adaptive") as worker:
        worker.until(lambda: here.rest.rows("SELECT id FROM runs WHERE error IS NOT NULL"), 60, "it was told to wait")
        worker.until(lambda: here.runs("lemmy"), 30, "another site is read")
        run_now(here, REDDIT, lemmy)
        worker.until(lambda: len(here.runs("lemmy")) == 2, 30, "another schedule is not kept waiting")
        assert here.reddit.count("/r/dankmemes") == 1
        assert len(here.rest.rows("SELECT id FROM runs WHERE schedule = 'reddit dankmemes new'")) == 1
    (listed,) = here.said(("schedule", "list"))
    assert "0 posts, 0 new: waiting to try again: Reddit asks for a pause" in listed.out
