"""Hosts that lie: whoever asks for a verdict on what they hand out is told what was wrong, in time, as a problem."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.hostile.liar import GOOD, QUICK, SLOW, Liar, says, whole
from tests.hostile.site import PICTURE, Site, problem

AT_ONCE = 8
ENOUGH = 30.0
"""Seconds; the server is told to give a host three, and other tests may be using the machine."""


@pytest.fixture(scope="module")
def told(place: Site, liar: Liar) -> dict[str, tuple[httpx.Response, float]]:
    """What is said of each page, and after how many seconds."""

    def ask(name: str) -> tuple[str, tuple[httpx.Response, float]]:
        began = time.monotonic()
        return name, (place.classify(url=f"{liar.url}/{name}"), time.monotonic() - began)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict([*threads.map(ask, [*QUICK, *GOOD]), *threads.map(ask, SLOW)])


@pytest.mark.parametrize("name", QUICK)
def test_a_host_that_lies_is_found_out(name: str, told: dict[str, tuple[httpx.Response, float]], site: Site) -> None:
    answer, seconds = told[name]
    assert problem(answer) == QUICK[name][1:], answer.text
    assert seconds < ENOUGH


@pytest.mark.parametrize("name", SLOW)
def test_a_host_that_stalls_is_given_up(name: str, told: dict[str, tuple[httpx.Response, float]], site: Site) -> None:
    answer, seconds = told[name]
    assert problem(answer) == (504, "fetch-timeout"), answer.text
    assert seconds < ENOUGH


@pytest.mark.parametrize("name", GOOD)
def test_an_odd_host_that_hands_out_a_picture_gets_its_verdict(
    name: str, told: dict[str, tuple[httpx.Response, float]], site: Site
) -> None:
    answer, _ = told[name]
    assert answer.status_code == 200, answer.text
    assert answer.json()["verdict"] == site.classify(data=PICTURE).json()["verdict"]


def test_no_more_is_taken_than_a_host_announced(site: Site, liar: Liar) -> None:
    liar.pages["too-long"] = says(whole(length=100))
    found = problem(site.classify(url=f"{liar.url}/too-long"))
    assert found in {(422, "broken-image"), (502, "fetch-failed")}


def test_nothing_of_what_a_host_says_by_itself_is_repeated(told: dict[str, tuple[httpx.Response, float]]) -> None:
    assert "secret" not in told["ssh"][0].text


def test_a_host_is_sent_no_secrets_and_asked_for_nothing_compressed(
    told: dict[str, tuple[httpx.Response, float]], liar: Liar
) -> None:
    said = "".join(liar.requests).lower()
    assert "cookie" not in said
    assert "authorization" not in said
    assert said.count("accept-encoding: identity") == len(liar.requests)


def test_a_circle_is_left_after_five_redirects(told: dict[str, tuple[httpx.Response, float]], liar: Liar) -> None:
    assert told["circle"]
    assert liar.asked["circle"] == 6


def test_a_host_that_takes_no_connection_is_given_up(site: Site, liar: Liar) -> None:
    began = time.monotonic()
    assert problem(site.classify(url=f"http://127.0.0.1:{liar.full}/")) == (504, "fetch-timeout")
    assert time.monotonic() - began < ENOUGH


def test_tls_to_a_port_that_speaks_none_is_a_failure(site: Site, liar: Liar) -> None:
    assert problem(site.classify(url=f"https://127.0.0.1:{liar.port}/good")) == (502, "fetch-failed")


def test_a_host_that_fails_in_a_burst_is_believed_when_it_recovers(site: Site, liar: Liar) -> None:
    left = [says(whole(b"oops", "500 Internal Server Error"))] * 2 + [says(whole())]
    liar.pages["burst"] = lambda writer: left.pop(0)(writer)
    assert [site.classify(url=f"{liar.url}/burst").status_code for _ in range(3)] == [502, 502, 200]


def test_a_host_that_asks_for_a_pause_is_left_alone_for_it_and_nobody_else_is(site: Site, liar: Liar) -> None:
    other = f"http://localhost:{liar.port}"
    liar.pages["pause"] = says(whole(b"", "429 Too Many Requests", "Retry-After: 999999999999"))
    before = liar.asked["good"]
    assert problem(site.classify(url=f"{other}/pause")) == (503, "host-busy")
    assert problem(site.classify(url=f"{other}/good")) == (503, "host-busy")
    assert liar.asked["good"] == before
    assert site.classify(url=f"{liar.url}/good").status_code == 200
