"""What the commands do. Heavy libraries are imported where they are needed: a jail starts up in the meantime."""

# ruff: noqa: PLC0415 - cold start: `backmark grade --json` must not pay for what only other commands use

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.errors import BackmarkError, BadAssignment
from grader.settings.machine import Settings
from worker.cli.failure import Failure
from worker.cli.files import names, read
from worker.cli.terminal import console, show
from worker.grading.pool import Jails
from worker.sandbox import policy
from worker.sandbox.inside.entry import Entry
from worker.sandbox.policy import Way
from worker.sandbox.session import Session
from worker.sandbox.single import Single

if TYPE_CHECKING:
    from grader.judge.judge import Judge
    from grader.model.verdict import Outcome, Verdict
    from grader.subjects.networks.revision import Revision
    from worker.grading.grader import Grader

#: Files for each process that grades: fewer are done before another has started up.
EACH = 2
#: Files that are worth a process more than there are processors.
MANY = 50

#: The limits that most assignments leave as they are.
USUAL = policy.Limits(2.0, 20.0, 1 << 30, 1 << 20)

#: The notebook's own function, of which it is known that it can be passed.
FUNCTION = "backward_pass"

UNISOLATED = (
    "UNISOLATED: --no-jail runs this code with all of your rights. Do that with your own code only, never with a"
    " stranger's."
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to grade against, and behind which wall."""

    assignment: str
    seed: int | None
    networks: int | None
    no_jail: bool
    #: Processes that grade; where nobody says, as many as there are processors, and one more for very many files.
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """How to answer."""

    as_json: bool
    script: Path | None


def grade(files: Sequence[Path], choice: Choice, settings: Settings, output: Output) -> bool | None:
    """Grade the files in order, printing each verdict as it is made; True where all passed.

    None where Backmark itself raised on one of them: it has no verdict, and the others have theirs.
    """
    if choice.no_jail:
        click.secho(UNISOLATED, fg="red", bold=True, err=True)
    launch = (
        policy.unjailed(settings.environment) if choice.no_jail else policy.jailed(settings.bwrap, Way(settings.jail))
    )
    # Before NumPy is imported: networks are small, and each processor has a process of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    passed: bool | None = True
    seen: list[tuple[str, Outcome | None, int, int]] = []
    # What forks comes first: the bar has a thread.
    with _verdicts(files, choice, settings, launch) as verdicts, _progress(len(files)) as advance:
        for verdict in verdicts:
            if isinstance(verdict, Failure):
                passed = None
                click.echo(verdict.message(), err=True)
                seen.append((verdict.filename, None, 0, 0))
                advance()
                continue
            if passed:
                passed = verdict.judgement.outcome.value == "passed"
            if output.script is not None:
                _write_script(output.script, verdict)
            _show(verdict, as_json=output.as_json)
            seen.append((verdict.submission.filename, verdict.judgement.outcome, verdict.score, verdict.max_score))
            advance()
    if len(seen) > 1 and not output.as_json:
        from grader.reports.terminal import summary

        show(summary(seen))
    return passed


@contextlib.contextmanager
def _verdicts(
    files: Sequence[Path], choice: Choice, settings: Settings, launch: policy.Launch
) -> Iterator[Iterator["Verdict | Failure"]]:
    """Each file's verdict, by one process or by several."""
    called = names(files)
    processes = min(choice.jobs or _fitting(len(files)), len(files) // EACH) if launch.jailed else 1
    if processes > 1:
        from worker.cli.parallel import Parallel

        judge = _judge(choice, settings)
        with contextlib.closing(Parallel(files, called, processes, lambda: _grader(judge, Jails(launch)))) as parallel:
            yield parallel.verdicts()
        return
    with contextlib.closing(Jails(launch)) as jails:
        # The first jail starts up while NumPy is imported and the networks are loaded. What limits they come with is
        # not known yet: nearly always the usual ones.
        jails.prepare(USUAL)
        yield _one_by_one(files, called, _grader(_judge(choice, settings), jails))


def _one_by_one(files: Sequence[Path], called: Sequence[str], grader: "Grader") -> Iterator["Verdict | Failure"]:
    for file, name in zip(files, called, strict=True):
        try:
            yield grader.grade(read(file), name)
        except (BackmarkError, OSError):
            # The machine's trouble would be that of every other file, too.
            raise
        except Exception:  # noqa: BLE001 - an edge: whatever it is, it is ours, and this file's alone
            yield Failure(name, traceback.format_exc())


def _fitting(files: int) -> int:
    """One for each processor that we may use, and one that computes while another waits, where its start pays."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    return processors + (files >= MANY)


def _judge(choice: Choice, settings: Settings) -> "Judge":
    from grader.judge.judge import Judge
    from worker.grading.revisions import other, revision

    found = revision(choice.assignment, settings.cache)
    if choice.seed is not None or choice.networks is not None:
        found = other(found, choice.seed, choice.networks)
    return Judge(found)


def _grader(judge: "Judge", jails: Jails) -> "Grader":
    from worker.grading.grader import Grader

    return Grader(judge, jails)


@contextlib.contextmanager
def _progress(files: int) -> Iterator[Any]:
    """A bar on standard error for many files, when that is a terminal and the verdicts go elsewhere."""
    if files < 2 or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("grading", total=files)
        yield lambda: bar.advance(task)


def _show(verdict: "Verdict", *, as_json: bool) -> None:
    if as_json:
        # NaN is no JSON: a derivative that is not finite was made None where it was shown.
        click.echo(json.dumps(verdict.as_dict(), allow_nan=False))
        return
    from grader.reports.terminal import rendered

    show(rendered(verdict))


def _write_script(file: Path, verdict: "Verdict") -> None:
    example = verdict.judgement.counterexample
    if example is None:
        click.echo("backmark: there is no counterexample to write", err=True)
        return
    file.write_text(example.script, encoding="utf-8")
    click.echo(f"backmark: the counterexample is in {file}", err=True)


def networks(assignment: str, settings: Settings, *, as_json: bool) -> None:
    """What an assignment draws."""
    from grader.model.verdict import NETWORKS
    from grader.subjects.networks.survey import survey
    from worker.grading.revisions import revision

    drawn = revision(assignment, settings.cache)
    if drawn.kind != NETWORKS:
        raise BadAssignment(f"{assignment} draws no networks")
    found = survey(drawn)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    out = console()
    out.print(f"{found.assignment}, revision {found.revision}: {found.networks} networks")
    out.print(
        f"{found.derivatives:,} derivatives, {found.inconclusive} inconclusive;"
        f" {found.dead_layers} networks with a dead layer, {found.all_active} with all units active"
    )
    for title, counts in (
        ("drawn for", found.corners),
        ("hidden layers", found.depth),
        ("hidden widths", found.widths),
        ("inputs", found.inputs),
        ("outputs", found.outputs),
        ("columns", found.columns),
    ):
        _print_counts(out, title, counts)


def _print_counts(out: Any, title: str, counts: dict[str, int]) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
    most = max(counts.values(), default=1)
    for name, count in counts.items():
        table.add_row(name, str(count), "█" * round(24 * count / most))
    out.print()
    out.print(table)


def doctor(settings: Settings, *, as_json: bool) -> bool:
    """What this machine can isolate."""
    from worker.sandbox.doctor import examine

    report = examine(settings.bwrap, Way(settings.jail))
    if as_json:
        click.echo(
            json.dumps({"can_isolate": report.can_isolate, "findings": [asdict(each) for each in report.findings]})
        )
        return report.can_isolate
    for finding in report.findings:
        click.secho("ok  " if finding.ok else "no  ", fg="green" if finding.ok else "red", nl=False)
        click.echo(f"{finding.name}: {finding.text}")
        if finding.remedy and not finding.ok:
            click.echo(f"      {finding.remedy}")
    click.echo(
        "This machine can isolate submissions."
        if report.can_isolate
        else "This machine cannot isolate submissions: Backmark will refuse to run any here."
    )
    return report.can_isolate


def check(assignment: str, right: Path | None, settings: Settings, *, as_json: bool) -> bool:
    """Whether an assignment's networks catch every known mistake and accept the reference, and `right` if it is given.

    What cannot be passed is refused: a function of another name than the notebook's needs `right` to show that it has
    the five arguments of the contract.
    """
    from grader.publishing.selfcheck import selfcheck
    from worker.grading.revisions import revision

    drawn = revision(assignment, settings.cache)
    found = selfcheck(drawn)
    contract = _contract(drawn, right, settings)
    found = replace(found, faults=(*found.faults, *contract))
    if as_json:
        rows = [{"id": c.mistake.id, "title": c.mistake.title, "networks": c.networks} for c in found.catches]
        summary: dict[str, Any] = {"sound": found.sound, "networks": found.networks, "inconclusive": found.inconclusive}
        summary |= {"faults": found.faults, "right_here": [mistake.id for mistake in found.right_here]}
        click.echo(json.dumps({**summary, "reference_rejected": found.reference_rejected, "mistakes": rows}))
        return found.sound
    click.echo(f"{found.networks} networks; the reference is rejected on {found.reference_rejected} of them.")
    for catch in found.catches:
        click.secho(f"{catch.networks:5} ", fg="green" if catch.networks else "red", nl=False)
        click.echo(f"{catch.mistake.title}" + ("" if catch.networks else "  <- would pass"))
    for mistake in found.right_here:
        click.echo(f"    - {mistake.title}: no mistake within these ranges, every network there comes out right")
    if found.reference_rejected:
        click.echo("Refused: the reference itself is rejected. Please report this assignment.")
    for fault in found.faults:
        click.echo(f"Refused: {fault}.")
    if found.missed:
        names = ", ".join(mistake.id for mistake in found.missed)
        click.echo(f"Refused: these known-wrong backward passes would pass: {names}.")
        from worker.cli.advice import advice

        click.echo(advice(drawn.assignment, len(found.missed)))
    if found.sound:
        click.echo("Sound: every known mistake is caught.")
    return found.sound


def _contract(drawn: "Revision", right: Path | None, settings: Settings) -> list[str]:
    """What shows that nobody could pass: a right submission that does not, or none for a function we do not know."""
    function = drawn.assignment.function
    called = f"it is called as {function}(all_weights, all_biases, all_f, all_h, y)"
    if right is None:
        if function == FUNCTION:
            return []
        fault = f"nothing shows that anybody can pass: {called}, and has to return two lists, the derivatives by the"
        return [f"{fault} weights and by the biases; name a right submission with --right FILE"]
    from grader.judge.judge import Judge

    with contextlib.closing(Jails(policy.jailed(settings.bwrap, Way(settings.jail)))) as jails:
        judgement = _grader(Judge(drawn), jails).grade(read(right), right.name).judgement
    if judgement.outcome.value == "passed":
        return []
    said = judgement.error.message if judgement.error else next((row.message for row in judgement.properties), "")
    return [f"{right}, which should be right, does not pass ({judgement.outcome}): {said.rstrip('.')}; {called}"]


def draw(file: Path, output: Path) -> None:
    """Draw and store an assignment's networks."""
    from grader.model.assignment_toml import read
    from grader.subjects.networks.revision import load
    from worker.grading.revisions import draw as drawn
    from worker.grading.revisions import save

    data = drawn(read(file))
    save(output, data)
    click.echo(f"{output}: {len(load(data, str(output)).suite)} networks, revision {load(data).id}")


def template(file: Path, function: str, settings: Settings) -> None:
    """The fingerprint of an unfilled function; parsed in a jail like any other."""
    with Session(Single(policy.jailed(settings.bwrap)), policy.Limits(2.0, 10.0, 1 << 30, 1 << 16)) as session:
        click.echo(session.extract(read(file), file.name, Entry(function)).fingerprint)
