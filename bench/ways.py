"""The ways in which wrong lines are looked for, as benches compare them."""

from collections.abc import Mapping

from backmark.grader.contracts.judging.judge import Judge
from backmark.worker.grading.grader import Grader, JailSource

#: By text, by text and by values where text names nothing, and by values without any repair by text.
WAYS = BY_TEXT, IN_ALL, BY_VALUES = ("by text", "in all", "by values")


def make_graders(judge: Judge, jails: JailSource) -> Mapping[str, Grader]:
    """Return a grader for each way; they share the judge and the kind of jail."""
    return {
        BY_TEXT: Grader(judge, jails, by_values=False),
        IN_ALL: Grader(judge, jails),
        BY_VALUES: Grader(judge, jails, by_text=False),
    }
