"""Every single-fault mutant of the right implementations, with its label."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tests.corpus.labels import first_fault
from tests.corpus.mutations import KINDS
from tests.corpus.networks import networks
from tests.corpus.right import STYLES


@dataclass(frozen=True, slots=True)
class Mutant:
    """A right implementation with one fault in its text, which need not make it wrong."""

    name: str
    style: str
    kind: str
    #: The line, what stood there, and what stands there now.
    difference: str
    source: str
    right: bool
    #: The first fault that was found, nothing in a right one.
    evidence: str


def _slots(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Yield each node with its place: parent, field, and position where the field is a list."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, ast.AST):
                yield parent, field, None, value
            elif isinstance(value, list):
                for position, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        yield parent, field, position, item


def _put(parent: ast.AST, field: str, position: int | None, node: ast.AST) -> None:
    if position is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[position] = node


def _line(node: ast.AST) -> str:
    return ast.unparse(node).partition("\n")[0]


def texts(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield kind, difference and text of every single fault in a source, in the order of its syntax tree."""
    tree = ast.parse(source)
    # One node is exchanged, written out and put back: copying the tree for each would take most of the time.
    known = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for parent, field, position, node in list(_slots(tree)):
        for kind, replacements in KINDS.items():
            for new in replacements(node):
                # A name that the source does not know is a NameError: one lesson, not sixty mutants.
                if isinstance(new, ast.Name) and new.id not in known | {"all_h", "all_f", "all_weights"}:
                    continue
                _put(parent, field, position, new)
                text = ast.unparse(tree)
                _put(parent, field, position, node)
                line = getattr(node, "lineno", 0)
                yield kind, f"line {line}: `{_line(node)}` became `{_line(new)}`", text


@lru_cache
def mutants() -> list[Mutant]:
    """Return the mutants of every style, each text once, in a fixed order; labelling takes some seconds."""
    found: list[Mutant] = []
    seen = {ast.unparse(ast.parse(source)) for source in STYLES.values()}
    for style, source in STYLES.items():
        for kind, difference, text in texts(source):
            if text in seen:
                continue
            seen.add(text)
            evidence = first_fault(text, networks())
            name = f"{style}-{kind}-{len(found):04d}"
            found.append(Mutant(name, style, kind, difference, text + "\n", not evidence, evidence))
    return found
