"""Every single-fault mutant of the right implementations, with its label."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

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
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for parent, field, position, node in list(_slots(tree)):
        for kind, replacements in KINDS.items():
            for new in replacements(node):
                # A name that the source does not know is a NameError: one lesson, not sixty mutants.
                if isinstance(new, ast.Name) and new.id not in names | {"all_h", "all_f", "all_weights"}:
                    continue
                _put(parent, field, position, new)
                text = ast.unparse(tree)
                _put(parent, field, position, node)
                line = getattr(node, "lineno", 0)
                yield kind, f"line {line}: `{_line(node)}` became `{_line(new)}`", text


@dataclass(frozen=True, slots=True)
class Mutation:
    """A right implementation with one fault in its text, before anybody has looked whether it is wrong."""

    name: str
    style: str
    kind: str
    difference: str
    text: str


@cache
def mutations() -> list[Mutation]:
    """Return the mutations of every style, each text once, in a fixed order."""
    mutations_found: list[Mutation] = []
    texts_so_far = {ast.unparse(ast.parse(source)) for source in STYLES.values()}
    for style, source in STYLES.items():
        for kind, difference, text in texts(source):
            if text not in texts_so_far:
                texts_so_far.add(text)
                mutations_found.append(
                    Mutation(f"{style}-{kind}-{len(mutations_found):04d}", style, kind, difference, text)
                )
    return mutations_found


@cache
def label(mutation: Mutation) -> Mutant:
    """Return the mutation with its label, by exact gradients."""
    evidence = first_fault(mutation.text, networks())
    return Mutant(
        mutation.name,
        mutation.style,
        mutation.kind,
        mutation.difference,
        mutation.text + "\n",
        not evidence,
        evidence,
    )


def mutants() -> list[Mutant]:
    """Return every mutation with its label; labelling takes some seconds, once."""
    return [label(mutation) for mutation in mutations()]
