"""The route by which another program brings posts, as the ingestion service of 2018 took them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from dankmeme.api.admin import admin
from dankmeme.api.queueing import enqueue
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.pipeline.work import INGEST
from dankmeme.posts import Post
from dankmeme.sources.rows import post_of
from dankmeme.storage import posts

MOST_POSTS = 1_000
DATASET = "api"
"""Posts without an id that says where they come from are of this data set."""
router = APIRouter(tags=["posts"], dependencies=[Depends(admin)])


class PostsRequest(BaseModel):
    """Posts, each with the fields of a line of `posts.jsonl`: at least `id`, and `url` or `images`."""

    model_config = ConfigDict(extra="forbid")

    posts: Annotated[list[dict[str, Any]], Field(max_length=MOST_POSTS)]


class PostsQueued(BaseModel):
    """What became of them; `left_out` counts those that cannot be taken, by the reason."""

    fresh: int
    known: int
    left_out: dict[str, int]


@router.post(
    "/api/v1/posts", status_code=202, responses={status: {"model": Problem} for status in (401, 403, 422, 503)}
)
def take_in(rest: Rest, offered: PostsRequest) -> PostsQueued:
    """Queue posts: their pictures are fetched, stored and predicted. Files of this machine are not taken."""
    found = [_post(row) for row in offered.posts]
    left_out = Counter(each for each in found if isinstance(each, str))
    enlisted = posts.enlist(rest.database, [each for each in found if isinstance(each, Post)], posts.new_run())
    enqueue(rest.database, INGEST, enlisted.chunks)
    left_out.update({"deleted for good before": enlisted.gone, "id that cannot be kept": enlisted.refused})
    return PostsQueued(
        fresh=enlisted.fresh, known=enlisted.known, left_out={why: n for why, n in left_out.items() if n}
    )


def _post(row: dict[str, Any]) -> Post | str:
    """The post of a row, or the reason why there is none."""
    if "file" in row:
        return "file of this machine"
    post = post_of(row, DATASET, Path("/"))
    return post if isinstance(post, Post) else post.partition(":")[0]
