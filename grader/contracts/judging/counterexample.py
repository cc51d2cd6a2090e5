"""A case of a contract as it is shown: inputs, results beside what is expected, and a script that reproduces it."""

import ast
import re
from collections.abc import Iterator
from textwrap import indent
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Malformed, Raised, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases, find_holders
from backmark.grader.contracts.cases.exchange import numbers_of
from backmark.grader.contracts.cases.form_words import describe_difference, describe_shape
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.driver import used_names
from backmark.grader.contracts.rows.results import all_wrong
from backmark.grader.model.assignment import CONTRACT
from backmark.grader.model.counterexample import CaseCounterexample, CaseInput, CaseResult, FirstWrong
from backmark.grader.model.verdict import RETURNS_NONE

#: Numbers of an array that are shown; of a larger one its shape.
_SHOWN = 2000
#: The end of a whole number: NumPy writes it without its zero.
_WHOLE = re.compile(r"(?<=\d)\.0(?=[],]|$)")
#: The script's own names begin with an underscore: all others are the case's.
_SCRIPT = """\
# Backmark: run this below your own code. It leaves the names in your notebook as they are.
def _try_case():
    global {names}
    _before = {{**globals()}}

    def _compare(results):
        first = ""
        for name, give, expected, tolerance in results:
            wrong = ""
            try:
                actual = give() if expected is None else np.asarray(give())
            except Exception:
                wrong = f"{{name}} is missing, or is no array."
            else:
                if expected is None:
                    if isinstance(actual, dict):
                        wrong = f"{{name}} is a dictionary, but must be a list."
                elif actual.shape != expected.shape:
                    wrong = f"{{name}} has the shape {{actual.shape}}, but must have {{expected.shape}}."
                elif actual.dtype.kind not in "biuf":
                    wrong = f"{{name}} has entries that are no real numbers."
                else:
                    bad = ~np.isfinite(actual) | (np.abs(actual - expected) > tolerance)
                    if bad.any():
                        print(f"{{name}}, minus the expected value:")
                        print(actual - expected)
                        at = tuple(int(axis[0]) for axis in np.nonzero(np.atleast_1d(bad)))[: bad.ndim]
                        wrong = f"{{name}}{{[*at] or ''}} is {{actual[at]}}, but must be {{expected[at]}}."
            first = first or wrong
        return f"Differs: {{first}}" if first else "Agrees: your results are right on this case."

    try:
        import numpy as np

{code}

        return _compare([
{results}
        ])
    except (Exception, SystemExit) as _error:
        import traceback

        print(traceback.format_exc())
        return f"Differs: your code raises {{type(_error).__name__}}."
    finally:
        import sys

        # Warnings come before the last line.
        sys.stderr.flush()
        for _name in globals().keys() - _before.keys():
            del globals()[_name]
        globals().update(_before)


print(_try_case())
del _try_case
"""


def show(assignment: ContractAssignment, cases: ContractCases, i: int, answer: Answer | None) -> CaseCounterexample:
    """Return case `i` beside the answer to it; None if the candidate ended instead."""
    shown_case = cases.take([i])
    case = shown_case.drawn[0]
    size = shown_case.starts[-1]
    got = np.full(size, np.nan) if answer is None else numbers_of(answer, size)
    known = answer is not None and (isinstance(answer, Returned) or answer.numbers is not None)
    wrong = all_wrong(shown_case, [] if answer is None else [answer])
    results, first = [], None
    for _, place, part in shown_case.slices():
        bad = wrong[part].reshape(place.shape)
        # NaN in an answer in parts is what is missing; in a whole one the submission returned it.
        there = isinstance(answer, Returned) or (known and not np.isnan(got[part]).all())
        results.append(
            CaseResult(
                place.expression,
                list(place.shape),
                _nest(shown_case.expected[part].reshape(place.shape)),
                _nest(got[part].reshape(place.shape)) if there or (known and place.size == 0) else None,
                int(bad.sum()) if there else 0,
                bad.tolist() if there else None,
                place.target if assignment.results[place.result].grad else None,
            )
        )
        if first is None and there and bad.any():
            first = FirstWrong(place.expression, [int(axis) for axis in np.argwhere(bad)[0]])
    shown = {name: case.dims[name] for name in _list_used_dims(assignment)} | case.values()
    inputs = tuple(_show_input(name, value) for name, value in shown.items())
    return CaseCounterexample(
        CONTRACT,
        dict(case.dims),
        inputs,
        tuple(results),
        first,
        _instead(answer),
        write_script(assignment, shown_case),
        forward_only=_list_forward_only(assignment),
    )


def _list_used_dims(assignment: ContractAssignment) -> Iterator[str]:
    """Yield the dims that are needed for repeating the call by hand: those in its lines or in students' modules."""
    used = used_names(assignment.call)
    yield from (dim.name for dim in assignment.dims if dim.name in used or dim.name in assignment.provides)


def _list_forward_only(assignment: ContractAssignment) -> tuple[str, ...]:
    """Return the inputs that the lines of the call do not name: what the student's code is given follows from them."""
    used = used_names(assignment.call)
    return tuple(entry.name for entry in assignment.inputs if entry.name not in used)


