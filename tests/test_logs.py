from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from dankmeme import logs

LOG = logging.getLogger("dankmeme.tests")


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_for_machines_holds_what_it_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    with logs.within_request("0123456789abcdef"), logs.within_work("scrape.7"):
        LOG.info("%d posts", 3, extra={"route": "/api/v1/posts"})
    LOG.info("and nothing")

    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first.pop("time") <= second.pop("time")
    assert first == {
        "level": "INFO",
        "logger": "dankmeme.tests",
        "message": "3 posts",
        "route": "/api/v1/posts",
        "request": "0123456789abcdef",
        "work": "scrape.7",
    }
    assert second == {"level": "INFO", "logger": "dankmeme.tests", "message": "and nothing"}


def test_an_error_keeps_its_trace_on_the_same_line_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "warning")
    try:
        raise ValueError("no\nluck")
    except ValueError:
        LOG.exception("it broke")

    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert "ValueError: no\nluck" in line["trace"]


def test_a_line_for_people_says_when_how_grave_and_what_for(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text", "warning")
    with logs.within_request("0123456789abcdef"):
        LOG.info("left out")
        LOG.warning("the database is away")

    (line,) = capsys.readouterr().err.splitlines()
    assert line[20:] == "WARNING the database is away (request 0123456789abcdef)"


@pytest.mark.parametrize("asked", ["0123-abcd_EF.9", "a" * 64])
def test_a_harmless_id_is_kept(asked: str) -> None:
    assert logs.request_id(asked) == asked


@pytest.mark.parametrize("asked", [None, "", "short", "a" * 65, "new\nline-in-a-log", "{json: 12345}", "ünïcödé-id"])
def test_any_other_id_is_replaced(asked: str | None) -> None:
    made = {logs.request_id(asked) for _ in range(3)}
    assert len(made) == 3
    assert all(len(each) == 16 for each in made)
