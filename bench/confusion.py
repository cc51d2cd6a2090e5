"""`python -m bench.confusion`: what is named for bugs that others wrote, as the tables of docs/diagnosis.md."""

import argparse
import contextlib
import io
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from grader.errors import SubmissionError
from grader.judge.agreement import disagreeing
from grader.oracle.answers import Answer
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.bugs import library
from tests.corpus.mutants import mutants
from tests.corpus.right import STYLES
from tests.corpus.variants import right_variants
from tests.local import local
from tests.networks import NetworksJudge, load_packaged
from tests.subjects.networks.diagnosis.behaviours import BEFORE_THE_WEIGHTS, BEHAVIOURS
from tests.subjects.networks.diagnosis.slips import pairs, slips
from tests.subjects.networks.diagnosis.styles import written

#: What became of a bug: named first, first among several that give the same answers, another of these, or nothing.
COLUMNS = ("named first, alone", "first of several", "another of several", "others that answer alike", "nothing")


#: Where a bug is, by the array that the line writes, in the order of the chain rule.
PLACES = {
    Where.OUTPUT: "loss derivative",
    Where.BIAS: "dbiases",
    Where.WEIGHT: "dweights",
    Where.ACTIVATION: "dh",
    Where.DERIVATIVE: "df",
    Where.RETURN: "return",
}
ELSEWHERE, NOTHING = "no single line", "nothing"


@dataclass(slots=True)
class Group:
    """Bugs of one kind, and what was named for each."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    #: Those that were not named first: what was written, and what was named.
    others: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    #: All of them, with what was named first.
    firsts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, bug: str, named: tuple[str, ...]) -> None:
        """One more; a pair is the same whichever of its bugs is named first."""
        found = ["+".join(sorted(each.split("+"))) for each in named]
        first = bool(found) and found[0] == bug
        column = COLUMNS[
            4 if not found else 0 if first and len(found) == 1 else 1 if first else 2 if bug in found else 3
        ]
        self.counts[column] += 1
        self.firsts.append((bug, named[0] if named else ""))
        if not first:
            self.others.append((bug, named))


@dataclass(slots=True)
class Bench:
    """The shipped assignment, and the milliseconds that each diagnosis took."""

    judge: NetworksJudge
    milliseconds: list[float] = field(default_factory=list)

    def named(self, source: str) -> tuple[str, ...]:
        """The ids of what explains a source, best first."""
        try:
            # One of the right ones prints.
            with contextlib.redirect_stdout(io.StringIO()):
                candidate = local(source, self.judge.assignment)
                answers: Sequence[Answer] = candidate.answer(self.judge.revision.suite)
        except SubmissionError:
            return ()
        wrong = [i for i, off in enumerate(disagreeing(self.judge.revision.suite, answers)) if off]
        evidence = dict(enumerate(candidate.evidence(self.judge.revision.suite))) if wrong else {}
        started = time.process_time()
        found = self.judge.revision.subject.diagnoser.diagnose(
            answers, wrong, evidence, repeats=True, differentiates=False
        ).diagnoses
        if wrong:
            self.milliseconds.append(1000 * (time.process_time() - started))
        return tuple(each.id for each in found)

    def judged(self, source: str) -> tuple[str, ...]:
        """The same with all that the judge notices: what is kept between calls, finite differences."""
        judgement = self.judge.judge(local(source, self.judge.assignment), lambda: local(source, self.judge.assignment))
        return tuple(each.id for each in judgement.diagnosis)


def _groups(bench: Bench, sample: int) -> Iterator[Group]:
    returned = {bug.id for bug in library.RETURNED}
    for style in ("growing", "recursive"):
        lines, forms = Group(f"one line, style *{style}*"), Group(f"what is returned, style *{style}*")
        for slip in slips(style):
            (forms if slip.bug in returned else lines).add(slip.bug, bench.named(written(slip)))
        if style == "growing":
            lines.add("derivative_before_weights", bench.named(BEFORE_THE_WEIGHTS))
        yield lines
        yield forms
    whole = Group("no single line")
    for bug, source in BEHAVIOURS:
        whole.add(bug, bench.judged(source))
    yield whole
    rng = random.Random(0)  # noqa: S311 - a sample, the same each time
    for style in ("growing", "recursive"):
        every = pairs(style)
        chosen = every if not sample else rng.sample(every, min(sample, len(every)))
        group = Group(f"{len(chosen)} of {len(every)} pairs, style *{style}*")
        for first, second in chosen:
            group.add("+".join(sorted((first.bug, second.bug))), bench.named(written(first, second)))
        yield group


def _table(groups: Sequence[Group]) -> Iterator[str]:
    yield f"| what was written | {' | '.join(COLUMNS)} |"
    yield f"| --- |{' --- |' * len(COLUMNS)}"
    for group in groups:
        yield f"| {group.name} | {' | '.join(str(group.counts[column]) for column in COLUMNS)} |"


def _matrix(groups: Sequence[Group]) -> Iterator[str]:
    """Single bugs by the place that they are in, and by the place of what was named first."""
    wheres = {bug.id: PLACES.get(bug.where, ELSEWHERE) for bugs in (*library.LINES, library.RETURNED) for bug in bugs}
    wheres[""] = NOTHING
    singles = [pair for group in groups for pair in group.firsts if "+" not in pair[0]]
    counts = Counter((wheres.get(bug, ELSEWHERE), wheres.get(first, ELSEWHERE)) for bug, first in singles)
    columns = [*PLACES.values(), ELSEWHERE, NOTHING]
    yield f"| the bug is in | {' | '.join(columns)} |"
    yield f"| --- |{' --- |' * len(columns)}"
    for row in columns[:-1]:
        yield f"| {row} | {' | '.join(str(counts[row, column]) for column in columns)} |"


def main() -> None:
    """Print both tables, what was not named first, and the time it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="how many pairs of each style; 0 is all (minutes)")
    bench = Bench(NetworksJudge(load_packaged("udl-7.2")))
    groups = list(_groups(bench, parser.parse_args().pairs))
    print("\n".join([*_table(groups), "", *_matrix(groups)]))
    took = list(bench.milliseconds)
    right = [*STYLES.values(), *(each.source for each in right_variants())]
    right += [mutant.source for mutant in mutants() if mutant.right]
    wrong = [mutant.source for mutant in mutants() if not mutant.right]
    named = [sum(bool(bench.named(source)) for source in each) for each in (right, wrong)]
    print(f"\n{len(right)} right ones: {named[0]} named. {len(wrong)} single-fault mutants: {named[1]} named.")
    print(f"A diagnosis takes {median(took):.0f} ms (95 %: {quantiles(took, n=20)[-1]:.0f} ms) of processor time.\n")
    for group in groups:
        for bug, others in group.others:
            print(f"- {group.name}: `{bug}`: {', '.join(f'`{each}`' for each in others) or 'nothing'}")


if __name__ == "__main__":
    main()
