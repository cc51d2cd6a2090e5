"""The self-check of an assignment that is published: its cases accept the solution, and detect every known mistake."""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backmark.grader.contracts.cases.answers import Returned
from backmark.grader.contracts.cases.values import parse
from backmark.grader.contracts.judging.proven_statement import ProvenStatement
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.assignment import DISCRETE, ContractAssignment, ContractMistake
from backmark.grader.contracts.language.driver import find_widening
from backmark.grader.contracts.publishing.author_code import clip
from backmark.grader.contracts.rows.agreement import disagreeing


@dataclass(frozen=True, slots=True)
class Catch:
    """The cases on which a mistake is seen."""

    mistake: ContractMistake
    places: Sequence[int]

    @property
    def cases(self) -> int:
        """The number of these cases."""
        return len(self.places)


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The result of the trial: what the cases accept, and what they catch."""

    cases: int
    #: On how many cases the reference is rejected: none, or the suite is unusable.
    reference_rejected: int
    #: The number of inconclusive numbers.
    inconclusive: int
    catches: tuple[Catch, ...]
    #: The faults of the assignment itself, each a sentence.
    faults: tuple[str, ...] = ()
    #: What its author should know of an assignment that may be used all the same, each a sentence.
    warnings: tuple[str, ...] = ()
    #: The statements of solutions that count for rows, with what the cases catch of their edits.
    statements: tuple[ProvenStatement, ...] = ()

    @property
    def missed(self) -> tuple[ContractMistake, ...]:
        """Mistakes that pass on every case."""
        return tuple(catch.mistake for catch in self.catches if not catch.cases)

    @property
    def sound(self) -> bool:
        """True if the assignment may be used."""
        return not self.reference_rejected and not self.missed and not self.faults


def reference_rejected(revision: ContractRevision) -> int:
    """The number of cases on which what is expected itself is rejected."""
    cases = revision.cases
    right = np.nan_to_num(cases.expected)
    answers = [Returned(right[start:stop]) for start, stop in zip(cases.starts, cases.starts[1:], strict=False)]
    return sum(disagreeing(cases, answers))


def selfcheck(revision: ContractRevision) -> SelfCheck:
    """Every known mistake of a revision's assignment, as it was tried on every case."""
    assignment = revision.assignment
    return SelfCheck(
        len(revision.cases),
        reference_rejected(revision),
        int(np.isnan(revision.cases.expected).sum()),
        tuple(Catch(mistake, revision.mistakes[mistake.id].wrong) for mistake in assignment.mistakes),
        revision.faults,
        tuple(find_warnings(assignment)),
        revision.statements,
    )


def find_warnings(assignment: ContractAssignment) -> Iterator[str]:
    """Yield what an author should know of an assignment that may be used."""
    inputs = (entry.name for entry in assignment.inputs if parse(entry.values)[0] not in DISCRETE)
    arrays = {*inputs, *assignment.upstream, *assignment.given}
    if text := find_widening(assignment.call, arrays, assignment.entries):
        yield (
            f"call.code has {clip(' '.join(text.split()))}, which makes double precision of single precision. What"
            " rounding does to right code in single precision is then not measured, and such code may fail: pass the"
            " array as it is, or x[()] for an array without axes"
        )
    texts = {"template.py": assignment.template, "the solution": assignment.solution}
    texts |= {solution.name: solution.source for solution in assignment.other_solutions}
    for file, text in texts.items():
        for module in find_missing_modules(assignment, text):
            yield (
                f"{file} imports {module}, which nothing gives: a submission that uses it raises."
                " Define what is used in submission.helpers and list the module in submission.modules, or list it in"
                " submission.stand_ins"
            )


def find_missing_modules(assignment: ContractAssignment, text: str) -> list[str]:
    """Return the modules that a Python text imports at its top and that submissions have no more than in name."""
    package = ".".join(assignment.package.split("/")[:-1])
    given = {"numpy", *sys.stdlib_module_names, *filter(None, [package.partition(".")[0]])}
    given |= {name.lstrip(".").partition(".")[0] for name in (*assignment.modules, *assignment.stand_ins)}
    names = []
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # Who reads it says so.
    for node in statements:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [node.module] if node.module else [alias.name for alias in node.names]
    return [name for name in dict.fromkeys(names) if name.partition(".")[0] not in given]
