"""The seccomp profile of worker containers, for `backmark grade --container` and `docker-compose.yml`.

For the latter write it by `python -m backmark.worker.cli.seccomp_profile > deploy/worker-seccomp.json`.

It is an allow-list of our own, by what each call is for. A container engine's default profile keeps bubblewrap from
making a jail: it lets a process without capabilities neither mount nor make namespaces. This one does, namespaces
together with a new user namespace only, in which alone mounts mean anything to such a process. It leaves out much of
what a default lets through: ptrace, other processes' memory, System V objects, chroot, device nodes, 32-bit calls.

What runs inside the jail stands under two stricter filters on top of this one (worker/sandbox/seccomp.py).
"""

import json
import sys
from typing import Any

#: Calls by purpose. A name that a machine does not have is passed over there.
ALLOWED = {
    "files": """
        access chdir chmod close close_range copy_file_range creat dup dup2 dup3 eventfd2 faccessat faccessat2
        fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fcntl fdatasync flock fstat fstatfs fsync
        ftruncate getcwd getdents64 inotify_add_watch inotify_init1 inotify_rm_watch ioctl link linkat lseek
        lstat mkdir mkdirat newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2
        read readahead readlink readlinkat readv rename renameat renameat2 rmdir sendfile splice stat statfs
        statx symlink symlinkat sync_file_range tee truncate umask unlink unlinkat utime utimensat utimes
        write writev
    """,
    "memory": """
        brk get_mempolicy madvise membarrier memfd_create mincore mlock mlock2 mmap mprotect mremap msync
        munlock munmap rseq set_mempolicy
    """,
    "processes and threads": """
        arch_prctl capget capset execve execveat exit exit_group fork futex futex_wait futex_waitv futex_wake
        get_robust_list getcpu getpgid getpgrp getpid getppid getpriority getrlimit getrusage getsid gettid
        kill pidfd_open pidfd_send_signal pipe pipe2 prctl prlimit64 restart_syscall sched_get_priority_max
        sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
        sched_setaffinity sched_yield seccomp set_robust_list set_thread_area set_tid_address setpgid
        setpriority setrlimit setsid sysinfo tgkill tkill uname vfork wait4 waitid
    """,
    "who a process is": """
        getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups
        setregid setresgid setresuid setreuid setuid
    """,
    "signals and time": """
        alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep pause rt_sigaction
        rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
        rt_tgsigqueueinfo setitimer sigaltstack signalfd4 time timer_create timer_delete timer_getoverrun
        timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times
    """,
    "waiting": """
        epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait poll ppoll pselect6 select
    """,
    "Redis and what Celery's processes say to each other": """
        accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg
        sendmmsg sendmsg sendto setsockopt shutdown socketpair
    """,
    "chance": "getrandom",
    "the jail's mounts and its name, which take a capability in the namespaces that they change": """
        mount pivot_root sethostname umount2
    """,
}

CLONE_NEWUSER = 0x10000000
#: CLONE_NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWNS.
CLONE_NEW = 0x7E020000
#: AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, by which bubblewrap and the resolver ask for interfaces.
FAMILIES = (1, 2, 10, 16)
#: PER_LINUX, and the question what it is.
PERSONALITIES = (0x0, 0xFFFFFFFF)
ENOSYS = 38


def render() -> str:
    """Return the profile as container engines read it."""
    return json.dumps(_profile(), indent=2) + "\n"


def _profile() -> dict[str, Any]:
    rules = [_allow(*names.split(), comment=purpose) for purpose, names in ALLOWED.items()]
    rules += [
        _allow("clone", comment="processes and threads", args=[_masked(0, CLONE_NEW, 0)]),
        *(
            _allow(
                name,
                comment="a jail: a new user namespace, or nothing",
                args=[_masked(0, CLONE_NEWUSER, CLONE_NEWUSER)],
            )
            for name in ("clone", "unshare")
        ),
        *(_allow("socket", comment="the families that are needed", args=[_equal(0, family)]) for family in FAMILIES),
        *(_allow("personality", comment="only to ask", args=[_equal(0, value)]) for value in PERSONALITIES),
        {
            "names": ["clone3"],
            "action": "SCMP_ACT_ERRNO",
            "errnoRet": ENOSYS,
            "comment": "its flags are behind a pointer, where no filter sees them: the C library falls back to clone",
        },
    ]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        # No 32-bit tables beside them.
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": rules,
    }


def _allow(*names: str, comment: str, args: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"names": sorted(names), "action": "SCMP_ACT_ALLOW", "comment": comment}
    return rule | {"args": args} if args else rule


def _masked(index: int, mask: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}


def _equal(index: int, value: int) -> dict[str, Any]:
    return {"index": index, "value": value, "op": "SCMP_CMP_EQ"}


if __name__ == "__main__":
    sys.stdout.write(render())
