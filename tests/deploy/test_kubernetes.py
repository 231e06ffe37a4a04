"""The manifests' rules. No cluster is asked: they are compared with the schemas that Kubernetes publishes."""

from __future__ import annotations

import copy
import ipaddress
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from dankmeme.addresses import is_public
from dankmeme.pipeline.worker import STOP_SECONDS
from tests.deploy.files import BASE, DEPLOY, KUBERNETES, OVERLAYS, dockerfile, document, documents, manifests, pod_specs

VERSION = "1.32"
"""The oldest Kubernetes that they are for."""
ANSWER_SECONDS = 5
"""So long uvicorn gives to answers that are under way, see `api/server.py`."""
MANIFESTS = manifests()
PODS = pod_specs()
FOLDERS = [BASE, *sorted(path.parent for path in OVERLAYS.glob("*/kustomization.yaml"))]


def _named(each: Any) -> str:
    return f"{each['kind']}/{each['metadata']['name']}"


def _container(pod: Any) -> Any:
    (found,) = pod["containers"]
    return found


@pytest.mark.parametrize("each", MANIFESTS, ids=_named)
def test_unapplied_an_object_is_as_kubernetes_has_it(each: Any) -> None:
    kubernetes_validate.validate(each, VERSION, strict=True)


def test_unapplied_what_they_are_checked_against_notices_a_slip() -> None:
    slip = copy.deepcopy(next(each for each in MANIFESTS if each["kind"] == "Deployment"))
    slip["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(slip, VERSION, strict=True)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_unapplied_a_kustomization_names_the_files_that_lie_beside_it_and_no_others(folder: Path) -> None:
    named = set(document(folder / "kustomization.yaml")["resources"])
    beside = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml", "secrets.example.yaml"}

    assert {each for each in named if not each.startswith("..")} == beside
    for each in named - beside:
        assert (folder / each / "kustomization.yaml").exists()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_unapplied_kustomize_builds_it_and_every_object_is_as_kubernetes_has_it(folder: Path, tmp_path: Path) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("NOT TESTED: kubectl is not installed, so kustomize was not asked")
    built = tmp_path / "built.yaml"
    with built.open("wb") as file:
        subprocess.run([kubectl, "kustomize", str(folder)], stdout=file, check=True)

    objects = documents(built)
    assert {"Deployment", "StatefulSet", "Job", "NetworkPolicy"} <= {each["kind"] for each in objects}
    for each in objects:
        kubernetes_validate.validate(each, VERSION, strict=True)
    settings = next(each for each in objects if each["kind"] == "ConfigMap")["metadata"]["name"]
    for each in objects:
        if each["kind"] in ("Deployment", "StatefulSet", "Job"):
            (container,) = each["spec"]["template"]["spec"]["containers"]
            assert container["envFrom"][0] == {"configMapRef": {"name": settings}}
    policy = next(each for each in objects if each["kind"] == "NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "dank"}
    selectors = [to.get("podSelector") for rule in policy["egress"] for to in rule["to"] if "podSelector" in to]
    assert selectors == [
        {"matchLabels": {"k8s-app": "kube-dns"}},
        {"matchLabels": {"app.kubernetes.io/name": "postgresql"}},
    ]


@pytest.mark.parametrize("name", PODS)
def test_unapplied_a_pod_is_let_in_where_pod_security_is_restricted(name: str) -> None:
    pod, container = PODS[name], _container(PODS[name])
    (user,) = [each.rest for each in dockerfile()[-1] if each.word == "USER"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == user
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("name", PODS)
def test_unapplied_a_pod_is_told_nothing_of_the_cluster(name: str) -> None:
    assert PODS[name]["enableServiceLinks"] is False  # a service named dank would set DANK_PORT
    assert PODS[name]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", PODS)
def test_unapplied_a_pod_may_write_to_its_home_and_to_tmp(name: str) -> None:
    pod = PODS[name]
    (home,) = [each.rest for each in dockerfile()[-1] if each.word == "VOLUME"]
    mounts = {each["mountPath"]: each["name"] for each in _container(pod)["volumeMounts"]}

    assert set(mounts) == {home.strip('["]'), "/tmp"}
    assert set(mounts.values()) == {each["name"] for each in pod["volumes"]}


@pytest.mark.parametrize("name", PODS)
def test_unapplied_a_pod_says_what_it_takes(name: str) -> None:
    resources = _container(PODS[name])["resources"]

    assert set(resources["requests"]) == {"cpu", "memory", "ephemeral-storage"}
    assert set(resources["limits"]) == {"memory", "ephemeral-storage"}


@pytest.mark.parametrize("name", ["dank-app", "dank-worker"])
def test_unapplied_a_process_has_the_time_to_end_that_it_takes_at_most(name: str) -> None:
    pod = PODS[name]
    before = _container(pod).get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])

    assert pod["terminationGracePeriodSeconds"] >= int(before[1]) + ANSWER_SECONDS + STOP_SECONDS + 10


@pytest.mark.parametrize(("name", "port"), [("dank-app", 8000), ("dank-worker", 9000)])
def test_unapplied_probes_ask_where_the_process_answers(name: str, port: int) -> None:
    container = _container(PODS[name])
    (named,) = container["ports"]

    assert named["containerPort"] == port
    for probe, path in (("startup", "live"), ("readiness", "ready"), ("liveness", "live")):
        assert container[f"{probe}Probe"]["httpGet"] == {"path": f"/health/{path}", "port": named["name"]}


def test_unapplied_the_worker_listens_to_others_than_itself() -> None:
    environment = {each["name"]: each.get("value") for each in _container(PODS["dank-worker"])["env"]}

    assert environment["DANK_HOST"] == "0.0.0.0"
    assert environment["DANK_METRICS_PORT"] == "9000"


def test_unapplied_each_selector_finds_the_pods_that_it_is_meant_for_and_no_others() -> None:
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in MANIFESTS
        if each["kind"] in ("Deployment", "StatefulSet", "Job")
    }
    wanted = {
        "Deployment/dank-app": {"dank-app"},
        "StatefulSet/dank-worker": {"dank-worker"},
        "Service/dank": {"dank-app"},
        "Service/dank-worker": {"dank-worker"},
        "PodDisruptionBudget/dank-app": {"dank-app"},
        "PodDisruptionBudget/dank-worker": {"dank-worker"},
    }
    for each in MANIFESTS:
        if _named(each) in wanted:
            selector = each["spec"]["selector"]
            pairs = selector.get("matchLabels", selector).items()
            assert {pod for pod, has in labels.items() if pairs <= has.items()} == wanted[_named(each)]


