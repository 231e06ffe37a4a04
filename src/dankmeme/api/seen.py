"""Whether a picture was posted before: its stored posts, and those of pictures that look the same."""

from __future__ import annotations

import logging

from fastapi import Request

from dankmeme.api.resting import Resting
from dankmeme.api.schemas import SeenPost
from dankmeme.errors import DankError, first_line
from dankmeme.models.classifier import Classification
from dankmeme.storage.looks import Looks
from dankmeme.storage.post_page import duplicates_of

_log = logging.getLogger(__name__)


def seen_before(request: Request, result: Classification) -> list[SeenPost] | None:
    """Stored posts of a picture, the earliest first; None where they cannot be looked up now."""
    resting: Resting = request.app.state.resting
    try:
        database = resting.open().database
        looks: Looks = request.app.state.looks(database)
        names = looks.same(result.sha256, bytes.fromhex(result.pdq), result.quality, result.detail)
        if not names:
            return []
        with database.read() as connection:
            found = duplicates_of(connection, result.sha256, names)
        return [SeenPost.model_validate(each) for each in found]
    except DankError:
        return None
    except Exception as error:
        _log.warning("nobody could look whether a picture was seen before: %s", first_line(error))
        return None
