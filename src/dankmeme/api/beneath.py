"""Where this app lies on its host: at the root, or beneath a path that a reverse proxy gives it."""

from __future__ import annotations

from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

_root: ContextVar[str] = ContextVar("root", default="")


class Beneath:
    """Lets an app answer beneath a path, whether the proxy in front of it takes the path away or leaves it.

    Args:
        app: answers as if it lay at the root.
        root: the path, such as `/memes`; empty for the root.
    """

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app, self._root = app, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._root:
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path != self._root and not path.startswith(f"{self._root}/"):
            path = self._root + path
        token = _root.set(self._root)
        try:
            await self._app({**scope, "root_path": self._root, "path": path}, receive, send)
        finally:
            _root.reset(token)


def here(path: str) -> str:
    """A path of ours, as whoever asks just now has to ask for it."""
    return _root.get() + path


def own(path: str) -> str:
    """A path that was asked for, as it is at the root."""
    return path.removeprefix(_root.get())
