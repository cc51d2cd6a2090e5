"""`python -m bench.history REVISION`: processor time here and at another commit, by turns.

Milliseconds of a processor, of all processes that take part, for each of eight things; the median of the rounds, and
the ratio within each round, so that a noisy minute falls on both. Wall time is left out: it tells how many processes
wait for one another, not what they cost. The other commit is laid out in `.history/`, with the environment that its own
lock names, and judges by its own cases: what is compared is what a user of either gets.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from backmark.grader.client import Client
from backmark.worker.serve.embedded import free_port
from bench.peers.peer import ROOT
from bench.processor import read_tree_seconds
from bench.report import write_tables
from bench.run import ONE_THREAD, Command, run_command
from bench.submissions import RIGHT, WRONG, extract_function, mixed_sources, pick_variant, right_sources, write_variants
from bench.table import format_number, render_markdown
from bench.waiting import wait_until

#: Where other commits are laid out, a folder each.
HISTORY = ROOT / ".history"
#: What the nightly run compares with, and the ratios that were accepted last.
ACCEPTED = ROOT / "bench" / "accepted.json"
#: A ratio may grow so much above the accepted one.
ALLOWED = 1.15
#: Files of one call, runs of a cold one, submissions over HTTP.
FILES, COLD, BURST = 200, 5, 100
ASSIGNMENT = "udl-7.2"
#: A contract that other commits can draw, too.
PUBLISHED = "coursera-l-model-backward"
#: Limits that no measurement reaches.
UNLIMITED = {"BACKMARK_SUBMIT_RATE": "1000000/minute", "BACKMARK_READ_RATE": "1000000/minute"}
#: A file that was graded, and was wrong, ends with 1.
STATUSES = (0, 1)

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Tree:
    """A checkout with an environment of its own."""

    root: Path

    def run(self, *words: str) -> float:
        """Run `backmark` with these words; return its processor time, in milliseconds."""
        command = Command([self._command, *words], self.root, ONE_THREAD, STATUSES)
        return 1e3 * run_command(command).cpu

    @contextmanager
    def serve(self, folder: Path) -> Iterator[tuple[int, Client]]:
        """Run the whole service with two processes that grade; yield its pid and a client."""
        address = f"127.0.0.1:{free_port()}"
        words = ["serve", "--data", str(folder), "--bind", address, "--workers", "2"]
        with (folder.parent / f"{folder.name}.log").open("wb") as log:
            process = subprocess.Popen(
                ["/usr/bin/env", *(f"{name}={value}" for name, value in UNLIMITED.items()), self._command, *words],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(lambda: _is_ready(address), f"the service of {self.root.name} is ready")
            with Client(f"http://{address}", (folder / "token").read_text(encoding="ascii").strip()) as client:
                yield process.pid, client
        finally:
            process.terminate()
            process.wait(60)

    @property
    def _command(self) -> str:
        return str(self.root / ".venv/bin/backmark")


def measure_files(tree: Tree, folder: Path) -> Figures:
    """Return what one of many files costs, and one alone."""
    right, mixed = folder / "right", folder / "mixed"
    alone = {name: extract_function(example) for name, example in (("right", RIGHT), ("wrong", WRONG[0]))}
    write_variants(right, right_sources(), FILES)
    write_variants(mixed, mixed_sources(), FILES)
    figures = {
        f"{FILES} right files, each": tree.run("grade", "--json", "--jobs", "1", str(right)) / FILES,
        f"{FILES} files, every second wrong, each": tree.run("grade", "--json", "--jobs", "1", str(mixed)) / FILES,
    }
    for name, source in alone.items():
        file = folder / f"{name}.py"
        file.write_text(source, encoding="utf-8")
        figures[f"one {name} file, cold"] = median(tree.run("grade", "--json", str(file)) for _ in range(COLD))
    return figures


def measure_service(tree: Tree, folder: Path) -> Figures:
    """Return what one of many submissions over HTTP costs the whole service, and one of a regrade."""
    with tree.serve(folder / "data") as (pid, client):

        def burst(sources: Sequence[str], start: int) -> float:
            before = read_tree_seconds(pid)
            names = [
                client.submit(pick_variant(sources, number).encode(), assignment=ASSIGNMENT, student=f"s{number}").id
                for number in range(start, start + BURST)
            ]
            for name in names:
                client.wait(name, timeout=600)
            return 1e3 * (read_tree_seconds(pid) - before) / BURST

        # What a process does once, in its first submissions, is none of a submission's.
        burst(right_sources(), 0)
        figures = {
            "over HTTP, right": burst(right_sources(), BURST),
            "over HTTP, every second wrong": burst(mixed_sources(), 2 * BURST),
        }
        before = read_tree_seconds(pid)
        regrade = client.regrades.start(assignment=ASSIGNMENT, fresh=True).id
        wait_until(lambda: client.regrades.get(regrade).phase == "previewed", "the regrade is previewed", 600)
        return figures | {"a regrade's submission": 1e3 * (read_tree_seconds(pid) - before) / (3 * BURST)}


def measure_publishing(tree: Tree, folder: Path) -> Figures:
    """Return what it costs to draw a contract of the gallery."""
    return {f"publishing {PUBLISHED}": tree.run("assignment", "draw", PUBLISHED, "-o", str(folder / "drawn.npz"))}


Measure = Callable[[Tree, Path], Figures]
#: The first is what the nightly run compares.
MEASURES: tuple[Measure, ...] = (measure_files, measure_service, measure_publishing)


def main() -> None:
    """Measure by turns and print the table; exit status 1 if an accepted ratio was exceeded."""
    parser = argparse.ArgumentParser(prog="bench.history", description=__doc__)
    parser.add_argument("revision", nargs="?", help="a commit or tag; by default the one that ratios were accepted for")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", action="store_true", help="grade files only: no service, no publishing")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--check", action="store_true", help=f"fail at more than {ALLOWED} of an accepted ratio")
    kept.add_argument("--accept", action="store_true", help="accept these ratios, and write them into the docs")
    options = parser.parse_args()
    accepted = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    revision = options.revision or accepted["revision"]
    there = lay_out(revision)
    measures = MEASURES[:1] if options.files else MEASURES
    rounds = [_measure_round((Tree(ROOT), there), measures, number) for number in range(options.rounds)]
    table = Table.of(rounds)
    print(table.render(revision))
    if options.accept:
        ratios = accepted["ratios"] if accepted["revision"] == revision else {}
        ratios |= {name: round(median(values), 3) for name, values in table.ratios.items()}
        ACCEPTED.write_text(json.dumps({"revision": revision, "ratios": ratios}, indent=1) + "\n", encoding="utf-8")
        write_tables({"history": table.render(revision)})
    if options.check and (worse := table.find_worse(accepted["ratios"])):
        sys.exit(f"slower than accepted: {'; '.join(worse)}")


def lay_out(revision: str) -> Tree:
    """Lay a commit out in `.history/`, with an environment of its own, unless it is there; return it."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", f"{revision}^{{commit}}"], check=True, capture_output=True, text=True)
    root = HISTORY / commit.stdout.strip()[:12]
    if not root.exists():
        root.mkdir(parents=True)
        archive = subprocess.run([*git, "archive", revision], check=True, capture_output=True).stdout
        subprocess.run(["/usr/bin/env", "tar", "-x", "-C", str(root)], input=archive, check=True)
    subprocess.run(["/usr/bin/env", "sh", "setup/setup.sh"], cwd=root, check=True)
    return Tree(root)


