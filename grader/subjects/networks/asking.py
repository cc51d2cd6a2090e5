"""The networks that are asked for the lists that the student's function wrote."""

from collections.abc import Container, Iterable, Sequence

from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.cases import spread

#: How many networks are asked for the lists of those that fail in one way.
EACH = 12
#: The number of networks whose lists are read again if they came back in another form.
READ_AGAIN = 4


def worth_asking(answers: Sequence[Answer], failing: Iterable[Sequence[int]], order: Sequence[int]) -> list[int]:
    """The places of the networks whose lists are asked for: some that fail in each way, from small to large."""
    raised = [i for i, answer in enumerate(answers) if isinstance(answer, Raised)]
    malformed = [i for i, answer in enumerate(answers) if isinstance(answer, Malformed)]
    chosen: set[int] = set()
    for group in (raised, malformed, *failing):
        members = set(group)
        ordered = [i for i in order if i in members]
        chosen.update(spread(ordered, EACH))
    return sorted(chosen)


def malformed_or_failing(answers: Sequence[Answer], failing: Sequence[int], known: Container[int]) -> list[int]:
    """The places asked for, too, if what came back can be read in another form.

    All whose answer is malformed, so that it is read; and all that fail, since those of the right shapes may have that
    form, too.
    """
    members = {i for i, answer in enumerate(answers) if isinstance(answer, Malformed)}
    members |= {i for i in failing if isinstance(answers[i], Returned)}
    return sorted(i for i in members if i not in known)
