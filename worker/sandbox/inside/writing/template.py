"""The author's template, as far as a submission keeps it: its statements, and what they write."""

import ast
from dataclasses import dataclass

from backmark.worker.sandbox.inside.entry import LONGEST_SPELLED
from backmark.worker.sandbox.inside.tracebacks import clean

from .groups import is_placeholder


@dataclass(frozen=True, slots=True)
class Template:
    """The statements of a template that write something, as text, and their targets."""

    statements: frozenset[str]
    targets: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Template":
        """Return those of a template's text, which is empty if there is none."""
        own = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assign)]
        return cls(frozenset(map(ast.unparse, own)), frozenset(ast.unparse(node.targets[0]) for node in own))

    def describe(self, node: ast.stmt) -> dict[str, str | bool]:
        """Return what a statement writes if the template writes that too, and how much of it is the student's own.

        It may be the template's whole statement, or a placeholder.
        """
        if not isinstance(node, ast.Assign):
            return {"target": "", "given": False, "placeholder": False}
        target = clean(ast.unparse(node.targets[0]), LONGEST_SPELLED)
        is_own = target in self.targets
        return {
            "target": target if is_own else "",
            "given": is_own and ast.unparse(node) in self.statements,
            "placeholder": is_placeholder(node.value),
        }
