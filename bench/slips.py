"""`python -m bench.slips`: which line is named for a random slip in code of another style, by text alone and in all.

The code is the gallery's solutions in other styles; the assignment has its main solution alone. Each slip is a single
edit of one statement. A line is named exactly, another one is, or none. Both ways run in the same kind of jail.
"""

import argparse
import ast
import copy
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import median

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.verdict import Outcome, Verdict
from backmark.grader.settings import machine
from backmark.worker.grading.by_values import ValueGrader
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.revisions import revision
from backmark.worker.grading.workshop import make_jails
from backmark.worker.sandbox.inside.mending.edits import list_edits
from backmark.worker.sandbox.inside.mending.groups import list_functions
from bench.table import render_markdown

WAYS, KINDS = ("by text", "in all"), ("exact", "other", "none")


@dataclass(frozen=True, slots=True)
class PlantedSlip:
    """A wrong source, the line that is wrong in it, and that line."""

    source: str
    line: int
    text: str


def list_slips(source: str) -> Iterator[PlantedSlip]:
    """Yield single edits of a source's statements that stand in one line."""
    tree = ast.parse(ast.unparse(ast.parse(strip(source))))
    lines = ast.unparse(tree).split("\n")
    for function in list_functions([tree]).values():
        for group in function.groups:
            for edit in list_edits(group, function, widely=True):
                node = group.nodes[edit.place]
                if node.lineno != node.end_lineno:
                    continue
                indent = " " * node.col_offset
                text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(edit.nodes[0])))
                changed = [*lines[: node.lineno - 1], indent + text, *lines[node.lineno :]]
                yield PlantedSlip("\n".join(changed), node.lineno, text)


def rate(verdict: Verdict, slip: PlantedSlip) -> str:
    """Return whether the slip's line is named exactly, another one is, or none."""
    named = {line.line for statement in verdict.repair for line in statement.lines}
    return "exact" if named == {slip.line} else "other" if named else "none"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How lines are named by text alone and in all, and the seconds of each verdict."""

    counts: dict[str, Counter[str]]
    seconds: dict[str, list[float]]

    def add(self, way: str, slip: PlantedSlip, grader: Grader) -> Verdict:
        """Grade a slip in one way, count it unless it is right, and return the verdict."""
        start = time.perf_counter()
        verdict = grader.grade(slip.source.encode(), "slip.py")
        if verdict.outcome is not Outcome.PASSED:
            self.seconds[way].append(time.perf_counter() - start)
            self.counts[way][rate(verdict, slip)] += 1
        return verdict

    def render(self) -> str:
        """Return the table."""
        rows = [
            [way, *(str(count[kind]) for kind in KINDS), f"{median(self.seconds[way]):.2f}"]
            for way, count in self.counts.items()
        ]
        return render_markdown(["", *KINDS, "median, s"], rows)


def main() -> None:
    """Plant slips, grade them both ways, and print how many lines are named."""
    parser = argparse.ArgumentParser(prog="python -m bench.slips", description=__doc__)
    parser.add_argument("entries", nargs="*", default=[entry.id for entry in gallery.list_gallery()])
    parser.add_argument("--each", type=int, default=2, help="slips of an entry")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)  # noqa: S311 - no secret
    compared = Comparison({way: Counter() for way in WAYS}, {way: [] for way in WAYS})
    with closing(make_jails()) as jails:
        for name in arguments.entries:
            published = revision(name, machine.from_environment().cache)
            assignment = published.assignment
            slips = [slip for other in assignment.other_solutions for slip in list_slips(other.source)]
            rng.shuffle(slips)
            judge = Judge(replace(published, assignment=replace(assignment, other_solutions=())))
            by_text, in_all = Grader(judge, jails), ValueGrader(judge, jails)
            done = 0
            for slip in slips:
                if done == arguments.each:
                    break
                first = compared.add(WAYS[0], slip, by_text)
                if first.outcome is Outcome.PASSED:
                    continue
                done += 1
                second = compared.add(WAYS[1], slip, in_all)
                print(f"{name}, line {slip.line}, `{slip.text}`: {rate(first, slip)}, {rate(second, slip)}", flush=True)
    print(compared.render())


if __name__ == "__main__":
    main()
