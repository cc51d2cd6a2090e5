"""docker-compose.yml, brought up for real: what its containers may do, looked at from inside them."""

import json

import pytest

from tests.compose.engine import (
    PROJECT,
    REDIS_PORT,
    ROLES,
    containers,
    docker,
    inspect_container,
    needs_bridges,
    needs_stack,
    run_inside,
)

pytestmark = needs_stack

SECRETS = "/run/secrets"
#: Tries what the worker's profile leaves out, and prints each one's errno: EPERM all of them.
FORBIDDEN = """
import ctypes, json
libc = ctypes.CDLL(None, use_errno=True)
newns, newnet, newuser = 0x20000, 0x40000000, 0x10000000
tried = {
    "a mount namespace without a user namespace": lambda: libc.unshare(newns),
    "a network namespace without a user namespace": lambda: libc.unshare(newnet),
    "a mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
    "joining a namespace": lambda: libc.setns(0, 0),
    "tracing": lambda: libc.ptrace(0, 0, 0, 0),
    "another's memory": lambda: libc.process_vm_readv(1, None, 0, None, 0, 0),
    "a raw socket": lambda: libc.socket(17, 3, 0),
    "another personality": lambda: libc.personality(0x0040000),
}
print(json.dumps({name: ctypes.get_errno() if attempt() == -1 else 0 for name, attempt in tried.items()}))
"""

#: Says for each HOST:PORT of its arguments whether it can be connected to.
REACH = """
import json, socket, sys
def reached(where):
    host, port = where.split(":")
    try:
        socket.create_connection((host, int(port)), 3).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True
print(json.dumps([reached(where) for where in sys.argv[1:]]))
"""


@pytest.mark.parametrize("role", ROLES)
def test_a_container_is_nobody_without_capabilities_and_cannot_gain_any(role: str) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in run_inside(role, "cat", "/proc/self/status").stdout.splitlines()
        if ":\t" in line
    )
    expected = "999" if role == "redis" else "10001"
    assert status["Uid"].split() == status["Gid"].split() == [expected] * 4
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


@pytest.mark.parametrize("role", ROLES)
def test_a_container_writes_nowhere_but_where_it_must(role: str) -> None:
    mounts = [line.split() for line in run_inside(role, "cat", "/proc/mounts").stdout.splitlines()]
    assert next(options for _, target, _, options, *_ in mounts if target == "/").split(",")[0] == "ro"
    for folder in ("/", "/opt", "/usr/local/bin", "/var/lib"):
        assert run_inside(role, "touch", f"{folder}/written").returncode != 0
    if role != "redis":
        options = next(options for _, target, _, options, *_ in mounts if target == "/tmp").split(",")  # noqa: S108
        assert {"noexec", "nosuid", "nodev"} <= set(options)


@pytest.mark.parametrize("role", ROLES)
def test_a_container_has_limits_and_no_privileges(role: str) -> None:
    host = inspect_container(role)["HostConfig"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["NanoCpus"] > 0
    assert not host["Privileged"]
    assert not host["CapAdd"]
    assert host["LogConfig"]["Config"]["max-size"] == "10m"
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert any(option.startswith("seccomp=") for option in host["SecurityOpt"]) == (role == "worker")


def test_roles_have_what_they_need_and_no_more() -> None:
    for role in ("web", "worker", "sweeper"):
        assert (run_inside(role, "python", "-c", "import numpy").returncode == 0) == (role == "worker")
        assert (run_inside(role, "python", "-c", "import flask").returncode == 0) == (role == "web")
        assert (run_inside(role, "sh", "-c", "command -v bwrap").returncode == 0) == (role == "worker")


def test_the_worker_can_isolate_and_its_own_filter_holds() -> None:
    doctor = run_inside("worker", "backmark", "doctor")
    assert doctor.returncode == 0, doctor.stdout
    process = run_inside("worker", "python", "-c", FORBIDDEN)
    assert json.loads(process.stdout) == dict.fromkeys(json.loads(process.stdout), 1), process.stdout


def reach_addresses(role: str, *addresses: str) -> list[bool]:
    """Whether each HOST:PORT can be connected to from a container of a role."""
    process = run_inside(role, "python", "-c", REACH, *addresses)
    answers: list[bool] = json.loads(process.stdout)
    return answers


@needs_bridges
def test_the_worker_reaches_redis_and_neither_the_host_nor_the_world() -> None:
    networks = json.loads(docker("network", "inspect", f"{PROJECT}_store", f"{PROJECT}_front", f"{PROJECT}_out"))
    gateways = [network["IPAM"]["Config"][0]["Gateway"] for network in networks]
    assert reach_addresses("worker", "redis:6379", "web:8000") == [True, True]
    assert not any(reach_addresses("worker", "192.0.2.1:80", *(f"{gateway}:22" for gateway in gateways)))
    routes = [line.split()[1] for line in run_inside("worker", "cat", "/proc/net/route").stdout.splitlines()[1:]]
    assert "00000000" not in routes, "it has a way out"


@needs_bridges
def test_redis_has_no_way_out_and_the_sweeper_has() -> None:
    def ways_out(role: str) -> bool:
        routes = run_inside(role, "cat", "/proc/net/route").stdout.splitlines()[1:]
        return "00000000" in [line.split()[1] for line in routes]

    assert not ways_out("redis")
    assert ways_out("sweeper")


def test_redis_lets_nobody_in_without_the_password_and_keeps_everything() -> None:
    assert "NOAUTH" in run_inside("redis", "redis-cli", "-p", REDIS_PORT, "ping").stdout
    ask = f"REDISCLI_AUTH=$(cat {SECRETS}/redis_password) redis-cli -p {REDIS_PORT} config get"
    config_text = run_inside("redis", "sh", "-c", f"{ask} 'append*'; {ask} maxmemory-policy").stdout
    assert "\nappendfsync\nalways\n" in f"\n{config_text}"
    assert "\nappendonly\nyes\n" in f"\n{config_text}"
    assert "\nnoeviction\n" in config_text


@pytest.mark.parametrize("role", ROLES)
def test_no_secret_is_in_the_environment_or_in_a_command_line(role: str) -> None:
    """Which `docker inspect`, the host's list of processes and a dump of a process show."""
    secrets = run_inside(role, "sh", "-c", f"cat {SECRETS}/*").stdout.split()
    assert len(secrets) == (1 if role == "redis" else 2)
    container = containers(role)[0]
    shown = docker("inspect", container) + docker("top", container) + run_inside(role, "env").stdout
    assert not [secret for secret in secrets if secret in shown]
