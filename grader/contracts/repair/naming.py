"""Slips in a submission's own expressions: one or two edits after which it is right name what is wrong."""

from collections.abc import Mapping, Sequence

from backmark.grader.contracts.repair.bench import Bench, GaveUpError, NamedSlips
from backmark.grader.contracts.repair.study import EDIT, REPLACE, Operation, Script
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.model.slip import Slip, SlipKind

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
    first = bench.first
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


def find_edits(bench: Bench, script: Script) -> Mapping[Operation, Operation]:
    """Return by operation the edit of its statement that does as well on the bench's cases, if one does."""
    if script not in bench.edits:
        try:
            bench.edits[script] = _find_edits(bench, script)
        except GaveUpError:
            # Without a name the repair is what it was.
            bench.edits[script] = {}
    return bench.edits[script]


def uses_own_variable(bench: Bench, script: Script) -> bool:
    """Return True if its one statement is without a name, or has a variable in the place of an expression."""
    edits = find_edits(bench, script)
    first = [edit.changes[0] for edit in bench.spell(list(edits.values()))] if edits else []
    return not first or any(kind == SlipKind.OPERAND and before.isidentifier() for kind, before, _ in first)


def name_slips(fresh: Bench, edits: Mapping[Operation, Operation]) -> dict[Operation, NamedSlips]:
    """Return by operation what is wrong with its statement, in words of a jail that has run nothing of the submission.

    Code that has run could put anything into them. Raises GaveUpError if that jail finds other statements.
    """
    there = set(fresh.list_edits({edit[1] for edit in edits.values()}))
    if not there.issuperset(edits.values()):
        raise GaveUpError
    spelled = fresh.spell(list(edits.values())) if edits else []
    return {
        operation: NamedSlips(edit.place, tuple(Slip(SlipKind(kind), *texts) for kind, *texts in edit.changes))
        for operation, edit in zip(edits, spelled, strict=True)
    }


def _find_edits(bench: Bench, script: Script) -> dict[Operation, Operation]:
    """Return by operation the edit of its statement that does as well.

    Those that bring it nearer to the solution's are tried first, then all others, then two at a time.
    """
    own, found = bench.study.own, {operation: operation for operation in script if operation[0] == EDIT}
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
