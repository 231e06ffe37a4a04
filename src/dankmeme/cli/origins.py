"""Where the posts of a dataset folder come from: what is stored, files, or a source that is read first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dankmeme.cli.following import following, listed
from dankmeme.cli.ingest import work_off
from dankmeme.cli.saying import say, wrong
from dankmeme.cli.steps import Told, steps

if TYPE_CHECKING:
    from dankmeme.models.eyes import Eyes
    from dankmeme.posts import PeopleSay
    from dankmeme.sources import Query
    from dankmeme.storage import Storage
    from dankmeme.storage.export import Wish
    from dankmeme.training.building import Built
    from dankmeme.training.cache import Cache
    from dankmeme.training.gathering import Gathered, Scores

AGE_HOURS = 48.0
"""At this age scores are compared, where nobody says another."""


def from_stored(folder: Path, wish: Wish, scores: Scores, *, people: bool = False) -> Built:
    """Build a dataset folder of what is stored; with `people`, what they think of each post is told too."""
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.training.building import build
    from dankmeme.training.gathering import from_storage

    of = [*wish.communities, *([f"from {wish.source}"] if wish.source else [])]
    words = f"stored posts ({', '.join(of) or 'all communities'}; {_words(scores)})"
    with open_storage(settings()) as storage, _kept() as cache, steps() as told:
        said = _said(storage) if people else None
        return build(
            folder,
            words,
            scores.age,
            lambda into: from_storage(storage, into, wish, cache, told, scores=scores, people=said),
        )


def from_files(folder: Path, path: Path) -> Built:
    """Build a dataset folder of files; a list that names addresses is taken in first."""
    from dankmeme.sources import Query
    from dankmeme.training.building import build
    from dankmeme.training.dataset import load_dataset
    from dankmeme.training.gathering import from_files as gather_files
    from dankmeme.training.gathering import names_addresses

    if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
        raise wrong(f"{folder} lies in {path}; build it elsewhere", hint="FOLDER")
    if names_addresses(path):
        return from_source(folder, "files", Query(where=str(path.absolute())), None, path)
    found = load_dataset(path)
    for note in found.notes:
        say(note, error=True)
    with looking() as (cache, eyes, told):
        return build(
            folder, f"files of {found.name}", AGE_HOURS, lambda into: gather_files(found, into, cache, eyes, told)
        )


def from_source(folder: Path, name: str, query: Query, scores: Scores | None, path: Path | None = None) -> Built:
    """Build a dataset folder of a source: its posts are taken in, and those of this run are brought.

    Args:
        folder: where it goes.
        name: of the source.
        query: which posts.
        scores: which of them count; None takes them as they are.
        path: a list of the same posts, which then tells all but their pictures.
    """
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.export import Wish
    from dankmeme.training.building import build
    from dankmeme.training.gathering import from_storage, posts_of

    place = Path(query.where).name if name in ("archive", "files") else query.where
    words = f"{name} {place}" + (f", {query.order} {query.limit or ''}".rstrip() if query.order else "")

    def gather(into: Path) -> Gathered:
        run, failed, why = _take_in(storage, name, query)
        with steps() as told:
            listing = posts_of(path) if path else None
            found = from_storage(storage, into, Wish(run=run), cache, told, scores=scores, listed=listing)
        found.left_out.update(failed)
        found.broken |= why
        return found

    with open_storage(settings()) as storage, _kept() as cache:
        return build(folder, words, scores.age if scores else AGE_HOURS, gather)


def _said(storage: Storage) -> dict[str, PeopleSay]:
    """What people think of stored posts."""
    from dankmeme.settings import settings
    from dankmeme.storage.feedback import FeedbackFile
    from dankmeme.training.people.overview import people_say

    return people_say(storage.database, FeedbackFile(settings().home / "feedback.jsonl"))


def _take_in(storage: Storage, name: str, query: Query) -> tuple[str, dict[str, int], dict[str, str]]:
    """Read a source and fetch its pictures: the run, what failed by reason, and why."""
    from dankmeme.pipeline.foreground import Foreground
    from dankmeme.settings import settings
    from dankmeme.storage import failures

    with following("reading") as follower, Foreground(settings(), storage) as foreground:
        run = foreground.read(
            name,
            query,
            lambda run, page, gone: follower.show(foreground.progress(run.id, reading=True)),
            lambda why, seconds: follower.say(f"waiting {seconds:.0f} s: {why}"),
        )
        state = work_off(foreground, run.id, follower)
    if run.skipped:
        say(f"not read: {listed(run.skipped)}")
    some = failures.listed(storage.database, run=run.id) if state.counts.failed else []
    return run.id, state.failures, {each.where: each.message for each in some}


def _words(scores: Scores) -> str:
    return "last known scores" if scores.last else f"scores at {scores.age:g} h"


@contextmanager
def _kept() -> Iterator[Cache]:
    from dankmeme.settings import settings
    from dankmeme.training.place import Place

    with Place(settings().home).cache() as cache:
        yield cache


@contextmanager
def looking() -> Iterator[tuple[Cache, Eyes, Told]]:
    """What looks at pictures, keeps what it finds, and tells how far it is."""
    from dankmeme.models.eyes import Eyes
    from dankmeme.settings import settings

    eyes = Eyes(captions=False, workers=settings().decode_workers or None)
    with _kept() as cache, closing(eyes), steps() as told:
        yield cache, eyes, told
