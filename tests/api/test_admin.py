"""Who is an admin: by token, by session, and who is not."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from dankmeme.api.admin import ADMIN_COOKIE, Admin
from dankmeme.api.resting import Resting
from dankmeme.api.signing import Signer
from dankmeme.errors import DankError
from dankmeme.settings import Settings
from tests.api.running import TOKEN, Place, problem, served
from tests.conftest import Server

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("place")) as there:
        yield there


@pytest.fixture
def anybody(place: Place) -> Iterator[httpx.Client]:
    """Somebody with cookies of their own, at an address that sent no wrong token yet."""
    with httpx.Client(base_url=place.url, headers={"X-Forwarded-For": fresh_address()}) as client:
        yield client


addresses = iter(f"203.0.113.{number}" for number in range(1, 255))


def fresh_address() -> str:
    return next(addresses)


def sign_in(client: httpx.Client, token: str = TOKEN) -> httpx.Response:
    return client.post("/api/v1/session", json={"token": token})


def keeper(home: Path, token: str | None = None) -> Admin:
    settings = Settings(home=home, admin_token=SecretStr(token) if token else None)
    return Admin(settings, Signer(Resting(settings)))


def test_a_browser_signs_in_with_the_token_and_out_again(anybody: httpx.Client) -> None:
    assert anybody.get("/api/v1/session").json() == {"admin": False}
    response = sign_in(anybody, f"  {TOKEN}\n")
    assert response.json() == {"admin": True}
    cookie = response.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "max-age=43200", "path=/"))
    assert TOKEN not in cookie
    assert anybody.get("/api/v1/session").json() == {"admin": True}
    assert anybody.get("/api/v1/schedules").status_code == 200
    assert anybody.delete("/api/v1/session").json() == {"admin": False}
    assert ADMIN_COOKIE not in anybody.cookies
    assert problem(anybody.get("/api/v1/schedules")) == (401, "not-signed-in")


def test_a_program_sends_the_token_with_each_request(place: Place, anybody: httpx.Client) -> None:
    assert place.admin.get("/api/v1/session").json() == {"admin": True}
    for scheme, known in (("bearer", 200), ("Basic", 401)):
        headers = {"Authorization": f"{scheme} {TOKEN}"}
        assert anybody.get("/api/v1/schedules", headers=headers).status_code == known


@pytest.mark.parametrize("cookie", ["", "admin", "x" * 2_000, "ImFkbWluIg.aSJl3w.0000000000000000000000000000000"])
def test_a_cookie_that_we_did_not_sign_is_none(anybody: httpx.Client, cookie: str) -> None:
    headers = {"Cookie": f"{ADMIN_COOKIE}={cookie}"}
    assert anybody.get("/api/v1/session", headers=headers).json() == {"admin": False}
    assert problem(anybody.get("/api/v1/schedules", headers=headers)) == (401, "not-signed-in")


def test_what_is_signed_for_a_voter_does_not_make_an_admin(tmp_path: Path) -> None:
    one = keeper(tmp_path, TOKEN)
    assert not one.has_session(one._signer.sign("voter", "admin"))
    assert one.has_session(one.session_value())


def test_every_admin_route_is_closed_to_others(place: Place) -> None:
    routes = [
        ("GET", "/api/v1/schedules", None),
        ("POST", "/api/v1/schedules", {"source": "lemmy", "where": "memes@lemmy.ml"}),
        ("PATCH", "/api/v1/schedules/x", {"paused": True}),
        ("DELETE", "/api/v1/schedules/x", None),
        ("POST", "/api/v1/sources/trial", {"source": "lemmy", "where": "memes@lemmy.ml"}),
        ("PATCH", "/api/v1/posts/x", {"hidden": True}),
        ("DELETE", "/api/v1/posts/x?ban=true", None),
        ("POST", "/api/v1/failures/retry", {}),
    ]
    for method, path, body in routes:
        assert problem(place.client.request(method, path, json=body)) == (401, "not-signed-in"), path


def test_wrong_tokens_are_counted_wherever_they_are_sent(place: Place, anybody: httpx.Client) -> None:
    wrong = {"Authorization": "Bearer guess"}
    assert [problem(sign_in(anybody, f"guess {number}")) for number in range(8)] == [(401, "bad-token")] * 8
    assert problem(anybody.get("/api/v1/schedules", headers=wrong)) == (401, "not-signed-in")
    assert anybody.get("/api/v1/session", headers=wrong).json() == {"admin": False}
    assert problem(sign_in(anybody)) == (429, "too-many-requests")
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert problem(anybody.get("/api/v1/schedules", headers=right)) == (429, "too-many-requests")
    assert sign_in(place.client).status_code == 200
    place.client.cookies.clear()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://other.example"}, 404),
        ({"Sec-Fetch-Site": "cross-site"} | JSON, 403),
        ({"Sec-Fetch-Site": "same-site"} | JSON, 403),
        ({"Sec-Fetch-Site": "none"} | JSON, 403),
        ({"Origin": "{own}"}, 404),
        ({"Origin": "http://other.example"} | JSON, 403),
        ({"Origin": "{own}.other.example"} | JSON, 403),
        ({"Origin": "null"} | JSON, 403),
        (JSON, 404),
        ({"Content-Type": "text/plain"}, 403),
        ({}, 403),
    ],
)
def test_another_site_cannot_have_a_signed_in_browser_change_anything(
    place: Place, anybody: httpx.Client, headers: dict[str, str], status: int
) -> None:
    sign_in(anybody)
    sent = {name: value.format(own=place.url) for name, value in headers.items()}
    response = anybody.delete("/api/v1/posts/none", headers=sent)
    assert problem(response) == (status, {403: "foreign-request", 404: "no-post"}[status])
    assert anybody.get("/api/v1/schedules", headers=sent).status_code == 200


def test_the_token_itself_needs_no_site(place: Place) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert problem(place.admin.delete("/api/v1/posts/none", headers=headers)) == (404, "no-post")


def test_another_token_ends_all_sessions(tmp_path: Path) -> None:
    before, after = keeper(tmp_path, "one long token"), keeper(tmp_path, "another long token")
    cookie = before.session_value()
    assert before.has_session(cookie)
    assert not after.has_session(cookie)
    made = keeper(tmp_path)
    cookie = made.session_value()
    (tmp_path / "admin-token").write_text("a token of my own\n")
    assert not made.has_session(cookie)
    assert made.check("a token of my own")


def test_processes_that_need_a_token_at_once_agree_on_one(tmp_path: Path) -> None:
    home = tmp_path / "not" / "yet"
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: keeper(home).prepare(), range(32)))
    file = home / "admin-token"
    assert [path.name for path in home.iterdir()] == ["admin-token"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().strip()) == 32
    assert keeper(home).check(file.read_text())
    assert not keeper(home).check(file.read_text()[:-2])


def test_where_no_token_can_be_kept_nobody_is_admin(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()
    keeper(home).prepare()
    with pytest.raises(DankError, match=r"cannot be kept in DANK_HOME.*set DANK_ADMIN_TOKEN") as caught:
        keeper(home).check("")
    assert caught.value.code == "admin-closed"
    assert str(tmp_path) not in caught.value.message
    (tmp_path / "admin-token").write_text("\n")
    with pytest.raises(DankError, match="admin-token is empty"):
        keeper(tmp_path).check("")
    (tmp_path / "admin-token").write_bytes(b"\xff\xfe")
    with pytest.raises(DankError, match="cannot be kept"):
        keeper(tmp_path).check("")


def test_a_token_may_hold_any_character(tmp_path: Path) -> None:
    assert keeper(tmp_path, "geheim, ganz und gar geheim: ü 🐸").check("geheim, ganz und gar geheim: ü 🐸")
    assert not keeper(tmp_path, "long enough a token").check("\ud800")


def test_the_server_makes_a_token_that_signs_in(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        assert client.get("/api/v1/session").json() == {"admin": False}
        token = (server.home / "admin-token").read_text().strip()
        assert problem(sign_in(client, token[::-1])) == (401, "bad-token")
        assert sign_in(client, token).json() == {"admin": True}
        assert client.get("/api/v1/schedules").json() == {"schedules": []}
