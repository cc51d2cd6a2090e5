"""The networks that are asked for the lists that the student's function wrote."""

from collections.abc import Container, Iterable, Mapping, Sequence

from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.cases import spread
from grader.subjects.networks.evidence import Evidence, ReturnedForm

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


def refuses_lists(answers: Sequence[Answer], evidence: Mapping[int, Evidence], asked: Iterable[int]) -> bool:
    """True if no answer came from one of the networks `asked` for their lists, though the one before did.

    Its process has ended, or it raised or returned nothing.
    """
    return any(i not in evidence or _is_refusal(answers[i], evidence[i]) for i in asked)


def _is_refusal(answer: Answer, evidence: Evidence) -> bool:
    if isinstance(answer, Raised) or (evidence.ended and evidence.form is not ReturnedForm.NONE):
        return False
    # Of None no more can come; iterators are read for their lists alone, and may raise only then.
    return not (evidence.returned and _is_unread(answer))


def _is_unread(answer: Answer) -> bool:
    """True if what came back has neither members nor a shape, as None and iterators have not."""
    received = answer.received if isinstance(answer, Malformed) else None
    return received is not None and received.shape is None and received.length is None and received.dtype is None
