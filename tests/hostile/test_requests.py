"""Requests that no browser would make: odd paths, methods, heads and ranges, and two requests disguised as one."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.conftest import ROOT
from tests.hostile.site import Site, statuses
from tests.hostile.test_uploads import head

PATHS: dict[str, dict[str, object]] = json.loads((ROOT / "web" / "openapi.json").read_text())["paths"]
PAGES = ["/", "/latest", "/docs", "/errors", "/openapi.json", "/docs-ui/start.js", "/no/such/page", "/posts/x"]
METHODS = (
    "GET",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "CONNECT",
    "PROPFIND",
    "PURGE",
    "M-SEARCH",
)
ODD = [
    "..",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "..%252f..%252fetc%252fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..\\..\\etc\\passwd",
    "..%5c..%5cetc%5cpasswd",
    "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "....//....//etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "%00",
    "a%00.jpg",
    "%ff%fe",
    "%ed%a0%80",
    "%f0%28%8c%28",
    "%",
    "%zz",
    "%25",
    "x" * 254,
    "x" * 300,
    "x" * 3_000,
    "%0d%0aX-Injected:%20yes",
    "%e2%80%ae",
    "' OR 1=1 --",
    "${7*7}{{7*7}}",
    "-1",
    "9" * 400,
    "nan",
]
"""What may stand in a path in place of a name."""


def line(method: str, target: str, *headers: str) -> bytes:
    usual = ["Host: x", "Connection: close", "Accept-Encoding: gzip, deflate, br"]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *usual, *headers, "", ""]).encode("latin-1")


def with_odd(path: str, odd: str) -> str:
    """A path with something odd in place of each of its parameters."""
    parts = [odd if part.startswith("{") else part for part in path.split("/")]
    return "/".join(odd + part.partition("}")[2] if "{" in part else part for part in parts)


@pytest.mark.parametrize("path", [*PATHS, *PAGES])
def test_every_method_on_every_path_is_answered(path: str, site: Site) -> None:
    known = PATHS.get(path, {})
    for method in METHODS:
        if method == "GET" and path == "/api/v1/events":
            continue  # it never ends: that is what it is for
        said = site.said(line(method, with_odd(path, "x"), "Content-Length: 0"))
        (status,) = statuses(said)
        assert status < 500 or (status == 503 and method.lower() in known), said
        assert status == 405 or method not in ("TRACE", "PROPFIND", "PURGE", "M-SEARCH"), said
        assert method != "HEAD" or said.partition(b"\r\n\r\n")[2] == b""
        assert b"Host: x" not in said


@pytest.mark.parametrize("path", [path for path in PATHS if "{" in path] + ["/{page}", "/assets/{name}", "/posts/{id}"])
def test_whatever_stands_in_a_path_it_leads_nowhere_else(path: str, site: Site) -> None:
    for odd in ODD:
        for method in PATHS.get(path, {"get": None}):
            said = site.said(line(method.upper(), with_odd(path, odd.replace(" ", "%20")), "Content-Length: 0"))
            (status,) = statuses(said)
            assert status < 500, (odd, method, said)
            assert b"root:" not in said
            assert b"\r\nx-injected" not in said.lower()


def test_an_odd_query_is_answered(site: Site) -> None:
    for query in (
        "%00",
        "%ff",
        "a" * 20_000,
        "&" * 20_000,
        "limit=%00",
        "limit=1e9",
        "cursor=" + "A" * 200,
        "since=nan",
    ):
        for path in ("/api/v1/posts", "/api/v1/leaderboard", "/api/v1/models/x/misses", "/", "/latest"):
            (status,) = statuses(site.said(line("GET", f"{path}?{query}")))
            assert status < 500, (path, query)


@pytest.mark.parametrize(
    "request_",
    [
        b"\x00" * 100,
        b"\xff" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET  /  HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX : a\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \x00\r\nConnection: close\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://example.org/latest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
        b"GET / HTTP/1.1\r\nHost: " + b"x" * 9_000 + b"\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a=b; " * 2_000 + b"\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nExpect: everything\r\nConnection: close\r\n\r\n",
    ],
    ids=lambda request_: repr(request_[:40]),
)
def test_what_is_hardly_http_is_answered_or_hung_up_on(request_: bytes, site: Site) -> None:
    found = statuses(site.said(request_))
    assert all(status < 500 for status in found)
    assert len([status for status in found if status >= 200]) <= 1
    assert site.client.get("/api/v1/health").status_code == 200


HIDDEN = b"DELETE /api/v1/demo HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Content-Length: 6", "Transfer-Encoding: chunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked", "Content-Length: 4"], b"0\r\n\r\n" + HIDDEN),
        (["Content-Length: 0", f"Content-Length: {len(HIDDEN)}"], HIDDEN),
        ([f"Content-Length: 0, {len(HIDDEN)}"], HIDDEN),
        (["Content-Length: +0"], HIDDEN),
        (["Content-Length: -1"], HIDDEN),
        (["Content-Length: 0x0"], HIDDEN),
        (["Content-Length : 0"], HIDDEN),
        (["Content-Length: 99999999999999999999999"], HIDDEN),
        (["Transfer-Encoding: identity, chunked", "Content-Length: 0"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: xchunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding : chunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding:\x0bchunked"], b"0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked"], b"0x0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked"], b"-0\r\n\r\n" + HIDDEN),
        (["Transfer-Encoding: chunked"], b"0;\n\r\n" + HIDDEN),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_two_requests_disguised_as_one_are_refused(headers: list[str], body: bytes, site: Site) -> None:
    """A proxy in front might see the other one: so the connection ends, and nothing after the doubt is answered."""
    said = site.said(head("/api/v1/feedback", "Content-Type: application/json", *headers) + body)
    found = statuses(said)
    assert len(found) <= 1, said
    assert all(400 <= status < 500 for status in found)
    assert b'"not-signed-in"' not in said


@pytest.mark.parametrize(
    "ranges",
    [
        "bytes=0-0",
        "bytes=-1",
        "bytes=5-2",
        "bytes=99999999999-",
        "bytes=" + ",".join(f"{n}-" for n in range(1_500)),
        "bytes=" + "0-,0-," * 1_500,
        "bytes=" + "9" * 5_000 + "-",
        "bytes=" + "-" * 8_000,
        "lines=1-2",
        "bytes",
        "=",
    ],
    ids=lambda ranges: ranges[:30],
)
def test_a_range_costs_no_more_than_the_whole(ranges: str, site: Site) -> None:
    for path in ("/docs-ui/swagger-ui.css", "/"):
        whole = site.client.get(path)
        part = site.client.get(path, headers={"Range": ranges})
        assert part.status_code in (200, 206, 400, 416)
        assert len(part.content) <= 2 * len(whole.content) + 1_000


def test_nothing_but_the_web_app_lies_under_its_root(site: Site) -> None:
    for name in (
        "index.html",
        "../cli/__init__.py",
        "../../cli/__init__.py",
        "..%2f..%2fcli%2f__init__.py",
        ".git/config",
    ):
        for target in (f"/{name}", f"//{name}", f"/{quote(name, safe='')}", f"/assets/../{name}"):
            said = site.said(line("GET", target))
            assert statuses(said)[0] in (200, 307, 400, 404), said
            assert b"import" not in said.partition(b"\r\n\r\n")[2][:2_000] or b"<!doctype html>" in said.lower()
