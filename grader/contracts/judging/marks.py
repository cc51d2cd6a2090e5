"""The conclusion about a submission that is wrong somewhere: its rows, and what explains them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backmark.grader.contracts.cases.answers import Answer, Raised
from backmark.grader.contracts.rows.row import Row, RowSpec
from backmark.grader.contracts.values.program import Programs
from backmark.grader.model.mended_statement import MendedStatement
from backmark.grader.model.reason import Reason
from backmark.grader.model.verdict import Diagnosis


@dataclass(frozen=True, slots=True)
class Given:
    """All that is known of a submission that is wrong somewhere."""

    #: By case the answer that counts: the wrong one of two, whichever came first.
    answers: Sequence[Answer]
    #: Which of these are wrong.
    agrees: Row
    #: False if the same question had different answers, and no argument was changed.
    repeats: bool
    #: The same answers, if arrays may have axes of length 1 anywhere; none if that would be no news.
    loosened: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class MendedMarks:
    """The rows of a submission by the statements that must be mended, which carry its marks."""

    rows: dict[str, Row]
    #: All rows of the verdict, with the marks that they carry now.
    specs: Sequence[RowSpec]
    repair: tuple[MendedStatement, ...]
    #: The explanations that are kept beside them.
    diagnosis: tuple[Diagnosis, ...] = ()
    #: How each of the statements was found.
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractMarks:
    """The rows of a submission by its results, and their explanation."""

    rows: dict[str, Row]
    #: The exception that left nothing to judge.
    raised: Raised | None = None
    #: The explanations of every answer, the best first, and the results that are wrong somewhere.
    diagnosis: tuple[Diagnosis, ...] = ()
    wrong_results: tuple[str, ...] = ()
    #: All rows of the verdict, if they carry other marks than those of a right one.
    specs: Sequence[RowSpec] | None = None
    #: Finds the statements that must change; it returns None if none is found.
    mend: Callable[[Programs], MendedMarks | None] | None = None
