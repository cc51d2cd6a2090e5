"""Lines of the template that a submission lacks: a statement that writes nothing stands in the place of each."""

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import filterfalse

from .groups import make_header
from .sites import FunctionNode, list_blocks, list_functions

#: Methods that fill a list without naming an entry.
_FILLING = frozenset({"append", "insert", "extend"})


def restore_lines(tree: ast.Module, template: str) -> list[ast.stmt]:
    """Put `target = None` where a line of the template is missing, and return these statements; the tree is changed.

    Only in a function that keeps to the template: each entry that it writes is one that the template writes. What it
    writes in a way of its own is not missing, nor what it does not read.
    """
    own = _list_unique(tree)
    return [
        restored
        for name, function in _list_unique(ast.parse(template)).items()
        if name in own
        for restored in _restore(own[name], function)
    ]


def _list_unique(tree: ast.Module) -> dict[str, FunctionNode]:
    """Return the functions of a program whose names no other has."""
    functions = list(list_functions(tree))
    names = [function.name for function in functions]
    return {function.name: function for function in functions if names.count(function.name) == 1}


def _restore(own: FunctionNode, template: FunctionNode) -> Iterator[ast.stmt]:
    lines = [node for node in ast.walk(template) if isinstance(node, ast.Assign)]
    written = _Written.of(own, frozenset(map(ast.unparse, lines)))
    if not written.entries <= {ast.unparse(line.targets[0]) for line in lines}:
        return
    places = _Places.of(own)
    for key, block in _list_all_blocks(template):
        for at, line in enumerate(block):
            if isinstance(line, ast.Assign) and written.misses(line):
                restored = places.insert(line, key, block[:at][::-1], block[at + 1 :])
                if restored is not None:
                    yield restored


@dataclass(frozen=True)
class _Written:
    """What a function writes, as text: targets, entries among them; names that it fills in its own way, or reads."""

    targets: frozenset[str]
    entries: frozenset[str]
    filled: frozenset[str]
    read: frozenset[str]

    @classmethod
    def of(cls, function: FunctionNode, given: Collection[str]) -> "_Written":
        """Return what a function writes; statements that are `given` are the template's."""
        parts = list(ast.walk(function))
        stored = [part for part in parts if isinstance(getattr(part, "ctx", None), ast.Store)]
        calls = [part.func for part in parts if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)]
        writing = [part for part in parts if isinstance(part, (ast.Assign, ast.AugAssign))]
        own = [part for node in writing if ast.unparse(node) not in given for part in ast.walk(node)]
        return cls(
            frozenset(map(ast.unparse, stored)),
            frozenset(ast.unparse(part) for part in stored if isinstance(part, ast.Subscript)),
            frozenset(ast.unparse(func.value) for func in calls if func.attr in _FILLING) | _list_names(own, ast.Store),
            _list_names(parts, ast.Load),
        )

    def misses(self, line: ast.Assign) -> bool:
        """Return True if what a line writes is read, and nothing writes it."""
        target = line.targets[0]
        if len(line.targets) > 1 or ast.unparse(target) in self.targets:
            return False
        if isinstance(target, ast.Name):
            return target.id in self.read
        holder = target.value if isinstance(target, ast.Subscript) else None
        return isinstance(holder, ast.Name) and holder.id in self.read - self.filled


def _list_names(parts: Iterable[ast.AST], context: type[ast.expr_context]) -> frozenset[str]:
    """Return the names that are read or stored in some nodes."""
    return frozenset(part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, context))


@dataclass
class _Places:
    """The statements of a function by what they write or are, each with its block; blocks by what they are of."""

    statements: dict[str, tuple[ast.stmt, list[ast.stmt]]]
    blocks: dict[str, list[ast.stmt]]

    @classmethod
    def of(cls, function: FunctionNode) -> "_Places":
        """Return those of a function, the first of each."""
        places = cls({}, {})
        for key, block in _list_all_blocks(function):
            places.blocks.setdefault(key, block)
            for node in filterfalse(_is_unwritten, block):
                places.statements.setdefault(_spell(node), (node, block))
        return places

    def insert(
        self, line: ast.Assign, key: str, before: Sequence[ast.stmt], after: Sequence[ast.stmt]
    ) -> ast.stmt | None:
        """Put `target = None` for a line of the template where it is missing, and return that; None if nowhere.

        It stands behind the nearest of the template's lines `before` it that the function has, or above the first of
        those `after` it, or else where the loop or the condition around it begins.
        """
        for step, siblings in ((1, before), (0, after)):
            for sibling in map(_spell, siblings):
                if sibling in self.statements:
                    anchor, block = self.statements[sibling]
                    return self._put(line, anchor, block, block.index(anchor) + step)
        block = self.blocks.get(key, [])
        return self._put(line, block[0], block, 0) if block else None

    def _put(self, line: ast.Assign, anchor: ast.stmt, block: list[ast.stmt], at: int) -> ast.stmt:
        block[:] = [ast.copy_location(ast.Pass(), node) if _is_unwritten(node) else node for node in block]
        restored = ast.Assign(line.targets, ast.Constant(None))
        for node in ast.walk(restored):
            # It has no line of its own.
            ast.copy_location(node, anchor)
        block.insert(at, restored)
        self.statements[_spell(restored)] = restored, block
        return restored


def _list_all_blocks(function: FunctionNode) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the blocks of a function, each with a text by which it is found: what it is a block of."""
    yield "", function.body
    for node in ast.walk(function):
        if node is not function and isinstance(node, ast.stmt):
            for part, block in enumerate(list_blocks(node)):
                yield f"{part} {_spell(node)}", block


def _spell(node: ast.stmt) -> str:
    """Return what tells a statement from others: what it writes, the header of what has blocks, or all of it."""
    if isinstance(node, ast.Assign):
        return f"{ast.unparse(node.targets[0])} ="
    return ast.unparse(make_header(node)).partition("\n")[0]


def _is_unwritten(node: ast.stmt) -> bool:
    """Return True for `raise NotImplementedError`, with or without words."""
    return isinstance(node, ast.Raise) and node.exc is not None and ast.unparse(node.exc).startswith("NotImplemented")
