"""What stands around every route: who may ask from elsewhere, and how often pictures are fetched for a client."""

from __future__ import annotations

from pathlib import Path

import pytest

from dankmeme.settings import Settings
from tests.api.running import problem, served

FRIEND = "https://memes.example"


def test_pictures_are_fetched_for_a_client_so_often_and_uploads_are_not_counted_with_them(tmp_path: Path) -> None:
    with served(tmp_path, url_rate=2) as place:
        asked = [place.client.post("/api/v1/classify", json={"url": "http://127.0.0.1/meme.jpg"}) for _ in range(3)]
        sent = place.client.post("/api/v1/classify", files={"file": b"no picture"})
    codes = [(400, "address-refused"), (400, "address-refused"), (429, "too-many-requests")]
    assert [problem(each) for each in asked] == codes
    assert sent.status_code != 429


def test_no_other_site_may_ask_unless_it_is_named_and_then_without_cookies(tmp_path: Path) -> None:
    with served(tmp_path / "closed") as closed:
        assert (
            "access-control-allow-origin" not in closed.client.get("/health/live", headers={"Origin": FRIEND}).headers
        )
    with served(tmp_path / "open", cors_origins=FRIEND) as place:
        friend, stranger = (
            place.client.get("/health/live", headers={"Origin": origin}).headers
            for origin in (FRIEND, "https://elsewhere.example")
        )
    assert friend["access-control-allow-origin"] == FRIEND
    assert "access-control-allow-credentials" not in friend
    assert "access-control-allow-origin" not in stranger


@pytest.mark.parametrize("said", ["*", "memes.example", "https://memes.example/", "https://*.example", "null"])
def test_what_is_no_origin_is_refused_at_once(said: str) -> None:
    with pytest.raises(ValueError, match="is no origin such as"):
        Settings(cors_origins=said)  # type: ignore[arg-type]
