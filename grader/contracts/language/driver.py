"""The lines that call the student's functions: their names, and which of them are the student's."""

import ast
import builtins
from collections.abc import Collection, Sequence

_BUILTIN = frozenset(dir(builtins))
#: Functions, methods and kinds of numbers that make double precision of any.
_WIDE = frozenset({"float", "float64", "double", "longdouble", "item", "tolist"})
#: Those of them that return a number of Python's.
_NUMBERS = frozenset({"float", "item"})
#: Nodes whose names are theirs alone.
_SCOPES = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


def parse(code: str) -> ast.Module:
    """Return the tree of a module; raises SyntaxError, also if it is nested too deeply to be read."""
    try:
        return ast.parse(code)
    except (RecursionError, MemoryError, ValueError) as error:
        raise SyntaxError("it is nested too deeply, or is no text", ("<lines>", 1, 1, "")) from error


def read_entries(code: str, bound: Collection[str]) -> tuple[str, ...]:
    """Return the names of the student's functions, the last one that is called first; raises SyntaxError.

    They are the names that the lines use and that nothing else gives them.
    """
    # Some that parses does not compile: a `return` outside of a function.
    tree = parse(code)
    compile(tree, "<call>", "exec", dont_inherit=True)
    ours = {*bound, *_find_assigned(list(ast.walk(tree))), *_BUILTIN, "np"}
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    theirs = sorted((node for node in used if node.id not in ours), key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in reversed(theirs)))


def bound_names(code: str) -> frozenset[str]:
    """Return the names that the lines assign outside of functions of their own; none if they are no Python."""
    try:
        return frozenset(_find_assigned(_list_top(parse(code))))
    except SyntaxError:
        return frozenset()


def used_names(code: str) -> frozenset[str]:
    """Return the names that the lines read; raises SyntaxError."""
    return frozenset(node.id for node in ast.walk(parse(code)) if isinstance(node, ast.Name))


def defined_names(code: str) -> frozenset[str]:
    """Return the names of the functions and classes that a module defines at its top level; raises SyntaxError."""
    statements = parse(code).body
    return frozenset(node.name for node in statements if isinstance(node, (ast.FunctionDef, ast.ClassDef)))


def find_widening(code: str, arrays: Collection[str], entries: Collection[str]) -> str:
    """Return the first call in the lines that makes double precision of an array's single one, such as `float(x)`.

    Empty if there is none. A number of Python's, as `float` and `item` return it, takes the precision of the arrays
    beside it in a statement. What the students' functions return may be of any precision.
    """
    known, theirs = set(arrays), set(entries)
    for statement in parse(code).body:
        names = {node: node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if not known & set(names.values()):
            continue
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call) and _list_words(node) & _WIDE]
        widened = {call: names.keys() & set(ast.walk(call)) for call in calls}
        beside = known & {names[node] for node in names.keys() - {node for own in widened.values() for node in own}}
        for call, own in widened.items():
            used = {names[node] for node in own}
            if used & known and not used & theirs and not (beside and _list_words(call.func) & _NUMBERS):
                return ast.get_source_segment(code, call) or ""
    return ""


def _list_words(node: ast.AST) -> set[str]:
    """Return the names, attributes and texts of a node, but not those of calls in it."""
    nodes, words = [node], set()
    for part in nodes:
        match part:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
                words.add(word)
        nodes += [child for child in ast.iter_child_nodes(part) if not isinstance(child, ast.Call)]
    return words


def _list_top(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes of a module, but nothing of what has names of its own: functions, classes, comprehensions."""
    nodes = [tree]
    for node in nodes:
        if not isinstance(node, _SCOPES):
            nodes += ast.iter_child_nodes(node)
    return nodes


def _find_assigned(nodes: Sequence[ast.AST]) -> set[str]:
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    names |= {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    imported = [alias for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    return names | {alias.asname or alias.name.partition(".")[0] for alias in imported}
