"""Slips in a submission's own expressions: one or two edits after which it is right name what is wrong."""

from collections.abc import Collection, Mapping, Sequence

from backmark.grader.contracts.repair.bench import Bench, GaveUpError, NamedSlips
from backmark.grader.contracts.repair.study import EDIT, REPLACE, Operation, Script
from backmark.grader.model.slip import Slip, SlipKind

#: Kinds of slips that no change of a later statement undoes.
_NOT_MOVABLE = frozenset({SlipKind.INDEX, SlipKind.OPERAND, SlipKind.TRANSPOSE, SlipKind.AXIS})
#: Edits of one statement that are tried first; right ones of one statement, and of several, that are looked into.
_FIRST_EDITS, _LIKELIEST, _SPELLED = 8, 4, 32


def find_slip(bench: Bench, edits: Sequence[Operation], likely: Collection[int] = ()) -> list[Script]:
    """Return the script of the one edit that is right; of several in different statements none shows which is meant.

    `likely` are the statements of which one is believed rather than any other. What computes a variable is believed to
    be wrong rather than its use in the place of an expression, what a helper does rather than what it is given, and any
    line rather than the order of what is unpacked.
    """
    scripts = [frozenset({edit}) for edit in edits]
    right = [edit for edit, is_right in zip(edits, bench.are_right(scripts), strict=True) if is_right]
    if len({edit[1] for edit in right}) > 1:
        right = _take_likeliest(right)
        first = {edit: spelled.changes[0] for edit, spelled in zip(right, bench.spell(right), strict=True)}
        right = [edit for edit in right if not _exchanges_expression(*first[edit])] or right
        for believed in (likely, bench.study.helping):
            right = [edit for edit in right if edit[1] in believed] or right
        right = [edit for edit in right if first[edit][0] != SlipKind.ORDER] or right
    return [frozenset({right[0]})] if len({edit[1] for edit in right}) == 1 else []


def _take_likeliest(edits: Sequence[Operation]) -> list[Operation]:
    """Return the likeliest edits of each statement, as many as are looked into."""
    numbers = dict.fromkeys(edit[1] for edit in edits)
    by_statement = ([edit for edit in edits if edit[1] == number][:_LIKELIEST] for number in numbers)
    return [edit for likeliest in by_statement for edit in likeliest][:_SPELLED]


def _exchanges_expression(kind: str, before: str, after: str) -> bool:
    """Return True if a change puts an expression in the place of a variable."""
    return kind == SlipKind.OPERAND and before.isidentifier() and not after.isidentifier()


def find_edits(bench: Bench, script: Script) -> Mapping[Operation, Operation]:
    """Return by operation the edit of its statement that does as well on the bench's cases, if one does."""
    if script not in bench.edits:
        try:
            bench.edits[script] = _find_edits(bench, script)
        except GaveUpError:
            # Without a name the repair is what it was.
            bench.edits[script] = {}
    return bench.edits[script]


def list_kinds_elsewhere(bench: Bench, script: Script) -> Collection[str] | None:
    """Return the kinds of slips in other lines of which one is meant rather than the one statement of a script.

    Where that has no name, or two at once, or a variable stands for an expression, there may be one of any kind (None).
    """
    edits = find_edits(bench, script)
    if not edits:
        return None
    (change, *others), *_ = (edit.changes for edit in bench.spell(list(edits.values())))
    if others or _exchanges_expression(*change):
        return None
    kind, before, _ = change
    return _NOT_MOVABLE if kind == SlipKind.OPERAND and before.isidentifier() else ()


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
        and bench.study.compared.get(operation[1]) == operation[-1]
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
