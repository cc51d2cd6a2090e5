"""Wrong uses of names and calls in a line that raised."""

import ast
import re
from difflib import get_close_matches

from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.measured_line import (
    HELPERS,
    NUMPY,
    find_list,
    make_slip,
)
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.diagnosis.wrong_entries import find_unset
from grader.subjects.networks.statement import GIVEN, LISTS, MADE, MeasuredStatement, function_name

_KNOWN = (*GIVEN, *MADE, *HELPERS, "K", "np", "layer", "range", "len", "y")
_COUNT = re.compile(r"missing (\d+) required positional|takes (?:from \d+ to )?(\d+) positional arguments? but (\d+)")
#: A longer number is no count of arguments.
_MOST_ARGUMENTS = 9


def find_undefined_name(statement: MeasuredStatement) -> Slip | None:
    """A name that is not defined, or a variable that is read before it has a value."""
    part = statement.parsed.part
    if not isinstance(part, ast.Name):
        return None
    near = _near(part.id, _KNOWN)
    if not near:
        return make_slip(
            "undefined_name",
            "uses an undefined name",
            "A name in it has no value. Is it spelled the same where you assign it, and does that line run first?",
            "a name has no value there: set it first, inside of the function or in a cell that defines it.",
        )
    return make_slip(
        "undefined_name",
        f"uses an undefined name that looks like {near}",
        f"A name in it has no value. Compare its spelling with {near}.",
        f"a name has no value: it is misspelt (for {near}), or has to be set first.",
    )


def _near(name: str, known: tuple[str, ...]) -> str:
    """All names that are spelt like this one, the nearest first; empty if there are none, or if it is one of them."""
    near = get_close_matches(name[:60], known, n=len(known), cutoff=0.78)
    if not near or near[0] == name:
        return ""
    return " or ".join(filter(None, (", ".join(near[:-1]), near[-1])))


def find_unknown_attribute(statement: MeasuredStatement) -> Slip | None:
    """A function of NumPy's that is misspelt, or an entry that holds nothing yet."""
    part = statement.parsed.part
    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in {"np", "numpy"}:
        near = _near(part.attr, NUMPY)
        if not near:
            return None
        return make_slip(
            "undefined_name",
            f"calls a NumPy function that does not exist and looks like {near}",
            f"NumPy has no function of that name. Compare its spelling with {near}.",
            f"NumPy has no such function: it is misspelt (for {near}).",
        )
    return find_unset(statement)


def find_uncalled_transpose(statement: MeasuredStatement, message: str) -> Slip | None:
    """A transpose without its call, or one called that needs none."""
    inside = statement.parsed.inside
    functions = {id(node.func) for node in inside if isinstance(node, ast.Call)}
    for node in inside:
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr == "transpose" and id(node) not in functions and not _is_numpy(node.value):
            return make_slip(
                "transpose_not_called",
                "writes .transpose without calling it",
                "Look at what stands before and after .transpose: is it an array, or a function?",
                "write .T, or .transpose() with its parentheses.",
            )
        if node.attr == "T" and id(node) in functions and "not callable" in message:
            return make_slip(
                "transpose_called",
                "calls .T like a function",
                "What is called in it, with parentheses? Is that a function?",
                "write .T without parentheses, or .transpose() with them.",
            )
    return None


def _is_numpy(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in {"np", "numpy"}


def find_wrong_call(statement: MeasuredStatement, message: str) -> Slip | None:
    """A list or an array with parentheses, a function with brackets."""
    part = statement.parsed.part
    if isinstance(part, ast.Call) and "not callable" in message:
        operand = statement.operand(part.func)
        if operand is None or operand.type not in {"list", "tuple", "ndarray"}:
            return None
        name = find_list(statement, part.func) or f"{'an array' if operand.type == 'ndarray' else 'a list'}"
        return make_slip(
            "list_called",
            f"calls {name} like a function",
            f"It has {name} with parentheses. Is that a function?",
            f"an entry of a list is taken with brackets: {name}[...] instead of {name}(...)."
            if name in LISTS
            else f"{name} is no function: use brackets for an entry, and * or np.matmul for a product.",
        )
    if isinstance(part, ast.Subscript) and "not subscriptable" in message:
        operand = statement.operand(part.value)
        if operand is None or "function" not in operand.type:
            return None
        name = part.value.id if isinstance(part.value, ast.Name) and part.value.id in HELPERS else "a function"
        return make_slip(
            "function_indexed",
            f"takes an entry of {name}, which is a function",
            f"It has {name} with brackets. Is that a list?",
            f"a function is called with parentheses: {name}(...)." if name in HELPERS else "call it with parentheses.",
        )
    return None


def find_wrong_arguments(statement: MeasuredStatement, message: str) -> Slip | None:
    """A call with too many or too few arguments, of a helper or of the function itself."""
    counts = _COUNT.search(message)
    if counts is None:
        return None
    if isinstance(statement.parsed.tree, ast.FunctionDef):
        few = counts[1] is None
        return make_slip(
            "own_parameters",
            f"has {'fewer' if few else 'more'} parameters than it is called with",
            "Which five arguments does the notebook call backward_pass with, and in which order?",
            "the parameters are all_weights, all_biases, all_f, all_h, y; K is a global.",
            Where.WHOLE,
        )
    part = statement.parsed.part
    if not isinstance(part, ast.Call):
        return None
    name = function_name(part)
    named = name if name in {*HELPERS, *NUMPY} else "a function of its own"
    given = len(part.args) + len(part.keywords)
    counted = f"{given} argument{'' if given == 1 else 's'}"
    if counts[1] is not None:
        missing = int(counts[1])
        if missing > _MOST_ARGUMENTS:
            return None
        says = f"{counted}, {missing} too few"
    else:
        takes = int(counts[2])
        if int(counts[3]) != given or takes > _MOST_ARGUMENTS:
            return None
        says = f"{counted} instead of {takes}"
    return make_slip(
        "wrong_arguments",
        f"calls {named} with {says}",
        f"How many arguments does {named} take there, and how many is it given?",
        f"{named} is called with {says}.",
    )
