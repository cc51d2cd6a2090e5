"""The code of an assignment's author: asked in the workshop's jails, and what is wrong with it in words."""

from collections.abc import Iterable
from typing import Any

from backmark.grader.contracts.cases.answers import Answer, Malformed, Raised
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.exchange import AnyExchange
from backmark.grader.contracts.cases.form_words import describe_difference
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.errors import BadAssignment, CandidateError, SubmissionError, TimedOut
from backmark.grader.model.assignment import Limits

#: Characters of a list of names or dims in a message.
_LONGEST_LIST = 300


def ask(  # noqa: PLR0913 - a source, its question and its limits
    workshop: Workshop, filename: str, source: str, exchange: AnyExchange, cases: Any, limits: Limits | None
) -> list[Answer]:
    """Return a source's answers; raises BadAssignment if it cannot be read, or ends before it has answered."""
    try:
        return list(workshop.ask(source, filename, exchange, cases, limits))
    except SubmissionError as error:
        message = f"{filename}: {error}"
        raise BadAssignment(message) from error
    except TimedOut as error:
        advice = "" if limits is None else " Students' code gets no more, by the assignment's limits."
        message = f"{filename} ended before it had answered: {error}{advice}"
        raise BadAssignment(message) from error
    except CandidateError as error:
        message = f"{filename} ended before it had answered: {error}"
        raise BadAssignment(message) from error


def describe_error(raised: Raised, source: str = "") -> str:
    """Say what was raised, and on which line; of a source that its author has not in a file, the line is quoted."""
    if not raised.frames:
        return f"{raised.type}: {raised.message}"
    number = raised.frames[-1].line
    quoted = "".join(f" ({clip(line.strip())})" for line in source.splitlines()[number - 1 : number])
    return f"{raised.type} on line {number}{quoted}: {raised.message}"


def describe_answer(answer: Answer, source: str = "") -> str:
    """Say what a source did in the place of returning its results."""
    if isinstance(answer, Raised):
        return f"raised {describe_error(answer, source)}"
    if isinstance(answer, Malformed) and answer.received is not None:
        return f"returns {answer.where} as {describe_difference(answer.received, answer.wanted)}"
    return "returned no numbers"


def describe_dims(case: DrawnCase) -> str:
    """Say which dims a case has."""
    return clip(", ".join(f"{name} = {value}" for name, value in case.dims.items())) or "no dims"


def list_names(names: Iterable[str]) -> str:
    """List names, as far as a message has room."""
    return clip(", ".join(sorted(names))) or "none"


def clip(text: str) -> str:
    """Cut a text to what a message has room for."""
    return text if len(text) <= _LONGEST_LIST else f"{text[:_LONGEST_LIST]}..."
