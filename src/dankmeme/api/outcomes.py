"""What became of a post at fixed ages, as its page shows it."""

from __future__ import annotations

from dankmeme.api.feed_schemas import OutcomeAnswer
from dankmeme.storage import follow_ups
from dankmeme.storage.database import Database
from dankmeme.training.ledger import ScoredPost, outcome_percentiles


def outcomes_of(database: Database, post: str) -> list[OutcomeAnswer]:
    """A post's score at each fixed age, and where that stood among its neighbours' at the same age."""
    with database.read() as connection:
        found = follow_ups.of_post(connection, post)
        taken = [each.hours for each in found if each.state == follow_ups.TAKEN]
        near = {hours: follow_ups.neighbours(connection, post, hours) for hours in taken}
    return [
        OutcomeAnswer(
            hours=each.hours,
            due_utc=each.due_utc,
            state=each.state,
            score=each.score,
            percentile=_percentile(near.get(each.hours, []), post),
        )
        for each in found
    ]


def _percentile(near: list[tuple[str, float, int]], post: str) -> float | None:
    rows = [
        ScoredPost(post=name, community="", block=None, created=created, score=score, live=True)
        for name, created, score in near
    ]
    return outcome_percentiles(rows, live=True).get(post)
