"""The texts of the rows that every contract has, and of notes beside any row."""

from collections.abc import Sequence

from backmark.grader.model.cases import format_case
from backmark.grader.model.verdict import CaseReached
from backmark.grader.model.words import join_words

REFUSED = "Not judged: the submission was refused before it ran."
NOTHING_TO_JUDGE = "Not judged: no call of your code returned a result."
ALL_NONE = "Your code is not filled in: each result that it returns is None. Fill it in and save the file."
RUN_IT = "Run it once with Python 3 and NumPy 2 before handing in."
NOT_FOUND = "We could not tell which lines are wrong."
TOO_SLOW = "Not judged: finding the lines to change took too long."
WRITTEN_OTHERWISE = (
    "Not judged: your code is structured differently from the known solutions, so only its results count."
)
NOT_REACHED = "Not judged: your code did not finish every case."

STATE = (
    " If the counterexample is the first call in a fresh process, your code does not fail like this. So your code's"
    " answers depend on something besides its arguments, for example a global variable, a default argument that keeps"
    " its value between calls, random numbers, or memory that was never written to (np.empty)."
)

#: Of an answer that a process gives which has answered nothing before, and others do not.
DIFFERS_ALONE = "Called with one case alone in a fresh process, your code gave a different answer."

#: Of a row that a submission fails in a fresh case alone: of that case nothing is shown.
FAILS_UNSHOWN = "Wrong in a case that is not shown."
FAILS_AS_SHOWN = "Wrong in a case that is not shown. The case that is shown fails, too."
#: Of a process that ended at a fresh case.
ENDED_UNSHOWN = "Your code did not finish a case that is not shown."

#: Of a row that a submission loses which is right by another convention.
COSTS = "Your code is right by another convention, which costs this row."

#: Of a process that ended when it was asked again.
SILENT_AGAIN = "Your code gave no answer when it was called again with cases that it had answered before."

#: Characters of the properties of a case within a sentence.
_MOST_PROPERTIES = 200


def describe_reached(reached: CaseReached) -> str:
    """Return the sentence about the case at which a process ended, with its properties if they are short."""
    properties = format_case(reached.case)
    shown = f" ({properties})" if properties and len(properties) <= _MOST_PROPERTIES else ""
    return f"It had reached case {reached.number} of {reached.of}{shown}."


def tally(wrong: int, of: int) -> str:
    """The number of cases on which it is wrong, as a sentence."""
    return f"Wrong on {count(wrong, of)}."


def count(some: int, of: int) -> str:
    """Return how many of some cases are meant, such as "3 of 20 cases"; "all 20 cases"."""
    if of == 1:
        return f"{some} of 1 case"
    return f"all {of} cases" if some == of else f"{some} of {of} cases"


def later(wrong: int) -> str:
    """The number of the wrong cases on which the first answer was right."""
    return f" On {wrong} of these, the first answer was right and the second one was wrong."


def costs_once(title: str) -> str:
    """Say in which row a mistake costs marks that makes several rows wrong."""
    return f'This mistake costs marks only once, in the row "{title}".'


def changes_arguments(names: Sequence[str], changing: int, of: int, returned: int) -> str:
    """The arguments that it changes in place, and the number of cases on which it does, of those that `returned`."""
    cases = count(changing, of) if returned == of else f"{changing} of the {returned} cases that could be checked"
    return f"Your code changes {join_words(f'`{name}`' for name in names)} in place on {cases}."


def differs_again(differing: int, of: int) -> str:
    """The number of cases on which its second answer was another one."""
    return f"Called again, your code answered {count(differing, of)} differently."
