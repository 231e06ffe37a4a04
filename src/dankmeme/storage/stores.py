"""Where objects can rest: a folder, S3, Google Cloud Storage or Azure, by URL."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from dankmeme.errors import StorageError, first_line

_SCHEMES = ("s3", "gs", "az")
_RETRY: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
_CLIENT: Any = {"timeout": timedelta(seconds=30), "connect_timeout": timedelta(seconds=5)}


def open_store(url: str) -> tuple[Any, Path | None]:
    """The store that a URL names, and its folder where it is one.

    Args:
        url: a folder (path or `file:` URL), or `s3://…`, `gs://…`, `az://…`; credentials come from the usual
            environment variables of each.

    Raises:
        StorageError: `bad-bucket`.
    """
    folder = _folder(url)
    if folder is None and url.partition("://")[0] not in _SCHEMES:
        raise StorageError("bad-bucket", f"the bucket {url} is neither a folder nor s3://…, gs://… or az://…")
    try:
        if folder is not None:
            return LocalStore(folder, mkdir=True), folder
        return from_url(url, retry_config=_RETRY, client_options=_client()), None
    except (BaseError, ValueError, OSError) as error:
        raise StorageError("bad-bucket", f"the bucket {url} cannot be used: {first_line(error)}") from None


def try_out(store: Any) -> None:
    """Write an object and remove it; what the bucket says where that cannot be done is its own error."""
    obstore.put(store, "doctor", b"hello")
    obstore.delete(store, "doctor")


def _client() -> Any:
    """Options of the HTTP client: given any, obstore forgets the one that it takes from the environment."""
    said = {os.environ.get(name, "").lower() for name in ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "ALLOW_HTTP")}
    return _CLIENT | {"allow_http": not said.isdisjoint({"1", "true", "on", "yes"})}


def _folder(url: str) -> Path | None:
    if url.startswith("file:"):
        return Path(unquote(url.removeprefix("file:").removeprefix("//"))).absolute()
    return None if "://" in url else Path(url).absolute()
