"""Wrong uses of entries in a line that raised: they hold nothing yet, or are not there."""

import ast
import re

from grader.subjects.networks.diagnosis.measured_line import (
    describe_formula,
    find_line,
    find_list,
    make_slip,
)
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.statement import MADE, MeasuredStatement


def find_unset(statement: MeasuredStatement) -> Slip | None:
    """An entry of one of the lists that are made, which holds nothing yet."""
    nodes = {text: node for node in statement.parsed.inside if (text := _empty(statement, node)) is not None}
    if len(nodes) != 1:
        return None
    text, node = nodes.popitem()
    operand = statement.operand(node)
    return _not_set(statement, text, node, holds="0" if operand is not None and operand.number == 0 else "None")


#: The entry that the notebook's line reads for the one that it writes, of a list that is made.
_SOURCES = {"all_dl_dweights": "all_dl_df", "all_dl_dbiases": "all_dl_df", "all_dl_dh": "all_dl_df"}


def _is_right_source(statement: MeasuredStatement, node: ast.AST) -> bool:
    """True if the notebook's line reads this entry, too: then another line is at fault that has not written it."""
    target = statement.target
    if target is None or target[1] is None or not isinstance(node, ast.Subscript):
        return False
    name = node.value.id if isinstance(node.value, ast.Name) else ""
    read = (name, statement.number(node.slice))
    return read == (("all_dl_dh", target[1] + 1) if target[0] == "all_dl_df" else (_SOURCES[target[0]], target[1]))


def _not_set(statement: MeasuredStatement, text: str, node: ast.AST | None = None, *, holds: str = "None") -> Slip:
    title = f"reads {text} where it holds {holds}"
    hint = f"It reads {text}, which holds {holds} there. Which line writes that entry, and has it run by then?"
    if node is not None and _is_right_source(statement, node):
        return make_slip(
            "entry_not_set",
            title,
            hint,
            f"{text} holds no array there: the loop should go from layer K down to 0, and the lines for"
            " all_dl_dh[layer] and then all_dl_df[layer-1] have to run in it.",
        )
    return make_slip(
        "entry_not_set",
        title,
        hint,
        f"{text} holds no array there: the loop should go from layer K down to 0, and fill all_dl_dh[layer] and then"
        f" all_dl_df[layer-1] from all_dl_df[layer].{describe_formula(statement)}",
        find_line(statement),
    )


def find_copied_unset(statement: MeasuredStatement) -> Slip | None:
    """An entry of one of the lists that are made, which is all that a statement writes although it is not there yet."""
    match statement.parsed.tree:
        case ast.Assign(targets=[ast.Subscript(slice=index)], value=ast.Subscript(value=ast.Name(id=name)) as node):
            own = name == "all_dl_df" and ast.dump(index) == ast.dump(node.slice)
            # The layer's own dl/df is there in every layer that the loop reaches.
            return _not_set(statement, _index(node, name)) if name in MADE and not own else None
    return None


def _empty(statement: MeasuredStatement, node: ast.AST) -> str | None:
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in MADE):
        return None
    operand = statement.operand(node)
    if operand is None or not (operand.type == "NoneType" or (operand.type == "int" and operand.number == 0)):
        return None
    return _index(node, node.value.id)


def _index(node: ast.Subscript, name: str) -> str:
    """The entry as it is written, with the variable of its index if that is as short as the notebook's."""
    text = ast.unparse(node.slice).replace(" ", "")
    return f"{name}[{text}]" if re.fullmatch(r"(layer|[A-Za-z])([+-]\d)?|-?\d", text) else f"an entry of {name}"


def find_index_beyond(statement: MeasuredStatement) -> Slip | None:
    """An index beyond the end of a list."""
    part = statement.parsed.part
    if not isinstance(part, ast.Subscript):
        return None
    name, operand, index = (
        find_list(statement, part.value),
        statement.operand(part.value),
        statement.number(part.slice),
    )
    if name is None or operand is None or operand.length is None or index is None:
        return None
    if -operand.length <= index < operand.length:
        return None
    text = _index(part, name)
    beyond = "before the beginning" if index < 0 else "beyond the end"
    return make_slip(
        "index_out_of_range",
        f"takes {text} where the list {name} has no such entry",
        f"It takes {text}. Which index is that there, and which is the last index of {name} in that network?",
        f"{text} is {beyond} of the list there, whose last entry has the index len(all_weights) - 1."
        f"{describe_formula(statement)}",
        find_line(statement),
    )
