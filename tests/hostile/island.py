"""A machine of one's own, as far as the network goes: every address is its own, and so is the server of names.

Run by `test_rebinding.py` in a network namespace. There the product's own resolver asks a name server over UDP that
changes its mind, a public address hands out a picture, and whoever connects to any other address is written down.
"""

from __future__ import annotations

import json
import selectors
import socket
import struct
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from tests.faults.waiting import wait_until
from tests.hostile.site import PICTURE, Site, serving

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
PRIVATE = (
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "168.63.129.16", "198.18.0.1"),
    *("192.0.2.1", "240.0.0.1", "fd00:ec2::254", "fe80::1", "fec0::1", "64:ff9b::7f00:1", "2002:7f00:1::1"),
)
NAMES: dict[str, list[list[str]]] = {
    "public.test": [[PUBLIC]],
    "six.test": [[PUBLIC_6]],
    "loopback.test": [["127.0.0.1"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "mixed.test": [[PUBLIC, "10.0.0.1"]],
    "mixed-the-other-way.test": [["10.0.0.1", PUBLIC]],
    "mixed-six.test": [[PUBLIC, "fd00:ec2::254"]],
    "metadata.google.internal": [["169.254.169.254"]],
    "nat64.test": [["64:ff9b::7f00:1"]],
    "six-to-four.test": [["2002:7f00:1::1"]],
    "link-local.test": [["fe80::1"]],
    "shared.test": [["100.64.0.1"]],
    "reserved.test": [["240.0.0.1"]],
    "rebinding.test": [[PUBLIC], ["127.0.0.1"], ["169.254.169.254"], [PUBLIC]],
    "flips.test": [[PUBLIC] if number % 2 == 0 else ["10.0.0.1"] for number in range(100)],
    "moves.test": [[PUBLIC], ["127.0.0.1"]],
}
"""What is answered to the first question about a name, to the second, and so on; the last holds for good."""


class Names(threading.Thread):
    """A name server on UDP (RFC 1035) that knows `NAMES`; every answer is to be forgotten at once.

    A resolver asks for both kinds of address: a name's turn goes on with each question for an IPv4 one.

    Attributes:
        asked: how often each name was asked for.
        unknown: names that are none of `NAMES`, of which addresses were wanted all the same.
    """

    def __init__(self, host: str) -> None:
        super().__init__(name="names", daemon=True)
        self.asked: Counter[str] = Counter()
        self.unknown: set[str] = set()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 53))

    def run(self) -> None:
        while True:
            question, client = self._socket.recvfrom(512)
            self._socket.sendto(self._answer(question), client)

    def _answer(self, question: bytes) -> bytes:
        labels, place = [], 12
        while size := question[place]:
            labels.append(question[place + 1 : place + 1 + size].decode())
            place += 1 + size
        (kind,) = struct.unpack(">H", question[place + 1 : place + 3])
        name = ".".join(labels).lower()
        known, turn = NAMES.get(name), self.asked[name]
        if kind == 1:
            self.asked[name] += 1
        if known is None and kind in (1, 28):
            self.unknown.add(name)
        addresses = [] if known is None else known[min(turn if kind == 1 else max(turn - 1, 0), len(known) - 1)]
        found = [ip_address(each) for each in addresses]
        wanted = [each.packed for each in found if (kind, each.version) in ((1, 4), (28, 6))]
        records = b"".join(struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(each)) + each for each in wanted)
        head = question[:2] + struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, len(wanted), 0, 0)
        return head + question[12 : place + 5] + records


class Watch(threading.Thread):
    """Takes every connection to port 80: to a public address it hands out a picture, or the way to another one.

    Attributes:
        came: how often somebody connected to each address.
    """

    def __init__(self) -> None:
        super().__init__(name="watch", daemon=True)
        self.came: Counter[str] = Counter()
        self._inner = ThreadingHTTPServer(("127.0.0.9", 8080), _Page)
        self._socket = socket.create_server(("", 80), family=socket.AF_INET6, dualstack_ipv6=True)
        threading.Thread(target=self._inner.serve_forever, daemon=True).start()

    def run(self) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._socket, selectors.EVENT_READ)
            while waiting.select():
                connection, client = self._socket.accept()
                here = connection.getsockname()[0].removeprefix("::ffff:")
                self.came[here] += 1
                if here in (PUBLIC, PUBLIC_6):
                    self._inner.process_request(connection, client)
                else:
                    connection.close()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        away = self.path == "/away"
        self.send_response(302 if away else 200)
        if away:
            self.send_header("Location", "http://moves.test/")
        self.send_header("Content-Length", "0" if away else str(len(PICTURE)))
        self.end_headers()
        self.wfile.write(b"" if away else PICTURE)

    def log_message(self, *_: object) -> None:
        """Not on our standard error."""


def settle(folder: Path) -> None:
    """Give every address to this machine, and have names looked up at our own server."""

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)

    run("ip", "link", "set", "lo", "up")
    for address in (PUBLIC, PUBLIC_6, *PRIVATE):
        run("ip", "addr", "add", f"{address}/{128 if ':' in address else 32}", "dev", "lo")
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.53\noptions timeout:5 attempts:2 single-request\n")
    run("mount", "--bind", str(resolver), "/etc/resolv.conf")


def reached(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(5)
        probe.connect((address, 80, 0, socket.if_nametoindex("lo")) if ":" in address else (address, 80))


def told(site: Site, url: str, names: Names, watch: Watch) -> dict[str, object]:
    """What is said of an address, and who was connected to and what looked up meanwhile."""
    watch.came.clear()
    before = names.asked.total()
    answer = site.classify(url=url)
    code = "verdict" if answer.status_code == 200 else answer.json()["code"]
    return {"code": code, "came": dict(watch.came), "looked up": names.asked.total() - before}


def main(folder: Path) -> dict[str, object]:
    settle(folder)
    names, watch = Names("127.0.0.53"), Watch()
    names.start()
    watch.start()
    for address in PRIVATE:
        reached(address)
    wait_until(lambda: len(watch.came) == len(PRIVATE), 10, "each connection was seen")
    traps = dict(watch.came)
    with serving(folder / "home", fetch_seconds="5", fetch_rate="0") as site:
        once = {name: told(site, f"http://{name}/a.png", names, watch) for name in NAMES if len(NAMES[name]) == 1}
        again = {name: [told(site, f"http://{name}/", names, watch) for _ in range(4)] for name in ("rebinding.test",)}
        again["flips.test"] = [told(site, "http://flips.test/", names, watch) for _ in range(20)]
        moves = told(site, "http://moves.test/away", names, watch)
        by_number = {each: told(site, url_of(each), names, watch) for each in (PUBLIC, PUBLIC_6, *PRIVATE)}
    unknown = sorted(names.unknown)
    return {
        "traps": traps,
        "once": once,
        "again": again,
        "moves": moves,
        "by number": by_number,
        "unknown": unknown,
    }


def url_of(address: str) -> str:
    return f"http://[{address}]/" if ":" in address else f"http://{address}/"


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
