"""Notebook 7.2 as a contract, made ready once, and the judgement on sources of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from backmark.grader.contracts.gallery import find_folder
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.mended_statement import MendingKind
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import build_shared, judge
from tests.corpus import four_lines

RIGHT = four_lines.source({})
#: The whole line of each of the notebook's, as it stands in the right source.
LINES = {
    name: next(line for line in RIGHT.splitlines() if text in line and "return" not in line)
    for name, text in four_lines.RIGHT.items()
    if name != "returned"
}
STEPS = ("bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative")


@dataclass(frozen=True, slots=True)
class Repaired:
    """The rows of statements that are held, and the statements that must be mended."""

    marks: int
    held: frozenset[str]
    lost: frozenset[str]
    kinds: tuple[MendingKind | None, ...]
    lines: tuple[tuple[int, ...], ...]


@cache
def find_revision(name: str = "udl-7.2") -> ContractRevision:
    """Return the revision of a gallery entry."""
    folder = find_folder(name)
    assert folder is not None
    assignment = reading.read(folder)
    assert isinstance(assignment, ContractAssignment)
    return build_shared(assignment)


@cache
def judge_source(source: str) -> Judgement:
    """Return the judgement on a source, once for all tests."""
    return judge(find_revision(), source)


def repair(source: str) -> Repaired:
    """Return how a source is mended."""
    return summarise(judge_source(source))


def summarise(judgement: Judgement) -> Repaired:
    """Return the rows and the repair of a judgement."""
    rows = {row.name: row.outcome for row in judgement.properties if row.name in STEPS}
    return Repaired(
        sum(row.score for row in judgement.properties),
        frozenset(name for name, mark in rows.items() if mark is Mark.PASSED),
        frozenset(name for name, mark in rows.items() if mark is Mark.FAILED),
        tuple(statement.kind for statement in judgement.repair),
        tuple(tuple(line.line for line in statement.lines) for statement in judgement.repair),
    )


def change(changes: Mapping[str, str]) -> str:
    """Return the right source with whole lines replaced; `{indent}` and `{target}` stand for those of the line."""
    source = RIGHT
    for name, text in changes.items():
        line = LINES[name]
        indent = line[: len(line) - len(line.lstrip())]
        target = line.strip().partition(" = ")[0]
        source = source.replace(line, text.format(indent=indent, target=target, line=line))
    return source
