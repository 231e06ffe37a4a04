"""Stored pictures, as they are shown: only those of posts that can be seen."""

from __future__ import annotations

from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Request, Response

from dankmeme.api.admin import is_admin
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.errors import DankError
from dankmeme.storage import Storage
from dankmeme.storage.bucket import NORMAL, THUMBNAIL
from dankmeme.storage.tables import feed, post_images

router = APIRouter(tags=["feed"])
_KINDS = {"thumbnail": THUMBNAIL, "picture": NORMAL}
_KEPT_SECONDS = 3_600
"""So long a browser need not ask again: what is hidden or deleted is gone after that."""


@router.get(
    "/api/v1/images/{sha256}/{kind}.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 404: {"model": Problem}, 503: {"model": Problem}},
)
def picture(
    request: Request,
    rest: Rest,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")],
    kind: Literal["thumbnail", "picture"],
) -> Response:
    """A stored picture as a clean JPEG."""
    if not is_admin(request) and not _is_shown(rest, sha256):
        raise DankError("no-image", "there is no such picture here (any more)")
    headers = {"Cache-Control": f"private, max-age={_KEPT_SECONDS}", "ETag": f'"{sha256[:32]}-{kind}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    data = rest.bucket.get(sha256, _KINDS[kind])
    if data is None:
        raise DankError("no-image", "this picture is not kept any more")
    return Response(data, media_type="image/jpeg", headers=headers)


def _is_shown(rest: Storage, sha256: str) -> bool:
    """Whether a post that can be seen shows an image."""
    query = sa.select(feed.c.n).join(post_images, post_images.c.post_id == feed.c.post_id)
    with rest.database.read() as connection:
        return connection.scalar(query.where(post_images.c.image == sha256, feed.c.visible).limit(1)) is not None
