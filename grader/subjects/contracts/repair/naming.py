"""Slips in a submission's own expressions: one or two edits after which it is right name what is wrong."""

from collections.abc import Mapping, Sequence

from grader.model.slip import Slip, SlipKind
from grader.subjects.contracts.repair.bench import Bench, GaveUpError, NamedSlips
from grader.subjects.contracts.repair.study import EDIT, REPLACE, Operation, Script
from grader.subjects.contracts.rows import all_wrong

#: Edits that are tried together with each other one, since they make the most numbers right.
_LIKELY = 2
#: Edits of one statement that are tried first.
_FIRST_EDITS = 8


def find_slip(bench: Bench, edits: Sequence[Operation]) -> list[Script]:
    """Return the script of the one edit that is right; of several in different statements none shows which is meant."""
    scripts = [frozenset({edit}) for edit in edits]
    right = [script for script, is_right in zip(scripts, bench.are_right(scripts), strict=True) if is_right]
    return right[:1] if len({number for script in right for _, number, *_ in script}) == 1 else []


def find_two_slips(bench: Bench, edits: Sequence[Operation]) -> list[Script]:
    """Return the script of two edits that are right together, one of which makes more numbers right by itself."""
    first = bench.cases.take([0])
    empty: Script = frozenset()
    scripts = [empty, *(frozenset({edit}) for edit in edits)]
    wrong = [
        int(all_wrong(first, answers).sum()) if answers else len(first.expected)
        for answers in bench.answer(scripts, first)
    ]
    likely = sorted((count, edit) for count, edit in zip(wrong[1:], edits, strict=True) if count < wrong[0])
    for _, edit in likely[:_LIKELY]:
        pairs = [frozenset({edit, other}) for other in edits if other[1] != edit[1]]
        right = [pair for pair, is_right in zip(pairs, bench.are_right(pairs), strict=True) if is_right]
        if right:
            return right[:1] if len({frozenset(number for _, number, *_ in pair) for pair in right}) == 1 else []
    return []


def uses_own_variable(named: Mapping[Operation, NamedSlips]) -> bool:
    """Return True if a statement is without a name, or has a variable in the place of an expression."""
    first = [known.slips[0] for known in named.values()]
    return not first or any(slip.kind is SlipKind.OPERAND and slip.before.isidentifier() for slip in first)


def find_slips(bench: Bench, script: Script) -> Mapping[Operation, NamedSlips]:
    """Return by operation the fewest changes of the statement's own expression that do as well on the bench's cases."""
    if script not in bench.slips:
        try:
            bench.slips[script] = _find_slips(bench, script)
        except GaveUpError:
            # Without a name the repair is what it was.
            bench.slips[script] = {}
    return bench.slips[script]


def _find_slips(bench: Bench, script: Script) -> dict[Operation, NamedSlips]:
    edits = {operation: operation for operation in script if operation[0] == EDIT} | _find_edits(bench, script)
    spelled = bench.spell(list(edits.values())) if edits else []
    return {
        operation: NamedSlips(edit.place, tuple(Slip(SlipKind(kind), *texts) for kind, *texts in edit.changes))
        for operation, edit in zip(edits, spelled, strict=True)
    }


def _find_edits(bench: Bench, script: Script) -> dict[Operation, Operation]:
    """Return by operation the edit of its statement that does as well.

    Those that bring it nearer to the solution's are tried first, then all others, then two at a time.
    """
    own, found = bench.study.own, dict[Operation, Operation]()
    replaced = [
        operation
        for operation in script - bench.study.unfilled
        if operation[0] == REPLACE
        and not own[operation[1]].placeholder
        and bench.study.matched.get(operation[1]) == operation[-1]
    ]
    edits = bench.list_edits({operation[1] for operation in replaced})
    for operation in replaced:
        likely = [edit for edit in edits if edit[1] == operation[1]]
        for few in (likely[:_FIRST_EDITS], likely[_FIRST_EDITS:]):
            right = bench.are_right([script - {operation} | {edit} for edit in few])
            if any(right):
                found[operation] = few[right.index(True)]
                break
    return found
