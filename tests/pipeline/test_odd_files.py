"""Hosts that hand out anything but memes: each picture ends stored or failed with its reason, and nothing hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.drawing import animation, chunk, encoded, png, png_header, texture
from tests.pipeline.memes import jpeg, meme, row, write_posts
from tests.pipeline.running import Home
from tests.sources.pictures import METADATA, Burst, Cut, Endless, Pictures, Redirect, Status

PICTURE = jpeg(meme(1))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class Host(Pictures):
    """Also drips: a byte now and then, never too late for a timeout of its own."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/drip.jpg":
            return await super().answer(request)
        response = web.StreamResponse()
        await response.prepare(request)
        for byte in PICTURE:
            await response.write(bytes([byte]))
            await asyncio.sleep(0.1)
        return response


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


def test_each_odd_file_ends_with_the_right_reason_and_good_ones_are_stored(host: Host, tmp_path: Path) -> None:
    elsewhere = host.url.replace("127.0.0.1", "127.0.0.2")
    expected = {
        "good.jpg": (PICTURE, None),
        "moved.jpg": (Redirect("/good.jpg"), None),
        "wrong-name.txt": (encoded(texture(90, 120, 2), "PNG"), None),
        "animated.gif": (animation("GIF"), None),
        "recovers.jpg": (Burst(1, jpeg(meme(2))), None),
        "truncated.jpg": (PICTURE[: len(PICTURE) // 2], "broken-image"),
        "empty.jpg": (b"", "empty"),
        "text.jpg": (b"dank " * 99, "not-an-image"),
        "page.jpg": (b"<!doctype html><title>log in</title>", "not-an-image"),
        "drawing.svg": (SVG, "not-an-image"),
        "bomb.png": (png(png_header(60_000, 60_000), chunk(b"IDAT", bytes(99))), "too-many-pixels"),
        "wide.png": (png(png_header(2**31 - 1, 1), chunk(b"IDAT", bytes(99))), "too-many-pixels"),
        "hollow.png": (png(png_header(90, 90)), "broken-image"),
        "endless.jpg": (Endless(), "file-too-large"),
        "missing.jpg": (Status(404), "not-found"),
        "private.jpg": (Status(403), "forbidden"),
        "breaks.jpg": (Status(500), "fetch-failed"),
        "busy.jpg": (Status(503), "host-busy"),
        "lies.jpg": (Cut(PICTURE), "fetch-failed"),
        "drip.jpg": (b"", "fetch-timeout"),
        "loop.jpg": (Redirect("/loop.jpg"), "too-many-redirects"),
        "inside.jpg": (Redirect(f"{elsewhere}/good.jpg"), "address-refused"),
        "secrets.jpg": (Redirect(METADATA), "address-refused"),
        "file.jpg": (Redirect("file:///etc/passwd"), "bad-url"),
    }
    host.pages = {f"/{name}": answer for name, (answer, _) in expected.items()}
    found = [row(name, number, url=f"{host.url}/{name}") for number, name in enumerate(expected)]
    found.append(row("direct", 99, url=f"{elsewhere}/good.jpg"))
    home = Home(tmp_path / "home", {"fetch_allow": host.place, "fetch_seconds": "3"})
    write_posts(tmp_path / "odd", found)

    said = home.dank("ingest", tmp_path / "odd", code=1).out
    failures = {each["post_id"].rpartition(":")[2]: each for each in home.dank("failures", "--json").json}
    codes = {name: failures[name]["code"] if name in failures else None for name in expected}
    assert codes == {name: code for name, (_, code) in expected.items()}
    assert failures["direct"]["code"] == "address-refused"
    good = sum(code is None for _, code in expected.values())
    assert f"{len(found)} pictures: {good} stored, {len(failures)} failed" in said
    assert {name for name, each in failures.items() if each["tries"] > 1} == {
        "breaks.jpg",
        "busy.jpg",
        "lies.jpg",
        "drip.jpg",
    }
    assert host.count("/missing.jpg") == 1
    assert host.count("/breaks.jpg") == 2
    listed = home.dank("failures", "--reason", "forbidden").out
    assert "files:odd:private.jpg#0  forbidden: the host does not hand this out" in listed
    assert f"{host.url}/private.jpg" in listed

    host.pages |= {f"/{name}.jpg": jpeg(meme(number)) for number, name in enumerate(("breaks", "busy", "lies"), 50)}
    again = home.dank("retry", code=1).out
    assert "4 pictures: 3 stored, 1 failed" in again
    assert "failed: 1 fetch-timeout" in again
    host.pages["/missing.jpg"] = jpeg(meme(60))
    assert home.dank("retry", "files:odd:missing.jpg").out == "1 picture: 1 stored, 0 failed\n"
    assert host.count("/secrets.jpg") == 1
