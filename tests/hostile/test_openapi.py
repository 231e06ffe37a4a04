"""The whole OpenAPI document, fuzzed: no answer that it does not announce, none of another shape, and none that is ours
to be ashamed of.

Schemathesis makes requests that fit the document and such that do not; `DANK_PROVE=1` makes many more of them. The one
route that is left out is the stream of events, which never ends.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import BaseSchema

from tests.conftest import ROOT
from tests.faults.processes import Command, environment
from tests.faults.resting import at_home
from tests.faults.running import PROVE
from tests.hostile.site import TOKEN, Site, quiet, serving

load_all_checks()
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
PROMISED = [CHECKS.get_one(name) for name in WANTED]
UNDOCUMENTED = [each for each in PROMISED if each.__name__ != "not_a_server_error"]
EXAMPLES = 100 if PROVE else 3
DOCUMENT, ENDLESS = ROOT / "web" / "openapi.json", "/api/v1/events"


def document(*, every_limit: bool) -> BaseSchema:
    """The document; with `every_limit` each that it names is tried on both sides, which makes many more cases."""
    loaded = schemathesis.openapi.from_path(DOCUMENT)
    loaded.config.phases.coverage.enabled = every_limit
    return loaded.exclude(path=ENDLESS)


ours, admins = document(every_limit=True), document(every_limit=PROVE)
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=not PROVE,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def filled(workers_find_the_code: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with sample memes and forecasts, which itself works on nothing and asks nobody."""
    home = tmp_path_factory.mktemp("filled")
    env = environment(home=str(home), captions="false", decode_workers="1")
    for command in ("demo", "predict"):
        with Command([command], env) as filling:
            assert filling.wait(120) == 0, filling.stderr
    with serving(home, work="false", fetch_seconds="0.5") as site:
        yield site


@pytest.fixture(scope="module")
def names(filled: Site) -> dict[str, list[str]]:
    """What there is, for parameters of paths that would hardly ever name anything else."""
    rest = at_home(filled.home)
    images = [row[0] for row in rest.rows("SELECT sha256 FROM images")]
    return {
        "post_id": [row[0] for row in rest.rows("SELECT id FROM posts")],
        "sha256": images,
        "image_hash": images,
        "version": [row[0] for row in rest.rows("SELECT version FROM bundles")],
    }


def with_names(case: Any, names: dict[str, list[str]]) -> int:
    """Two of three cases ask for what there is; the number that decided it, which is the same for the same case."""
    number = zlib.crc32(repr((case.method, case.path, case.path_parameters, case.query, case.body)).encode())
    for name in case.path_parameters or {}:
        if number % 3 and names.get(name):
            case.path_parameters[name] = names[name][number % len(names[name])]
    return number


def ask(case: Any, site: Site, names: dict[str, list[str]], **headers: str) -> None:
    """Send a case, and hold the answer against the document."""
    with_names(case, names)
    before = site.server.stderr
    answer = case.call(base_url=site.url, headers=headers, timeout=30)
    announced = {str(code) for code in case.operation.definition.raw["responses"]}
    expected = answer.status_code == 503 and "503" in announced
    case.validate_response(answer, checks=UNDOCUMENTED if expected else PROMISED, headers=headers)
    quiet(site, before)


@ours.parametrize()
@often
def test_a_stranger_gets_what_the_document_announces(case: Any, filled: Site, names: dict[str, list[str]]) -> None:
    ask(case, filled, names)


@admins.exclude(method="DELETE").exclude(path="/api/v1/sources/trial").parametrize()
@often
def test_an_admin_gets_what_the_document_announces(case: Any, filled: Site, names: dict[str, list[str]]) -> None:
    ask(case, filled, names, Authorization=f"Bearer {TOKEN}")


@admins.include(method="DELETE").parametrize()
@often
def test_an_admin_deletes_as_the_document_announces(case: Any, filled: Site, names: dict[str, list[str]]) -> None:
    """The last, since little is left after it."""
    ask(case, filled, names, Authorization=f"Bearer {TOKEN}")


def test_the_document_that_is_fuzzed_is_the_servers_own(filled: Site) -> None:
    assert filled.client.get("/openapi.json").json() == json.loads(DOCUMENT.read_text())
