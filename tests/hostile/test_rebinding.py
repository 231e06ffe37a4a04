"""Names that change their mind, told by a real name server to the product's own resolver, on a network of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.hostile.island import NAMES, PRIVATE, PUBLIC, PUBLIC_6

Told = dict[str, Any]
NETWORK = ["unshare", "--net", "--mount"]
REFUSED = [name for name, answers in NAMES.items() if len(answers) == 1 and name not in ("public.test", "six.test")]


@pytest.fixture(scope="module")
def island(workers_find_the_code: None, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What happened there. Skips where no network of one's own can be had."""
    try:
        tried = subprocess.run([*NETWORK, "ip", "link", "set", "lo", "up"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("NOT TESTED: there is no `unshare` here")
    if tried.returncode:
        pytest.skip(f"NOT TESTED: no network of one's own here: {tried.stderr.strip()}")
    command = [*NETWORK, sys.executable, "-m", "tests.hostile.island", str(tmp_path_factory.mktemp("island"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr[-4_000:]
    found: Told = json.loads(done.stdout)
    return found


def test_whoever_connects_to_a_private_address_there_is_seen(island: Told) -> None:
    """Else that nobody came would prove nothing."""
    assert set(island["traps"]) == set(PRIVATE)


@pytest.mark.parametrize(("name", "address"), [("public.test", PUBLIC), ("six.test", PUBLIC_6)])
def test_a_public_name_is_looked_up_once_and_connected_to(name: str, address: str, island: Told) -> None:
    assert island["once"][name] == {"code": "verdict", "came": {address: 1}, "looked up": 1}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_with_an_address_that_is_not_public_is_refused(name: str, island: Told) -> None:
    assert island["once"][name] == {"code": "address-refused", "came": {}, "looked up": 1}


def test_a_name_that_turns_private_later_is_refused_from_then_on(island: Told) -> None:
    verdict = {"code": "verdict", "came": {PUBLIC: 1}, "looked up": 1}
    refused = {"code": "address-refused", "came": {}, "looked up": 1}
    assert island["again"]["rebinding.test"] == [verdict, refused, refused, verdict]


def test_a_name_that_changes_with_every_question_never_gets_a_private_connection(island: Told) -> None:
    found = island["again"]["flips.test"]
    assert {each["code"] for each in found} == {"verdict", "address-refused"}
    assert all(each["came"] == ({PUBLIC: 1} if each["code"] == "verdict" else {}) for each in found)
    assert all(each["looked up"] == 1 for each in found)


def test_a_redirect_to_a_name_that_turned_private_is_refused(island: Told) -> None:
    assert island["moves"] == {"code": "address-refused", "came": {PUBLIC: 1}, "looked up": 2}


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_though_there_is_somebody(address: str, island: Told) -> None:
    assert island["by number"][address] == {"code": "address-refused", "came": {}, "looked up": 0}


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_6])
def test_a_public_address_is_connected_to(address: str, island: Told) -> None:
    assert island["by number"][address] == {"code": "verdict", "came": {address: 1}, "looked up": 0}


def test_nothing_of_ours_asks_for_anybody_of_its_own_accord(island: Told) -> None:
    """ONNX Runtime did, to send telemetry."""
    assert island["unknown"] == []
