"""Whatever is done twice has been done once: any process may be killed and its work be done again by another."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dankmeme.storage import erase, failures, posts
from dankmeme.storage.database import Database
from dankmeme.storage.posts import Failed
from dankmeme.storage.tables import metadata
from tests.storage.making import a_post, everything, store, synthetic

NAMES = "abc"
IMAGES = [synthetic(name, bytes(32), quality=0) for name in "xyz"]

pictures = st.tuples(st.sampled_from([f"files:{name}" for name in NAMES]), st.integers(0, 1))
reasons = st.builds(Failed, st.sampled_from(["not-found", "host-busy"]), st.just("why"), st.booleans())
steps = st.one_of(
    st.tuples(st.just("enlist"), st.sets(st.sampled_from(NAMES), min_size=1)),
    st.tuples(
        st.just("settle"),
        st.dictionaries(pictures, st.sampled_from([image.sha256 for image in IMAGES]), max_size=2),
        st.dictionaries(pictures, reasons, max_size=2),
    ),
    st.tuples(st.just("postpone"), st.dictionaries(pictures, reasons, min_size=1, max_size=2)),
    st.tuples(st.just("retry"), st.booleans()),
    st.tuples(st.just("delete post"), st.sampled_from(NAMES)),
    st.tuples(st.just("delete image"), st.sampled_from([image.sha256 for image in IMAGES])),
)


def do(database: Database, step: Any) -> None:
    match step:
        case ("enlist", names):
            posts.enlist(database, [a_post(name, source="files", pictures=2) for name in sorted(names)], "run")
        case ("settle", stored, failed):
            posts.settle(database, stored, {where: why for where, why in failed.items() if where not in stored})
        case ("postpone", again):
            for chunk in sorted(posts.pending_chunks(database)):
                posts.postpone(database, chunk, again, f"{chunk.split('.')[0]}.later")
        case ("retry", final):
            failures.retry(database, "retried", final_too=final)
        case ("delete post", name):
            erase.delete_post(database, f"files:{name}")
        case ("delete image", sha256):
            erase.delete_image(database, sha256)


def told(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that is known, without the moments at which it was written down and the names of pieces of work."""
    left_out = {"failed_utc", "deleted_utc", "seen_utc", "stored_utc", "chunk"}
    kept = {
        table.name: [number for number, column in enumerate(table.columns) if column.name not in left_out]
        for table in metadata.sorted_tables
    }
    return {
        name: sorted((tuple(row[number] for number in kept[name]) for row in found), key=repr)
        for name, found in everything(database).items()
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=7))
def test_a_step_that_is_done_twice_changes_nothing_the_second_time(template: Path, done: list[Any]) -> None:
    path = template.with_name("twice.db")
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    shutil.copy(template, path)
    database = Database(f"sqlite:///{path}")
    try:
        store(database, *IMAGES)
        for step in [("enlist", set(NAMES)), *done]:
            do(database, step)
            once = told(database)
            if step[0] != "postpone":  # its second time, the work has another name: what follows shows that
                do(database, step)
                assert told(database) == once, step
            check(once)
    finally:
        database.close()


def check(known: dict[str, list[tuple[Any, ...]]]) -> None:
    """What is true at any time: a post's state is that of its pictures, and only what is not stored has a reason."""
    pictures = {(row[0], row[1]): (row[4], row[5]) for row in known["post_images"]}
    for image, state in pictures.values():
        assert (image is not None) == (state == "stored")
    for row in known["failures"]:
        assert pictures[row[0], row[1]][1] != "stored"
    for row in known["posts"]:
        mine = {state for (post, _), (_, state) in pictures.items() if post == row[0]}
        assert row[11] == ("stored" if "stored" in mine else "pending" if "pending" in mine else "failed")
