"""`dank scrape`, as a person runs it, at servers on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.faults.processes import Command
from tests.scraping.world import World, add_lemmy_posts, add_reddit_posts, world
from tests.sources.fake_archive import FakeArchive
from tests.sources.fake_reddit import Bad, submission

COUNT, LIMIT = 130, 120
SORTS = ("new", "hot", "top", "rising")
NOW = int(time.time())
CREDENTIALS = "DANK_REDDIT_CLIENT_ID and DANK_REDDIT_CLIENT_SECRET"


@pytest.fixture(scope="module", autouse=True)
def down(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Command]]:
    """Scrapes of a Reddit and a Lemmy that are down, begun before the other tests: so nobody waits for them to wait."""
    place = f"127.0.0.1:{free_port()}"
    with world(tmp_path_factory.mktemp("down")) as servers:
        servers.allowed.append(place)
        with (
            servers.dank("scrape", "reddit", "dankmemes", reddit_url=f"http://{place}") as reddit,
            servers.dank("scrape", "lemmy", f"memes@{place}") as lemmy,
        ):
            yield [reddit, lemmy]


def age(n: int) -> int:
    return n * 7 % COUNT


def points(n: int) -> int:
    return n * 11 % COUNT


ORDERS = {
    "new": sorted(range(COUNT), key=age),
    "hot": list(range(COUNT)),
    "top": sorted(range(COUNT), key=points, reverse=True),
    "rising": list(range(COUNT))[::-1],
}
"""Of both sites: every post has another age and another score."""


def fill(here: World) -> None:
    here.reddit.communities["dankmemes"] = [
        submission(f"p{n}", score=points(n), created_utc=NOW - 60 * age(n)) for n in range(COUNT)
    ]
    here.lemmy.communities["memes"] = [
        here.lemmy.post(n, score=points(n), published=NOW - 60 * age(n)) for n in range(COUNT)
    ]


def written(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def names(path: Path) -> list[str]:
    """The last part of each post's id."""
    return [str(post["id"]).rpartition(":")[2] for post in written(path)]


def to_file(path: Path, *arguments: str) -> tuple[str, ...]:
    return ("scrape", *arguments, "--out", str(path))


def test_each_sort_is_the_sites_own_listing_over_more_than_one_page(here: World, tmp_path: Path) -> None:
    fill(here)
    asks = [(source, sort) for source in ("reddit", "lemmy") for sort in SORTS]
    where = {"reddit": "dankmemes", "lemmy": here.memes}
    files = {ask: tmp_path / f"{'-'.join(ask)}.jsonl" for ask in asks}
    limit = ("--limit", str(LIMIT))
    said = here.said(*(to_file(files[ask], ask[0], where[ask[0]], "--sort", ask[1], *limit) for ask in asks))
    assert [(each.code, each.err) for each in said] == [(0, "")] * len(asks)
    for (source, sort), file in files.items():
        wanted = [f"p{n}" if source == "reddit" else str(n) for n in ORDERS[sort][:LIMIT]]
        assert names(file) == (wanted[:25] if (source, sort) == ("reddit", "rising") else wanted)
    assert f"120 posts written to {files['lemmy', 'top']}" in said[asks.index(("lemmy", "top"))].out.replace("\n", "")
    assert [here.reddit.count(f"/r/dankmemes/{sort}") for sort in SORTS] == [2, 2, 2, 1]
    assert here.lemmy.count("/api/v3/post/list") == 4 * 3


def test_a_feed_and_an_archive_are_read_as_asked(here: World, tmp_path: Path) -> None:
    items = "".join(
        f'<item><title>{n}</title><guid>g{n}</guid><enclosure url="{here.host.url}/{n}.jpg" type="image/jpeg"/></item>'
        for n in range(5)
    )
    here.host.pages["/feed.xml"] = f'<rss version="2.0"><channel><title>F</title>{items}</channel></rss>'.encode()
    posts = [submission(f"p{n}", score=points(n), created_utc=NOW - 60 * age(n)) for n in range(COUNT)]
    days = [time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(NOW - 60 * back)) for back in (100, 20)]
    asks = {
        "top": ("--top", "--limit", "7"),
        "bottom": ("--bottom", "--limit", "7", "--score-threshold", "20"),
        "good": ("--score-threshold", "100"),
        "between": ("--since", days[0], "--until", days[1]),
    }
    with FakeArchive([*posts, submission("else", community="memes", created_utc=NOW)]) as archive:
        here.allowed.append(archive.place)
        commands = {"feed": ("feed", here.host.url + "/feed.xml")}
        commands |= {name: ("archive", archive.url, "--community", "dankmemes", *more) for name, more in asks.items()}
        said = here.said(*(to_file(tmp_path / name, *arguments) for name, arguments in commands.items()))
    assert [(each.code, each.err) for each in said] == [(0, "")] * 5
    assert [post["title"] for post in written(tmp_path / "feed")] == list("01234")
    wanted = {
        "top": ORDERS["top"][:7],
        "bottom": ORDERS["top"][::-1][:7],
        "good": [n for n in ORDERS["new"] if points(n) >= 100],
        "between": [n for n in ORDERS["new"] if 20 < age(n) <= 100],
    }
    assert {name: names(tmp_path / name) for name in wanted} == {
        name: [f"p{n}" for n in order] for name, order in wanted.items()
    }


