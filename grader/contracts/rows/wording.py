"""The texts of the rows that every contract has, and of notes beside any row."""

from collections.abc import Sequence

from backmark.grader.model.cases import format_case
from backmark.grader.model.verdict import CaseReached

NOT_REACHED = "Not judged: it did not answer every case."

STATE = (
    " Asked about its counterexample alone, as the first call in a fresh process, it does not fail like this: its"
    " answers depend on more than its arguments, such as a global or a default argument that is kept between calls,"
    " random numbers, or memory that nothing was written to (np.empty)."
)

#: Of an answer that a process gives which has answered nothing before, and others do not.
DIFFERS_ALONE = "Asked about a case alone, in a fresh process, it answered differently."

#: Of a process that ended when it was asked again.
SILENT_AGAIN = "Asked again about cases that it had answered, it did not answer."

#: Characters of the properties of a case within a sentence.
_MOST_PROPERTIES = 200


def describe_reached(reached: CaseReached) -> str:
    """Return the sentence about the case at which a process ended, with its properties if they are short."""
    properties = format_case(reached.case)
    shown = f" ({properties})" if properties and len(properties) <= _MOST_PROPERTIES else ""
    return f"It was at case {reached.number} of {reached.of}{shown}."


def tally(wrong: int, of: int) -> str:
    """The number of cases on which it is wrong, as a sentence."""
    return f"Wrong on {wrong} of {of} case{'' if of == 1 else 's'}."


def later(wrong: int) -> str:
    """The number of the wrong cases on which the first answer was right."""
    return f" On {wrong} of these it was right when it was first asked, and wrong when it was asked again."


def changes_arguments(names: Sequence[str], changing: int, of: int, returned: int) -> str:
    """The arguments that it changes in place, and the number of cases on which it does, of those that `returned`."""
    cases = f"{of} cases" if returned == of else f"the {returned} cases that could be checked"
    return f"It changes {' and '.join(names)} in place, on {changing} of {cases}."


def differs_again(differing: int, of: int) -> str:
    """The number of cases on which its second answer was another one."""
    return f"Asked again about {of} cases, it answered {differing} of them differently."