def test_unapplied_secrets_are_named_and_nowhere_written_down() -> None:
    examples = {each["metadata"]["name"]: set(each["stringData"]) for each in documents(BASE / "secrets.example.yaml")}
    asked: dict[str, set[str]] = {}
    for pod in PODS.values():
        container = _container(pod)
        for source in container["envFrom"]:
            if "secretRef" in source:
                asked.setdefault(source["secretRef"]["name"], set())
        for entry in container.get("env", []):
            if "valueFrom" in entry:
                reference = entry["valueFrom"]["secretKeyRef"]
                asked.setdefault(reference["name"], set()).add(reference["key"])

    assert set(asked) == set(examples)
    assert all(keys <= examples[name] for name, keys in asked.items())
    assert "secrets.example.yaml" not in (BASE / "kustomization.yaml").read_text()


def test_unapplied_only_the_server_knows_the_admin_token() -> None:
    knows = {name for name, pod in PODS.items() if "dank-admin" in str(pod)}

    assert knows == {"dank-app"}


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.20.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "fd00:ec2::254",
        "fe80::1",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001::1",
        "3fff::1",
    ],
)
def test_unapplied_the_fence_lets_nobody_out_to_where_the_app_itself_does_not_go(address: str) -> None:
    assert not is_public(address)
    assert not _let_out(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "151.101.1.140", "172.15.0.1", "172.32.0.1", "2606:4700::1111"])
def test_unapplied_the_fence_lets_out_to_where_memes_are(address: str) -> None:
    assert is_public(address)
    assert _let_out(address)


def test_unapplied_the_path_of_the_example_is_the_one_that_the_app_is_told() -> None:
    folder = OVERLAYS / "example-sub-path"
    kustomization = document(folder / "kustomization.yaml")
    (literals,) = [each["literals"] for each in kustomization["configMapGenerator"]]
    (root,) = [each.removeprefix("DANK_ROOT_PATH=") for each in literals if each.startswith("DANK_ROOT_PATH=")]
    (patch,) = kustomization["patches"]

    assert f"value: {root}\n" in patch["patch"]
    assert f"value: {root}/metrics\n" in patch["patch"] + "\n"


def test_unapplied_no_overlay_believes_everybody_who_says_where_a_request_is_from() -> None:
    for path in KUBERNETES.rglob("kustomization.yaml"):
        assert "DANK_TRUSTED_PROXIES=*" not in path.read_text()


def test_undeployed_the_demo_on_cloud_run_is_a_pod_as_kubernetes_has_it() -> None:
    spec = copy.deepcopy(document(DEPLOY / "cloud-run" / "service.yaml")["spec"]["template"]["spec"])
    assert spec.pop("containerConcurrency") <= 32  # so many verdicts a process gives at a time
    assert spec.pop("timeoutSeconds") >= 30
    _container(spec)["name"] = "demo"  # which Cloud Run does not ask for

    kubernetes_validate.validate(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "demo"}, "spec": spec}, VERSION, strict=True
    )


def test_undeployed_the_demo_on_cloud_run_keeps_nothing_and_may_be_gone() -> None:
    service = document(DEPLOY / "cloud-run" / "service.yaml")
    template = service["spec"]["template"]
    container = _container(template["spec"])
    environment = {each["name"]: each["value"] for each in container["env"]}

    assert template["metadata"]["annotations"]["autoscaling.knative.dev/minScale"] == "0"
    assert environment["DANK_MODE"] == "demo"
    assert not {"DANK_DATABASE_URL", "DANK_BUCKET_URL", "DANK_ADMIN_TOKEN"} & set(environment)
    assert environment["DANK_HOME"].startswith("/tmp/")
    assert environment["DANK_TRUSTED_PROXIES"] != "*"
    (port,) = container["ports"]
    assert container["startupProbe"]["httpGet"] == {"path": "/health/ready", "port": port["containerPort"]}
    assert container["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": port["containerPort"]}


def test_undeployed_what_the_commands_for_cloud_run_replace_stands_in_the_service() -> None:
    text = (DEPLOY / "cloud-run" / "service.yaml").read_text()

    assert [line for line in text.splitlines() if line.endswith("IMAGE")] == ["        - image: IMAGE"]
    assert text.count("PROJECT") == 1


def _let_out(address: str) -> bool:
    """Whether the policy lets a connection to this address out at port 443."""
    (policy,) = [each["spec"] for each in MANIFESTS if each["kind"] == "NetworkPolicy"]
    parsed = ipaddress.ip_address(address)
    for rule in policy["egress"]:
        if not any(port["port"] == 443 for port in rule["ports"]):
            continue
        for to in rule["to"]:
            block = to["ipBlock"]
            if parsed in ipaddress.ip_network(block["cidr"]) and not any(
                parsed in ipaddress.ip_network(each) for each in block["except"]
            ):
                return True
    return False
