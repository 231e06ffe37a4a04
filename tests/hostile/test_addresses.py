"""Addresses that are nobody's business, however they are written: the API refuses each, and connects to none."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from typing import Self

import pytest

from tests.faults.resting import at_home
from tests.hostile.liar import Liar, moved, says
from tests.hostile.site import Site, problem, settled

LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.127.127.127",
    "127.0.0.1.",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.0x1",
    "0x7f000001",
    "0x7F.0X0.0x0.0x1",
    "0x7f.1",
    "00000177.0.0.1",
    "0",
    "0.0.0.0",
    "0x0",
    "localhost",
    "LOCALHOST",
    "LocalHost.",
    "localhost.localdomain",
    "ip6-localhost",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000::0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:0x7f000001]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[::1%25lo]",
    "[::1%lo]",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "ｌｏｃａｌｈｏｓｔ",
    "LOCALHOſT",
    "١٢٧.٠.٠.١",
    "%31%32%37.0.0.1",
    "127.0.0.1%00.example.org",
    "localhost%2e",
    "example.org@127.0.0.1",
    "example.org:80@127.0.0.1",
    "example.org%40127.0.0.1",
]
"""Loopback, as it may be written. With a port of a trap after each."""
ELSEWHERE = [
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[fd00:ec2::254]",
    "[fc00::1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2002:a9fe:a9fe::1]",
    "[2002:a00:1::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::169.254.169.254]",
]
SCHEMES = [
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "gopher://127.0.0.1:{port}/_GET%20/",
    "ftp://127.0.0.1:{port}/a.png",
    "dict://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/",
    "jar:http://127.0.0.1:{port}!/a.png",
    "data:image/png;base64,iVBORw0KGgo=",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "netdoc:///etc/passwd",
    "//127.0.0.1:{port}/",
    "/etc/passwd",
    "http:127.0.0.1:{port}",
    "http:///127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "http://127.0.0.1:{port}\r\nHost: x/",
    "http://[::1",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:-1/",
]
REFUSED = {(400, "address-refused"), (400, "bad-url"), (400, "host-unknown")}


class Trap:
    """A port on every address of this machine, of both kinds, that counts who comes.

    Attributes:
        port: the same on all.
        came: to which address of ours each connection was made.
    """

    def __init__(self) -> None:
        self.port = 0
        self.came: list[str] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="trap", daemon=True)

    def __enter__(self) -> Self:
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        self._socket = socket.create_server(("", 0), family=family, dualstack_ipv6=both)
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._socket, selectors.EVENT_READ)
            while not self._ending.is_set():
                if waiting.select(0.05):
                    connection, _ = self._socket.accept()
                    self.came.append(connection.getsockname()[0])
                    connection.close()


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with Trap() as trap:
        yield trap


def test_the_trap_counts_whoever_comes(trap: Trap) -> None:
    """Else that nobody came would prove nothing."""
    for host in ("127.0.0.1", "127.9.9.9"):
        socket.create_connection((host, trap.port), 5).close()
    settled(lambda: len(trap.came) == 2, "both came")
    trap.came.clear()


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_refused_however_it_is_written(host: str, site: Site, trap: Trap) -> None:
    for url in (f"http://{host}:{trap.port}/a.png", f"https://{host}:{trap.port}/"):
        assert problem(site.classify(url=url)) in REFUSED
    assert trap.came == []


@pytest.mark.parametrize("host", ELSEWHERE)
def test_an_address_that_is_not_public_is_refused(host: str, site: Site, trap: Trap) -> None:
    assert problem(site.classify(url=f"http://{host}:{trap.port}/latest/meta-data/")) == (400, "address-refused")
    assert trap.came == []


@pytest.mark.parametrize("url", SCHEMES)
def test_what_is_no_web_address_is_refused(url: str, site: Site, trap: Trap) -> None:
    assert problem(site.classify(url=url.format(port=trap.port))) in REFUSED
    assert trap.came == []


def test_a_redirect_leads_to_none_of_them(site: Site, liar: Liar, trap: Trap) -> None:
    targets = [f"http://{host}:{trap.port}/" for host in (*LOOPBACK, *ELSEWHERE) if host.isascii()]
    targets += [f"//127.0.0.1:{trap.port}/", *(url.format(port=trap.port) for url in SCHEMES if "\r" not in url)]
    told = {}
    for number, to in enumerate(targets):
        liar.pages[f"away-{number}"] = says(moved(to))
        told[to] = problem(site.classify(url=f"{liar.url}/away-{number}"))
    assert trap.came == []
    nowhere = {(404, "not-found"), (502, "fetch-failed")}  # a path of the same host; what cannot be read at all
    odd = {to: code for to, code in told.items() if code not in REFUSED | nowhere}
    assert odd == {}
    assert sum(code in REFUSED for code in told.values()) > 0.9 * len(told)


def test_posts_with_such_addresses_end_as_failures_and_nobody_is_asked(site: Site, trap: Trap) -> None:
    urls = [f"http://{host}:{trap.port}/a.png" for host in (*LOOPBACK, *ELSEWHERE)]
    urls += [url.format(port=trap.port) for url in SCHEMES]
    rows = [{"id": f"ssrf-{number}", "title": "x", "url": url} for number, url in enumerate(urls)]
    answer = site.admin.post("/api/v1/posts", json={"posts": rows})
    assert answer.status_code == 202, answer.text
    said, rest = answer.json(), at_home(site.home)
    left_out = sum(said["left_out"].values())
    assert said["fresh"] + left_out == len(rows)
    assert left_out >= len(SCHEMES) / 2
    query = "SELECT p.id, f.code FROM posts p LEFT JOIN failures f ON f.post_id = p.id WHERE p.id LIKE '%ssrf-%'"
    settled(lambda: all(code for _, code in rest.rows(query)), "all have failed", 60)
    codes = [code for _, code in rest.rows(query)]
    assert len(codes) == said["fresh"]
    assert set(codes) <= {"address-refused", "bad-url", "host-unknown"}
    assert trap.came == []


@pytest.mark.parametrize("source", ["feed", "archive", "lemmy"])
def test_a_source_is_not_tried_out_at_such_an_address(source: str, site: Site, trap: Trap) -> None:
    for host in ("127.0.0.1", "[::1]", "169.254.169.254", "0x7f.1"):
        where = f"http://{host}:{trap.port}/feed"
        where = f"memes@{host}:{trap.port}" if source == "lemmy" else where
        answer = site.admin.post("/api/v1/sources/trial", json={"source": source, "where": where})
        assert answer.status_code in (200, 403, 422), answer.text
        assert answer.status_code != 200 or not answer.json()["works"]
    assert trap.came == []
