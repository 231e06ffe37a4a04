"""The compose file's rules. No container is started: that the stack comes up is shown by the workflow `image` alone."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import httpx
import pytest

from dankmeme.pipeline.worker import STOP_SECONDS
from tests.deploy.files import DEPLOY, dockerfile, document
from tests.faults.postgres import Postgres, postgres
from tests.faults.processes import Command, environment
from tests.faults.s3 import S3Server

__all__ = ["postgres"]

PATH = DEPLOY / "compose.yaml"
COMPOSE = document(PATH)
SERVICES = COMPOSE["services"]
OURS = ("app", "worker")
MADE = re.findall(
    r"[A-Z_]+", re.search(r"for name in ([A-Z_ ]+);", (DEPLOY.parent / "scripts" / "stack").read_text())[1]
)  # type: ignore[index]


def test_unstarted_it_is_as_the_compose_specification_has_it() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(PATH)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stdout + said.stderr


def test_unstarted_what_it_is_checked_against_notices_a_slip(tmp_path: Any) -> None:
    slip = tmp_path / "compose.yaml"
    slip.write_text(PATH.read_text().replace("depends_on:", "depend_on:"))
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(slip)]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", SERVICES)
def test_unstarted_a_service_can_change_nothing_but_its_volumes_and_has_no_capability(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_unstarted_a_service_is_seen_by_this_machine_alone(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - set(OURS)))
def test_unstarted_a_strangers_image_has_a_version_and_a_health_check(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].rpartition(":")

    assert re.search(r"\d", tag)
    assert tag != "latest"
    assert SERVICES[name]["healthcheck"]["test"]


def test_unstarted_ours_wait_until_database_and_store_are_healthy() -> None:
    for name in OURS:
        assert SERVICES[name]["depends_on"] == {
            "database": {"condition": "service_healthy"},
            "store": {"condition": "service_healthy"},
        }


def test_unstarted_ours_have_the_time_to_end_that_they_take_at_most() -> None:
    for name in OURS:
        assert float(SERVICES[name]["stop_grace_period"].removesuffix("s")) >= STOP_SECONDS + 10


def test_unstarted_no_secret_has_a_default_and_each_is_made_when_the_stack_is_first_started() -> None:
    text = PATH.read_text()
    wanted = set(re.findall(r"\$\{([A-Z_]+):\?", text))

    assert wanted == set(MADE)
    for name in re.findall(r"\$\{([A-Z_]+)", text):
        if re.search(r"PASSWORD|SECRET|TOKEN", name) and not name.startswith("REDDIT"):
            assert name in wanted


def test_unstarted_database_and_store_have_no_way_out() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("database", "store"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


def test_unstarted_the_server_leaves_the_queues_to_the_workers_and_they_tell_how_it_goes() -> None:
    assert SERVICES["app"]["environment"]["DANK_WORK"] == "false"
    assert SERVICES["worker"]["command"] == ["worker"]
    assert SERVICES["worker"]["environment"]["DANK_METRICS_PORT"] == "9000"
    assert SERVICES["worker"]["environment"]["DANK_HOST"] == "0.0.0.0"


def test_unstarted_both_see_the_same_database_and_buckets() -> None:
    shared = [{k: v for k, v in SERVICES[name]["environment"].items() if k in COMPOSE["x-settings"]} for name in OURS]

    assert shared[0] == shared[1] == COMPOSE["x-settings"]


def test_unstarted_the_buckets_are_made_by_the_store_that_serves_them() -> None:
    settings = SERVICES["app"]["environment"]
    made = SERVICES["store"]["entrypoint"][-1]

    for name in ("DANK_BUCKET_URL", "DANK_MODELS_URL"):
        assert f"/objects/{settings[name].removeprefix('s3://')}" in made
    assert settings["AWS_ENDPOINT"] == f"http://store{SERVICES['store']['environment']['VGW_PORT']}"


def test_unstarted_the_home_of_ours_is_where_the_image_has_it_and_can_be_written_to() -> None:
    (home,) = re.findall(r"DANK_HOME=(\S+)", " ".join(each.rest for each in dockerfile()[-1] if each.word == "ENV"))
    (user,) = [each.rest for each in dockerfile()[-1] if each.word == "USER"]

    assert SERVICES["app"]["volumes"] == [f"home:{home}"]
    (own,) = [each for each in SERVICES["worker"]["tmpfs"] if each.startswith(f"{home}:")]
    assert "uid={},gid={}".format(*user.split(":")) in own


def test_unstarted_prometheus_asks_server_and_workers_where_they_answer() -> None:
    jobs = {each["job_name"]: each for each in document(DEPLOY / "prometheus.yml")["scrape_configs"]}

    assert jobs["app"]["static_configs"] == [{"targets": ["app:8000"]}]
    (found,) = jobs["worker"]["dns_sd_configs"]
    assert (found["names"], str(found["port"])) == (["worker"], SERVICES["worker"]["environment"]["DANK_METRICS_PORT"])
    assert {each["metrics_path"] for each in jobs.values()} == {"/metrics"}


def test_unstarted_grafana_reads_dashboards_from_the_folder_that_it_is_given() -> None:
    (provider,) = document(DEPLOY / "grafana" / "provisioning" / "dashboards" / "dank.yml")["providers"]
    (source,) = document(DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml")["datasources"]

    assert f"./grafana:{provider['options']['path']}:ro" in SERVICES["grafana"]["volumes"]
    assert source["url"] == "http://prometheus:9090"
    assert {name for name in SERVICES if "profiles" in SERVICES[name]} == {"prometheus", "grafana"}


def test_a_process_with_the_settings_of_the_stack_finds_its_database_and_both_buckets(
    postgres: Postgres, tmp_path: Any
) -> None:
    settings = COMPOSE["x-settings"]
    bucket, models = (settings[name].removeprefix("s3://") for name in ("DANK_BUCKET_URL", "DANK_MODELS_URL"))
    with S3Server(bucket) as s3:
        there = {
            "DANK_DATABASE_URL": postgres.url.replace("+psycopg", ""),
            "AWS_ENDPOINT": s3.environment["AWS_ENDPOINT"],
            "AWS_SECRET_ACCESS_KEY": "any",
            "DANK_HOME": str(tmp_path),
        }
        kept = {name: value for name, value in settings.items() if "${" not in value}
        httpx.put(f"{s3.environment['AWS_ENDPOINT']}/{models}").raise_for_status()
        with Command(["migrate"], environment() | kept | there) as command:
            assert command.wait() == 0, command.stderr
            assert f"s3://{bucket}: can be written to" in command.stdout
            assert f"s3://{models}: can be written to" in command.stdout
