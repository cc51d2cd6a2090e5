"""The differences of a statement from the one that belongs in its place: the fewest changes that lead to it.

Expressions are compared as they compute, not as they are written: see `views`.
"""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import NamedTuple, cast

from backmark.worker.sandbox.inside.entry import MOST_CHANGES, EditKind

from .edits import MEANS, Edit, PartChange, kind_of_operators, kind_of_part, substitute
from .groups import StatementGroup
from .views import View, chain, view

#: Nodes of an expression that is compared.
_LONGEST = 240
#: Pairs of expressions that are compared for one statement; differences that are undone two at a time, too.
_MOST_PAIRS, _MOST_DIFFERENCES = 4_000, 5
#: Factors or terms that are tried in every order.
_MOST_ORDERED = 4
#: Changes whose texts show no more than one part.
_NAMES_ONE = frozenset({EditKind.TRANSPOSE, EditKind.FACTOR, EditKind.TERM, EditKind.DIVISOR})
#: The weight of another function; the size of two factors and a transpose.
_CALL, _SIMPLE = 2, 9


class _Difference(NamedTuple):
    """A part of a statement, what belongs in its place, how this is named, and how much it is."""

    at: ast.expr
    by: ast.expr
    change: PartChange
    weight: int


_Way = list[_Difference]


def list_differences_of_groups(own: Sequence[ast.stmt], wanted: Sequence[ast.stmt]) -> list[Edit]:
    """Return the edits that bring statements of one target nearer to others: if there are as many, of each to its own.

    Else the one that is missing or too much, if all others compute the same.
    """
    if len(own) == len(wanted):
        pairs = enumerate(zip(own, wanted, strict=True))
        return [edit for place, (mine, theirs) in pairs for edit in list_differences(mine, theirs, place)]
    for place in range(max(len(own), len(wanted))):
        if len(own) + 1 == len(wanted) and place and _are_alike(own, [*wanted[:place], *wanted[place + 1 :]]):
            after = wanted[place]
            return [Edit(place - 1, (own[place - 1], after), (PartChange(EditKind.MISSING, None, after),))]
        if len(own) == len(wanted) + 1 and _are_alike([*own[:place], *own[place + 1 :]], wanted):
            return [Edit(place, (), (PartChange(EditKind.OVERWRITES, own[place], None),))]
    return []


def _are_alike(own: Sequence[ast.stmt], wanted: Sequence[ast.stmt]) -> bool:
    return all(
        type(mine) is type(theirs)
        and not list_differences(mine, theirs, 0)
        and _spell_target(mine) == _spell_target(theirs)
        for mine, theirs in zip(own, wanted, strict=True)
    )


