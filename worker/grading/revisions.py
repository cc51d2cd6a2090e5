"""Cases for an assignment that does not ship any: drawn in a process of their own, and kept."""

import contextlib
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.revision import FORMAT, ContractRevision, load, load_packaged
from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_to_json, vary
from backmark.grader.contracts.language.reading import read
from backmark.grader.errors import REFUSED, AssignmentError, BadAssignment, JailFailed, JailUnavailable
from backmark.grader.model.fresh_groups import usual
from backmark.grader.support.writing import write_whole
from backmark.worker.grading import engine_version, fresh_cases, workshop
from backmark.worker.grading.workshop import JailWorkshop, Watch, make_jails, make_unjailed

#: Seconds that a service lets a drawing take, since its worker grades nobody meanwhile. The shipped one takes a few.
MOST_SECONDS = 180.0
#: The module that `python -m` draws with: it reads an assignment's JSON and writes cases, or with the status `REFUSED`
#: why not. With the argument 1 it draws a pool of fresh cases.
_DRAWING = "backmark.grader.contracts.cases.draw"


class DrawingProcess:
    """Cases being drawn, in a process that imports only the strategies: Hypothesis looks at what else is imported.

    Started at once; another thread may stop it.
    """

    def __init__(
        self, assignment: ContractAssignment, watch: Watch | None = None, *, pool: bool = False, jailed: bool = True
    ) -> None:
        """Draw an assignment's cases, or those of a pool of fresh ones; `watch`: see `Watch`.

        With `jailed` false its code runs without isolation, which is for whoever trusts it.
        """
        self._assignment = assignment
        self._pool = pool
        self._workshop = JailWorkshop(watch, make_jails if jailed else make_unjailed)
        self._process = subprocess.Popen(  # noqa: S603 - a command of our own
            [sys.executable, "-m", _DRAWING, *(["1"] if pool else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def result(self, seconds: float | None = None) -> bytes:
        """Return a revision's bytes; raises BadAssignment if its ranges hold too few cases, or it takes longer."""
        with self._process as process:
            try:
                drawn, complaint = process.communicate(assignment_to_json(self._assignment).encode(), timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                message = (
                    f"the cases of {self._assignment.id} are not drawn within {seconds:g} s: if this machine had other"
                    " work, draw them again; otherwise let them be smaller, or fewer"
                )
                raise BadAssignment(message) from None
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise self._fault(process.returncode, drawn, complaint.decode(errors="replace"))
        # Who grades by a revision finishes none.
        from backmark.grader.contracts.publishing.finishing import finish  # noqa: PLC0415

        with contextlib.closing(self._workshop):
            return finish(drawn, self._workshop, pool=self._pool)

    def stop(self) -> None:
        """End the drawing: `result` then raises."""
        self._process.kill()
        self._workshop.stop()

    def _fault(self, status: int, written: bytes, complaint: str) -> AssignmentError:
        failure = f"the cases of {self._assignment.id} could not be drawn"
        if status == REFUSED:
            return BadAssignment(f"{failure}: {json.loads(written)['refused']}")
        last = (complaint.strip().splitlines() or ["no reason was given"])[-1]
        return AssignmentError(f"{failure}: {last}")


def draw(assignment: ContractAssignment, watch: Watch | None = None, *, jailed: bool = True) -> bytes:
    """Draw an assignment's cases, and say so; return the revision's bytes. Parameters: see `DrawingProcess`."""
    how = ""
    if jailed:
        _require_jail(assignment)
    else:
        how = " without a jail: its own code runs with all of your permissions"
    click.echo(f"backmark: drawing the cases of {assignment.id}{how}", err=True)
    return DrawingProcess(assignment, watch=watch, jailed=jailed).result()


def read_assignment(name: str) -> ContractAssignment:
    """Return the assignment that `revision` draws cases for, or has them of."""
    path = _find_source(name)
    return _load_drawn(name)[1].assignment if path is None else read(path)


def revision(name: str, cache: Path, watch: Watch | None = None, *, jailed: bool = True) -> ContractRevision:
    """Return the revision of a packaged assignment, a .npz file, or a .toml file or folder (drawn once, then kept).

    `jailed`: see `DrawingProcess`.
    """
    return stored_revision(name, cache, watch, jailed=jailed)[1]


def stored_revision(
    name: str, cache: Path, watch: Watch | None = None, *, jailed: bool = True
) -> tuple[bytes, ContractRevision]:
    """Return a revision as it is stored, and as it is used; see `revision`."""
    path = _find_source(name)
    if path is None:
        return _load_drawn(name)
    assignment = read(path)
    beside = place_beside(path)
    if beside.exists():
        data = beside.read_bytes()
        drawn = load(data, str(beside))
        if drawn.assignment == assignment:
            return data, drawn
        click.echo(f"backmark: {beside} is of another version of {path}; draw it again to use it", err=True)
    return _load_or_draw(assignment, cache, watch, jailed=jailed)


def _find_source(name: str) -> Path | None:
    """Return the .toml file or folder of an assignment; None if its cases are drawn already."""
    path = Path(name)
    if path.suffix != ".npz" and not path.exists() and gallery.find_drawn(name) is None:
        path = gallery.find_folder(name) or path
    return path if path.suffix == ".toml" or (path.is_dir() and path.suffix != ".npz") else None


def _load_drawn(name: str) -> tuple[bytes, ContractRevision]:
    """Return the revision of a .npz file, or of a packaged assignment."""
    path = Path(name)
    if path.suffix != ".npz":
        packaged = gallery.find_drawn(name)
        # Where there is none, this says what there is.
        return (b"" if packaged is None else packaged.read_bytes()), load_packaged(name)
    try:
        data = path.read_bytes()
        return data, load(data, name)
    except OSError as error:
        message = f"{name} cannot be read: {error.strerror}"
        raise BadAssignment(message) from error


def place_beside(assignment: Path) -> Path:
    """Return the place of the revision that is drawn beside an assignment's file or folder."""
    if not assignment.is_dir():
        return assignment.with_suffix(".npz")
    # A folder such as udl-7.2 has no suffix, and `.` has a name only once it is resolved.
    folder = assignment.resolve()
    return folder.with_name(f"{folder.name}.npz")


def _load_or_draw(
    assignment: ContractAssignment, cache: Path, watch: Watch | None, *, jailed: bool
) -> tuple[bytes, ContractRevision]:
    """Load the revision that ships or is in the cache, or draw it and put it there if the cache can be written."""
    name = name_revision(assignment)
    kept = cache / "revisions" / name
    for file in (gallery.find_revisions() / name, kept):
        # Not there, not ours to read, or damaged: drawn again.
        with contextlib.suppress(OSError, AssignmentError):
            data = file.read_bytes()
            return data, load(data, str(file))
    data = draw(assignment, watch, jailed=jailed)
    with contextlib.suppress(OSError):
        save(kept, data)
    return data, load(data, assignment.id)


def name_revision(assignment: ContractAssignment) -> str:
    """Return the name of an assignment's revision where it is kept; another engine draws anew.

    The numbers are as good as the engine that ran the author's code.
    """
    key = hashlib.sha256(f"{FORMAT}{engine_version.version()}{assignment_to_json(assignment)}".encode()).hexdigest()
    return f"{assignment.id}-{key[:32]}.npz"


def _require_jail(assignment: ContractAssignment) -> None:
    """Raise JailUnavailable, before anything is drawn, where an assignment's own code cannot be run."""
    try:
        workshop.require_jail()
    except (JailUnavailable, JailFailed) as error:
        message = (
            f"the cases of {assignment.id} are drawn by running its reference and solutions, which takes a jail:"
            f" {str(error).rstrip('.')}. If you trust their author, `backmark assignment check --no-jail` draws and"
            " keeps them without one"
        )
        raise JailUnavailable(message) from error


def save(file: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write the file whole or not at all, with its folder; raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(file, mode=mode) as stream:
        stream.write(data)


def add_fresh(
    base: ContractRevision, secret: bytes, cache: Path, watch: Watch | None = None, *, jailed: bool = True
) -> ContractRevision:
    """Return a revision with fresh cases that only the secret tells, drawn once and kept in the cache."""
    count = usual(len(base.cases))
    assignment = fresh_cases.pool_assignment(base.assignment, count, secret)
    kept = cache / "pools" / name_revision(assignment)
    pool: ContractRevision | None = None
    with contextlib.suppress(OSError, AssignmentError):
        pool = load(kept.read_bytes(), str(kept))
    if pool is None:
        if jailed:
            _require_jail(assignment)
        click.echo(f"backmark: drawing fresh cases of {assignment.id}", err=True)
        data = DrawingProcess(assignment, watch, pool=True, jailed=jailed).result()
        with contextlib.suppress(OSError):
            save(kept, data, mode=0o600)
        pool = load(data, "the pool")
    places = fresh_cases.order(secret, base.id, "", len(pool.cases))
    return replace(base, fresh=fresh_cases.choose(base, pool, count, places))


def draw_others(
    base: ContractRevision, seed: int | None, cases: int | None, *, jailed: bool = True
) -> ContractRevision:
    """Draw cases that are not the assignment's own: another seed, or another number of them."""
    assignment = vary(base.assignment, seed, cases)
    return replace(load(draw(assignment, jailed=jailed), assignment.id), own_cases=False)