def _show_input(name: str, value: Any) -> CaseInput:
    if isinstance(value, np.ndarray):
        return CaseInput(name, list(value.shape), _nest(value) if value.size <= _SHOWN else None)
    if isinstance(value, (list, tuple)):
        parts = tuple(_show_input("", part) for part in value) if _holds_arrays(value) else _plain(value)
        return CaseInput(name, None, parts, isinstance(value, tuple))
    return CaseInput(name, None, _plain(value))


def _holds_arrays(value: Any) -> bool:
    """Return True for an array, and for a list or tuple that has one at any depth."""
    return isinstance(value, np.ndarray) or (isinstance(value, (list, tuple)) and any(map(_holds_arrays, value)))


def _plain(value: Any) -> Any:
    """Return a value of any form as JSON has it."""
    if isinstance(value, np.ndarray):
        return _nest(value)
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    return value


def _nest(values: Array) -> Any:
    """Return an array as nested lists, None for numbers that are not finite."""
    shown = values.astype(object)
    shown[~np.isfinite(values.astype(np.float64))] = None
    return shown.tolist()


def _instead(answer: Answer | None) -> str | None:
    match answer:
        case Returned():
            return None
        case Malformed(where=where, received=received, wanted=wanted) if received is not None:
            return f"gives `{where}` as {describe_difference(received, wanted)}"
        case Malformed(where=where, wanted=wanted):
            return f"gives no `{where}` where {describe_shape(wanted)} is expected"
        case Raised(type=name, message=message, frames=frames, mistake=mistake):
            if mistake is not None:
                # A sentence about the line says more than Python's message, and stands above.
                is_none = mistake.kind == RETURNS_NONE
                return "returns nothing" if is_none else f"raised {name} in line {mistake.line.line}"
            # No line of the submission: it returned something that the calling lines cannot use, or lacks a function.
            return f"raised {name}: {message}" if frames else f"returns no results that can be read ({name}: {message})"
    return "ended without an answer"


def write_script(assignment: ContractAssignment, shown_case: ContractCases) -> str:
    """Return a script in plain NumPy that makes the call on one case, and says if its results are right.

    It runs below the student's own code, and leaves the names there as it found them: what the student's code reads
    from its module is set while the case runs.
    """
    case = shown_case.drawn[0]
    helpers = _list_helpers(assignment.helpers)
    inputs = [f"{name} = {value!r}" for name, value in case.dims.items()]
    inputs += [f"{name} = {_write(value)}" for name, value in case.values().items()]
    holders: dict[str, None] = {}
    results = []
    for _, place, part in shown_case.slices():
        shape, value = place.shape, place.expression
        if assignment.results[place.result].expression in assignment.listed:
            holders |= dict.fromkeys(find_holders(place.expression))
        if assignment.results[place.result].loose:
            shape, value = tuple(size for size in shape if size != 1), f"np.squeeze({value})"
        expected = _write(shown_case.expected[part].reshape(shape))
        allowed = _write_allowed(shown_case.tolerances[part].reshape(shape))
        results.append(f"({place.expression!r}, lambda: {value}, {expected}, {allowed}),")
    results = [*(f"({holder!r}, lambda: {holder}, None, None)," for holder in holders), *results]
    code = "\n\n".join(["\n".join(inputs), *helpers.values(), assignment.call.strip()])
    names = ["np", *assignment.provides, *(name for name in helpers if name.isidentifier())]
    return _SCRIPT.format(
        names=", ".join(names), code=indent(code, " " * 8), results=indent("\n".join(results), " " * 12)
    )


def _list_helpers(text: str) -> dict[str, str]:
    """Return the statements of a submission's helpers, each for code above that has none of its own, by its name.

    The names of statements that define no function or class are no identifiers.
    """
    nodes = ast.parse(text).body
    statements = {}
    for node in nodes[ast.get_docstring(ast.Module(nodes, [])) is not None :]:
        code = ast.unparse(node)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            statements[node.name] = f"if {node.name!r} not in globals():\n{indent(code, '    ')}"
        else:
            statements[f"line {node.lineno}"] = code
    return statements


def _write_allowed(tolerances: Array) -> str:
    """Return Python that makes tolerances, with as many digits as a reader needs; one number if all are the same."""
    rounded = np.array([float(f"{tolerance:.2g}") for tolerance in tolerances.ravel()])
    return _write(rounded[0].item() if len({*rounded.tolist()}) == 1 else rounded.reshape(tolerances.shape))


def _write(value: Any) -> str:
    """Return Python that makes a value."""
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return f"np.zeros({value.shape})"
        return f"np.array({_write_numbers(value)})"
    if isinstance(value, list):
        return f"[{', '.join(map(_write, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_write, value))}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_write(part)}' for name, part in value.items())}}}"
    return repr(value)


def _write_numbers(value: Array) -> str:
    text = _WHOLE.sub(".", repr(value.tolist()))
    return text.replace("nan", "np.nan").replace("inf", "np.inf")
