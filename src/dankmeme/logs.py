"""One way to log: lines for people, or JSON for machines, each with the request or the piece of work it belongs to.

Nothing that a stranger sent is logged but what an error names: no address of a client, no query, no picture.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]

_request: ContextVar[str] = ContextVar("request", default="")
_work: ContextVar[str] = ContextVar("work", default="")
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def set_up(form: Format, level: Level) -> None:
    """Log to standard error, in place of whatever was set up before.

    Args:
        form: `text` for a terminal, `json` for one object a line (`time`, `level`, `logger`, `message`, and what is
            known of `request` and `work`).
        level: what is less grave is left out.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if form == "json" else _Lines("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(_belonging)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("alembic", "asyncio", "httpx", "RapidOCR"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def request_id(asked: str | None) -> str:
    """The id of a request: what whoever sends it calls it, if that is 8–64 harmless characters, else a new one."""
    return asked if asked is not None and _ID.fullmatch(asked) else secrets.token_hex(8)


def within_request(name: str) -> AbstractContextManager[None]:
    """What is logged in there belongs to this request."""
    return _within(_request, name)


def within_work(name: str) -> AbstractContextManager[None]:
    """What is logged in there belongs to this piece of work, by the id that the queues know it by."""
    return _within(_work, name)


@contextmanager
def _within(kind: ContextVar[str], name: str) -> Iterator[None]:
    token = kind.set(name)
    try:
        yield
    finally:
        kind.reset(token)


class _Lines(logging.Formatter):
    """`2026-11-30 12:00:00 WARNING what happened (request 0123456789abcdef)`."""

    def format(self, record: logging.LogRecord) -> str:
        first, *more = super().format(record).split("\n")
        known = [f"{name} {value}" for name in ("request", "work") if (value := getattr(record, name, ""))]
        return "\n".join([f"{first} ({', '.join(known)})" if known else first, *more])

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 (logging's name)
        return super().formatTime(record, "%Y-%m-%d %H:%M:%S")


def _json() -> JsonFormatter:
    return JsonFormatter(
        "%(levelname)s %(name)s %(message)s",
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "trace"},
        timestamp="time",
        json_ensure_ascii=False,
    )


def _belonging(record: logging.LogRecord) -> bool:
    """Put on a record what it belongs to; nothing where that is unknown."""
    for name, value in (("request", _request.get()), ("work", _work.get())):
        if value:
            setattr(record, name, value)
    return True
