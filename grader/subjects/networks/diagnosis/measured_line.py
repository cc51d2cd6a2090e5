"""A line that raised: which of the notebook's lines it stands for, what it reads, and its slip."""

import ast

from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.operands import FORMULAS
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.statement import LISTS, MeasuredStatement

#: Functions that a notebook has, and those of NumPy's that this homework needs: no other is named.
HELPERS = ("indicator_function", "d_loss_d_output")
NUMPY = (
    "matmul",
    "dot",
    "outer",
    "multiply",
    "transpose",
    "zeros_like",
    "ones_like",
    "zeros",
    "array",
    "sum",
    "where",
)

_WRITERS = {
    "all_dl_dweights": Where.WEIGHT,
    "all_dl_dbiases": Where.BIAS,
    "all_dl_dh": Where.ACTIVATION,
    "all_dl_df": Where.DERIVATIVE,
}


def make_slip(id_: str, title: str, hint: str, strong: str, where: Where = Where.RAISES) -> Slip:
    """A slip; by default of a line that is none of the notebook's four."""
    return Slip(id_, title, where, hint, strong)


def find_line(statement: MeasuredStatement) -> Where:
    """The line of the notebook's that writes the same list."""
    target = statement.target
    if target is not None and is_output(statement):
        return Where.OUTPUT
    return Where.RAISES if target is None else _WRITERS.get(target[0], Where.RAISES)


def describe_formula(statement: MeasuredStatement) -> str:
    """The formula of the notebook's line, as the end of a sentence; empty for a line that is none of them."""
    where = find_line(statement)
    formula = "all_dl_dbiases[layer] is made from all_dl_df[layer]" if where is Where.BIAS else FORMULAS.get(where)
    return f" {formula}." if formula else ""


def is_output(statement: MeasuredStatement) -> bool:
    """True if it starts the chain rule: it writes the last entry of all_dl_df."""
    tree = statement.parsed.tree
    if statement.target is None or statement.target[0] != "all_dl_df" or not isinstance(tree, ast.Assign):
        return False
    target = tree.targets[0]
    return isinstance(target, ast.Subscript) and statement.parsed.texts.get(target.slice) in {"K", "-1"}


def find_list(statement: MeasuredStatement, node: ast.AST) -> str | None:
    """The notebook's list that a name stands for."""
    operand = statement.operand(node)
    if operand is not None and operand.origin is not None and operand.origin[1] is None:
        return operand.origin[0]
    return node.id if isinstance(node, ast.Name) and node.id in LISTS else None
