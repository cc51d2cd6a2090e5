"""`python -m bench.confusion`: the mistakes that are named for bugs that others wrote, as in docs/diagnosis.md."""

import argparse
import contextlib
import io
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.percentiles import percentile_95
from bench.table import render_markdown
from grader.errors import SubmissionError
from grader.judge.agreement import disagreeing
from grader.oracle.answers import Answer
from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.bugs import library
from tests.corpus.mutants import mutants
from tests.corpus.right import STYLES
from tests.corpus.variants import right_variants
from tests.local import local
from tests.networks import NetworksJudge, load_layered
from tests.subjects.networks.diagnosis.behaviours import BEFORE_THE_WEIGHTS, BEHAVIOURS
from tests.subjects.networks.diagnosis.slips import pairs, slips
from tests.subjects.networks.diagnosis.styles import written

#: Fates of a bug: named first, first among several that give the same answers, another of these, or nothing.
COLUMNS = ("named first, alone", "first of several", "another of several", "others that answer alike", "nothing")

#: The place of a bug: the array that its line writes, in the order of the chain rule.
PLACES = {
    Where.OUTPUT: "loss derivative",
    Where.BIAS: "dbiases",
    Where.WEIGHT: "dweights",
    Where.ACTIVATION: "dh",
    Where.DERIVATIVE: "df",
    Where.RETURN: "return",
}
ELSEWHERE, NOTHING = "no single line", "nothing"
#: Styles of code in which the bugs are written.
_STYLES = ("growing", "recursive")


