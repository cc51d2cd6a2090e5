"""The places for a statement that is missing: beside others of its loops, under the solution's conditions."""

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .groups import LOOPS, Block, Branch, StatementGroup
from .matching import FunctionPair, Match, list_tests
from .ticks import locate, make_tick
from .translation import Translator, UntranslatableError
from .words import count_words


@dataclass(frozen=True)
class Insertion:
    """The place of a statement that is missing: behind or before a statement, or at the end of a function."""

    solution: StatementGroup
    nodes: Sequence[ast.stmt]
    #: The solution's branches and loops around it that the submission lacks there, translated, from the outermost in.
    around: Sequence[tuple[int, ast.stmt]]
    anchor: ast.stmt
    body: list[ast.stmt]
    after: bool


def list_insertions(pair: FunctionPair, translator: Translator) -> Iterator[Insertion]:
    """Yield the places of statements that the submission lacks: behind those that come before in the solution."""
    anchors = {
        matches[0].solution.number: matches[0]
        for matches in pair.matches.values()
        if matches and matches[0].solution.target.how != "return"
    }
    groups = pair.solution.groups
    for at, group in enumerate(groups):
        if group.number in anchors or group.target.how == "return":
            continue
        # Of statements of one target some may stand behind what follows the first.
        earlier = sorted(groups[:at], key=lambda other: -max(_list_lines_before(other, group)))
        beside = [
            *((anchors[other.number], True) for other in earlier if other.number in anchors),
            *((anchors[other.number], False) for other in groups[at + 1 :] if other.number in anchors),
        ]
        # In the same loop rather than around it.
        beside.sort(key=lambda place: -len(place[0].solution.block.loops))
        for anchor, after in beside:
            if (insertion := _insert_beside(group, anchor, translator, after=after)) is not None:
                yield insertion
                break


def _list_lines_before(group: StatementGroup, other: StatementGroup) -> list[int]:
    """Return the lines of a group before another, which begins later; the first of several on one line."""
    return [node.lineno for node in group.nodes if node.lineno < other.line] or [group.line]


def _insert_beside(group: StatementGroup, anchor: Match, translator: Translator, *, after: bool) -> Insertion | None:
    """Return the insertion beside a statement in the same loops, or of a loop that is missing behind it."""
    theirs, loops = anchor.solution.block.loops, group.block.loops
    if theirs != loops[: len(theirs)]:
        return None
    # Of statements of one target it stands behind those that come before it.
    before = len(_list_lines_before(anchor.solution, group)) if after else 1
    at = -1 if before == len(anchor.solution.nodes) else min(before, len(anchor.own.nodes)) - 1
    block, statement = anchor.own.blocks[at if after else 0], anchor.own.nodes[at if after else 0]
    bound = dict(anchor.loops)
    try:
        if group.block.body is anchor.solution.block.body and _runs_alike(anchor, translator):
            body, missing = block.body, []
        else:
            body, statement = climb(block, statement)
            missing = _list_missing(group, len(theirs))
        around = [
            (id(holder), _translate_holder(holder, group, bound, anchor.own.block, translator)) for holder in missing
        ]
        nodes = translator.translate(group, bound, anchor.own.block)
    except UntranslatableError:
        return None
    for node in (*nodes, *(holder for _, holder in around)):
        locate(node, statement)
    return Insertion(group, nodes, around, statement, body, after)


def _runs_alike(match: Match, translator: Translator) -> bool:
    """Return True if a statement runs under the condition of the solution's, as they read; or UntranslatableError."""
    own, solution = match.own, match.solution
    guards = [translator.guard([branch], solution, match.loops, own.block) for branch in solution.block.guards]
    return count_words(*guards) == count_words(*list_tests(own))


def _list_missing(group: StatementGroup, loops: int) -> list[ast.stmt | Branch]:
    """Return the branches and loops around a group inside of so many loops."""
    missing: list[ast.stmt | Branch] = []
    for holder in group.block.around:
        if isinstance(holder, LOOPS):
            loops -= 1
            if loops >= 0:
                missing.clear()
                continue
        missing.append(holder)
    return missing


def _translate_holder(
    holder: ast.stmt | Branch, group: StatementGroup, bound: dict[str, ast.expr], place: Block, translator: Translator
) -> ast.stmt:
    if isinstance(holder, Branch):
        return ast.If(translator.guard([holder], group, bound, place), [], [])
    if not isinstance(holder, ast.For):
        raise UntranslatableError
    over = translator.translate_node(holder.iter, group, bound, place)
    for name in {node.id for node in ast.walk(holder.target) if isinstance(node, ast.Name)}:
        bound[name] = ast.Name(name, ast.Load())
    return ast.For(copy.deepcopy(holder.target), over, [make_tick(holder)], [])


def climb(block: Block, node: ast.stmt) -> tuple[list[ast.stmt], ast.stmt]:
    """Return the body of the innermost loop or function around a statement, and the statement of it that holds it."""
    body, anchor = block.body, node
    around = list(block.around)
    while around and isinstance(branch := around.pop(), Branch):
        body, anchor = branch.home, branch.node
    return body, anchor
