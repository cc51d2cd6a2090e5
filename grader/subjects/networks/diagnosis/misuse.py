"""The wrong uses in a line that raised: a name, a call, a list, an entry that is not there or holds nothing yet."""

import ast

from grader.subjects.networks.diagnosis.bug import Where
from grader.subjects.networks.diagnosis.measured_line import (
    find_list,
    make_slip,
)
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.diagnosis.wrong_calls import (
    find_uncalled_transpose,
    find_undefined_name,
    find_unknown_attribute,
    find_wrong_arguments,
    find_wrong_call,
)
from grader.subjects.networks.diagnosis.wrong_entries import find_index_beyond, find_unset
from grader.subjects.networks.diagnosis.wrong_lists import (
    find_lost_axes,
    find_search,
    find_stacked_list,
    find_whole_list,
)
from grader.subjects.networks.statement import MeasuredStatement, function_name

#: The slip of an assert that stops a right function.
OWN_ASSERTION = "own_assertion"


def misuse(statement: MeasuredStatement, error: str, message: str) -> Slip | None:
    """The first rule that applies to what was raised."""
    match error:
        case "NameError" | "UnboundLocalError":
            return find_undefined_name(statement)
        case "AttributeError":
            return find_whole_list(statement) or find_unknown_attribute(statement)
        case "TypeError":
            return (
                find_wrong_arguments(statement, message)
                or find_uncalled_transpose(statement, message)
                or find_wrong_call(statement, message)
                or find_unset(statement)
                or find_whole_list(statement)
            )
        case "IndexError" | "KeyError" | "AssertionError":
            return _assertion(statement) or find_lost_axes(statement) or find_index_beyond(statement)
        case "ValueError":
            return (
                find_stacked_list(statement)
                or find_search(statement)
                or find_lost_axes(statement)
                or _past_layer_0(statement)
                or find_uncalled_transpose(statement, message)
                or find_unset(statement)
                or find_whole_list(statement)
                or _output(statement)
            )
    return None


def _assertion(statement: MeasuredStatement) -> Slip | None:
    """An assert of the student's own."""
    if not isinstance(statement.parsed.tree, ast.Assert):
        return None
    return make_slip(
        OWN_ASSERTION,
        "stops at an assert of its own, which does not hold on every network",
        "It demands what does not hold on every network. Does what it compares still agree when layers have"
        " other widths, or there are several inputs or outputs?",
        "the assert demands what is not so on every network. What holds on all of them: all_f[layer] has the shape of"
        " all_biases[layer], all_h[layer] has as many rows as all_weights[layer] has columns, and y has the shape of"
        " all_f[K].",
    )


def _past_layer_0(statement: MeasuredStatement) -> Slip | None:
    """The preactivations of layer - 1 in layer 0, which are those of the output."""
    for node in statement.parsed.inside:
        match node:
            case ast.Subscript(slice=ast.BinOp(left=ast.Name() as layer, op=ast.Sub(), right=ast.Constant(value=1))):
                if find_list(statement, node.value) in {"all_f", "all_dl_df"} and statement.number(layer) == 0:
                    return make_slip(
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
        return make_slip(
            "loss_at_other_layer",
            "takes the loss derivative at another layer than the output",
            f"It takes all_f[K{by}] beside y. Which layer's preactivations are the network's output?",
            f"it takes all_f[K{by}]; the network's output is all_f[K], whose shape is that of y.",
            Where.OUTPUT,
        )
    return None
