"""A folder of memes is taken in, by the command and in processes of its own."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from dankmeme.storage.bucket import KINDS, ORIGINAL
from dankmeme.storage.duplicates import groups
from dankmeme.storage.tables import near_duplicates, post_images, posts
from tests.pipeline.memes import add_picture, captioned_over, jpeg, meme, reencoded, row, write_posts
from tests.pipeline.running import Home, Ran
from tests.storage.making import everything, rows

COUNT, VARIANTS = 40, 10


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Ingested:
    """A home into which a folder of memes was taken, with what the command said the first and the second time."""

    def __init__(self, base: Path) -> None:
        self.folder, self.home = base / "memes", Home(base / "home")
        self.names = {}
        self.rows: list[dict[str, Any]] = []
        for number in range(COUNT):
            data = jpeg(meme(number))
            self.names[number] = sha(data)
            self.rows.append(row(f"m{number}", number, file=add_picture(self.folder, f"{number}.jpg", data)))
        self.posts = write_posts(self.folder, self.rows)
        self.first = self.home.dank("ingest", self.folder)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    return Ingested(tmp_path_factory.mktemp("ingested"))


def shown(home: Home) -> dict[str, str | None]:
    """Which image each post shows."""
    database = home.database()
    found = dict(rows(database, sa.select(post_images.c.post_id, post_images.c.image)))
    database.close()
    return found


def test_each_meme_of_a_folder_is_stored_once(ingested: Ingested) -> None:
    assert ingested.first.out == "40 posts: 40 new, 0 known\n40 pictures: 40 stored, 0 failed\n"
    assert shown(ingested.home) == {f"files:memes:m{number}": name for number, name in ingested.names.items()}
    bucket = ingested.home.bucket()
    assert bucket.hashes() == set(ingested.names.values())
    for name in ingested.names.values():
        data = bucket.get(name, ORIGINAL)
        assert data is not None
        assert sha(data) == name
        assert all(bucket.get(name, kind) for kind in KINDS)
    assert ingested.home.dank("duplicates", "list").out == "no near-duplicates\n"
    assert ingested.home.dank("failures").out == "nothing failed\n"


def test_what_is_told_of_a_post_is_kept(ingested: Ingested) -> None:
    database = ingested.home.database()
    (found,) = rows(database, sa.select(posts).where(posts.c.id == "files:memes:m7"))
    database.close()
    assert found[:7] == ("files:memes:m7", "files", "memes", "Meme “7” \U0001f525", "ann", None, 1_600_000_420.0)


def test_the_second_time_it_is_said_at_once_that_nothing_is_new_and_nothing_changes(ingested: Ingested) -> None:
    database = ingested.home.database()
    before = everything(database)
    queues = ingested.home.path / "dank.queues.db"
    begun = queues.stat().st_mtime_ns
    again = ingested.home.dank("ingest", ingested.folder)
    assert queues.stat().st_mtime_ns == begun  # no queue was opened for it
    assert again.out == "nothing new: 40 posts known already\n40 pictures: 40 stored, 0 failed\n"
    after = everything(database)
    database.close()
    run = [column.name for column in post_images.columns].index("run")
    for known in (before, after):
        known.pop("runs")
        known["post_images"] = [each[:run] + each[run + 1 :] for each in known["post_images"]]
    assert after == before


def test_copies_share_an_image_reencodings_are_near_duplicates_and_new_captions_are_not(
    ingested: Ingested, tmp_path: Path
) -> None:
    home, folder = ingested.home.copy(tmp_path / "home"), tmp_path / "again"
    chance, found, copies, phones, others = np.random.Generator(np.random.PCG64(3)), [], {}, {}, set()
    for number in range(VARIANTS):
        copy, phone, other = jpeg(meme(number)), reencoded(number, chance), captioned_over(number)
        copies[f"files:again:copy{number}"] = ingested.names[number]
        phones[sha(phone)] = ingested.names[number]
        others.add(sha(other))
        for kind, data in (("copy", copy), ("phone", phone), ("other", other)):
            name = add_picture(folder, f"{kind}{number}.jpg", data)
            found.append(row(f"{kind}{number}", 1_000 + number, file=name))
    write_posts(folder, found)
    assert home.dank("ingest", folder).out == "30 posts: 30 new, 0 known\n30 pictures: 30 stored, 0 failed\n"
    images = shown(home)
    assert {post: images[post] for post in copies} == copies
    assert len(set(images.values())) == COUNT + 2 * VARIANTS
    database = home.database()
    pairs = {frozenset(pair) for pair in rows(database, sa.select(near_duplicates.c.a, near_duplicates.c.b))}
    assert pairs == {frozenset(pair) for pair in phones.items()}
    for group in groups(database):
        assert group[0].sha256 == phones[group[1].sha256]
    database.close()
    said = home.dank("duplicates", "list", "--limit", "2").out
    assert said.endswith("10 groups\n")
    assert said.count("original ") == said.count("duplicate ") == 2
    apart(home, *next(iter(phones.items())))


def apart(home: Home, one: str, other: str) -> None:
    """Telling two apart by the beginnings of their hashes is remembered."""
    assert "remembered" in home.dank("duplicates", "apart", one[:16], other).out
    assert home.dank("duplicates", "list").out.endswith("9 groups\n")
    assert "one and the same" in home.dank("duplicates", "apart", one, one, code=2).err
    assert "no image has a hash that begins ffff" in home.dank("duplicates", "apart", one, "ffff" * 16, code=2).err


def test_a_post_that_is_deleted_stays_away_and_so_does_an_image(ingested: Ingested, tmp_path: Path) -> None:
    home = ingested.home.copy(tmp_path / "home")
    post, image = "files:memes:m1", ingested.names[2]
    assert home.dank("delete", "post", post).out == f"{post} is deleted, with 1 image\n"
    assert home.dank("delete", "image", image[:20]).out == f"{image} is deleted; 1 post showed it\n"
    assert home.bucket().hashes() == set(ingested.names.values()) - {ingested.names[1], image}
    again = home.dank("ingest", ingested.folder, code=1)
    assert again.out.splitlines() == [
        "nothing new: 39 posts known already",
        "1 post left out, deleted for good before",
        "39 pictures: 38 stored, 1 failed",
        "failed: 1 image-deleted (`dank failures` lists them, `dank retry` tries again)",
    ]
    assert home.dank("retry", "files:memes:m2", code=1).out.startswith("1 picture: 0 stored, 1 failed\n")
    assert image not in home.bucket().hashes()
    assert "there is no post files:no" in home.dank("delete", "post", "files:no", code=2).err
    assert "no image has a hash" in home.dank("delete", "image", image, code=2).err


def test_an_exported_folder_is_taken_in_as_the_same_posts_and_images(ingested: Ingested, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ingested.home.dank("export", out).out == f"40 posts with a picture each in {out}\n"
    fresh = Home(tmp_path / "fresh")
    assert fresh.dank("ingest", out).out == "40 posts: 40 new, 0 known\n40 pictures: 40 stored, 0 failed\n"
    assert shown(fresh) == shown(ingested.home)
    both = []
    for home in (ingested.home, fresh):
        database = home.database()
        both.append(sorted(each[:11] for each in rows(database, sa.select(posts))))
        database.close()
    assert both[0] == both[1]
    assert "already holds a dataset" in ingested.home.dank("export", out, code=2).err
    assert "cannot be written to" in ingested.home.dank("export", out / "posts.jsonl", code=2).err


def test_a_blocked_picture_is_never_kept_and_comes_in_once_it_is_unblocked(ingested: Ingested, tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "blocked"
    chance = np.random.Generator(np.random.PCG64(5))
    phone = reencoded(1, chance)
    bad, fake, good = (
        add_picture(folder, name, data)
        for name, data in (("bad.jpg", phone), ("fake.jpg", jpeg(meme(2))), ("good.jpg", jpeg(meme(3))))
    )
    write_posts(folder, [row("bad", 1, file=bad), row("fake", 2, file=fake), row("good", 3, file=good)])
    original = tmp_path / "original.jpg"
    original.write_bytes(jpeg(meme(1)))
    assert home.dank("bank", "add", original).out == "2 hashes added to own (blocked)\n"
    listed = tmp_path / "placeholders.csv"
    listed.write_text(f"hash,quality\r\n{sha(jpeg(meme(2)))}\r\n")
    imported = home.dank("bank", "import", listed, "--as", "placeholder", "--kind", "sha256")
    assert imported.out == "1 hash added to placeholders (placeholder)\n"
    said = home.dank("ingest", folder, code=1).out
    assert "3 pictures: 1 stored, 2 failed" in said
    assert home.bucket().hashes() == {sha(jpeg(meme(3)))}
    everywhere = [path for path in (home.path / "bucket").rglob("*") if path.is_file()]
    assert not any(path.read_bytes() in (phone, jpeg(meme(2))) for path in everywhere)
    failures = {each["post_id"].rpartition(":")[2]: each for each in home.dank("failures", "--json").json}
    assert failures["bad"]["code"] == "image-blocked"
    assert 0 <= failures["bad"]["distance"] <= 31
    assert failures["fake"]["code"] == "image-removed"
    assert f"[{failures['bad']['distance']} bits from it]" in home.dank("failures", "--reason", "image-blocked").out
    assert home.dank("bank", "list").out.splitlines()[:3] == [
        "own: 1 pdq (blocked)",
        "own: 1 sha256 (blocked)",
        "placeholders: 1 sha256 (placeholder)",
    ]
    assert home.dank("bank", "remove", "own").out == "2 hashes removed\n"
    assert home.dank("retry", "--reason", "image-blocked").out == "1 picture: 1 stored, 0 failed\n"
    assert sha(phone) in home.bucket().hashes()
    later = home.dank("bank", "add", sha(phone), "--kind", "sha256").out.splitlines()
    assert later[1] == f"stored already: {sha(phone)} (own, 0 bits away)"
    assert later[2].startswith("1 stored image would not be let in now")


def test_a_folder_of_pictures_is_taken_in_by_their_names(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    names = ["a b&c.jpg", "ünï-" + "ж" * 100 + ".jpg", "sub/🔥.jpg"]
    for number, name in enumerate(names):
        (folder / name).write_bytes(jpeg(meme(number)))
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.jpg").write_bytes(jpeg(meme(9))[:2_000])
    said = home.dank("ingest", folder, code=1).out
    assert "4 posts: 4 new, 0 known" in said
    assert "4 pictures: 3 stored, 1 failed" in said
    (failure,) = home.dank("failures", "--json").json
    assert (failure["code"], failure["where"]) == ("broken-image", str(folder / "broken.jpg"))


def test_a_list_names_what_cannot_be_read_and_takes_the_rest(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "list"
    write_posts(
        folder,
        [
            row("good", 1, file=add_picture(folder, "good.jpg", jpeg(meme(1)))),
            row("missing", 2, file="pictures/nowhere.jpg"),
            row("outside", 3, file="../../etc/passwd"),
            row("folder", 4, file="pictures"),
        ],
    )
    with (folder / "posts.jsonl").open("a") as file:
        file.write("{not json\n")
    said = home.dank("ingest", folder / "posts.jsonl", code=1)
    assert "line 5: broken line: not JSON" in said.err
    assert "left out: 1 file outside the folder, 1 broken line" in said.out
    assert {each["code"] for each in home.dank("failures", "--json").json} == {"file-missing", "not-a-file"}
    (folder / "pictures" / "nowhere.jpg").write_bytes(jpeg(meme(2)))
    assert home.dank("retry").out.startswith("there is nothing to try again; 2 failures that another try")
    assert home.dank("retry", "--reason", "file-missing").out == "1 picture: 1 stored, 0 failed\n"


def test_a_file_name_that_is_too_long_is_a_failure_and_stops_nothing(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "list"
    good = row("good", 1, file=add_picture(folder, "good.jpg", jpeg(meme(1))))
    write_posts(folder, [good, row("long", 2, file=400 * "a" + ".jpg"), row("endless", 3, file=9_000 * "a" + ".jpg")])
    for first in ("3 posts: 3 new, 0 known", "nothing new: 3 posts known already"):
        said = home.dank("ingest", folder / "posts.jsonl", code=1)
        assert said.out.startswith(first)
        assert "3 pictures: 1 stored, 2 failed\nfailed: 2 file-missing" in said.out


def test_a_paused_queue_stays_paused_until_it_is_resumed(ingested: Ingested, tmp_path: Path) -> None:
    home, folder = ingested.home.copy(tmp_path / "home"), tmp_path / "more"
    write_posts(folder, [row("new", 1, file=add_picture(folder, "a.jpg", jpeg(meme(100))))])
    assert home.dank("queue", "pause", "ingest").out.startswith("ingest is paused")
    with home.start("worker") as worker:
        worker.until(lambda: "is at work" in worker.stdout)
        assert "queued: 1 picture waits for a worker" in home.dank("ingest", "--queue-only", folder).out
        listed = home.dank("queue", "list").out
        assert "PAUSED" in listed
        assert "     1 waiting    0 running" in listed
        with home.start("ingest", str(folder)) as watching:
            watching.until(lambda: "the queue ingest is paused" in watching.stderr)
            assert shown(home)["files:more:new"] is None
            assert home.dank("queue", "resume", "ingest").out == "ingest goes on\n"
            assert watching.wait() == 0
        assert shown(home)["files:more:new"] == sha(jpeg(meme(100)))
        worker.interrupt()
        assert worker.wait() == 0
    assert "PAUSED" not in home.dank("queue", "list").out


def test_nothing_to_do_is_said_in_words(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    write_posts(tmp_path / "empty", [])
    ran: dict[str, Ran] = {
        "ingest": home.dank("ingest", tmp_path / "empty" / "posts.jsonl", code=2),
        "failures": home.dank("failures"),
        "retry": home.dank("retry"),
        "queue": home.dank("queue", "list"),
    }
    assert ran["ingest"].err == f"dank: {tmp_path / 'empty' / 'posts.jsonl'} holds no post (bad-posts-file)\n"
    assert ran["failures"].out == "nothing failed\n"
    assert ran["retry"].out == "there is nothing to try again\n"
    assert ran["queue"].out == "no process has worked on this database yet\n"
    for action in ("pause", "resume"):
        assert "no process has worked on this database yet" in home.dank("queue", action, "ingest", code=2).err
    assert home.dank("queue", "list").out == ran["queue"].out