@dataclass(slots=True)
class BugGroup:
    """Bugs of one kind, and the mistakes that were named for each."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    #: Bugs that were not named first, with what was named.
    misses: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    #: All bugs, with what was named first.
    firsts: list[tuple[str, str]] = field(default_factory=list)

    def add(self, bug: str, ids: tuple[str, ...]) -> None:
        """Count a bug; a pair is the same whichever of its bugs is named first."""
        mistakes = ["+".join(sorted(mistake.split("+"))) for mistake in ids]
        self.counts[_choose_column(bug, mistakes)] += 1
        self.firsts.append((bug, ids[0] if ids else ""))
        if mistakes[:1] != [bug]:
            self.misses.append((bug, ids))


def _choose_column(bug: str, mistakes: Sequence[str]) -> str:
    alone, first, later, alike, nothing = COLUMNS
    if not mistakes:
        return nothing
    if mistakes[0] == bug:
        return alone if len(mistakes) == 1 else first
    return later if bug in mistakes else alike


@dataclass(slots=True)
class DiagnosisBench:
    """The shipped assignment, and the milliseconds that each diagnosis took."""

    judge: NetworksJudge
    milliseconds: list[float] = field(default_factory=list)

    def diagnose(self, source: str) -> tuple[str, ...]:
        """Return the ids of the mistakes that explain a source, best first."""
        try:
            # One of the right sources prints.
            with contextlib.redirect_stdout(io.StringIO()):
                candidate = local(source, self.judge.assignment)
                answers: Sequence[Answer] = candidate.answer(self.judge.revision.suite)
        except SubmissionError:
            return ()
        wrong = [i for i, differs in enumerate(disagreeing(self.judge.revision.suite, answers)) if differs]
        evidence = dict(enumerate(candidate.evidence(self.judge.revision.suite))) if wrong else {}
        start = time.process_time()
        diagnoses = self.judge.revision.subject.diagnoser.diagnose(
            answers, wrong, evidence, repeats=True, differentiates=False, fails_alone=lambda: True
        ).diagnoses
        if wrong:
            self.milliseconds.append(1000 * (time.process_time() - start))
        return tuple(diagnosis.id for diagnosis in diagnoses)

    def judge_fully(self, source: str) -> tuple[str, ...]:
        """Return the ids with all evidence of the judge: state kept between calls, finite differences."""
        judgement = self.judge.judge(local(source, self.judge.assignment), lambda: local(source, self.judge.assignment))
        return tuple(diagnosis.id for diagnosis in judgement.diagnosis)


def _diagnose_groups(bench: DiagnosisBench, sample: int) -> Iterator[BugGroup]:
    for style in _STYLES:
        yield from _diagnose_lines(bench, style)
    whole = BugGroup("no single line")
    for bug, source in BEHAVIOURS:
        whole.add(bug, bench.judge_fully(source))
    yield whole
    rng = random.Random(0)  # noqa: S311 - a sample, the same each time
    for style in _STYLES:
        yield _diagnose_pairs(bench, style, sample, rng)


def _diagnose_lines(bench: DiagnosisBench, style: str) -> tuple[BugGroup, BugGroup]:
    """Return the bugs of single lines, and those in what is returned."""
    return_bugs = {bug.id for bug in library.RETURNED}
    lines, forms = BugGroup(f"one line, style *{style}*"), BugGroup(f"what is returned, style *{style}*")
    for slip in slips(style):
        (forms if slip.bug in return_bugs else lines).add(slip.bug, bench.diagnose(written(slip)))
    if style == "growing":
        lines.add("derivative_before_weights", bench.diagnose(BEFORE_THE_WEIGHTS))
    return lines, forms


def _diagnose_pairs(bench: DiagnosisBench, style: str, sample: int, rng: random.Random) -> BugGroup:
    """Return a sample of the pairs of bugs, or all for 0."""
    all_pairs = pairs(style)
    drawn_pairs = all_pairs if not sample else rng.sample(all_pairs, min(sample, len(all_pairs)))
    group = BugGroup(f"{len(drawn_pairs)} of {len(all_pairs)} pairs, style *{style}*")
    for first, second in drawn_pairs:
        group.add("+".join(sorted((first.bug, second.bug))), bench.diagnose(written(first, second)))
    return group


def _render_fates(groups: Sequence[BugGroup]) -> str:
    rows = ([group.name, *(group.counts[column] for column in COLUMNS)] for group in groups)
    return render_markdown(["what was written", *COLUMNS], rows)


def _render_matrix(groups: Sequence[BugGroup]) -> str:
    """Return single bugs by their place, and by the place of what was named first."""
    places = {bug.id: PLACES.get(bug.where, ELSEWHERE) for bugs in (*library.LINES, library.RETURNED) for bug in bugs}
    places[""] = NOTHING
    singles = [pair for group in groups for pair in group.firsts if "+" not in pair[0]]
    counts = Counter((places.get(bug, ELSEWHERE), places.get(first, ELSEWHERE)) for bug, first in singles)
    columns = [*PLACES.values(), ELSEWHERE, NOTHING]
    rows = ([row, *(counts[row, column] for column in columns)] for row in columns[:-1])
    return render_markdown(["the bug is in", *columns], rows)


def main() -> None:
    """Print both tables, what was not named first, and the time it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="how many pairs of each style; 0 is all (minutes)")
    bench = DiagnosisBench(NetworksJudge(load_layered()))
    groups = list(_diagnose_groups(bench, parser.parse_args().pairs))
    print("\n".join([_render_fates(groups), "", _render_matrix(groups)]))
    times = list(bench.milliseconds)
    right = [*STYLES.values(), *(variant.source for variant in right_variants())]
    right += [mutant.source for mutant in mutants() if mutant.right]
    wrong = [mutant.source for mutant in mutants() if not mutant.right]
    right_count, wrong_count = (sum(bool(bench.diagnose(source)) for source in sources) for sources in (right, wrong))
    print(f"\n{len(right)} right ones: {right_count} named. {len(wrong)} single-fault mutants: {wrong_count} named.")
    print(f"A diagnosis takes {median(times):.0f} ms (95 %: {percentile_95(times):.0f} ms) of processor time.\n")
    for group in groups:
        for bug, ids in group.misses:
            print(f"- {group.name}: `{bug}`: {', '.join(f'`{mistake}`' for mistake in ids) or 'nothing'}")


if __name__ == "__main__":
    main()