def _spell_target(node: ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    operator = type(node.op).__name__ if isinstance(node, ast.AugAssign) else ""
    return type(node).__name__ + operator + ("" if target is None else ast.dump(target))


def list_differences(own: ast.stmt, wanted: ast.stmt, place: int) -> list[Edit]:
    """Return the edits of a statement that bring it nearer to another, the single ones before their pairs.

    `place` is that of the statement in its group. There are none if hardly anything of the one is in the other.
    """
    differences = _find_differences(own, wanted)
    if differences is None:
        return []
    differences = [*_compare_targets(own, wanted), *differences]
    return _combine(own, differences, place) if differences else list(_exchange_assignment(own, wanted, place))


def _find_differences(own: ast.stmt, wanted: ast.stmt) -> _Way | None:
    """Return the differences between the values of two statements; None if hardly anything of one is in the other."""
    mine, theirs = getattr(own, "value", None), getattr(wanted, "value", None)
    if mine is None or theirs is None or any(sum(1 for _ in ast.walk(value)) > _LONGEST for value in (mine, theirs)):
        return None
    comparison = _StatementComparison()
    differences = comparison.compare(mine, theirs)
    # Beyond three quarters whatever is the same is so by chance.
    far = 4 * _weigh(differences) >= 3 * comparison.size(theirs) > _SIMPLE
    return None if comparison.is_exhausted or far else differences


def _combine(own: ast.stmt, differences: _Way, place: int) -> list[Edit]:
    """Return the edits that undo differences of a statement, the single ones before their pairs."""
    several = range(1, MOST_CHANGES + 1 if len(differences) <= _MOST_DIFFERENCES else 2)
    return [
        Edit(place, (_apply(own, chosen),), _join(chosen))
        for number in several
        for chosen in combinations(differences, number)
    ]


def inline(
    reader: StatementGroup, groups: Sequence[StatementGroup], paired: Collection[int], part: StatementGroup
) -> ast.stmt:
    """Return a statement with what it reads of others in the place of their variables, but for the `paired` ones.

    These are statements before it in its block, each the only one that writes its variable. That of `part` comes last:
    what it reads itself stays as it is.
    """
    written = Counter(name for other in groups for name in other.target.names)
    before = [
        other
        for other in groups
        if other.number not in paired
        and written[other.target.name] == len(other.nodes) == 1
        and (other.target.how, other.target.keys, len(other.target.names)) == ("=", (), 1)
        and other.block.body is reader.block.body
        and other.line < reader.line
        and sum(1 for _ in ast.walk(other.nodes[0])) <= _LONGEST
    ]
    statement = reader.nodes[0]
    # From the last to the first: each is read by what stands behind it.
    for other in sorted(before, key=lambda other: (other is part, -other.line)):
        if sum(1 for _ in ast.walk(statement)) > _LONGEST or other.value is None:
            return reader.nodes[0]
        for node in [node for node in ast.walk(statement) if _reads(node, other.target.name)]:
            statement = substitute(statement, cast(ast.expr, node), other.value)
    return statement


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name


def list_differences_within(own: ast.stmt, whole: ast.stmt, wanted: ast.stmt) -> list[Edit]:
    """Return the edits of a statement, whose value is a part of another one, that bring that nearer to a third."""
    value = getattr(own, "value", None)
    if value is None or not any(part is value for part in ast.walk(whole)):
        return []
    inside = set(map(id, ast.walk(value)))
    differences = [difference for difference in (_find_differences(whole, wanted) or []) if id(difference.at) in inside]
    return _combine(own, differences, 0)


def _compare_targets(own: ast.stmt, wanted: ast.stmt) -> _Way:
    """Return the difference between the entries of one variable that two statements write."""
    if not (isinstance(own, ast.Assign) and isinstance(wanted, ast.Assign)):
        return []
    target, other = own.targets[0], wanted.targets[0]
    if not (isinstance(target, ast.Subscript) and isinstance(other, ast.Subscript)):
        return []
    if ast.dump(target) == ast.dump(other) or ast.dump(target.value) != ast.dump(other.value):
        return []
    return [_Difference(target, other, PartChange(EditKind.INDEX, target, other), 1)]


def _join(differences: Sequence[_Difference]) -> tuple[PartChange, ...]:
    """Return the changes; of two of which the first is around the second, the text of the first shows both."""
    outer, *inner = differences
    first, *others = (difference.change for difference in differences)
    if not inner or not any(part is inner[0].at for part in ast.walk(outer.at)):
        return first, *others
    both = substitute(outer.by, inner[0].at, inner[0].by)
    if first.kind == EditKind.TRANSPOSE and inner[0].at is outer.at:
        return PartChange(others[0].kind, outer.at, both), PartChange(first.kind, None, None)
    if first.kind == EditKind.TRANSPOSE and isinstance(both, ast.Attribute):
        return PartChange(first.kind, both.value, both), *others
    if first.kind in _NAMES_ONE:
        return first, *others
    return PartChange(first.kind, first.before, both), PartChange(others[0].kind, None, None)


def is_small(change: PartChange) -> bool:
    """Return True unless a change exchanges whole expressions, which an edit within one may mend as well."""
    parts = (part for part in (change.before, change.after) if part is not None)
    return change.kind not in {EditKind.OPERAND, EditKind.CALL} or all(
        isinstance(part, (ast.Name, ast.Subscript, ast.Attribute, ast.Constant)) for part in parts
    )


def _exchange_assignment(own: ast.stmt, wanted: ast.stmt, place: int) -> Iterator[Edit]:
    """Yield the edit from `=` to `+=` or back."""
    change = PartChange(EditKind.ASSIGNMENT, own, wanted)
    if isinstance(own, ast.AugAssign) and isinstance(wanted, ast.Assign):
        yield Edit(place, (ast.Assign([own.target], own.value),), (change,))
    elif isinstance(own, ast.Assign) and isinstance(wanted, ast.AugAssign):
        target = own.targets[0]
        if isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
            yield Edit(place, (ast.AugAssign(target, wanted.op, own.value),), (change,))


def _apply(statement: ast.stmt, differences: Sequence[_Difference]) -> ast.stmt:
    """Return a statement with parts of it exchanged, the outer ones first."""
    for difference in differences:
        statement = substitute(statement, difference.at, difference.by)
    return statement


@dataclass
class _StatementComparison:
    """One comparison of two expressions; each pair of parts is compared once."""

    _known: dict[tuple[int, int], _Way] = field(default_factory=dict)
    #: True if there were more pairs than are compared.
    is_exhausted: bool = False
    #: By identity each expression with its size; those that are made on the way are kept, too.
    _sizes: dict[int, tuple[ast.expr, int]] = field(default_factory=dict)

    def compare(self, own: ast.expr, wanted: ast.expr) -> _Way:
        """Return the lightest way from one expression to another, the outer differences first."""
        key = id(own), id(wanted)
        if key not in self._known:
            # Parts are smaller, so that nothing is asked about again before it is known.
            self._known[key] = whole = [_exchange(own, wanted, max(self.size(own), self.size(wanted)))]
            self.is_exhausted = len(self._known) >= _MOST_PAIRS
            if not self.is_exhausted:
                self._known[key] = min([*self._list_ways(own, wanted), whole], key=_rank)
        return self._known[key]

    def size(self, node: ast.expr) -> int:
        """Return the number of names, numbers and operations of an expression, which is kept: identities are keys."""
        if id(node) not in self._sizes:
            self._sizes[id(node)] = node, 1 + sum(map(self.size, view(node).parts))
        return self._sizes[id(node)][1]

    def _list_ways(self, own: ast.expr, wanted: ast.expr) -> Iterator[_Way]:
        mine, theirs = view(own), view(wanted)
        # Without the copies around them.
        own, wanted = mine.node, theirs.node
        if mine.word == theirs.word and len(mine.parts) == len(theirs.parts):
            yield self._compare_parts(own, mine, theirs)
        yield from self._change_unary(own, wanted, mine, theirs)
        yield from self._change_entry(own, wanted, mine, theirs)
        yield from self._change_function(own, mine, theirs)
        if mine.operator is not None and theirs.operator is not None:
            yield from self._change_operator(own, mine, theirs)
        if theirs.operator is not None:
            yield from self._add_part(own, mine, theirs, theirs.operator)
        if mine.operator is not None:
            yield from self._leave_out_part(own, wanted, mine, theirs, mine.operator)

    def _compare_pairs(self, mine: Sequence[ast.expr], theirs: Sequence[ast.expr]) -> _Way:
        return [difference for pair in zip(mine, theirs, strict=True) for difference in self.compare(*pair)]

    def _compare_operands(self, operator: ast.AST | None, mine: Sequence[ast.expr], theirs: Sequence[ast.expr]) -> _Way:
        """Return the differences of operands; those of a sum or product in the order in which they differ least."""
        if not isinstance(operator, (ast.Mult, ast.Add)) or len(theirs) > _MOST_ORDERED:
            return self._compare_pairs(mine, theirs)
        return min((self._compare_pairs(mine, order) for order in permutations(theirs)), key=_rank)

    def _compare_parts(self, own: ast.expr, mine: View, theirs: View) -> _Way:
        """Return the differences between what one operation is done with."""
        if isinstance(own, ast.Subscript) and mine.word == "entry":
            return self._compare_entries(own, mine, theirs)
        if mine.function:
            return self._compare_keywords(own, mine, theirs)
        straight = self._compare_operands(mine.operator, mine.parts, theirs.parts)
        if isinstance(mine.operator, ast.Div):
            straight = [_name_in_divisor(difference, mine.parts[1]) for difference in straight]
        if mine.operator is None or len(mine.parts) != 2:
            return straight
        left, right = mine.parts
        by = ast.BinOp(right, mine.operator, left)
        order = _Difference(own, by, PartChange(EditKind.ORDER, own, by), 1)
        return min(straight, [order, *self._compare_pairs((right, left), theirs.parts)], key=_rank)

    def _compare_entries(self, own: ast.Subscript, mine: View, theirs: View) -> _Way:
        """Return the difference of an entry, whose variable and index are named together."""
        (base, *index), (other, *wanted) = mine.parts, theirs.parts
        differences = [*self.compare(base, other), *self._compare_pairs(index, wanted)]
        if not differences:
            return []
        changed: ast.expr = own
        for difference in differences:
            changed = substitute(changed, difference.at, difference.by)
        kind = EditKind.OPERAND if self.compare(base, other) else EditKind.INDEX
        return [_Difference(own, changed, PartChange(kind, own, changed), _weigh(differences))]

    def _change_unary(self, own: ast.expr, wanted: ast.expr, mine: View, theirs: View) -> Iterator[_Way]:
        """Yield the ways in which a transpose or a sign is missing or too much."""
        made: tuple[tuple[str, str, ast.expr], ...] = (
            ("T", EditKind.TRANSPOSE, ast.Attribute(own, "T", ast.Load())),
            ("neg", EditKind.SIGN, ast.UnaryOp(ast.USub(), own)),
        )
        for word, kind, by in made:
            if theirs.word == word != mine.word:
                yield [_Difference(own, by, PartChange(kind, own, by), 1), *self.compare(own, theirs.parts[0])]
            if mine.word == word != theirs.word:
                inner = mine.parts[0]
                yield [_Difference(own, inner, PartChange(kind, own, inner), 1), *self.compare(inner, wanted)]

    def _change_entry(self, own: ast.expr, wanted: ast.expr, mine: View, theirs: View) -> Iterator[_Way]:
        """Yield the ways in which an index is missing or too much."""
        if isinstance(own, ast.Subscript) and mine.word == "entry":
            inner, weight = own.value, self.size(own) - self.size(own.value)
            change = PartChange(EditKind.INDEX, own, inner)
            yield [_Difference(own, inner, change, weight), *self.compare(inner, wanted)]
        if isinstance(theirs.node, ast.Subscript) and theirs.word == "entry":
            by = ast.Subscript(own, theirs.node.slice, ast.Load())
            weight = self.size(theirs.node) - self.size(theirs.parts[0])
            change = PartChange(EditKind.INDEX, own, by)
            yield [_Difference(own, by, change, weight), *self.compare(own, theirs.parts[0])]

    def _change_function(self, own: ast.expr, mine: View, theirs: View) -> Iterator[_Way]:
        """Yield the ways in which there is another function, or none, with the same arguments."""
        if theirs.function and not mine.function and theirs.parts:
            by = theirs.make([own, *theirs.parts[1:]])
            yield [_Difference(own, by, PartChange(EditKind.CALL, own, by), _CALL), *self.compare(own, theirs.parts[0])]
        if mine.function and not theirs.function and mine.parts:
            inner = mine.parts[0]
            change = _Difference(own, inner, PartChange(EditKind.CALL, own, inner), _CALL)
            yield [change, *self.compare(inner, theirs.node)]
        if mine.word != theirs.word and len(mine.parts) == len(theirs.parts):
            if mine.function and theirs.function:
                by = theirs.make(mine.parts, mine.keywords)
                kind = EditKind.MEAN if MEANS.get(mine.function) == theirs.function else EditKind.OPERAND
                change = _Difference(own, by, PartChange(kind, own, by), _CALL)
                yield [change, *self._compare_keywords(by, view(by), theirs)]
            elif mine.comparison and theirs.comparison:
                by = theirs.make(mine.parts)
                change = _Difference(own, by, PartChange(EditKind.COMPARISON, own, by), 1)
                yield [change, *self._compare_pairs(mine.parts, theirs.parts)]

    def _compare_keywords(self, own: ast.expr, mine: View, theirs: View) -> _Way:
        """Return the differences of two calls of one function: their keywords, named together, and their arguments."""
        way = self._compare_pairs(mine.parts, theirs.parts)
        if [(name, ast.dump(value)) for name, value in mine.keywords] == [
            (name, ast.dump(value)) for name, value in theirs.keywords
        ]:
            return way
        by = mine.make(mine.parts, theirs.keywords)
        return [_Difference(own, by, PartChange(EditKind.AXIS, own, by), 1), *way]

    def _change_operator(self, own: ast.expr, mine: View, theirs: View) -> Iterator[_Way]:
        """Yield the way from one operation of two operands to another."""
        if mine.operator is None or theirs.operator is None or mine.word == theirs.word:
            return
        if (len(mine.parts), len(theirs.parts)) == (2, 2):
            by = chain(mine.parts, theirs.operator)
            change = PartChange(kind_of_operators(mine.operator, theirs.operator), own, by)
            operands = self._compare_operands(theirs.operator, mine.parts, theirs.parts)
            yield [_Difference(own, by, change, 1), *operands]

    def _add_part(self, own: ast.expr, mine: View, theirs: View, operator: ast.operator) -> Iterator[_Way]:
        """Yield the ways in which an operand is missing: one of several, or of two."""
        same = mine.word == theirs.word and len(mine.parts) == len(theirs.parts) - 1
        for at, kept, missing in _split(theirs.parts, operator):
            if len(kept) != (len(mine.parts) if same else 1):
                continue
            by = chain([own, missing] if at else [missing, own], operator)
            rest = self._compare_operands(operator, mine.parts, kept) if same else self.compare(own, kept[0])
            change = PartChange(kind_of_part(operator), None, missing)
            yield [_Difference(own, by, change, self.size(missing)), *rest]

    def _leave_out_part(
        self, own: ast.expr, wanted: ast.expr, mine: View, theirs: View, operator: ast.operator
    ) -> Iterator[_Way]:
        """Yield the ways in which there is an operand too much."""
        same = mine.word == theirs.word and len(mine.parts) == len(theirs.parts) + 1
        for _, kept, extra in _split(mine.parts, operator):
            if len(kept) != (len(theirs.parts) if same else 1):
                continue
            by = chain(kept, operator)
            rest = self._compare_operands(operator, kept, theirs.parts) if same else self.compare(kept[0], wanted)
            change = PartChange(kind_of_part(operator), extra, None)
            yield [_Difference(own, by, change, self.size(extra)), *rest]


def _name_in_divisor(difference: _Difference, divisor: ast.expr) -> _Difference:
    """Return a difference with its name: a factor of a divisor is what is divided by."""
    change = difference.change
    if difference.at is not divisor or change.kind != EditKind.FACTOR:
        return difference
    return difference._replace(change=change._replace(kind=EditKind.DIVISOR))


def _split(parts: Sequence[ast.expr], operator: ast.operator) -> Iterator[tuple[int, Sequence[ast.expr], ast.expr]]:
    """Yield each operand that may be left out, with its place and the others: not what is divided or subtracted from.

    Of a sum or a product of more than two it is one, or all but one. The exponent of a power is none.
    """
    if isinstance(operator, ast.Pow):
        return
    for at, part in enumerate(parts):
        others = [other for place, other in enumerate(parts) if place != at]
        if at > 0 or not isinstance(operator, (ast.Div, ast.Sub)):
            yield at, others, part
        if len(parts) > 2 and isinstance(operator, (ast.Mult, ast.Add)):
            yield at, [part], chain(others, operator)


def _exchange(own: ast.expr, wanted: ast.expr, weight: int) -> _Difference:
    """Return the difference of two expressions that have nothing in common."""
    constants = isinstance(own, ast.Constant) and isinstance(wanted, ast.Constant)
    change = PartChange(EditKind.CONSTANT if constants else EditKind.OPERAND, own, wanted)
    return _Difference(own, wanted, change, weight)


def _rank(way: _Way) -> tuple[int, int]:
    return _weigh(way), len(way)


def _weigh(way: _Way) -> int:
    return sum(difference.weight for difference in way)
