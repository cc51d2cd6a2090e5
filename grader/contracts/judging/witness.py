"""A candidate that is asked more: about smaller cases, for counterexamples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from backmark.grader.contracts.cases.answers import Answer, Candidate
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.errors import CandidateError

#: Calls of the student's function that all counterexamples of one submission may cost together.
BUDGET = 1500


@dataclass(slots=True)
class Witness:
    """Asks the candidate about cases, each only once, until the budget is spent or it ends."""

    candidate: Candidate
    left: int = BUDGET
    #: The answers by `ContractCases.key`.
    known: dict[bytes, Answer] = field(default_factory=dict)

    def answer(self, cases: ContractCases) -> list[Answer]:
        """Return the candidate's answers; raises a CandidateError if it ends, which is asked nothing more then."""
        try:
            return self.candidate.answer(cases)
        except CandidateError:
            self.left = 0
            raise

    def ask(self, keys: Sequence[bytes], cases: Callable[[Sequence[int]], ContractCases]) -> None:
        """Ask about the cases of these keys that are not known, as far as the budget goes.

        `cases` makes the question of the places among the keys.
        """
        places = {key: place for place, key in enumerate(keys) if key not in self.known}
        unique = list(places.items())[: self.left]
        if not unique:
            return
        self.left -= len(unique)
        try:
            answers = self.answer(cases([place for _, place in unique]))
        except CandidateError as error:
            # It ended on one of them: what it said before still counts.
            answers = error.answers
        self.known.update((key, answer) for (key, _), answer in zip(unique, answers, strict=False))