def test_what_cannot_be_read_is_said_in_one_line_and_leaves_an_older_file_alone(here: World, tmp_path: Path) -> None:
    here.reddit.private.add("secret")
    closed = f"127.0.0.1:{here.hidden.port}"
    commands = {
        ("reddit", "nowhere"): "Reddit knows no such community",
        ("reddit", "secret"): "is private",
        ("reddit", "no such place!"): "is no subreddit",
        ("lemmy", f"nowhere@{here.lemmy.place}"): "no such community",
        ("lemmy", f"memes@{closed}"): "127.0.0.1 is not a public address",
        ("feed", f"http://{closed}/feed.xml"): "127.0.0.1 is not a public address",
        ("feed", here.host.url + "/none.xml"): "there is nothing at this address",
    }
    kept = tmp_path / "posts.jsonl"
    kept.write_text("mine\n")
    said = here.said(*(to_file(kept, *arguments) for arguments in commands))
    for each, (arguments, words) in zip(said, commands.items(), strict=True):
        assert (each.code, each.out) == (2, ""), arguments
        assert each.err.startswith("dank: ")
        assert words in each.err, arguments
        assert each.err.count("\n") == 1
    assert here.hidden.asked == []
    assert kept.read_text() == "mine\n"


def test_without_credentials_or_with_wrong_ones_the_two_variables_are_named(here: World) -> None:
    scrape = ("scrape", "reddit", "dankmemes")
    (without, add) = here.said(scrape, ("schedule", "add", "reddit", "dankmemes"), reddit_client_id="")
    (wrong,) = here.said(scrape, reddit_client_secret="another")
    assert (without.code, wrong.code) == (2, 2)
    assert CREDENTIALS in without.err
    assert "lemmy, feed, archive and files need neither" in without.err
    assert "does not accept" in wrong.err
    assert CREDENTIALS in wrong.err
    assert here.reddit.count("/r/") == 0
    assert (add.code, "reddit dankmemes new is due" in add.out) == (0, True)
    assert add.err.startswith("dank: it cannot run yet: ")
    assert CREDENTIALS in add.err


def test_a_pause_that_a_site_asks_for_is_kept_and_then_the_rest_is_read(here: World, tmp_path: Path) -> None:
    fill(here)
    here.reddit.hold()
    here.lemmy.next.append((429, {"Retry-After": "2"}))
    files = tmp_path / "reddit", tmp_path / "lemmy"
    with (
        here.dank(*to_file(files[0], "reddit", "dankmemes", "--limit", "1000")) as first,
        here.dank(*to_file(files[1], "lemmy", here.memes, "--limit", "1000")) as second,
    ):
        first.until(lambda: here.reddit.waiting, what="it asks for the second page")
        here.reddit.next.append(Bad(429, {"retry-after": "2"}))
        here.reddit.release()
        assert (first.wait(), second.wait()) == (0, 0)
        assert "waiting 2 s: Reddit asks for a pause" in first.stderr
        assert "waiting 2 s: " in second.stderr
    assert names(files[0]) == [f"p{n}" for n in ORDERS["new"]]
    assert names(files[1]) == [str(n) for n in ORDERS["new"]]
    pages = [each.at for each in here.reddit.asked if each.path.startswith("/r/")]
    lists = [each.at for each in here.lemmy.asked]
    assert (len(pages), len(lists)) == (3, 4)
    assert pages[2] - pages[1] >= 2
    assert lists[1] - lists[0] >= 2


def test_a_scrape_takes_in_the_pictures_and_knows_them_the_next_time(here: World) -> None:
    left_out, left_out_there = add_reddit_posts(here), add_lemmy_posts(here)
    assert (left_out, left_out_there) == ({"removed": 2, "no image": 2}, {"removed": 2, "no image": 1})
    first, second = here.said(("scrape", "reddit", "dankmemes"), ("scrape", "lemmy", here.memes))
    assert here.found() == here.outcomes
    assert here.hidden.asked == []
    assert (first.code, second.code) == (1, 1)
    assert first.out.splitlines() == [
        "11 posts: 11 new, 0 known",
        "left out: 2 removed, 2 no image",
        "14 pictures: 8 stored, 6 failed",
        "failed: 4 address-refused, 2 not-found (`dank failures` lists them, `dank retry` tries again)",
    ]
    asked = len(here.host.asked)
    (again,) = here.said(("scrape", "reddit", "dankmemes"))
    assert again.out.startswith("nothing new: 11 posts known already\n")
    assert len(here.host.asked) == asked


def test_a_person_is_told_at_once_that_a_site_is_down_and_soon_that_it_stays_so(down: list[Command]) -> None:
    for command, why in zip(down, ("Reddit cannot be reached", "no connection"), strict=True):
        assert command.wait(40) == 2
        *waits, last = command.stderr.splitlines()
        assert [line.partition(": ")[0] for line in waits] == [f"waiting {seconds} s" for seconds in (1, 2, 4)]
        assert all(why in line for line in [*waits, last])
        assert last.startswith("dank: ")
