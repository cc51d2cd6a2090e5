"""The line that raised, and what is wrong in it: which operand, which index, which argument.

Each rule reads the statement on one network and says what it does otherwise than the notebook's line would. A claim is
made if the same slip follows on every network that raised so there, and no other explains it with as few changes.
No text of the student's is repeated, since it is shown where networks are not: operands have the notebook's names.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.oracle.answers import Answer, Malformed, Raised
from grader.subjects.networks.diagnosis.bug import Bug, Where
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case
from grader.subjects.networks.diagnosis.misuse import misuse
from grader.subjects.networks.diagnosis.operands import (
    FORMULAS,
    LAYERS_DIFFER,
    LIST_LINES,
    OperandChange,
    changes,
    describe,
    misshapen,
)
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.diagnosis.wrong_entries import find_copied_unset
from grader.subjects.networks.evidence import Evidence, Raising
from grader.subjects.networks.statement import MeasuredStatement, Parsed
from grader.subjects.networks.written import statuses

#: A slip of which only the shape is known.
WRONG_SHAPE = "wrong_shape"
#: Longer numbers are nobody's lines and cells, but somebody's message.
_LINES, _CELLS = 99_999, 9_999


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a student's, in a cell (0 in a file)."""

    cell: int
    line: int

    def __str__(self) -> str:
        return f"line {self.line} of cell {self.cell}" if self.cell else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Blame:
    """The mistake in a line that raised."""

    place: Place
    slip: Slip

    @property
    def hint(self) -> str:
        """The hint: where to look and for what, without the answer."""
        return f"Look at {self.place}. {self.slip.hint}"

    @property
    def strong(self) -> str:
        """The strong hint: what is wrong there, and what it should be."""
        return f"In {self.place}: {self.slip.strong}"

    @property
    def bug(self) -> Bug:
        """An explanation by itself."""
        # Of two arrays that do not fit, an earlier line may have made either: then no step's line is blamed.
        where = Where.RAISES if self.slip.id == LAYERS_DIFFER else self.slip.where
        return Bug(self.slip.id, self.slip.title, where, (), self.hint, self.strong)


def find_blame(case: Case, evidence: Mapping[int, Evidence]) -> Blame | None:
    """The slip in the line in which most networks raised, or which wrote most arrays of another shape."""
    spots = {i: _spots(case.answers[i], evidence[i]) for i in case.wrong & evidence.keys()}
    # The line that raised first; then the one that wrote what it stumbled over.
    return _find_blamed_line(case, evidence, {i: both[0] for i, both in spots.items()}) or _find_blamed_line(
        case, evidence, {i: both[1] for i, both in spots.items()}
    )


def _spots(answer: Answer, evidence: Evidence) -> tuple[Raising | None, Raising | None]:
    """The statement that raised or wrote what was returned in another shape, and one that wrote what raised later."""
    match answer:
        case Raised() if evidence.raised is not None:
            return evidence.raised.inner or evidence.raised, evidence.wrote
        case Malformed():
            return evidence.wrote, None
    return None, None


def _find_blamed_line(
    case: Case, evidence: Mapping[int, Evidence], spots: Mapping[int, Raising | None]
) -> Blame | None:
    lines: dict[tuple[Place, str], dict[int, Raising]] = {}
    for i, spot in spots.items():
        if spot is not None and spot.line <= _LINES and spot.cell <= _CELLS:
            answer = case.answers[i]
            kind = answer.type if isinstance(answer, Raised) else ""
            lines.setdefault((Place(spot.cell, spot.line), kind), {})[i] = spot
    most = max(map(len, lines.values()), default=0)
    for (place, _), mine in sorted(lines.items(), key=lambda line: (-len(line[1]), min(line[1]))):
        slip = _slip(case, evidence, mine) or _misshapen(case, evidence, mine)
        if slip is not None:
            few = len(mine) < most
            return Blame(place, replace(slip, title=f"{slip.title}, on some networks") if few else slip)
    return None


def _slip(case: Case, evidence: Mapping[int, Evidence], spots: Mapping[int, Raising]) -> Slip | None:
    """The one slip that every network shows that raised in a line."""
    parsed: dict[tuple[str, str], Parsed | None] = {}
    statements: list[tuple[int, MeasuredStatement]] = []
    for i, spot in spots.items():
        key = spot.statement, spot.part
        if key not in parsed:
            parsed[key] = Parsed.of(*key)
        tree = parsed[key]
        if tree is None:
            return None
        statements.append((i, MeasuredStatement.on(tree, spot)))
    used = _find_misuse(case, statements) or _find_copy(case, evidence, statements)
    return used or _find_change(case, statements)


def _find_misuse(case: Case, statements: Sequence[tuple[int, MeasuredStatement]]) -> Slip | None:
    slips = set()
    for i, statement in statements:
        answer = case.answers[i]
        if not isinstance(answer, Raised) or not statement.raised:
            return None
        slips.add(misuse(statement, answer.type, answer.message))
    return slips.pop() if len(slips) == 1 else None


