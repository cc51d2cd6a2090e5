"""A confined process instead of a jail, where somebody asks for that and no jail can be had."""

import contextlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backmark.grader import errors
from backmark.grader.errors import JailFailed, JailUnavailable
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.confined import Confining
from backmark.worker.sandbox.policy import Launch, Way
from backmark.worker.sandbox.single import SingleJail
from backmark.worker.sandbox.walls import push

#: The attempts that may succeed in a confined process, since no mounts hide files; Landlock makes them fail, too.
READING = frozenset({"read /proc", "read /etc/passwd"})
#: Our own folder in which answers lie.
_OURS = Path(errors.__file__).parent


@dataclass(frozen=True, slots=True)
class Isolation:
    """The isolation that was found, and what keeps it from being a jail."""

    launch: Launch
    #: The reason why there is no jail; empty if there is one.
    reason: str = ""
    #: The walls that do not hold in a confined process.
    breached: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The isolation in words, for staff; empty for a jail."""
        if self.launch.way is not Way.CONFINED:
            return ""
        lacking = f"; code inside could {', '.join(self.breached)}" if self.breached else ""
        return f"CONFINED, not jailed, which is weaker isolation{lacking}. No jail is possible here: {self.reason}"


def find_isolation(bwrap: str | None = None, way: Way = Way.AUTO, secrets: Sequence[Path] = ()) -> Isolation:
    """Return a jail if one holds here, else a confined process if that does; raises JailUnavailable.

    `secrets` are files and folders that a submission must not read, besides our own: no mounts hide them.
    """
    try:
        launch = policy.plan_jailed(bwrap, way)
        if not (breached := push(SingleJail(launch)).breached):
            return Isolation(launch)
        reason = f"code in a jail could {', '.join(breached)}"
    except (JailUnavailable, JailFailed) as error:
        reason = str(error)
    return confine(reason, (_OURS, *secrets))


def confine(reason: str, secrets: Sequence[Path] = (), *, landlock: bool | None = None) -> Isolation:
    """Return confined processes that hold as much as they must; raises JailUnavailable."""
    try:
        launch = policy.plan_confined(landlock=landlock)
        with contextlib.closing(Confining(launch)) as jail:
            breached = push(jail).breached
    except (JailUnavailable, JailFailed) as error:
        raise JailUnavailable(
            f"No jail is possible here: {reason}\nA confined process cannot be made either: {error}"
        ) from error
    if launch.readable is None:
        for secret in filter(is_open, secrets):
            raise JailUnavailable(
                f"No jail is possible here: {reason}\nA confined process cannot be made either: without Landlock, which"
                f" this kernel or container lacks, a submission could read {secret}. Close it to others by"
                f" `chmod go= {secret}`."
            )
    allowed = READING if launch.readable is None else frozenset[str]()
    if not allowed.issuperset(breached):
        raise JailUnavailable(f"A confined process is not safe here: code inside could {', '.join(breached)}.")
    return Isolation(launch, reason, breached)


def is_open(path: Path) -> bool:
    """Return True if there is such a file or folder, and somebody without any rights to it can read it."""
    if not path.exists():
        return False
    whole = path.resolve()
    modes = [parent.stat().st_mode & stat.S_IXOTH for parent in whole.parents]
    return all(modes) and bool(whole.stat().st_mode & stat.S_IRWXO)
