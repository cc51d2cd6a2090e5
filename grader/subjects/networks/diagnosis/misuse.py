"""The wrong uses in a line that raised: a name, a call, a list, an entry that is not there or holds nothing yet."""

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches

from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.operands import FORMULAS
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.statement import GIVEN, LISTS, MADE, MeasuredStatement, function_name

#: Functions that a notebook has, and those of NumPy's that this homework needs: no other is named.
_HELPERS = ("indicator_function", "d_loss_d_output")
_NUMPY = (
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
_KNOWN = (*GIVEN, *MADE, *_HELPERS, "K", "np", "layer", "range", "len", "y")
#: Calls that take a whole list.
_OF_LISTS = frozenset({"len", "zip", "enumerate", "reversed", "list", "range", "print", "tuple", "sum", "iter"})
_COUNT = re.compile(r"missing (\d+) required positional|takes (?:from \d+ to )?(\d+) positional arguments? but (\d+)")

#: A longer number is no count of arguments.
_MOST_ARGUMENTS = 9

_WRITERS = {
    "all_dl_dweights": Where.WEIGHT,
    "all_dl_dbiases": Where.BIAS,
    "all_dl_dh": Where.ACTIVATION,
    "all_dl_df": Where.DERIVATIVE,
}


def misuse(statement: MeasuredStatement, error: str, message: str) -> Slip | None:
    """The first rule that applies to what was raised."""
    match error:
        case "NameError" | "UnboundLocalError":
            return _name(statement)
        case "AttributeError":
            return _whole_list(statement) or _attribute(statement)
        case "TypeError":
            return (
                _arguments(statement, message)
                or _transposes(statement, message)
                or _find_wrong_call(statement, message)
                or _unset(statement)
                or _whole_list(statement)
            )
        case "IndexError" | "KeyError" | "AssertionError":
            return _assertion(statement) or _find_lost_axes(statement) or _beyond(statement)
        case "ValueError":
            return (
                _find_stacked_list(statement)
                or _find_search(statement)
                or _find_lost_axes(statement)
                or _past_layer_0(statement)
                or _transposes(statement, message)
                or _unset(statement)
                or _whole_list(statement)
                or _output(statement)
            )
    return None


def _slip(id_: str, title: str, hint: str, strong: str, where: Where = Where.RAISES) -> Slip:
    return Slip(id_, title, where, hint, strong)


def _where(statement: MeasuredStatement) -> Where:
    target = statement.target
    if target is not None and _is_output(statement):
        return Where.OUTPUT
    return Where.RAISES if target is None else _WRITERS.get(target[0], Where.RAISES)


def _formula(statement: MeasuredStatement) -> str:
    where = _where(statement)
    formula = "all_dl_dbiases[layer] is made from all_dl_df[layer]" if where is Where.BIAS else FORMULAS.get(where)
    return f" {formula}." if formula else ""


def _name(statement: MeasuredStatement) -> Slip | None:
    """A name that is not defined, or a variable that is read before it has a value."""
    part = statement.parsed.part
    if not isinstance(part, ast.Name):
        return None
    near = _near(part.id, _KNOWN)
    if not near:
        return _slip(
            "undefined_name",
            "uses an undefined name",
            "A name in it has no value. Is it spelled the same where you assign it, and does that line run first?",
            "a name has no value there: set it first, inside of the function or in a cell that defines it.",
        )
    return _slip(
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


def _attribute(statement: MeasuredStatement) -> Slip | None:
    """A function of NumPy's that is misspelt, or an entry that holds nothing yet."""
    part = statement.parsed.part
    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in {"np", "numpy"}:
        near = _near(part.attr, _NUMPY)
        if not near:
            return None
        return _slip(
            "undefined_name",
            f"calls a NumPy function that does not exist and looks like {near}",
            f"NumPy has no function of that name. Compare its spelling with {near}.",
            f"NumPy has no such function: it is misspelt (for {near}).",
        )
    return _unset(statement)


def _transposes(statement: MeasuredStatement, message: str) -> Slip | None:
    """A transpose without its call, or one called that needs none."""
    inside = statement.parsed.inside
    functions = {id(node.func) for node in inside if isinstance(node, ast.Call)}
    for node in inside:
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr == "transpose" and id(node) not in functions and not _is_numpy(node.value):
            return _slip(
                "transpose_not_called",
                "writes .transpose without calling it",
                "Look at what stands before and after .transpose: is it an array, or a function?",
                "write .T, or .transpose() with its parentheses.",
            )
        if node.attr == "T" and id(node) in functions and "not callable" in message:
            return _slip(
                "transpose_called",
                "calls .T like a function",
                "What is called in it, with parentheses? Is that a function?",
                "write .T without parentheses, or .transpose() with them.",
            )
    return None


def _is_numpy(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in {"np", "numpy"}


def _find_wrong_call(statement: MeasuredStatement, message: str) -> Slip | None:
    """A list or an array with parentheses, a function with brackets."""
    part = statement.parsed.part
    if isinstance(part, ast.Call) and "not callable" in message:
        operand = statement.operand(part.func)
        if operand is None or operand.type not in {"list", "tuple", "ndarray"}:
            return None
        name = _find_list(statement, part.func) or f"{'an array' if operand.type == 'ndarray' else 'a list'}"
        return _slip(
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
        name = part.value.id if isinstance(part.value, ast.Name) and part.value.id in _HELPERS else "a function"
        return _slip(
            "function_indexed",
            f"takes an entry of {name}, which is a function",
            f"It has {name} with brackets. Is that a list?",
            f"a function is called with parentheses: {name}(...)." if name in _HELPERS else "call it with parentheses.",
        )
    return None


def _find_list(statement: MeasuredStatement, node: ast.AST) -> str | None:
    """The notebook's list that a name stands for."""
    operand = statement.operand(node)
    if operand is not None and operand.origin is not None and operand.origin[1] is None:
        return operand.origin[0]
    return node.id if isinstance(node, ast.Name) and node.id in LISTS else None


def _whole_list(statement: MeasuredStatement) -> Slip | None:
    """A list where one of its entries belongs: in a product, a function of one array, or transposed."""
    names = {_find_list(statement, node) for node in _bare(statement)}
    names.discard(None)
    if len(names) != 1:
        return None
    name = str(names.pop())
    index = "[K]" if statement.target is not None and _is_output(statement) else "[layer]"
    own = FORMULAS.get(_where(statement))
    strong = f"{name} is the list of every layer's array: take one of its entries."
    if own is None and index == "[K]":
        strong = f"{name} is the list of every layer's array: take {name}[K]."
    return _slip(
        "whole_list",
        f"takes the whole list {name} where one of its arrays belongs",
        f"What is {name}: an array, or a list of arrays? Of which layer is one needed there?",
        strong + _formula(statement),
        _where(statement),
    )


def _assertion(statement: MeasuredStatement) -> Slip | None:
    """An assert of the student's own."""
    if not isinstance(statement.parsed.tree, ast.Assert):
        return None
    return _slip(
        "own_assertion",
        "stops at an assert of its own, which does not hold on every network",
        "It demands what does not hold on every network. Which arrays does it compare, of which layers, and are these"
        " alike where layers differ in width?",
        "the assert demands what need not be so: all_f[layer] has the shape of all_biases[layer], and all_h[layer] has"
        " a row for each column of all_weights[layer].",
    )


#: NumPy's functions that make one array of several.
_STACKING = frozenset({"stack", "array", "asarray", "vstack", "hstack", "concatenate", "dstack", "column_stack"})


#: The types of NumPy's numbers without axes.
_NUMBERS = frozenset({"float64", "float32", "int64"})


def _find_stacked_list(statement: MeasuredStatement) -> Slip | None:
    """One array made of a list whose arrays differ in shape."""
    match statement.parsed.part:
        case ast.Call(args=[ast.Subscript(value=argument, slice=ast.Slice()) | argument, *_]) as call if (
            function_name(call) in _STACKING
        ):
            name = _find_list(statement, argument)
        case _:
            return None
    if name is None:
        return None
    return _slip(
        "list_stacked",
        f"makes one array of {name}, whose arrays differ in shape",
        f"What are the shapes of the arrays in {name} where layers differ in width? Can one array hold them?",
        f"{name} stays a list: take the array of one layer, {name}[layer], where you need it.",
    )


def _find_search(statement: MeasuredStatement) -> Slip | None:
    """A list searched for one of its arrays, which compares arrays of other shapes, or number by number."""
    match statement.parsed.part:
        case ast.Call(func=ast.Attribute(value=searched, attr="index" | "count" | "remove")):
            name = _find_list(statement, searched)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[searched]):
            name = _find_list(statement, searched)
        case _:
            return None
    if name is None:
        return None
    return _slip(
        "list_searched",
        f"searches {name} for an array, which compares arrays number by number",
        "What does == return for two arrays: one answer, or one for each number?",
        f"no array needs to be looked for: take the layer's number from the loop, as in enumerate({name}).",
    )


def _find_lost_axes(statement: MeasuredStatement) -> Slip | None:
    """A number without axes in a product, or with an index: of a layer of one unit, nothing else is left."""
    match statement.parsed.part:
        case ast.Subscript(value=array):
            arrays = [array]
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            arrays = [left, right]
        case _:
            return None
    operands = [operand for operand in map(statement.operand, arrays) if operand is not None]
    if not any(operand.shape == () or operand.type in _NUMBERS for operand in operands):
        return None
    return _slip(
        "axes_lost",
        "takes a number without axes for an array",
        "Which shape does each array of this line have in a layer of one unit? What do np.squeeze, a sum and an index"
        " leave of an array that holds one number?",
        "the arrays of a layer of one unit are columns, too, of shape (1, 1): no axis may be dropped on the way, or"
        " .reshape(-1, 1) brings it back.",
    )


def _past_layer_0(statement: MeasuredStatement) -> Slip | None:
    """The preactivations of layer - 1 in layer 0, which are those of the output."""
    for node in statement.parsed.inside:
        match node:
            case ast.Subscript(slice=ast.BinOp(left=ast.Name() as layer, op=ast.Sub(), right=ast.Constant(value=1))):
                if _find_list(statement, node.value) in {"all_f", "all_dl_df"} and statement.number(layer) == 0:
                    return _slip(
                        "layer_below_first",
                        "goes below layer 0, where the index layer-1 is -1 and counts from the end of the list",
                        "In layer 0, what is the index layer-1, and which entry does it take? Is there a layer below"
                        " that needs a derivative?",
                        "there is no all_dl_df[-1] to compute: this line belongs to layers above 0 alone (if layer >"
                        " 0), since in layer 0 all_f[layer-1] is all_f[-1], the network's output.",
                        Where.DERIVATIVE,
                    )
    return None


def _output(statement: MeasuredStatement) -> Slip | None:
    """The preactivations of another layer than the output's beside the target."""
    for node in statement.parsed.near:
        match node:
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                pair = [left, right]
            case ast.Call(args=[left, right]) if function_name(node) == "d_loss_d_output":
                pair = [left, right]
            case _:
                continue
        factors = [statement.factor(part) for part in pair]
        names = [factor.name for factor in factors]
        if sorted(map(str, names)) != ["all_f", "y"]:
            continue
        f = factors[names.index("all_f")]
        length = next((o.length for o in statement.operands.values() if o.origin == ("all_f", None)), None)
        if f.index is None or length is None or not -2 <= (by := f.index - (length - 1)) <= -1:
            return None
        return _slip(
            "loss_at_other_layer",
            "takes the loss derivative at another layer than the output",
            f"It takes all_f[K{by}] beside y. Which layer's preactivations are the network's output?",
            f"it takes all_f[K{by}]; the network's output is all_f[K], whose shape is that of y.",
            Where.OUTPUT,
        )
    return None


def _is_output(statement: MeasuredStatement) -> bool:
    """True if it starts the chain rule: it writes the last entry of all_dl_df."""
    tree = statement.parsed.tree
    if statement.target is None or statement.target[0] != "all_dl_df" or not isinstance(tree, ast.Assign):
        return False
    target = tree.targets[0]
    return isinstance(target, ast.Subscript) and statement.parsed.texts.get(target.slice) in {"K", "-1"}


def _bare(statement: MeasuredStatement) -> Iterator[ast.AST]:
    """Names of lists of which neither an entry nor a method is taken, and which no function gets that takes lists."""
    used: set[ast.AST] = set()
    for node in statement.parsed.inside:
        if isinstance(node, ast.Subscript):
            used.update((node.value, node.slice))
        elif isinstance(node, ast.Attribute) and hasattr(list, node.attr):
            used.add(node.value)
        elif isinstance(node, ast.Call) and (function_name(node) in _OF_LISTS or _unknown(node)):
            used.update(node.args)
        elif isinstance(node, ast.comprehension):
            used.add(node.iter)
    for node in statement.parsed.inside:
        if isinstance(node, ast.Name) and node not in used:
            operand = statement.operand(node)
            if operand is not None and operand.type in {"list", "tuple"}:
                yield node


def _unknown(node: ast.Call) -> bool:
    """True if it calls what may well take a list: a function of the student's own, a list's method."""
    name = function_name(node)
    return name not in {*_NUMPY, *_HELPERS}


def _unset(statement: MeasuredStatement) -> Slip | None:
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
        return _slip(
            "entry_not_set",
            title,
            hint,
            f"{text} holds no array there: the loop should go from layer K down to 0, and the lines for"
            " all_dl_dh[layer] and then all_dl_df[layer-1] have to run in it.",
        )
    return _slip(
        "entry_not_set",
        title,
        hint,
        f"{text} holds no array there: the loop should go from layer K down to 0, and fill all_dl_dh[layer] and then"
        f" all_dl_df[layer-1] from all_dl_df[layer].{_formula(statement)}",
        _where(statement),
    )


def copied_unset(statement: MeasuredStatement) -> Slip | None:
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


def _beyond(statement: MeasuredStatement) -> Slip | None:
    """An index beyond the end of a list."""
    part = statement.parsed.part
    if not isinstance(part, ast.Subscript):
        return None
    name, operand, index = (
        _find_list(statement, part.value),
        statement.operand(part.value),
        statement.number(part.slice),
    )
    if name is None or operand is None or operand.length is None or index is None:
        return None
    if -operand.length <= index < operand.length:
        return None
    text = _index(part, name)
    return _slip(
        "index_out_of_range",
        f"takes {text} where the list {name} has no such entry",
        f"It takes {text}. How many entries does {name} have in a network with K hidden layers, and which is its last?",
        f"{text} is {'before the beginning' if index < 0 else 'beyond the end'} of the list there: with K hidden layers"
        f" {name} has the entries 0 to K.{_formula(statement)}",
        _where(statement),
    )


def _arguments(statement: MeasuredStatement, message: str) -> Slip | None:
    """A call with too many or too few arguments, of a helper or of the function itself."""
    counts = _COUNT.search(message)
    if counts is None:
        return None
    if isinstance(statement.parsed.tree, ast.FunctionDef):
        few = counts[1] is None
        return _slip(
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
    named = name if name in {*_HELPERS, *_NUMPY} else "a function of its own"
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
    return _slip(
        "wrong_arguments",
        f"calls {named} with {says}",
        f"How many arguments does {named} take there, and how many is it given?",
        f"{named} is called with {says}.",
    )
