"""What a statement reads and writes: whether two may stand in another order."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from .targets import target_of

#: What ends a loop, its turn or the function.
JUMPS = (ast.Break, ast.Continue, ast.Return)


@dataclass(frozen=True, slots=True)
class Effects:
    """What a statement reads and writes, with what is inside of it: variables, and entries by their index."""

    read: frozenset[tuple[str, str]]
    written: frozenset[tuple[str, str]]
    #: True if it may end the loop, its turn or the function.
    jumps: bool

    @classmethod
    def of(cls, node: ast.stmt) -> "Effects":
        """Return those of a statement."""
        read, written = set[tuple[str, str]](), set[tuple[str, str]]()
        parts = list(ast.walk(node))
        entries = [part for part in parts if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name)]
        holders = {id(entry.value) for entry in entries}
        places: list[ast.Name | ast.Subscript] = [*entries]
        places += [part for part in parts if isinstance(part, ast.Name) and id(part) not in holders]
        for place in places:
            (written if isinstance(place.ctx, ast.Store) else read).add(_name(place))
        for part in parts:
            if isinstance(part, ast.AugAssign):
                read.add(_name(part.target))
            elif isinstance(part, ast.Expr) and (target := target_of(part)) is not None:
                written.add((target.name, ""))
        return cls(frozenset(read), frozenset(written), any(isinstance(part, JUMPS) for part in parts))

    def disturb(self, other: "Effects") -> bool:
        """Return True if what two statements do may depend on their order."""
        return (
            self.jumps
            or other.jumps
            or _overlap(self.written, other.read | other.written)
            or _overlap(self.read, other.written)
        )


def _name(node: ast.expr) -> tuple[str, str]:
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value), ast.unparse(node.slice)
    return ast.unparse(node), ""


def _overlap(first: Iterable[tuple[str, str]], second: Iterable[tuple[str, str]]) -> bool:
    """Return True if any of both are the same variable or entry, or an entry and the whole that it is of."""
    pairs = ((key, other) for name, key in first for holder, other in second if name == holder)
    return any(not key or not other or key == other for key, other in pairs)
