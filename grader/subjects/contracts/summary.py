"""The figures of a contract's cases, for its author."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from grader.judge.trial import ProvenStatement
from grader.model.survey import Survey

if TYPE_CHECKING:
    from grader.subjects.contracts.revision import ContractRevision


def describe(revision: "ContractRevision") -> Survey:
    """Return the figures of a revision's cases, as JSON and as sentences."""
    cases = revision.cases
    inconclusive = int(np.isnan(cases.expected).sum())
    sizes = [case.size for case in cases.drawn]
    corners = Counter(case.corner for case in cases.drawn)
    figures = {
        "id": revision.assignment.id,
        "revision": revision.id,
        "cases": len(cases),
        "numbers": len(cases.expected),
        "inconclusive": inconclusive,
        "input_numbers": {"least": min(sizes), "most": max(sizes)},
        "corners": dict(corners),
    }
    sentences = (
        f"{len(cases)} cases with {min(sizes)} to {max(sizes)} input numbers.",
        f"{len(cases.expected)} numbers are compared, {inconclusive} of them inconclusive.",
        *map(_describe_statement, revision.statements),
    )
    if revision.statements:
        figures["statements"] = [statement.summary() for statement in revision.statements]
    return Survey(figures, sentences, (("Cases by corner", corners),))


def _describe_statement(statement: ProvenStatement) -> str:
    return (
        f"{statement.file}, line {statement.line} ({', '.join(statement.rows)}): the cases catch {statement.caught} of"
        f" {statement.edits} single edits, {len(statement.narrow)} by one case alone."
    )
