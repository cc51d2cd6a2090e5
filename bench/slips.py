"""`python -m bench.slips`: which line is named for a random slip in code of another style.

The code is the gallery's solutions in other styles; the assignment has its main solution alone. Each slip is a single
edit of one statement. With `--of mistakes` they are the mistakes that each entry declares, with `--of template` those
of the tests in the template of notebook 7.2, with `--of control` those of control flow in five homeworks. The lines are
named exactly, others are, or none.
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
from difflib import SequenceMatcher
from statistics import median

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.grader.settings import machine
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.revisions import revision
from backmark.worker.grading.workshop import make_jails
from backmark.worker.sandbox.inside.writing.edits import list_edits
from backmark.worker.sandbox.inside.writing.groups import read_functions
from bench.table import render_markdown
from tests.corpus import control_flow, four_lines

KINDS = ("exact", "other", "none")


@dataclass(frozen=True, slots=True)
class PlantedSlip:
    """A wrong source, the lines that are wrong in it, and these or their name; or lines of which one is enough."""

    source: str
    lines: frozenset[int]
    text: str
    is_either: bool = False


def list_mistakes(assignment: ContractAssignment) -> Iterator[PlantedSlip]:
    """Yield the declared mistakes that change lines of the solution, but for those that only take some away."""
    solution = strip(assignment.solution).splitlines()
    for mistake in assignment.mistakes:
        # The first lines are a docstring.
        found = SequenceMatcher(None, solution, mistake.source.splitlines(), autojunk=False).get_opcodes()
        lines = [
            number + 1
            for kind, start, _, first, stop in found
            for number in range(first, stop)
            if kind != "equal" and start
        ]
        if lines:
            yield PlantedSlip(mistake.source, frozenset(lines), mistake.id)


def list_template_slips() -> Iterator[PlantedSlip]:
    """Yield the slips of the tests in the template of notebook 7.2."""
    right = four_lines.source({}).splitlines()
    for line, text in four_lines.slips():
        source = four_lines.source({line: text})
        differing = zip(right, source.splitlines(), strict=True)
        lines = (number for number, (first, second) in enumerate(differing, 1) if first != second)
        yield PlantedSlip(source, frozenset(lines), text)


def list_control_slips(entry: str) -> Iterator[PlantedSlip]:
    """Yield the slips of control flow of the tests in a homework."""
    for slip in control_flow.SLIPS:
        if slip.entry == entry:
            yield PlantedSlip(slip.source, slip.lines, slip.name, is_either=True)


def list_slips(source: str) -> Iterator[PlantedSlip]:
    """Yield single edits of a source's statements that stand in one line."""
    tree = ast.parse(ast.unparse(ast.parse(strip(source))))
    lines = ast.unparse(tree).split("\n")
    for function in read_functions(tree).values():
        for group in function.groups:
            for edit in list_edits(group, function, widely=True):
                node = group.nodes[edit.place]
                if node.lineno != node.end_lineno:
                    continue
                indent = " " * node.col_offset
                text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(edit.nodes[0])))
                changed = [*lines[: node.lineno - 1], indent + text, *lines[node.lineno :]]
                yield PlantedSlip("\n".join(changed), frozenset([node.lineno]), text)


def rate(verdict: Verdict, slip: PlantedSlip) -> str:
    """Return whether the slip's lines are named exactly, others are, or none."""
    named = {line.line for statement in verdict.repair for line in statement.lines}
    exact = named <= slip.lines if slip.is_either else named == slip.lines
    return "none" if not named else "exact" if exact else "other"


def main() -> None:
    """Plant slips, grade them, and print how many lines are named."""
    parser = argparse.ArgumentParser(prog="python -m bench.slips", description=__doc__)
    parser.add_argument("entries", nargs="*", default=[entry.id for entry in gallery.list_gallery()])
    parser.add_argument("--of", default="styles", choices=("styles", "mistakes", "template", "control"))
    parser.add_argument("--each", type=int, default=2, help="slips of an entry")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)  # noqa: S311 - no secret
    counts, seconds = Counter[str](), list[float]()
    with closing(make_jails()) as jails:
        for name in arguments.entries:
            published = revision(name, machine.from_environment().cache)
            assignment = published.assignment
            styles = (slip for other in assignment.other_solutions for slip in list_slips(other.source))
            planted = {
                "styles": styles,
                "mistakes": list_mistakes(assignment),
                "template": list_template_slips(),
                "control": list_control_slips(name),
            }
            slips = list(planted[arguments.of])
            rng.shuffle(slips)
            judge = Judge(replace(published, assignment=replace(assignment, other_solutions=())))
            grader = Grader(judge, jails)
            done = 0
            for slip in slips:
                if done == arguments.each:
                    break
                start = time.perf_counter()
                verdict = grader.grade(slip.source.encode(), "slip.py")
                if verdict.outcome is Outcome.PASSED:
                    continue
                done += 1
                seconds.append(time.perf_counter() - start)
                counts[rate(verdict, slip)] += 1
                lines = ", ".join(map(str, sorted(slip.lines)))
                print(f"{name}, line {lines}, `{slip.text}`: {rate(verdict, slip)} {verdict.score}", flush=True)
    print(render_markdown([*KINDS, "median, s"], [[*(str(counts[kind]) for kind in KINDS), f"{median(seconds):.2f}"]]))


if __name__ == "__main__":
    main()