def _find_copy(
    case: Case, evidence: Mapping[int, Evidence], statements: Sequence[tuple[int, MeasuredStatement]]
) -> Slip | None:
    """An entry that was not there yet, copied into a list that is returned: on every layer but perhaps the first."""
    for i, statement in statements:
        layers = len(case.suite.sizes[i]) - 1
        first = layers * (statement.target is not None and statement.target[0] == "all_dl_dbiases")
        filled = evidence[i].status[first + 1 : first + layers].strip("0")
        if statement.raised or filled or not isinstance(case.answers[i], Malformed):
            return None
    slips = {find_copied_unset(statement) for _, statement in statements}
    return slips.pop() if len(slips) == 1 else None


def _find_change(case: Case, statements: Sequence[tuple[int, MeasuredStatement]]) -> Slip | None:
    """The slip by the fewest changes that turn the notebook's line into the student's on all of these networks."""
    every: list[list[frozenset[tuple[OperandChange, ...]]]] = []
    for i, statement in statements:
        sizes, columns = case.suite.sizes[i], case.suite.columns[i]
        products = list(statement.products())
        if not any(misshapen(product, sizes, columns) for product in products):
            # Else a line above is at fault, and this one may be right.
            every.append([frozenset(changes(product, statement.target, sizes, columns)) for product in products])
    if len(every) < min(EVIDENCE, len(statements)) or 2 * len(every) < len(statements):
        return None
    if len({len(products) for products in every}) != 1:
        # They raise in different parts of the line: what is in all of them.
        every = [[frozenset().union(*products)] for products in every]
    for alternatives in zip(*every, strict=True):
        common = frozenset.intersection(*alternatives)
        least = min((len(changes_made) for changes_made in common), default=0)
        best = [changes_made for changes_made in common if len(changes_made) == least]
        # What wrote an array of another shape may have been given it in a variable.
        apart = any(change.what == "layers" for change in best[0]) if best else False
        if least and len(best) == 1 and (not apart or statements[0][1].raised):
            return describe(best[0])
    return None


def _misshapen(case: Case, evidence: Mapping[int, Evidence], spots: Mapping[int, Raising]) -> Slip | None:
    """A line that writes arrays of another shape, though the dl/df of their layers has the right one."""
    names = {spot.statement.partition("[")[0] for spot in spots.values()}
    name = names.pop()
    line = LIST_LINES.get(name)
    if names or line is None or line.source != "all_dl_df" or any(spot.part for spot in spots.values()):
        return None
    for i in spots:
        status = statuses(evidence[i])
        highest = max((k for k, mine in enumerate(status[name]) if mine in "23"), default=None)
        if highest is None or status[line.source][highest] != "1":
            return None
    index, read = _find_index(next(iter(spots.values())).statement)
    if name == "all_dl_dbiases" and read is not None and read != index:
        return Slip(
            "wrong_index",
            f"writes all_dl_df[{read}] to {name}[{index}]",
            line.where,
            f"It writes all_dl_df[{read}] to {name}[{index}]. Which layer does each of the two belong to?",
            f"it writes all_dl_df[{read}] to {name}[{index}]; {_formula(line.where, case)}.",
        )
    if index is None:
        return None
    alike = f"{line.alike}[{index}]"
    return Slip(
        WRONG_SHAPE,
        f"leaves {name}[{index}] in another shape than {alike}",
        line.where,
        f"It writes to {name}[{index}]. What shape does that have after the line, what shape does {alike} have,"
        " and does anything change it later?",
        f"it writes to {name}[{index}], which ends in another shape than {alike}; {_formula(line.where, case)}.",
    )


#: An index that is short enough to repeat.
_INDEX = re.compile(r"(layer|[A-Za-z])([+-]\d)?|-?\d")


def _find_index(statement: str) -> tuple[str | None, str | None]:
    """The index of the entry that a statement writes, and of all_dl_df's if that entry is a copy of one of its."""
    parsed = Parsed.of(statement, "")
    match None if parsed is None else parsed.tree:
        case ast.Assign(targets=[ast.Subscript(slice=index)], value=value):
            pass
        case ast.AugAssign(target=ast.Subscript(slice=index), value=value):
            pass
        case _:
            return None, None
    read: ast.AST | None = None
    match value:
        case ast.Subscript(value=ast.Name(id="all_dl_df"), slice=source):
            read = source
        case ast.Call(args=[ast.Subscript(value=ast.Name(id="all_dl_df"), slice=source)]):
            read = source
    texts = [None if node is None else ast.unparse(node).replace(" ", "") for node in (index, read)]
    written, taken = (text if text is not None and _INDEX.fullmatch(text) else None for text in texts)
    return written, taken


def _formula(where: Where, case: Case) -> str:
    """The right line of a list."""
    if where is not Where.BIAS:
        return FORMULAS[where]
    several = max(case.suite.columns) > 1
    summed = ", summed over its columns: np.sum(all_dl_df[layer], axis=1, keepdims=True)" if several else ""
    return f"all_dl_dbiases[layer] is all_dl_df[layer]{summed}"
