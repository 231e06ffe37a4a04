"""What is posted on the fake Reddit while the tests of the feed look: memes of every kind, young and old."""

from __future__ import annotations

import time

from tests.drawing import encoded, meme, texture
from tests.e2e.serving import GrowingReddit
from tests.scraping.world import World
from tests.sources.fake_reddit import gallery, submission

AGES = (1, 6, 24, 48)
LEDGER, OLD = 60, 22
"""So many posts of r/economy are 30 hours old, so many of r/history 30 days."""


def outcome(number: int) -> int:
    """The score that a post of r/economy has at 48 hours: many are equal."""
    return number * 37 % 41


def fill(here: World) -> None:
    """Post it all."""
    _memes(here)
    _some(here, "economy", LEDGER, 30 * 3_600)
    _some(here, "history", OLD, 30 * 86_400)


def add(here: World, name: str, title: str) -> None:
    """Post a new meme to r/dankmemes."""
    post = submission(name, title=title, url=here.picture(f"r-{name}"), created_utc=time.time(), score=1)
    here.reddit.communities["dankmemes"].append(post)
    here.outcomes[f"reddit:{name}"] = (f"/r-{name}.jpg",)


def _memes(here: World) -> None:
    now, host = time.time(), here.host
    host.pages |= {
        "/toast.jpg": encoded(texture(240, 320, 7), "JPEG", quality=92),
        "/again.jpg": encoded(texture(240, 320, 7), "JPEG", quality=60),
        "/words.png": encoded(meme("WHEN THE TESTS", "PASS AT ONCE"), "PNG"),
    }
    pictures = [here.picture(f"r-three-{number}") for number in range(3)]
    posts = [
        submission("again", title="Toast, again", url=host.url + "/again.jpg", created_utc=now - 60, score=3),
        submission("toast", title="Fresh toast", url=host.url + "/toast.jpg", created_utc=now - 7_200, score=812),
        submission("words", title="Every Monday", url=host.url + "/words.png", created_utc=now - 120, score=5),
        submission("nsfw", title="Look away", url=here.picture("r-nsfw"), created_utc=now - 180, over_18=True),
        submission("bold", title="<b>Bold</b> & “brave” 🍞", url=here.picture("r-bold"), created_utc=now - 240),
        gallery("three", pictures, title="Three in a row", created_utc=now - 300),
    ]
    here.outcomes |= {
        "reddit:again": ("/again.jpg",),
        "reddit:toast": ("/toast.jpg",),
        "reddit:words": ("/words.png",),
        "reddit:nsfw": ("/r-nsfw.jpg",),
        "reddit:bold": ("/r-bold.jpg",),
        "reddit:three": tuple(f"/r-three-{number}.jpg" for number in range(3)),
    }
    assert isinstance(here.reddit, GrowingReddit)
    for hours in AGES:
        name = f"h{hours}"
        born = now - 3_600 * hours + 3
        posts.append(submission(name, url=here.picture(name), created_utc=born, score=hours))
        here.outcomes[f"reddit:{name}"] = (f"/{name}.jpg",)
        here.reddit.later[name] = 100 + hours
    here.reddit.communities["dankmemes"] = posts


def _some(here: World, community: str, count: int, age: float) -> None:
    now = time.time()
    here.reddit.communities[community] = []
    for number in range(count):
        name = f"{community}{number:02}"
        post = submission(
            name,
            community=community,
            title=f"Number {number}",
            url=here.picture(name),
            created_utc=now - age + 60 * number,
            score=number,
        )
        here.reddit.communities[community].append(post)
        here.outcomes[f"reddit:{name}"] = (f"/{name}.jpg",)
