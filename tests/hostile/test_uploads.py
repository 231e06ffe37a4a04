"""Bodies that never end, lie about their length, or are nothing but wrapping: refused early, and nobody else waits."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.faults.running import PROVE
from tests.hostile.site import PICTURE, Site, heard, problem, settled, statuses

GIGABYTE = 1_000_000_000
FORM = "multipart/form-data; boundary=b"
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
CLASSIFY = "/api/v1/classify"
FORMS = (CLASSIFY, "/api/v1/memes/predictions/file", "/api/v1/memes/image")
MOST_KEPT_WAITING = 3.0
"""Seconds that another client may wait, on a machine where other tests run."""
AT_ONCE = 40 if PROVE else 8


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


def chunk(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


def sent(stranger: socket.socket, piece: bytes, most: int) -> int:
    """Send a piece again and again, until it is enough or the other side will have no more; bytes that went."""
    went = 0
    try:
        while went < most:
            stranger.sendall(piece)
            went += len(piece)
    except (ConnectionError, TimeoutError):
        pass
    return went


@contextmanager
def nobody_waits(site: Site) -> Iterator[None]:
    """Meanwhile another client asks again and again whether the server lives, and never waits for long."""
    waited: list[float] = []
    ending = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=site.url, timeout=60) as client:
            while True:
                began = time.monotonic()
                client.get("/api/v1/health").raise_for_status()
                waited.append(time.monotonic() - began)
                if ending.wait(0.02):
                    break

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
    assert max(waited) < MOST_KEPT_WAITING


@pytest.mark.parametrize("path", FORMS)
def test_a_gigabyte_without_a_length_is_stopped_early_and_not_kept(path: str, site: Site) -> None:
    before, piece = site.memory(), chunk(bytes(1_000_000))
    with nobody_waits(site), site.connected() as stranger:
        stranger.sendall(head(path, f"Content-Type: {FORM}", "Transfer-Encoding: chunked") + chunk(FILE))
        went = sent(stranger, piece, GIGABYTE)
        assert went < GIGABYTE / 4, "far more than was refused was read"
    assert site.memory() - before < 300_000_000
    with site.connected() as stranger:
        stranger.sendall(head(path, f"Content-Type: {FORM}", "Transfer-Encoding: chunked") + chunk(FILE))
        for _ in range(21):
            stranger.sendall(piece)
        assert statuses(stranger.recv(65_536)) == [413]


def test_an_announced_gigabyte_is_refused_before_any_of_it_comes(site: Site) -> None:
    for path in FORMS:
        with site.connected() as stranger:
            stranger.sendall(head(path, f"Content-Type: {FORM}", f"Content-Length: {GIGABYTE}") + FILE)
            assert statuses(stranger.recv(65_536)) == [413]


def test_a_body_that_is_no_form_may_be_a_few_megabytes_and_no_more(site: Site) -> None:
    hashes = [{"imageHash": "0" * 64}] * 1_000
    taken = site.client.post("/api/v1/memes/predictions", json={"posts": hashes})
    assert taken.status_code == 200
    for text in ("[" * 5_000_000, "9" * 5_000_000, json.dumps({"posts": ["x"] * 1_000_000})):
        answer = site.client.post(
            "/api/v1/memes/predictions", content=text, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413, answer.text


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"a":' * 500_000,
        "9" * 3_000_000,
        '"' + "\\u0000" * 600_000 + '"',
        "[" + "1," * 1_900_000 + "1]",
    ],
    ids=["deep-list", "deep-object", "long-number", "long-text", "wide-list"],
)
@pytest.mark.parametrize("path", [CLASSIFY, "/api/v1/memes/predictions", "/api/v1/feedback", "/api/v1/pairs"])
def test_json_of_megabytes_is_refused_and_nobody_waits_for_it(path: str, text: str, site: Site) -> None:
    with nobody_waits(site):
        answer = site.client.post(path, content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert len(answer.content) < 10_000


@pytest.mark.parametrize("path", FORMS)
def test_ten_thousand_parts_are_refused(path: str, site: Site) -> None:
    for part in (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n', FILE + b"1\r\n"):
        with nobody_waits(site):
            answer = site.client.post(path, content=part * 10_000 + b"--b--\r\n", headers={"Content-Type": FORM})
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "wrapping",
    [
        b"--b\r\nX: " + b"x" * 10_000_000 + b"\r\n\r\n1\r\n--b--\r\n",
        b"--b\r\n" + b"X: y\r\n" * 1_000_000 + b"\r\n1\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="' + b"x" * 10_000_000 + b'"\r\n\r\n1\r\n--b--\r\n',
        b"--b\r\nContent-Disposition: form-data" + b'; a="b"' * 500_000 + b"\r\n\r\n1\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''"
        + b"%ff" * 500_000
        + b"\r\n\r\n1\r\n",
        b"--b\r\n\r\n" * 1_000_000,
        b"\r\n" * 5_000_000,
        b"--b" * 3_000_000,
        b"-" * 10_000_000,
        b"--b--\r\n" * 1_000_000,
        b"",
    ],
    ids=[
        *("long-header", "many-headers", "long-name", "many-options", "long-file-name", "bare-parts", "empty-lines"),
        *("boundaries", "dashes", "ends", "nothing"),
    ],
)
@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_is_all_wrapping_is_refused_and_nobody_waits_for_it(path: str, wrapping: bytes, site: Site) -> None:
    with nobody_waits(site):
        answer = site.client.post(path, content=wrapping, headers={"Content-Type": FORM})
    assert answer.status_code in (400, 413, 422), answer.text


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "b" * 20_000,
        'multipart/form-data; boundary="\\"b"',
        "multipart/form-data; boundary=b; charset=utf-16",
        "multipart/form-data; boundary=b; charset=no-such",
        "multipart/form-data; boundary=b; charset=hex",
        "multipart/form-data; boundary*=utf-8''b",
        "multipart/mixed; boundary=b",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-7",
        "text/plain",
        "é/ü",
        ";",
        "",
    ],
)
@pytest.mark.parametrize("path", FORMS)
def test_a_body_of_an_odd_type_is_answered(path: str, kind: str, site: Site) -> None:
    body = FILE + PICTURE + b"\r\n--b--\r\n"
    answer = site.client.post(path, content=body, headers={"Content-Type": kind.encode("latin-1")})
    assert answer.status_code < 500, answer.text


def test_a_file_name_leads_nowhere(site: Site) -> None:
    for name in (
        "../../../../etc/passwd",
        "/etc/cron.d/x",
        "a\\..\\b",
        "con",
        "x" * 500,
        "\u202egnp.exe",
        ".htaccess",
    ):
        before = {path for path in site.home.rglob("*") if path.is_file()}
        answer = site.client.post(CLASSIFY, files={"file": (name, PICTURE)})
        assert answer.status_code == 200, answer.text
        fresh = {path for path in site.home.rglob("*") if path.is_file()} - before
        assert not {path for path in fresh if "passwd" in path.name or path.name == os.path.basename(name)}  # noqa: PTH119


def test_a_length_that_is_too_short_makes_the_rest_a_request_that_is_none(site: Site) -> None:
    body = FILE + PICTURE + b"\r\n--b--\r\n"
    said = site.said(head(CLASSIFY, f"Content-Type: {FORM}", f"Content-Length: {len(FILE)}") + body)
    assert set(statuses(said)) == {400}


def test_who_breaks_off_in_the_middle_is_forgotten_without_a_word(site: Site) -> None:
    before = site.server.stderr
    for announced in ("Content-Length: 100000", "Transfer-Encoding: chunked"):
        for path, kind in (*((path, FORM) for path in FORMS), (CLASSIFY, "application/json")):
            with site.connected() as stranger:
                stranger.sendall(head(path, f"Content-Type: {kind}", announced) + b"500\r\n" + FILE)
    settled(lambda: site.connections() <= 2, "all are gone")
    assert site.answers()
    assert site.server.stderr == before


def test_many_large_bodies_at_once_have_bounded_memory_and_small_ones_still_pass(site: Site) -> None:
    """More than there is room for: some are refused, none is kept."""
    before, most, full = site.memory(), [0], b"x" * 19_000_000
    asked = head("/api/v1/memes/image", f"Content-Type: {FORM}", "Transfer-Encoding: chunked")
    strangers = [socket.create_connection(("127.0.0.1", site.port), timeout=60) for _ in range(AT_ONCE)]
    try:
        for stranger in strangers:
            stranger.sendall(asked + chunk(FILE))
            with nobody_waits(site):
                sent(stranger, chunk(full), len(full))
            most[0] = max(most[0], site.memory() - before)
        assert site.classify(data=PICTURE).status_code == 200
        with nobody_waits(site):
            said = []
            for stranger in strangers:
                sent(stranger, b"0\r\n\r\n", 1)
                said.append(statuses(stranger.recv(65_536)))
    finally:
        for stranger in strangers:
            stranger.close()
    print(f"{AT_ONCE} bodies of 19 MB: at most {most[0] / 1e6:.0f} MB more than before; answers {said}")
    assert most[0] < 900_000_000
    if AT_ONCE > 21:
        assert [503] in said


def test_a_picture_that_comes_in_time_gets_its_verdict_after_all_that(site: Site) -> None:
    assert site.classify(data=PICTURE).status_code == 200
    assert problem(site.classify(data=b"x")) == (415, "not-an-image")


def test_a_connection_is_ended_when_nothing_more_is_wanted_of_it(site: Site) -> None:
    """What goes on sending after its answer is read for a while, and then is not."""
    with site.connected(40) as stranger:
        stranger.sendall(head("/api/v1/health", "Content-Length: 1000000000", method="GET"))
        answer = stranger.recv(65_536)
        while not answer.endswith(b"}"):  # head and body may come one after the other
            answer += stranger.recv(65_536)
        assert statuses(answer) == [200]
        began = time.monotonic()
        while time.monotonic() - began < 30 and sent(stranger, b"x", 1):
            time.sleep(0.05)
        assert time.monotonic() - began < 20
        assert heard(stranger) == b""