def _measure_round(trees: tuple[Tree, Tree], measures: Sequence[Measure], number: int) -> tuple[Figures, Figures]:
    """Measure each thing in both, in another order from round to round."""
    figures: tuple[Figures, Figures] = ({}, {})
    for measure in measures:
        for place in (0, 1) if number % 2 == 0 else (1, 0):
            with tempfile.TemporaryDirectory() as name:
                figures[place].update(measure(trees[place], Path(name)))
    print(f"bench: round {number + 1} is done", file=sys.stderr)
    return figures


@dataclass(frozen=True, slots=True)
class Table:
    """Milliseconds here and there, and their ratio, by name, a value a round."""

    here: dict[str, list[float]]
    there: dict[str, list[float]]

    @classmethod
    def of(cls, rounds: Sequence[tuple[Figures, Figures]]) -> "Table":
        """Collect the figures of all rounds."""
        here, there = ({name: [pair[place][name] for pair in rounds] for name in rounds[0][place]} for place in (0, 1))
        return cls(here, there)

    @property
    def ratios(self) -> dict[str, list[float]]:
        """Milliseconds here over milliseconds there, by name, a value a round."""
        return {name: [a / b for a, b in zip(self.here[name], self.there[name], strict=True)] for name in self.here}

    def render(self, revision: str) -> str:
        """Return the table as Markdown."""
        rows = [
            (
                name,
                format_number(median(self.there[name])),
                format_number(median(self.here[name])),
                f"{median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})",
            )
            for name, ratios in self.ratios.items()
        ]
        return render_markdown(("ms of a processor", f"at {revision}", "now", "ratio (least - most)"), rows)

    def find_worse(self, accepted: dict[str, float]) -> list[str]:
        """Return a text for each thing whose ratio is more than ALLOWED of what was accepted."""
        return [
            f"{name}: {median(ratios):.2f} instead of {accepted[name]:.2f}"
            for name, ratios in self.ratios.items()
            if median(ratios) > ALLOWED * accepted.get(name, float("inf"))
        ]


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/readyz").is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
