"""Votes: one a post and browser, which can be changed and taken back."""

from __future__ import annotations

import time

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed, posts, votes


def vote(database: Database, post: str, voter: str, dank: bool | None) -> tuple[int, int] | None:
    """Vote, change a vote, or take it back.

    Args:
        database: where votes are kept.
        post: its id.
        voter: whoever votes, at most 32 characters.
        dank: what they say; None for nothing.

    Returns:
        How many say dank and not dank now; None where the feed has no such post.
    """
    mine = sa.and_(votes.c.post_id == post, votes.c.voter == voter)
    columns = feed.c.votes_dank, feed.c.votes_not
    there = sa.select(posts.c.id).where(posts.c.id == post).with_for_update(read=True, key_share=True)
    with database.write() as connection:
        connection.execute(there)  # before its row of the feed: whoever deletes the post takes them in this order too
        row = connection.execute(sa.select(*columns).where(feed.c.post_id == post).with_for_update()).first()
        if row is None:
            return None
        before = connection.scalar(sa.select(votes.c.dank).where(mine))
        yes = row.votes_dank + int(dank is True) - int(before is True)
        no = row.votes_not + int(dank is False) - int(before is False)
        if dank is None:
            connection.execute(sa.delete(votes).where(mine))
        else:
            what = {"post_id": post, "voter": voter, "dank": dank, "voted_utc": time.time()}
            database.put(connection, votes, [what])
        changed = sa.update(feed).where(feed.c.post_id == post)
        connection.execute(changed.values(votes_dank=yes, votes_not=no, votes=yes + no))
    return yes, no
