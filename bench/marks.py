"""Marks over combinations of slips in the notebook's four lines: `python -m bench.marks --combinations 3000`.

No mended mistake may lower the score, and code that ignores the error at the output may earn two marks at most.
"""

import argparse
import sys
from collections import Counter

from grader.judge.examples import Examples
from tests.corpus.four_lines import IGNORING, Lines, combined, mended, source
from tests.local import local
from tests.networks import NetworksJudge, load_layered


class Marker:
    """The scores of combinations, each computed once, without counterexamples."""

    def __init__(self) -> None:
        self._judge = NetworksJudge(load_layered())
        self._scores: dict[tuple[tuple[str, str], ...], int] = {}
        Examples.smallest_by_row = lambda *_: {}  # type: ignore[method-assign]

    def score(self, lines: Lines) -> int:
        """Return the marks for the notebook's solution with these lines."""
        key = tuple(sorted(lines.items()))
        if key not in self._scores:
            code, assignment = source(lines), self._judge.assignment
            judgement = self._judge.judge(local(code, assignment), lambda: local(code, assignment))
            self._scores[key] = sum(row.score for row in judgement.properties)
        return self._scores[key]


def main() -> int:
    """Print the tally, and each violation; exit status 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--combinations", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    marker, tally, violations = Marker(), Counter[int](), 0
    for lines in combined(options.combinations, options.seed):
        score = marker.score(lines)
        tally[score] += 1
        if score > 2 and any(lines.get(line) in texts for line, texts in IGNORING.items()):
            violations += 1
            print(f"ignores the error and has {score}: {lines}", flush=True)
        for line, better in mended(lines):
            if (after := marker.score(better)) < score:
                violations += 1
                print(f"{score} becomes {after} by mending {line}: {lines}", flush=True)
    print("marks and combinations:", ", ".join(f"{score}: {count}" for score, count in sorted(tally.items())))
    print(f"{sum(tally.values())} combinations, {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
