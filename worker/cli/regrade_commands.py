"""What `backmark regrade` does."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for rich

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from grader.settings.machine import Settings
from worker.cli.client_commands import THEIR_FAILURE, connected
from worker.cli.terminal import show as show_table
from worker.cli.waiting import Waiting

if TYPE_CHECKING:
    from rich.text import Text

    from grader.client import Client
    from grader.client.regrade import Comparison, Counts, Regrade, VerdictBrief

DONE, NOT_DONE = 0, 1

COLOURS = {"up": "green", "down": "red", "same": "dim", None: "yellow"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to grade again."""

    assignment: str
    revision: str | None
    outcomes: Sequence[str]
    since: datetime | None
    students: Sequence[str]
    which: str
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to do with a regrade."""

    action: str = ""
    never_lower: bool = False
    #: Whether it was asked already.
    yes: bool
    wait: bool
    as_json: bool


def start(chosen: Chosen, settings: Settings, *, wait: bool, as_json: bool) -> int:
    """Ask for a preview, and wait for it; the exit status."""
    with connected(settings) as client:
        asked = client.regrades.start(**asdict(chosen))
        return _told(client, asked, wait=wait, as_json=as_json)


def show(number: str | None, settings: Settings, *, wait: bool, as_json: bool) -> int:
    """One regrade, or all of them; the exit status."""
    with connected(settings) as client:
        if number is not None:
            return _told(client, client.regrades.get(number), wait=wait, as_json=as_json)
        for each in client.regrades.list():
            click.echo(json.dumps(each.body) if as_json else _headline(each))
    return DONE


def report(number: str, changes: Iterable[str], settings: Settings, *, as_csv: bool, as_json: bool) -> int:
    """Who changes and why; the exit status."""
    with connected(settings) as client:
        if as_csv:
            click.echo(client.regrades.table(number, changes=changes), nl=False)
            return DONE
        found = client.regrades.report(number, changes=changes)
        if as_json:
            for each in found:
                click.echo(json.dumps(each.body))
            return DONE
        counts = client.regrades.get(number).counts
        _table(found)
    click.echo(_figures(counts))
    return DONE


def do(number: str, wish: Wish, settings: Settings) -> int:
    """Apply, roll back, cancel or resume, after asking where that changes verdicts; the exit status."""
    with connected(settings) as client:
        if not wish.yes and not _agreed(client.regrades.get(number), wish):
            click.echo("backmark: nothing was changed", err=True)
            return NOT_DONE
        if wish.action == "apply":
            found = client.regrades.apply(number, never_lower=wish.never_lower)
        else:
            calls = {"rollback": client.regrades.roll_back, "cancel": client.regrades.cancel}
            found = calls.get(wish.action, client.regrades.resume)(number)
        return _told(client, found, wait=wish.wait, as_json=wish.as_json)


def _agreed(found: "Regrade", wish: Wish) -> bool:
    """Whether whoever sits there says yes."""
    if not sys.stdin.isatty():
        message = "nobody is there to be asked; --yes says yes"
        raise click.UsageError(message)
    counts = found.counts
    if wish.action == "apply":
        what = f"Apply it: {counts.up} up, {'nobody' if wish.never_lower else counts.down} down?"
    else:
        what = f"Roll back the verdicts of {counts.applied} submissions?"
    click.echo(f"{_headline(found)}\n{_figures(counts)}", err=True)
    return click.confirm(what, err=True)


def _told(client: "Client", found: "Regrade", *, wait: bool, as_json: bool) -> int:
    """Wait for it with a bar, and say how it stands; the exit status."""
    if wait and not found.at_rest:
        with Waiting(None) as waiting:
            for found in client.regrades.watch(found.id):  # noqa: B020, PLR1704 - the same one, as it stands later
                left = "" if found.eta_seconds is None else f", {found.eta_seconds:.0f} s left"
                waiting.says(f"{found.phase.replace('_', ' ')}{left}", found.done, found.total)
    if as_json:
        click.echo(json.dumps(found.body))
    else:
        click.echo(_headline(found))
        click.echo(_figures(found.counts))
        if found.actions:
            click.echo("  ".join(f"backmark regrade {each} {found.id}" for each in ("report", *found.actions)))
    return THEIR_FAILURE if found.phase == "failed" else DONE


def _headline(found: "Regrade") -> str:
    phase = found.phase.replace("_", " ")
    why = f": {found.failure}" if found.failure else ""
    return f"{found.id}  {found.assignment}, revision {found.revision}  {phase}{why}"


def _figures(counts: "Counts") -> str:
    """How many change, with what is not zero of the rest."""
    parts = [f"{counts.submissions} submissions, {counts.sources} sources: {counts.up} up, {counts.down} down"]
    parts.append(f"{counts.same} the same")
    rest = {
        "could not be graded": counts.could_not_be_graded,
        "applied": counts.applied,
        "skipped": counts.skipped,
        "rolled back": counts.rolled_back,
        "not rolled back": counts.left,
    }
    parts += [f"{count} {words}" for words, count in rest.items() if count]
    failing = [f"{name} {count}" for name, count in sorted(counts.newly_failing.items())]
    return ", ".join(parts) + (f"; newly failing: {', '.join(failing)}" if failing else "")


def _table(found: "Iterable[Comparison]") -> None:
    from rich.table import Table
    from rich.text import Text

    from grader.reports.plaintext import plain

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("student", "file", "", "before", "after", "newly failing", "status"):
        table.add_column(heading, overflow="fold")
    for each in found:
        status = each.status.replace("_", " ") + (f": {each.reason.replace('_', ' ')}" if each.reason else "")
        change = Text(each.change or "", style=COLOURS[each.change])
        marks = (Text("no verdict") if each.before is None else _marks(each.before), _marks(each.after))
        table.add_row(plain(each.student), plain(each.filename), change, *marks, " ".join(each.newly_failing), status)
    show_table(table, wide=True)


def _marks(standing: "VerdictBrief | None") -> "Text":
    from rich.text import Text

    return Text("" if standing is None else f"{standing.outcome} {standing.score}/{standing.max_score}")
